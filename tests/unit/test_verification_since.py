"""Going on from a receipt: of the bytes before it nothing is believed that is not what was verified then."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from archief.heads import Heads
from archief.index import Index
from archief.storage.local import LocalStorage
from archief.verification.fault import Report
from archief.verification.whole import verify
from tests.founding import Founded, folder, found


@pytest.fixture
def archive(tmp_path: Path) -> Founded:
    """An archive that was verified whole, and has grown since by a letter that an auditor appended: he may not."""
    archive = found(folder(tmp_path / "archive"), index=tmp_path / "index.sqlite")
    auditor = archive.enrol("auditor")
    archive.append(archive.letter())
    archive.sign_head()  # its tiles keep the hashes of what is changed below
    assert 0 == since(tmp_path).since
    archive.now = archive.now.replace(hour=10)
    archive.journal.authority.roles[auditor.stream]["behandelaar"] = 0
    archive.append(archive.letter(), by=auditor)
    archive.journal.close()
    return archive


def since(path: Path) -> Report:
    index = path / "index.sqlite"
    heads = Heads(path / "seen")
    return verify(LocalStorage(path / "archive"), version="test", heads=heads, since=True, index=index)


def kinds(report: Report) -> set[str]:
    return {fault.kind for fault in report.faults}


def edit_log(path: Path, old: bytes, new: bytes) -> None:
    segment = path / "archive" / "log" / "000000000000.jsonl"
    content = segment.read_bytes()
    assert old in content
    segment.write_bytes(content.replace(old, new, 1))


def test_authority_comes_out_of_the_index_and_nothing_old_is_read(
    archive: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("the log is read from its beginning")

    monkeypatch.setattr(Index, "add", refused)
    report = since(tmp_path)
    assert report.since > 0
    assert {"unauthorised"} == kinds(report)
    assert 0 < since(tmp_path).since, "a receipt that went on from a receipt serves as well"


@pytest.mark.parametrize("indexed", [True, False])
def test_a_role_that_was_changed_before_the_receipt_allows_nothing(
    archive: Founded, tmp_path: Path, *, indexed: bool
) -> None:
    edit_log(tmp_path, b'"role":"auditor"', b'"role":"griffie"')
    if not indexed:
        (tmp_path / "index.sqlite").unlink()
    report = since(tmp_path)
    assert indexed == (report.since > 0)
    assert kinds(report) >= {"unauthorised" if indexed else "entry-changed"}


def test_a_role_that_only_the_index_knows_allows_nothing(archive: Founded, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
        promotion = "cast(replace(line, 'auditor', 'behandelaar') as blob)"
        database.execute(f"update authority set line = {promotion} where instr(line, 'auditor')")
        database.commit()
    report = since(tmp_path)
    assert report.since > 0, "the log says what was verified"
    assert {"unauthorised"} == kinds(report)


def test_a_changed_time_of_the_last_commit_before_the_receipt_is_found(archive: Founded, tmp_path: Path) -> None:
    edit_log(tmp_path, b'"time":"2021-01-14T09:00:03Z"', b'"time":"2021-01-14T19:00:03Z"')
    report = since(tmp_path)
    assert 0 == report.since
    assert "commit-signature" in kinds(report)


def test_a_receipt_that_says_nothing_of_authority_is_no_beginning(archive: Founded, tmp_path: Path) -> None:
    (path,) = (tmp_path / "seen" / "receipts").iterdir()
    before, _, rest = path.read_text().partition('"authority":"')
    path.write_text(f'{before}"authority":""{rest[65:]}')
    assert 0 == since(tmp_path).since
    assert 0 < since(tmp_path).since
