"""Key files of this machine: found by name or id, opened by the environment's passphrase, never written over."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from pathlib import Path
from unittest import mock

import pytest

from archief import keys
from archief.cli import keyring
from archief.cli.session import Options, Session
from archief.errors import AmbiguousError, KeyMissingError, KeyRefusedError, PassphraseError, UsageError
from tests.founding import seeded


@pytest.fixture
def session(tmp_path: Path) -> Session:
    environ = {"ARCHIEF_KEYS": str(tmp_path / "keys"), "ARCHIEF_STATE": str(tmp_path), "ARCHIEF_PASSPHRASE": "geheim"}
    return Session(environ, entropy=seeded("keyring"), cost=keys.Cost(log2_n=10))


def test_a_key_file_is_for_its_owner_only(session: Session) -> None:
    keyring.made(session, "anna", "person")
    path = session.keys_folder / "anna.key"
    assert [0o700, 0o600] == [one.stat().st_mode & 0o777 for one in (path.parent, path)]


def test_a_key_file_is_never_written_over(session: Session) -> None:
    keyring.made(session, "anna", "person")
    before = (session.keys_folder / "anna.key").read_bytes()
    with pytest.raises(KeyRefusedError):
        keyring.made(session, "anna", "person")
    assert before == (session.keys_folder / "anna.key").read_bytes()


@pytest.mark.parametrize("name", ["", "../anna", "a/b", ".anna", "a b", "x" * 200])
def test_a_key_name_is_a_file_name(name: str, session: Session) -> None:
    with pytest.raises(UsageError):
        keyring.path_for(session, name)


def test_a_log_key_is_named_after_its_log() -> None:
    assert "archief-nl-00aa" == keyring.name_from("archief.nl/00aa")


def test_a_new_key_is_named_after_a_role_with_a_number_when_there_is_one(session: Session) -> None:
    assert "archivaris" == keyring.free_name(session, "archivaris")
    keyring.made(session, "archivaris", "person")
    assert "archivaris-2" == keyring.free_name(session, "archivaris")
    assert "archivaris-3" == keyring.free_name(session, "archivaris", ["archivaris-2"])


def test_a_key_is_found_by_name_and_by_the_beginning_of_its_id(session: Session) -> None:
    made = keyring.made(session, "anna", "person")
    assert "anna" == keyring.find(session, "anna").name
    assert "anna" == keyring.find(session, made.public[0].id[:4]).name
    with pytest.raises(KeyMissingError, match="there are: anna"):
        keyring.find(session, made.public[0].id[:3])


def test_a_key_of_another_use_is_not_found(session: Session) -> None:
    keyring.made(session, "anna", "cosigner")
    with pytest.raises(KeyMissingError):
        keyring.find(session, "anna", "person")


def test_the_only_key_signs_and_of_several_the_enrolled_one(session: Session) -> None:
    anna = keyring.made(session, "anna", "person")
    assert "anna" == keyring.chosen(session).name
    keyring.made(session, "bert", "person")
    assert "anna" == keyring.chosen(session, {anna.public[0].id}).name
    with pytest.raises(AmbiguousError) as caught:
        keyring.chosen(session)
    assert "choose: --as NAME; whose they are: archief key list" == caught.value.remedy
    session.options = Options(as_key="bert")
    assert "bert" == keyring.chosen(session).name


def test_no_key_is_said_with_how_to_get_one(session: Session) -> None:
    with pytest.raises(KeyMissingError, match="no person's key on this machine"):
        keyring.chosen(session)


def test_a_passphrase_comes_from_a_file_before_the_variable(session: Session, tmp_path: Path) -> None:
    keyring.made(session, "anna", "person")
    (tmp_path / "pass").write_text("geheim\n")
    environ = {"ARCHIEF_KEYS": str(session.keys_folder), "ARCHIEF_PASSPHRASE": "verkeerd"}
    other = Session(environ | {"ARCHIEF_PASSPHRASE_FILE": str(tmp_path / "pass")})
    assert "anna" == keyring.opened(other, keyring.find(other, "anna")).name


@pytest.mark.parametrize("content", [None, b"x" * 5000])
def test_a_passphrase_file_that_cannot_be_used_is_named(
    content: bytes | None, session: Session, tmp_path: Path
) -> None:
    keyring.made(session, "anna", "person")
    if content is not None:
        (tmp_path / "pass").write_bytes(content)
    environ = {"ARCHIEF_KEYS": str(session.keys_folder), "ARCHIEF_PASSPHRASE_FILE": str(tmp_path / "pass")}
    other = Session(environ)
    with pytest.raises(PassphraseError) as caught:
        keyring.opened(other, keyring.find(other, "anna"))
    assert str(tmp_path / "pass") == caught.value.where


def test_without_passphrase_and_terminal_nobody_is_asked(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.made(session, "anna", "person")
    other = Session({"ARCHIEF_KEYS": str(session.keys_folder)})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(PassphraseError, match="no terminal to ask on"):
        keyring.opened(other, keyring.find(other, "anna"))
    with pytest.raises(PassphraseError, match="no terminal to ask on"):
        keyring.made(other, "bert", "person")


def test_at_a_terminal_a_passphrase_may_be_mistyped_twice(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.made(session, "anna", "person")
    other = Session({"ARCHIEF_KEYS": str(session.keys_folder)})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", mock.Mock(side_effect=["fout", "weer fout", "geheim"]))
    assert "anna" == keyring.opened(other, keyring.find(other, "anna")).name


def test_what_opened_one_key_is_tried_on_the_next(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.made(session, "anna", "person")
    keyring.made(session, "bert", "person")
    other = Session({"ARCHIEF_KEYS": str(session.keys_folder)})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    asked = mock.Mock(side_effect=["geheim"])
    monkeypatch.setattr(getpass, "getpass", asked)
    keyring.opened(other, keyring.find(other, "anna"))
    keyring.opened(other, keyring.find(other, "bert"))
    assert 1 == asked.call_count


@pytest.mark.parametrize(("answers", "why"), [(["a", "b"], "differ"), (["", ""], "empty")])
def test_a_new_passphrase_is_typed_twice(
    answers: list[str], why: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Session({"ARCHIEF_KEYS": str(session.keys_folder)})
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", mock.Mock(side_effect=answers))
    with pytest.raises(PassphraseError, match=why):
        keyring.made(other, "anna", "person")
    assert not session.keys_folder.exists()


def test_a_key_file_that_others_can_read_is_told(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    keyring.made(session, "anna", "person")
    (session.keys_folder / "anna.key").chmod(0o644)
    keyring.opened(session, keyring.find(session, "anna"))
    assert "others on this machine can read this key file" in capsys.readouterr().err


def test_a_damaged_key_file_is_told_and_passed_over(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    keyring.made(session, "anna", "person")
    (session.keys_folder / "bert.key").write_text("{}\n")
    assert ["anna"] == [one.name for one in keyring.listed(session)]
    assert "bert.key" in capsys.readouterr().err


def test_a_log_key_is_found_by_its_public_halves(session: Session) -> None:
    made = keyring.made(session, "log", "log", title="archief.voorbeeld.nl/00aa00aa")
    found = keyring.log_key(session, made.public)
    assert found is not None
    assert "log" == found.name
    assert keyring.log_key(session, made.public[:1]) is None


def test_a_key_that_was_begun_opens_with_a_passphrase_out_of_a_pipe(session: Session, tmp_path: Path) -> None:
    keyring.made(session, "anna", "person")
    os.mkfifo(tmp_path / "pipe")
    environ = {"ARCHIEF_KEYS": str(session.keys_folder), "ARCHIEF_PASSPHRASE_FILE": str(tmp_path / "pipe")}
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"geheim\n",), daemon=True)
    writer.start()
    other = Session(environ)
    keyring.begin_opening(other)
    assert 1 == len(other.openings)
    assert "anna" == keyring.opened(other, keyring.find(other, "anna")).name


def test_a_key_that_was_begun_with_a_wrong_passphrase_does_not_open(session: Session) -> None:
    keyring.made(session, "anna", "person")
    other = Session({**session.environ, "ARCHIEF_PASSPHRASE": "fout"})
    keyring.begin_opening(other)
    with pytest.raises(PassphraseError):
        keyring.opened(other, keyring.find(other, "anna"))
