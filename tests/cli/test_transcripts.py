"""Every transcript of this folder goes as it is written; how to read one: transcript.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from archief import errors
from tests.cli import transcript

FILES = sorted(transcript.HERE.rglob("*.txt"))


def _marked(path: Path) -> ParameterSet:
    """Those of single errors are plain tests; those of commands go on long enough to be left to the whole suite."""
    marks = [pytest.mark.slow] if path.parent.name == "commands" or path.parent == transcript.HERE else []
    return pytest.param(path, id=path.relative_to(transcript.HERE).as_posix(), marks=marks)


@pytest.mark.parametrize("path", [_marked(path) for path in FILES])
def test_a_transcript_goes_as_written(path: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    transcript.play(path, kept)


@pytest.mark.parametrize("error", errors.ArchiefError.__subclasses__(), ids=lambda each: each.code)
def test_an_error_has_a_transcript_that_ends_with_it(error: type[errors.ArchiefError]) -> None:
    _, _, steps = transcript.parse(transcript.HERE / "errors" / f"{error.code}.txt")
    assert error.exit_code == steps[-1].code
