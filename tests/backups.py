"""Back-ups for tests: made, brought back and compared, without a command line."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from archief.backups import restoring
from archief.backups.copying import Copying, Made, Whose
from archief.backups.folder import Folder
from archief.backups.restoring import Brought, Restoring
from archief.exports import target
from archief.journal import Journal
from archief.log import Log
from archief.storage.base import Storage
from archief.storage.local import LocalStorage
from tests.destroying import decide
from tests.founding import Founded, edited, folder, found, seeded

NAME = "0123456789abcdef" * 2
SUBJECT = "Fietsenstalling"
SECRET = b"Geachte raadsleden, de fietsenstalling.\n"


def archive(path: Path) -> Founded:
    """An archive with two letters, one edited, one with a document, and a signed head."""
    made = found(folder(path))
    registered = made.append(made.letter(SUBJECT, [SECRET]), made.letter("Blijft"))
    made.append(edited(registered.streams[0], f"{SUBJECT} station"))
    made.sign_head()
    return made


def again(template: Founded, path: Path) -> Founded:
    """A copy of an archive with the same people, and a journal and chance of its own."""
    shutil.copytree(Path(template.storage.place), path)
    journal = Journal(folder(path))
    journal.open()
    return dataclasses.replace(template, journal=journal, entropy=seeded(path.name), people=[])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """An archive, made once a module."""
    return archive(tmp_path_factory.mktemp("template") / "events")


@pytest.fixture
def made(template: Founded, tmp_path: Path) -> Founded:
    """A copy of it, to be written into."""
    return again(template, tmp_path / "events")


@pytest.fixture
def place(made: Founded, tmp_path: Path) -> Path:
    """A back-up of that copy."""
    backup(made.storage, tmp_path / "kopie")
    return tmp_path / "kopie"


def backup(source: Storage, place: Path, *, dry: bool = False, expires: str | None = None) -> Made:
    """Bring a back-up up to date."""
    log = Log(source)
    kept = Folder(place, wait_seconds=0.2)
    with contextlib.nullcontext() if dry else kept.locked():
        whose = Whose(NAME, "2026-03-02T09:00:00Z", expires)
        return Copying(log, restoring.authority_of(log), kept, whose, dry=dry).run()


def restore(place: Path, into: Path, logs: Sequence[Path] = ()) -> Brought:
    """Bring an archive back, verified."""
    best, _ = restoring.newest([place, *logs])
    known = restoring.authority_of(best.log)
    with target.folder(into) as made:
        others = [restoring.archive_in(one) for one in logs]
        brought = Restoring(restoring.archive_in(place), best.log, known, others).build(made.folder)
        restoring.verified(made.folder, brought, "test")
    return brought


def files(path: Path) -> dict[str, bytes]:
    """Everything below a folder by path, but for locks and caches."""
    return {
        name: one.read_bytes()
        for one in path.rglob("*")
        if one.is_file() and not (name := one.relative_to(path).as_posix()).startswith(("lock", "cache/"))
    }


def destroy(made: Founded, letter: str, *, close: bool = True) -> list[int]:
    """Destroy a letter by the events that it takes, and erase it. Gives its entries that had a payload."""
    decided = decide(made, letter)
    made.append(decided.started(), by=decided.proposer)
    log = Log(made.storage)
    events = [log.event(seq) for seq, entry in enumerate(log.entries()) if letter.encode() in entry[-200:]]
    mine = [event for event in events if event.stream == letter and event.payload is not None]
    documents = {document.id for event in mine for document in log.documents(event)}
    with made.storage.writing():
        made.storage.erase([event.seq for event in mine], documents)
    if close:
        made.append(decided.destroyed(letter), by=decided.proposer)
    return [event.seq for event in mine]


def anywhere(needle: bytes, *folders: Path) -> list[str]:
    """The files below folders in which some bytes stand."""
    return [
        str(one) for folder_ in folders for one in folder_.rglob("*") if one.is_file() and needle in one.read_bytes()
    ]


def local(path: Path) -> LocalStorage:
    """The storage of a folder that is there."""
    return LocalStorage(path, wait_seconds=0.2)


def letter_of(made: Founded) -> str:
    """The stream of the letter with a document, which was edited."""
    log = Log(made.storage)
    seq = next(seq for seq, entry in enumerate(log.entries()) if entry.endswith(b'"letter_edited.v1"}'))
    return log.event(seq).stream
