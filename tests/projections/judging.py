"""A state without a log, to write rows into that a rule is then asked about."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from archief.projections import state, tables
from archief.projections.staging import Staging


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """The state of an archive in which nothing happened."""
    with state.workshop(None) as made:
        tables.make_meta(made)
        staged = Staging(made)
        staged.clear()
        staged.create_tables()
        yield made


@pytest.fixture
def connection(empty: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """That state, to be written into."""
    empty.execute("begin")
    yield empty
    empty.execute("rollback")


def put(connection: duckdb.DuckDBPyConnection, table: str, *rows: dict[str, Any]) -> None:
    for row in rows:
        names, places = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"insert into {table} ({names}) values ({places})", list(row.values()))


def event(stream: uuid.UUID, seq: int, stream_seq: int, tag: str) -> dict[str, Any]:
    return {"stream": stream, "seq": seq, "stream_seq": stream_seq, "type": tag}
