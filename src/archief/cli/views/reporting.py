"""``archief report``: what an auditor asks, answered from the projections, in Dutch."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archief.cli import exported, moment, outfile, records, state
from archief.cli.output import counted, to_json
from archief.cli.session import Session
from archief.cli.trust import audit_runs
from archief.cli.verbs import verb
from archief.errors import (
    AmbiguousError,
    ExtraMissingError,
    KeyMissingError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    UsageError,
    WriteFailedError,
)
from archief.log import Log
from archief.rules.town_hall import day_of

if TYPE_CHECKING:
    from archief.reports.content import Content
    from archief.reports.declaration import Report

FORMATS = ("table", "csv", "json", "html", "pdf")
LIST = "list"
JUDGING = "toetsing"
"""The report that judges by criteria, and so is an audit."""


def _complete(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    from archief.reports import declaration  # noqa: PLC0415 - only a shell asks

    return [name for name in (LIST, *declaration.reports()) if name.startswith(begun)]


@verb(
    "report",
    example="""
    archief report list
    archief report register --on 2021-04-15
    archief report toetsing --format html --out toetsing.html
    archief report levensloop 2021-00017
    archief report toetsing --record --as auditor
    """,
    exits=(
        NoArchiveError,
        NotFoundError,
        AmbiguousError,
        WriteFailedError,
        ExtraMissingError,
        KeyMissingError,
        PassphraseError,
        RefusedError,
    ),
)
@click.argument("name", metavar="NAME|list", shell_complete=_complete)
@click.argument("record", metavar="[RECORD]", required=False)
@click.option("--on", "day", metavar="DATE", help="As it was at the end of that day (Europe/Amsterdam).")
@click.option("--diff", "other", metavar="DATE", help="What changed since that day.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="table without it; with --json, json.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it into this file.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@audit_runs.record_option
@audit_runs.dry_option
def report(
    session: Session,
    *,
    name: str,
    record: str | None,
    day: str | None,
    other: str | None,
    form: str | None,
    out: Path | None,
    force: bool,
    keep: bool,
    dry_run: bool,
) -> None:
    """Print a report in Dutch, or list the reports: each is made from the projections, and ends with what it was made
    from. The same state gives the same bytes.

    Every figure names the records and entries behind it: in HTML a link, in JSON a list. Without --on it is as of the
    day of the last commit. docs/reports.md has them all.
    """
    from archief.reports import declaration  # noqa: PLC0415 - the list of commands is asked for more often

    if name == LIST:
        _list(session)
        return
    wanted = declaration.find(name)
    if wanted.record and record is None:
        raise UsageError(f"{name} is about one record", where="RECORD", remedy=f"archief report {name} 2021-00017")
    if record is not None and not wanted.record:
        raise UsageError(f"{name} is about the whole archive", where="RECORD", remedy=f"archief report {name}")
    if keep and (name != JUDGING or other is not None):
        raise UsageError(
            f"{JUDGING} is recorded, no other report", where="--record", remedy=f"archief report {JUDGING}"
        )
    form = form or ("json" if session.output.json and out is None else "table")
    _refuse_format(session, form, out)
    if out is not None:
        outfile.target(session, out, "--out", force=force)
    log = session.log()
    test = session.is_test(log)
    whole = form in ("csv", "json", "pdf") or other is not None  # a PDF carries its data
    made = _made(session, log, wanted, record, (day, other), test=test, whole=whole)
    recorded = None
    if keep:
        last = made.made_from[-1]
        reference = _day(day or "") or day_of(last.time)
        recorded = audit_runs.record_report(session, made, reference, last.size, dry=dry_run)
    run = {} if recorded is None else {"recorded": recorded} | ({"dry_run": True} if dry_run else {})
    if out is not None:
        _write(session, log, made, form, out, run, force=force)
    elif form == "table":
        _show(session, made)
    else:
        session.output.raw(_bytes(made, form, run))
    if recorded is not None:
        audit_runs.tell(session.output, recorded)


def _refuse_format(session: Session, form: str, out: Path | None) -> None:
    if form == "table" and out is not None:
        raise UsageError("a table is for the screen", where="--out", remedy="name a format: --format html")
    if form == "pdf" and out is None:
        raise UsageError("a PDF goes into a file", where="--format pdf", remedy="name one with --out FILE")
    if session.output.json and out is None and form != "json":
        raise UsageError("with --json the report is JSON", where=f"--format {form}", remedy="leave one of them out")


def _list(session: Session) -> None:
    from archief.reports import declaration  # noqa: PLC0415 - as above

    known = declaration.reports().values()
    if session.output.json:
        session.output.members(
            {
                "reports": [
                    {"name": one.name, "title": one.title, "question": one.question, "record": one.record}
                    for one in known
                ]
            }
        )
        return
    session.output.table(
        ["NAME", "TITLE", "QUESTION"],
        [[f"{one.name} RECORD" if one.record else one.name, one.title, one.question] for one in known],
        cut=False,
    )


def _made(
    session: Session,
    log: Log,
    wanted: Report,
    record: str | None,
    days: tuple[str | None, str | None],
    *,
    test: bool,
    whole: bool,
) -> Content:
    """The report, or two of them compared.

    Args:
        session: the surroundings.
        log: the archive.
        wanted: which report.
        record: of which record, as a person names it.
        days: ``--on`` and ``--diff``.
        test: it is a test archive.
        whole: every line and record, and not only what a page shows.
    """
    from archief.reports import comparison, reporter  # noqa: PLC0415 - imports duckdb

    stream = records.find(session, log, record).stream if record is not None else ""
    with state.connection(session, log) as database:
        gone = reporter.destroyed(database)
    found = []
    day, other = days
    for on in (day,) if other is None else (other, day):
        position = moment.of(log, on) if on is not None else moment.Position(log.size, log.last_commit.time)
        reference = _day(on) if on is not None else None
        asked = reporter.Asked(reference or day_of(position.time), on, stream, gone, test, whole)
        with contextlib.ExitStack() as stack:
            database = stack.enter_context(state.at(session, log, position.size))
            found.append(reporter.make(database, log, wanted, asked))
    return found[0] if other is None else comparison.compare(*found)


def _day(text: str) -> dt.date | None:
    """The day that was asked for; None where a size of the log was."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _write(
    session: Session, log: Log, made: Content, form: str, out: Path, run: Mapping[str, object], *, force: bool
) -> None:
    """Write it into a file. What is told of the run is no part of it."""
    content = _bytes(made, form)
    streams = sorted({made.record, *made.names}) if made.record else None
    with exported.noted(session, log.origin, log.size, "report", out, streams):
        outfile.write(session, out, content, force=force)
    if session.output.json:
        session.output.members({**_about(made), "report": made.name, "format": form, "file": str(out), **run})
        return
    session.output.note(f"wrote {out}: {made.title}, {counted(len(content), 'byte')}")


