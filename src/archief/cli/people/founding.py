"""``archief init``: found an archive, with its keys and its first people."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from archief import durable, keys
from archief.canonical import base64_encode
from archief.cli import keyring, writing
from archief.cli.people import enrolment
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.cli.wording import draft, typed_at
from archief.draft import Draft, new_stream
from archief.errors import (
    ArchiveExistsError,
    KeyRefusedError,
    MalformedError,
    PassphraseError,
    UnsafeFolderError,
    UsageError,
    WriteFailedError,
)
from archief.keys import KeyFile
from archief.rules.town_hall import day_of

SERIES = "register"
"""What the series is called that an archive begins with."""

FOLDERS = ("log", "payload", "documents", "public")
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]{0,199}")


class Founder(NamedTuple):
    """Somebody who is archivaris from the first commit on."""

    name: str
    stream: str
    key: KeyFile
    path: Path


@verb(
    "init",
    example="""
    archief init events --organisation "Gemeente Voorbeeld" --origin-host archief.example.nl --person "A. de Vries" \\
      --series "{year}-{number:05}"
    """,
    exits=(
        MalformedError,
        ArchiveExistsError,
        UnsafeFolderError,
        PassphraseError,
        KeyRefusedError,
        WriteFailedError,
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, metavar="NAME", help="Whose archive it is (zorgdrager).")
@click.option("--origin-host", required=True, metavar="HOST", help="A host name of yours; it begins the log's name.")
@click.option("--person", required=True, metavar="NAME", help="The first archivaris.")
@click.option("--recovery-person", metavar="NAME", help="A second archivaris, or who keeps a recovery key.")
@click.option("--rule-set", "rule_sets", multiple=True, metavar="CODE", help="A rule set in force from the start.")
@click.option(
    "--series",
    metavar="PATTERN[@START]",
    help="A series that issues register numbers, as {year}-{number:05}; with @1478 this year's first one.",
)
@click.option("--test", is_flag=True, help="A test archive: its outputs say so; it may lie in a git work tree.")
@click.option("--dry-run", is_flag=True, help="Check everything, make nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask for a second archivaris.")
def init(
    session: Session,
    *,
    folder: Path,
    organisation: str,
    origin_host: str,
    person: str,
    recovery_person: str | None,
    rule_sets: tuple[str, ...],
    series: str | None,
    test: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Found an archive in an empty or new folder, and make its keys.

    Makes the log's key and the first archivaris's key, writes the founding commit and signs the first head. The
    archivaris's key file is called archivaris (with a number behind when there is one), or as --as says; when the key
    of --as is there already, it is used.
    """
    if not _HOST.fullmatch(origin_host):
        raise UsageError(
            "a host name has lower-case letters, digits, dots and dashes",
            where="--origin-host",
            remedy="write it as archief.voorbeeld.nl",
        )
    refuse_used(folder)
    if not test:
        refuse_kept(folder)
    if recovery_person is None and not yes and not dry_run and sys.stdin.isatty():
        recovery_person = click.prompt(
            "A second archivaris, or who keeps a recovery key (empty for none)",
            default="",
            show_default=False,
            err=True,
        )
    origin = f"{origin_host}/{session.entropy(4).hex()}"
    names = [person, *([recovery_person] if recovery_person else [])]
    paths = _key_paths(session, len(names))
    fresh = [path for path in paths if not path.exists()]
    founders = [
        Founder(name, new_stream(session.entropy), _key(session, path, dry_run=dry_run), path)
        for name, path in zip(names, paths, strict=True)
    ]
    log_key = keys.generate(origin, "log", session.entropy)
    drafts = _drafts(session, origin, organisation, founders, log_key, rule_sets, test=test)
    if series is not None:
        drafts.append(_series(session, drafts[0].stream, series))
    if dry_run:
        _tell_dry(session, folder, origin, paths, test=test)
        return
    made = {path: one.key for path, one in zip(paths, founders, strict=True) if path in fresh}
    with _kept(session, folder, {**made, keyring.path_for(session, keyring.name_from(origin)): log_key}):
        _found(session, folder, founders, log_key, drafts, origin)
    if recovery_person:
        session.output.note(f"move the key of {recovery_person} off this machine: {paths[1]}")
    else:
        session.output.note(
            "there is one archivaris: when that key is lost nobody can enrol another;"
            " add a second: archief person add NAME --role archivaris --key"
        )


