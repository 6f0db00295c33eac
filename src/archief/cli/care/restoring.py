"""``archief restore``: an archive comes back from a back-up, or shows in a drill that it would."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, NamedTuple

import click

from archief.backups.restoring import Brought, Restoring
from archief.cli import exported, writing
from archief.cli.care import backups, drilling
from archief.cli.care.brought import RESTORED, Asked, Found, Told, built, facts_of, refuse_target
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft, typed_at
from archief.cli.writing import Writer
from archief.errors import (
    ArchiefError,
    ArchiveExistsError,
    ArchiveInUseError,
    CorruptError,
    ForkError,
    KeyMissingError,
    LossError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    RollbackError,
    TailError,
    UnsafeFolderError,
    UsageError,
    WriteFailedError,
)
from archief.exports import target
from archief.heads import Head, Incident
from archief.journal import Appended, Journal
from archief.keys import SigningKey
from archief.log import Log
from archief.storage.local import LocalStorage

CONTINUED = "log_continued.v1"


@verb(
    "restore",
    example="""
    archief restore /mnt/kluis/archief --drill
    archief restore /mnt/kluis/archief --into events --log kapotte-schijf/events
    """,
    exits=(
        WriteFailedError,
        ArchiveExistsError,
        ArchiveInUseError,
        UnsafeFolderError,
        KeyMissingError,
        PassphraseError,
        RefusedError,
        NotFoundError,
        CorruptError,
        RollbackError,
        ForkError,
        LossError,
        TailError,
    ),
)
@click.argument("source", type=click.Path(path_type=Path), metavar="FROM")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FOLDER", help="New or empty; without it the archive's own."
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Another back-up, or what is left of the archive: the newest log counts, and what FROM lacks is taken there.",
)
@click.option("--accept-loss", is_flag=True, help="Go on under a new name though entries were lost.")
@click.option("--reason", metavar="TEXT", help="What was lost and how; stands in the payload.")
@click.option("--drill", is_flag=True, help="Bring it back in a scratch folder, verify, replay, report, delete.")
@click.option("--record", is_flag=True, help="With --drill: put it into the archive's log.")
@writing_options()
def restore(
    session: Session,
    *,
    source: Path,
    into: Path | None,
    logs: tuple[Path, ...],
    accept_loss: bool,
    reason: str | None,
    drill: bool,
    record: bool,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Bring an archive back: payloads and documents of the back-up, and the newest log that is found.

    What that log says was destroyed since does not come back. When this machine, or a signed head, knows a later end
    than every log found, it stops; --accept-loss goes on under a new name, which the log admits.
    """
    if accept_loss != (reason is not None):
        raise UsageError("a loss is accepted with a reason", where="--accept-loss", remedy="give both or neither")
    if (drill and (accept_loss or dry_run)) or (record and not drill):
        raise UsageError("these options do not go together", where="--drill", remedy="see `archief restore --help`")
    asked = Asked(session, source, logs, reason, accept_clock=accept_clock)
    found = asked.find()
    session.tell_test(test=found.known.test)
    if drill:
        drilling.drill(asked, found, into, record=record)
        return
    folder = into if into is not None else session.archive
    lost = asked.lost(found)
    if lost is not None and not accept_loss:
        raise RollbackError(
            f"{counted(lost.size, 'entry')} of {lost.origin} are known here, the newest log found has"
            f" {found.log.size:,}",
            where=str(found.best.place),
            remedy="name a newer log with --log FOLDER (another back-up, what is left of the archive); or, when there"
            " is none: --accept-loss --reason TEXT",
        )
    refuse_target(session, folder, asked.places, test=found.known.test)
    _refuse_twin(asked, found)
    _Restore(asked, found, folder, lost).run(dry=dry_run)


def _refuse_twin(asked: Asked, found: Found) -> None:
    """Refuse to bring back what is here: two archives that go on from one log are a fork.

    Raises:
        ArchiveExistsError: the archive of that log is here, and was not named with ``--log``.
    """
    here = asked.session.archive
    if any(place.resolve() == here.resolve() for place in asked.places):
        return
    origin = ""
    with contextlib.suppress(ArchiefError):
        origin = Log(LocalStorage(here)).origin
    if origin == found.log.origin:
        raise ArchiveExistsError(
            "the archive of that log is here: two that go on from it would be a fork",
            where=str(here),
            remedy="for an exercise: --drill; to put another in its place: name this one with --log, then move it away",
        )


