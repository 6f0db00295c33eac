"""How a run ends: exit codes, errors for people and for programs, and nothing of a record in a bug's message."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import click
import duckdb
import pytest

from archief.cli import main as main_module
from archief.cli.main import BROKEN_PIPE, cli, run
from archief.cli.session import Session
from archief.errors import ArchiefError, RefusedError

Ends = Callable[[BaseException, dict[str, str]], tuple[int, str]]


@pytest.fixture
def ends(capsys: pytest.CaptureFixture[str]) -> Ends:
    """Run a command that ends with an exception; gives exit code and standard error."""

    def ran(error: BaseException, environ: dict[str, str]) -> tuple[int, str]:
        def raising(*_: object, **__: object) -> None:
            raise error

        with mock.patch.object(cli, "main", raising):
            code = run(["--json"] if "JSON" in environ else ["verify"], Session(environ))
        return code, capsys.readouterr().err

    return ran


def test_an_error_of_ours_is_two_lines_and_its_exit_code(ends: Ends) -> None:
    code, told = ends(RefusedError("not now", where="entry 4", remedy="wait"), {})
    assert (21, "archief: error: entry 4: not now\narchief: hint: wait\n") == (code, told)


def test_an_error_in_json_has_four_members(ends: Ends) -> None:
    code, told = ends(RefusedError("not now", where="entry 4", remedy="wait"), {"JSON": "1"})
    expected = {"error": {"code": "refused", "where": "entry 4", "what": "not now", "next": "wait"}}
    assert (21, expected) == (code, json.loads(told))


def test_a_bug_tells_where_but_never_its_text(ends: Ends) -> None:
    code, told = ends(ValueError("Geachte mevrouw Jansen"), {})
    assert 1 == code
    assert "ValueError at archief.cli.main:" in told
    assert "Jansen" not in told
    assert "Traceback" not in told


def test_a_bug_shows_its_traceback_to_who_asks_for_it(ends: Ends) -> None:
    with pytest.raises(ValueError, match="Jansen"):
        ends(ValueError("Jansen"), {"ARCHIEF_DEBUG": "1"})


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), click.Abort(), EOFError()], ids=lambda each: type(each).__name__
)
def test_an_interrupt_ends_with_130(error: BaseException, ends: Ends) -> None:
    assert 130 == ends(error, {})[0]


def test_a_closed_pipe_is_quiet(ends: Ends) -> None:
    assert (BROKEN_PIPE, "") == ends(BrokenPipeError(errno.EPIPE, "closed"), {})


@pytest.mark.parametrize("words", [["events"], ["events", "--json"], ["--help"]], ids=" ".join)
def test_the_program_itself_ends_with_141_when_its_reader_is_gone(words: list[str], tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "archief"
    assert program.is_file(), "archief is not installed beside this Python"
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [program, *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (BROKEN_PIPE, b"") == (done.returncode, done.stderr)


def test_what_the_system_refuses_is_told_in_its_words(ends: Ends) -> None:
    code, told = ends(OSError(errno.ENOSPC, "x", "state/heads"), {})
    assert 3 == code
    assert "state/heads: the system says: no space left on device" in told


@pytest.mark.parametrize("error", ["IOException", "OutOfMemoryException"])
def test_what_the_database_lacks_is_no_bug_and_is_not_told_in_its_words(error: str, ends: Ends) -> None:
    code, told = ends(getattr(duckdb, error)("Could not write Jansen"), {})
    assert 3 == code
    assert "Jansen" not in told
    assert "archief: hint: " in told


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_the_program_runs_with_closed_streams(closed: str) -> None:
    line = f"{sys.executable} -c 'from archief.cli.main import main; main()' verfy {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False, timeout=60)
    assert 2 == done.returncode
    assert b"Traceback" not in done.stderr


def test_a_usage_error_names_the_help_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == run(["key", "revoke"], Session({}))
    assert "archief: hint: see `archief key revoke --help`\n" in capsys.readouterr().err


def test_no_command_prints_the_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == run([], Session({}))
    assert capsys.readouterr().out.startswith("Usage: archief")


def test_the_help_lists_every_command_by_subject(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run(["--help"], Session({}))
    told = capsys.readouterr().out
    for title, members in main_module.SECTIONS:
        assert f"\n{title}:\n" in told
        assert [] == [name for name in members if f"\n  {name} " not in told]


@pytest.mark.parametrize("words", [["--version"], ["verify", "--version"], ["key", "list", "--version"]])
def test_the_version_is_printed_wherever_it_is_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run(words, Session({}))
    assert capsys.readouterr().out.startswith("archief ")


@pytest.mark.parametrize(
    "words",
    [["--archive", "x", "--as", "y", "verify"], ["verify", "--as", "y", "--archive", "x"]],
    ids=["before", "after"],
)
def test_a_global_option_stands_before_or_after_the_command(words: list[str]) -> None:
    session = Session({"HOME": "."})
    assert 10 == run(words, session)
    assert ("x", "y") == (session.options.archive, session.options.as_key)


@pytest.mark.parametrize(
    ("words", "environ", "expected"),
    [
        ([], {}, None),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, None),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {}, False),
    ],
)
def test_colour_is_as_asked_then_as_no_color_says(
    words: list[str], environ: dict[str, str], expected: bool | None
) -> None:
    session = Session(environ | {"HOME": "."})
    run([*words, "--archive", "x", "verify"], session)
    assert expected == session.color


def test_text_that_the_terminal_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stderr", narrow)
    assert 10 == run(["--archive", "€uro", "verify"], Session({"HOME": "."}))
    narrow.flush()
    raw = narrow.buffer
    assert isinstance(raw, io.BytesIO)
    assert b"\\u20acuro" in raw.getvalue()


def test_every_exit_status_in_help_is_an_error_of_ours() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        for each in getattr(command, "exits", ()):
            assert issubclass(each, ArchiefError)


def test_a_folder_that_cannot_be_found_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == run(["key", "list"], Session({}))
    assert "neither ARCHIEF_KEYS nor HOME is set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "word", "completed"),
    [
        ("archief ver", 1, ["plain,verify"]),
        ("archief key ", 2, ["plain,new", "plain,list", "plain,enrol", "plain,revoke"]),
        ("archief append letter_re", 2, ["plain,letter_received", "plain,letter_registered"]),
    ],
)
def test_a_shell_completes_our_words(
    line: str, word: int, completed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(word))
    monkeypatch.setenv("_ARCHIEF_COMPLETE", "bash_complete")
    with pytest.raises(SystemExit):
        run([], Session({}))
    assert completed == capsys.readouterr().out.split()
