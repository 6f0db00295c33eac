"""The state file: one DuckDB file that is thrown away and made again at will.

Knows what a state says of itself, how to open one for reading without shutting out its writer for long, and how a new
one takes the place of the old. Does not know what stands in the tables.

DuckDB lets either one process write or many read. So a state is made beside the old one and renamed over it; who reads
goes on reading the old file. Only a short catch-up writes into the file itself, and a reader waits for that.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from archief import durable
from archief.errors import ArchiveInUseError, CorruptError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

ALIAS = "projected"
"""The name under which a connection holds the state."""

SEARCH = "search.duckdb"
"""The file of the search index, beside the state (search.py)."""

WAIT_SECONDS = 30.0
"""How long a reader waits for a catch-up, and a writer for another writer."""

ROW_GROUP_ROWS = 30_720
"""Rows that DuckDB writes as one piece: small enough that two cores share the writing of a hundred thousand letters."""

MEMORY_MAX = "1GB"
"""What DuckDB may hold: a state that is made spills what is beyond it below ``cache/``, a question fails."""


_BUSY_MARKS = ("lock on file", "already attached", "file handle conflict")
"""What DuckDB says when another process, or another connection of this one, holds a file."""


class Made(NamedTuple):
    """What a state says it was made from; the table ``state``.

    Attributes:
        origin: the log's name.
        size: entries that were read.
        root: root over them, in hex.
        destructions: the size of the log up to which destructions were applied.
        form: hash of the SQL that made it.
        program: version of archief that made it.
        unauthorised: commits whose events were left out.
    """

    origin: str
    size: int
    root: str
    destructions: int
    form: str
    program: str
    unauthorised: list[int]


class BusyError(Exception):
    """Another process writes the file just now, or reads it while this one would write. Never leaves this package."""


class DamagedError(Exception):
    """The file is no state that can be read. Never leaves this package."""


class StateFile:
    """One state file and what is beside it while it is made.

    Args:
        path: the file; its folder is made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.beside = path.with_name(f"{path.name}.new")

    def mark(self) -> tuple[int, ...]:
        """What changes whenever somebody writes the file; the same for no file."""
        try:
            seen = self.path.stat()
        except FileNotFoundError:
            return ()
        return (seen.st_ino, seen.st_mtime_ns, seen.st_size)

    def reader(self) -> DuckDBPyConnection | None:
        """Open the state for reading, locked down; None when there is none. Waits while somebody catches it up.

        Raises:
            DamagedError: there is a file, but no database in it, or one that anybody could have put there.
            ArchiveInUseError: somebody writes it for longer than a reader waits.
        """
        if not is_private(self.path):
            return None
        is_private(_wal(self.path))  # what stands in it is applied on opening
        return _patiently(lambda: open_file(self.path), self.path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one who makes this state; what a killed run left behind is thrown away first.

        Raises:
            WriteFailedError: the folder cannot be written.
            ArchiveInUseError: somebody else keeps at it.
        """
        durable.make_folder(self.path.parent)
        path = self.path.with_suffix(".lock")
        with durable.reported(path):
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _patiently(lambda: _take(lock), path)
            self.sweep()
            yield
            self.sweep()
        finally:
            os.close(lock)

    def sweep(self) -> None:
        """Throw away what an unfinished run left: a half file, its log of changes, what was spilled."""
        with durable.reported(self.path):
            for path in self.unfinished():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def unfinished(self) -> list[Path]:
        """What :meth:`sweep` throws away, as far as it is there."""
        beside = (self.beside, _wal(self.beside), _spill(self.path), _spill(self.beside))
        return [path for path in beside if path.exists()]

    def replace(self) -> None:
        """Let the finished file beside take the place of the state. Open readers keep the old one."""
        with durable.reported(self.path):
            descriptor = os.open(self.beside, os.O_RDONLY)
            try:
                # For whom the folder is, and never for anybody to write: a reader would not believe it.
                mode = os.fstat(descriptor).st_mode & self.path.parent.stat().st_mode & ~stat.S_IWOTH
                os.fchmod(descriptor, stat.S_IMODE(mode))
                durable.sync(descriptor)
            finally:
                os.close(descriptor)
            # First the old log of changes: left alone it would be applied to the new file.
            _wal(self.path).unlink(missing_ok=True)
            os.replace(self.beside, self.path)  # noqa: PTH105 - kept beside the other system calls
            durable.sync_folder(self.path.parent)

    def forget(self) -> None:
        """Throw the file away; who is making it now finishes first, out of what was there before."""
        if self.path.parent.is_dir():
            with self.writing(), durable.reported(self.path):
                for path in (self.path, _wal(self.path)):
                    path.unlink(missing_ok=True)

    def copy_beside(self) -> None:
        """Make a copy to catch up while others go on reading. Only inside :meth:`writing`."""
        with durable.reported(self.beside):
            shutil.copyfile(self.path, self.beside)
            if _wal(self.path).exists():
                shutil.copyfile(_wal(self.path), _wal(self.beside))


def derived(cache: Path) -> list[Path]:
    """What stands in a cache and was made from payloads: the state, the search index, and what lies beside them.

    Not the index of streams, which holds random ids and lines of the log; nor locks, which are empty.

    Args:
        cache: the folder of what can be thrown away.
    """
    found = sorted(cache.iterdir()) if cache.is_dir() else []
    return [path for path in found if not path.name.startswith("index.sqlite") and path.suffix != ".lock"]


def forget_all(cache: Path) -> None:
    """Throw away all that was made from payloads; who is making it now finishes first.

    Args:
        cache: the folder of what can be thrown away.

    Raises:
        ArchiveInUseError: another process keeps making it.
        WriteFailedError: it cannot be thrown away.
    """
    if not cache.is_dir():
        return
    for name in ("state.duckdb", SEARCH):
        StateFile(cache / name).forget()
    for path in derived(cache):
        with durable.reported(path):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def workshop(path: Path | None) -> DuckDBPyConnection:
    """A connection to make a state with; its default database is the file ``path``, or memory when None.

    Raises:
        BusyError: somebody reads or writes that file.
        DamagedError: there is a file, but no database in it.
    """
    import duckdb  # noqa: PLC0415 - 150 ms

    connection = duckdb.connect()
    try:
        # Each projection puts its rows in order itself; what comes in between need not be.
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        if path is None:
            connection.execute("set temp_directory = ''")
            attach(connection, ":memory:")
        else:
            # What does not fit is spilled beside the file and swept away with it: never to a folder of the system's.
            connection.execute(f"set memory_limit = '{MEMORY_MAX}'")
            connection.execute("set temp_directory = $1", [str(_spill(path))])
            # Said again each time: with another size than the file was made with, a checkpoint writes every table anew.
            attach(connection, path, f"row_group_size {ROW_GROUP_ROWS}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_file(path: Path) -> DuckDBPyConnection:
    """Open any state file for reading. Nothing outside of it can be reached through the connection.

    Raises:
        BusyError: somebody writes it.
        DamagedError: no database.
    """
    import duckdb  # noqa: PLC0415 - 150 ms

    # In memory with the file attached: a file that was replaced meanwhile is opened afresh, while duckdb.connect(path)
    # would give the connections of one process the old one.
    connection = duckdb.connect(config={"memory_limit": MEMORY_MAX})
    try:
        attach(connection, path, "read_only")
        lock_down(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_export(path: Path, folder: Path) -> DuckDBPyConnection:
    """Open any state file for reading, and for writing into one folder. Nothing else can be reached.

    Args:
        path: the state file.
        folder: where files may be written; what does not fit into memory is spilled into it and is gone afterwards.

    Raises:
        BusyError: somebody writes it.
        DamagedError: no database.
    """
    import duckdb  # noqa: PLC0415 - 150 ms

    connection = duckdb.connect(config={"memory_limit": MEMORY_MAX})
    try:
        attach(connection, path, "read_only")
        connection.execute(f"set search_path = 'system.main,{ALIAS}.main'")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set temp_directory = $1", [str(_spill(folder / path.name))])
        connection.execute("set allowed_directories = $1", [[str(folder)]])
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def lock_down(connection: DuckDBPyConnection) -> None:
    """Let nothing outside the database be reached, no result be spilled to a disk, and mean DuckDB's own functions."""
    # One of the same name that the file brings along would go before them.
    connection.execute(f"set search_path = 'system.main,{ALIAS}.main'")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set temp_directory = ''")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def made_of(connection: DuckDBPyConnection) -> Made:
    """What the state of this connection was made from.

    Raises:
        DamagedError: it does not say so.
    """
    import duckdb  # noqa: PLC0415 - 150 ms

    try:
        columns = ", ".join(Made._fields)
        row = connection.execute(f"select {columns} from {ALIAS}.main.state").fetchone()  # noqa: S608 - names of ours
    except duckdb.Error as error:
        raise DamagedError(str(error)) from None
    try:
        made = msgspec.convert(row, Made)
    except msgspec.ValidationError as error:
        raise DamagedError(str(error)) from None
    if made.size < 1:
        raise DamagedError("a state of nothing")
    return made


def damaged(path: Path, why: Exception) -> CorruptError:
    """What to tell a person about a state that cannot be read."""
    return CorruptError(
        f"the state file cannot be read ({str(why).partition(chr(10))[0][:200]})",
        where=str(path),
        remedy="run `archief replay --full`: it is made again from the log",
    )


def attach(
    connection: DuckDBPyConnection, place: Path | str, options: str = "", *, name: str = ALIAS, use: bool = True
) -> None:
    """Give a connection a database by a name, and make it the one that is meant where none is named.

    Raises:
        BusyError: another process holds the file.
        DamagedError: no database.
    """
    import duckdb  # noqa: PLC0415 - 150 ms

    quoted = str(place).replace("'", "''")
    try:
        connection.execute(f"attach '{quoted}' as {name}" + (f" ({options})" if options else ""))
        if use:
            connection.execute(f"use {name}")
    except duckdb.Error as error:
        text = str(error)
        if any(mark in text for mark in _BUSY_MARKS):
            raise BusyError(text) from None
        raise DamagedError(text) from None


def is_private(path: Path) -> bool:
    """Whether there is such a file. Nothing in it is signed: it is believed as far as its owner and mode go.

    Raises:
        DamagedError: it is no plain file, belongs to a stranger, or others may write it.
    """
    try:
        seen = path.lstat()
        owners = {os.geteuid(), path.parent.stat().st_uid}
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid not in owners or seen.st_mode & stat.S_IWOTH:
        raise DamagedError("no plain file, or others may write it")
    return True


def _spill(path: Path) -> Path:
    return path.with_name(f"{path.name}.spill")


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BusyError(str(error)) from None


def _patiently(attempt: Callable[[], T], path: Path) -> T:
    deadline = time.monotonic() + WAIT_SECONDS
    pause = 0.001
    while True:
        try:
            return attempt()
        except BusyError:
            if time.monotonic() > deadline:
                raise ArchiveInUseError(
                    f"another process has kept the state busy for {WAIT_SECONDS:.0f} seconds",
                    where=str(path),
                    remedy="wait for it to finish, then run the same command again",
                ) from None
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
