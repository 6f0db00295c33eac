"""The README's stories, pasted line by line into a shell: they do what the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^```sh (?P<story>tour|day|transfer|destruction|reports)\n"
    r"(?P<commands>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
MARK = "=== end of step"


class Step(NamedTuple):
    """One block of the tour: what is pasted, and the lines that the README shows after it."""

    story: str
    commands: str
    shown: list[str]

    @property
    def refused(self) -> bool:
        return any("error:" in line for line in self.shown)

    @property
    def announces_an_error(self) -> bool:
        return self.refused or any("ends with" in line for line in self.shown)


STEPS = [
    Step(found["story"], found["commands"], (found["shown"] or "").splitlines()) for found in STEP.finditer(README)
]
STORIES = {
    story: [step for step in STEPS if step.story == story]
    for story in ("tour", "day", "transfer", "destruction", "reports")
}


def _pasted(steps: list[Step], home: Path) -> list[tuple[int, str]]:
    """Status and output of each step, all pasted into one shell."""
    script = "".join(f"{step.commands}printf '%s %s\\n' '{MARK}' \"$?\"\n" for step in steps)
    programs = Path(sys.executable).parent
    assert (programs / "archief").is_file(), "archief is not installed beside this Python"
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run(
        [shell],
        input=script,
        cwd=ROOT,
        env={
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),  # another checkout's code than the one installed
            "HOME": str(home),
            "TMPDIR": str(home),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
        encoding="utf-8",
    )
    parts = re.split(rf"^{MARK} ([0-9]+)\n", done.stdout, flags=re.MULTILINE)
    assert [] == list(home.iterdir()), "it leaves something behind"
    return [(int(status), output) for output, status in zip(parts[::2], parts[1::2], strict=False)]


def _even(line: str) -> str:
    """A line without the spaces that line up columns."""
    return re.sub(" +", " ", line.strip())


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in _even(line).split("…"))


def test_the_tour_goes_from_founding_to_a_mended_archive() -> None:
    words = ["init", "person add", "append", "replay", "show", "history", "prove", "check proof", "verify"]
    commands = "\n".join(step.commands for step in STORIES["tour"])
    assert [] == [word for word in words if not re.search(rf"^ *archief .*\b{word}\b", commands, re.MULTILINE)]
    assert {"registered", "edited", "signed", "dispatched"} == set(re.findall(r"append letter_(\w+)", commands))


def test_the_day_goes_from_a_file_in_the_mail_to_an_answer_that_went_out_in_ten_commands() -> None:
    office, *steps = [re.sub(r"\\\n", "", step.commands) for step in STORIES["day"]]
    assert "init" in office
    done = [re.sub(r"--as \w+ ", "", line).split()[1] for line in "".join(steps).splitlines() if "archief" in line]
    words = ["read", "receive", "register", "relate", "edit", "render", "sign", "sign", "dispatch", "show"]
    assert [*words, "edit"] == done


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_pasted_into_a_shell_it_shows_what_the_readme_says(story: str, tmp_path: Path) -> None:
    steps = STORIES[story]
    told = _pasted(steps, tmp_path)
    assert len(steps) == len(told)
    for step, (status, output) in zip(steps, told, strict=True):
        assert step.refused == (status != 0), output
        assert step.announces_an_error == ("error:" in output), output
        lines = iter(output.splitlines())
        for expected in step.shown:
            assert any(re.fullmatch(_pattern(expected), _even(line)) for line in lines), (
                f"{expected!r} not in:\n{output}"
            )
