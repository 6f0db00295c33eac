"""What a report is: a ``.toml`` that says it in Dutch (title, question, parts, columns) and a ``.sql`` of its queries.

Both stand in ``catalogue/`` under the report's name; that is all there is to a report, and a new one is two files. A
part of the declaration has the query of its name: a line ``-- name: PART`` begins it. A query reads projections only,
puts its rows in order itself, and may use ``$day`` (the reference date) and ``$record`` (the record asked for).

- A part with ``figures`` gets a row a figure: ``figure`` (its name), ``value`` and ``events`` (the entries behind it).
- A part with ``criteria`` has no query: each of its figures has one in ``criteria.sql``, which several reports share.
- A part with ``columns`` gets a row a line: those columns, ``events``, and ``record`` when a line is of one record.
- A part with neither is text, is filled by the program (``fill``), or is that of another report (``as_in``).
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Literal

import msgspec

from archief.errors import NotFoundError

_NAMED = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_PARAMETER = re.compile(r"\$([a-z]+)\b")

Kind = Literal["text", "number", "date", "moment", "code", "share", "ground"]


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of a table.

    Args:
        name: as the query calls it.
        title: its heading.
        kind: how a value is written; ``share`` is thousandths of the whole, written as a percentage; a
            ``ground`` in the law is cited in full.
        words: the group of ``words.toml`` that has the Dutch for its codes; empty when it holds none.
        content: whether it comes from a payload: of a destroyed record the mark of its destruction stands there.
    """

    name: str
    title: str
    kind: Kind = "text"
    words: str = ""
    content: bool = False


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure.

    Args:
        name: its name in the query.
        title: what it is called.
        text: what it counts, where that needs a word.
        kind: how it is written.
        words: the group of ``words.toml`` for a figure that is a code.
        good: of a criterion: ``none``, in order when the figure is zero; ``some``, when it is not; else it is for
            information.
        of: of a criterion, the one of ``criteria.sql`` that it is a part of: where that is zero, it asks nothing.
        absent: of a criterion that this archive cannot show: why. It has no query.
    """

    name: str
    title: str
    text: str = ""
    kind: Kind = "number"
    words: str = ""
    good: Literal["", "none", "some"] = ""
    of: str = ""
    absent: str = ""


class Chart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A drawing of a table's rows.

    Args:
        title: what it shows.
        label: the column with the name of a bar.
        values: the columns that are drawn, on top of each other.
        kind: bars lie, for names; columns stand, for time.
    """

    title: str
    label: str
    values: list[str]
    kind: Literal["bars", "columns"] = "bars"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a report.

    Args:
        name: of the part and of its query.
        title: its heading.
        text: what is read before the figures.
        figures: when it has figures.
        criteria: the figures are criteria, printed as a table with a verdict each.
        columns: when it has a table.
        chart: how the table is drawn above it.
        none: what is said when there is no row.
        fill: the table's rows are made by the program: ``proofs`` of the entries that the query gives, the ``rules`` of
            ``archief audit`` with what they find, a ``summary`` of the verdicts of all criteria.
    """

    name: str
    title: str
    text: str = ""
    figures: list[Figure] = []
    columns: list[Column] = []
    chart: Chart | None = None
    none: str = "Geen."
    fill: Literal["", "proofs", "rules", "summary"] = ""
    criteria: bool = False
    as_in: str = ""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report.

    Args:
        title: its title.
        question: the question it answers, one sentence.
        sources: the law and standards it answers to.
        part: its parts, in order.
        csv: the part that is printed as CSV; ``*``: every figure.
        about: what a reader must know before reading: what is counted, and what is not.
        record: whether it is about one record, which must be named.
        name: filled in from the file's name.
        queries: filled in from the ``.sql`` file, by part.
        criteria: filled in from ``criteria.sql``, by figure: those that the report asks for.
    """

    title: str
    question: str
    sources: list[str]
    part: list[Part]
    csv: str
    about: list[str] = []
    record: bool = False
    name: str = ""
    queries: dict[str, str] = {}
    criteria: dict[str, str] = {}


def _texts() -> dict[str, str]:
    folder = resources.files("archief.reports").joinpath("catalogue")
    return {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir()}


def criteria() -> dict[str, str]:
    """What the reports that judge may ask: a query of the entries behind a figure, by its name."""
    return _queries(_texts()["criteria.sql"])


@functools.cache
def reports() -> Mapping[str, Report]:
    """Every report, by name."""
    texts, shared = _texts(), criteria()
    found = {}
    for file in sorted(texts):
        name, _, ending = file.rpartition(".")
        if ending == "toml":
            declared = msgspec.convert(tomllib.loads(texts[file]), Report)
            figures = [one for part in declared.part if part.criteria for one in part.figures]
            asked = {wanted for one in figures if not one.absent for wanted in (one.name, one.of) if wanted}
            found[name] = msgspec.structs.replace(
                declared,
                name=name,
                queries=_queries(texts.get(f"{name}.sql", "")),
                criteria={wanted: shared[wanted] for wanted in sorted(asked)},
            )
    return {name: _with_borrowed(report, found) for name, report in found.items()}


def _with_borrowed(report: Report, known: Mapping[str, Report]) -> Report:
    """Put the parts of other reports in the places that are kept for them."""
    parts, queries = [], dict(report.queries)
    for part in report.part:
        if part.as_in:
            other = known[part.as_in]
            theirs = next(one for one in other.part if one.name == part.name)
            if part.name in other.queries:
                queries[part.name] = other.queries[part.name]
            parts.append(msgspec.structs.replace(theirs, title=part.title))
        else:
            parts.append(part)
    return msgspec.structs.replace(report, part=parts, queries=queries)


def _queries(text: str) -> dict[str, str]:
    """The queries of a file, by name."""
    pieces = _NAMED.split(text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def parameters(query: str) -> set[str]:
    """What a query asks to be filled in."""
    return set(_PARAMETER.findall(query))


def find(name: str) -> Report:
    """A report by its name.

    Raises:
        NotFoundError: there is none; the nearest names are told.
    """
    known = reports()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    raise NotFoundError(
        "there is no such report",
        where=name[:64],
        remedy=f"did you mean {' or '.join(near)}?" if near else "see `archief report list`",
    )


def reports_markdown() -> str:
    """The page that lists every report: docs/reports.md."""
    lines = [
        "# Reports",
        "",
        "What `archief report NAME` answers, in Dutch, out of the projections. Each ends with what it was made from;",
        "every figure names the records and entries behind it. How a report is declared:",
        "`src/archief/reports/declaration.py`. Printed from `src/archief/reports/catalogue`.",
    ]
    for report in reports().values():
        record = " RECORD" if report.record else ""
        lines += ["", f"## {report.name}{record}", "", f"**{report.title}.** {report.question}", ""]
        lines += [f"Rests on: {'; '.join(report.sources)}.", "", "| part | holds |", "|---|---|"]
        lines += [f"| {part.title} | {_holds(part)} |" for part in report.part]
    return "\n".join(lines) + "\n"


def _holds(part: Part) -> str:
    told = [one.title for one in part.figures] or [column.title for column in part.columns]
    return "; ".join(told) or "text"
