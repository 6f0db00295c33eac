"""Lines and segments for tests of storages: bytes of the right form that say nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

from archief.events import envelope
from archief.storage import base
from archief.storage.base import NewDocument, Storage
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from archief.tlog import merkle

SALT = bytes(32)
SEGMENT = envelope.SEGMENT_ENTRIES


def event(seq: int, text: str = "x") -> tuple[bytes, bytes]:
    """An event entry and its payload line."""
    line = envelope.encode_payload(b'{"subject":"%b"}' % text.encode(), SALT, seq)
    stream = "5b1e0000-0000-4000-8000-000000000000"
    return envelope.encode_event(b"{}", envelope.commitment(line), seq, stream, seq, "letter_edited.v1"), line


def commit(base_size: int, events: Sequence[bytes]) -> bytes:
    """A commit entry whose structure is right; its signature is nobody's."""
    return (
        b'{"base":{"root":"%b","size":%d},"events":%d,"id":"01900000-0000-7000-8000-000000000000","key":"%b",'
        b'"origin":"archief.voorbeeld.nl/5f0c91d2","root":"%b","seq":%d,"sig":"%b","time":"2021-01-14T09:12:33Z",'
        b'"type":"commit.v1"}'
    ) % (
        b"0" * 64,
        base_size,
        len(events),
        b"0" * 64,
        merkle.root(merkle.leaf_hashes(events)).hex().encode(),
        base_size + len(events),
        b"A" * 88,
    )


def append(storage: Storage, first: int, count: int = 1, documents: Sequence[NewDocument] = ()) -> list[bytes]:
    """Append one commit of so many events at index ``first``."""
    made = [event(first + number) for number in range(count)]
    entries = [entry for entry, _ in made]
    entries.append(commit(first, entries))
    storage.append_commit(first, [(first + number, line) for number, (_, line) in enumerate(made)], documents, entries)
    return entries


def fill(storage: Storage, size: int, documents: Sequence[NewDocument] = ()) -> list[bytes]:
    """Append two commits so that the log has this many entries."""
    return append(storage, 0, 399, documents) + append(storage, 400, size - 401)


def document(content: bytes, digest: str = "", name: str = "ab" * 16) -> NewDocument:
    return NewDocument(name, lambda: io.BytesIO(content), digest or hashlib.sha256(content).hexdigest())


def log_of(storage: Storage) -> bytes:
    return b"".join(storage.read(segment) for segment in storage.log_segments())


def payloads_of(storage: Storage) -> bytes:
    return b"".join(storage.read(segment) for segment in storage.payload_segments())


def overwrite(storage: Storage, name: str, content: bytes) -> None:
    """Do to a segment what no storage does by itself."""
    if isinstance(storage, LocalStorage):
        path = storage.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    elif isinstance(storage, MemoryStorage):
        kept = storage.log if name.startswith("log/") else storage.payload
        kept[int(name[-18:-6])] = content


FIRST_LOG, FIRST_PAYLOAD = "log/000000000000.jsonl", "payload/000000000000.jsonl"


def again(storage: Storage) -> Storage:
    """The same archive, seen by somebody who comes later."""
    storage.close()
    return LocalStorage(storage.folder, wait_seconds=0.2) if isinstance(storage, LocalStorage) else storage


def tail_of(storage: Storage, floor: int = 0) -> base.Tail:
    with storage.writing(floor) as tail:
        return tail
