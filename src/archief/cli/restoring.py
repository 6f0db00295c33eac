"""``archief restore``: an archive comes back from a back-up, or shows in a drill that it would."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from archief import durable
from archief.backups import restoring
from archief.backups.folder import Folder, Manifest
from archief.backups.restoring import Brought, Restoring, Source
from archief.cli import backups, founding, writing
from archief.cli.output import Progress, counted
from archief.cli.session import Session, described, version
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft, typed_at
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.errors import (
    ArchiefError,
    ArchiveExistsError,
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
from archief.memory import check_extension
from archief.rules.authority import Authority
from archief.storage.local import LocalStorage
from archief.verification.fault import Report

RESTORED, CONTINUED = "restore_completed.v1", "log_continued.v1"
SHOWN_MAX = 20


@verb(
    "restore",
    example="""
    archief restore /mnt/kluis/archief --drill
    archief restore /mnt/kluis/archief --into events --log kapotte-schijf/events
    """,
    exits=(
        WriteFailedError,
        ArchiveExistsError,
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
    help="Where else a log may be: another back-up, what is left of the archive. The newest counts; may be repeated.",
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
    asked = _Asked(session, source, logs, reason, accept_clock=accept_clock)
    found = asked.find()
    session.tell_test(test=found.known.test)
    if drill:
        _drill(asked, found, into, record=record)
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
    _refuse_target(session, folder, asked.places, test=found.known.test)
    _Restore(asked, found, folder, lost).run(dry=dry_run)


class _Found(NamedTuple):
    """What there is to bring back.

    Attributes:
        best: the place of the newest log.
        log: that log.
        known: what holds at its end.
        back_up: the archive in the back-up.
        manifest: what the back-up says of itself; None for another copy of an archive.
        others: further places with heads.
    """

    best: Source
    log: Log
    known: Authority
    back_up: LocalStorage
    manifest: Manifest | None
    others: list[LocalStorage]

    @property
    def label(self) -> str:
        """What the log calls the back-up."""
        return self.manifest.label if self.manifest is not None else "copy"


class _Asked(NamedTuple):
    """What was asked for."""

    session: Session
    source: Path
    logs: Sequence[Path]
    reason: str | None
    accept_clock: bool

    @property
    def places(self) -> list[Path]:
        """Where logs may be; the back-up first."""
        return [self.source, *self.logs]

    def find(self) -> _Found:
        """Look for the newest log.

        Raises:
            NotFoundError: there is no back-up, or no log at a place that was named.
            ForkError: different histories.
        """
        best, failed = restoring.newest(self.places)
        for place, error in failed.items():
            self.session.output.warn(f"the log in {place} is passed over: {error}")
        manifest = None
        with contextlib.suppress(ArchiefError, OSError):
            manifest = Folder(self.source).manifest
        others = [restoring.archive_in(place) for place in self.logs]
        known = restoring.authority_of(best.log)
        return _Found(best, best.log, known, restoring.archive_in(self.source), manifest, others)

    def lost(self, found: _Found) -> Head | None:
        """The furthest head that is known and that no log found reaches; None when nothing is lost.

        Raises:
            ForkError: the log is another history than is remembered.
        """
        log, known = found.log, found.known
        here = Head(origin=log.origin, root=log.root().hex(), size=log.size)
        heads = [head for _, head in restoring.signed_heads([log.storage, found.back_up, *found.others], known)]
        for origin, kept in ((log.origin, log.size), *known.former_origins):
            remembered = self.session.heads().recall(origin)
            if remembered is not None and remembered.size <= kept:
                check_extension(
                    log.storage, msgspec.structs.replace(remembered, origin=log.origin), log.last_commit, here
                )
            elif remembered is not None and origin == log.origin:
                heads.append(remembered)
        beyond = [head for head in heads if head.size > log.size]
        return max(beyond, key=lambda one: one.size) if beyond else None


def _refuse_target(session: Session, folder: Path, places: Sequence[Path], *, test: bool) -> None:
    """Refuse a folder that is not empty, or that lies where an archive must not.

    Raises:
        UsageError: it lies in a back-up or among the keys.
        NotFoundError: its own folder is not there.
        ArchiveExistsError: there is something in it.
        UnsafeFolderError: a version-control system keeps what lies there.
    """
    real = folder.resolve()
    for place in (*places, session.keys_folder):
        if real.is_relative_to(place.resolve()) or place.resolve().is_relative_to(real):
            raise UsageError(f"{folder} and {place} lie in each other", where="--into", remedy="name a place elsewhere")
    if not real.parent.is_dir():
        raise NotFoundError(f"there is no folder {real.parent}", where="--into", remedy="make it, or name another one")
    founding.refuse_used(folder)
    if not test:
        founding.refuse_kept(folder)


class _Restore(NamedTuple):
    """One restore: from what, into which folder, and what is known to be lost."""

    asked: _Asked
    found: _Found
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
            told = _Told(self.asked, found, brought, {"dry_run": True, "folder": str(self.folder)})
            told.tell(self.lost)
            session.output.note("a dry run: nothing was written")
            told.end()
            return
        appended, head = None, None
        with target.folder(self.folder) as made:
            brought, report = _built(session, found, made.folder)
            if key is not None:
                appended, head = self._append(made.folder, key, brought)
        self._remember(head)
        origin = appended.commit.origin if appended is not None else found.log.origin
        more = {
            "folder": str(self.folder),
            "origin": origin,
            "commit": appended.commit.id if appended is not None else None,
            "head": head,
        }
        told = _Told(self.asked, found, brought, more)
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
        drafts = [draft(RESTORED, found.known.archive, _facts(found, brought, drill=False))]
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


def _built(session: Session, found: _Found, folder: Path) -> tuple[Brought, Report]:
    """Build the archive in an empty folder and verify it."""
    with Progress(session.output, "entries brought back") as progress:
        brought = Restoring(found.back_up, found.log, found.known, found.others, progress).build(folder)
    with Progress(session.output, "entries verified") as progress:
        return brought, restoring.verified(folder, brought, version(), progress)


def _facts(found: _Found, brought: Brought, *, drill: bool) -> dict[str, Any]:
    return {
        "source": found.label,
        "size": found.log.size,
        "root": found.log.root().hex(),
        "payloads": brought.payloads,
        "documents": brought.documents,
        "missing": len(brought.missing),
        "destroyed_again": len(brought.destroyed),
        "drill": drill,
    }


# a drill


def _drill(asked: _Asked, found: _Found, into: Path | None, *, record: bool) -> None:
    """Bring the archive back in a scratch folder, verify and replay it, report, and delete it."""
    session = asked.session
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(writing.writer(session, accept_clock=asked.accept_clock)) if record else None
        if made is not None:
            made.check([_exercise(made, found, Brought())])
        folder = stack.enter_context(_scratch(asked, into))
        brought, report = _built(session, found, folder)
        rows, events = _replayed(folder, report)
        remembered = session.heads().recall(found.log.origin)
        behind = max(remembered.size - found.log.size, 0) if remembered is not None else 0
        seconds = round(time.monotonic() - begun)
        appended = made.append([_exercise(made, found, brought)]) if made is not None else None
        head = writing.signed_head(made) if made is not None else None
    told = _Told(
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


def _exercise(made: Writer, found: _Found, brought: Brought) -> Draft:
    return draft(RESTORED, made.journal.authority.archive, _facts(found, brought, drill=True))


@contextlib.contextmanager
def _scratch(asked: _Asked, into: Path | None) -> Iterator[Path]:
    """A folder for this person alone, that is gone afterwards; what a drill that was killed left there goes first."""
    place = into if into is not None else asked.session.state_folder / "drill"
    if into is not None:
        _refuse_target(asked.session, into, [*asked.places, asked.session.archive], test=True)
    elif place.exists():
        shutil.rmtree(place)
    durable.make_folder(place, mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _replayed(folder: Path, report: Report) -> tuple[int, int]:
    """Replay what was brought back; how many rows and events there are."""
    from archief.projections.projector import Projector  # noqa: PLC0415 - imports duckdb

    log = Log(LocalStorage(folder))
    made = Projector(log, folder / "cache", report.unauthorised).replay()
    return sum(made.tables.values()), made.events


# telling


class _Told(NamedTuple):
    """What came back, for a person or a program."""

    asked: _Asked
    found: _Found
    brought: Brought
    more: dict[str, Any]

    def tell(self, lost: Head | None) -> None:
        """Print it."""
        output, found, brought = self.asked.session.output, self.found, self.brought
        log = found.log
        if output.json:
            told = {
                "test": found.known.test,
                "from": str(self.asked.source),
                "source": found.label,
                "log": str(found.best.place),
                "size": log.size,
                "root": log.root().hex(),
                "payloads": brought.payloads,
                "documents": brought.documents,
                "destroyed_again": len(brought.destroyed),
                "missing": brought.missing,
                "faults": [described(fault) for fault in brought.faults],
                "made_again": brought.dropped,
                "lost": {"size": lost.size, "root": lost.root} if lost is not None else None,
                **self.more,
            }
            output.members(told)
            return
        output.line(str(self.more.get("folder", self.asked.source)))
        gone = f"{len(brought.destroyed):,} (as the log says)" if brought.destroyed else None
        output.fields(
            [
                ("source", found.label),
                ("log", f"{log.size:,} entries from {found.best.place}"),
                ("lost", f"{lost.size - log.size:,} entries" if lost is not None else None),
                ("payloads", f"{brought.payloads:,}"),
                ("documents", f"{brought.documents:,}"),
                ("destroyed again", gone),
                ("missing", f"{len(brought.missing):,}" if brought.missing else None),
                ("origin", self.more.get("origin")),
            ],
            indent="  ",
        )
        for fault in brought.faults[:SHOWN_MAX]:
            output.line(f"{output.styled(fault.grade, fg='red')}: {fault.sentence()}")
        if len(brought.faults) > SHOWN_MAX:
            output.line(f"and {len(brought.faults) - SHOWN_MAX:,} more: see --json")
        for name in brought.dropped:
            output.warn(f"{name} was damaged, and is left out; `archief doctor --repair` makes it again")

    def end(self) -> None:
        """End with an error where something is missing.

        Raises:
            LossError: something is.
        """
        missing = self.brought.missing
        if missing:
            raise LossError(
                f"{counted(len(missing), 'entry')} without a payload or document that no destruction covers;"
                " the rest is there",
                where=str(self.asked.source),
                remedy="look in other back-ups: `archief restore` of each, into a folder of its own",
            )
