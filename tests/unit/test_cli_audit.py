"""Audit of a log whose bytes are as signed and which says what cannot be."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.draft import new_stream
from archief.errors import FindingsError, NotFoundError
from archief.index import Stream
from tests.founding import Founded, edited, faults, folder, found


@pytest.fixture
def odd(tmp_path: Path) -> Founded:
    """A letter with a version twice, and an edit in a stream that nothing opened."""
    archive = found(folder(tmp_path / "archive"))
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "Een"))
    nowhere = new_stream(archive.entropy)
    archive.journal._index._pending |= {stream: Stream(0, "letter"), nowhere: Stream(6, "letter")}
    archive.append(edited(stream, "Twee"))
    archive.append(edited(nowhere, "Drie"))
    archive.journal.close()
    assert [] == faults(archive.storage)
    return archive


def test_audit_says_which_rules_are_broken(odd: Founded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session({"HOME": str(tmp_path)})
    words = ["--archive", str(tmp_path / "archive"), "audit", "--rule", "stream_order", "--rule", "stream_kind"]
    assert FindingsError.exit_code == run(words, session)
    told = capsys.readouterr()
    assert "entry 11: it calls itself event 1 of its stream; it is event 2" in told.out
    assert "entry 13: letter_edited in a stream that nothing opened" in told.out
    assert "by 2 rules" in told.err
    assert FindingsError.exit_code == run([*words, "--json"], session)
    rules = {one["rule"] for one in msgspec.json.decode(capsys.readouterr().out)["findings"]}
    assert {"stream_order", "stream_kind"} == rules


def test_audit_of_a_sound_archive_finds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = found(folder(tmp_path / "archive"))
    archive.append(archive.letter())
    archive.journal.close()
    words = ["--archive", str(tmp_path / "archive"), "audit"]
    assert FindingsError.exit_code == run(words, Session({"HOME": str(tmp_path)}))
    told = capsys.readouterr().out
    assert ["FOUND  letter_in_dossier"] == [line.partition(":")[0] for line in told.splitlines() if "FOUND" in line]
    assert "then: put it into one: `archief dossier file DOSSIER LETTER`" in told
    assert 0 == run([*words, "--rule", "stream_order"], Session({"HOME": str(tmp_path)}))


def test_audit_looks_from_the_day_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = found(folder(tmp_path / "archive"))
    archive.journal.close()
    words = ["--archive", str(tmp_path / "archive"), "audit", "--rule", "backup_in_time", "--on"]
    assert 0 == run([*words, "2021-02-14"], Session({"HOME": str(tmp_path)}))
    assert FindingsError.exit_code == run([*words, "2021-02-15"], Session({"HOME": str(tmp_path)}))
    assert "entry 0: no back-up was made since the founding on 2021-01-14" in capsys.readouterr().out


def test_the_rules_can_be_read_and_a_mistyped_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run(["audit", "--list", "--json"], Session({}))
    told = msgspec.json.decode(capsys.readouterr().out)["rules"]["letter_in_dossier"]
    assert {"says", "severity", "remedy"} == set(told)
    assert NotFoundError.exit_code == run(["audit", "--rule", "letter_in_dosier"], Session({}))
    assert "no such rule; did you mean letter_in_dossier?" in capsys.readouterr().err


def test_audit_of_the_past_finds_what_was_there_then(odd: Founded, tmp_path: Path) -> None:
    words = ["--archive", str(tmp_path / "archive"), "audit", "--on", "2021-01-14"]
    assert FindingsError.exit_code == run(words, Session({"HOME": str(tmp_path)}))
