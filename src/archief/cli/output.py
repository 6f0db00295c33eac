"""What a person sees: results on standard output, everything else on standard error.

Results are lines, tables or one JSON object. Notes, questions and progress go to standard error, so that a pipe carries
results only. Colour is added on a terminal and never carries meaning alone.
"""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Self

import click
import msgspec

from archief.errors import ArchiefError

ROWS_SAMPLED = 2_000
"""So many rows of a table decide how wide its columns are."""

CELL_WIDTH_MAX = 60

_STYLE = re.compile(r"(\x1b\[(?:[012]|3[0-7])m)")
"""Bold, dim, a colour, and back: what click.style writes for us. One in somebody's text does no more than that."""

PROGRESS_AFTER_SECONDS = 1.0
PROGRESS_EVERY_SECONDS = 0.1


class Output:
    """The two streams of one run.

    Args:
        quiet: no notes.
        verbose: how often ``-v`` was given.
        color: True or False; None leaves it to each stream being a terminal.
        json: results and errors are JSON.
    """

    def __init__(self, *, quiet: bool = False, verbose: int = 0, color: bool | None = None, json: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.color = color
        self.json = json

    def line(self, text: str = "", *, lines: bool = False) -> None:
        """Print a line of the result; several, where ``lines`` says that its line ends are ours.

        Whatever stands in it, it moves no cursor and forges no line: of control characters only our own colours pass.
        """
        click.echo(_uncontrolled(text, lines=lines), color=self.color)

    def raw(self, data: bytes) -> None:
        """Print bytes of the result as they are; on a terminal with control characters shown by their escapes."""
        if sys.stdout.isatty():
            click.echo(printable(data.decode("utf-8", "backslashreplace"), lines=True), nl=False)
        else:
            click.echo(data, nl=False)

    def note(self, text: str, level: int = 0) -> None:
        """Tell what is not the result. Silent with ``-q``, and below ``level`` times ``-v``."""
        if not self.quiet and self.verbose >= level:
            click.echo(f"archief: {_uncontrolled(text)}", err=True, color=self.color)

    def warn(self, text: str) -> None:
        """Tell what the person should act on; not silenced."""
        told = f"archief: {self.styled('warning', fg='yellow')}: {_uncontrolled(text)}"
        click.echo(told, err=True, color=self.color)

    def members(self, value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Print one JSON object, or a list of objects, on several lines."""
        click.echo(_plain_json(msgspec.json.format(to_json(value), indent=2)))

    def styled(self, text: str, **style: Any) -> str:  # noqa: ANN401 - click's styles
        """Add colour; click takes it away again where it does not belong."""
        return click.style(text, **style)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, cut: bool = True) -> None:
        """Print rows below a heading, in columns.

        Args:
            columns: the heading.
            rows: the cells.
            cut: shorten long cells on a terminal.
        """
        cells = [[cell(value) for value in row] for row in rows]
        widest = CELL_WIDTH_MAX if cut and sys.stdout.isatty() else None
        if widest is not None:
            cells = [[text if len(text) <= widest else text[: widest - 1] + "…" for text in row] for row in cells]
        widths = [
            max(width_of(text) for text in (heading, *(row[index] for row in cells[:ROWS_SAMPLED])))
            for index, heading in enumerate(columns)
        ]
        self.line(self.styled(_row(columns, widths), bold=True))
        for row in cells:
            self.line(_row(row, widths))

    def fields(self, pairs: Sequence[tuple[str, object]], indent: str = "") -> None:
        """Print names and values, one a line; a value that is None is left out."""
        pairs = [pair for pair in pairs if pair[1] is not None]
        wide = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            text = cell(value, lines=True).replace("\n", "\n" + indent + " " * (wide + 2))
            self.line(f"{indent}{name.ljust(wide)}  {text}".rstrip(), lines=True)

    def error(self, error: ArchiefError) -> None:
        """Tell an error: place, what is wrong, what to type next."""
        if self.json:
            told = {"code": error.code, "where": error.where, "what": error.what, "next": error.next_step}
            click.echo(_plain_json(to_json({"error": told})), err=True)
            return
        click.echo(f"archief: {self.styled('error', fg='red')}: {printable(str(error))}", err=True, color=self.color)
        if error.next_step:
            hint = f"archief: {self.styled('hint', fg='cyan')}: {printable(error.next_step)}"
            click.echo(hint, err=True, color=self.color)


class Progress:
    """A line on standard error that says how far a long work is: on a terminal only, and after a second."""

    def __init__(self, output: Output, what: str) -> None:
        self._what = what
        self._shown = False
        self._on = sys.stderr.isatty() and not output.quiet and not output.json
        self._next = time.monotonic() + PROGRESS_AFTER_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True, color=True)

    def __call__(self, done: int, total: int = 0) -> None:
        """Show how far it is.

        Args:
            done: so many of them.
            total: how many there are; 0 when nobody knows.
        """
        now = time.monotonic()
        if not self._on or now < self._next:
            return
        self._next = now + PROGRESS_EVERY_SECONDS
        self._shown = True
        far = f"{done:,} of {total:,} ({100 * done // total} %)" if total else f"{done:,}"
        click.echo(f"\r\x1b[K{self._what}: {far}", nl=False, err=True, color=True)


def to_json(value: object) -> bytes:
    """Write a value as JSON on one line; what JSON does not know is written as text."""
    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:  # the name of a file that is not UTF-8
        return msgspec.json.encode(_unicode(msgspec.to_builtins(value, enc_hook=str)))


def _unicode(value: Any) -> Any:  # noqa: ANN401 - any plain value
    """A plain value with the halves of surrogates in its texts written as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_unicode(name): _unicode(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_unicode(member) for member in value]
    return value


def cell(value: object, *, lines: bool = False) -> str:
    """A value as text that cannot move the cursor or forge a line.

    Args:
        value: what to show.
        lines: whether line ends may stay.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | dict):
        return printable(to_json(value).decode())
    return printable(str(value), lines=lines)


def counted(count: int, noun: str) -> str:
    """A number with its noun: ``1 event``, ``2,000 events``, ``2 entries``."""
    plural = noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeo" else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def printable(text: str, *, lines: bool = False) -> str:
    """Replace control characters, and characters that turn the direction of a line, by their escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == " " or (lines and char == "\n") else _escape(char) for char in text
    )


def _uncontrolled(text: str, *, lines: bool = False) -> str:
    """As :func:`printable`, but for the few sequences with which :meth:`Output.styled` gives colour."""
    parts = _STYLE.split(text) if "\x1b" in text else [text]
    return "".join(part if number % 2 else printable(part, lines=lines) for number, part in enumerate(parts))


def _plain_json(data: bytes) -> str:
    """JSON that says the same with every character escaped that could do something to a terminal."""
    lines = data.decode().split("\n")
    return "\n".join(line if line.isprintable() else "".join(map(_escaped_json, line)) for line in lines)


def _escaped_json(char: str) -> str:
    if char.isprintable():
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _escape(char: str) -> str:
    if char == "\n":
        return " "
    if unicodedata.category(char) in ("Zs", "Cn"):
        return " " if char.isspace() else char
    return char.encode("unicode_escape").decode("ascii")


def width_of(text: str) -> int:
    """How many columns a text takes: combining marks none, wide characters two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text + " " * (width - width_of(text)) for text, width in zip(cells, widths, strict=True)).rstrip()
