"""What this machine exported, and where to: so that a destruction can name the copies that it does not reach.

One line an export in the state folder, per archive: time, kind, place, and the records by their random ids. No name, no
number and no content of a record; the place is what the person typed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from archief import canonical, durable
from archief.cli.session import Session


class Exported(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One export.

    Attributes:
        kind: what was written: ``sip``, ``evidence``, ``transfer``, ``snapshot``.
        place: where to.
        size: the log's size that it was made from.
        streams: the records in it.
        time: when.
        deleted: a destruction deleted it.
    """

    deleted: bool = False
    kind: str
    place: str
    size: canonical.Count
    streams: list[str]
    time: str


_decoder = msgspec.json.Decoder(Exported)


def note(session: Session, origin: str, size: int, kind: str, place: Path, streams: Sequence[str]) -> None:
    """Write down that records were exported.

    Raises:
        WriteFailedError: the state folder cannot be written.
    """
    made = Exported(
        kind=kind,
        place=str(place.resolve()),
        size=size,
        streams=list(streams),
        time=session.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    path = _path(session, origin)
    durable.make_folder(path.parent, 0o700)
    with durable.reported(path):
        earlier = path.read_bytes() if path.exists() else b""
    durable.replace(path, earlier + canonical.encode(made) + b"\n", mode=0o600)


def holding(session: Session, origin: str, streams: Collection[str]) -> Iterator[Exported]:
    """The exports made on this machine that hold one of these records, oldest first.

    Args:
        session: where they are written down.
        origin: the archive.
        streams: the records.
    """
    path = _path(session, origin)
    wanted = frozenset(streams)
    for line in path.read_bytes().splitlines() if path.exists() else ():
        found = canonical.decode_as(_decoder, line, str(path))
        if not wanted.isdisjoint(found.streams):
            yield found


def deleted(session: Session, origin: str, gone: Exported) -> None:
    """Write down that an export was deleted.

    Raises:
        WriteFailedError: the state folder cannot be written.
    """
    marked = msgspec.structs.replace(gone, deleted=True)
    _rewrite(session, origin, lambda one: marked if one == gone else one)


def forget(session: Session, origin: str, streams: Collection[str]) -> None:
    """Forget that records were exported: what a person typed as a place may say which.

    Args:
        session: where they are written down.
        origin: the archive.
        streams: records that are destroyed.

    Raises:
        WriteFailedError: the state folder cannot be written.
    """
    wanted = frozenset(streams)
    _rewrite(
        session,
        origin,
        lambda one: msgspec.structs.replace(one, streams=[stream for stream in one.streams if stream not in wanted]),
    )


def _rewrite(session: Session, origin: str, change: Callable[[Exported], Exported]) -> None:
    path = _path(session, origin)
    if not path.exists():
        return
    kept = [change(canonical.decode_as(_decoder, line, str(path))) for line in path.read_bytes().splitlines()]
    durable.replace(path, b"".join(canonical.encode(one) + b"\n" for one in kept if one.streams), mode=0o600)


def _path(session: Session, origin: str) -> Path:
    return session.state_folder / "exports" / f"{origin.replace('/', '+')}.jsonl"
