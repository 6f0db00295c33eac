"""An archive in memory: the second implementation that keeps the protocol honest, and fast tests."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from archief.errors import ArchiveInUseError, ConflictError, NotFoundError, RefusedError, TailError
from archief.events import envelope
from archief.storage import base
from archief.storage.base import NewDocument, Segment, Tail


class MemoryStorage:
    """One archive in one process; an append is atomic because nothing of it shows before its last step."""

    place = "memory"

    def __init__(self) -> None:
        self.log: dict[int, bytes] = {}
        self.payload: dict[int, bytes] = {}
        self.documents: dict[str, bytes] = {}
        self.public: dict[str, bytes] = {}
        self.kept: dict[str, bytes] = {}
        self._writing = False

    def log_segments(self) -> list[Segment]:
        """The log's segments in order."""
        return [Segment(first, f"log/{first:012d}.jsonl", len(self.log[first])) for first in sorted(self.log)]

    def payload_segments(self) -> list[Segment]:
        """The payload segments in order."""
        return [
            Segment(first, f"payload/{first:012d}.jsonl", len(self.payload[first])) for first in sorted(self.payload)
        ]

    def read(self, segment: Segment, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes ``start`` to ``stop`` of a segment."""
        kept = self.log if segment.name.startswith("log/") else self.payload
        return kept[segment.first][start:stop]

    def document_ids(self) -> Iterator[str]:
        """The ids of all documents that are here."""
        yield from sorted(self.documents)

    def open_document(self, document: str) -> BinaryIO:
        """A stream over a document's bytes."""
        if document not in self.documents:
            raise NotFoundError("the document is not here", where=f"document {document}")
        return io.BytesIO(self.documents[document])

    def public_paths(self) -> Iterator[str]:
        """The paths of all public files."""
        yield from sorted(self.public)

    def read_public(self, path: str) -> bytes | None:
        """A public file whole; None when it is not here."""
        return self.public.get(path)

    def write_public(self, path: str, data: bytes, *, durable: bool = True) -> None:  # noqa: ARG002 - the protocol's
        """Put a public file in place whole."""
        self.public[path] = data

    def remove_public(self, path: str) -> None:
        """Take away a public file."""
        self.public.pop(path, None)

    def recovered(self) -> Iterator[tuple[str, bytes]]:
        """The names and bytes of cut tails."""
        yield from sorted(self.kept.items())

    def strangers(self) -> Iterator[str]:
        """Nothing can stand here that the format does not know."""
        yield from ()

    @contextlib.contextmanager
    def writing(self, floor: int = 0) -> Iterator[Tail]:
        """Be the only writer; a loose end is cleared first."""
        if self._writing:
            raise ArchiveInUseError("another writer is busy", where=self.place)
        self._writing = True
        try:
            yield self._clear(floor)
        finally:
            self._writing = False

    def append_commit(
        self,
        expected_size: int,
        payloads: Sequence[tuple[int, bytes]],
        documents: Sequence[NewDocument],
        entries: Sequence[bytes],
    ) -> None:
        """Append one commit; when this returns, it stays."""
        if not self._writing:
            raise RefusedError("an append outside of writing()")
        size = base.read_tail(self).size
        if size != expected_size:
            raise ConflictError(f"the log has {size} entries, not {expected_size}", where=self.place)
        copied = {document.id: b"".join(base.copy_document(document)) for document in documents}
        self.documents |= copied
        for seq, line in payloads:
            first = seq - seq % envelope.SEGMENT_ENTRIES
            self.payload[first] = self.payload.get(first, b"") + line + b"\n"
        for seq, entry in enumerate(entries, expected_size):
            first = seq - seq % envelope.SEGMENT_ENTRIES
            self.log[first] = self.log.get(first, b"") + entry + b"\n"

    def cut_tail(self, size: int) -> str:
        """Move all entries from index ``size`` on into ``recovered/``."""
        cut = b""
        for first in sorted(self.log):
            lines = self.log[first].splitlines(keepends=True)
            keep = max(size - first, 0)
            cut += b"".join(lines[keep:])
            self.log[first] = b"".join(lines[:keep])
            if not self.log[first]:
                del self.log[first]
        name = f"recovered/{size:012d}.{hashlib.sha256(cut).hexdigest()}.tail"
        self.kept[name] = cut
        return name

    def close(self) -> None:
        """Nothing is open."""

    def _clear(self, floor: int) -> Tail:
        tail = base.read_tail(self)
        loose = base.loose_segments(tail, self.log_segments())
        if loose:
            base.refuse_damaged_commit(tail, (self.read(segment) for segment in loose), self.place)
            if tail.size < floor:
                raise TailError(
                    f"the log ends at entry {tail.size} with a loose tail, but {floor} entries were remembered or signed",
                    where=self.place,
                )
            self.cut_tail(tail.size)
        for first, content in list(self.payload.items()):
            lines = content.splitlines(keepends=True)
            while lines and not 0 <= _payload_seq(lines[-1]) < tail.size:
                lines.pop()
            self.payload[first] = b"".join(lines)
        return base.read_tail(self)


def _payload_seq(line: bytes) -> int:
    start = line.rfind(b'"seq":')
    return int(line[start + 6 : -2]) if start >= 0 and line.endswith(b"}\n") else -1
