"""Every bit of an archive, flipped: verification finds it and names the file."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archief.storage.local import LocalStorage
from archief.verification.whole import verify
from tests.founding import small_archive

EXEMPT = ("lock", "cache")
"""What format.md exempts: neither holds anything that counts."""


def files_of(archive: Path) -> Iterator[Path]:
    """Every file of an archive that promise 2 covers."""
    for path in sorted(archive.rglob("*")):
        if path.is_file() and path.relative_to(archive).parts[0] not in EXEMPT:
            yield path


def names_found(archive: Path, path: Path) -> bool:
    """Whether verification names that file, or says which file names it."""
    report = verify(LocalStorage(archive), version="test")
    relative = path.relative_to(archive).as_posix()
    return any(fault.file == relative or relative.startswith(fault.file) for fault in report.faults)


def test_the_small_archive_is_sound(tmp_path: Path) -> None:
    archive = small_archive(tmp_path / "archive")
    assert verify(LocalStorage(archive), version="test").faults == []


@pytest.mark.slow
def test_every_flipped_bit_is_found_and_its_file_named(tmp_path: Path) -> None:
    archive = small_archive(tmp_path / "archive")
    missed = []
    for path in files_of(archive):
        content = path.read_bytes()
        for at in range(len(content)):
            for bit in range(8):
                path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
                if not names_found(archive, path):
                    missed.append(f"{path.relative_to(archive)} byte {at} bit {bit}")
        path.write_bytes(content)
    assert missed == []


def test_one_flipped_bit_in_each_of_many_bytes_is_found(tmp_path: Path) -> None:
    archive = small_archive(tmp_path / "archive")
    chance = random.Random(20210114)  # noqa: S311 - a choice of places, printed with a miss
    missed = []
    for path in files_of(archive):
        content = path.read_bytes()
        for at in sorted(chance.sample(range(len(content)), min(len(content), 40))):
            bit = chance.randrange(8)
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
            if not names_found(archive, path):
                missed.append(f"{path.relative_to(archive)} byte {at} bit {bit}")
        path.write_bytes(content)
    assert missed == []


def test_one_random_bit_of_each_byte_of_the_sample_archive_is_found(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "events"
    archive = tmp_path / "archive"
    shutil.copytree(sample, archive, ignore=shutil.ignore_patterns(*EXEMPT))
    chance = random.Random(20160105)  # noqa: S311 - as above
    missed = []
    for path in files_of(archive):
        content = path.read_bytes()
        for at in sorted(chance.sample(range(len(content)), min(len(content), 25))):
            bit = chance.randrange(8)
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
            if not names_found(archive, path):
                missed.append(f"{path.relative_to(archive)} byte {at} bit {bit}")
        path.write_bytes(content)
    assert missed == []
