"""Several writers, retries and openings: a journal goes on from what the log says, or refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archief.draft import draft, new_commit_id, new_stream
from archief.errors import (
    ConflictError,
    CorruptError,
    RefusedError,
    RollbackError,
    TailError,
)
from archief.events import envelope
from archief.heads import Heads
from archief.journal import Journal
from archief.log import Log
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.founding import (
    START,
    Founded,
    edited,
    faults,
    folder,
    found,
    founding,
    recomputed_root,
    refuses,
    unfounded,
)

BITS = [0, 2, *(pytest.param(bit, marks=pytest.mark.slow) for bit in (1, 3, 4, 5, 6, 7))]


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


# several writers


def test_two_journals_take_turns(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    stream = archive.append(archive.letter(), journal=other).streams[0]
    for number in range(6):
        archive.append(edited(stream, f"{number}"), journal=(archive.journal, other)[number % 2])
    assert archive.journal.size == other.size - 2 == Log(archive.storage).size - 2
    assert 6 == other.stream_version(stream)
    person = archive.enrol("griffie")
    archive.append(draft("meeting_planned.v1", new_stream(archive.entropy), *_meeting()), by=person, journal=other)
    assert [] == faults(archive.storage)


def _meeting() -> tuple[dict[str, Any], dict[str, Any]]:
    return {"date": "2021-02-02", "kind": "raadsronde"}, {"title": "Raadsronde"}


def test_a_journal_learns_of_keys_and_revocations_of_another(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    other.open()
    person = archive.enrol("behandelaar")
    archive.append(archive.letter(), by=person, journal=other)
    archive.append(draft("key_revoked.v1", person.stream, {"key": person.key.public.id}))
    with pytest.raises(RefusedError, match="was revoked"):
        archive.append(archive.letter(), by=person, journal=other)
    assert archive.journal.authority == other.authority


def test_a_journal_opened_before_the_founding_learns_of_it(tmp_path: Path) -> None:
    archive = unfounded(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    other.open()
    archive.append(*founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris))
    archive.append(archive.letter(), journal=other)
    assert 9 == other.size


def test_two_who_found_at_once_make_one_archive(tmp_path: Path) -> None:
    first = unfounded(folder(tmp_path / "archive"), seed="a")
    second = unfounded(folder(tmp_path / "archive"), seed="b")
    second.journal.open()
    first.append(*founding(first.entropy, first.log_keys, first.stream, first.archivaris))
    with pytest.raises(RefusedError):
        second.append(*founding(second.entropy, second.log_keys, second.stream, second.archivaris))
    assert [] == faults(first.storage)


def test_a_stream_that_another_moved_on_conflicts(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "een"), journal=other)
    with pytest.raises(ConflictError):
        archive.append(edited(stream, "twee", expect_version=0))


def test_a_forged_commit_of_another_is_not_caught_up_with(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    other.open()
    archive.append(archive.letter())
    path = tmp_path / "archive/log/000000000000.jsonl"
    whole = path.read_bytes()
    at = whole.rfind(b'"sig":"') + 20
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    authority, size = other.authority.copy(), other.size
    for _ in range(2):
        with pytest.raises(TailError):
            archive.append(archive.letter(), journal=other)
        assert (authority, size) == (other.authority, other.size)
    path.write_bytes(whole)
    archive.append(archive.letter(), journal=other)
    assert [] == faults(archive.storage)


def test_a_log_that_was_cut_or_rewritten_while_it_was_open_is_refused(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    archive.append(archive.letter())
    archive.append(archive.letter())
    other.open()
    LocalStorage(tmp_path / "archive").cut_tail(9)
    with pytest.raises(RollbackError, match="while it was open"):
        archive.append(archive.letter(), journal=other)
    third = Journal(folder(tmp_path / "archive"))
    archive.append(archive.letter(), journal=third)
    for journal in (other, archive.journal):
        with pytest.raises(RollbackError, match="while it was open"):
            archive.append(archive.letter(), journal=journal)
    assert [] == faults(archive.storage)


# retries


def test_a_retry_with_the_same_id_is_one_commit(archive: Founded) -> None:
    commit_id, size = new_commit_id(START, archive.entropy), archive.journal.size
    drafts = [archive.letter(), archive.letter()]
    first = archive.append(*drafts, commit_id=commit_id)
    archive.append(archive.letter())
    again = archive.append(*drafts, commit_id=commit_id, retry_from=size)
    assert (first.commit, first.seqs, first.streams, True) == (again.commit, again.seqs, again.streams, again.known)
    assert 1 == [commit.id for commit in Log(archive.storage).commits()].count(commit_id)


def test_a_retry_is_known_without_saying_from_where_when_it_is_the_last(archive: Founded) -> None:
    commit_id = new_commit_id(START, archive.entropy)
    letter = archive.letter()
    archive.append(letter, commit_id=commit_id)
    assert archive.append(letter, commit_id=commit_id).known


def test_a_retry_that_is_not_there_is_an_append(archive: Founded) -> None:
    done = archive.append(archive.letter(), commit_id=new_commit_id(START, archive.entropy), retry_from=3)
    assert not done.known


def test_an_id_that_belongs_to_another_append_conflicts(archive: Founded) -> None:
    commit_id, size = new_commit_id(START, archive.entropy), archive.journal.size
    person = archive.enrol("behandelaar")
    archive.append(archive.letter(), commit_id=commit_id)
    for drafts, by in (([archive.letter(), archive.letter()], None), ([archive.letter()], person)):
        error = refuses(archive, ConflictError, *drafts, by=by, commit_id=commit_id, retry_from=size)
        assert "another append" in error.what


def test_ids_are_of_that_moment_and_random(archive: Founded) -> None:
    ids = [new_commit_id(START, archive.entropy) for _ in range(50)]
    assert 50 == len(set(ids))
    for one in ids:
        assert envelope.COMMIT_ID_PATTERN.fullmatch(one)
        assert int(START.timestamp()) * 1000 == int(one.replace("-", "")[:12], 16)
        assert envelope.STREAM_PATTERN.fullmatch(new_stream(archive.entropy))


# opening


def test_a_journal_opens_where_another_closed(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    for count in (1, 255, 256, 1_000):
        archive.append(*(archive.letter() for _ in range(count)))
        archive.journal.close()
        root, authority = archive.journal.root(), archive.journal.authority
        archive.journal = Journal(folder(tmp_path / "archive"))
        archive.journal.open()
        assert (root, authority) == (archive.journal.root(), archive.journal.authority)


@pytest.mark.parametrize("lost", ["all", "half", "wrong"])
def test_tiles_that_are_lost_or_wrong_lose_nothing(tmp_path: Path, lost: str) -> None:
    archive = found(folder(tmp_path / "archive"))
    for _ in range(4):
        archive.append(*(archive.letter() for _ in range(300)))
    archive.journal.close()
    for number, path in enumerate(sorted((tmp_path / "archive/public").rglob("*"))):
        if path.is_file() and (lost != "half" or number % 2):
            path.write_bytes(bytes(len(path.read_bytes()))) if lost == "wrong" else path.unlink()
    journal = Journal(folder(tmp_path / "archive"))
    archive.append(archive.letter(), journal=journal)
    assert journal.root().hex() == recomputed_root(archive.storage)


def test_the_tiles_of_an_append_that_was_killed_before_them_are_written_later(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    archive.append(*(archive.letter() for _ in range(600)))
    archive.journal.close()
    tiles = tmp_path / "archive/public/tile"
    expected = {path: path.read_bytes() for path in tiles.rglob("*") if path.is_file()}
    assert expected
    for path in expected:
        path.unlink()
    Journal(folder(tmp_path / "archive")).open()
    assert expected == {path: path.read_bytes() for path in tiles.rglob("*") if path.is_file()}


@pytest.mark.parametrize("bit", BITS)
def test_a_flipped_bit_anywhere_in_the_last_commit_stops_the_opening(archive: Founded, bit: int) -> None:
    archive.append(archive.letter())
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    whole, payload = storage.log[0], storage.payload[0]
    for at in range(len(whole) - len(Log(storage).tail.commit) - 1, len(whole)):
        storage.log[0] = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        with pytest.raises((TailError, CorruptError)):
            Journal(storage).open()
        assert payload == storage.payload[0]
        assert {} == storage.kept


@pytest.mark.parametrize("bit", BITS)
def test_a_flipped_bit_anywhere_in_what_it_seals_stops_the_opening(archive: Founded, bit: int) -> None:
    archive.append(archive.letter(), archive.letter())
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    whole = storage.log[0]
    begin = whole.rfind(b"\n", 0, whole.rfind(b'"letter_registered'))
    end = len(whole) - len(Log(storage).tail.commit) - 1
    for at in range(begin, end, 3):
        storage.log[0] = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        with pytest.raises((TailError, CorruptError)):
            Journal(storage).open()


def test_opening_again_after_a_refusal_starts_afresh(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    person = archive.enrol("behandelaar")
    archive.append(draft("key_revoked.v1", person.stream, {"key": person.key.public.id}))
    archive.journal.close()
    path = tmp_path / "archive/log/000000000000.jsonl"
    whole = path.read_bytes()
    journal = Journal(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen"))
    path.write_bytes(whole.replace(b'"events":1', b'"events":2'))
    with pytest.raises((TailError, CorruptError)):
        journal.open()
    path.write_bytes(whole)
    journal.open()
    assert archive.journal.authority == journal.authority
    assert archive.journal.root() == journal.root()


def test_closing_twice_or_unopened_is_no_error(tmp_path: Path) -> None:
    journal = Journal(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen"))
    journal.close()
    with found(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen")).journal as journal:
        pass
    journal.close()
