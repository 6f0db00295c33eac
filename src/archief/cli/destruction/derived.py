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
from archief.cli import exported, moment
from archief.cli.care import backups
from archief.cli.care.backups import Known
from archief.cli.exported import Exported, Sought
from archief.cli.session import Session
from archief.cli.writing import Writer
from archief.errors import ArchiefError, ArchiveInUseError
from archief.exports import target
from archief.storage.lock import Lock

if TYPE_CHECKING:
    from archief.render.declarations.paper import System as Told

KINDS: dict[str, str] = {
    "sip": "export (SIP)",
    "evidence": "export (bewijsbundel)",
    "documents": "export (bestanden van een stuk)",
    "transfer": "export (overbrenging)",
    "snapshot": "export (momentopname)",
    "rendition": "bestand (brief als pdf)",
    "report": "bestand (rapport)",
    "payload": "bestand (vastgelegde gegevens)",
    "state": "bestand (databank)",
    "restored": "teruggezet archief",
}
"""What kinds of copies are called on a certificate."""

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
        exports: what was written elsewhere on this machine.
        unfinished: what a run that was stopped left of such a copy.
        backups: the back-ups that may still be there.
    """

    files: Sequence[Path]
    exports: Sequence[Exported]
    unfinished: Sequence[Path]
    backups: Sequence[Known]


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
    return [session.archive / "cache", session.own_cache(origin)]


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


def reached(session: Session, made: Writer, sought: Sought) -> Reached:
    """The copies of records outside of the log that are known."""
    known = list(exported.holding(session, made.origin, sought))
    # A run that was stopped left no copy but what lies beside; and an archive that was restored may be this one.
    here = str(session.archive.resolve())
    exports = [one for one in known if one.place != here and not (one.unfinished and not Path(one.place).exists())]
    unfinished = sorted({path for one in known for path in one.leftovers})
    return Reached(standing(session, made.origin), exports, unfinished, _backups(session, made))


def _backups(session: Session, made: Writer) -> list[Known]:
    return backups.known(session, made.log, made.journal.authority, moment.today(session))


def erase_backups(session: Session, made: Writer, seqs: Collection[int]) -> list[str]:
    """Erase payloads in the back-ups that are within reach. Gives the labels of these; why another is not is told.

    Of a back-up that was copied, and stands in two places under one label, both must be.

    Args:
        session: which back-ups this machine knows.
        made: the archive.
        seqs: the entries of the payloads.
    """
    done, left = dict.fromkeys(one.label for one in _backups(session, made)), set()
    for one in _backups(session, made):
        if not one.reachable:
            left.add(one.label)
            continue
        try:
            backups.erase(session, one, seqs)
        except ArchiefError as error:
            left.add(one.label)
            session.output.warn(f"{one.label}: not erased there: {error}")
    return [label for label in done if label not in left]


def follow_backups(session: Session, made: Writer, labels: Collection[str]) -> None:
    """Bring the back-ups in which it was erased up to date: their own log says then why. A failure is only told."""
    for one in _backups(session, made):
        if one.label in labels:
            try:
                backups.follow(session, one, made.log, made.journal.authority)
            except ArchiefError as error:
                session.output.warn(f"{one.label}: the next back-up brings it up to date: {error}")


def planned(copies: Reached) -> list[dict[str, Any]]:
    """What would become of the back-ups, for JSON."""
    return [{"target": one.label, "expires": one.expires, "reached": one.reachable} for one in copies.backups]


def tell_planned(session: Session, copies: Reached) -> None:
    """Tell what would become of the back-ups."""
    for one in copies.backups:
        until = f", runs out on {one.expires}" if one.expires is not None else ""
        fate = "erased there too" if one.reachable else "not within reach, erased there by the next back-up"
        session.output.line(f"back-up {one.label}: {fate}{until}")


def tell_away(session: Session, copies: Reached, erased: Collection[str]) -> None:
    """Tell which back-ups were not within reach."""
    for one in copies.backups:
        if one.label not in erased:
            away = "the next back-up there erases it, and a restore leaves it out"
            session.output.note(f"not within reach: {one.label}; {away}")


def delete_unfinished(session: Session, origin: str, sought: Sought) -> None:
    """Delete what runs that were stopped left of copies with one of these records. A run that goes on there fails.

    Raises:
        WriteFailedError: one cannot be deleted.
    """
    for one in exported.holding(session, origin, sought):
        for path in one.leftovers:
            target.throw_away(path)


def delete_exports(session: Session, origin: str, sought: Sought) -> None:
    """Delete the copies that hold one of these records and stand where they were written.

    Raises:
        WriteFailedError: one cannot be deleted.
    """
    for one in exported.holding(session, origin, sought):
        place = Path(one.place)
        if not exported.stands(one):
            continue
        with durable.reported(place):
            if place.is_dir():
                _delete_folder(place)
            else:
                place.unlink()
            durable.sync_folder(place.parent)
        exported.deleted(session, origin, one)


def _delete_folder(place: Path) -> None:
    """Delete a copy that is a folder; what it is known by goes last, so that who is stopped goes on with it."""
    known_by = {"check.py", "manifest.json"}
    for one in sorted(place.iterdir(), key=lambda one: (one.name in known_by, one.name)):
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
    place.rmdir()


def forget_exports(session: Session, origin: str, streams: Collection[str]) -> None:
    """Forget where destroyed records were exported to: a place may be called after what was in it."""
    exported.forget(session, origin, streams)


def systems(copies: Reached, erased: Collection[str]) -> list[System]:
    """Where it was erased, and where it could not be, for the certificate.

    Args:
        copies: the copies outside of the log.
        erased: labels of the back-ups in which it was erased.
    """
    found = [
        System("archief: vastgelegde gegevens en bestanden", reached=True),
        System("databank, zoekindex en tijdelijke bestanden", reached=True, note="vanaf niets opnieuw opgebouwd"),
    ]
    groups: dict[tuple[str, bool], list[Exported]] = {}
    for one in copies.exports:
        groups.setdefault((one.kind, one.deleted), []).append(one)
    for (kind, gone), those in groups.items():  # an archive that reports daily has thousands of them
        days = sorted(one.time[:10] for one in those)
        until = f"{days[0]} tot en met {days[-1]}" if days[0] != days[-1] else days[0]
        many = f"{len(those)} keer " if len(those) > 1 else ""
        note = "verwijderd" if gone else "niet onder dit systeem"
        found.append(System(f"{many}{KINDS[kind]} van {until}", reached=gone, note=note))
    for kept in copies.backups:
        there = kept.label in erased
        note = "gewist" if there else "gewist bij de eerstvolgende back-up"
        found.append(System(f"back-up {kept.label}", reached=there, expires=kept.day, note=note))
    return found


def in_dutch(made: Sequence[System]) -> list[Told]:
    """As the certificate's page and PDF take it."""
    from archief.render.declarations.paper import System as Told  # noqa: PLC0415 - only who executes pays

    return [Told(name=one.name, reached=one.reached, expires=one.expires, note=one.note) for one in made]
