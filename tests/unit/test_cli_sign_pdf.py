"""``archief sign --pdf``: the letter is signed, its PDF too, kept and validated; what is refused leaves nothing."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archief.cli import timestamping
from archief.cli.main import run
from archief.cli.session import Session
from archief.errors import (
    ExtraMissingError,
    MalformedError,
    NotFoundError,
    PassphraseError,
    SignatureError,
    UsageError,
)
from archief.keys import Cost
from archief.render import pades
from archief.render.pades import Trust
from tests.certificates import Authority
from tests.cli import transcript
from tests.conftest import Requires
from tests.founding import seeded
from tests.unit.test_cli_timestamp import reply

Archief = Callable[..., int]
NOW = transcript.BEGIN.replace(hour=12) + dt.timedelta(days=2)
NUMBER = "2021-00018"
SIGN = ("--as", "jansen", "sign", NUMBER, "--basis", "gemeentewet:32a")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("begun")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test CA", NOW)


@pytest.fixture
def archief(authority: Authority, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archief:
    monkeypatch.chdir(tmp_path)
    transcript.begin("letters.txt", kept)
    for name in ("jansen", "bakker"):
        file = Path(f"{name}.p12")
        file.write_bytes(authority.holder(name))
        file.chmod(0o600)
    entropy = seeded("sign")

    def ran(*words: str) -> int:
        environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
        return run([*words], Session(environ, lambda: NOW, entropy, Cost(log2_n=10)))

    return ran


def entries() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("events/log/000000000000.jsonl").read_text().splitlines()]


def happened(begin: int) -> list[dict[str, Any]]:
    """The events behind an entry, without the commits."""
    return [one for one in entries()[begin:] if one["type"] != "commit.v1"]


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def payload(seq: int) -> dict[str, Any]:
    lines = map(json.loads, Path("events/payload/000000000000.jsonl").read_text().splitlines())
    data = next(one["data"] for one in lines if one["seq"] == seq)
    assert isinstance(data, dict)
    return data


def document(name: str) -> bytes:
    (path,) = [one for one in Path("events/documents").rglob("*") if one.is_file() and one.name.startswith(name)]
    return path.read_bytes()


@pytest.mark.slow
def test_the_letter_is_signed_and_its_pdf_kept_with_what_was_found(
    archief: Archief, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = len(entries())
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "--json")
    shown = told(capsys)
    signed, validated = happened(begin)
    assert ["letter_signed.v1", "signature_validated.v1"] == [one["type"] for one in (signed, validated)]
    assert [signed["seq"], validated["seq"]] == [shown[name] for name in ("signed", "validated")]
    assert "advanced" == signed["facts"]["level"]
    facts, data = validated["facts"], payload(validated["seq"])
    assert ("pades", signed["facts"]["signatory"], "indeterminate", signed["seq"], "2026-03-04T12:00:00Z") == tuple(
        facts[name] for name in ("method", "officer", "result", "signed", "time")
    )
    (one,) = pades.validations(document(shown["document"]), Trust(authority.pem, [authority.crl()]), NOW)
    assert ("valid", "B-B", "jansen") == (one.result, one.level, one.holder)
    assert (one.holder, one.sha256, one.serial, one.issuer, one.subject, shown["document"]) == tuple(
        data[name] for name in ("holder", *(f"certificate_{n}" for n in ("sha256", "serial", "issuer", "subject")),
                                "document")
    )  # fmt: skip
    assert ["brief-ondertekend-1.pdf"] == [file["name"] for file in data["documents"]]
    assert 0 == archief("verify", "-q")


@pytest.mark.slow
def test_a_rendition_that_is_kept_is_the_one_that_is_signed(
    archief: Archief, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == archief("--as", "jansen", "render", NUMBER, "-q")
    assert 0 == archief("render", NUMBER, "--out", "brief.pdf", "-q")
    capsys.readouterr()
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "--json")
    assert document(told(capsys)["document"]).startswith(Path("brief.pdf").read_bytes())


@pytest.mark.slow
def test_a_second_signer_signs_the_file_that_the_first_signed(
    archief: Archief, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "--json")
    first = document(told(capsys)["document"])
    assert 0 == archief(*SIGN, "--pdf", "bakker.p12", "--json")
    second = document(told(capsys)["document"])
    assert second.startswith(first)
    found = pades.validations(second, Trust(authority.pem, [authority.crl()]), NOW)
    assert [("jansen", "valid"), ("bakker", "valid")] == [(one.holder, one.result) for one in found]
    assert 0 == archief("show", NUMBER, "--json")
    assert [True, True] == [one["current"] for one in told(capsys)["letter"]["signatures"][-2:]]


@pytest.mark.slow
def test_after_an_edit_the_letter_is_rendered_anew(
    archief: Archief, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "-q")
    assert 0 == archief("--as", "jansen", "edit", NUMBER, "--set", "subject=Stadsronde lopen", "-q")
    capsys.readouterr()
    assert 0 == archief(*SIGN, "--pdf", "bakker.p12", "--json")
    found = pades.validations(document(told(capsys)["document"]), Trust(authority.pem), NOW)
    assert ["bakker"] == [one.holder for one in found]


@pytest.mark.slow
def test_an_authority_that_is_asked_makes_it_b_t(
    archief: Archief,
    requires: Requires,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    requires("openssl", shutil.which("openssl") is not None, "openssl is not installed")
    folder = Authority("Test TSA root", dt.datetime.now(dt.UTC).replace(microsecond=0)).timestamps(tmp_path)
    asked = []

    def ask(url: str, request: bytes) -> bytes:
        asked.append(url)
        (folder / "asked.tsq").write_bytes(request)
        reply(folder, folder / "asked.tsq", folder / "answer.tsr")
        return (folder / "answer.tsr").read_bytes()

    monkeypatch.setattr(timestamping, "ask", ask)
    words = (*SIGN, "--pdf", "jansen.p12", "--tsa", "http://tsa.example/", "--json")
    assert 0 == archief(*words, "--dry-run")
    assert "B-B" == told(capsys)["pades"]
    assert [] == asked
    assert 0 == archief(*words)
    assert "B-T" == told(capsys)["pades"]
    assert {"http://tsa.example/"} == set(asked)  # pyhanko asks twice: once to see how long an answer is


def test_a_dry_run_shows_both_events_and_appends_nothing(archief: Archief, capsys: pytest.CaptureFixture[str]) -> None:
    begin = len(entries())
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "--dry-run", "--json")
    shown = told(capsys)
    assert ["letter_signed.v1", "signature_validated.v1"] == [one["type"] for one in shown["events"]]
    assert ("B-B", "indeterminate", "jansen") == (shown["pades"], shown["result"], shown["holder"])
    assert begin == len(entries())


@pytest.mark.slow
def test_a_level_that_is_typed_stands_but_a_file_makes_no_qualified_signature(archief: Archief) -> None:
    begin = len(entries())
    assert UsageError.exit_code == archief(*SIGN, "--pdf", "jansen.p12", "--level", "qualified")
    assert begin == len(entries())
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "--level", "simple", "-q")
    assert "simple" == happened(begin)[0]["facts"]["level"]


def test_what_cannot_sign_is_told_and_appends_nothing(
    archief: Archief, authority: Authority, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = len(entries())
    Path("old.p12").write_bytes(authority.holder("oud", until=-dt.timedelta(hours=1)))
    Path("none.p12").write_bytes(b"Geachte raadsleden,\n")
    Path("other.p12").write_bytes(authority.holder("ander", passphrase=b"anders"))
    for file, error, word in (
        ("old.p12", SignatureError, "the certificate holds from"),
        ("none.p12", MalformedError, "not a PKCS#12 file"),
        ("other.p12", PassphraseError, "the passphrase does not open"),
        ("gone.p12", NotFoundError, "there is no such file"),
    ):
        assert error.exit_code == archief(*SIGN, "--pdf", file), file
        assert word in capsys.readouterr().err
    assert UsageError.exit_code == archief(*SIGN, "--tsa", "http://tsa.example/")
    assert "add --pdf FILE" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyhanko.sign.signers", None)
    assert ExtraMissingError.exit_code == archief(*SIGN, "--pdf", "jansen.p12")
    assert begin == len(entries())


@pytest.mark.slow
def test_an_office_holder_needs_no_other_role(archief: Archief) -> None:
    words = ("--as", "archivaris", "person", "add", "A. Visser", "--role", "ondertekenaar", "--key", "tekenaar", "-q")
    assert 0 == archief(*words)
    sign = ("--as", "tekenaar", "sign", NUMBER, "--role", "burgemeester", "--basis", "gemeentewet:32a")
    assert 0 == archief(*sign, "--pdf", "jansen.p12", "-q")
