"""What was made from payloads and is no part of the log: state, search index, cache, exports, back-ups.

What an execution throws away, what it can only name, and how the certificate tells of both.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archief import durable
from archief.cli import exported
from archief.cli.exported import Exported
from archief.cli.session import Session
from archief.cli.writing import Writer
from archief.errors import ArchiveInUseError
from archief.events import envelope
from archief.storage.lock import Lock

if TYPE_CHECKING:
    from archief.render.declarations.paper import System as Told

LOCK = "destruction.lock"
"""In the cache: who holds it carries a destruction out."""


class System(NamedTuple):
    """A place where copies of the records were (draft Archiefregeling 4.2 b).

    Attributes:
        name: in Dutch, without what anybody typed.
        reached: it was erased there.
        expires: when the copy there runs out.
        note: what else is to be said.
    """

    name: str
    reached: bool
    expires: dt.date | None = None
    note: str | None = None

    def fact(self) -> dict[str, Any]:
        """As the event that closes an execution says it."""
        expires = {"expires": self.expires.isoformat()} if self.expires is not None else {}
        return {"name": self.name, "reached": self.reached, **expires}


class Reached(NamedTuple):
    """Copies of the records outside of the log.

    Attributes:
        files: what was made from payloads and stands in a cache.
        exports: what was exported on this machine.
        backups: the newest back-up of each target: label, and when it runs out.
    """

    files: Sequence[Path]
    exports: Sequence[Exported]
    backups: Sequence[tuple[str, dt.date | None]]


@contextlib.contextmanager
def alone(session: Session) -> Iterator[None]:
    """Be the only one who carries a destruction out in this archive.

    Raises:
        ArchiveInUseError: somebody else does.
    """
    folder = session.cache_folder(session.log().origin)
    durable.make_folder(folder)
    lock = Lock(folder / LOCK, 0)
    try:
        lock.take()
    except ArchiveInUseError:
        raise ArchiveInUseError(
            "another process is carrying a destruction out",
            where=str(session.archive),
            remedy="wait for it to finish; run the same command again to see what is left to do",
        ) from None
    try:
        yield
    finally:
        lock.close()


# caches


def _caches(session: Session, origin: str) -> list[Path]:
    """The folders of what can be thrown away: the archive's, and this person's own where that could not be written."""
    return [session.archive / "cache", session.state_folder / "cache" / origin.replace("/", "+")]


def clear(session: Session, origin: str) -> None:
    """Throw away what was made from payloads.

    Raises:
        ArchiveInUseError: somebody is making it just now, and goes on for long.
        WriteFailedError: it cannot be thrown away.
    """
    from archief.projections import state  # noqa: PLC0415 - imports nothing heavy, but few commands erase

    for folder in _caches(session, origin):
        state.forget_all(folder)


def standing(session: Session, origin: str) -> list[Path]:
    """What is in the caches and was made from payloads."""
    from archief.projections import state  # noqa: PLC0415 - as above

    return [path for folder in _caches(session, origin) for path in state.derived(folder)]


# exports and back-ups


def reached(session: Session, made: Writer, streams: Collection[str]) -> Reached:
    """The copies of records outside of the log that are known."""
    exports = list(exported.holding(session, made.origin, streams))
    return Reached(standing(session, made.origin), exports, _backups(made))


def _backups(made: Writer) -> list[tuple[str, dt.date | None]]:
    found: dict[str, dt.date | None] = {}
    for entry in made.log.entries():
        if not envelope.is_commit(entry) and envelope.tag_of(entry) == "backup_made.v1":
            facts = envelope.decode_event(entry).facts
            found[facts.target] = dt.date.fromisoformat(facts.expires) if facts.expires is not None else None
    return sorted(found.items())


def delete_exports(session: Session, origin: str, streams: Collection[str]) -> None:
    """Delete the exports that hold one of these records and stand where they were written.

    Raises:
        WriteFailedError: one cannot be deleted.
    """
    for one in exported.holding(session, origin, streams):
        place = Path(one.place)
        if not _is_export(one, place):
            continue
        with durable.reported(place):
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink()
            durable.sync_folder(place.parent)
        exported.deleted(session, origin, one)


def _is_export(one: Exported, place: Path) -> bool:
    """Whether what stands there is that export: never delete what somebody put in its place."""
    if place.is_symlink():
        return False
    if one.kind == "evidence":
        return (place / "check.py").is_file() or (place.is_file() and place.suffix.lower() == ".zip")
    return one.kind == "sip" and place.is_dir() and any(place.glob("pakbon*"))


def forget_exports(session: Session, origin: str, streams: Collection[str]) -> None:
    """Forget where destroyed records were exported to: a place may be called after what was in it."""
    exported.forget(session, origin, streams)


def systems(copies: Reached) -> list[System]:
    """Where it was erased, and where it could not be, for the certificate."""
    found = [
        System("archief: vastgelegde gegevens en bestanden", reached=True),
        System("databank, zoekindex en tijdelijke bestanden", reached=True, note="vanaf niets opnieuw opgebouwd"),
    ]
    for one in copies.exports:
        what = f"export ({one.kind}) van {one.time[:10]}"
        note = "verwijderd" if one.deleted else "niet onder dit systeem"
        found.append(System(what, reached=one.deleted, note=note))
    found += [
        System(f"back-up {target}", reached=False, expires=expires, note="gewist bij de eerstvolgende back-up")
        for target, expires in copies.backups
    ]
    return found


def in_dutch(made: Sequence[System]) -> list[Told]:
    """As the certificate's page and PDF take it."""
    from archief.render.declarations.paper import System as Told  # noqa: PLC0415 - only who executes pays

    return [Told(name=one.name, reached=one.reached, expires=one.expires, note=one.note) for one in made]
