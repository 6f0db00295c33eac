"""The keys, persons and roles that hold at the log's end, for commands that only read."""

from __future__ import annotations

from archief.cli.session import Session
from archief.index import Index
from archief.log import Log
from archief.rules.authority import Authority


def of(session: Session, log: Log) -> Authority:
    """Fold what authority rests on, out of the index that is kept for appends; it is caught up or built on the way.

    Args:
        session: where what can be thrown away is kept, and what this machine remembers.
        log: the archive.

    Raises:
        CorruptError: authority rests on lines that were changed.
    """
    index = Index(session.cache_folder(log.origin) / "index.sqlite")
    try:
        return index.follow(log.storage, log.tail, session.heads().anchor(log.origin))
    finally:
        index.close()
