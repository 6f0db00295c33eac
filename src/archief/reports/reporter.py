"""Makes a report: asks its queries of a state, puts Dutch for codes, and marks what was destroyed.

Pure but for the state and the log it is given: no clock, no locale. The same state and day give the same content. What
was destroyed since counts as it did, with the mark of its destruction in place of its words.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from archief.log import Log
from archief.reports import dutch
from archief.reports.content import Content, Counted, Event, MadeFrom, Row, Section, Value
from archief.reports.declaration import Column, Figure, Part, Report, parameters
from archief.reports.made_from import made_from

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VIEWS = ("issued_number", "retention", "retention_letter", "signing", "tiered_metadata")
"""Views that are worked out anew by each query that reads them; what one of them reads stands before it."""

ERASED = "[gewist]"
GOOD, ATTENTION, INFORMS = "in orde", "aandacht", "ter informatie"
IDLE, CANNOT = "niet van toepassing", "niet te tonen"
VERDICTS = {"good": GOOD, "attention": ATTENTION, "informs": INFORMS, "idle": IDLE, "cannot": CANNOT}
"""What is said of a criterion, by the column of a summary."""

EVENTS_SHOWN = 5_000
"""So many entries are told in a page; JSON names every one."""

RECORDS_SHOWN = 1_000
"""Of so many entries a page tells whose they are."""

ROWS_SHOWN = 2_000
"""So many lines of a table stand in a page; more than that nobody reads, and CSV and JSON have them all."""


class Destroyed(NamedTuple):
    """What became of a record.

    Attributes:
        entry: the entry that says it is destroyed.
        certificate: the entry that closes the destruction with its certificate; None while there is none.
        copy: it is the copy of a record that was transferred.
    """

    entry: int
    certificate: int | None
    copy: bool = False

    @property
    def mark(self) -> str:
        """What stands in place of its words."""
        what = "overgebracht, kopie vernietigd" if self.copy else "vernietigd"
        return f"[{what}, verklaring {self.certificate if self.certificate is not None else 'volgt'}]"


class Asked(NamedTuple):
    """What was asked for.

    Attributes:
        day: the reference date.
        on: as it was given; None when it was not.
        record: the stream of the record; empty for a report about all.
        destroyed: every record that is destroyed by now, by stream: :func:`destroyed`.
        test: it is a test archive.
        whole: every line of a table, and the records of every figure; else what a reader is shown of a long one.
    """

    day: dt.date
    on: str | None
    record: str
    destroyed: Mapping[str, Destroyed]
    test: bool
    whole: bool = True


def destroyed(connection: DuckDBPyConnection) -> dict[str, Destroyed]:
    """Every destroyed record of a state. Asked of the newest state, also for a report on an earlier one."""
    query = (
        "select cast(destroyed.stream as varchar), destroyed.seq, destruction.closed_seq,"
        " destruction.transfer is not null from destroyed"
        " left join destruction on destruction.authorised_seq = destroyed.authorisation order by destroyed.seq"
    )
    return {
        stream: Destroyed(entry, closed, copy) for stream, entry, closed, copy in connection.execute(query).fetchall()
    }


def make(connection: DuckDBPyConnection, log: Log, report: Report, asked: Asked) -> Content:
    """Make a report of a state.

    Args:
        connection: the state.
        log: the log that it was made from.
        report: which.
        asked: the day and the record.
    """
    with _views_once(connection, report):
        return _make(connection, log, report, asked)


@contextlib.contextmanager
def _views_once(connection: DuckDBPyConnection, report: Report) -> Iterator[None]:
    """Work a view out once that several queries of a report read; it goes before the view of its name."""
    from archief.projections import audit, tables  # noqa: PLC0415 - imports duckdb

    text = " ".join([*report.queries.values(), *report.criteria.values()])
    if any(part.fill == "rules" for part in report.part):
        text += " ".join(rule.query for rule in audit.rules().values())
    made: list[str] = []
    for name in reversed(VIEWS):
        if len(re.findall(rf"\b(?:from|join) {name}\b", text)) > 1:
            made.insert(0, name)
            text += tables.projections()[name].select
    for name in made:
        connection.execute(f"create temp table {name} as {tables.projections()[name].select}")
    try:
        yield
    finally:
        for name in made:
            connection.execute(f"drop table temp.main.{name}")


def _make(connection: DuckDBPyConnection, log: Log, report: Report, asked: Asked) -> Content:
    desk = _Desk(connection, log, asked)
    sections = [desk.section(report, part) for part in report.part]
    sections = [
        _summary(part, sections) if part.fill == "summary" else section
        for part, section in zip(report.part, sections, strict=True)
    ]
    named = _first_seqs(sections)
    events = _events(connection, named, desk.marks)
    return Content(
        name=report.name,
        title=report.title,
        question=report.question,
        sources=report.sources,
        about=report.about,
        record=asked.record,
        sections=sections,
        made_from=[_foot(connection, log, asked)],
        events=events,
        names=desk.marks.names(dict.fromkeys(event.stream for event in events.values())),
        test=asked.test,
        csv=report.csv,
    )


def _foot(connection: DuckDBPyConnection, log: Log, asked: Asked) -> MadeFrom:
    """The foot; destructions count up to the end of the commit of the last one that took something this state shows."""
    known = {str(stream) for (stream,) in connection.execute("select distinct stream from event").fetchall()} if (
        asked.destroyed
    ) else set()  # fmt: skip
    last = max((one.certificate or one.entry for stream, one in asked.destroyed.items() if stream in known), default=-1)
    foot = made_from(connection, log, on=asked.on, day=asked.day, destructions=0)
    size = foot.size if last < foot.size else log.commit_of(last).seq + 1
    return msgspec.structs.replace(foot, destructions=size)


class _Owners:
    """Which stream an entry belongs to."""

    def __init__(self, connection: DuckDBPyConnection, most: int | None) -> None:
        self._connection = connection
        self._most = most
        self._known: dict[int, str] = {}

    def of(self, seqs: Sequence[int]) -> list[str]:
        """The streams of some entries, each once, in their order; an event that was left out has none."""
        if self._most is not None and len(seqs) > self._most:
            return []  # a page says how many entries, and names them by ranges
        new = [seq for seq in seqs if seq not in self._known]
        if new:
            query = "select seq, cast(stream as varchar) from event where seq in (select unnest($seqs))"
            self._known.update(self._connection.execute(query, {"seqs": new}).fetchall())
        return list(dict.fromkeys(self._known[seq] for seq in seqs if seq in self._known))


class _Marks:
    """What stands in place of words that are gone, and what a record is called."""

    def __init__(self, connection: DuckDBPyConnection, gone: Mapping[str, Destroyed]) -> None:
        self._connection = connection
        self._gone = gone
        query = "select distinct cast(stream as varchar) from event where payload = 'absent'"
        self._erased = {stream for (stream,) in connection.execute(query).fetchall()}

    def of(self, record: str, value: Value) -> Value:
        """A word of a record's payload, or what stands in its place."""
        if record in self._gone:
            return self._gone[record].mark
        return ERASED if value is None and record in self._erased else value

    def names(self, streams: Iterable[str]) -> dict[str, str]:
        """What records are called: number, title or name; else the first digits of the id."""
        query = (
            "select cast(wanted.stream as varchar),"
            " coalesce(letter.number, dossier.number, dossier.title, destruction.title, person.name, mandate.title,"
            " meeting.title, voided_number.number)"
            " from (select unnest(cast($streams as uuid[])) as stream) as wanted"
            " left join letter using (stream) left join dossier using (stream)"
            " left join (select stream, arg_max(title, seq) as title from destruction group by stream) as destruction"
            " using (stream) left join person using (stream) left join mandate using (stream)"
            " left join meeting using (stream) left join voided_number using (stream)"
        )
        found = dict(self._connection.execute(query, {"streams": list(streams)}).fetchall())
        return {
            stream: self._gone[stream].mark if stream in self._gone else name or stream[:8]
            for stream, name in sorted(found.items())
        }


