"""The projections: one ``.sql`` file each, named as its table. Their text, their hash, the page that describes them.

A file is a comment (what, grain), one ``create or replace table X as select …`` (or ``view``) that reads ``event`` and
``event_type`` only, and ``comment on`` lines. ``docs/data.md`` is printed from those comments.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from archief.events import catalogue
from archief.law import files, mdto, profiles, rule_sets
from archief.law.term import Term

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FOLDER = Path(__file__).parent
_CREATE = re.compile(r"^create or replace (table|view) (\w+) as\n(.*?);\n", re.MULTILINE | re.DOTALL)
_TAG = re.compile(r"'([a-z_]+\.v[0-9]+)'")
_COMMENT = re.compile(r"--[^\n]*")
_FACT = re.compile(r"\bfacts\.(\w+)")
_COLUMN = re.compile(r"^comment on column (\w+)\.\"?(\w+)\"? is ", re.MULTILINE)
META = ("event_type", "preferred_format", "shipped_row", "shipped_rule_set", "signature_place", "skipped", "state")
"""Tables of the state that are no projections."""


class Projection(NamedTuple):
    """One projection.

    Attributes:
        name: its table.
        stored: False for a view.
        text: the whole file.
        create: the part that makes the table.
        select: what it selects from ``event``.
        comments: the part that says what the table and its columns are.
        reads_data: whether it reads payloads.
        facts: the facts that it names; those that it takes out of ``more`` are not among them.
        types: the event types it is about; empty when it is about all.
    """

    name: str
    stored: bool
    text: str
    create: str
    select: str
    comments: str
    reads_data: bool
    facts: frozenset[str]
    types: frozenset[str]


def read(*path: str) -> str:
    """A file of this package."""
    return _FOLDER.joinpath(*path).read_text(encoding="utf-8")


@functools.cache
def projections() -> Mapping[str, Projection]:
    """All projections by name: those that read payloads first, views last: what they read is there by then."""
    found = (parse(item.name.removesuffix(".sql"), item.read_text(encoding="utf-8")) for item in _sql(_FOLDER))
    return {
        each.name: each for each in sorted(found, key=lambda each: (not each.stored, not each.reads_data, each.name))
    }


def _sql(folder: Path) -> list[Path]:
    return sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)


def parse(name: str, text: str) -> Projection:
    """Take a projection's file apart."""
    found = list(_CREATE.finditer(text))
    assert [name] == [each.group(2) for each in found], f"{name}.sql makes one table, {name}"
    create, select = found[0].group(0), found[0].group(3)
    plain = _COMMENT.sub("", select)
    return Projection(
        name,
        stored=found[0].group(1) == "table",
        text=text,
        create=create,
        select=select,
        comments=text[found[0].end() :],
        reads_data=re.search(r"\bdata\b", plain) is not None,
        facts=frozenset(_FACT.findall(plain)),
        types=frozenset(_TAG.findall(plain)),
    )


@functools.cache
def audits() -> Mapping[str, str]:
    """The rules: name and query; any row is a violation."""
    return {item.name.removesuffix(".sql"): item.read_text(encoding="utf-8") for item in _sql(_FOLDER / "audits")}


@functools.cache
def form() -> str:
    """Hash of everything that decides what a state looks like: another hash, another state."""
    digest = hashlib.sha256()
    texts = [each.text for each in projections().values()]
    texts += [item.read_text(encoding="utf-8") for item in _sql(_FOLDER / "staging")]
    texts += [",".join(catalogue.TYPES), files.text("profiles.toml"), files.text("mdto.toml")]
    texts += [rule_sets.hash_of(code) for code in (*rule_sets.LAWS, *rule_sets.LISTS)]
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()


def make_meta(connection: DuckDBPyConnection) -> None:
    """Make the tables that are no projections; fill in the words of the archive and the law's own tables."""
    connection.execute(read("staging", "state.sql"))
    rows = [
        (each.tag, each.name, each.subject, each.stream, each.mdto, each.opens, each.repeats, each.content)
        for each in catalogue.TYPES.values()
    ]
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
    connection.execute(f"insert into event_type values {places}", [value for row in rows for value in row])  # noqa: S608
    for place in _places():
        connection.execute("insert into signature_place values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", place)
    formats = [{"pronom": key, "name": one.name, "open": one.open} for key, one in mdto.preferred_formats().items()]
    _fill(connection, "preferred_format", formats)
    _fill(connection, "shipped_rule_set", _rule_sets())
    _fill(connection, "shipped_row", _list_rows())


def _places() -> list[tuple[object, ...]]:
    """The rows of ``signature_place``."""
    return [
        (
            one.name,
            one.organ,
            sorted(one.kinds),
            one.basis,
            one.on_behalf_of,
            office,
            profiles.who_fill(office),
            sorted(one.not_roles),
            office in one.mandated,
            one.valid_from,
            one.valid_until,
        )
        for one in profiles.profiles()
        for office in one.roles
    ]


class Held(NamedTuple):
    """A table or view of a state file.

    Attributes:
        stored: False for a view.
        columns: their names; of a column that is worked out while it is read, with a mark that no name has.
    """

    stored: bool
    columns: frozenset[str]


