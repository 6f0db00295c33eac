"""A report's chief table as CSV: the house's way, as ``archief sql --csv`` prints it; days and times as ISO 8601."""

from __future__ import annotations

import csv
import datetime as dt
import io

from archief.reports.content import Content, Row, Value

EVERY_FIGURE = "*"


FORMULA = frozenset("=+-@＝＋－＠")
"""What a formula begins with, for a spreadsheet; it takes the wide ones too."""


def csv_of(content: Content) -> bytes:
    """The part of a report that is its list: columns by their names, then the entries and records behind each line."""
    if content.csv == EVERY_FIGURE:
        return _csv(["part", "figure", "title", "text", "value", "verdict", "events", "records"], _figures(content))
    section = content.section(content.csv)
    names = [column.name for column in section.columns]
    return _csv([*names, "events", "records"], [_line(row, names) for row in section.rows])


def _csv(heads: list[str], rows: list[list[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode()


def _figures(content: Content) -> list[list[object]]:
    return [
        [
            section.name,
            one.name,
            one.title,
            one.text,
            _written(one.value),
            one.verdict,
            " ".join(map(str, one.events)),
            " ".join(one.records),
        ]
        for section in content.sections
        for one in section.figures
    ]


def _line(row: Row, names: list[str]) -> list[object]:
    cells = [_written(row.cells[name]) for name in names]
    return [*cells, " ".join(map(str, row.events)), " ".join(row.records)]


def _written(value: Value) -> object:
    """A cell; a text that a spreadsheet would take for a formula is kept a text by an apostrophe before it."""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, str) and value.lstrip()[:1] in FORMULA:
        return f"'{value}"
    return "" if value is None else value
