"""Every bit of an archive, flipped: verification finds it and names the file."""

from __future__ import annotations

import functools
import random
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from archief import keys
from archief.errors import ArchiefError
from archief.keys import PublicKey
from archief.storage.local import LocalStorage
from archief.verification import whole
from archief.verification.whole import verify
from tests.founding import small_archive

SAMPLE = Path(__file__).parents[2] / "events"
EXEMPT = ("lock", "cache")
"""What format.md exempts: neither holds anything that counts."""

PARTS = 16
"""So many pieces is the sample archive cut into, to be shared out over the test workers."""


def files_of(archive: Path) -> Iterator[Path]:
    """Every file of an archive that promise 2 covers."""
    for path in sorted(archive.rglob("*")):
        if path.is_file() and path.relative_to(archive).parts[0] not in EXEMPT:
            yield path


def flipped(archive: Path, places: Iterable[tuple[Path, int, int]]) -> list[str]:
    """Flip each of these bits in turn; gives those that verification does not name with their file."""
    missed = []
    for path, at, bit in places:
        content = path.read_bytes()
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        report = verify(LocalStorage(archive), version="test")
        relative = path.relative_to(archive).as_posix()
        if not any(fault.file == relative for fault in report.faults):
            missed.append(f"{relative} byte {at} bit {bit}")
        path.write_bytes(content)
    return missed


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures are checked once for the same key, message and signature: thousands of rounds ask the same again.
    And nobody is waited for: who else would be appending?
    """
    monkeypatch.setattr(whole, "BUSY_SECONDS", 0)
    check = keys.verify

    @functools.lru_cache(maxsize=100_000)
    def remembered(public: PublicKey, message: bytes, signature: bytes) -> str:
        try:
            check(public, message, signature)
        except ArchiefError as error:
            return error.what
        return ""

    def verify_remembered(public: PublicKey, message: bytes, signature: bytes, where: str = "") -> None:
        if remembered(public, bytes(message), bytes(signature)):
            check(public, message, signature, where)

    monkeypatch.setattr(keys, "verify", verify_remembered)


def test_the_small_archive_is_sound(tmp_path: Path) -> None:
    archive = small_archive(tmp_path / "archive")
    assert verify(LocalStorage(archive), version="test").faults == []


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_of_a_small_archive_is_found_and_its_file_named(tmp_path: Path, bit: int) -> None:
    archive = small_archive(tmp_path / "archive")
    everywhere = [(path, at, bit) for path in files_of(archive) for at in range(path.stat().st_size)]
    assert flipped(archive, everywhere) == []


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("part", range(PARTS))
def test_one_random_bit_of_each_byte_of_the_sample_archive_is_found(tmp_path: Path, part: int) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(SAMPLE, archive, ignore=shutil.ignore_patterns(*EXEMPT))
    chance = random.Random(20160105 + part)
    everywhere = [(path, at, chance.randrange(8)) for path in files_of(archive) for at in range(path.stat().st_size)]
    assert flipped(archive, everywhere[part::PARTS]) == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("sample", [False, True])
def test_a_flipped_bit_in_some_bytes_of_each_file_is_found(tmp_path: Path, *, sample: bool) -> None:
    archive = tmp_path / "archive"
    if sample:
        shutil.copytree(SAMPLE, archive, ignore=shutil.ignore_patterns(*EXEMPT))
    else:
        small_archive(archive)
    chance = random.Random(20210114)
    some = [
        (path, at, chance.randrange(8))
        for path in files_of(archive)
        for at in sorted(chance.sample(range(path.stat().st_size), min(path.stat().st_size, 10)))
    ]
    assert flipped(archive, some) == []
