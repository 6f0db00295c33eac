"""``archief list`` and ``archief sql``: many records at once, out of the projections."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import click

from archief.cli import state
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import NoArchiveError, UsageError

LETTER_COLUMNS = ("number", "date", "kind", "status", "subject", "stream")
TABLES = {
    "letters": ("letter", "date nulls last, number, opened_seq"),
    "persons": ("person", "seq"),
    "keys": ("key", "enrolled_seq, id"),
    "roles": ("role", "begin_seq"),
    "mandates": ("mandate", "seq"),
    "documents": ("document", "seq, name"),
    "signatures": ("signature", "seq"),
    "dispatches": ("dispatch", "seq"),
    "versions": ("letter_version", "seq"),
    "series": ("series", "seq, series, year"),
    "voided-numbers": ("voided_number", "seq"),
    "timeline": ("timeline", "seq"),
}
"""What can be listed: the projection, and its order."""

KINDS = ("raadsinformatiebrief", "rondebriefje", "brief")
"""The kinds of letters that every archive knows; an archive may have others."""

STATUSES = ("registered", "received", "signed", "dispatched", "withdrawn", "destroyed")
"""What can become of a letter (projections/letter.sql)."""

LIMIT = 100


@verb(
    "list",
    example="""
    archief list
    archief list --type raadsinformatiebrief --year 2021 --status dispatched
    archief list --kind mandates --json
    """,
    exits=(NoArchiveError,),
)
@click.option("--kind", type=click.Choice(list(TABLES)), default="letters", help="What to list; letters without it.")
@click.option("--type", "kind_of_letter", metavar="CODE", help=f"Letters of this kind: {', '.join(KINDS)}.")
@click.option("--year", type=click.IntRange(1000, 9999), metavar="YEAR", help="Letters dated in this year.")
@click.option("--status", type=click.Choice(STATUSES), metavar="WORD", help=f"{', '.join(STATUSES)}.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=LIMIT, metavar="N", help="At most so many (100); 0 for all."
)
def list_records(
    session: Session, *, kind: str, kind_of_letter: str | None, year: int | None, status: str | None, limit: int
) -> None:
    """List the register of letters, or what else there is."""
    log = session.log()
    test = session.is_test(log)
    filters = {"kind": kind_of_letter, "year(date)": year, "status": status}
    given = {column: value for column, value in filters.items() if value is not None}
    if given and kind != "letters":
        raise UsageError("--type, --year and --status are for letters", where=f"--kind {kind}")
    where = " and ".join(f"{column} = ?" for column in given) or "true"
    with state.connection(session, log) as database:
        table, order = TABLES[kind]
        values = list(given.values())
        if kind_of_letter is not None and kind_of_letter not in KINDS:
            _demand_kind(database, kind_of_letter)
        (total,) = _rows(database, f"select count(*) from {table} where {where}", values)[1][0]  # noqa: S608 - our own words; values are bound
        query = f"select * from {table} where {where} order by {order}" + (f" limit {limit}" if limit else "")  # noqa: S608 - as above
        columns, rows = _rows(database, query, values)
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        session.output.members({"test": test, "position": position, "total": total, kind: records})
        return
    shown = [name for name in LETTER_COLUMNS if name in columns] if kind == "letters" else columns
    places = [columns.index(name) for name in shown]
    session.output.table([name.upper() for name in shown], [[row[place] for place in places] for row in rows])
    more = f"; --limit 0 shows all {total:,}" if len(rows) < total else ""
    session.output.note(
        f"{len(rows):,} of {total:,}{more}; position {log.size} of {log.origin}, {log.last_commit.time}"
    )


def _demand_kind(database: Any, wanted: str) -> None:  # noqa: ANN401 - duckdb's own class
    """Refuse a kind that no letter has: most likely it is mistyped."""
    kinds = [row[0] for row in _rows(database, "select distinct kind from letter where kind is not null", [])[1]]
    if wanted not in kinds:
        words = sorted({*KINDS, *kinds})
        raise UsageError("no letter is of that kind", where="--type", remedy=f"choose one of: {', '.join(words)}")


@verb(
    "sql",
    example="""
    archief sql "select kind, count(*) as letters from letter group by kind"
    archief sql --csv "select * from timeline" > timeline.csv
    """,
    exits=(NoArchiveError,),
)
@click.argument("query")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
def sql(session: Session, *, query: str, as_csv: bool) -> None:
    """Ask the projections with SQL (DuckDB). Reads only: no file, no network, no change. Tables: docs/data.md."""
    log = session.log()
    test = session.is_test(log)
    with state.connection(session, log) as database:
        columns, rows = _asked(database, query)
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        records = [dict(zip(columns, row, strict=False)) for row in rows]
        session.output.members({"test": test, "position": position, "columns": columns, "rows": records})
    elif as_csv:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([columns, *rows])
        session.output.raw(text.getvalue().encode())
    else:
        session.output.table(columns, rows)
        session.output.note(f"{counted(len(rows), 'row')}; position {log.size} of {log.origin}, {log.last_commit.time}")


def _asked(database: Any, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:  # noqa: ANN401 - duckdb's own class
    """Ask what a person typed. A message that may hold content of a record is not repeated."""
    import duckdb  # noqa: PLC0415 - imported by then

    told = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException)
    try:
        statements = database.extract_statements(query)
        if not statements:
            raise UsageError(
                "an empty query", where="the query", remedy='write a select: archief sql "select * from letter"'
            )
        if {statement.type.name for statement in statements} - {"SELECT", "EXPLAIN"}:
            raise UsageError("sql reads only: one select", remedy="events are appended with `archief append`")
        if len(statements) > 1:
            raise UsageError(
                f"{len(statements)} statements; sql takes one select",
                where="the query",
                remedy="run them one at a time",
            )
        return _rows(database, query, [])
    except told as error:
        what = str(error).partition("\n")[0].partition(": ")[2]
        raise UsageError(
            what[:1].lower() + what[1:], where="the query", remedy="the tables are in docs/data.md"
        ) from None
    except duckdb.Error as error:
        zoned = "pytz" in str(error)
        failed = f"the query failed while it ran ({type(error).__name__})"
        what = "a column has a time with a time zone" if zoned else failed
        remedy = "cast it to a time in UTC: now()::timestamp" if zoned else "cast with try_cast"
        raise UsageError(what, where="the query", remedy=remedy) from None


def _rows(database: Any, query: str, values: list[Any]) -> tuple[list[str], list[tuple[Any, ...]]]:  # noqa: ANN401 - as above
    found = database.execute(query, values)
    columns = [column[0] for column in found.description or ()]
    return columns, [tuple(_plain(value) for value in row) for row in found.fetchall()]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Times as the log writes them: in UTC, with a Z."""
    if not isinstance(value, dt.datetime):
        return value
    return f"{value if value.tzinfo is None else value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
