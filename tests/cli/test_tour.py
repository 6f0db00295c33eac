"""The README's tour, pasted line by line into one shell: it does what the README says that it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STEP = re.compile(r"^```sh tour\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```$)?", re.MULTILINE | re.DOTALL)
MARK = "=== end of step"


class Step(NamedTuple):
    """One block of the tour: what is pasted, and the lines that the README shows after it."""

    commands: str
    shown: list[str]

    @property
    def refused(self) -> bool:
        return any("error:" in line for line in self.shown)

    @property
    def announces_an_error(self) -> bool:
        return self.refused or any("ends with" in line for line in self.shown)


STEPS = [Step(found["commands"], (found["shown"] or "").splitlines()) for found in STEP.finditer(README)]


def _pasted(home: Path) -> list[tuple[int, str]]:
    """Status and output of each step, all pasted into one shell."""
    script = "".join(f"{step.commands}printf '%s %s\\n' '{MARK}' \"$?\"\n" for step in STEPS)
    programs = Path(sys.executable).parent
    assert (programs / "archief").is_file(), "archief is not installed beside this Python"
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run(
        [shell],
        input=script,
        cwd=ROOT,
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "TMPDIR": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    parts = re.split(rf"^{MARK} ([0-9]+)\n", done.stdout, flags=re.MULTILINE)
    assert [] == list(home.iterdir()), "the tour leaves something behind"
    return [(int(status), output) for output, status in zip(parts[::2], parts[1::2], strict=False)]


def _even(line: str) -> str:
    """A line without the spaces that line up columns."""
    return re.sub(" +", " ", line.strip())


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in _even(line).split("…"))


def test_the_tour_goes_from_founding_to_a_mended_archive() -> None:
    words = ["init", "person add", "append", "replay", "show", "history", "prove", "check proof", "verify"]
    commands = "\n".join(step.commands for step in STEPS)
    assert [] == [word for word in words if not re.search(rf"^ *archief .*\b{word}\b", commands, re.MULTILINE)]
    assert {"registered", "edited", "signed", "dispatched"} == set(re.findall(r"append letter_(\w+)", commands))


def test_pasted_into_a_shell_it_shows_what_the_readme_says(tmp_path: Path) -> None:
    told = _pasted(tmp_path)
    assert len(STEPS) == len(told)
    for step, (status, output) in zip(STEPS, told, strict=True):
        assert step.refused == (status != 0), output
        assert step.announces_an_error == ("error:" in output), output
        lines = iter(output.splitlines())
        for expected in step.shown:
            assert any(re.fullmatch(_pattern(expected), _even(line)) for line in lines), (
                f"{expected!r} not in:\n{output}"
            )
