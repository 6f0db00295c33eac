"""A version of a file in PDF/A: which tool makes it, how it is tested, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from archief.cli.letters import conversion
from archief.errors import ExtraMissingError, MalformedError, RefusedError
from archief.render.plain_text import plain_text

MOMENT = dt.datetime(2021, 1, 14, tzinfo=dt.UTC)
TEXT = "Geachte raadsleden,\r\n\r\n\tDe stalling is open — zie https://www.voorbeeld.nl/" + "heel-lang" * 20 + "\r\n"
MAIL = (
    b"From: Fietsersbond <post@fietsersbond.example>\r\nTo: raad@voorbeeld.example\r\nSubject: Vraag\r\n"
    b"Date: Thu, 14 Jan 2021 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Wanneer gaat de stalling open?\r\n"
)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, but for the shell."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def tool(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    (folder / name).chmod(0o755)


def office(folder: Path, pdf: bytes) -> None:
    (folder / "made.pdf").write_bytes(pdf)
    script = f"""
case "$1" in --version) echo "LibreOffice 24.8.2.1 480(Build:1)"; exit 0;; esac
while [ "$1" != --outdir ]; do shift; done
mkdir -p "$2" && cp '{folder}/made.pdf' "$2/document.pdf"
"""
    tool(folder, "soffice", script)


@pytest.mark.parametrize(
    ("content", "kind"), [(TEXT.encode(), "text"), (TEXT.encode("cp1252"), "text"), (MAIL, "mail")]
)
def test_text_and_mail_are_set_with_every_word_and_always_the_same(tools: Path, content: bytes, kind: str) -> None:
    made = conversion.made(content, kind, MOMENT, tools)
    assert made.content == conversion.made(content, kind, MOMENT, tools).content
    assert ("typst", "fmt/479") == (made.tool, made.pronom)
    tested = conversion.tested(made, tools)
    assert "untested" == tested.verdict
    assert f"alle {len(made.words or [])} woorden gevonden" in tested.result
    assert "veraPDF is niet geïnstalleerd" in tested.result
    if kind == "mail":
        assert "bijlagen" in made.left_out
        assert {"Vraag", "Fietsersbond", "stalling"} <= set(made.words or [])


def test_verapdf_judges_where_it_is(tools: Path) -> None:
    tool(tools, "verapdf", 'case "$1" in --version) echo "veraPDF 1.26.2";; *) echo "PASS $5 3a";; esac')
    tested = conversion.tested(conversion.made(TEXT.encode(), "text", MOMENT, tools), tools)
    assert ("passed", True) == (tested.verdict, "veraPDF 1.26.2, profiel 3a" in tested.test)
    tool(tools, "verapdf", 'case "$1" in --version) echo "veraPDF 1.26.2";; *) echo "FAIL $5 3a"; exit 1;; esac')
    with pytest.raises(RefusedError, match="does not take it for PDF/A-3a"):
        conversion.tested(conversion.made(TEXT.encode(), "text", MOMENT, tools), tools)


def test_words_that_are_not_in_it_fail_the_test(tools: Path) -> None:
    made = conversion.made(TEXT.encode(), "text", MOMENT, tools)._replace(words=["Geachte", "verdwenen"])
    with pytest.raises(RefusedError, match="1 words of the original"):
        conversion.tested(made, tools)


def test_libreoffice_converts_what_is_not_text(tools: Path) -> None:
    with pytest.raises(ExtraMissingError, match="LibreOffice"):
        conversion.made(b"<!doctype html><p>Dag</p>", "html", MOMENT, tools)
    office(tools, plain_text("x", [], ["Dag"], MOMENT))
    made = conversion.made(b"<!doctype html><p>Dag</p>", "html", MOMENT, tools)
    assert ("LibreOffice", "24.8.2.1", "fmt/477", None) == (made.tool, made.version, made.pronom, made.words)
    assert "niet getest" == conversion.tested(made, tools).test


@pytest.mark.parametrize("script", ["exit 0", "exit 77", "exit 1"])
def test_libreoffice_that_makes_nothing_is_told(tools: Path, script: str) -> None:
    tool(tools, "soffice", script)
    with pytest.raises(RefusedError, match="LibreOffice"):
        conversion.made(b"x", "other", MOMENT, tools)


@pytest.mark.parametrize("kind", ["pdf", "picture", "locked"])
def test_what_nothing_converts_well_is_refused(tools: Path, kind: str) -> None:
    with pytest.raises(RefusedError) as caught:
        conversion.made(b"x", kind, MOMENT, tools)
    assert "archief append document_converted" in (caught.value.remedy or "")


def test_a_character_without_a_glyph_and_too_much_text_are_refused(tools: Path) -> None:
    with pytest.raises(MalformedError, match=r"U\+1F6B2"):
        conversion.made("Fiets \U0001f6b2".encode(), "text", MOMENT, tools)
    with pytest.raises(MalformedError, match="the limit"):
        conversion.made(b"a " * 600_000, "text", MOMENT, tools)


def test_nothing_of_a_file_is_left_outside_the_archive(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    office(tools, plain_text("x", [], ["Dag"], MOMENT))
    conversion.made(b"<!doctype html><p>Dag</p>", "html", MOMENT, tools)
    assert [] == list(scratch.iterdir())
