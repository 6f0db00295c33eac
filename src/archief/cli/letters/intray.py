"""Many files into the register: one by one, each whole or not at all, and the same command goes on where it stopped.

Each file is a commit of its own, so an interrupt leaves no half record; what is in the archive already is known by the
SHA-256 of its files and passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archief.cli import writing
from archief.cli.letters import reading, registering, registration
from archief.cli.letters.registration import Wanted
from archief.cli.output import Progress, counted
from archief.cli.session import Session
from archief.cli.writing import Writer
from archief.errors import ArchiefError, Interrupted, NotFoundError, UsageError

FAILURES_SHOWN_MAX = 50
_AGAIN = "run the same command again: it goes on where it stopped"


class _Tray:
    """One run over many files."""

    def __init__(self, made: Writer, wanted: Wanted, *, links: bool, dry_run: bool) -> None:
        self.made = made
        self.links = links
        self.wanted = wanted
        self.dry_run = dry_run
        self.known = registration.stored(made)
        self.done: list[dict[str, Any]] = []
        self.passed: list[str] = []
        self.failed: list[tuple[str, ArchiefError]] = []

    def take(self, reader: Any, path: Path) -> None:  # noqa: ANN401 - intake's Reader
        """One file: read it, register it, or say why not. What would stop every file is raised."""
        from archief.intake.process import load  # noqa: PLC0415 - only who has files pays

        try:
            content = load(path, links=self.links)
            digest = hashlib.sha256(content).hexdigest()
            if digest in self.known:
                self.passed.append(path.name)
                return
            found = reader.read_bytes(path.name, content)
            one = registration.made(self.made, self.wanted, found)
        except ArchiefError as error:
            self.failed.append((path.name, error))
            return
        told: dict[str, Any] = {"file": path.name, "warnings": found.warnings, "proposals": found.proposals}
        if self.dry_run:
            self.made.check([one.draft])
            self.done.append({**told, "stream": None, "number": one.taken_over})
        else:
            appended = self.made.append([one.draft])
            number = registering.number_of(self.made, appended.seqs[0])
            self.done.append({**told, "stream": appended.streams[0], "number": number})
        self.known.add(digest)

    def tell(self) -> None:
        """What was registered, what was there already, what failed and why."""
        output = self.made.session.output
        head = writing.signed_head(self.made) if self.done and not self.dry_run else None
        if output.json:
            errors = [
                {"file": name, "error": {"code": one.code, "where": one.where, "what": one.what, "next": one.next_step}}
                for name, one in self.failed
            ]
            told = {"registered": self.done, "passed": self.passed, "failed": errors, "head": head}
            dry = {"dry_run": True} if self.dry_run else {}
            output.members({"test": self.made.journal.authority.test, **dry, **told})
            return
        if self.done:
            rows = [
                (one["file"], one["number"], (one["stream"] or "")[:8], "; ".join(one["warnings"])) for one in self.done
            ]
            output.table(("FILE", "NUMBER", "RECORD", "LOOK AT"), rows)
        word = "would be registered" if self.dry_run else "registered"
        output.line(
            f"{counted(len(self.done), 'file')} {word}, {len(self.passed)} there already, {len(self.failed)} failed"
        )
        for name, one in self.failed[:FAILURES_SHOWN_MAX]:
            output.warn(f"{name}: {one.what}; {one.next_step}".removesuffix("; "))
        announced = sum(len(several) for one in self.done for several in one["proposals"].values())
        if announced:
            output.note(f"they announce {counted(announced, 'meeting or promise')}: --json gives them")
        if self.dry_run:
            output.note("a dry run: nothing was appended")
        elif self.done:
            writing.tell_head(self.made.session.output, head)


def register(
    session: Session,
    wanted: Wanted,
    source: Path | Sequence[Path],
    *,
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Register every file of a folder, or several files.

    Args:
        session: the surroundings.
        wanted: what was typed for all of them.
        source: the folder, or the files.
        accept_clock: append though the last commit is ahead of this clock.
        yes: the person said so in advance.
        dry_run: read and check, append nothing.

    Returns:
        The exit code: that of the first file that failed.

    Raises:
        NotFoundError: there is no such folder.
        Interrupted: Ctrl-C; what was registered stays.
    """
    reading.demand_extra()
    from archief.intake import process  # noqa: PLC0415 - only who has files pays

    files = _files_of(source) if isinstance(source, Path) else list(source)
    if not files:
        raise UsageError("there is no file in this folder", where=str(source), remedy="name another folder")
    with writing.writer(session, accept_clock=accept_clock) as made:
        if not dry_run:
            session.confirm(f"Register {counted(len(files), 'file')}, each as it is read?", yes=yes)
        tray = _Tray(made, wanted, links=not isinstance(source, Path), dry_run=dry_run)
        with process.Reader() as reader, Progress(session.output, "files registered") as progress:
            for number, path in enumerate(files):
                try:
                    tray.take(reader, path)
                except KeyboardInterrupt:
                    raise Interrupted(
                        f"interrupted; {counted(len(tray.done), 'file')} registered, and they stay",
                        where=path.name,
                        remedy=_AGAIN,
                    ) from None
                except ArchiefError as error:
                    kept = f"{counted(len(tray.done), 'file')} registered, and they stay"
                    error.remedy = "; ".join(filter(None, (error.remedy, kept, _AGAIN)))
                    raise
                progress(number + 1, len(files))
        tray.tell()
        return tray.failed[0][1].exit_code if tray.failed else 0


def _files_of(folder: Path) -> list[Path]:
    """The files in a folder, by name; hidden ones and folders in it are left alone."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError:
        raise NotFoundError("there is no folder", where=str(folder), remedy="name another folder") from None
