"""What an append must know of the past, kept so that it need not be read again: a cache, thrown away at will.

Per stream its newest version, and the entries that authority rests on. Holds random ids and log lines, nothing of a
record. Believed only for what the log then checks: an index of another log is noticed by its last commit and built
again.
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from archief.errors import MalformedError
from archief.events import catalogue, envelope
from archief.events.envelope import Event
from archief.rules.authority import AUTHORITY_TYPES, Authority

_SCHEMA = """
create table if not exists position (size integer not null, last_commit blob not null);
create table if not exists stream (id blob primary key, version integer not null, kind text not null) without rowid;
create table if not exists authority (seq integer primary key, line blob not null, tags text not null);
"""
_UPSERT = (
    "insert into stream values (?, ?, ?) on conflict (id) do update set version = excluded.version"
    ", kind = case when excluded.kind = '' then kind else excluded.kind end"
)
_FORM = 1
"""Stands in the file; an index of another form is built again."""

PENDING_MAX = 200_000
"""Streams kept in memory before they are written out."""

LOOKUP_MAX = 500
"""Streams looked up in one query."""

_AUTHORITY = frozenset(AUTHORITY_TYPES)
_AUTHORITY_BYTES = frozenset(tag.encode() for tag in AUTHORITY_TYPES)


Line = tuple[int, bytes, str]
"""Entry index, entry, and for a commit the types of its events."""


class Position(NamedTuple):
    """Up to where an index goes: a size at a commit, and that commit's entry."""

    size: int
    last_commit: bytes


