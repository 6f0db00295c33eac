"""Reading gives what was appended, up to the last whole commit, and needs neither lock nor write access."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archief import canonical
from archief.errors import LossError, MalformedError, NoArchiveError, NotFoundError, WriteFailedError
from archief.events import envelope
from archief.heads import Heads
from archief.journal import Journal
from archief.log import Log, committed_entries, tail_entries
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from archief.tlog import merkle
from tests.founding import Founded, edited, faults, found, small_archive

NOBODY = 65_534
"""A user who may write nothing; a test that runs as root becomes this one for a moment."""


@pytest.fixture
def archive() -> Founded:
    archive = found(MemoryStorage())
    stream = archive.append(archive.letter("Eerste", [b"bijlage"])).streams[0]
    archive.append(edited(stream, "Eerste, verbeterd"), archive.letter("Tweede"))
    return archive


@pytest.fixture
def log(archive: Founded) -> Log:
    return Log(archive.storage)


def test_where_nothing_is_there_is_no_archive(tmp_path: Path) -> None:
    for storage in (MemoryStorage(), LocalStorage(tmp_path), LocalStorage(tmp_path / "nowhere")):
        with pytest.raises(NoArchiveError):
            Log(storage)


def test_a_log_says_where_it_ends(archive: Founded, log: Log) -> None:
    assert archive.journal.size == log.size == 12
    assert archive.journal.root() == log.root() == log.tree().root()
    assert archive.journal.authority.origin == log.origin
    assert archive.journal.last_commit == log.last_commit


def test_entries_are_read_in_order_and_one_by_one(log: Log) -> None:
    entries = list(log.entries())
    assert 12 == len(entries)
    assert entries == [log.entry(seq) for seq in range(12)]
    assert entries[3:9] == list(log.entries(3, 9))
    assert entries[9:] == list(log.entries(9, 99))
    assert [] == list(log.entries(12)) == list(log.entries(5, 5))
    for seq in (-1, 12):
        with pytest.raises(NotFoundError):
            log.entry(seq)


def test_the_end_is_read_from_the_end(log: Log) -> None:
    entries = list(log.entries())
    for first in range(13):
        assert entries[first:] == tail_entries(log.storage, log.tail, first)
        assert entries[first:] == list(committed_entries(log.storage, log.tail, first))


def test_an_end_that_is_not_there_is_told(log: Log) -> None:
    with pytest.raises(MalformedError, match="not all there"):
        tail_entries(log.storage, log.tail._replace(size=14), 0)


def test_events_and_commits_are_told_apart(log: Log) -> None:
    assert "letter_registered.v1" == log.event(7).type
    assert [6, 8, 11] == [commit.seq for commit in log.commits()]
    assert [8, 11] == [commit.seq for commit in log.commits(7)]
    assert [6, 6, 8, 11, 11] == [log.commit_of(seq).seq for seq in (0, 6, 7, 9, 11)]
    with pytest.raises(NotFoundError, match="is a commit"):
        log.event(8)
    with pytest.raises(NotFoundError):
        log.commit_of(12)


def test_payloads_are_checked_against_their_commitment(archive: Founded, log: Log) -> None:
    assert "Eerste" == log.payload(log.event(7)).subject
    assert "Eerste, verbeterd" == log.payload(log.event(9)).subject
    assert log.payload(log.event(3)) is None
    assert isinstance(archive.storage, MemoryStorage)
    archive.storage.payload[0] = archive.storage.payload[0].replace(b"Tweede", b"Derdes")
    with pytest.raises(LossError, match="not the one"):
        log.payload(log.event(10))


def test_a_payload_that_is_gone_is_none(archive: Founded, log: Log) -> None:
    assert isinstance(archive.storage, MemoryStorage)
    assert log.payload_line(7) is not None
    assert log.payload_line(8) is None
    archive.storage.payload.clear()
    assert log.payload(log.event(7)) is None


def test_documents_are_those_of_the_payload(log: Log) -> None:
    (document,) = log.documents(log.event(7))
    with log.storage.open_document(document.id) as stream:
        assert b"bijlage" == stream.read()
    assert [] == log.documents(log.event(9)) == log.documents(log.event(3))


def test_proofs_lead_to_the_root(log: Log) -> None:
    for size in (1, 7, 12):
        root = log.root(size)
        for seq in range(size):
            proof = log.inclusion_proof(seq, size)
            merkle.verify_inclusion(merkle.leaf_hash(log.entry(seq)), seq, size, proof, root)
        merkle.verify_consistency(size, 12, root, log.root(), log.consistency_proof(size))


def test_a_reader_sees_what_was_appended_when_it_looks_again(archive: Founded, log: Log) -> None:
    assert not log.refresh()
    archive.append(archive.letter("Derde"))
    assert 12 == log.size
    assert log.refresh()
    assert 14 == log.size


def test_half_an_append_is_not_seen(archive: Founded, log: Log) -> None:
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    whole = storage.log[0]
    for loose in (log.entry(7) + b"\n", log.entry(7) + b"\n" + log.entry(8), b"{", log.entry(7)[:50]):
        storage.log[0] = whole + loose
        again = Log(storage)
        assert (12, log.root()) == (again.size, again.root())
        assert 12 == len(list(again.entries()))


def test_types_are_known_or_not(log: Log) -> None:
    assert log.known_type("letter_edited.v1")
    assert not log.known_type("letter_edited.v9")
    assert not log.known_type(envelope.COMMIT_TAG)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """An archive that its user may read and not write."""
    place = Path(tempfile.mkdtemp())
    archive = small_archive(place / "archive")
    (archive / "lock").unlink()
    place.chmod(0o755)
    for path in [archive, *archive.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(NOBODY)
        yield archive
    finally:
        if root:
            os.seteuid(0)
        for path in [archive, *archive.rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(place)


def test_a_folder_that_cannot_be_written_is_read_verified_and_proved(read_only: Path) -> None:
    log = Log(LocalStorage(read_only))
    assert 12 == log.size
    assert "Fietsenstalling" == log.payload(log.event(7)).subject
    merkle.verify_inclusion(merkle.leaf_hash(log.entry(7)), 7, 12, log.inclusion_proof(7), log.root())
    assert [] == faults(log.storage)


def test_a_folder_that_cannot_be_written_is_not_appended_to(read_only: Path) -> None:
    for index in (None, read_only / "cache" / "index.sqlite"):
        journal = Journal(LocalStorage(read_only), heads=Heads(read_only / "seen"), index=index)
        with pytest.raises(WriteFailedError) as caught:
            journal.open()
        assert "write access" in caught.value.remedy
    assert canonical.decode(Log(LocalStorage(read_only)).entry(0))["seq"] == 0
