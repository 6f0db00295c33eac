"""The bench's other side: the bare limits of the machine, and what others do with the same events on the same disk.

Each work is a function that prepares and gives back what is timed; that gives the number of units it did. What a peer
gets for free (events at hand as Python objects, a cache of aggregates) is on the peer's side of the scale.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from archief import canonical
from archief.events import envelope
from archief.keys import PublicKey
from scripts import bench_office as office

Timed = Callable[[], int | tuple[int, float]]
"""What is timed; gives the number of units done, and the seconds where not all of them count."""

T = TypeVar("T")
Triple = tuple[Any, bytes, bytes]
"""A parsed public key, a signature, a message."""


# limits


def three_hashes(archive: Path) -> int:
    """A leaf and a node for each entry, a commitment for each payload line: no reading of JSON, no tree, one core."""
    sha256, entries = hashlib.sha256, 0
    for path in sorted((archive / "log").iterdir()):
        with path.open("rb") as log:
            for line in log:
                leaf = sha256(b"\0" + line[:-1]).digest()
                sha256(b"\1" + leaf + leaf).digest()
                entries += 1
        payload = archive / "payload" / path.name
        if payload.exists():
            with payload.open("rb") as lines:
                for line in lines:
                    sha256(b"archief/payload/v1\0" + line[:-1]).digest()
    return entries


def raw_signatures(archive: Path, threads: int) -> Timed:
    """Every Ed25519 signature of an archive, parsed beforehand; the library lets go of Python's lock meanwhile."""
    triples = list(_signatures(archive))
    parts = [triples[number::threads] for number in range(threads)]

    def check(part: Sequence[Triple]) -> int:
        for key, signature, message in part:
            key.verify(signature, message)
        return len(part)

    def run() -> int:
        if threads == 1:
            return check(triples)
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(check, parts))

    return run


def _signatures(archive: Path) -> Iterator[Triple]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as in keys.py

    known: dict[str, Ed25519PublicKey] = {}
    origin = ""
    for line in _lines(archive, "log"):
        entry = msgspec.json.decode(line)
        if entry["type"] == "archive_founded.v1":
            origin = entry["facts"]["origin"]
        elif entry["type"] == "key_enrolled.v1":
            public = PublicKey(entry["facts"]["key"]["type"], canonical.base64_decode(entry["facts"]["key"]["public"]))
            known[public.id] = Ed25519PublicKey.from_public_bytes(public.public)
        elif entry["type"] == "commit.v1":
            yield known[entry["key"]], canonical.base64_decode(entry["sig"]), envelope.commit_message(line)
        elif entry["type"] == "letter_signed.v1":
            facts = envelope.decode_event(line).facts
            message = envelope.letter_message(
                origin, entry["stream"], facts.covers, facts.role, facts.on_behalf_of, facts.basis
            )
            yield known[facts.key], canonical.base64_decode(facts.signature), message


def _lines(archive: Path, kind: str) -> Iterator[bytes]:
    for path in sorted((archive / kind).iterdir()):
        with path.open("rb") as lines:
            for line in lines:
                yield line[:-1]


def count_in_duckdb(archive: Path) -> Timed:
    """DuckDB reads the same files and counts: what parsing alone costs."""
    import duckdb  # noqa: PLC0415 - one work needs it

    query = "select count(*) from read_json(?, columns={columns}, format='newline_delimited')"
    columns = {
        "log": "{facts: 'JSON', payload: 'VARCHAR', seq: 'BIGINT', stream: 'VARCHAR', type: 'VARCHAR'}",
        "payload": "{data: 'JSON', seq: 'BIGINT'}",
    }

    def run() -> int:
        counts = []
        with duckdb.connect(":memory:") as connection:
            for kind, shape in columns.items():
                given = [str(archive / kind / "*.jsonl")]
                row = connection.execute(query.replace("{columns}", shape), given).fetchone()
                counts.append(row[0] if row else 0)
        return int(counts[0])

    return run


def fold_in_python(archive: Path) -> int:
    """The plain way to a current state: msgspec, a dict for each letter, field-wise last write wins."""
    letters: dict[str, dict[str, Any]] = {}
    decode = msgspec.json.Decoder().decode
    payloads = _lines(archive, "payload")
    entries = 0
    for line in _lines(archive, "log"):
        entries += 1
        entry = decode(line)
        if entry["type"] == "commit.v1":
            continue
        letter = letters.setdefault(entry["stream"], {"events": 0})
        letter["events"] += 1
        letter["last"] = entry["type"]
        letter.update(entry["facts"])
        if entry["payload"] is not None:
            letter.update(decode(next(payloads))["data"])
    return entries


# a plain table


def append_to_sqlite(folder: Path, count: int, batch: int, *, encoded: bool = False) -> Timed:
    """One table in SQLite, as one writes it in an afternoon: WAL, a full sync at each commit, no hash, no signature.

    Args:
        folder: where the file is made.
        count: events.
        batch: events in a transaction.
        encoded: the events were encoded beforehand.
    """
    encode = msgspec.json.Encoder().encode
    happened: list[tuple[str, str, Any, Any]] = [
        (one.tag, one.stream, encode(one.facts), encode(one.data)) if encoded else one
        for one in office.happenings(count)
    ]
    connection = sqlite3.connect(_fresh(folder / "plain.sqlite"), isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute(
        "create table event (seq integer primary key, stream text, version integer, type text, facts blob, data blob,"
        " unique (stream, version))"
    )
    versions: dict[str, int] = {}

    def row(one: tuple[str, str, Any, Any]) -> tuple[str, int, str, bytes, bytes]:
        tag, stream, facts, data = one
        version = versions[stream] = versions.get(stream, -1) + 1
        return stream, version, tag, facts if encoded else encode(facts), data if encoded else encode(data)

    def run() -> int:
        for part in _parts(happened, batch):
            connection.execute("begin immediate")
            connection.executemany(
                "insert into event (stream, version, type, facts, data) values (?, ?, ?, ?, ?)", map(row, part)
            )
            connection.execute("commit")
        return len(happened)

    return run


# the library eventsourcing


def append_to_eventsourcing(folder: Path, count: int, batch: int) -> Timed:
    """The Python library of that name on SQLite (WAL, FULL). Aggregates stay in memory: it never reads one back."""
    happened = office.happenings(count)
    application, letter = _application(_fresh(folder / "eventsourcing.sqlite"))
    letters: dict[str, Any] = {}

    def run() -> int:
        for part in _parts(happened, batch):
            changed = {}
            for one in part:
                if one.stream not in letters:
                    letters[one.stream] = letter()
                changed[one.stream] = letters[one.stream]
                changed[one.stream].happen(one.tag, one.facts, one.data)
            application.save(*changed.values())
        return len(happened)

    return run


def project_with_eventsourcing(folder: Path, count: int) -> Timed:
    """The same library reads its own events again, in pages, and folds them into a dict for each letter."""
    append_to_eventsourcing(folder, count, office.BATCH)()
    application, _ = _application(folder / "eventsourcing.sqlite")

    def run() -> int:
        letters: dict[Any, dict[str, Any]] = {}
        done, start = 0, 1
        while page := application.recorder.select_notifications(start, office.BATCH):
            for notification in page:
                event = application.mapper.to_domain_event(notification)
                state = letters.setdefault(event.originator_id, {"events": 0})
                if hasattr(event, "tag"):
                    done += 1
                    state["events"] += 1
                    state.update(event.facts)
                    state.update(event.data or {})
            start = page[-1].id + 1
        return done

    return run


def _application(path: Path) -> tuple[Any, Any]:
    """An application of the library on that file, and its one kind of aggregate."""
    from eventsourcing.application import Application  # noqa: PLC0415 - a development extra

    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    return Application(env=environment), _aggregate()


@functools.cache  # the library keeps classes by name, and each name has one class
def _aggregate() -> Any:  # noqa: ANN401
    from eventsourcing.domain import Aggregate, event  # noqa: PLC0415 - a development extra

    class Letter(Aggregate):
        def __init__(self) -> None:
            self.events = 0

        @event("Happened")
        def happen(self, tag: str, facts: dict[str, Any], data: dict[str, Any] | None) -> None:  # noqa: ARG002
            self.events += 1

    return Letter


def _fresh(path: Path) -> Path:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _parts(happened: Sequence[T], batch: int) -> Iterable[Sequence[T]]:
    return (happened[begin : begin + batch] for begin in range(0, len(happened), batch))
