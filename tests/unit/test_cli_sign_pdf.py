"""``archief sign --pdf``: the letter is signed, its PDF too, kept and validated; what is refused leaves nothing."""

from __future__ import annotations

import datetime as dt
import functools
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.cli.trust import timestamping
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
At = Callable[[dt.datetime], Archief]
NOW = transcript.BEGIN.replace(hour=12) + dt.timedelta(days=2)
NUMBER = "2021-00018"
SIGN = ("--as", "jansen", "sign", NUMBER, "--basis", "gemeentewet:32a")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test CA", NOW)


@pytest.fixture
def at(authority: Authority, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    """The command line at a moment."""
    monkeypatch.chdir(tmp_path)
    transcript.begin("letters.txt", kept)
    for name in ("jansen", "bakker"):
        file = Path(f"{name}.p12")
        file.write_bytes(authority.holder(name))
        file.chmod(0o600)
    entropy = seeded("sign")

    def ran(moment: dt.datetime, *words: str) -> int:
        environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
        return run([*words], Session(environ, lambda: moment, entropy, Cost(log2_n=10)))

    return lambda moment: functools.partial(ran, moment)


@pytest.fixture
def archief(at: At) -> Archief:
    return at(NOW)


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


def answering(authority: Authority, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a timestamp authority below this one answer what is asked; gives the addresses that were."""
    authority.timestamps(folder)
    asked = []

    def ask(url: str, request: bytes) -> bytes:
        asked.append(url)
        (folder / "asked.tsq").write_bytes(request)
        reply(folder, folder / "asked.tsq", folder / "answer.tsr")
        return (folder / "answer.tsr").read_bytes()

    monkeypatch.setattr(timestamping, "ask", ask)
    return asked


@pytest.mark.slow
def test_an_authority_that_is_asked_makes_it_b_t(
    archief: Archief,
    requires: Requires,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    requires("openssl", shutil.which("openssl") is not None, "openssl is not installed")
    root = Authority("Test TSA root", dt.datetime.now(dt.UTC).replace(microsecond=0))
    asked = answering(root, tmp_path, monkeypatch)
    words = (*SIGN, "--pdf", "jansen.p12", "--tsa", "http://tsa.example/", "--json")
    assert 0 == archief(*words, "--dry-run")
    assert "B-B" == told(capsys)["pades"]
    assert [] == asked
    assert 0 == archief(*words)
    assert "B-T" == told(capsys)["pades"]
    assert {"http://tsa.example/"} == set(asked)  # pyhanko asks twice: once to see how long an answer is


@pytest.mark.slow
def test_with_roots_and_lists_it_is_b_lt_and_the_outcome_is_real(
    at: At,
    requires: Requires,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    requires("openssl", shutil.which("openssl") is not None, "openssl is not installed")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=10)  # openssl stamps by the clock
    archief, root = at(now), Authority("Test CA", now)
    answering(root, tmp_path, monkeypatch)
    Path("jansen.p12").write_bytes(root.holder("jansen"))
    Path("roots.pem").write_bytes(root.pem)
    Path("revoked.crl").write_bytes(root.crl())
    words = (*SIGN, "--pdf", "jansen.p12", "--json", "--roots", "roots.pem", "--crl", "revoked.crl")
    assert 0 == archief(*words, "--dry-run")
    tried = told(capsys)
    assert ("B-B", "valid") == (tried["pades"], tried["result"])
    begin = len(entries())
    assert 0 == archief(*words, "--tsa", "http://tsa.example/")
    shown = told(capsys)
    assert ("B-LT", "valid", None) == tuple(shown[name] for name in ("pades", "result", "reason"))
    validated = happened(begin)[1]
    assert ("valid", f"{now:%Y-%m-%dT%H:%M:%SZ}") == tuple(validated["facts"][name] for name in ("result", "time"))
    assert "PAdES B-LT" == payload(validated["seq"])["note"]
    # What the file carries is enough: no lists are asked for.
    (one,) = pades.validations(document(shown["document"]), Trust(root.pem), now)
    assert ("valid", "B-LT") == (one.result, one.level)
    assert 0 == archief(*words, "--pades", "b")
    assert "B-B" == payload(happened(begin)[3]["seq"])["note"].split()[1]


@pytest.mark.slow
def test_a_certificate_of_who_is_not_trusted_or_was_revoked_is_recorded_as_such(
    archief: Archief, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("other.pem").write_bytes(Authority("Elders", NOW).pem)
    Path("empty.crl").write_bytes(authority.crl())
    words = (*SIGN, "--pdf", "jansen.p12", "--json", "--crl", "empty.crl", "--roots")
    assert 0 == archief(*words, "other.pem")
    shown = told(capsys)
    assert ("indeterminate", "NO_CERTIFICATE_CHAIN_FOUND") == (shown["result"], shown["reason"])
    signer = pades.signer_of(Path("jansen.p12").read_bytes(), b"geheim")
    Path("root.pem").write_bytes(authority.pem)
    Path("revoked.crl").write_bytes(authority.crl(signer.opened.signing_cert.serial_number))
    assert 0 == archief(*SIGN, "--pdf", "jansen.p12", "--json", "--crl", "revoked.crl", "--roots", "root.pem")
    shown = told(capsys)
    assert ("indeterminate", "REVOKED_NO_POE") == (shown["result"], shown["reason"])
    Path("no.pem").write_bytes(b"Geachte raadsleden,")
    assert MalformedError.exit_code == archief(*words, "no.pem")
    assert "--roots" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told_where"),
    [
        (
            ("--pades", "lt", "--pdf", "jansen.p12", "--tsa", "http://tsa.example/"),
            "level lt needs --roots and --crl too",
        ),
        (("--pades", "t", "--pdf", "jansen.p12"), "level t needs --tsa too"),
        (("--roots", "roots.pem"), "--roots: this is about a signature in a PDF"),
        (("--crl", "x.crl"), "--crl: this is about a signature in a PDF"),
    ],
)
def test_a_level_says_what_it_needs(
    archief: Archief, words: tuple[str, ...], told_where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert UsageError.exit_code == archief(*SIGN, *words)
    assert told_where in capsys.readouterr().err


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
    for option in ("--crl", "--roots"):
        assert NotFoundError.exit_code == archief(*SIGN, "--pdf", "jansen.p12", option, "gone/away")
        assert "gone/away: there is no such file" in capsys.readouterr().err
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
