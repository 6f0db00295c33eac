"""A forged index leads no writer astray: authority comes out of the log, or is what this machine saw there."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from archief.draft import draft
from archief.errors import CorruptError, RefusedError
from archief.heads import Heads
from archief.journal import Journal
from tests.founding import Founded, Person, edited, faults, folder, found

PROMOTION = """
update authority set line = cast(replace(line, 'auditor', 'behandelaar') as blob) where instr(line, 'auditor')
"""


@pytest.fixture
def archive(tmp_path: Path) -> Founded:
    archive = found(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen"), index=tmp_path / "index.sqlite")
    archive.append(archive.letter("Eerste"))
    return archive


def reopened(archive: Founded, path: Path, *, seen: str = "seen") -> Founded:
    archive.journal = Journal(folder(path / "archive"), heads=Heads(path / seen), index=path / "index.sqlite")
    archive.journal.open()
    return archive


def forge(path: Path, statement: str, *values: Any) -> None:
    with contextlib.closing(sqlite3.connect(path / "index.sqlite")) as database:
        assert database.execute(statement, values).rowcount > 0
        database.commit()


def role_lines(person: Person) -> bytes:
    return b'{"facts":{"role":"behandelaar"},"payload":null,"seq":8,"stream":"%b","stream_seq":9,"type":"%b"}' % (
        person.stream.encode(),
        b"role_granted.v1",
    )


@pytest.mark.parametrize("seen", ["seen", "a machine that never saw it"])
def test_a_role_that_only_the_index_knows_allows_nothing(archive: Founded, tmp_path: Path, seen: str) -> None:
    person = archive.enrol("auditor")
    archive.journal.close()
    forge(tmp_path, PROMOTION)
    with pytest.raises(RefusedError, match="needs the role"):
        reopened(archive, tmp_path, seen=seen).append(archive.letter(), by=person)


def test_a_line_put_into_the_index_allows_nothing(archive: Founded, tmp_path: Path) -> None:
    person = archive.enrol("auditor")
    archive.journal.close()
    forge(tmp_path, "insert into authority values (8, ?, '')", role_lines(person))
    with pytest.raises(RefusedError, match="needs the role"):
        reopened(archive, tmp_path).append(archive.letter(), by=person)


def test_a_revocation_that_the_index_lacks_still_holds(archive: Founded, tmp_path: Path) -> None:
    person = archive.enrol("behandelaar")
    archive.append(draft("key_revoked.v1", person.stream, {"key": person.key.public.id}))
    archive.journal.close()
    forge(tmp_path, "delete from authority where seq >= (select max(seq) from authority) - 1")
    with pytest.raises(RefusedError, match="revoked"):
        reopened(archive, tmp_path).append(archive.letter(), by=person)


def test_what_another_machine_appended_is_read_in_the_log_and_not_in_the_index_it_left(
    archive: Founded, tmp_path: Path
) -> None:
    archive.journal.close()
    reopened(archive, tmp_path, seen="another machine")
    person = archive.enrol("auditor")
    archive.journal.close()
    forge(tmp_path, PROMOTION)
    with pytest.raises(RefusedError, match="needs the role"):
        reopened(archive, tmp_path).append(archive.letter(), by=person)


@pytest.mark.parametrize(
    "statement",
    [
        "update authority set line = 'text'",
        "update authority set tags = 12",
        "update stream set version = 'x'",
        "update stream set kind = x'00'",
        "update stream set seq = 1.5",
        "update position set size = 'x'",
        "update position set last_commit = 12",
    ],
)
def test_an_index_of_other_types_is_made_again(archive: Founded, tmp_path: Path, statement: str) -> None:
    stream = archive.append(archive.letter()).streams[0]
    archive.journal.close()
    forge(tmp_path, statement)
    reopened(archive, tmp_path).append(edited(stream, "Een"))
    assert 1 == archive.journal.stream_version(stream)


@pytest.mark.parametrize("change", ["version = version + 3", "version = 0", "seq = seq - 1", "seq = 5000"])
def test_a_version_that_the_index_made_up_is_put_right(archive: Founded, tmp_path: Path, change: str) -> None:
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "Een"))
    archive.journal.close()
    forge(tmp_path, f"update stream set {change} where version > 0")
    reopened(archive, tmp_path).append(edited(stream, "Twee"))
    assert 2 == archive.journal.stream_version(stream)
    assert [] == faults(archive.storage)


def test_a_role_written_into_the_log_itself_stops_an_append(archive: Founded, tmp_path: Path) -> None:
    archive.enrol("auditor")
    archive.append(archive.letter())
    archive.journal.close()
    path = tmp_path / "archive" / "log" / "000000000000.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"role":"auditor"', b'"role":"griffie"'))
    (tmp_path / "index.sqlite").unlink()
    with pytest.raises(CorruptError, match="not those that the last commit was signed over"):
        reopened(archive, tmp_path)