class Index:
    """The index of one archive.

    Args:
        path: the file; None keeps it in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._pending: dict[str, tuple[int, str]] = {}
        self._lines: list[Line] = []
        self.position = Position(0, b"")

    def open(self) -> Position:
        """Open the file, or begin a new one; a damaged one is thrown away. In memory where no file can be written."""
        with contextlib.suppress(sqlite3.DatabaseError, OSError):
            return self._open()
        with contextlib.suppress(sqlite3.DatabaseError, OSError):
            self.clear()
            return self._open()
        self._path = None
        self.clear()
        return self._open()

    def _open(self) -> Position:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path or ":memory:", isolation_level=None, check_same_thread=False)
        self._database = database
        weakref.finalize(self, database.close)  # who forgets to close loses what is pending, and no more
        database.execute("pragma synchronous = full")
        database.execute("pragma busy_timeout = 5000")
        if database.execute("pragma user_version").fetchone()[0] != _FORM:
            for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                database.execute(f"drop table {name}")
            database.executescript(_SCHEMA)
            database.execute(f"pragma user_version = {_FORM}")
        row = database.execute("select size, last_commit from position").fetchone()
        self.position = Position(*row) if row else Position(0, b"")
        return self.position

    def clear(self) -> None:
        """Throw everything away; what cannot be deleted is left alone from here on."""
        if self._database is not None:
            self._database.close()
            self._database = None
        try:
            for path in (self._path, Path(f"{self._path}-journal")) if self._path is not None else ():
                path.unlink(missing_ok=True)
        except OSError:
            self._path = None
        self._pending.clear()
        self._lines.clear()
        self.position = Position(0, b"")

    def streams(self, streams: Collection[str]) -> dict[str, tuple[int, str]]:
        """Per stream its newest ``stream_seq`` and its kind (as the catalogue has it); -1 and "" when there is none.

        Raises:
            MalformedError: the file is damaged; clear it and build it again.
        """
        found = dict.fromkeys(streams, (-1, ""))
        wanted = [stream for stream in streams if not self._pending.get(stream, (0, ""))[1]]
        for begin in range(0, len(wanted), LOOKUP_MAX):
            found |= self._stored(wanted[begin : begin + LOOKUP_MAX])
        for stream in streams:
            if stream in self._pending:
                version, kind = self._pending[stream]
                found[stream] = version, kind or found[stream][1]
        return found

    def _stored(self, streams: Sequence[str]) -> dict[str, tuple[int, str]]:
        if self._database is None or not streams:
            return {}
        marks = ",".join("?" * len(streams))
        query = f"select id, version, kind from stream where id in ({marks})"  # noqa: S608 - question marks only
        wanted = [bytes.fromhex(stream.replace("-", "")) for stream in streams]
        with _damage_named():
            rows = self._database.execute(query, wanted).fetchall()
        return {str(uuid.UUID(bytes=raw)): (version, kind) for raw, version, kind in rows}

    def authority(self) -> Iterator[tuple[bytes, list[str]]]:
        """The events that authority rests on and, after each commit's, the commit with the types of all its events."""
        if self._database is not None:
            with _damage_named():
                rows = self._database.execute("select line, tags from authority order by seq").fetchall()
            for line, tags in rows:
                yield line, tags.split()
        for _, line, tags in self._lines:
            yield line, tags.split()

    def fold(self) -> Authority:
        """What authority says at the index's end.

        Raises:
            MalformedError: a line that authority rests on is damaged, here or in the log.
        """
        authority = Authority()
        events: list[Event] = []
        for line, tags in self.authority():
            if not envelope.is_commit(line):
                events.append(envelope.decode_event(line))
                continue
            commit = envelope.decode_commit(line)
            if not authority.judge(commit.key, commit.origin, tags):
                authority.take(commit, events)
            events = []
        return authority

    def add(self, first: int, entries: Iterable[bytes]) -> None:
        """Take whole commits into account.

        Args:
            first: the index of the first of these entries.
            entries: events and commits, ending with a commit.

        Raises:
            MalformedError: what should be an entry is none.
        """
        held: list[Line] = []
        tags: set[bytes] = set()
        entry, seq = b"", first - 1
        for seq, entry in enumerate(entries, first):
            tag = entry[entry.rfind(b'"type":"') + 8 : -2]
            if tag == b"commit.v1":
                if held:
                    self._lines += [*held, (seq, entry, b" ".join(sorted(tags)).decode("ascii", "replace"))]
                    held = []
                tags = set()
                if len(self._pending) > PENDING_MAX:
                    self.position = Position(seq + 1, entry)
                    self.flush()
                continue
            tags.add(tag)
            if tag in _AUTHORITY_BYTES:
                held.append((seq, entry, ""))
            at = entry.rfind(b'"stream":"') + 10
            try:
                stream, version = entry[at : at + 36].decode("ascii"), int(entry[at + 51 : entry.index(b",", at + 51)])
                kind = self._pending[stream][1] if stream in self._pending else _checked(stream)
            except ValueError:
                raise MalformedError("not an entry of the log", where=f"entry {seq}") from None
            self._pending[stream] = version, kind or (_kind(tag) if version == 0 else "")
        if entry:
            self.position = Position(seq + 1, entry)

    def note(self, streams: dict[str, tuple[int, str]], held: Iterable[Line], position: Position) -> None:
        """As ``add``, for a writer that has the parts at hand."""
        self._pending.update(streams)
        self._lines += held
        self.position = position
        if len(self._pending) > PENDING_MAX:
            self.flush()

    def flush(self) -> None:
        """Write out what is pending; a file that cannot be written stays behind, and is caught up another time."""
        database = self._database
        if database is None or not (self._pending or self._lines):
            return
        with contextlib.suppress(sqlite3.DatabaseError), database:  # rolled back whole where it fails
            database.execute("begin immediate")
            row = database.execute("select size from position").fetchone()
            if (row[0] if row else 0) <= self.position.size:
                rows = [(uuid.UUID(stream).bytes, *state) for stream, state in self._pending.items()]
                database.executemany(_UPSERT, rows)
                database.executemany("insert or replace into authority values (?, ?, ?)", self._lines)
                database.execute("delete from position")
                database.execute("insert into position values (?, ?)", self.position)
            database.commit()
            self._pending.clear()
            self._lines.clear()

    def close(self) -> None:
        """Write out and let go."""
        self.flush()
        if self._database is not None:
            self._database.close()
            self._database = None


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError:
        raise MalformedError("the index is damaged", remedy="it is made again from the log") from None


def _checked(stream: str) -> str:
    if not envelope.STREAM_PATTERN.fullmatch(stream):
        raise ValueError(stream)
    return ""


def _kind(tag: bytes) -> str:
    known = catalogue.TYPES.get(tag.decode("ascii", "replace"))
    return known.stream if known is not None else ""


def is_authority(tag: str) -> bool:
    """Whether authority rests on events of this type."""
    return tag in _AUTHORITY
