"""Transcripts: what a person types and sees, one file a command and one an error.

    # a comment: why this is tested
    # begins with: founded.txt            the files that another transcript ended with
    $ archief show 2021-00017             a command; others than archief are given to sh
    letter ...                            a line of standard output; "..." matches anything
    ...                                   any number of lines
    2> archief: error: ...                a line of standard error
    [23]                                  the exit code, when it is not 0
    -- letter.json --                     a file that is there before the first command
    {"subject": "Fietsenstalling"}

``archief`` runs in this process, with a clock that goes a minute a command and seeded randomness; in a pipe
it is the real program. ``$S`` is the stream that was named last, ``< FILE`` is standard input, ``^C`` an interrupt at
its end, NAME=VALUE in front sets the environment, ``tomorrow`` and ``yesterday`` move the clock.
``python -m tests.cli.transcript FILE`` prints a transcript as it goes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import pickle
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from archief.cli.main import run
from archief.cli.session import Session
from archief.keys import Cost

HERE = Path(__file__).resolve().parent
CHEAP = Cost(log2_n=10)
BEGIN = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


class Step(NamedTuple):
    """A command and what it must print."""

    line: int
    command: str
    out: list[str]
    err: list[str]
    code: int


class Typed(io.BytesIO):
    """Standard input that ends, or at whose end somebody presses Ctrl-C."""

    def __init__(self, content: bytes, interrupted: bool = False) -> None:
        super().__init__(content)
        self.interrupted = interrupted

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line and self.interrupted:
            raise KeyboardInterrupt
        return line


class World:
    """The folder a transcript runs in, its clock and its randomness."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.now = BEGIN
        self.stream = ""

    def run(self, command: str) -> tuple[str, str, int]:
        self.now += dt.timedelta(minutes=1)
        command = command.replace("$S", self.stream)
        words = shlex.split(command)
        if words in (["tomorrow"], ["yesterday"]):
            self.now += dt.timedelta(days=1 if words == ["tomorrow"] else -1)
            return "", "", 0
        environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
        settings = []
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            settings.append(words.pop(0).split("=", 1))
        if not words or words[0] != "archief" or "|" in words or ">" in words:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            around = {**os.environ, **environ, "PATH": path}
            ran = subprocess.run(["sh", "-c", command], capture_output=True, check=False, env=around)
            return ran.stdout.decode(), ran.stderr.decode(), ran.returncode
        typed = b""
        interrupted = words[-1] == "^C"
        words = words[:-1] if interrupted else words
        if len(words) > 2 and words[-2] == "<":
            typed = Path(words[-1]).read_bytes()
            words = words[:-2]
        session = Session({**environ, **dict(settings)}, lambda: self.now, self.random.randbytes, CHEAP, 0.2)
        with captured(Typed(typed, interrupted)) as (out, err):
            code = run(words[1:], session)
        text = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
        for found in re.finditer(r"^stream ([0-9a-f-]{36})$", text, re.MULTILINE):
            self.stream = found.group(1)
        return text, err.buffer.getvalue().decode(), code  # type: ignore[attr-defined]


@contextlib.contextmanager
def captured(typed: io.BytesIO) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    streams = [
        io.TextIOWrapper(content, encoding="utf-8", newline="\n") for content in (typed, io.BytesIO(), io.BytesIO())
    ]
    with (
        mock.patch.object(sys, "stdin", streams[0]),
        mock.patch.object(sys, "stdout", streams[1]),
        mock.patch.object(sys, "stderr", streams[2]),
    ):
        yield streams[1], streams[2]
        streams[1].flush()
        streams[2].flush()


def parse(path: Path) -> tuple[str | None, dict[str, str], list[Step]]:
    """The transcript it begins with, its files and its steps."""
    body, *parts = re.split(r"^-- (\S+) --\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    begins = re.search(r"^# begins with: (\S+)$", body, re.MULTILINE)
    steps: list[Step] = []
    for number, line in enumerate(body.splitlines(), 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:], [], [], 0))
        elif found := re.fullmatch(r"\[(\d+)\]", line):
            steps[-1] = steps[-1]._replace(code=int(found.group(1)))
        elif line.startswith("2> "):
            steps[-1].err.append(line[3:])
        elif steps and not line.startswith("#"):
            steps[-1].out.append(line)
    return begins.group(1) if begins else None, dict(zip(parts[::2], parts[1::2], strict=True)), steps


def matches(expected: list[str], printed: str) -> bool:
    """Whether what was printed is what was expected; a blank line before the next command does not count."""
    while expected and not expected[-1]:
        expected = expected[:-1]
    parts = ["(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in expected]
    return re.fullmatch("".join(parts), printed.rstrip("\n") + "\n" if printed else "") is not None


def begin(name: str, kept: Path) -> World:
    """Fill the current folder with what a transcript ended with; it is played once and copied from then on."""
    folder, world = kept / name, kept / f"{name}.world"
    if not world.exists():
        folder.mkdir(parents=True)
        with contextlib.chdir(folder):
            made = play(HERE / name, kept)
        world.write_bytes(pickle.dumps(made))
    shutil.copytree(folder, Path(), dirs_exist_ok=True)
    found = pickle.loads(world.read_bytes())
    assert isinstance(found, World)
    return found


def play(path: Path, kept: Path, *, show: bool = False) -> World:
    """Run a transcript in the current folder.

    Args:
        path: the transcript.
        kept: where the ends of others are kept.
        show: print it as it goes, compare nothing.
    """
    begins, files, steps = parse(path)
    world = World("archief") if begins is None else begin(begins, kept)
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    for step in steps:
        out, err, code = world.run(step.command)
        seen = [
            f"$ {step.command}",
            out.rstrip("\n"),
            *(f"2> {line}" for line in err.splitlines()),
            f"[{code}]" * bool(code),
        ]
        told = "\n".join(filter(None, seen))
        if show:
            print(told)
            continue
        where = f"{path.relative_to(HERE)}:{step.line}\n{told}\n"
        assert step.code == code, where
        assert matches(step.out, out), f"standard output of {where}"
        assert matches(step.err, err), f"standard error of {where}"
    return world


if __name__ == "__main__":
    wanted = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as here, contextlib.chdir(here):
        play(wanted, Path(kept), show=True)
