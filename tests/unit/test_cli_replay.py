"""Replay of a log whose bytes are as signed and which says what cannot be."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.draft import new_stream
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


@pytest.mark.parametrize("into", [(), ("--into", "other.duckdb")])
def test_replay_says_which_rules_are_broken(
    odd: Founded,
    tmp_path: Path,
    into: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session({"HOME": str(tmp_path)})
    assert 0 == run(["--archive", "archive", "replay", *into], session)
    told = capsys.readouterr().err
    assert "warning: entry 11: it calls itself event 1 of its stream; it is event 2 (stream_order)" in told
    assert "warning: entry 13: letter_edited in a stream that nothing opened (stream_kind)" in told
    assert 0 == run(["--archive", "archive", "--json", "replay"], session)
    rules = {one["rule"] for one in msgspec.json.decode(capsys.readouterr().out)["violations"]}
    assert {"stream_order", "stream_kind"} == rules


def test_replay_of_a_sound_archive_warns_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = found(folder(tmp_path / "archive"))
    archive.append(archive.letter())
    archive.journal.close()
    assert 0 == run(["--archive", str(tmp_path / "archive"), "replay"], Session({"HOME": str(tmp_path)}))
    assert "warning" not in capsys.readouterr().err
