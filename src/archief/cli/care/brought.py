"""What there is to bring back, and what came back: for a restore and for a drill."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from archief.backups import restoring
from archief.backups.folder import Folder, Manifest
from archief.backups.restoring import Brought, Restoring, Source
from archief.cli.output import Progress, counted
from archief.cli.people import founding
from archief.cli.session import Session, described, version
from archief.errors import ArchiefError, LossError, NotFoundError, UsageError
from archief.heads import Head
from archief.log import Log
from archief.memory import check_extension
from archief.rules.authority import Authority
from archief.storage.local import LocalStorage
from archief.verification.fault import Report

RESTORED = "restore_completed.v1"
SHOWN_MAX = 20


class Found(NamedTuple):
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


class Asked(NamedTuple):
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

    def find(self) -> Found:
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
        names = (known.origin, *(origin for origin, _ in known.former_origins))
        if manifest is not None and manifest.origin not in names:
            manifest = None  # it speaks of another archive than the one that lies there
        return Found(best, best.log, known, restoring.archive_in(self.source), manifest, others)

    def lost(self, found: Found) -> Head | None:
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


def refuse_target(session: Session, folder: Path, places: Sequence[Path], *, test: bool) -> None:
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


def built(session: Session, found: Found, folder: Path) -> tuple[Brought, Report]:
    """Build the archive in an empty folder and verify it.

    Raises:
        CorruptError: its log is damaged.
        WriteFailedError: the disk refused.
    """
    with Progress(session.output, "entries brought back") as progress:
        brought = Restoring(found.back_up, found.log, found.known, found.others, progress).build(folder)
    with Progress(session.output, "entries verified") as progress:
        return brought, restoring.verified(folder, brought, version(), progress)


def facts_of(found: Found, brought: Brought, *, drill: bool) -> dict[str, Any]:
    """The facts of ``restore_completed``."""
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


class Told(NamedTuple):
    """What came back, for a person or a program."""

    asked: Asked
    found: Found
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
                "left_out": brought.dropped,
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
        if lost is not None:
            output.note(
                "what was destroyed in the lost entries may be back: compare with the verklaringen that went out"
            )
        for name in brought.dropped:
            again = "; `archief doctor --repair` makes it again" if name.startswith("public/tile/") else ""
            output.warn(f"{name} was damaged, and is left out{again}")

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
                remedy="name other back-ups with --log too: what this one lacks is taken from there",
            )