def _about(made: Content) -> dict[str, object]:
    last = made.made_from[-1]
    return {"test": made.test, "position": {"origin": last.origin, "size": last.size, "time": last.time}}


def _bytes(made: Content, form: str, run: Mapping[str, object] | None = None) -> bytes:
    import msgspec  # noqa: PLC0415 - is imported already

    from archief.reports import content, page, paper, table  # noqa: PLC0415 - only what is asked for

    if form == "json":
        return (
            bytes(msgspec.json.format(to_json({**_about(made), **content.plain(made), **(run or {})}), indent=2))
            + b"\n"
        )
    if form == "csv":
        return table.csv_of(made)
    return page.html(made) if form == "html" else paper.pdf(made)


def _show(session: Session, made: Content) -> None:
    """The report on a screen: figures and tables, without the entries behind them."""
    from archief.reports import dutch, foot  # noqa: PLC0415 - only here

    output = session.output
    output.line(output.styled(made.title, bold=True))
    output.line(made.question)
    for section in made.sections:
        output.line()
        output.line(output.styled(section.title, bold=True))
        if section.criteria:
            output.table(
                ["Criterium", "Cijfer", "Beeld", "Wat dit archief laat zien"],
                [[one.title, dutch.written(one.value, one.kind), one.verdict, one.text] for one in section.figures],
            )
        elif section.figures:
            output.fields([(one.title, dutch.written(one.value, one.kind) or "–") for one in section.figures], "  ")
        elif section.rows:
            output.table(
                [column.title for column in section.columns],
                [
                    [dutch.written(row.cells[column.name], column.kind) for column in section.columns]
                    for row in section.rows
                ],
            )
            if section.total > len(section.rows):
                output.line(
                    f"  de eerste {len(section.rows)} van {dutch.number(section.total)}; --format csv heeft ze alle"
                )
        elif section.columns:
            output.line(f"  {section.none}")
        elif section.text:
            output.line(f"  {section.text}")
    output.line()
    for state_of in made.made_from:
        output.fields(foot.lines(state_of))
