"""What is asked of the state in SQL, by us or by a person who typed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from archief.errors import UsageError


def asked(database: Any, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:  # noqa: ANN401 - duckdb's own class
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
            raise UsageError(
                "a query only reads: one select",
                where="the query",
                remedy="events are appended with `archief append`",
            )
        if len(statements) > 1:
            raise UsageError(
                f"{len(statements)} statements; sql takes one select",
                where="the query",
                remedy="run them one at a time",
            )
        return answered(database, query, {})
    except told as error:
        what = str(error).partition("\n")[0].partition(": ")[2]
        begins = what[:1] if what[1:2].isupper() else what[:1].lower()  # SELECT stays as it is
        told_as = (begins + what[1:]).rstrip("!")
        raise UsageError(told_as, where="the query", remedy="the tables are in docs/data.md") from None
    except duckdb.Error as error:
        zoned = "pytz" in str(error)
        failed = f"the query failed while it ran ({type(error).__name__})"
        what = "a column has a time with a time zone" if zoned else failed
        remedy = "cast it to a time in UTC: now()::timestamp" if zoned else "cast with try_cast"
        raise UsageError(what, where="the query", remedy=remedy) from None


def answered(database: Any, query: str, values: Mapping[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:  # noqa: ANN401 - as above
    """What a query of our own answers: its columns and rows.

    Args:
        database: a connection to the state.
        query: SQL.
        values: what its parameters stand for.
    """
    found = database.execute(query, values)
    columns = [column[0] for column in found.description or ()]
    return columns, [tuple(_plain(value) for value in row) for row in found.fetchall()]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Times as the log writes them: in UTC, with a Z."""
    if not isinstance(value, dt.datetime):
        return value
    return f"{value if value.tzinfo is None else value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
