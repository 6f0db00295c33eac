"""Two states of one report side by side: each figure then and now, and each line that came, went or changed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archief.reports import dutch
from archief.reports.content import Content, Counted, Row, Section, Value
from archief.reports.declaration import Column
from archief.reports.reporter import CANNOT

CAME, WENT, CHANGED = "erbij", "eraf", "gewijzigd"


def compare(then: Content, now: Content) -> Content:
    """What changed between two dates, as a report of its own.

    Args:
        then: the report on the first date.
        now: the same report on the second.
    """
    sections = []
    for before, after in zip(then.sections, now.sections, strict=True):
        if after.figures:
            sections.append(_figures(before, after))
        elif after.columns:
            sections.append(_lines(before, after))
    days = f"{dutch.long_day(then.made_from[0].day)} en {dutch.long_day(now.made_from[0].day)}"
    return msgspec.structs.replace(
        now,
        title=f"{now.title}: verschil tussen {days}",
        sections=sections,
        made_from=[*then.made_from, *now.made_from],
        events={**then.events, **now.events},
        names={**then.names, **now.names},
    )


def _figures(before: Section, after: Section) -> Section:
    columns = [
        Column("figure", "Cijfer"),
        Column("then", "Toen"),
        Column("now", "Nu"),
        Column("difference", "Verschil"),
    ]
    pairs = zip(before.figures, after.figures, strict=True)
    rows = [_figure(old, new, criteria=after.criteria) for old, new in pairs if new.verdict != CANNOT]
    return msgspec.structs.replace(
        after, figures=[], columns=columns, rows=rows, chart=None, criteria=False, total=len(rows)
    )


def _figure(old: Counted, new: Counted, *, criteria: bool) -> Row:
    """A figure then and now, with the entries that are behind one of the two only; of a criterion, what it counts."""
    numbers = isinstance(old.value, int) and isinstance(new.value, int)
    difference = int(new.value or 0) - int(old.value or 0) if numbers else None  # type: ignore[arg-type]
    sign = "+" if difference is not None and difference > 0 else "−" if difference else ""
    cells: dict[str, Value] = {
        "figure": f"{new.title}: {new.text}" if criteria and new.text else new.title,
        "then": dutch.written(old.value, old.kind),
        "now": dutch.written(new.value, new.kind),
        "difference": "" if difference is None else sign + dutch.written(abs(difference), new.kind),
    }
    apart = sorted(set(old.events) ^ set(new.events))
    records = sorted(set(old.records) ^ set(new.records))
    return Row(cells, apart, records)


def _lines(before: Section, after: Section) -> Section:
    columns = [Column("change", "Wat"), *after.columns]
    old, new = _keyed(before.rows, before.columns), _keyed(after.rows, after.columns)
    rows = [_told(WENT, row) for key, row in old.items() if key not in new]
    for key, row in new.items():
        if key not in old:
            rows.append(_told(CAME, row))
        elif old[key].cells != row.cells:
            rows.append(_told(CHANGED, row))
    return msgspec.structs.replace(
        after, columns=columns, rows=rows, chart=None, none="Geen verschil.", total=len(rows)
    )


def _keyed(rows: Sequence[Row], columns: Sequence[Column]) -> dict[tuple[object, ...], Row]:
    """Lines by what makes them the same on both dates: the record, or else the first word, and how often before."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        same = row.records[0] if row.single else str(row.cells[columns[0].name])
        times = 0
        while (same, times) in found:
            times += 1
        found[same, times] = row
    return found


def _told(change: str, row: Row) -> Row:
    return Row({"change": change, **row.cells}, row.events, row.records, single=row.single)
