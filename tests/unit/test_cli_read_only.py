"""An archive that cannot be written is read, verified and proved; nothing is left in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.keys import Cost
from tests.cli import transcript

COMMANDS = [
    ["verify"],
    ["replay"],
    ["list"],
    ["show", "2021-00017"],
    ["history", "2021-00018"],
    ["sql", "select count(*) from event"],
    ["person", "list"],
    ["key", "list"],
    ["prove", "8", "--out", "proof"],
    ["checkpoint", "--vkeys"],
    ["export", "sip", "2021-00017", "--out", "sip"],
    ["export", "evidence", "2021-00017", "--out", "bewijs"],
    ["export", "documents", "2021-00017", "--out", "stukken"],
    ["doctor"],
]


def files(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_nothing_is_written_into_an_archive_that_is_only_read(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    transcript.begin("letters.txt", kept)
    # Root may write anywhere: what access says is what another user would be told.
    access = os.access
    read_only = (tmp_path / "events").resolve()

    def refused(path: str | Path, mode: int) -> bool:
        inside = read_only in (Path(path).resolve(), *Path(path).resolve().parents)
        return not (inside and mode & os.W_OK) and access(path, mode)

    monkeypatch.setattr(os, "access", refused)
    before = files(read_only)
    environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
    ended = [run(words, Session(environ, cost=Cost(log2_n=10))) for words in COMMANDS]
    assert [0] * len(COMMANDS) == ended
    assert before == files(read_only)
    assert list((tmp_path / "state" / "cache").rglob("state.duckdb"))
