"""``archief restore --drill``: an archive comes back in a scratch folder, to show that it would."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from archief import durable
from archief.backups.restoring import Brought
from archief.cli import writing
from archief.cli.care.brought import RESTORED, Asked, Found, Told, built, facts_of, refuse_target
from archief.cli.output import counted
from archief.cli.wording import draft
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.log import Log
from archief.storage.local import LocalStorage
from archief.storage.lock import Lock
from archief.verification.fault import Report


def drill(asked: Asked, found: Found, into: Path | None, *, record: bool) -> None:
    """Bring the archive back in a scratch folder, verify and replay it, report, and delete it.

    Args:
        asked: what was asked for.
        found: what there is.
        into: the scratch folder; without one it is in the state folder.
        record: put it into the archive's log.

    Raises:
        LossError: something is missing.
    """
    session = asked.session
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(writing.writer(session, accept_clock=asked.accept_clock)) if record else None
        if made is not None:
            made.check([_exercise(made, found, Brought())])
        folder = stack.enter_context(_scratch(asked, into, found.log.origin))
        brought, report = built(session, found, folder)
        rows, events = _replayed(folder, report)
        remembered = session.heads().recall(found.log.origin)
        behind = max(remembered.size - found.log.size, 0) if remembered is not None else 0
        seconds = round(time.monotonic() - begun)
        appended = made.append([_exercise(made, found, brought)]) if made is not None else None
        head = writing.signed_head(made) if made is not None else None
    told = Told(
        asked,
        found,
        brought,
        {
            "drill": True,
            "seconds": seconds,
            "behind": behind,
            "replayed": {"events": events, "rows": rows},
            "commit": appended.commit.id if appended is not None else None,
            "head": head,
        },
    )
    told.tell(None)
    if not session.output.json:
        session.output.line(f"verified, and replayed {counted(events, 'event')}; it took {seconds} s")
        if behind:
            session.output.note(
                f"this machine knows {counted(behind, 'entry')} more: the back-up is older than the archive"
            )
        if appended is not None:
            session.output.note(f"appended restore_completed (entry {appended.seqs[0]}), a drill")
    told.end()


def _exercise(made: Writer, found: Found, brought: Brought) -> Draft:
    return draft(RESTORED, made.journal.authority.archive, facts_of(found, brought, drill=True))


@contextlib.contextmanager
def _scratch(asked: Asked, into: Path | None, origin: str) -> Iterator[Path]:
    """A folder for this person alone, that is gone afterwards; what a drill that was killed left there goes first.

    It lies in a cache of this archive: a destruction clears it.
    """
    session = asked.session
    cache = session.own_cache(origin)
    place, lock = cache / "drill", Lock(cache / "drill.lock", session.lock_seconds)
    if into is not None:
        refuse_target(session, into, [*asked.places, session.archive], test=True)
        place = into
    durable.make_folder(cache, mode=0o700)
    lock.take()  # a drill that clears up would take away what another one looks at
    try:
        if into is None and place.exists():
            shutil.rmtree(place)
        durable.make_folder(place, mode=0o700)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        lock.close()


def _replayed(folder: Path, report: Report) -> tuple[int, int]:
    """Replay what was brought back; how many rows and events there are."""
    from archief.projections.projector import Projector  # noqa: PLC0415 - imports duckdb

    log = Log(LocalStorage(folder))
    made = Projector(log, folder / "cache", report.unauthorised).replay()
    return sum(made.tables.values()), made.events
