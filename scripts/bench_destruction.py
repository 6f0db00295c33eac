"""The bench's works on destruction: letters spread over a whole archive are erased, beside rewriting their files.

The letters are decided on by four persons before the clock starts. Measured is what an execution does to the archive:
finding, announcing, erasing, throwing away what was made of them, looking that nothing is left, closing each record,
and making the state anew. Not measured is drawing up the certificate.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from archief import durable, erasure
from archief.draft import Draft, draft, new_stream
from archief.events.base import STREAMS_MAX
from archief.journal import Journal
from archief.log import Log
from archief.projections import state, tables
from archief.projections.projector import Projector
from archief.storage.local import LocalStorage
from scripts.bench_office import SEED
from scripts.bench_peers import Timed
from scripts.generate import Office


def destroyed(archive: Path, count: int) -> Timed:
    """Destroy letters that are spread evenly over a copy of an archive.

    Args:
        archive: it stays as it is.
        count: how many of its letters.
    """
    folder = _copy(archive)
    with tempfile.TemporaryDirectory() as empty:
        archivaris, manager, owner, authoriser = Office(Path(empty), 0, SEED).clerks[:4]
    journal = Journal(LocalStorage(folder), index=folder / "cache" / "index.sqlite")
    journal.open()
    letters = _letters(folder, count)

    def append(by: Any, *drafts: Draft) -> int:  # noqa: ANN401 - a clerk of the generator
        return journal.append(drafts, by.key, dt.datetime.now(dt.UTC), os.urandom, accept_clock=True).seqs[0]

    stream = new_stream(os.urandom)
    append(archivaris, draft("role_granted.v1", authoriser.stream, {"role": "authoriser"}))
    day = dt.datetime.now(dt.UTC).date().isoformat()
    proposal = append(manager, *_parted("destruction_proposed.v1", stream, letters, {"reference_date": day}))
    append(owner, draft("destruction_reviewed.v1", stream, {"proposal": proposal, "result": "approved"}))
    append(archivaris, draft("destruction_consented.v1", stream, {"proposal": proposal}))
    facts = {"basis": "archiefwet-1995:3", "earliest": "2021-01-01", "proposal": proposal}
    authorisation = append(
        authoriser, draft("destruction_authorised.v1", stream, facts, {"decision": "Besluit 2027-03"})
    )
    Projector(Log(journal.storage), folder / "cache").replay()

    def run() -> int:
        found = erasure.find(journal.storage, journal.authority.destructions, letters)
        facts = {"authorisation": authorisation, "documents": len(found.documents), "payloads": len(found.payloads)}
        append(manager, *_parted("destruction_started.v1", stream, letters, facts))
        erased = erasure.erase(journal, found)
        assert erased.payloads == len(found.payloads)
        state.forget_all(folder / "cache")
        gone = erasure.demand_absence(journal, letters)
        for first in range(0, len(letters), STREAMS_MAX):
            closing = [
                draft(
                    "record_destroyed.v1",
                    letter,
                    {"authorisation": authorisation, "last_stream_seq": gone.versions[letter]},
                )
                for letter in letters[first : first + STREAMS_MAX]
            ]
            append(manager, *closing)
        Projector(Log(journal.storage), folder / "cache").replay()
        return len(letters)

    return run


def _parted(tag: str, stream: str, letters: list[str], facts: dict[str, Any]) -> list[Draft]:
    pieces = [letters[first : first + STREAMS_MAX] for first in range(0, len(letters), STREAMS_MAX)]
    return [
        draft(tag, stream, {**facts, "streams": piece, "part": part, "parts": len(pieces)})
        for part, piece in enumerate(pieces, 1)
    ]


def rewritten(archive: Path) -> Timed:
    """What no destruction that is spread so can do without: every payload segment read, written, synced and renamed."""
    folder = _copy(archive)

    def run() -> int:
        segments = sorted((folder / "payload").iterdir())
        for path in segments:
            durable.replace(path, path.read_bytes())
        return len(segments)

    return run


def due(archive: Path) -> Timed:
    """What is due on a day, as the yearly proposal asks it of the state."""
    log = Log(LocalStorage(archive))
    projector = Projector(log, archive / "cache")
    projector.replay()
    connection = projector.connect()
    query = tables.read("destruction", "due.sql")

    def run() -> int:
        connection.execute(query, {"day": dt.date(2040, 1, 1)}).fetchall()
        return 1

    return run


def _letters(folder: Path, count: int) -> list[str]:
    opening = b'"type":"letter_registered.v1"}'
    marks = [entry for entry in Log(LocalStorage(folder)).entries() if entry.endswith(opening)]
    step = max(len(marks) // count, 1)
    at = b'"stream":"'
    return [entry[entry.rfind(at) + len(at) :][:36].decode() for entry in marks[::step]][:count]


def _copy(archive: Path) -> Path:
    target = archive.with_name(f"{archive.name}-destroyed")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(archive, target, ignore=shutil.ignore_patterns("cache"))
    return target
