"""The keys, persons and roles that hold at the log's end, for commands that only read."""

from __future__ import annotations

from collections.abc import Iterable

from archief.cli.session import Session
from archief.index import Index
from archief.log import Log, tail_entries
from archief.rules.authority import Authority


def of(session: Session, log: Log) -> Authority:
    """Fold what authority rests on, out of the index that is kept for appends; it is caught up or built on the way.

    Args:
        session: where what can be thrown away is kept.
        log: the archive.
    """
    index = Index(session.cache_folder(log.origin) / "index.sqlite")
    position = index.open()
    try:
        entries: Iterable[bytes] = ()
        fresh = 0 < position.size <= log.size
        if fresh:
            seen, *entries = tail_entries(log.storage, log.tail, position.size - 1)
            fresh = seen == position.last_commit
        if not fresh:
            index.clear()
            position = index.open()
            entries = log.entries()
        index.add(position.size, entries)
        return index.fold()
    finally:
        index.close()
