"""Register numbers: which series there are, how they write, and which number comes next (format.md §2, numbers).

A series counts for itself in each year. The next number is its first one plus how many were issued, so no number needs
to stand in the log, and a gap cannot come about. Pure: how many were issued is told by whoever has counted.

>>> written("{year}-{number:05}", 2021, 17)
'2021-00017'
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from archief.errors import NotFoundError, RefusedError

SERIES_TYPE = "rule_set_adopted.v1"
"""The type that sets up series."""

ISSUING_TYPES = frozenset({"letter_registered.v1", "letter_received.v1", "number_voided.v1"})
"""The types that take a number out of a series, where their facts name one."""

TO_BE_DRAWN = "(next)"
"""Stands for a number until it is drawn, under the lock of the append; it is never written."""

_PART = re.compile(r"\{(year|number)(?::0([1-9]))?\}")


class Numbering(msgspec.Struct):
    """The series in force at one position in the log.

    Attributes:
        settings: per series, and year or None for every year, how numbers are written and the first one.
    """

    settings: dict[tuple[str, int | None], tuple[str, int]] = msgspec.field(default_factory=dict)

    def copy(self) -> Numbering:
        """An independent copy."""
        return Numbering(dict(self.settings))

    def adopt(self, series: Iterable[Any]) -> None:
        """Take into account what a rule set says of series; the last word on a series and year counts.

        Args:
            series: the members of ``rule_set_adopted``'s facts.
        """
        for one in series:
            self.settings[one.series, one.year] = (one.pattern, one.start)

    def names(self) -> list[str]:
        """The series there are."""
        return sorted({name for name, _ in self.settings})

    def setting(self, series: str, year: int) -> tuple[str, int]:
        """How a series writes its numbers in a year, and the first one.

        Raises:
            NotFoundError: it was not set up for that year.
        """
        found = self.settings.get((series, year)) or self.settings.get((series, None))
        if found is None:
            known = ", ".join(self.names())
            raise NotFoundError(
                f"series {series} was not set up for {year}",
                where="facts.series",
                remedy=f"there are: {known}" if known else f"set it up: {SET_UP}",
            )
        return found

    def next(self, series: str, year: int, issued: int) -> str:
        """The number that a series issues next.

        Args:
            series: the series.
            year: the year.
            issued: how many it has issued in that year.

        Raises:
            NotFoundError: it was not set up for that year.
        """
        pattern, start = self.setting(series, year)
        return written(pattern, year, start + issued)

    def read(self, number: str) -> list[tuple[str, int, int]]:
        """Which series could have issued a number: series, year and how many came before it.

        Args:
            number: as a person types it.
        """
        found = []
        for name, year in self.settings:
            pattern, start = self.settings[name, year]
            for told, ordinal in _readings(pattern, number):
                wanted = told if told is not None else year
                if wanted is not None and year in (None, wanted) and ordinal >= start:
                    found.append((name, wanted, ordinal - start))
        return [one for one in dict.fromkeys(found) if self.next(*one) == number]

    def refuse_moved(self, series: Iterable[Any], issued: Mapping[tuple[str, int], int]) -> None:
        """Refuse another first number for a year in which numbers were issued: it would tear a gap.

        Args:
            series: the members of a new ``rule_set_adopted``'s facts.
            issued: how many were issued, by series and year.

        Raises:
            RefusedError: a first number moves.
        """
        moved = self.copy()
        moved.adopt(series)
        for name, year in issued:
            if (name, year) not in self.settings and (name, None) not in self.settings:
                continue
            if issued[name, year] and moved.setting(name, year)[1] != self.setting(name, year)[1]:
                raise RefusedError(
                    f"series {name} has issued numbers in {year}; its first number stays what it is"
                    " (numbers are gap-free: Archiefregeling 18)",
                    where="facts.series",
                    remedy="name a later year in which none was issued",
                )


SET_UP = (
    "`archief append rule_set_adopted --set rule_set=register --set begin=2026-01-01 --set"
    """ series='{"series":"register","pattern":"{year}-{number:05}","start":1}'`"""
)
"""How a series is set up, for messages."""


def written(pattern: str, year: int, ordinal: int) -> str:
    """Write a number.

    Args:
        pattern: with ``{year}`` and ``{number}``, or ``{number:05}`` for five digits at least.
        year: the year.
        ordinal: the number itself.
    """
    return _form(pattern) % {"year": year, "number": ordinal}


@functools.cache
def _form(pattern: str) -> str:
    """A pattern as Python writes one."""
    return _PART.sub(lambda part: f"%({part[1]})0{part[2] or 1}d", pattern.replace("%", "%%"))


def _readings(pattern: str, number: str) -> Iterable[tuple[int | None, int]]:
    """Year (None where the pattern leaves it out) and ordinal of a number that a pattern could have written."""
    expression = "".join(
        (f"(?P<{part[1]}>[0-9]{{4}})" if part[1] == "year" else f"(?P<{part[1]}>[0-9]{{1,15}})")
        if (part := _PART.fullmatch(piece))
        else re.escape(piece)
        for piece in re.split(r"(\{[^}]*\})", pattern)
    )
    found = re.fullmatch(expression, number)
    if found:
        told = found.groupdict()
        yield (int(told["year"]) if "year" in told else None), int(told["number"])
