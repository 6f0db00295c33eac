"""What the bench works on: archives of a made-up town hall, and the same work as events that nobody wrote down yet.

Archives stay in the bench's folder and are used again when they are there: same size, same bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from archief.journal import Journal
from archief.keys import SigningKey
from archief.storage.local import LocalStorage
from scripts.generate import Office, generate

BATCH = 1_000
"""Events in a batch commit."""

SEED = 1
SINGLES = 0.01
"""Share of the events of a mixed archive that come alone: ten single commits to a batch."""


class Happened(NamedTuple):
    """An event before it is anybody's: the archive's, or a peer's."""

    tag: str
    stream: str
    facts: dict[str, Any]
    data: dict[str, Any] | None


class Unsigned(Office):
    """An office where nobody signs a letter: verifying its archive is hashing and reading."""

    def _life(self, *, received: bool) -> list[str]:
        steps = [step for step in super()._life(received=received) if not step.startswith("sign")]
        return steps or ["file"]


class Desk(Unsigned):
    """An office that hands its events over, so that somebody else can be timed writing them down."""

    def __init__(self, folder: Path, events: int) -> None:
        super().__init__(folder, events, SEED)
        self.out: list[Happened] = []

    def write(self, tag: str, stream: str, facts: dict[str, Any], data: dict[str, Any] | None) -> tuple[int, str]:
        """Hand an event over."""
        self.out.append(Happened(tag, stream, facts, data))
        return len(self.out), ""

    def _life(self, *, received: bool) -> list[str]:
        # A report points to its dispatch by the entry's number, which others do not know.
        return [step for step in super()._life(received=received) if step not in ("attach", "report")] or ["file"]


def happenings(count: int) -> list[Happened]:
    """What a town hall does, event by event."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), count)
        while len(desk.out) < count:
            desk.next()
        return desk.out[:count]


def mixed(folder: Path, events: int) -> Path:
    """A realistic archive: signed letters, batches and single commits."""
    return _made(folder / f"mixed-{events}", lambda path: generate(path, events, BATCH, SEED, singles=SINGLES))


def hashed(folder: Path, events: int) -> Path:
    """An archive in batches without signed letters: verifying it is hashing and reading, nearly no signature."""
    return _made(folder / f"hashed-{events}", lambda path: _unsigned(path, events, BATCH))


def singles(folder: Path, events: int) -> Path:
    """An archive in which every event has a commit of its own: verifying it is checking signatures."""
    return _made(folder / f"singles-{events}", lambda path: _unsigned(path, events, 1))


def founded(folder: Path) -> tuple[Journal, SigningKey]:
    """A new archive with people in it, open for appending, and a key that may append all of the above."""
    shutil.rmtree(folder, ignore_errors=True)
    office = Office(folder, 0, SEED)
    office.found()
    office.segments.close()
    return opened(folder)


def opened(folder: Path) -> tuple[Journal, SigningKey]:
    """An archive of these, open for appending, and the key of somebody in it."""
    with tempfile.TemporaryDirectory() as empty:
        key = Office(Path(empty), 0, SEED).clerks[0].key
    journal = Journal(LocalStorage(folder), index=folder / "cache" / "index.sqlite")
    journal.open()
    return journal, key


def _unsigned(folder: Path, events: int, batch: int) -> None:
    office = Unsigned(folder, events, SEED)
    office.found()
    while office.left > 0:
        for _ in range(batch):
            office.next()
        office.commit(office.random.choice(office.clerks))
    office.segments.close()


def _made(folder: Path, make: Callable[[Path], object]) -> Path:
    """The archive in that folder, made when it is not there."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder
