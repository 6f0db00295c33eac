"""An archive in memory: the second implementation that keeps the protocol honest, and fast tests."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO

from archief.errors import ArchiveInUseError, ConflictError, NotFoundError, RefusedError, TailError
from archief.events import envelope
from archief.storage import base
from archief.storage.base import Erased, NewDocument, Segment, Tail


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
            raise ArchiveInUseError("this process is writing already", where=self.place)
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
        base.refuse_known_documents(documents, self.documents.__contains__)
        copied = {document.id: b"".join(base.copy_document(document)) for document in documents}
        self.documents |= copied
        _extend(self.payload, payloads)
        _extend(self.log, list(enumerate(entries, expected_size)))

    def cut_tail(self, size: int) -> str:
        """Move all entries from index ``size`` on into ``recovered/``; their payloads and documents go."""
        cuts = {first: base.line_start(self.log[first], size - first) for first in sorted(self.log)}
        cut = b"".join(self.log[first][start:] for first, start in cuts.items())
        if not cut:
            raise NotFoundError(f"there is no entry {size}", where=self.place)
        loose = {first: base.payloads_from(content, size) for first, content in self.payload.items()}
        for document in base.registered(self.payload[first][keep:] for first, keep in loose.items()):
            self.documents.pop(document, None)
        _shorten(self.payload, loose)
        return self._keep(size, cuts)

    def erase(self, payloads: Collection[int], documents: Collection[str]) -> Erased:
        """Take payload lines and documents away for good."""
        if not self._writing:
            raise RefusedError("erasing outside of writing()")
        gone = [self.documents.pop(document, None) for document in documents]
        lines, segments = 0, []
        for first, content in sorted(self.payload.items()):
            held = base.held_lines(io.BytesIO(content), payloads)
            if held:
                lines += held
                segments.append(f"payload/{first:012d}.jsonl")
                self.payload[first] = b"".join(base.kept_lines(io.BytesIO(content), payloads))
        _shorten(self.payload, {first: len(content) for first, content in self.payload.items() if not content})
        return Erased(lines, sum(one is not None for one in gone), segments)

    def close(self) -> None:
        """Nothing is open."""

    def _clear(self, floor: int) -> Tail:
        tail = base.read_tail(self)
        loose = base.loose_segments(tail, self.log_segments())
        if loose:
            base.refuse_damaged_commit(tail, (self.read(segment) for segment in loose), self.place)
            base.refuse_doubtful_commit(self, tail)
            if tail.size < floor:
                raise TailError(
                    f"the log ends at entry {tail.size} with a loose tail, but {floor} were remembered or signed",
                    where=self.place,
                )
        if loose or tail.size >= floor:
            _shorten(self.payload, {segment.first: keep for segment, keep in base.loose_payloads(self, tail)})
        if loose:
            last = tail.segment.first if tail.segment is not None else -1
            self._keep(tail.size, {one.first: tail.end_bytes if one.first == last else 0 for one in loose})
        return base.read_tail(self)

    def _keep(self, size: int, cuts: dict[int, int]) -> str:
        cut = b"".join(self.log[first][start:] for first, start in cuts.items())
        name = f"recovered/{size:012d}.{hashlib.sha256(cut).hexdigest()}.tail"
        if cut:
            self.kept[name] = cut
        _shorten(self.log, cuts)
        return name


def _extend(segments: dict[int, bytes], numbered: Sequence[tuple[int, bytes]]) -> None:
    grown: dict[int, list[bytes]] = {}
    for seq, line in numbered:
        grown.setdefault(seq - seq % envelope.SEGMENT_ENTRIES, []).append(line)
    for first, lines in grown.items():
        segments[first] = segments.get(first, b"") + b"\n".join(lines) + b"\n"


def _shorten(segments: dict[int, bytes], lengths: dict[int, int]) -> None:
    for first, length in lengths.items():
        segments[first] = segments[first][:length]
        if not segments[first]:
            del segments[first]
