"""A founding that fails leaves nothing behind; but what stands in a log keeps the keys that signed it."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from archief import publishing
from archief.cli.main import run
from archief.cli.session import Session
from archief.errors import WriteFailedError
from archief.journal import Journal
from archief.keys import Cost
from tests.cli import transcript
from tests.founding import seeded


def founding() -> int:
    """Found an archive in this folder; gives the exit code."""
    environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
    session = Session(environ, lambda: transcript.BEGIN, seeded("founding"), Cost(log2_n=10))
    words = ["init", "new/events", "--test", "--organisation", "X", "--origin-host", "a.nl", "--person", "D", "--yes"]
    return run(words, session)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_founding_that_appends_nothing_leaves_no_key() -> None:
    with mock.patch.object(Journal, "append", side_effect=WriteFailedError("could not write")):
        assert 3 == founding()
    assert [] == list(Path().rglob("*.key"))


def test_a_founding_whose_head_cannot_be_signed_keeps_its_keys() -> None:
    with mock.patch.object(publishing, "sign_head", side_effect=WriteFailedError("could not write")):
        assert 3 == founding()
    assert 2 == len(list(Path("keys").glob("*.key")))


def test_a_founding_without_a_passphrase_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "new_passphrase", mock.Mock(side_effect=[b"geheim", KeyboardInterrupt()]))
    assert 130 == founding()
    assert [] == [path for path in Path().rglob("*") if path.parts[0] != "state"]
