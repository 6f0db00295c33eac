"""``archief list`` and ``archief sql``: many records at once, out of the projections."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import click

from archief.cli import account, authority, state
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.sql import answered, asked
from archief.cli.verbs import verb
from archief.cli.views import letter_filters
from archief.cli.views.letter_filters import Filters
from archief.errors import NoArchiveError, UsageError
from archief.log import Log

SHOWN = {
    "letters": ("number", "date", "kind", "status", "subject", "stream"),
    "dossiers": ("number", "opened", "closed", "status", "list", "row", "waardering", "title", "stream"),
    "retention": ("number", "title", "closed", "row", "waardering", "outcome", "action_date", "missing", "stream"),
    "destructions": ("title", "round", "status", "reference_date", "records", "excepted", "earliest", "stream"),
    "transfers": ("title", "round", "status", "records", "sip_number", "offered", "rejections", "accepted", "stream"),
    "findings": ("rule", "severity", "status", "title", "due", "stream"),
    "list-rows": ("list", "nummer", "waardering", "bewaartermijn", "procestermijn", "resultaat", "omschrijving"),
}
"""What a person is shown of a table with many columns; JSON has them all."""

TABLES = {
    "letters": ("letter", "date nulls last, number, opened_seq"),
    "dossiers": ("dossier", "opened, number, opened_seq"),
    "filings": ("filing", "seq"),
    "retention": ("retention", "action_date nulls last, opened, stream"),
    "retention-letters": ("retention_letter", "action_date nulls last, made, stream"),
    "blocks": ("block", "seq, record"),
    "restrictions": ("restriction", "seq"),
    "destructions": ("destruction", "seq"),
    "transfers": ("transfer", "seq"),
    "transferred": ("handed_over", "seq, stream"),
    "rule-sets": ("rule_set", "seq, code"),
    "list-rows": ("list_row", "list, nummer"),
    "persons": ("person", "seq"),
    "keys": ("key", "enrolled_seq, id"),
    "roles": ("role", "begin_seq"),
    "mandates": ("mandate", "seq"),
    "documents": ("document", "seq, name"),
    "signatures": ("signature", "seq"),
    "dispatches": ("dispatch", "seq"),
    "versions": ("letter_version", "seq"),
    "meetings": ("meeting", "date, seq"),
    "commitments": ("commitment", "due_end nulls last, seq"),
    "series": ("series", "seq, series, year"),
    "findings": ("finding", "seq"),
    "voided-numbers": ("voided_number", "seq"),
    "timeline": ("timeline", "seq"),
}
"""What can be listed: the projection, and its order."""

STUBBED = frozenset({"subject", "title"})
"""What of a destroyed record is told to be gone, and under which certificate."""

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
@click.option(
    "--kind", "table", type=click.Choice(list(TABLES)), default="letters", help="What to list; letters without it."
)
@letter_filters.options
@click.option(
    "--limit", type=letter_filters.COUNT, default=LIMIT, metavar="N", help="At most so many (100); 0 for all."
)
def list_records(session: Session, *, table: str, filters: Filters, limit: int) -> None:
    """List the register of letters, or what else there is."""
    log = session.log()
    test = session.is_test(log)
    if table != "letters" and any(value is not None for value in filters):
        raise UsageError("letters are filtered, nothing else", where=f"--kind {table}", remedy="leave the filters out")
    name, order = TABLES[table]
    with state.connection(session, log) as database:
        where, values = filters.where(database)
        ((total,),) = answered(database, f"select count(*) from {name} where {where}", values)[1]  # noqa: S608 - our own words; values are bound
        query = f"select * from {name} where {where} order by {order}" + (f" limit {limit}" if limit else "")  # noqa: S608 - as above
        columns, rows = answered(database, query, values)
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        session.output.members({"test": test, "position": position, "total": total, table: records})
        return
    shown = SHOWN.get(table, columns)
    cells = [dict(zip(columns, row, strict=True)) for row in rows]
    _stub(session, log, cells)
    session.output.table([name.upper() for name in shown], [[row[name] for name in shown] for row in cells])
    more = f"; --limit 0 shows all {total:,}" if len(rows) < total else ""
    session.output.note(
        f"{len(rows):,} of {total:,}{more}; position {log.size} of {log.origin}, {log.last_commit.time}"
    )


def _stub(session: Session, log: Log, rows: Sequence[dict[str, Any]]) -> None:
    """Let destroyed records say so where their words stood."""
    destroyed = [row for row in rows if row.get("status") == "destroyed" and STUBBED & row.keys()]
    if not destroyed:
        return
    destructions = authority.of(session, log).destructions
    for row in destroyed:
        stub = account.gone(destructions, str(row["stream"]))
        row.update({name: stub for name in STUBBED & row.keys() if row[name] is None})


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
        columns, rows = asked(database, query)
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
