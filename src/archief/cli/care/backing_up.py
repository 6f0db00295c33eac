"""``archief backup``: a copy of the archive in a plain folder, brought up to date and read again."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, NamedTuple

import click

from archief.backups.copying import Copying, Made, Whose, error_of
from archief.backups.folder import Folder, Manifest
from archief.cli import authority, moment, outfile, writing
from archief.cli.care import backups
from archief.cli.drafting import present
from archief.cli.output import Progress, printable
from archief.cli.people import founding
from archief.cli.session import Session, described
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.errors import (
    ArchiveInUseError,
    ConflictError,
    CorruptError,
    ForkError,
    KeyMissingError,
    LossError,
    MalformedError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    RollbackError,
    UnsafeFolderError,
    UsageError,
    WriteFailedError,
)
from archief.heads import Head
from archief.journal import Appended
from archief.log import Log
from archief.memory import check_memory
from archief.rules.authority import Authority

TAG = "backup_made.v1"
PLACE_CHARS_MAX = 1_000


@verb(
    "backup",
    example="""
    archief backup /mnt/kluis/archief --expires 2027-12-31
    archief restore /mnt/kluis/archief --drill
    """,
    exits=(
        WriteFailedError,
        NoArchiveError,
        ArchiveInUseError,
        UnsafeFolderError,
        KeyMissingError,
        PassphraseError,
        MalformedError,
        RefusedError,
        ConflictError,
        NotFoundError,
        CorruptError,
        RollbackError,
        ForkError,
        LossError,
    ),
)
@click.argument("to", type=click.Path(path_type=Path), metavar="TO")
@click.option("--expires", metavar="DATE", help="The day on which this copy is thrown away; a certificate names it.")
@writing_options(yes=True)
def backup(
    session: Session,
    *,
    to: Path,
    expires: str | None,
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Copy the archive into a folder: the first time all of it, later what is new. What was destroyed goes there too.

    What is written is read again. The folder holds all content, unencrypted, and no key. Without a key of an archivaris
    or recordmanager the copy is made all the same, and does not stand in the log.
    """
    _refuse_place(session, to)
    log = session.log()
    session.is_test(log)
    known = authority.of(session, log)
    here = Head(origin=log.origin, root=log.root().hex(), size=log.size)
    check_memory(session.heads(), log.storage, log.last_commit, here, known.former_origins)
    folder = Folder(to, wait_seconds=session.lock_seconds)
    if folder.manifest is None and backups.was_at(session, log.origin, to) and not dry_run:
        session.confirm(f"The back-up that was in {to} is not there (a disk that is away?). Begin a new one?", yes=yes)
    expires = _expiry(session, folder.manifest, expires)
    whose = Whose(session.entropy(16).hex(), f"{session.clock():%Y-%m-%dT%H:%M:%SZ}", expires)
    key = backups.signer(session, known, [TAG], session.archive)
    if key is None:
        with contextlib.nullcontext() if dry_run else folder.locked():
            _Run(session, folder, whose, None).run(*_now(session), dry=dry_run)
        return
    with session.journal() as journal, contextlib.nullcontext() if dry_run else folder.locked():
        made = Writer(session, journal, key)
        made.accept_clock = accept_clock
        _Run(session, folder, whose, made).run(*_now(session), dry=dry_run)


def _now(session: Session) -> tuple[Log, Authority]:
    """The archive once nobody else uses the folder: a back-up that ran till now put itself into the log."""
    log = session.log()
    return log, authority.of(session, log)


