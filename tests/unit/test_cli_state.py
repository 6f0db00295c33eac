"""The state behind a reading command: opened once, believed no further than its place allows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from archief.cli.main import run
from archief.cli.session import Session
from archief.keys import Cost
from archief.projections import state
from tests.cli import transcript

ENVIRON = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
Archief = Callable[..., int]


@pytest.fixture
def archief(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archief:
    """An archive with two letters, and the program; gives exit codes."""
    monkeypatch.chdir(tmp_path)
    transcript.begin("letters.txt", kept)
    return lambda *words: run(words, Session(ENVIRON, cost=Cost(log2_n=10)))


@pytest.mark.parametrize("words", [("show", "2021-00017"), ("history", "2021-00017"), ("list",), ("sql", "select 1")])
def test_a_reading_command_opens_a_current_state_once(
    archief: Archief, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 0 == archief("replay")
    opened: list[Path] = []
    open_file = state.open_file

    def counted(path: Path) -> DuckDBPyConnection:
        opened.append(path)
        return open_file(path)

    monkeypatch.setattr(state, "open_file", counted)
    assert 0 == archief(*words)
    assert ["state.duckdb"] == [path.name for path in opened]


def test_a_cache_that_anybody_may_write_is_passed_over_for_one_that_only_this_person_may(
    archief: Archief, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "events" / "cache")
    (tmp_path / "events" / "cache").mkdir()
    (tmp_path / "events" / "cache").chmod(0o777)
    assert 0 == archief("list")
    assert [] == list((tmp_path / "events" / "cache").iterdir())
    (made,) = (tmp_path / "state" / "cache").rglob("state.duckdb")
    assert (0o600, 0o700) == (made.stat().st_mode & 0o777, made.parent.stat().st_mode & 0o777)
