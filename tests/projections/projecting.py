"""An archive in a folder with its state, and the rows of that state."""

from __future__ import annotations

from typing import Any

import duckdb

from archief.log import Log
from archief.projections import tables
from archief.projections.projector import Projector
from archief.storage.local import LocalStorage
from tests.founding import Founded

Rows = dict[str, list[tuple[Any, ...]]]


def projector(archive: Founded, unauthorised: tuple[int, ...] = ()) -> Projector:
    """As another command would have it: the log opened afresh."""
    storage = archive.storage
    if isinstance(storage, LocalStorage):
        return Projector(Log(LocalStorage(storage.folder)), storage.folder / "cache", unauthorised)
    raise AssertionError("an archive in a folder")


def rows(connection: duckdb.DuckDBPyConnection, *, ordered: bool = False) -> Rows:
    """Every row of every table; in one order, or in the order they are stored in."""
    names = [*tables.projections(), "skipped", "event_type"]
    found_rows = {name: connection.execute(f"select * from {name}").fetchall() for name in names}
    return found_rows if ordered else {name: sorted(rows, key=repr) for name, rows in found_rows.items()}


def every_row(archive: Founded, unauthorised: tuple[int, ...] = ()) -> Rows:
    """Every row that a reader of the state sees."""
    with projector(archive, unauthorised).connect() as connection:
        return rows(connection)
