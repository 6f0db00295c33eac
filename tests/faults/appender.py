"""Programs that a test starts, kills and sets against each other.

    python -m tests.faults.appender kill FOLDER              forks appenders on request, which are then killed
    python -m tests.faults.appender race FOLDER NAME COUNT   appends that many letters, one commit each, after "go"

``kill`` reads lines from its input; for each it forks a child that appends without end and tells every acknowledged
entry on the output: ``pid 71``, ``open``, ``ack 40``, …, and when the child is gone ``gone``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from archief.journal import Journal
from archief.storage.local import LocalStorage
from tests.founding import Founded, found, seeded

MADE = "archief"
"""The seed of the archive: whoever knows it has its keys."""


def people() -> Founded:
    """The archive as it was founded, of which this process takes the people and their keys."""
    from archief.storage.memory import MemoryStorage

    return found(MemoryStorage(), seed=MADE)


def join(archive: Founded, folder: Path, seed: str) -> Founded:
    """The archive in a folder with a journal of one's own."""
    archive.entropy = seeded(seed)
    archive.journal = Journal(LocalStorage(folder), index=folder / "cache" / "index.sqlite")
    return archive


def tell(text: str) -> None:
    """One line on the output, at once."""
    os.write(1, text.encode() + b"\n")


def append_for_ever(archive: Founded, folder: Path, seed: str) -> None:
    """Append letters of all kinds until somebody ends it."""
    join(archive, folder, seed).journal.open()
    tell("open")
    number = 0
    while True:
        number += 1
        drafts = [archive.letter(f"{seed} {number}", [os.urandom(3_000)] * (number % 3 == 0))]
        drafts += [archive.letter() for _ in range(number % 7 * 4)]
        tell(f"ack {archive.append(*drafts).commit.seq}")


def serve(folder: Path) -> None:
    """Fork an appender for each line of input, and wait until it is gone."""
    archive = people()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                append_for_ever(archive, folder, line.strip())
            finally:
                os._exit(1)
        tell(f"pid {pid}")
        os.waitpid(pid, 0)
        tell("gone")


def race(folder: Path, name: str, count: int) -> None:
    """Append letters with numbers of the one series, each its own commit, once somebody says go."""
    archive = join(people(), folder, name)
    archive.journal.open()
    tell("ready")
    sys.stdin.readline()
    for number in range(count):
        tell(f"{archive.append(archive.letter(f'{name} {number}', series='register')).seqs[0]}")
    archive.journal.close()


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        serve(Path(sys.argv[2]))
    else:
        race(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
