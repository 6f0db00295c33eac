"""The index is believed as long as the log says the same, and made again without a word when it is not."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from archief.errors import CorruptError, MalformedError, TailError
from archief.heads import Heads
from archief.index import PENDING_MAX, Index, Position
from archief.journal import Journal
from archief.log import Log
from tests.founding import Founded, edited, folder, found

SEED = 20160105


def reopen(archive: Founded, path: Path) -> Journal:
    archive.journal.close()
    index = path / "cache" / "index.sqlite"
    archive.journal = Journal(folder(path / "archive"), heads=Heads(path / "seen"), index=index)
    archive.journal.open()
    return archive.journal


@pytest.fixture
def archive(tmp_path: Path) -> Founded:
    heads = Heads(tmp_path / "seen")
    archive = found(folder(tmp_path / "archive"), heads=heads, index=tmp_path / "cache" / "index.sqlite")
    archive.append(archive.letter("Eerste"), archive.letter("Tweede"))
    return archive


def streams_of(archive: Founded) -> dict[str, int]:
    """The newest version of every stream, from the log alone."""
    versions = {}
    log = Log(archive.storage)
    for seq in range(log.size):
        with contextlib.suppress(Exception):
            event = log.event(seq)
            versions[event.stream] = event.stream_seq
    return versions


def check(archive: Founded) -> None:
    journal = archive.journal
    for stream, version in streams_of(archive).items():
        assert version == journal.stream_version(stream)
    assert -1 == journal.stream_version("5b1e0000-0000-4000-8000-000000000000")


def test_versions_are_those_of_the_log(archive: Founded, tmp_path: Path) -> None:
    check(archive)
    reopen(archive, tmp_path)
    check(archive)
    archive.append(edited(archive.append(archive.letter()).streams[0], "Nieuw"))
    check(archive)
    reopen(archive, tmp_path)
    check(archive)


def test_authority_is_the_same_with_and_without_the_index(archive: Founded, tmp_path: Path) -> None:
    person = archive.enrol("griffie", "auditor")
    before = reopen(archive, tmp_path).authority
    (tmp_path / "cache" / "index.sqlite").unlink()
    assert before == reopen(archive, tmp_path).authority
    assert {"griffie", "auditor"} == set(before.roles[person.stream])


def test_the_index_is_read_and_not_made_again(
    archive: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.journal.close()
    added: list[int] = []
    add = Index.add

    def noted(index: Index, first: int, entries: list[bytes]) -> None:
        entries = list(entries)
        added.append(len(entries))
        add(index, first, entries)

    monkeypatch.setattr(Index, "add", noted)
    reopen(archive, tmp_path)
    assert 0 == sum(added)


def test_an_index_that_is_behind_is_caught_up(archive: Founded, tmp_path: Path) -> None:
    reopen(archive, tmp_path)
    old = (tmp_path / "cache/index.sqlite").read_bytes()
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "Nieuw"))
    reopen(archive, tmp_path)
    archive.journal.close()
    (tmp_path / "cache/index.sqlite").write_bytes(old)
    reopen(archive, tmp_path)
    assert 1 == archive.journal.stream_version(stream)
    check(archive)


def test_an_index_of_another_log_is_made_again(archive: Founded, tmp_path: Path) -> None:
    other = found(folder(tmp_path / "other"), seed="other", index=tmp_path / "other.sqlite")
    other.append(*(other.letter() for _ in range(3)))
    other.journal.close()
    archive.journal.close()
    (tmp_path / "cache/index.sqlite").write_bytes((tmp_path / "other.sqlite").read_bytes())
    reopen(archive, tmp_path)
    check(archive)
    assert archive.archivaris.key.public.id in archive.journal.authority.keys
    assert other.archivaris.key.public.id not in archive.journal.authority.keys


def test_an_index_ahead_of_a_log_that_was_restored_is_made_again(archive: Founded, tmp_path: Path) -> None:
    archive.journal.close()
    segment = tmp_path / "archive/log/000000000000.jsonl"
    payload = tmp_path / "archive/payload/000000000000.jsonl"
    old = segment.read_bytes(), payload.read_bytes()
    reopen(archive, tmp_path)
    stream = archive.append(archive.letter()).streams[0]
    archive.journal.close()
    segment.write_bytes(old[0])
    payload.write_bytes(old[1])
    (tmp_path / "seen/heads" / "archief.voorbeeld.nl+5f0c91d2.json").unlink()
    archive.journal._heads = None
    reopen(archive, tmp_path)
    assert -1 == archive.journal.stream_version(stream)
    check(archive)


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_index_is_made_again(archive: Founded, tmp_path: Path, content: bytes) -> None:
    archive.journal.close()
    (tmp_path / "cache/index.sqlite").write_bytes(content)
    reopen(archive, tmp_path)
    check(archive)
    archive.append(archive.letter())


def test_an_index_that_is_damaged_anywhere_is_noticed_or_harmless(archive: Founded, tmp_path: Path) -> None:
    archive.append(*(archive.letter() for _ in range(300)))
    archive.journal.close()
    path = tmp_path / "cache/index.sqlite"
    whole = path.read_bytes()
    chance = random.Random(SEED)
    for _ in range(6):
        at = chance.randrange(len(whole) // 4096) * 4096
        path.write_bytes(whole[:at] + bytes(4096) + whole[at + 4096 :])
        reopen(archive, tmp_path)
        check(archive)


def test_an_index_of_another_form_is_made_again(archive: Founded, tmp_path: Path) -> None:
    archive.journal.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "cache/index.sqlite")) as database:
        database.execute("pragma user_version = 99")
    reopen(archive, tmp_path)
    check(archive)


def test_an_index_that_cannot_be_written_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file, not a folder")
    archive = found(folder(tmp_path / "archive"), index=tmp_path / "cache" / "index.sqlite")
    archive.append(archive.letter())
    check(archive)
    reopen(archive, tmp_path)
    check(archive)
    archive.append(archive.letter())


def test_an_index_that_is_deleted_while_it_is_open_is_missed_by_nobody(archive: Founded, tmp_path: Path) -> None:
    reopen(archive, tmp_path)
    (tmp_path / "cache/index.sqlite").unlink()
    (tmp_path / "cache").rmdir()
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "Nieuw"))
    reopen(archive, tmp_path)
    check(archive)


def test_two_that_share_an_index_do_not_confuse_each_other(archive: Founded, tmp_path: Path) -> None:
    other = Journal(folder(tmp_path / "archive"), index=tmp_path / "cache" / "index.sqlite")
    stream = archive.append(archive.letter(), journal=other).streams[0]
    archive.append(edited(stream, "Nieuw"))
    archive.append(edited(stream, "Nieuwer"), journal=other)
    archive.append(archive.letter())
    archive.journal.close()
    other.close()
    reopen(archive, tmp_path)
    assert 2 == archive.journal.stream_version(stream)
    check(archive)


def test_much_that_is_new_is_written_out_in_between(
    archive: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PENDING_MAX > 1_000
    monkeypatch.setattr("archief.index.PENDING_MAX", 10)
    for _ in range(4):
        archive.append(*(archive.letter() for _ in range(7)))
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "Nieuw"))
    check(archive)
    archive.journal.close()
    (tmp_path / "cache/index.sqlite").unlink()
    reopen(archive, tmp_path)
    check(archive)


def test_a_line_that_is_no_entry_is_named() -> None:
    index = Index(None)
    index.open()
    for line in (b"", b"{}", b"\xff" * 90, b'{"facts":{},"stream":"x","stream_seq":1,"type":"letter_edited.v1"}'):
        with pytest.raises(MalformedError, match="not an entry"):
            index.add(40, [line])


def test_a_log_that_cannot_be_indexed_is_corrupt(archive: Founded, tmp_path: Path) -> None:
    archive.append(*(archive.letter() for _ in range(300)))
    archive.journal.close()
    (tmp_path / "cache/index.sqlite").unlink()
    path = tmp_path / "archive/log/000000000000.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for damaged in (
        b"".join([lines[0], b"\n", *lines[2:]]),
        b"".join([*lines[:1], *lines[2:]]),
        whole.replace(b'"type":"role_granted.v1"', b'"type":"role_granted.v9"', 1),
        whole.replace(b'"role":"archivaris"', b'"role":"archivariz"', 1),
        whole.replace(b'"type":"archive_founded.v1"', b'"type":"archive_\xffounded.v1"', 1),
    ):
        path.write_bytes(damaged)
        with pytest.raises((CorruptError, TailError)):
            Journal(folder(tmp_path / "archive")).open()
    path.write_bytes(whole)
    Journal(folder(tmp_path / "archive")).open()


def test_an_empty_index_is_at_the_beginning() -> None:
    index = Index(None)
    assert Position(0, b"") == index.open()
    assert {"a": (-1, "")} == index.streams({"a"} - {"a"}) | {"a": (-1, "")}
    assert {} == index.streams(())
    index.flush()
    index.close()
