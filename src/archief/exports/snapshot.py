"""A snapshot: the whole state at one position, as files that need no archive: Parquet, CSV, SQLite, and what they mean.

    LEESMIJ.txt              what this is, in Dutch
    manifest.json            what it was made from, what was left out, SHA-256 and size of every other file
    checkpoint               a signed head of the log, with its cosignatures
    checkpoint.consistency   the proof that this head extends the state's root (RFC 6962 2.1.2)
    gegevens.csv             the data dictionary: every table and column
    parquet/ csv/            one file a table
    archief.sqlite           all tables in one file

The same state gives the same bytes, with the same DuckDB and SQLite. A DuckDB file is not among them: it holds a random
id, so that no two are equal; DuckDB reads the Parquet files as they are. Tables go from the state file to Parquet
without passing through Python; memory does not grow with their length.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sqlite3
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from archief import canonical, durable
from archief.exports import snapshot_text
from archief.exports.snapshot_manifest import FORM, MANIFEST, FileLine, Manifest, Position, TableLine
from archief.exports.target import Target
from archief.projections import state, tables

if TYPE_CHECKING:
    import datetime as dt

    from duckdb import DuckDBPyConnection

Level = Literal["open", "internal"]
Progress = Callable[[int, int], None]

SQLITE = "archief.sqlite"
DICTIONARY = "gegevens.csv"
CHECKPOINT = "checkpoint"
CONSISTENCY = "checkpoint.consistency"

NO_STATE = ("skipped", "state")
"""Tables about the state file itself: the manifest says it better."""

OPEN = "select stream from temp.main.record_openness where why is null"

ROWS = 5_000
"""Rows that go into SQLite at a time."""


class Chosen(NamedTuple):
    """What goes along of a table.

    Attributes:
        name: the table.
        columns: their names, in order.
        of: columns that name open records only; empty: every row goes along.
    """

    name: str
    columns: Sequence[str]
    of: Sequence[str] = ()


class Wish(NamedTuple):
    """What a snapshot is made from.

    Attributes:
        level: ``open`` or ``internal``.
        organisation: whose archive it is.
        test: it is a test archive.
        position: origin, size, root and time of the state.
        destructions: size of the log up to which erasures are in it.
        day: the day on which limits on openness are judged.
        limited: records that a limit holds on by what is known now, whatever the state's own day.
        checkpoint: the signed head.
        consistency: the proof that it extends the state's root.
    """

    level: Level
    organisation: str
    test: bool
    position: Position
    destructions: int
    day: dt.date
    limited: Sequence[str]
    checkpoint: bytes
    consistency: bytes


class Written(NamedTuple):
    """What was written.

    Attributes:
        manifest: what it says of itself.
        streams: the letters and dossiers in it, in the order of their ids.
    """

    manifest: Manifest
    streams: list[str]


def write(target: Target, state_file: Path, wish: Wish, progress: Progress | None = None) -> Written:
    """Write a snapshot.

    Args:
        target: the empty folder.
        state_file: the state at the position, a file that nobody writes meanwhile.
        wish: what is asked.
        progress: told how many tables are done.

    Raises:
        WriteFailedError: the disk refused.
    """
    folder = target.folder.resolve()
    for name in ("parquet", "csv"):
        with durable.reported(folder):
            (folder / name).mkdir()
    with contextlib.closing(state.open_for_export(state_file, folder)) as database:
        left_out = _mark_open(database, wish) if wish.level == "open" else {}
        described = _described(database)
        chosen = _chosen(described, wish.level)
        lines = []
        with contextlib.closing(_sqlite(folder / SQLITE)) as lite:
            for number, table in enumerate(chosen, 1):
                count = _write_table(database, lite, folder, table)
                lines.append(TableLine(name=table.name, columns=list(table.columns), rows=count))
                if progress is not None:
                    progress(number, len(chosen))
            lite.execute("pragma user_version = 1")
        held = OPEN if wish.level == "open" else "select stream from letter union all select stream from dossier"
        rows = database.execute(f"select cast(stream as varchar) from ({held}) order by 1").fetchall()  # noqa: S608 - ours
    names = {table.name: table.columns for table in chosen}
    closed = sorted(set(described) - set(names) - set(NO_STATE))
    target.put(CHECKPOINT, wish.checkpoint)
    target.put(CONSISTENCY, wish.consistency)
    target.put(DICTIONARY, _dictionary(described, names))
    manifest = Manifest(
        form=FORM,
        level=wish.level,
        test=wish.test,
        position=wish.position,
        destructions=wish.destructions,
        tables=lines,
        tables_left_out=closed,
        records_left_out=left_out,
        files=[],
    )
    target.put(snapshot_text.NAME, snapshot_text.text(manifest, wish.organisation))
    _take_in(target, folder)
    files = [FileLine(path=path, sha256=target.digests[path], size=target.sizes[path]) for path in sorted(target.sizes)]
    whole = Manifest(**{**{name: getattr(manifest, name) for name in manifest.__struct_fields__}, "files": files})
    target.put(MANIFEST, canonical.encode(whole) + b"\n")
    return Written(whole, [stream for (stream,) in rows])


def limited(database: DuckDBPyConnection, day: dt.date) -> list[str]:
    """The records that a limit on openness holds on: those that begin later too, and those without an end."""
    rows = database.execute(
        "select distinct cast(stream as varchar) from restriction"
        " where (lifted_seq is null or coalesce(lifted, date '9999-12-31') > $day)"
        " and (end_date is null or end_date > $day) order by 1",
        {"day": day},
    ).fetchall()
    return [stream for (stream,) in rows]


def open_columns() -> Mapping[str, Chosen]:
    """What level ``open`` shows, by table: ``snapshot.toml``."""
    text = resources.files("archief.exports").joinpath("snapshot.toml").read_text(encoding="utf-8")
    return {name: Chosen(name, one["columns"], one.get("of", [])) for name, one in tomllib.loads(text).items()}


def _mark_open(database: DuckDBPyConnection, wish: Wish) -> dict[str, int]:
    """Note which records are open, in ``temp.main.record_openness``; tell how many are not, and why."""
    streams = sorted({*wish.limited, *limited(database, wish.day)})
    database.execute(tables.read("snapshot", "open.sql"), {"limited": streams})
    rows = database.execute(
        "select kind, why, count(*) from temp.main.record_openness where why is not null group by all order by all"
    ).fetchall()
    return {f"{kind}_{why}": count for kind, why, count in rows}


def _described(database: DuckDBPyConnection) -> dict[str, tuple[str, list[tuple[str, str, str]]]]:
    """Every table and view with what it is, and its columns with type and meaning."""
    found: dict[str, tuple[str, list[tuple[str, str, str]]]] = {}
    query = (
        "select table_name, comment from duckdb_tables() where database_name = $1 and not internal union all"
        " select view_name, comment from duckdb_views() where database_name = $1 and not internal order by all"
    )
    for name, comment in database.execute(query, [state.ALIAS]).fetchall():
        found[name] = (comment or "", [])
    rows = database.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " where database_name = $1 and not internal order by table_name, column_index",
        [state.ALIAS],
    ).fetchall()
    for table, column, kind, comment in rows:
        found[table][1].append((column, kind, comment))
    return found


def _chosen(described: Mapping[str, tuple[str, list[tuple[str, str, str]]]], level: Level) -> list[Chosen]:
    if level == "open":
        return [one for name, one in sorted(open_columns().items()) if name in described]
    return [
        Chosen(name, [column for column, _, _ in columns])
        for name, (_, columns) in described.items()
        if name not in NO_STATE
    ]


# one table


def _write_table(database: DuckDBPyConnection, lite: sqlite3.Connection, folder: Path, table: Chosen) -> int:
    """Write a table as Parquet, then from that file as CSV and into SQLite: its rows are put in order once."""
    columns = ", ".join(f'"{name}"' for name in table.columns)
    where = " and ".join(f'"{name}" in ({OPEN})' for name in table.of)
    select = f'select {columns} from {state.ALIAS}.main."{table.name}"' + (f" where {where}" if where else "")  # noqa: S608 - names of ours
    parquet, text = (_quoted(folder / kind / f"{table.name}.{kind}") for kind in ("parquet", "csv"))
    copied = f"copy ({select} order by all) to {parquet} (format parquet, compression zstd)"
    ((rows,),) = database.execute(copied).fetchall()
    database.execute(f"copy (select * from read_parquet({parquet})) to {text} (format csv, header)")  # noqa: S608 - as above
    _fill(database, lite, table.name, parquet)
    return int(rows)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sqlite(path: Path) -> sqlite3.Connection:
    with durable.reported(path):
        made = sqlite3.connect(path, isolation_level=None)
    made.execute("pragma journal_mode = off")
    made.execute("pragma synchronous = off")
    return made


def _fill(database: DuckDBPyConnection, lite: sqlite3.Connection, name: str, parquet: str) -> None:
    """Put a table into the SQLite file: numbers as numbers, all else as text, lists as JSON."""
    found = database.execute(f"describe select * from read_parquet({parquet})").fetchall()  # noqa: S608 - names of ours
    shown = {column: _in_sqlite(column, str(kind)) for column, kind, *_ in found}
    columns = ", ".join(f'"{column}" {affinity}' for column, (affinity, _) in shown.items())
    lite.execute("begin")
    lite.execute(f'create table "{name}" ({columns})')
    read = database.execute(f"select {', '.join(text for _, text in shown.values())} from read_parquet({parquet})")  # noqa: S608 - as above
    places = ", ".join("?" * len(shown))
    while rows := read.fetchmany(ROWS):
        lite.executemany(f'insert into "{name}" values ({places})', rows)  # noqa: S608 - as above
    lite.execute("commit")


def _in_sqlite(column: str, kind: str) -> tuple[str, str]:
    quoted = f'"{column}"'
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return "text", f"cast(to_json({quoted}) as varchar)"
    if kind == "BOOLEAN" or kind.endswith("INT") or kind == "INTEGER":
        return "integer", f"cast({quoted} as bigint)"
    if kind == "TIMESTAMP":
        return "text", f"strftime({quoted}, '%Y-%m-%dT%H:%M:%SZ')"
    return "text", f"cast({quoted} as varchar)"


# the rest


def _dictionary(
    described: Mapping[str, tuple[str, list[tuple[str, str, str]]]], names: Mapping[str, Sequence[str]]
) -> bytes:
    """The data dictionary, as CSV: table, column, type, meaning; a table's own line has no column."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "column", "type", "meaning"))
    for name, wanted in names.items():
        comment, columns = described[name]
        writer.writerow((name, "", "", comment))
        writer.writerows((name, column, kind, what) for column, kind, what in columns if column in wanted)
    return text.getvalue().encode()


def _take_in(target: Target, folder: Path) -> None:
    """Hash what DuckDB and SQLite wrote."""
    for path in sorted((*folder.glob("parquet/*"), *folder.glob("csv/*"), folder / SQLITE)):
        with durable.reported(path), path.open("rb") as written:
            name = path.relative_to(folder).as_posix()
            target.digests[name], target.sizes[name] = _hashed(written)


def _hashed(source: Any) -> tuple[str, int]:  # noqa: ANN401 - a binary file
    import hashlib  # noqa: PLC0415 - beside its use

    digest, size = hashlib.sha256(), 0
    while piece := source.read(1 << 20):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size
