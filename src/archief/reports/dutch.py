"""How a report writes: days, numbers and codes for a Dutch reader; the same on every machine, whatever its settings."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources

from archief.render.declarations import dutch
from archief.rules.town_hall import zone

number, day, long_day = dutch.number, dutch.short_day, dutch.day
"""As declarations write them: 1.234, 16-04-2021, 16 april 2021."""


@functools.cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The Dutch for codes, by group."""
    text = resources.files("archief.reports").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def word(group: str, code: str) -> str:
    """The Dutch for a code; the code itself where there is none."""
    return words()[group].get(code, code)


def moment(value: dt.datetime) -> str:
    """A moment (UTC, without a zone) as the clock of the town hall says it: 16-04-2021 10:00."""
    there = value.replace(tzinfo=dt.UTC).astimezone(zone())
    return f"{day(there.date())} {there.hour:02}:{there.minute:02}"


def written(value: object, kind: str = "text") -> str:
    """A value as a reader gets it; empty when there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(value, int) and kind == "share":
        return f"{value // 10},{value % 10} %"
    if isinstance(value, int) and kind == "number":
        return number(value)
    if kind == "ground":
        return dutch.basis(str(value))
    return str(value)


def ranges(seqs: Sequence[int], most: int) -> tuple[list[str], bool]:
    """Entries in few words: 12, 15, 17–20.

    Args:
        seqs: in ascending order.
        most: after so many words it stops.

    Returns:
        The words, and whether there are more.
    """
    found: list[list[int]] = []
    for seq in seqs:
        if found and seq == found[-1][1] + 1:
            found[-1][1] = seq
        elif len(found) == most:
            return _spans(found), True
        else:
            found.append([seq, seq])
    return _spans(found), False


def _spans(found: list[list[int]]) -> list[str]:
    return [str(first) if first == last else f"{first}–{last}" for first, last in found]
