"""What every test may ask for, and what no test may touch: the person's own keys, state and environment."""

from __future__ import annotations

import itertools
import os
import platform
import shutil
import signal
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
REQUIRED = frozenset(filter(None, os.environ.get("ARCHIEF_REQUIRE", "").split(",")))
"""What must be here: its absence is a failure. CI names all; on a person's machine absence is a skip."""

Requires = Callable[[str, bool, str], None]

# deadline: a shared CI machine stalls now and then; slowness is the bench's matter.
settings.register_profile("full", deadline=None, print_blob=True)
settings.register_profile("fast", deadline=None, print_blob=True, max_examples=10)
settings.load_profile("full")


def _lacking() -> dict[str, str]:
    """What this machine lacks, by the name used in ARCHIEF_REQUIRE, with what to do about it."""
    present = {
        "java": (shutil.which("javac"), "Java: install default-jdk-headless"),
        "chromium": (shutil.which("chromium") or shutil.which("chromium-browser"), "Chromium: install chromium"),
        "go": (shutil.which("go"), "Go: install golang-go and golang-golang-x-mod-dev"),
        "shared": (SHARED.is_dir(), "../shared: the folder beside this checkout"),
    }
    return {name: remedy for name, (found, remedy) in present.items() if not found}


def _require(name: str, present: bool, reason: str) -> None:
    if present:
        return
    if name in REQUIRED:
        pytest.fail(f"{name} is required here (ARCHIEF_REQUIRE): {reason}")
    pytest.skip(f"{name}: {reason}")


@pytest.fixture(scope="session")
def requires() -> Requires:
    """``requires(name, present, reason)``: skips, or fails where ARCHIEF_REQUIRE names it."""
    return _require


@pytest.fixture(scope="session")
def shared(requires: Requires) -> Path:
    """The folder with other people's vectors, the corpus and the standards' own files."""
    requires("shared", SHARED.is_dir(), "there is no folder ../shared beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ends of transcripts are kept, for tests to begin with (``tests.cli.transcript.begin``)."""
    return tmp_path_factory.mktemp("begun")


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("homes")
    numbers = itertools.count()
    return (folder / str(number) for number in numbers)


@pytest.fixture(autouse=True)
def _own_home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home, no settings of the person's: a test reads and writes nothing outside its own folders."""
    home = next(_homes)
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("ARCHIEF_", "XDG_")) or name in {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}:
            monkeypatch.delenv(name)
    if REQUIRED:
        monkeypatch.setenv("ARCHIEF_REQUIRE", ",".join(sorted(REQUIRED)))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ARCHIEF_KEYS", str(home / "keys"))
    monkeypatch.setenv("ARCHIEF_STATE", str(home / "state"))


def pytest_configure() -> None:
    """A run started in the background ignores Ctrl-C, and so would the programs that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """The versions that matter when a run differs from another."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "cryptography", "msgspec"))
    lacking = ", ".join(_lacking()) or "nothing"
    return [f"archief: python {platform.python_version()}, {packages}", f"lacking: {lacking}"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List by name what was skipped because the machine lacks it; pytest's count stays the last line."""
    lacking = _lacking()
    if lacking:
        terminalreporter.section("lacking on this machine, so skipped")
        for remedy in lacking.values():
            terminalreporter.line(remedy)
