"""What this machine wrote outside of the archive, and where to: so that a destruction can reach it, or name it.

One line a copy in the state folder, per archive: time, kind, place, and the records by their random ids, or that it is
of the whole archive. No name, no number and no content of a record; the place is what the person typed. It is written
down before the first byte is: a copy that nobody knows of is worse than a line about one that is not there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from archief import canonical, durable
from archief.cli.session import Session
from archief.exports import target

Kind = Literal[
    "sip", "evidence", "documents", "transfer", "snapshot", "rendition", "report", "payload", "state", "restored"
]


class Exported(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One copy.

    Attributes:
        deleted: a destruction deleted it.
        kind: what was written: a package for the records office by ``export sip`` or ``transfer export``, evidence, a
            record's files, a snapshot, the PDF of a letter, a report, the payload of an entry, a state file, or a whole
            archive that a restore put there.
        modified: of a file, when it was written, in microseconds since 1970: what lies there now may be another.
        place: where to.
        size: the log's size that it was made from.
        streams: the records in it; empty where it is of the whole archive.
        time: when it was begun.
        unfinished: it was begun, and its end was not seen.
        whole: whatever the archive held at that size may be in it.
    """

    deleted: bool = False
    kind: Kind
    modified: int | None = None
    place: str
    size: canonical.Count
    streams: list[str] = []
    time: str
    unfinished: bool = False
    whole: bool = False

    @property
    def leftovers(self) -> list[Path]:
        """What a run that was stopped left of it."""
        if self.kind == "state":
            from archief.projections import state  # noqa: PLC0415 - few commands ask

            return state.StateFile(Path(self.place)).unfinished()
        return target.leftovers(Path(self.place))


class Sought(NamedTuple):
    """Records whose copies are looked for.

    Attributes:
        streams: the records.
        opened: the first entry of the oldest of them: a copy of the whole archive made before holds none.
    """

    streams: Collection[str]
    opened: int


@dataclass
class Noting:
    """What is known of a copy while it is written.

    Attributes:
        streams: the records in it; None for whatever the archive holds.
    """

    streams: Sequence[str] | None


_decoder = msgspec.json.Decoder(Exported)


@contextlib.contextmanager
def noted(
    session: Session, origin: str, size: int, kind: Kind, place: Path, streams: Sequence[str] | None
) -> Iterator[Noting]:
    """Write down that records are exported, while it is done and when it is done.

    Where it ends early, the line stays as long as something that was written does. What is yielded takes the records,
    where they are known at the end only.

    Args:
        session: where it is written down.
        origin: the archive.
        size: the log's size that it is made from.
        kind: what is written.
        place: where to.
        streams: the records in it; None for whatever the archive holds.

    Raises:
        WriteFailedError: the state folder cannot be written.
    """
    begun = Exported(
        kind=kind,
        place=str(place.resolve()),
        size=size,
        streams=list(streams or ()),
        time=session.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        unfinished=True,
        whole=streams is None,
    )
    known = list(_lines(session, origin))
    replaced = [one for one in known if one.place == begun.place and place.is_file() and stands(one)]
    _write(session, origin, [*known, begun])
    noting = Noting(streams)
    try:
        yield noting
    except BaseException:
        if not begun.leftovers and (replaced or not place.exists()):
            _rewrite(session, origin, lambda one: None if one == begun else one)
        raise
    held, whole = list(noting.streams or ()), noting.streams is None
    done = msgspec.structs.replace(begun, unfinished=False, modified=_modified(place), streams=held, whole=whole)

    def settled(one: Exported) -> Exported | None:
        if one == begun:
            return done if done.whole or done.streams else None
        stopped = one.unfinished and one.place == begun.place and not begun.leftovers
        return None if stopped or one in replaced else one

    _rewrite(session, origin, settled)


def holding(session: Session, origin: str, sought: Sought) -> Iterator[Exported]:
    """The copies made on this machine that hold one of these records, oldest first.

    Args:
        session: where they are written down.
        origin: the archive.
        sought: the records.
    """
    wanted = frozenset(sought.streams)
    for found in _lines(session, origin):
        if found.size > sought.opened if found.whole else not wanted.isdisjoint(found.streams):
            yield found


def stands(one: Exported) -> bool:
    """Whether what is in its place is that copy: what somebody put there instead is not ours."""
    place = Path(one.place)
    if place.is_symlink():
        return False
    if place.is_file():
        return one.modified is not None and one.modified == _modified(place)
    if one.kind in ("sip", "transfer"):
        from archief.exports import package_forms  # noqa: PLC0415 - heavy, and few commands ask

        return any(any((place / inside).glob("pakbon*")) for inside in ("", *package_forms.INSIDE.values()))
    signs = {"evidence": "check.py", "documents": "SHA256SUMS", "snapshot": "manifest.json"}
    return one.kind in signs and (place / signs[one.kind]).is_file()


def deleted(session: Session, origin: str, gone: Exported) -> None:
    """Write down that a copy was deleted.

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

    def left(one: Exported) -> Exported | None:
        if one.whole:
            return None if one.deleted else one
        kept = [stream for stream in one.streams if stream not in wanted]
        return msgspec.structs.replace(one, streams=kept) if kept else None

    _rewrite(session, origin, left)


def _modified(place: Path) -> int | None:
    """When a file was written, in microseconds; None for a folder, or where nothing is."""
    return place.stat().st_mtime_ns // 1_000 if place.is_file() else None


def _lines(session: Session, origin: str) -> Iterator[Exported]:
    path = _path(session, origin)
    with durable.reported(path):
        raw = path.read_bytes() if path.exists() else b""
    for line in raw.splitlines():
        yield canonical.decode_as(_decoder, line, str(path))


def _rewrite(session: Session, origin: str, change: Callable[[Exported], Exported | None]) -> None:
    known = list(_lines(session, origin))
    kept = [changed for one in known if (changed := change(one)) is not None]
    if kept != known:
        _write(session, origin, kept)


def _write(session: Session, origin: str, lines: Sequence[Exported]) -> None:
    path = _path(session, origin)
    durable.make_folder(path.parent, 0o700)
    durable.replace(path, b"".join(canonical.encode(one) + b"\n" for one in lines), mode=0o600)


def _path(session: Session, origin: str) -> Path:
    return session.state_folder / "exports" / f"{origin.replace('/', '+')}.jsonl"
