"""Every bit of an archive, flipped: verification finds it and names the file."""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, MutableMapping
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

PARTS = 4
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


class Place(NamedTuple):
    """A bit to flip: the file that must be named, the line where lines are judged apart, the byte and the bit."""

    file: Held
    line: int | None
    at: int
    bit: int


Bit = Callable[[], int]
Round = list[Place]
"""What is flipped for one look, all of it judged apart."""

OWN = {
    "commit-signature",
    "document-changed",
    "entry-changed",
    "head",
    "head-line",
    "head-signature",
    "malformed",
    "payload-changed",
    "tile",
}
"""Kinds of fault that speak of the line or file itself, not of what rests on it or comes after it."""


def rounds_of(storage: MemoryStorage, bit: Bit) -> list[Round]:
    """Every byte of an archive once: commits beside each other, then events beside each other, then beside each public
    file the payloads and after them the documents that they register.
    """
    strands: dict[str, list[list[Round]]] = {}
    for file in held(storage):
        folder, at = file.name.partition("/")[0], 0
        if folder in ("documents", "public"):
            rounds = [[Place(file, None, at, bit())] for at in range(file.size_bytes)]
            strands.setdefault(folder, []).append(rounds)
            continue
        for number, line in enumerate(file.files[file.key].splitlines(keepends=True), 1):
            rounds = [[Place(file, number, at + offset, bit())] for offset in range(len(line))]
            strands.setdefault("commit" if envelope.is_commit(line[:-1]) else folder, []).append(rounds)
            at += len(line)
    records = beside(*strands["payload"]) + beside(*strands["documents"])
    return [*beside(*strands["commit"]), *beside(*strands["log"]), *beside(records, *strands["public"])]


def beside(*strands: list[Round]) -> list[Round]:
    """Rounds of several strands put together: the first of each, the second of each, until all have ended."""
    return [list(itertools.chain(*together)) for together in itertools.zip_longest(*strands, fillvalue=[])]


def missed(storage: MemoryStorage, rounds: Iterable[Round]) -> list[str]:
    """Flip the bits of each round; gives those that verification does not name with their file.

    In a round each must be named by its line and nothing else of those files with it, so that none hides or stands for
    another: more than asking of one flipped bit whether its file is named. What is not, is flipped alone.
    """
    unnamed = []
    for together in rounds:
        places = {(place.file.name, place.line): place for place in together}
        touched = {place.file.name for place in together}
        with flip(together):
            faults = verify(storage, version="test").faults
        named = {(fault.file, fault.line) for fault in faults if fault.kind in OWN and fault.file in touched}
        unsure = places.keys() - named if named <= places.keys() else places.keys()
        for place in (places[one] for one in unsure):
            with flip([place]):
                if not is_named(storage, place.file.name):
                    unnamed.append(f"{place.file.name} byte {place.at} bit {place.bit}")
    assert verify(storage, version="test").faults == []
    return unnamed


@contextlib.contextmanager
def flip(places: Round) -> Iterator[None]:
    """Files with some bits flipped, for a while."""
    before = [(file, file.files[file.key]) for file in {place.file.name: place.file for place in places}.values()]
    for file, _, at, bit in places:
        file.files[file.key] = flipped(file.files[file.key], at, bit)
    yield
    for file, content in before:
        file.files[file.key] = content


def is_named(storage: Storage, name: str) -> bool:
    """Whether verification names a file."""
    return any(fault.file == name for fault in verify(storage, version="test").faults)


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
    assert [] == missed(storage, rounds_of(storage, lambda: bit))


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("part", range(PARTS))
def test_one_random_bit_of_each_byte_of_the_sample_archive_is_found(part: int) -> None:
    storage, chance = in_memory(SAMPLE), random.Random(20160105)
    assert [] == missed(storage, rounds_of(storage, lambda: chance.randrange(8))[part::PARTS])


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
