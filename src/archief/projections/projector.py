"""Replay: makes the state from the log, catches it up, and notices when it is not this log's.

Reads verified bytes only: whoever calls has verified the log up to ``log.size`` and says which commits are
unauthorised. The log is always the truth. A state that is behind is caught up; one that is ahead of the log, from
another log, made by other SQL, or damaged, is made again from nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from archief.errors import ArchiefError, UsageError
from archief.events import envelope
from archief.log import Log
from archief.projections import state, tables
from archief.projections.lines import Lines
from archief.projections.staging import Staging
from archief.projections.state import ALIAS, BusyError, DamagedError, Made, StateFile
from archief.stored_tree import WIDTH, StoredTree
from archief.tlog import merkle

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHUNK_ENTRIES = 64 * envelope.SEGMENT_ENTRIES
"""Entries staged at a time, about a million: what bounds memory. Longer than a commit."""

IN_PLACE_ENTRIES_MAX = 2_000
"""The longest catch-up that is written into the file itself, while readers wait. A longer one goes into a copy."""

REBUILD_SHARE = 0.5
"""From this share of the log on a catch-up is not worth it: the state is made again."""

Progress = Callable[[int, int], None]
"""Told how many entries are done, and of how many."""


class Status(NamedTuple):
    """How the state stands to the log.

    Attributes:
        kind: ``current``, ``behind``; or why it will be made again: ``none``, ``ahead`` of the log, ``foreign``
            (another log), ``fork`` (another history of this log), ``outdated`` (made by other SQL, or with other
            commits left out), ``damaged``.
        behind: entries of the log that the state does not know.
        made: what it says of itself; None when it says nothing.
        mark: which file was looked at (:meth:`StateFile.mark`).
    """

    kind: Literal["current", "behind", "none", "ahead", "foreign", "fork", "outdated", "damaged"]
    behind: int
    made: Made | None
    mark: tuple[int, ...] = ()


class Replayed(NamedTuple):
    """What a replay did.

    Attributes:
        mode: ``full``, ``incremental``, or ``none`` when the state was current.
        events: events that were applied; unauthorised ones are not.
        size: entries that the state is made from now.
        root: root over them, in hex.
        tables: rows in each table.
    """

    mode: Literal["full", "incremental", "none"]
    events: int
    size: int
    root: str
    tables: dict[str, int]


class Projector:
    """Makes the state of one archive.

    Args:
        log: the log, verified up to its size.
        cache: the folder of the state file; outside the archive when that is read-only.
        unauthorised: the commits, by entry, whose events count for nothing; None, only to look and to connect, takes
            the state's word for them: what it was made from was verified, and what was unauthorised stays so.
        program: the version of archief, to be written down in what it makes.
    """

    def __init__(self, log: Log, cache: Path, unauthorised: Collection[int] | None = (), *, program: str = "") -> None:
        self.log = log
        self.program = program
        self._as_made = unauthorised is None
        self.unauthorised = sorted(set(unauthorised or ()))
        self._file = StateFile(cache / "state.duckdb")
        self._roots: dict[int, str] = {}

    @property
    def path(self) -> Path:
        """The state file."""
        return self._file.path

    def status(self) -> Status:
        """How the state stands to the log.

        Raises:
            ArchiveInUseError: somebody writes it for longer than a reader waits.
        """
        status, connection = self.look()
        if connection is not None:
            connection.close()
        return status

    def replay(
        self,
        *,
        full: bool = False,
        until: int | None = None,
        into: Path | None = None,
        progress: Progress | None = None,
        seen: Status | None = None,
    ) -> Replayed:
        """Bring the state up to the log; or make one elsewhere, or of a moment in the past.

        Args:
            full: make it again from nothing, even when it is current.
            until: a size of the log, at the end of a commit: make the state as it was then. Only with ``into``.
            into: write the state into this file instead; the one in the cache is left alone.
            progress: told how far it is.
            seen: how the state stood when it was looked at, so that it is not looked at again.

        Raises:
            UsageError: ``until`` is not the end of a commit, or stands without ``into``.
            WriteFailedError: the file cannot be written.
            ArchiveInUseError: another process keeps writing the state.
        """
        size = self._until(until)
        if into is not None and into.resolve() != self.path.resolve():
            target = StateFile(into)
            target.sweep()
            return self._rebuild(target, size, progress)
        if until is not None or into is not None:
            raise UsageError("the state itself is always that of the whole log", remedy="name another file with --into")
        if seen is not None and seen.made is not None and seen.kind != "current":
            status = seen._replace(kind=self._kind(seen.made))  # who looked may not have known what is unauthorised
        else:
            status, connection = self.look()
            if connection is not None:
                with contextlib.closing(connection):
                    if not full and status.kind == "current":
                        return _unchanged(connection)
        with self._file.writing():
            if (
                self._file.mark() != status.mark
            ):  # somebody else wrote it meanwhile, and may have done all there is to do
                status, connection = self.look()
                if connection is not None:
                    with contextlib.closing(connection):
                        if not full and status.kind == "current":
                            return _unchanged(connection)
            return self._make_current(status, full=full, progress=progress)

    def _make_current(self, status: Status, *, full: bool, progress: Progress | None) -> Replayed:
        """Bring the state up to the log, being the only one who does."""
        if not full and status.kind == "behind" and status.behind <= self.log.size * REBUILD_SHARE:
            done = self._catch_up(status, progress)
            if done is not None:
                return done
            self._file.sweep()
        return self._rebuild(self._file, self.log.size, progress)

    def connect(
        self, until: int | None = None, *, progress: Progress | None = None, seen: Status | None = None
    ) -> DuckDBPyConnection:
        """A connection to an up-to-date state, for reading only; nothing outside the state can be reached through it.

        Args:
            until: a size of the log, at the end of a commit: the state as it was then, made in memory.
            progress: told how far a replay is.
            seen: how the state stood when it was looked at: not current.

        Raises:
            WriteFailedError: the state is behind and cannot be written.
            ArchiveInUseError: another process keeps writing the state.
            CorruptError: the state cannot be read.
        """
        if until is not None:
            connection = state.workshop(None)
            try:
                self._project(connection, 0, self._until(until), None)
                state.lock_down(connection)
            except BaseException:
                connection.close()
                raise
            return connection
        if seen is None:
            seen, opened = self.look()
            if opened is not None and seen.kind == "current":
                return opened
            if opened is not None:
                opened.close()
        self.replay(progress=progress, seen=seen)
        try:
            opened = self._file.reader()
        except DamagedError as error:
            raise state.damaged(self.path, error) from None
        assert opened is not None, "a state was just made"
        return opened

    # looking

    def look(self) -> tuple[Status, DuckDBPyConnection | None]:
        """How the state stands to the log, and a connection to it when it can be read at all: what ``current`` says is
        said of what that connection reads, so that a reader opens the file once.

        Raises:
            ArchiveInUseError: somebody writes it for longer than a reader waits.
        """
        import duckdb  # noqa: PLC0415 - 150 ms

        connection, mark = None, self._file.mark()
        try:
            connection = self._file.reader()
            if connection is None:
                return Status("none", self.log.size, None, mark), None
            held = tables.held(connection)
            made = state.made_of(connection) if held.get("state", tables.NOTHING).stored else None
        except (DamagedError, duckdb.Error):
            made, held = None, {}
        if made is not None:
            if made.size > self.log.size:
                self.log.refresh()  # another process may have appended and caught the state up since it was opened
            kind = self._kind(made)
            if kind not in ("current", "behind") or held == tables.expected():
                return Status(kind, self.log.size - made.size if kind == "behind" else 0, made, mark), connection
        if connection is not None:
            connection.close()
        return Status("damaged", self.log.size, None, mark), None

    def _kind(self, made: Made) -> Literal["current", "behind", "ahead", "foreign", "fork", "outdated"]:
        if made.size > self.log.size:
            return "ahead" if made.origin == self.log.origin else "foreign"
        if self._root(made.size) != made.root:
            return "fork" if made.origin == self.log.origin else "foreign"
        left_out = [seq for seq in self.unauthorised if seq < made.size]
        if made.form != tables.form() or (made.unauthorised != left_out and not self._as_made):
            return "outdated"
        return "current" if made.size == self.log.size else "behind"

    def _until(self, until: int | None) -> int:
        if until is None:
            return self.log.size
        if not 0 < until <= self.log.size or not envelope.is_commit(self.log.entry(until - 1)):
            raise UsageError(
                f"no commit ends at size {until:,}",
                where="until",
                remedy=f"name a size that a commit ends at; the log's own is {self.log.size:,}",
            )
        return until

    def _root(self, size: int) -> str:
        """The root over the first entries; a log only grows, so it is worked out once."""
        if size not in self._roots:
            self._roots[size] = self._work_out_root(size)
        return self._roots[size]

    def _work_out_root(self, size: int) -> str:
        """Out of tiles where they lead to what the last commit sealed, out of the entries where not."""
        tree = StoredTree(self.log.storage, self.log.size)
        begin = self.log.size - self.log.size % WIDTH
        _, pieces = Lines(self.log.storage, "log").stretch(begin, self.log.size)
        entries = b"".join(pieces).split(b"\n")[:-1]
        if entries:
            tree.seed(begin // WIDTH, merkle.leaf_hashes(entries))
        base = self.log.last_commit.base
        with contextlib.suppress(ArchiefError):
            if tree.root(base.size).hex() == base.root:
                return tree.root(size).hex()
        return self.log.root(size).hex()

    # making

    def _rebuild(self, target: StateFile, size: int, progress: Progress | None) -> Replayed:
        with contextlib.closing(state.workshop(target.beside)) as connection:
            events = self._project(connection, 0, size, progress) or 0
            connection.execute(f"checkpoint {ALIAS}")
            done = Replayed("full", events, size, self._root(size), _count(connection))
        target.replace()
        target.sweep()
        if target is self._file:  # what was destroyed must be gone from the search index too
            StateFile(self.path.with_name(state.SEARCH)).forget()
        return done

    def _stage(self, staged: Staging, first: int, stop: int) -> None:
        """Stage a chunk and what came before it in its streams."""
        commit = self.log.last_commit if stop == self.log.size else self.log.commit_of(stop - 1)
        staged.load(first, stop, self.unauthorised, commit if commit.seq >= stop else None)

    def _catch_up(self, status: Status, progress: Progress | None) -> Replayed | None:
        """Apply what the state does not know yet; None when it must be made again after all."""
        import duckdb  # noqa: PLC0415 - 150 ms

        assert status.made is not None
        size = self.log.size
        try:
            connection = None
            if status.behind <= IN_PLACE_ENTRIES_MAX:
                with contextlib.suppress(BusyError):  # then somebody reads: leave the file to them
                    connection = state.workshop(self._file.path)
            in_place = connection is not None
            if connection is None:
                self._file.copy_beside()
                connection = state.workshop(self._file.beside)
            with contextlib.closing(connection):
                events = self._project(connection, status.made.size, size, progress)
                if events is None:
                    return None
                connection.execute(f"checkpoint {ALIAS}")
                done = Replayed("incremental", events, size, self._root(size), _count(connection))
        except (DamagedError, duckdb.Error):
            return None  # it says of itself that it is sound, and is not
        if not in_place:
            self._file.replace()
        return done

    def _project(self, connection: DuckDBPyConnection, begin: int, size: int, progress: Progress | None) -> int | None:
        """Bring a state from entry ``begin`` up to ``size``; from 0 in an empty database.

        Returns:
            The number of new events; None when the state holds what may have to be forgotten.
        """
        staged = Staging(connection, self.log.storage)
        staged.remember_owners(known=begin > 0)
        events = 0
        for first, stop in _chunks(begin, size):
            self._stage(staged, first, stop)
            if begin and staged.erases():
                return None  # what was overwritten or deleted stays in a DuckDB file: only a new file forgets
            # One transaction: what is caught up in place is whole at any moment, and nothing is synced in between.
            connection.execute("begin")
            events += _apply(connection, staged, first) if first else _create(connection, staged)
            if stop == size:
                self._sign(connection, size)
            connection.execute("commit")
            if progress is not None:
                progress(stop, size)
        return events

    def _sign(self, connection: DuckDBPyConnection, size: int) -> None:
        """Write down what the state was made from."""
        left_out = [seq for seq in self.unauthorised if seq < size]
        made = Made(self.log.origin, size, self._root(size), self.log.size, tables.form(), self.program, left_out)
        connection.execute("delete from state")
        connection.execute(f"insert into state values ({', '.join('?' * len(made))})", list(made))  # noqa: S608


def _unchanged(connection: DuckDBPyConnection) -> Replayed:
    made = state.made_of(connection)
    return Replayed("none", 0, made.size, made.root, _count(connection))


def _chunks(first: int, stop: int) -> Iterator[tuple[int, int]]:
    while first < stop:
        following = min(first - first % CHUNK_ENTRIES + CHUNK_ENTRIES, stop)
        yield first, following
        first = following


def _create(connection: DuckDBPyConnection, staged: Staging) -> int:
    """Make every table from what is staged. Gives the number of events."""
    tables.make_meta(connection)
    staged.create_tables()
    staged.note_skipped()
    return _count_rows(connection, "event")


def _apply(connection: DuckDBPyConnection, staged: Staging, first: int) -> int:
    """Bring every table up to what is staged: the streams that are touched are taken out and put in anew.

    Args:
        connection: the state.
        staged: the new events, and the earlier ones of their streams.
        first: the first entry that is new.

    Returns:
        The number of new events.
    """
    before = _count_rows(connection, f"{ALIAS}.main.event")
    for each in tables.projections().values():
        if not each.stored or not staged.concerns(each):
            continue
        # An event never changes but for its words: only new ones are put in.
        only = f" where seq >= {first}" if each.name == "event" and not staged.erases() else ""
        if not only:
            connection.execute(f"delete from {each.name} where stream in (select stream from touched)")  # noqa: S608
        staged.define_event(each)
        connection.execute(f"insert into {ALIAS}.main.{each.name} select * from (\n{each.select}\n){only}")  # noqa: S608
    staged.undefine_event()
    staged.note_skipped()
    return _count_rows(connection, "event") - before


def _count_rows(connection: DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 - a name of ours
    assert row is not None
    return int(row[0])


def _count(connection: DuckDBPyConnection) -> dict[str, int]:
    """Rows in each table."""
    names = [each.name for each in tables.projections().values() if each.stored]
    query = " union all ".join(f"select '{name}', count(*) from {name}" for name in sorted(names))  # noqa: S608
    return dict(connection.execute(query).fetchall())