def _key_paths(session: Session, count: int) -> list[Path]:
    """The key files of so many founders: named after their role, or the first one as ``--as`` says."""
    names: list[str] = [session.options.as_key] if session.options.as_key else []
    while len(names) < count:
        names.append(keyring.free_name(session, "archivaris", names))
    return [keyring.path_for(session, name) for name in names]


def _key(session: Session, path: Path, *, dry_run: bool) -> KeyFile:
    """A founder's key: the one there is, or a new one that is in no file yet."""
    name = path.name.removesuffix(keyring.ENDING)
    if path.exists():
        here = keyring.find(session, name, "person")
        if not dry_run:
            return keyring.opened(session, here)
    return keys.generate(name, "person", session.entropy)


def _tell_dry(session: Session, folder: Path, origin: str, paths: list[Path], *, test: bool) -> None:
    names = [str(path) for path in paths]
    if session.output.json:
        told: dict[str, Any] = {"test": test, "dry_run": True, "origin": origin, "folder": str(folder), "keys": names}
        session.output.members(told)
        return
    session.output.line(f"would found {origin} in {folder}, with the keys {', '.join(names)}")


@contextlib.contextmanager
def _kept(session: Session, folder: Path, wanted: dict[Path, KeyFile]) -> Iterator[None]:
    """Write the new key files; take them away again when the founding fails before anything stands in the log."""
    made: list[Path] = []
    fresh = [
        parent for place in (folder, session.keys_folder) for parent in (place, *place.parents) if not parent.exists()
    ]
    try:
        for path, key in wanted.items():
            made.append(keyring.keep(session, path.name.removesuffix(keyring.ENDING), key))
        yield
    except BaseException:
        if not any(path.stat().st_size for path in (folder / "log").rglob("*") if path.is_file()):
            for path in made:
                path.unlink(missing_ok=True)
            for left in (*(folder / name for name in FOLDERS), *fresh):
                with contextlib.suppress(OSError):  # not empty, or not there
                    left.rmdir()
        raise


def _drafts(
    session: Session,
    origin: str,
    organisation: str,
    founders: list[Founder],
    log_key: KeyFile,
    rule_sets: tuple[str, ...],
    *,
    test: bool,
) -> list[Draft]:
    """The first commit (format.md §2)."""
    public = [{"public": base64_encode(key.public), "type": key.type} for key in log_key.public]
    facts = {"origin": origin, "log_keys": public, "rule_sets": list(rule_sets), "test": test}
    with typed_at({"data.organisation": "--organisation", "facts.rule_sets": "--rule-set"}):
        drafts = [draft("archive_founded", new_stream(session.entropy), facts, {"organisation": organisation})]
    for founder, option in zip(founders, ("--person", "--recovery-person"), strict=False):
        with typed_at({"data.name": option}):
            drafts.append(draft("person_enrolled", founder.stream, {}, {"name": founder.name}))
        drafts += [
            enrolment.enrolled(origin, founder.stream, founder.key),
            draft("role_granted", founder.stream, {"role": "archivaris"}),
        ]
    return drafts


def _series(session: Session, archive: str, text: str) -> Draft:
    """The rule set that sets up the series that was typed."""
    pattern, at, start = text.partition("@")
    if at and not (start.isdecimal() and start.isascii()):
        raise UsageError("what follows @ is a whole number", where="--series", remedy=f"write {pattern}@1")
    if "{year}" not in pattern:
        raise UsageError(
            "a series counts anew in each year, so its numbers say the year",
            where="--series",
            remedy="write it as {year}-{number:05}",
        )
    today = day_of(session.clock())
    every = {"series": SERIES, "pattern": pattern, "start": 1}
    settings = [every, {**every, "start": int(start), "year": today.year}] if at else [every]
    facts = {"rule_set": SERIES, "begin": today.isoformat(), "series": settings}
    with typed_at({"facts.series": "--series"}):
        return draft("rule_set_adopted", archive, facts)


def _found(
    session: Session, folder: Path, founders: list[Founder], log_key: KeyFile, drafts: list[Draft], origin: str
) -> None:
    from archief import publishing  # noqa: PLC0415 - needs the other signature types
    from archief.journal import Journal  # noqa: PLC0415 - after everything that could still be refused
    from archief.storage.local import LocalStorage  # noqa: PLC0415 - as above

    for name in FOLDERS:
        durable.make_folder(folder / name)
    session.options.archive = str(folder)
    index = session.cache_folder(origin) / "index.sqlite"
    with Journal(LocalStorage(folder), heads=session.heads(), index=index) as journal:
        made = writing.Writer(session, journal, founders[0].key.keys[0])
        appended = made.append(drafts)
        session.tell_test(test=journal.authority.test)
        publishing.sign_head(journal, log_key.keys)
        head = {"size": journal.size, "root": journal.root().hex()}
        told = [f"founded {origin} in {folder}"]
        for one in founders:
            told += [f"person {one.name}", f"stream {one.stream}"]
        writing.tell(made, appended, head, told, streams=False)
    key = founders[0].path.stem
    session.output.note(f"next: archief --archive {folder} --as {key} person add NAME --role behandelaar --key")


def refuse_used(folder: Path) -> None:
    """Refuse a folder that has something in it.

    Raises:
        ArchiveExistsError: it has.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArchiveExistsError(
            "there is something here already; an archive begins in an empty or new folder",
            where=str(folder),
            remedy="name another folder",
        )


def refuse_kept(folder: Path) -> None:
    """Refuse a folder whose history a version-control system would keep.

    Raises:
        UnsafeFolderError: it would.
    """
    kept = kept_by(folder)
    if kept is not None:
        raise UnsafeFolderError(
            f"{kept} is under version control: what the archive must destroy would stay in its history",
            where=str(folder),
            remedy=f"name a folder elsewhere, or ignore it: echo '/{_below(kept, folder)}/' >> {kept}/.gitignore",
        )


def kept_by(folder: Path) -> Path | None:
    """The work tree of a version-control system that would keep what is in a folder; None when there is none."""
    for parent in (folder.absolute(), *folder.absolute().parents):
        for mark in (".git", ".hg", ".svn", ".jj"):
            if (parent / mark).exists() and not (mark == ".git" and _ignored(parent, folder.absolute())):
                return parent
    return None


def _below(parent: Path, folder: Path) -> str:
    return folder.absolute().relative_to(parent).as_posix()


def _ignored(work_tree: Path, folder: Path) -> bool:
    """Whether git ignores everything that the archive will write there."""
    names = [str(folder / name / "x") for name in FOLDERS]
    try:
        asked = subprocess.run(  # noqa: S603 - fixed words, and paths after --
            ["git", "-C", str(work_tree), "check-ignore", "--quiet", "--no-index", "--", *names[:1]],  # noqa: S607
            capture_output=True,
            check=False,
            timeout=20,
        )
        return asked.returncode == 0 and _all_ignored(work_tree, names)
    except (OSError, subprocess.TimeoutExpired):
        return False


def _all_ignored(work_tree: Path, names: list[str]) -> bool:
    asked = subprocess.run(  # noqa: S603 - as above
        ["git", "-C", str(work_tree), "check-ignore", "--no-index", "--", *names],  # noqa: S607
        capture_output=True,
        check=False,
        timeout=20,
        text=True,
    )
    return len(asked.stdout.splitlines()) == len(names)
