"""What every kind of file becomes before it is understood: lines of words, each with its place.

A unit of x is about the width of a character, a unit of y the distance between two lines of running text. Text files
have both for free; a PDF's points are divided (pdf.py).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archief.intake.decoding import SOFT_HYPHEN

GAP = 2.5
"""A wider space than this parts two columns."""


class Word(NamedTuple):
    """A word and where it stands: from ``x0`` to ``x1``, in character widths."""

    x0: float
    x1: float
    text: str


class Line(NamedTuple):
    """A line of words from left to right.

    Args:
        words: never empty.
        page: from 1.
        y: from the top of the page, in line distances.
        gap: blank lines above it, on the same page.
        place: where a person finds it: a line number, or points from the top of the page.
        raw: the line of a text file with its tabs and spaces; empty for other files.
    """

    words: tuple[Word, ...]
    page: int
    y: float
    gap: int
    place: str
    raw: str = ""

    @property
    def text(self) -> str:
        """Its words with single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def x0(self) -> float:
        """Where it begins."""
        return self.words[0].x0

    def segments(self, gap: float = GAP) -> list[tuple[Word, ...]]:
        """Its words, parted where the space is wide."""
        parts: list[list[Word]] = []
        for word in self.words:
            if parts and word.x0 - parts[-1][-1].x1 < gap:
                parts[-1].append(word)
            else:
                parts.append([word])
        return [tuple(part) for part in parts]


def spoken(words: Iterable[Word]) -> str:
    """Words as text."""
    return " ".join(word.text for word in words)


_RULED = re.compile(r"^[ \t]*\|(.*\|.*)\|[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"[-=:+| ]*-{3}[-=:+| ]*")
_QUOTED = re.compile(r"^>[ \t]?", re.MULTILINE)
_STARS = re.compile(r"\*\*(?=\S)|(?<=\S)\*\*")
_DRAWN_MIN = 3


def bare(text: str) -> str:
    """A text without what a tool drew around it: strokes of a table (tabs in their place), stars, marks of a quotation.

    Args:
        text: plain text. Fewer lines than three with strokes or stars are no table, but dirt of a scan.
    """
    written = sum(not line.isspace() and line != "" for line in text.split("\n"))
    if len(_QUOTED.findall(text)) * 5 > written * 4:
        text = _QUOTED.sub("", text)
    if len(_STARS.findall(text)) >= 2 * _DRAWN_MIN:
        text = _STARS.sub("", text)
    if len(_RULED.findall(text)) >= _DRAWN_MIN:
        text = _RULED.sub(lambda row: _parted(row[1]), text)
    return text


def _parted(row: str) -> str:
    return "" if _RULE.fullmatch(row) else "\t".join(cell.strip() for cell in row.split("|"))


def of_text(text: str) -> list[Line]:
    """The lines of a text file; a form feed begins a page.

    Args:
        text: plain text (decoding.py).
    """
    lines: list[Line] = []
    number = 0
    for page, content in enumerate(text.split("\f"), 1):
        blank = 0
        raws = content.split("\n")
        for y, (raw, line) in enumerate(zip(raws, _stopped(raws), strict=True)):
            number += 1
            words = tuple(Word(found.start(), found.end(), found.group()) for found in re.finditer(r"\S+", line))
            if not words:
                # A line of nothing but a tab is an empty row of a form, not a blank line.
                blank += 1
                continue
            lines.append(Line(words, page, y, blank, f"line {number}", raw))
            blank = 0
        number -= 1 if content.endswith("\n") or not content else 0
    return lines


_CELL_MAX = 60


def _stopped(raws: Sequence[str]) -> list[str]:
    """Lines with spaces for their tabs.

    Where single tabs part the cells of a table, a cell begins below the one above it, however long the cells before it
    are; rows of tabs set out columns by eight characters.
    """
    stopped: list[str] = []
    for tabbed, part in itertools.groupby(raws, key=lambda raw: "\t" in raw):
        lines = list(part)
        if not tabbed or any("\t\t" in line.strip("\t") for line in lines):
            stopped += [line.expandtabs(8) for line in lines]
            continue
        rows = [line.rstrip().split("\t") for line in lines]
        widths = [
            max((min(len(row[cell]), _CELL_MAX) for row in rows if cell < len(row)), default=0) + 4
            for cell in range(max(len(row) for row in rows))
        ]
        stopped += ["".join(_cell(cell, width) for cell, width in zip(row, widths, strict=False)) for row in rows]
    return stopped


def _cell(text: str, width: int) -> str:
    return text.ljust(width) if len(text) < width else f"{text}    "


_SUSPENDED = re.compile(r"(en|of|en/of|tot|als|dan wel)\b")


def joined(parts: Iterable[str]) -> str:
    """Lines to running text: one space between them; a hyphen that broke a word disappears.

    A hyphen stays before a capital or a digit (Eijsden-Margraten, 2018-2), behind a capital (P&C-cyclus), and before
    "en" and "of" (jeugd- en ouderenzorg).
    """
    text: list[str] = []
    for part in parts:
        part = " ".join(part.split())  # noqa: PLW2901 - the same part, tidied
        if not part:
            continue
        last = text[-1] if text else ""
        if not text:
            text.append(part)
        elif last.endswith(SOFT_HYPHEN):
            text[-1:] = [last[:-1], part]
        elif ends_open(last) and not _SUSPENDED.match(part):
            broken = part[:1].islower() and last[-2].islower()
            text[-1:] = [last[:-1] if broken else last, part]
        else:
            text += [" ", part]
    return "".join(text).replace(SOFT_HYPHEN, "")


def ends_open(text: str) -> bool:
    """Whether a line ends in the middle of a word."""
    return text.endswith(SOFT_HYPHEN) or re.search(r"[^\W_]-$", text) is not None


def blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines parted by blank lines and page ends."""
    parts: list[list[Line]] = []
    for line in lines:
        if parts and not line.gap and parts[-1][-1].page == line.page:
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts
