"""What an append must know of the past, kept so that it need not be read again: a cache, thrown away at will.

Per stream its newest version and what its letter has reached, how many numbers each series issued, and the entries that
authority rests on. Holds random ids and log lines, nothing of a record. An index of another log is noticed by its last
commit and built again. Nothing of authority is believed because it stands here: these lines have the digest that this
machine remembers outside the archive (``heads.Anchor``), or come out of the log and are led to the root that its last
commit sealed. Of a stream's version the log is asked when an append rests on it (``journal``). What a letter reached
and how many numbers were issued is believed; an audit names what is appended on a false word.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import sqlite3
import uuid
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from archief.commit_facts import SAYING, CommitFacts, Line
from archief.errors import CorruptError, MalformedError, ProofError
from archief.events import catalogue, envelope
from archief.events.envelope import Event
from archief.heads import Anchor
from archief.log import committed_entries
from archief.rules.authority import AUTHORITY_TYPES, Authority
from archief.storage import base
from archief.storage.base import Storage, Tail
from archief.stored_tree import StoredTree
from archief.tlog import merkle

T = TypeVar("T")

_SCHEMA = """
create table if not exists position (size integer not null, last_commit blob not null);
create table if not exists stream (
    id blob primary key, version integer not null, kind text not null, seq integer not null, reached integer not null
) without rowid;
create table if not exists issued (
    series text not null, year integer not null, count integer not null, primary key (series, year)
) without rowid;
create table if not exists authority (seq integer primary key, line blob not null, tags text not null);
"""
_UPSERT = (
    "insert into stream values (?, ?, ?, ?, ?) on conflict (id) do update set version = excluded.version"
    ", seq = excluded.seq, kind = case when excluded.kind = '' then kind else excluded.kind end"
    ", reached = reached | excluded.reached"
)
_FORM = 6
"""Stands in the file; an index of another form is built again."""

PENDING_MAX = 200_000
"""Streams kept in memory before they are written out."""

LOOKUP_MAX = 500
"""Streams looked up in one query."""

CONFIRMED_MAX = 8
"""Of so many streams of one append the index is held against the log."""

_AUTHORITY = frozenset(AUTHORITY_TYPES)


class Stream(NamedTuple):
    """What is known of a stream.

    Attributes:
        version: its newest ``stream_seq``; -1 when there is none.
        kind: as the catalogue has it; empty where it is not known.
        seq: the entry of that version; -1 when there is none.
        reached: what its letter has been through (``lifecycle.Reached``).
    """

    version: int = -1
    kind: str = ""
    seq: int = -1
    reached: int = 0


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
        self._pending: dict[str, Stream] = {}
        self._issued: dict[tuple[str, int], int] = {}
        self._counted_to = 0
        self._lines: list[Line] = []
        self._kept_to = 0
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
        self.position = Position(0, b"")
        with contextlib.suppress(MalformedError):
            self.position = _typed(row, Position) if row else self.position
        self._kept_to = self._counted_to = self.position.size
        rows = database.execute("select series, year, count from issued").fetchall()
        self._issued = {(series, year): count for series, year, count in _typed(rows, list[tuple[str, int, int]])}
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
        self._issued.clear()
        self._counted_to = 0
        self._lines.clear()
        self._kept_to = 0
        self.position = Position(0, b"")

    def follow(self, storage: Storage, tail: Tail, anchor: Anchor | None) -> Authority:
        """Open the index, take in what it has not seen, and fold what authority rests on; built again where the log or
        the anchor says otherwise.

        Args:
            storage: where the log is.
            tail: its end, whose last commit seals the events before it.
            anchor: what this machine remembers of authority in this log; without one everything is read in the log.

        Raises:
            CorruptError: the log is damaged, or authority rests on lines that were changed.
        """
        position = self.open()
        if anchor is not None and anchor.size > tail.size:
            anchor = None  # the log was cut, and who remembers its head says so
        begin = min(position.size, anchor.size) if anchor is not None else 0
        if begin and _is_at(storage, tail, position):
            with contextlib.suppress(MalformedError, CorruptError):
                return self._follow(begin, storage, tail, anchor)
        self.clear()
        self.open()
        try:
            return self._follow(0, storage, tail, anchor)
        except MalformedError as error:
            raise CorruptError(
                error.what, where=error.where or storage.place, remedy="run `archief verify`: it names the place"
            ) from None

    def _follow(self, begin: int, storage: Storage, tail: Tail, anchor: Anchor | None) -> Authority:
        self._lines.clear()
        self._kept_to = begin
        if begin < tail.size:
            self.add(begin, committed_entries(storage, tail, begin))
        if self.position != Position(tail.size, tail.commit):
            raise MalformedError(f"the log has not the {tail.size} entries that its last commit says")
        if begin and (anchor is None or self.digest(anchor.size) != anchor.digest):
            raise MalformedError("the index is not what this machine saw")
        _prove([(seq, line) for seq, line, _ in self.authority() if seq >= begin], storage, tail)
        return self.fold()

    def digest(self, size: int) -> str:
        """SHA-256, in hex, over what authority rests on in the first ``size`` entries (``heads.Anchor``)."""
        return digest_of(self.authority(size))

    def streams(self, streams: Collection[str]) -> dict[str, Stream]:
        """What is known of these streams.

        Raises:
            MalformedError: the file is damaged; clear it and build it again.
        """
        found = dict.fromkeys(streams, Stream())
        wanted = [stream for stream in streams if stream not in self._pending or not self._pending[stream].kind]
        for begin in range(0, len(wanted), LOOKUP_MAX):
            found |= self._stored(wanted[begin : begin + LOOKUP_MAX])
        for stream in streams:
            if stream in self._pending:
                pending, stored = self._pending[stream], found[stream]
                if not pending.kind:
                    pending = pending._replace(kind=stored.kind, reached=pending.reached | stored.reached)
                found[stream] = pending
        return found

    def _stored(self, streams: Sequence[str]) -> dict[str, Stream]:
        if self._database is None or not streams:
            return {}
        marks = ",".join("?" * len(streams))
        query = f"select id, version, kind, seq, reached from stream where id in ({marks})"  # noqa: S608 - question marks only
        wanted = [bytes.fromhex(stream.replace("-", "")) for stream in streams]
        with _damage_named():
            rows = self._database.execute(query, wanted).fetchall()
        found = _typed([(str(uuid.UUID(bytes=raw)), one) for raw, *one in rows], list[tuple[str, Stream]])
        return dict(found)

    def issued(self) -> dict[tuple[str, int], int]:
        """How many numbers each series has issued in each year: letters and voided numbers, destroyed or not."""
        return dict(self._issued)

    def authority(self, size: int | None = None) -> Iterator[Line]:
        """The events that authority rests on and, after each commit's, the commit with the types of all its events.

        Args:
            size: only of the first so many entries, which end with a commit; None for all.
        """
        if self._database is not None:
            with _damage_named():
                query = "select seq, line, tags from authority where seq < ? order by seq"
                end = self._kept_to if size is None else min(self._kept_to, size)
                rows = self._database.execute(query, [end]).fetchall()
            yield from _typed(rows, list[Line])
        yield from (line for line in self._lines if size is None or line[0] < size)

    def fold(self, size: int | None = None) -> Authority:
        """What authority says at the index's end, or after the first ``size`` entries, which end with a commit.

        Raises:
            MalformedError: a line that authority rests on is damaged, here or in the log.
        """
        authority = Authority()
        events: list[Event] = []
        for _, line, tags in self.authority(size):
            if not envelope.is_commit(line):
                events.append(envelope.decode_event(line))
                continue
            commit = envelope.decode_commit(line)
            if not authority.judge(commit.key, commit.origin, tags.split()):
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
        said = CommitFacts(self.fold)
        tags: set[bytes] = set()
        entry, seq = b"", first - 1
        for seq, entry in enumerate(entries, first):
            tag = entry[entry.rfind(b'"type":"') + 8 : -2]
            if tag == b"commit.v1":
                self._take(said, seq, entry, tags)
                tags = set()
                if len(self._pending) > PENDING_MAX:
                    self.position = Position(seq + 1, entry)
                    self.flush()
                continue
            tags.add(tag)
            at = entry.rfind(b'"stream":"') + 10
            try:
                stream, version = entry[at : at + 36].decode("ascii"), int(entry[at + 51 : entry.index(b",", at + 51)])
                known = self._pending.get(stream)
                kind = known.kind if known is not None else _checked(stream)
            except ValueError:
                raise MalformedError("not an entry of the log", where=f"entry {seq}") from None
            reached = known.reached if known is not None else 0
            self._pending[stream] = Stream(version, kind or (_kind(tag) if version == 0 else ""), seq, reached)
            if tag in SAYING:
                said.see(seq, tag, stream, entry)
        if entry:
            self.position = Position(seq + 1, entry)

    def _take(self, said: CommitFacts, seq: int, entry: bytes, tags: set[bytes]) -> None:
        """Take into account what the events of a commit say; what an unauthorised one says counts for nothing."""
        if not said.lines and not said.milestones and not said.issued:
            return
        names = b" ".join(sorted(tags)).decode("ascii", "replace")
        if said.authorised(entry, names):
            for stream, reached in said.milestones:
                known = self._pending[stream]
                self._pending[stream] = known._replace(reached=known.reached | reached)
            if seq >= self._counted_to:
                self._count(said.issued)
        if said.lines:
            self._lines += [*said.lines, (seq, entry, names)]
        said.clear()

    def _count(self, issued: Iterable[tuple[str, int]]) -> None:
        for one in issued:
            self._issued[one] = self._issued.get(one, 0) + 1

    def note(
        self, streams: dict[str, Stream], issued: Iterable[tuple[str, int]], held: Iterable[Line], position: Position
    ) -> None:
        """As ``add``, for a writer that has the parts at hand.

        Args:
            streams: what is known of each stream now.
            issued: series and year of each number that was issued.
            held: the lines that authority rests on.
            position: up to where that goes.
        """
        self._pending.update(streams)
        self._count(issued)
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
                counts = [(*one, count) for one, count in self._issued.items()]
                database.executemany("insert or replace into issued values (?, ?, ?)", counts)
                database.execute("delete from authority where seq >= ?", [self._kept_to])
                database.executemany("insert or replace into authority values (?, ?, ?)", self._lines)
                database.execute("delete from position")
                database.execute("insert into position values (?, ?)", self.position)
            database.commit()
            self._pending.clear()
            self._lines.clear()
            self._kept_to = self.position.size

    def close(self) -> None:
        """Write out and let go."""
        self.flush()
        if self._database is not None:
            self._database.close()
            self._database = None


def digest_of(lines: Iterable[Line]) -> str:
    """SHA-256, in hex, over lines that authority rests on, each with its entry and its commit's types."""
    digest = hashlib.sha256()
    for seq, line, tags in lines:
        digest.update(b"%d %b %b\n" % (seq, line, tags.encode()))
    return digest.hexdigest()


def confirm(storage: Storage, streams: Iterable[tuple[str, Stream]]) -> None:
    """Hold what an index says of streams against the entries that it names: of the first few, each costs a segment.

    A version that was there and is not the newest gets past this; an audit names what is appended on it.

    Raises:
        MalformedError: the log says otherwise.
    """
    for stream, one in itertools.islice(streams, CONFIRMED_MAX):
        written = b'"seq":%d,"stream":"%b","stream_seq":%d,"type":"' % (one.seq, stream.encode(), one.version)
        held = base.segments_between(storage.log_segments(), one.seq, one.seq + 1)
        if not any(written in storage.read(segment) for segment in held):
            raise MalformedError("the index is not what the log says", where=f"entry {one.seq}")


def _is_at(storage: Storage, tail: Tail, position: Position) -> bool:
    """Whether an index is of this log: its last commit stands there."""
    if position.size == tail.size:
        return position.last_commit == tail.commit
    if not 0 < position.size < tail.size:
        return False
    with contextlib.suppress(MalformedError):
        return base.entry_lines(storage, position.size - 1, position.size) == [position.last_commit]
    return False


def _prove(lines: Sequence[tuple[int, bytes]], storage: Storage, tail: Tail) -> None:
    """Lead lines of the log to the root that its last commit is signed over; what that commit seals is proved apart."""
    if not tail.size:
        return
    sealed = envelope.decode_commit(tail.commit).base
    lines = [(seq, line) for seq, line in lines if seq < sealed.size]
    for from_log in (False, True):
        tree = StoredTree(storage, sealed.size, from_log=from_log)
        try:
            for seq, line in lines:
                proof = merkle.inclusion_proof(seq, sealed.size, tree)
                merkle.verify_inclusion(merkle.leaf_hash(line), seq, sealed.size, proof, bytes.fromhex(sealed.root))
        except ProofError:
            continue
        return
    raise CorruptError(
        "the entries that say who may append are not those that the last commit was signed over",
        where=storage.place,
        remedy="append nothing; run `archief verify`: it names the place",
    )


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError:
        raise MalformedError("the index is damaged", remedy="it is made again from the log") from None


def _typed(found: Any, form: type[T]) -> T:  # noqa: ANN401 - what a database gives
    """What was read, when it has the types that were written: SQLite keeps any type in any column."""
    try:
        return msgspec.convert(found, form, builtin_types=[bytes])
    except msgspec.ValidationError:
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
