"""A report as a PDF that lasts and that everybody can read (PDF/A-3a, PDF/UA-1); its data are attached as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from archief.render import signs, typesetting
from archief.reports import chart, dutch, foot
from archief.reports.content import Content, Counted, Row, Section, plain
from archief.reports.declaration import Column

TEMPLATE = Path(__file__).resolve().parent / "template"
ROWS_MAX = 500
"""So many lines of a table stand on paper; the attached data have them all."""

INLINE_MAX = 6
COLUMNS_MAX = 9
"""A table with more columns lies on its side."""

RANGES_MAX = 200

REPLACED = ["Tekens", signs.NOTE.format("verslag.json")]


def pdf(content: Content) -> bytes:
    """Set the report.

    Raises:
        ExtraMissingError: typst or the font is not installed.
        MalformedError: something in it cannot be shown in the font.
    """
    data = msgspec.json.encode(plain(content)).decode()
    moment = dt.datetime.fromisoformat(content.made_from[-1].time)

    def typeset(given: dict[str, Any], *, changed: bool) -> bytes:
        shown = {**given, "facts": [*given["facts"], REPLACED]} if changed else given
        return typesetting.typeset(TEMPLATE, "report", msgspec.json.encode({**shown, "data": data}), shown, moment)

    return signs.numbered(typeset, _given(content))


def _given(content: Content) -> dict[str, Any]:
    last = content.made_from[-1]
    facts = [
        ("Peildatum", dutch.long_day(last.day)),
        ("Logboek", f"{last.origin}, omvang {dutch.number(last.size)} regels"),
        ("Rust op", "; ".join(content.sources)),
    ]
    return {
        "title": content.title,
        "question": content.question,
        "origin": last.origin,
        "notice": foot.notice(content),
        "footline": f"{last.origin}, omvang {dutch.number(last.size)}, wortel {last.root}",
        "facts": facts,
        "about": content.about,
        "parts": [_part(section) for section in content.sections],
        "behind": list(_behind(content)),
        "made_from": [
            {
                "title": f"De stand van {dutch.long_day(made.day)}" if len(content.made_from) > 1 else "",
                "facts": foot.lines(made),
            }
            for made in content.made_from
        ],
    }


def _part(section: Section) -> dict[str, Any]:
    rows = section.rows[:ROWS_MAX]
    drawn = chart.drawn(section, section.chart) if section.chart is not None and rows else None
    note = ""
    if section.total > len(rows):
        note = f"De eerste {dutch.number(len(rows))} van {dutch.number(section.total)} regels."
    behind = any(row.events for row in rows)
    filled = [one for one in section.columns if any(dutch.written(row.cells[one.name]) for row in rows)]
    columns = [{"title": one.title, "number": one.kind in ("number", "share")} for one in filled]
    if behind:
        columns.append({"title": "Regels", "number": False})
    told = [_figure(section, one) for one in section.figures]
    return {
        "title": section.title,
        "text": section.text,
        "figures": [] if section.criteria else told,
        "criteria": told if section.criteria else [],
        "chart": drawn.svg if drawn is not None else "",
        "chart_text": drawn.text if drawn is not None else "",
        "table": bool(section.columns),
        "wide": len(columns) > COLUMNS_MAX,
        "columns": columns,
        "rows": [_cells(filled, row, number, behind=behind) for number, row in enumerate(rows, 1)],
        "note": note,
        "none": section.none,
    }


def _figure(section: Section, one: Counted) -> dict[str, str]:
    return {
        "title": one.title,
        "text": one.text,
        "value": dutch.written(one.value, one.kind) or "–",
        "verdict": one.verdict,
        "place": f"bewijs-{section.name}-{one.name}" if one.events else "",
    }


def _cells(filled: Sequence[Column], row: Row, number: int, *, behind: bool) -> list[str]:
    """A line's cells, without the columns that are empty in every line."""
    cells = [dutch.written(row.cells[column.name], column.kind) for column in filled]
    if not behind:
        return cells
    if len(row.events) > INLINE_MAX:
        return [*cells, f"{dutch.number(len(row.events))}, zie bewijs {number}"]
    return [*cells, ", ".join(map(str, row.events))]


def _behind(content: Content) -> Iterator[dict[str, str]]:
    """The entries behind each figure, and behind each line that has more than stand in it."""
    for section in content.sections:
        for one in section.figures:
            if one.events:
                title = f"{one.title}: {dutch.written(one.value, one.kind)}"
                yield {"place": f"bewijs-{section.name}-{one.name}", "title": title, "text": _listed(one.events)}
        for number, row in enumerate(section.rows[:ROWS_MAX], 1):
            if len(row.events) > INLINE_MAX:
                first = dutch.written(row.cells[section.columns[0].name]) or "–"
                title = f"{section.title}, bewijs {number}: {first}"
                yield {"place": f"bewijs-{section.name}-{number}", "title": title, "text": _listed(row.events)}


def _listed(seqs: Sequence[int]) -> str:
    found, more = dutch.ranges(seqs, RANGES_MAX)
    further = " en verder, zie verslag.json" if more else ""
    return f"{dutch.number(len(seqs))} regels: {', '.join(found)}{further}."