class _Desk:
    """What every part of one report is made with."""

    def __init__(self, connection: DuckDBPyConnection, log: Log, asked: Asked) -> None:
        self.connection = connection
        self.log = log
        self.asked = asked
        self.owners = _Owners(connection, None if asked.whole else RECORDS_SHOWN)
        self.marks = _Marks(connection, asked.destroyed)
        self._counted: dict[str, tuple[int, list[int]]] = {}

    def section(self, report: Report, part: Part) -> Section:
        """A part, but for the one that sums the others up."""
        query = report.queries.get(part.name)
        most = ROWS_SHOWN if part.columns and not self.asked.whole else None
        rows = _ask(self.connection, query, self.asked, most) if query is not None else []
        total = len(rows)
        if most is not None and total == most and query is not None:
            ((total,),) = _run(self.connection, f"select count(*) from (\n{query.strip()}\n)", self.asked).fetchall()  # noqa: S608 - a query of ours
        figures: list[Counted] = []
        lines: list[Row] = []
        if part.fill == "proofs":
            lines = _proofs(self.connection, self.log, rows)
        elif part.fill == "rules":
            lines = _rules(self.connection, self.asked, self.owners)
        elif part.criteria:
            figures = [self._criterion(report, one) for one in part.figures]
        elif part.figures:
            by_name = {row["figure"]: row for row in rows}
            figures = [self._figure(one, by_name[one.name]) for one in part.figures]
        else:
            lines = [_row(part.columns, row, self.owners, self.marks) for row in rows]
        return Section(
            name=part.name,
            title=part.title,
            text=part.text,
            figures=figures,
            columns=part.columns,
            rows=lines,
            chart=part.chart,
            none=part.none,
            criteria=part.criteria,
            total=max(total, len(lines)),
        )

    def _figure(self, one: Figure, row: Mapping[str, Any]) -> Counted:
        value, events = row["value"], row["events"] or []
        value = dutch.word(one.words, value) if one.words else value
        return Counted(one.name, one.title, value, events, self.owners.of(events), text=one.text, kind=one.kind)

    def _criterion(self, report: Report, one: Figure) -> Counted:
        if one.absent:
            return Counted(one.name, one.title, None, [], [], text=one.absent, verdict=CANNOT)
        value, events = self._count(report, one.name)
        verdict = INFORMS
        if one.of and not self._count(report, one.of)[0]:
            verdict = IDLE
        elif one.good:
            verdict = GOOD if bool(value) == (one.good == "some") else ATTENTION
        return Counted(one.name, one.title, value, events, self.owners.of(events), text=one.text, verdict=verdict)

    def _count(self, report: Report, name: str) -> tuple[int, list[int]]:
        """How many a query of criteria finds, and the entries, each once."""
        if name not in self._counted:
            query = f"select count(*), list(seq order by seq) from (\n{report.criteria[name].strip()}\n)"  # noqa: S608 - a query of ours
            ((count, seqs),) = _run(self.connection, query, self.asked).fetchall()
            self._counted[name] = count, list(dict.fromkeys(seqs or []))
        return self._counted[name]