class _Run(NamedTuple):
    """One back-up: into which folder, and by whom, where it is to stand in the log."""

    session: Session
    folder: Folder
    whose: Whose
    made: Writer | None

    def run(self, log: Log, known: Authority, *, dry: bool) -> None:
        """Copy, append the event, copy what that added, and tell.

        Raises:
            LossError, CorruptError: something in the archive is missing or damaged; the rest is copied.
        """
        if self.made is not None:
            self.made.check([self._event(Made(size=log.size, root=log.root().hex()))])
        if not dry:  # first: a copy that nobody knows of is worse than a line about one that is not there
            backups.note(self.session, self._manifest(log), self.folder.place)
        with Progress(self.session.output, "entries copied") as progress:
            done = Copying(log, known, self.folder, self.whose, dry=dry, progress=progress).run()
        appended, head = None, None
        if not dry and not done.faults:
            if self.made is not None:
                appended = self.made.append([self._event(done)])
                head = writing.signed_head(self.made)
                self._top_up(self.made, done)
            backups.note(self.session, self._manifest(log), self.folder.place)
        self._tell(known, done, appended, head, dry=dry)
        error = error_of(done.faults, str(self.session.archive))
        if error is not None:
            raise error

    def _top_up(self, made: Writer, done: Made) -> None:
        """Copy the event and the head that cover the copy: who restores it then finds nothing behind."""
        more = Copying(made.log, made.journal.authority, self.folder, self.whose).run()
        done.size, done.root, done.bytes = more.size, more.root, more.bytes
        done.payloads, done.documents = more.payloads, more.documents
        done.copied_payloads += more.copied_payloads
        done.copied_bytes += more.copied_bytes

    def _manifest(self, log: Log) -> Manifest:
        """What the folder says of itself, or will."""
        new = Manifest(
            id=self.whose.id, origin=log.origin, size=0, root="", time=self.whose.time, expires=self.whose.expires
        )
        return self.folder.manifest or new

    def _event(self, done: Made) -> Draft:
        label = (self.folder.manifest.id if self.folder.manifest is not None else self.whose.id)[:8]
        facts = {
            "target": f"backup-{label}",
            "size": done.size,
            "root": done.root,
            "payloads": done.payloads,
            "documents": done.documents,
            "bytes": done.bytes,
            "erased": done.erased,
        }
        assert self.made is not None, "an event has somebody who appends it"
        place = {"place": printable(str(self.folder.place.resolve()))[:PLACE_CHARS_MAX]}
        return draft(TAG, self.made.journal.authority.archive, facts | present({"expires": self.whose.expires}), place)

    def _tell(
        self, known: Authority, done: Made, appended: Appended | None, head: dict[str, Any] | None, *, dry: bool
    ) -> None:
        output = self.session.output
        if output.json:
            told = {
                "test": known.test,
                **({"dry_run": True} if dry else {}),
                "folder": str(self.folder.place),
                "target": self._manifest_label(),
                "origin": known.origin,
                "expires": self.whose.expires,
                **described(done),
                "commit": appended.commit.id if appended is not None else None,
                "head": head,
            }
            output.members(told)
            return
        output.line(str(self.folder.place))
        output.fields(
            [
                ("target", self._manifest_label()),
                ("log", f"{done.size:,} entries, root {done.root}"),
                ("payloads", f"{done.payloads:,} ({done.copied_payloads:,} copied)"),
                ("documents", f"{done.documents:,} ({done.copied_documents:,} copied)"),
                ("bytes", f"{done.bytes:,} ({done.copied_bytes:,} copied)"),
                ("erased", f"{done.erased:,}" if done.erased else None),
                ("expires", self.whose.expires),
            ],
            indent="  ",
        )
        for name in done.mended:
            output.warn(f"{self.folder.path(name)} was damaged in the back-up; it was written again")
        for fault in done.faults:
            output.line(f"{output.styled(fault.grade, fg='red')}: {fault.sentence()}")
        if dry:
            output.note("a dry run: nothing was written")
        elif appended is not None:
            output.note(f"appended backup_made (entry {appended.seqs[0]}); the back-up holds it too")
            writing.tell_head(output, head)

    def _manifest_label(self) -> str:
        known = self.folder.manifest
        return known.label if known is not None else f"backup-{self.whose.id[:8]}"


def _expiry(session: Session, known: Manifest | None, typed: str | None) -> str | None:
    """The day on which the copy is thrown away: as typed, else as it was."""
    today = moment.today(session)
    if typed is None:
        return known.expires if known is not None and (known.expires or "") >= today.isoformat() else None
    day = moment.day(typed, "--expires")
    if day < today:
        raise UsageError("a day that is over", where="--expires", remedy="name the day on which it is thrown away")
    return day.isoformat()


def _refuse_place(session: Session, to: Path) -> None:
    """Refuse a folder in which what is destroyed would stay, or that would be part of what it is a copy of.

    Raises:
        UsageError: it lies in the archive or among the keys, or one of them in it.
        UnsafeFolderError: a version-control system keeps what lies there.
        NotFoundError: its own folder is not there.
    """
    outfile.refuse_place(session, to, "TO")
    for place, whose in ((session.archive, "the archive"), (session.keys_folder, "the keys' folder")):
        if place.resolve().is_relative_to(to.resolve()):
            raise UsageError(f"{whose} lies in {to}", where="TO", remedy="name a place elsewhere")
    kept = founding.kept_by(to)
    if kept is not None:
        raise UnsafeFolderError(
            f"{kept} is under version control: what the archive must destroy would stay in its history",
            where=str(to),
            remedy="name a folder elsewhere",
        )