class _Restore(NamedTuple):
    """One restore: from what, into which folder, and what is known to be lost."""

    asked: Asked
    found: Found
    folder: Path
    lost: Head | None

    def run(self, *, dry: bool) -> None:
        """Build the archive beside its place, verify it, put it in place, remember it, and tell.

        Raises:
            LossError: it is in place, and payloads or documents are missing.
        """
        session, found = self.asked.session, self.found
        tags = [RESTORED] if self.lost is None else [CONTINUED, RESTORED]
        key = backups.signer(session, found.known, tags, self.folder.resolve().parent, needed=self.lost is not None)
        if dry:
            brought = Restoring(found.back_up, found.log, found.known, found.others).look()
            told = Told(self.asked, found, brought, {"dry_run": True, "folder": str(self.folder)})
            told.tell(self.lost)
            session.output.note("a dry run: nothing was written")
            told.end()
            return
        appended, head = None, None
        place, origin = self.folder, found.log.origin
        with (
            exported.noted(session, origin, found.log.size, "restored", place, None),
            target.folder(place) as made,
        ):
            brought, report = built(session, found, made.folder)
            if key is not None:
                appended, head = self._append(made.folder, key, brought)
        if session.heads().recall(found.log.origin) is None:
            session.output.note(
                "this machine remembered nothing of this log: compare with a head from elsewhere (verify --against)"
            )
        self._remember(head)
        origin = appended.commit.origin if appended is not None else found.log.origin
        more = {
            "folder": str(self.folder),
            "origin": origin,
            "commit": appended.commit.id if appended is not None else None,
            "head": head,
        }
        told = Told(self.asked, found, brought, more)
        told.tell(self.lost)
        for fault in report.faults:
            session.output.note(f"also: {fault.sentence()}")
        if appended is not None and not session.output.json:
            session.output.note(f"appended restore_completed; the log has {appended.size} entries")
            writing.tell_head(session.output, head)
        told.end()

    def _append(self, folder: Path, key: SigningKey, brought: Brought) -> tuple[Appended, dict[str, Any] | None]:
        """Put the restore into the log that was built, before anybody can open it."""
        session, found = self.asked.session, self.found
        drafts = [draft(RESTORED, found.known.archive, facts_of(found, brought, drill=False))]
        if self.lost is not None:
            host = found.log.origin.partition("/")[0]
            facts = {
                "origin": f"{host}/{session.entropy(4).hex()}",
                "origin_old": found.log.origin,
                "size": found.log.size,
                "root": found.log.root().hex(),
                "lost_size": self.lost.size,
                "lost_root": self.lost.root,
            }
            with typed_at({"data.reason": "--reason"}):
                drafts.insert(0, draft(CONTINUED, found.known.archive, facts, {"reason": self.asked.reason}))
        with Journal(LocalStorage(folder)) as journal:
            journal.open()
            made = Writer(session, journal, key)
            made.accept_clock = self.asked.accept_clock
            return made.append(drafts), writing.signed_head(made)

    def _remember(self, head: dict[str, Any] | None) -> None:
        """Let this machine remember the end that is in place now; a loss that was accepted is kept as an incident."""
        session, found = self.asked.session, self.found
        heads, log = session.heads(), Log(LocalStorage(self.folder))
        old = found.log.origin
        remembered = heads.recall(old)
        if self.lost is not None:
            kept = Head(origin=old, root=found.log.root().hex(), size=found.log.size)
            heads.keep_incident(Incident(kind="rollback", remembered=self.lost, found=kept, accepted=True))
            if remembered is not None and remembered.size > kept.size:
                heads.remember(kept)
                heads.forget_anchor(old)
        raw = log.storage.read_public("checkpoint") if head is not None else None
        note = raw.decode() if raw is not None else None
        heads.remember_unless_known(Head(origin=log.origin, root=log.root().hex(), size=log.size, note=note))
        if found.manifest is not None:
            backups.note(session, found.manifest, self.asked.source)
