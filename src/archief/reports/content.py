"""A report that was made: what every format writes down, and nothing that differs between two runs over one state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from archief.reports.declaration import Chart, Column

Value = str | int | bool | dt.date | dt.datetime | None
"""A cell: codes are Dutch already; days and moments (UTC, without a zone) are not yet written out."""


class Counted(msgspec.Struct, frozen=True):
    """A figure with what is behind it.

    Args:
        name: its name.
        title: what it is called.
        value: the figure; None when it cannot be told.
        events: the entries behind it, in order.
        records: the streams of those entries, in that order.
        text: what it counts.
        kind: how it is written.
        verdict: of a criterion: in orde, aandacht, ter informatie, niet van toepassing, niet te tonen.
    """

    name: str
    title: str
    value: Value
    events: list[int]
    records: list[str]
    text: str = ""
    kind: str = "number"
    verdict: str = ""


class Row(msgspec.Struct, frozen=True):
    """A line of a table.

    Args:
        cells: by column.
        events: the entries behind it.
        records: the streams of those entries; of a line that is of one record, that one.
        single: it is of one record, and so the same line on another day.
    """

    cells: dict[str, Value]
    events: list[int]
    records: list[str]
    single: bool = False


class Section(msgspec.Struct, frozen=True):
    """A part of a report that was made; as :class:`archief.reports.declaration.Part`.

    Args:
        total: how many lines its table has, of which the first are here.
    """

    name: str
    title: str
    text: str
    figures: list[Counted]
    columns: list[Column]
    rows: list[Row]
    chart: Chart | None
    none: str
    criteria: bool = False
    total: int = 0


class Signed(msgspec.Struct, frozen=True):
    """A signature over a head: by whom, with which kind of key, and whether it is right."""

    name: str
    algorithm: str
    verdict: str


class Adopted(msgspec.Struct, frozen=True):
    """A rule set that held: its code, its edition, and the entry that adopts it."""

    code: str
    edition: str | None
    entry: int


class MadeFrom(msgspec.Struct, frozen=True):
    """What a report was made from.

    Args:
        origin: the log's name.
        size: entries that were read.
        root: root over them, in hex.
        time: of the last commit among them.
        commit: entry of that commit, which seals all before it.
        key: id of the key that signed it.
        signature: its signature, base64.
        heads: signatures on the head of exactly that size, where one was handed out, cosigned or time-stamped.
        rule_sets: the rule sets that held.
        on: the day that was asked for; None when it was not.
        day: the reference date of the report: that day, or that of the last commit.
        destructions: the size of the log up to which destructions were applied.
        unauthorised: commits that were left out.
    """

    origin: str
    size: int
    root: str
    time: str
    commit: int
    key: str
    signature: str
    heads: list[Signed]
    rule_sets: list[Adopted]
    on: str | None
    day: dt.date
    destructions: int
    unauthorised: list[int]


class Event(msgspec.Struct, frozen=True):
    """An entry that is named in a report, for a reader."""

    seq: int
    time: dt.datetime
    what: str
    person: str
    record: str
    stream: str


class Content(msgspec.Struct, frozen=True):
    """A whole report.

    Args:
        name, title, question, sources, about: as declared.
        record: the record it is about; empty when it is about none.
        sections: its parts.
        made_from: the state it was made from; two when two dates are compared, the earlier first.
        events: the entries that are named in it, for those formats that print them.
        names: what the records behind it are called, by stream.
        test: it is of a test archive.
        csv: the part that is printed as CSV.
    """

    name: str
    title: str
    question: str
    sources: list[str]
    about: list[str]
    record: str
    sections: list[Section]
    made_from: list[MadeFrom]
    events: Mapping[int, Event]
    names: Mapping[str, str]
    test: bool
    csv: str

    def section(self, name: str) -> Section:
        """A part by its name."""
        return next(each for each in self.sections if each.name == name)


def plain(content: Content) -> dict[str, Any]:
    """A report as JSON has it: values unwritten, every figure and line with its entries and records in full."""
    return {
        "report": content.name,
        "title": content.title,
        "question": content.question,
        "sources": content.sources,
        "about": content.about,
        "record": content.record or None,
        "parts": [_plain_section(each) for each in content.sections],
        "made_from": [msgspec.to_builtins(each) for each in content.made_from],
    }


def _plain_section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "figures": [
            {
                "name": one.name,
                "title": one.title,
                "text": one.text or None,
                "value": one.value,
                "verdict": one.verdict or None,
                "events": one.events,
                "records": one.records,
            }
            for one in section.figures
        ],
        "columns": [{"name": one.name, "title": one.title} for one in section.columns],
        "rows": [{**row.cells, "events": row.events, "records": row.records} for row in section.rows],
    }