NOTHING = Held(stored=False, columns=frozenset())
"""What stands where a state has no such table."""


@functools.cache
def expected() -> Mapping[str, Held]:
    """Every table and view that a state has, out of the comments: there is one for each column."""
    columns: dict[str, set[str]] = {}
    for text in (read("staging", "state.sql"), *(each.comments for each in projections().values())):
        for table, column in _COLUMN.findall(text):
            columns.setdefault(table, set()).add(column)
    views = {each.name for each in projections().values() if not each.stored}
    return {name: Held(name not in views, frozenset(found)) for name, found in columns.items()}


def held(connection: DuckDBPyConnection) -> Mapping[str, Held]:
    """Every table and view in the state of a connection; what is not in its main schema under a longer name."""
    stored: set[tuple[str, str]] = set()
    columns: dict[tuple[str, str], set[str]] = {}
    for schema, table, column, generated in connection.execute(
        "select schema_name, table_name, null, false from duckdb_tables() where database_name = 'projected'"
        " union all select schema_name, table_name, column_name, is_generated from duckdb_columns()"
        " where not internal and database_name = 'projected'"
    ).fetchall():
        if column is None:
            stored.add((schema, table))
        else:
            columns.setdefault((schema, table), set()).add(f"{column} (generated)" if generated else column)
    return {
        name if schema == "main" else f"{schema}.{name}": Held((schema, name) in stored, frozenset(found))
        for (schema, name), found in columns.items()
    }


def _fill(connection: DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Put rows into a table in one go: a thousand single ones would take longer than a small replay."""
    columns = ", ".join(rows[0])
    types = connection.execute(f"select {columns} from {table} limit 0").description or ()  # noqa: S608 - words of ours
    shape = {name: str(kind) for name, kind, *_ in types}
    form = msgspec.json.encode([shape]).decode()
    query = f"insert into {table} ({columns}) select unnest(from_json($1, $2), recursive := true)"
    connection.execute(query, [msgspec.json.encode(rows, enc_hook=str).decode(), form])


def _rule_sets() -> list[dict[str, object]]:
    laws = [
        {
            "code": law.code,
            "kind": "law",
            "edition": law.edition,
            "title": law.title,
            "source": law.source,
            "begin_date": law.begin,
            "end_date": None,
            "after_months": law.after.months,
            "within_months": law.within.months,
            "counted_from": law.counted_from,
        }
        for law in rule_sets.laws().values()
    ]
    lists = [
        {
            **dict.fromkeys(laws[0]),
            "code": known.code,
            "kind": "list",
            "edition": known.edition,
            "title": known.title,
            "source": known.source,
            "begin_date": known.begin,
            "end_date": known.end,
        }
        for known in rule_sets.lists().values()
    ]
    return [*laws, *lists]


def _list_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for known in rule_sets.lists().values():
        for row in known.rows.values():
            term = Term.parse(row.bewaartermijn) if row.bewaartermijn else None
            lengths = {
                "bewaartermijn_months": term and term.months,
                "bewaartermijn_days": term and term.days,
            }
            said = {name: value or None for name, value in row._asdict().items()}
            rows.append({"list": known.code, **said, **lengths})
    return rows


def data_markdown() -> str:
    """The page that describes every table of the state: docs/data.md."""
    import duckdb  # noqa: PLC0415 - 150 ms

    from archief.projections import staging  # noqa: PLC0415 - it reads this module

    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as projected; use projected")
        make_meta(connection)
        staged = staging.Staging(connection)
        staged.clear()
        staged.create_tables()
        described = _describe(connection)
        columns = _columns(connection)
    lines = [
        "# Data",
        "",
        "The tables of the state file, for `archief sql`, reports and exports. All of it is made from the log by",
        "`archief replay` and can be thrown away. Times are UTC. Ids of streams are of type UUID.",
        "Printed from the `comment on` lines in `src/archief/projections`.",
    ]
    for title, names in (("Projections", sorted(projections())), ("About the state itself", META)):
        lines += ["", f"## {title}"]
        for name in names:
            lines += ["", f"### {name}", "", described[name], "", "| column | type | what |", "|---|---|---|"]
            lines += [f"| `{column}` | {kind} | {what} |" for column, kind, what in columns[name]]
    return "\n".join(lines) + "\n"


def _describe(connection: DuckDBPyConnection) -> dict[str, str]:
    query = (
        "select table_name, comment from duckdb_tables() where not internal and database_name = 'projected'"
        " union all select view_name, comment from duckdb_views() where not internal and database_name = 'projected'"
    )
    return {name: comment or "" for name, comment in connection.execute(query).fetchall()}


def _columns(connection: DuckDBPyConnection) -> dict[str, list[tuple[str, str, str]]]:
    query = (
        "select table_name, column_name, data_type, comment from duckdb_columns()"
        " where not internal and database_name = 'projected' order by table_name, column_index"
    )
    columns: dict[str, list[tuple[str, str, str]]] = {}
    for table, column, kind, comment in connection.execute(query).fetchall():
        columns.setdefault(table, []).append((column, kind, comment or ""))
    return columns