def _summary(part: Part, sections: Sequence[Section]) -> Section:
    """How often each verdict was given, part by part of criteria."""
    rows = []
    for section in sections:
        if section.criteria:
            given = [one.verdict for one in section.figures]
            cells: dict[str, Value] = {"part": section.title}
            cells |= {name: given.count(verdict) for name, verdict in VERDICTS.items()}
            rows.append(Row(cells, [], []))
    return Section(part.name, part.title, part.text, [], part.columns, rows, part.chart, part.none)


def _rules(connection: DuckDBPyConnection, asked: Asked, owners: _Owners) -> list[Row]:
    """The rules of ``archief audit``, the gravest first, each with what it finds."""
    from archief.projections import audit  # noqa: PLC0415 - only this part asks

    rows = []
    by_severity = sorted(
        audit.rules().items(), key=lambda one: (audit.SEVERITIES.index(one[1].severity), dutch.word("rule", one[0]))
    )
    for rule, told in by_severity:
        query = f"select count(*), list_sort(list_distinct(list(seq))) from ({told.query.strip().removesuffix(';')})"  # noqa: S608 - a query of ours
        ((count, seqs),) = connection.execute(query, audit.parameters(query, asked.day)).fetchall()
        cells: dict[str, Value] = {
            "rule": dutch.word("rule", rule),
            "severity": dutch.word("severity", told.severity),
            "found": count,
        }
        rows.append(Row(cells, seqs or [], owners.of(seqs or [])))
    return rows


