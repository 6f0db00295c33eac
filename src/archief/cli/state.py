"""The projections behind a reading command: brought up to the log's end first, out of verified entries only."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from archief.cli.output import Progress
from archief.cli.session import Session
from archief.events import envelope
from archief.events.envelope import Event
from archief.log import Log

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from archief.projections.projector import Projector, Replayed, Status


CONTINUED = ("current", "behind")
"""A state that stands so is kept and caught up; any other is made again, out of entries verified anew."""


def projector(session: Session, log: Log, unauthorised: Collection[int] | None) -> Projector:
    """The projections of an archive.

    Args:
        session: where what can be thrown away is kept.
        log: the archive.
        unauthorised: the commits (by entry) that replay skips; None when it is only asked how the state stands.
    """
    from archief.projections.projector import Projector  # noqa: PLC0415 - imports duckdb

    return Projector(log, session.cache_folder(log.origin), unauthorised)


def replay(
    session: Session, log: Log, *, full: bool = False, until: int | None = None, into: Path | None = None
) -> Replayed:
    """Verify what was not verified yet, then project it.

    Args:
        session: the surroundings.
        log: the archive.
        full: from the beginning, also when the state is only behind.
        until: the size of the log to stop at; a commit ends there.
        into: a file to write instead of the archive's own state.

    Raises:
        ArchiefError: the log is not sound.
    """
    status = projector(session, log, None).status()
    made = _verified(session, log, status, whole=full or into is not None or status.kind not in CONTINUED)
    with Progress(session.output, "entries replayed") as progress:
        return made.replay(full=full, until=until, into=into, progress=progress, seen=status)


@contextlib.contextmanager
def at(session: Session, log: Log, size: int) -> Iterator[DuckDBPyConnection]:
    """A read-only connection to the state as it was at a position in the log.

    Args:
        session: the surroundings.
        log: the archive.
        size: the position, at the end of a commit.

    Raises:
        ArchiefError: the log is not sound, or the state cannot be written.
    """
    with connection(session, log) as database:
        if size >= log.size:
            yield database
            return
        from archief.projections import state  # noqa: PLC0415 - imports duckdb

        left_out = state.made_of(database).unauthorised
    with contextlib.closing(projector(session, log, left_out).connect(until=size)) as earlier:
        yield earlier


@contextlib.contextmanager
def connection(session: Session, log: Log) -> Iterator[DuckDBPyConnection]:
    """A read-only connection to an up-to-date state.

    Raises:
        ArchiefError: the log is not sound, or the state cannot be written.
    """
    status, database = projector(session, log, None).look()
    if database is None or status.kind != "current":
        if database is not None:
            database.close()
        made = _verified(session, log, status, whole=status.kind not in CONTINUED)
        with Progress(session.output, "entries replayed") as progress:
            database = made.connect(progress=progress, seen=status)
    with contextlib.closing(database):
        yield database


@contextlib.contextmanager
def index(session: Session, log: Log) -> Iterator[DuckDBPyConnection]:
    """A read-only connection to an up-to-date state and its search index, which is made where it is not there.

    Raises:
        ArchiefError: the log is not sound, a file cannot be written, or there is no stemmer.
    """
    from archief.projections import tables  # noqa: PLC0415 - imports duckdb
    from archief.projections.search import SearchIndex  # noqa: PLC0415 - as above

    with connection(session, log):
        found = SearchIndex(log, projector(session, log, None).path, tables.form())
        with Progress(session.output, "entries read for the search index") as progress:
            found.refresh(progress)
    with contextlib.closing(found.connect()) as database:
        yield database


def _verified(session: Session, log: Log, status: Status, *, whole: bool) -> Projector:
    """Verify what will be read; gives the projections that know every unauthorised commit.

    Args:
        session: the surroundings.
        log: the archive.
        status: how the state stands to it.
        whole: from the first entry, because the state is made again from there; else from the receipt on.

    Raises:
        ArchiefError: the log is not sound.
    """
    from archief.cli.trust import verifying  # noqa: PLC0415 - a current state asks for no verification

    report = verifying.verified(session, since=not whole)
    if report.gravest() not in (None, "finding"):
        error = report.error(str(session.archive))
        assert error is not None, "a fault that is no finding is an error"
        error.remedy = "run `archief verify`: it names every place"
        raise error
    for fault in report.faults:
        session.output.note(fault.sentence(), level=1)
    made = status.made
    if report.since == 0:
        left_out = report.unauthorised
    elif made is not None and report.since <= made.size:
        left_out = [*made.unauthorised, *report.unauthorised]
    else:
        left_out = unauthorised(log)
    return projector(session, log, left_out)


def unauthorised(log: Log) -> list[int]:
    """The commits that replay skips, by entry: their key or role was not valid at their position.

    Args:
        log: the archive; its bytes are verified.
    """
    from archief.index import is_authority  # noqa: PLC0415 - a current state asks for no authority
    from archief.rules.authority import Authority  # noqa: PLC0415 - as above

    found: list[int] = []
    known = Authority()
    tags: list[str] = []
    held: list[Event] = []
    for entry in log.entries():
        if not envelope.is_commit(entry):
            tag = envelope.tag_of(entry)
            tags.append(tag)
            if is_authority(tag):
                held.append(envelope.decode_event(entry))
            continue
        commit = envelope.decode_commit(entry)
        reasons = known.judge(commit.key, commit.origin, tags)
        if not reasons:
            reasons = known.take(commit, held).unauthorised
        if reasons:
            found.append(commit.seq)
        tags, held = [], []
    return found
