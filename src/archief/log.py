"""Reading one archive: its size and origin, entries, payloads, documents, proofs. Needs no lock and no write access.

The log as it stands on its last complete commit when it is opened; a reader never sees half an append. Knows where
things stand; believes nothing (that is ``verification``) and changes nothing (that is ``journal``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archief.errors import LossError, MalformedError, NoArchiveError, NotFoundError
from archief.events import catalogue, envelope
from archief.events.envelope import Commit, Event
from archief.storage import base
from archief.storage.base import Storage, Tail
from archief.stored_tree import StoredTree
from archief.tlog import merkle


class Log:
    """One archive's log, for reading.

    Args:
        storage: where it is.

    Raises:
        NoArchiveError: there is no log, or not one whole commit.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.tail: Tail = base.read_tail(storage)
        if not self.tail.size:
            raise NoArchiveError(
                "there is no archive here",
                where=storage.place,
                remedy="name one with --archive, or found one with `archief init`",
            )
        self.last_commit: Commit = envelope.decode_commit(self.tail.commit)

    @property
    def size(self) -> int:
        """The number of entries up to and with the last commit."""
        return self.tail.size

    @property
    def origin(self) -> str:
        """The log's name, as the last commit has it."""
        return self.last_commit.origin

    def refresh(self) -> bool:
        """Look whether somebody appended meanwhile. True when the log has grown."""
        tail = base.read_tail(self.storage)
        grown = tail.size > self.tail.size
        self.tail = tail
        self.last_commit = envelope.decode_commit(tail.commit)
        return grown

    def tree(self) -> StoredTree:
        """The log's Merkle tree, out of tiles where they are there."""
        return StoredTree(self.storage, self.size)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` entries, computed from the entries themselves."""
        tree = StoredTree(self.storage, self.size, from_log=True)
        return tree.root(size)

    def entry(self, seq: int) -> bytes:
        """One entry's bytes.

        Raises:
            NotFoundError: there is no such entry.
        """
        if not 0 <= seq < self.size:
            raise NotFoundError(f"there is no entry {seq}; the log has {self.size}", where=self.storage.place)
        return base.entry_lines(self.storage, seq, seq + 1)[0]

    def event(self, seq: int) -> Event:
        """One event.

        Raises:
            NotFoundError: there is no such entry, or it is a commit.
            MalformedError: its bytes are not an event's.
        """
        entry = self.entry(seq)
        if envelope.is_commit(entry):
            raise NotFoundError(f"entry {seq} is a commit, not an event", where=self.storage.place)
        return envelope.decode_event(entry, f"entry {seq}")

    def commit_of(self, seq: int) -> Commit:
        """The commit that sealed an entry (itself, when the entry is a commit)."""
        self.entry(seq)
        for entry in self.entries(seq):
            if envelope.is_commit(entry):
                return envelope.decode_commit(entry)
        raise MalformedError(f"no commit follows entry {seq}", where=self.storage.place)

    def entries(self, first: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Entries in order, a segment at a time."""
        stop = self.size if stop is None else min(stop, self.size)
        for segment in base.segments_between(self.storage.log_segments(), first, stop):
            lines = self.storage.read(segment).split(b"\n")
            limit = min(stop - segment.first, len(lines) - 1, envelope.SEGMENT_ENTRIES)
            yield from lines[max(first - segment.first, 0) : limit]

    def commits(self, first: int = 0) -> Iterator[Commit]:
        """The commits from entry ``first`` on."""
        for entry in self.entries(first):
            if envelope.is_commit(entry):
                yield envelope.decode_commit(entry)

    def payload_line(self, seq: int) -> bytes | None:
        """The payload line of an entry; None when it is not there (erased, or the event has none)."""
        end = b',"seq":%d}\n' % seq
        for segment in base.segments_between(self.storage.payload_segments(), seq, seq + 1):
            content = self.storage.read(segment)
            at = content.find(end)
            if at >= 0:
                return content[content.rfind(b"\n", 0, at) + 1 : at + len(end) - 1]
        return None

    def payload(self, event: Event) -> Any:  # noqa: ANN401 - the type's data struct, or None
        """The data of an event, checked against its commitment; None when it has none or was erased.

        Raises:
            LossError: what is there is not what the event commits to.
        """
        if event.payload is None:
            return None
        line = self.payload_line(event.seq)
        if line is None:
            return None
        if envelope.commitment(line) != event.payload:
            raise LossError("the payload is not the one that was committed to", where=f"entry {event.seq}")
        return envelope.decode_payload(event.type, line, f"payload of entry {event.seq}").data

    def known_type(self, tag: str) -> bool:
        """Whether this program knows an event type."""
        return tag in catalogue.TYPES

    def inclusion_proof(self, seq: int, size: int | None = None) -> list[bytes]:
        """The proof that an entry stands in the tree of the first ``size`` entries."""
        return merkle.inclusion_proof(seq, self.size if size is None else size, self.tree())

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the tree of ``new`` entries extends the one of ``old``."""
        return merkle.consistency_proof(old, self.size if new is None else new, self.tree())

    def documents(self, event: Event) -> list[Any]:
        """The documents that an event registers, as they stand in its payload."""
        return list(getattr(self.payload(event), "documents", None) or ())


def tail_entries(storage: Storage, tail: Tail, first: int) -> list[bytes]:
    """The entries from ``first`` to the committed end, read from the end backwards: cheap when they are few.

    Raises:
        MalformedError: a segment holds fewer lines than the log's size says.
    """
    wanted = tail.size - first
    if wanted <= 0 or tail.segment is None:
        return []
    if first < tail.segment.first:
        return base.entry_lines(storage, first, tail.size)
    buffer, start = b"", tail.end_bytes
    while start > 0 and buffer.count(b"\n") <= wanted:
        step = min(max(base.BACKWARD_BYTES, wanted * 400, len(buffer)), start)
        start -= step
        buffer = storage.read(tail.segment, start, start + step) + buffer
    entries = buffer.split(b"\n")[-wanted - 1 : -1]
    if len(entries) != wanted:
        raise MalformedError(f"entries {first} to {tail.size - 1} are not all there", where=storage.place)
    return entries


def committed_entries(storage: Storage, tail: Tail, first: int) -> Iterator[bytes]:
    """The entries from ``first`` to the committed end, in order, a segment in memory at a time."""
    for segment in base.segments_between(storage.log_segments(), first, tail.size):
        last = tail.segment is not None and segment.first == tail.segment.first
        lines = storage.read(segment, 0, tail.end_bytes if last else None).split(b"\n")[:-1]
        yield from lines[max(first - segment.first, 0) :]