def _run(connection: DuckDBPyConnection, query: str, asked: Asked) -> DuckDBPyConnection:
    given: dict[str, object] = {"day": asked.day, "record": asked.record}
    wanted = parameters(query)
    return connection.execute(query, {name: value for name, value in given.items() if name in wanted})


def _ask(connection: DuckDBPyConnection, query: str, asked: Asked, most: int | None) -> list[dict[str, Any]]:
    cursor = _run(connection, query, asked)
    columns = [name for name, *_ in cursor.description or ()]
    rows = cursor.fetchall() if most is None else cursor.fetchmany(most)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _row(columns: Sequence[Column], row: Mapping[str, Any], owners: _Owners, marks: _Marks) -> Row:
    events = row["events"] or []
    record = str(row["record"]) if row.get("record") is not None else ""
    cells: dict[str, Value] = {}
    for column in columns:
        value = row[column.name]
        if isinstance(value, list):
            value = ", ".join(dutch.word(column.words, str(each)) if column.words else str(each) for each in value)
        elif column.words and value is not None:
            value = dutch.word(column.words, value)
        elif value is not None and not isinstance(value, str | int | dt.date):
            value = str(value)
        cells[column.name] = marks.of(record, value) if column.content else value
    return Row(cells, events, [record] if record else owners.of(events), single=bool(record))


def _proofs(connection: DuckDBPyConnection, log: Log, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """For each entry its leaf and the hashes from there to the root of this state (RFC 6962 section 2.1.1)."""
    from archief.projections import state  # noqa: PLC0415 - only this part asks
    from archief.tlog import merkle  # noqa: PLC0415 - as above

    size = state.made_of(connection).size
    found = []
    for row in rows:
        seq = row["entry"]
        path = log.inclusion_proof(seq, size)
        cells: dict[str, Value] = {
            "entry": seq,
            "leaf": merkle.leaf_hash(log.entry(seq)).hex(),
            "path": " ".join(each.hex() for each in path),
        }
        found.append(Row(cells, [seq], [str(row["record"])], single=True))
    return found


# the entries that are named


def _first_seqs(sections: Sequence[Section]) -> list[int]:
    """The entries behind figures and lines, each once, as far as a page tells them."""
    wanted: dict[int, None] = {}
    for section in sections:
        for events in [*(one.events for one in section.figures), *(row.events for row in section.rows)]:
            wanted.update(dict.fromkeys(events[:EVENTS_SHOWN]))
            if len(wanted) >= EVENTS_SHOWN:
                return sorted(wanted)[:EVENTS_SHOWN]
    return sorted(wanted)


def _events(connection: DuckDBPyConnection, seqs: Sequence[int], marks: _Marks) -> dict[int, Event]:
    query = (
        "select event.seq, event.time, event_type.name, person.name, cast(event.person as varchar),"
        " cast(event.stream as varchar) from event left join event_type on event_type.tag = event.type"
        " left join person on person.stream = event.person"
        " where event.seq in (select unnest($seqs)) order by event.seq"
    )
    rows = connection.execute(query, {"seqs": list(seqs)}).fetchall() if seqs else []
    names = marks.names(dict.fromkeys(stream for *_, stream in rows)) if rows else {}
    return {
        seq: Event(
            seq=seq,
            time=time,
            what=dutch.word("event", name or ""),
            person=person or (by or "")[:8],
            record=names[stream],
            stream=stream,
        )
        for seq, time, name, person, by, stream in rows
    }
