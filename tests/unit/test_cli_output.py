"""What a person sees: nothing in a value can move the cursor or forge a line, and columns stay columns."""

from __future__ import annotations

import sys
from unittest import mock

import msgspec
import pytest

from archief.cli.output import Output, Progress, cell, counted, printable, width_of
from archief.errors import UsageError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Fietsenstalling", "Fietsenstalling"),
        ("é € ë", "é € ë"),
        ("a\nb", "a b"),
        ("\x1b[31mrood", "\\x1b[31mrood"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u00a0b", "a b"),
        ("\x9b31m", "\\x9b31m"),
        (None, ""),
        (True, "yes"),
        (["a", "b"], '["a","b"]'),
    ],
)
def test_a_cell_cannot_move_the_cursor(value: object, shown: str) -> None:
    assert shown == cell(value)


HOSTILE = "brief\x1b]0;owned\x07\x1b[2J\x9b2K\x1b[8m\r\nsound: no fault\u202efdp"


@pytest.mark.parametrize("told", ["line", "note", "warn"])
def test_nothing_that_is_told_moves_the_cursor_or_forges_a_line(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(color=True)
    getattr(output, told)(f"{output.styled('ok', fg='green')}: {HOSTILE}")
    out, err = capsys.readouterr()
    printed = (out or err).removesuffix("\n")
    assert "\x1b[32mok\x1b[0m: brief\\x1b]0;owned" in printed
    for ours in ("\x1b[32m", "\x1b[33m", "\x1b[0m"):
        printed = printed.replace(ours, "")
    assert printed.isprintable()


def test_json_escapes_what_a_terminal_obeys_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(json=True)
    output.members({"name": HOSTILE, "wide": "\U000e0001"})
    output.error(UsageError(HOSTILE))
    out, err = capsys.readouterr()
    assert {"name": HOSTILE, "wide": "\U000e0001"} == msgspec.json.decode(out)
    assert HOSTILE == msgspec.json.decode(err)["error"]["what"]
    assert (out + err).replace("\n", "").isprintable()


def test_bytes_are_as_they_are_but_on_a_terminal(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    Output().raw(b"a,\x1b[2J\nb\xff\n")
    assert b"a,\x1b[2J\nb\xff\n" == capsysbinary.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    Output().raw(b"a,\x1b[2J\nb\xff\n")
    assert b"a,\\x1b[2J\nb\\xff\n" == capsysbinary.readouterr().out


def test_a_passage_keeps_its_line_ends() -> None:
    assert "a\nb\\t" == printable("a\nb\t", lines=True)


def test_a_wide_character_takes_two_columns() -> None:
    assert [1, 2, 1] == [width_of("a"), width_of("字"), width_of("e\u0301")]


def test_a_number_agrees_with_its_noun() -> None:
    assert ["0 events", "1 event", "2,000 events"] == [counted(number, "event") for number in (0, 1, 2000)]


def test_columns_stay_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Output(color=False).table(("NAME", "N"), [("字", 1), ("abc", 22)])
    assert "NAME  N\n字    1\nabc   22\n" == capsys.readouterr().out


def test_a_value_that_is_not_there_takes_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    Output(color=False).fields([("a", 1), ("bb", None), ("c", "x\ny")], indent=" ")
    assert " a  1\n c  x\n    y\n" == capsys.readouterr().out


def test_quiet_silences_notes_but_not_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(quiet=True, color=False)
    output.note("a note")
    output.warn("a warning")
    assert "archief: warning: a warning\n" == capsys.readouterr().err


def test_verbose_notes_are_for_who_asks(capsys: pytest.CaptureFixture[str]) -> None:
    Output(color=False).note("more", level=1)
    Output(color=False, verbose=1).note("more", level=1)
    assert "archief: more\n" == capsys.readouterr().err


def test_progress_shows_nothing_in_the_first_second(capsys: pytest.CaptureFixture[str]) -> None:
    with mock.patch.object(sys.stderr, "isatty", return_value=True), Progress(Output(), "entries") as progress:
        progress(10, 100)
    assert "" == capsys.readouterr().err


def test_progress_is_shown_on_a_terminal_and_wiped(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        mock.patch.object(sys.stderr, "isatty", return_value=True),
        mock.patch("time.monotonic", side_effect=[0.0, 2.0, 2.05, 3.0]),
        Progress(Output(), "entries") as progress,
    ):
        for done in (10, 11, 20):
            progress(done, 100)
    told = capsys.readouterr().err
    assert "entries: 10 of 100 (10 %)" in told
    assert "entries: 11 of" not in told
    assert told.endswith("\r\x1b[K")


def test_progress_is_not_shown_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with mock.patch("time.monotonic", side_effect=[0.0, 2.0]), Progress(Output(), "entries") as progress:
        progress(10)
    assert "" == capsys.readouterr().err
