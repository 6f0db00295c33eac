"""Every bit of an archive, flipped: verification finds it and names the file."""

from __future__ import annotations

import functools
import random
import shutil
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from archief import canonical, keys
from archief.events import envelope
from archief.storage.base import Storage
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from archief.tlog import note
from archief.verification import whole
from archief.verification.kinds import Kind
from archief.verification.whole import verify
from tests.founding import small_archive

SAMPLE = Path(__file__).parents[2] / "events"
EXEMPT = ("lock", "cache")
"""What format.md exempts: neither holds anything that counts."""

PARTS = 8
"""So many pieces is the sample archive cut into, to be shared out over the test workers."""


class Held(NamedTuple):
    """One file of an archive in memory: its name in a folder, and where its bytes are."""

    name: str
    files: MutableMapping[Any, bytes]
    key: Any

    @property
    def size_bytes(self) -> int:
        return len(self.files[self.key])


def in_memory(folder: Path) -> MemoryStorage:
    """An archive of a folder, held in memory."""
    storage, stored = MemoryStorage(), LocalStorage(folder)
    storage.log = {segment.first: stored.read(segment) for segment in stored.log_segments()}
    storage.payload = {segment.first: stored.read(segment) for segment in stored.payload_segments()}
    storage.documents = {document: stored.document_path(document).read_bytes() for document in stored.document_ids()}
    storage.public = {path: stored.read_public(path) or b"" for path in stored.public_paths()}
    assert {one.name: one.size_bytes for one in held(storage)} == {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in files_of(folder)
    }
    return storage


def held(storage: MemoryStorage) -> Iterator[Held]:
    """Every file of an archive in memory."""
    yield from (Held(segment.name, storage.log, segment.first) for segment in storage.log_segments())
    yield from (Held(segment.name, storage.payload, segment.first) for segment in storage.payload_segments())
    yield from (Held(f"documents/{one[:2]}/{one}.bin", storage.documents, one) for one in storage.documents)
    yield from (Held(f"public/{path}", storage.public, path) for path in storage.public)


def files_of(archive: Path) -> Iterator[Path]:
    """Every file of an archive that promise 2 covers."""
    for path in sorted(archive.rglob("*")):
        if path.is_file() and path.relative_to(archive).parts[0] not in EXEMPT:
            yield path


def flipped(content: bytes, at: int, bit: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def is_named(storage: Storage, name: str) -> bool:
    """Whether verification names a file."""
    return any(fault.file == name for fault in verify(storage, version="test").faults)


def missed(storage: MemoryStorage, places: Iterable[tuple[Held, int, int]]) -> list[str]:
    """Flip each of these bits in turn; gives those that verification does not name with their file."""
    unnamed = []
    for file, at, bit in places:
        content = file.files[file.key]
        file.files[file.key] = flipped(content, at, bit)
        if not is_named(storage, file.name):
            unnamed.append(f"{file.name} byte {at} bit {bit}")
        file.files[file.key] = content
    assert verify(storage, version="test").faults == []
    return unnamed


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same line, name or base64 is read, and the same signature checked, once: thousands of rounds ask the same
    again. What is refused is not remembered. And nobody is waited for: who else would be appending?
    """
    monkeypatch.setattr(whole, "BUSY_SECONDS", 0)
    for place, name in (
        (canonical, "base64_decode"),
        (keys, "verify"),
        (envelope, "decode_commit"),
        (envelope, "decode_event"),
        (note, "parse_note"),
        (note, "verifier"),
        (Kind, "read"),
        (Kind, "read_payload"),
    ):
        monkeypatch.setattr(place, name, functools.lru_cache(maxsize=1_000)(getattr(place, name)))


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_of_a_small_archive_is_found_and_its_file_named(tmp_path: Path, bit: int) -> None:
    storage = in_memory(small_archive(tmp_path / "archive"))
    everywhere = [(file, at, bit) for file in held(storage) for at in range(file.size_bytes)]
    assert [] == missed(storage, everywhere)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("part", range(PARTS))
def test_one_random_bit_of_each_byte_of_the_sample_archive_is_found(part: int) -> None:
    storage, chance = in_memory(SAMPLE), random.Random(20160105 + part)
    everywhere = [(file, at, chance.randrange(8)) for file in held(storage) for at in range(file.size_bytes)]
    assert [] == missed(storage, everywhere[part::PARTS])


@pytest.mark.parametrize("sample", [False, True])
def test_a_flipped_bit_in_some_bytes_of_each_file_of_a_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, sample: bool
) -> None:
    monkeypatch.setattr(whole, "BUSY_SECONDS", 0)
    archive = tmp_path / "archive"
    if sample:
        shutil.copytree(SAMPLE, archive, ignore=shutil.ignore_patterns(*EXEMPT))
    else:
        small_archive(archive)
    storage, chance = LocalStorage(archive), random.Random(20210114)
    assert verify(storage, version="test").faults == []
    for path in files_of(archive):
        content = path.read_bytes()
        for at in chance.sample(range(len(content)), min(len(content), 3)):
            path.write_bytes(flipped(content, at, chance.randrange(8)))
            assert is_named(storage, path.relative_to(archive).as_posix()), f"byte {at} of {path.name}"
        path.write_bytes(content)
