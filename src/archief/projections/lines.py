"""Where lines stand: stretches of the log and of the payloads as files to read whole, as bytes, or line by line.

Knows that lines are in order of their entry index and where that index stands in a line; finds a line by halving, so
that one event costs a few small reads. Does not know what a line says.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from archief import durable
from archief.errors import MalformedError
from archief.events import envelope
from archief.storage import base
from archief.storage.base import Segment, Storage

Kind = Literal["log", "payload"]

PROBE_BYTES = 4 * 1024
"""Read at a time while halving; most lines fit."""

NEAR_BYTES = 32 * 1024
"""A stretch this short is read whole rather than halved again."""

PIECE_BYTES = 4 * 1024 * 1024
"""The most that is in memory of a stretch, but for its longest line."""

WHOLE_LINES = 64
"""From so many lines wanted in one segment on, the segment is read whole."""


class Lines:
    """The lines of one archive, log or payloads.

    Args:
        storage: where the archive is.
        kind: ``log`` for entries, ``payload`` for payload lines.
    """

    def __init__(self, storage: Storage, kind: Kind) -> None:
        self.storage = storage
        self.kind = kind
        self.segments = storage.log_segments() if kind == "log" else storage.payload_segments()

    def stretch(self, first: int, stop: int) -> tuple[list[Path], Iterator[bytes]]:
        """The lines of entries ``first`` to ``stop`` (exclusive): whole closed files, and the rest in pieces of bytes.

        A closed segment of a folder is a file that no append changes any more. Of any other segment only the lines that
        are asked for are given, so that a line that somebody is writing just now is never seen.
        """
        files: list[Path] = []
        rest: list[Segment] = []
        folder = getattr(self.storage, "folder", None)
        for segment in self._between(first, stop):
            closed = segment.first % envelope.SEGMENT_ENTRIES == 0 and segment.first + envelope.SEGMENT_ENTRIES <= stop
            if isinstance(folder, Path) and closed and segment.first >= first:
                files.append(folder / segment.name)
            else:
                rest.append(segment)
        return files, itertools.chain.from_iterable(self._cut(segment, first, stop) for segment in rest)

    def pick(self, seqs: Sequence[int]) -> Iterator[bytes]:
        """The lines of these entries, each with its newline, in order; those that are not there are left out.

        Args:
            seqs: entry indices in rising order.
        """
        at = 0
        while at < len(seqs):
            segment = self._holding(seqs[at])
            if segment is None:
                at += 1
                continue
            following = next((other.first for other in self.segments if other.first > segment.first), None)
            wanted = list(itertools.takewhile(lambda seq: following is None or seq < following, seqs[at:]))  # noqa: B023
            at += len(wanted)
            yield from (
                self._pick_whole(segment, wanted) if len(wanted) > WHOLE_LINES else self._pick_few(segment, wanted)
            )

    def count(self, first: int, stop: int) -> int:
        """How many lines there are of entries ``first`` to ``stop``."""
        held = itertools.chain.from_iterable(self._cut(segment, first, stop) for segment in self._between(first, stop))
        return sum(piece.count(b"\n") for piece in held)

    # finding

    def seq_of(self, line: bytes) -> int:
        """The entry index of a line.

        Raises:
            MalformedError: the line is not one of this archive's.
        """
        try:
            if self.kind == "payload":
                return int(line[line.rfind(b":") + 1 : line.rindex(b"}")])
            # Of an event `stream` is the member after `seq`, of a commit `sig`; neither can stand in what comes before.
            end = len(line) if envelope.COMMIT_END in line[-20:] else line.rindex(b'"stream":"')
            at = line.rindex(b'"seq":', 0, end) + 6
            return int(line[at : line.index(b",", at)])
        except ValueError:
            raise MalformedError("a line without an entry index", where=self.storage.place) from None

    def _between(self, first: int, stop: int) -> Iterable[Segment]:
        return base.segments_between(self.segments, first, stop)

    def _holding(self, seq: int) -> Segment | None:
        found = None
        for segment in self.segments:
            if segment.first > seq:
                break
            found = segment
        return found

    def _cut(self, segment: Segment, first: int, stop: int) -> Iterator[bytes]:
        """The lines of entries ``first`` to ``stop`` in a segment, a piece at a time: a segment may be of gigabytes."""
        return self._pieces(segment, self._offset(segment, first), self._offset(segment, stop))

    def _pieces(self, segment: Segment, begin: int, end: int) -> Iterator[bytes]:
        for at in range(begin, end, PIECE_BYTES):
            yield self.storage.read(segment, at, min(at + PIECE_BYTES, end))

    def _offset(self, segment: Segment, seq: int) -> int:
        """Where in a segment the first line of an entry ``seq`` or later begins; its end when there is none."""
        low, high = 0, segment.size_bytes
        if seq <= segment.first:
            return 0
        while high - low > NEAR_BYTES:
            middle = (low + high) // 2
            start, line = self._line_after(segment, middle, high)
            if not line or self.seq_of(line) >= seq:
                high = middle
            else:
                low = start + len(line)
        # All lines that begin before `high`; the first one after it is known to be of `seq` or later.
        start, _ = self._line_after(segment, high, segment.size_bytes)
        content = self.storage.read(segment, low, start)
        for each in content.splitlines(keepends=True):
            if not each.endswith(b"\n") or self.seq_of(each) >= seq:
                return low
            low += len(each)
        return low

    def _line_after(self, segment: Segment, offset: int, stop: int) -> tuple[int, bytes]:
        """The first whole line that begins at ``offset`` or later but before ``stop``, or none; and where it begins."""
        if offset >= segment.size_bytes:
            return segment.size_bytes, b""
        position = max(offset - 1, 0)  # a line begins after a newline
        buffer = b""
        begin = 0 if offset == 0 else -1
        while True:
            end = position + len(buffer)
            piece = self.storage.read(segment, end, end + PROBE_BYTES)
            buffer += piece
            if begin < 0:
                begin = buffer.find(b"\n") + 1 or -1
            if begin >= 0:
                if position + begin >= stop:
                    return position + begin, b""
                close = buffer.find(b"\n", begin)
                if close >= 0:
                    return position + begin, buffer[begin : close + 1]
            if not piece:
                return segment.size_bytes, b""

    def _pick_few(self, segment: Segment, seqs: Iterable[int]) -> Iterator[bytes]:
        for seq in seqs:
            _, line = self._line_after(segment, self._offset(segment, seq), segment.size_bytes)
            if line and self.seq_of(line) == seq:
                yield line

    def _pick_whole(self, segment: Segment, seqs: Iterable[int]) -> Iterator[bytes]:
        wanted, left = set(seqs), b""
        for piece in self._pieces(segment, 0, segment.size_bytes):
            *lines, left = (left + piece).split(b"\n")
            for line in lines:
                if self.seq_of(line + b"\n") in wanted:
                    yield line + b"\n"


@contextlib.contextmanager
def piped(pieces: Iterable[bytes]) -> Iterator[str]:
    """Give bytes a file name: a pipe that a thread fills. Nothing of a record is written to a disk for this.

    Args:
        pieces: lines, in pieces of any length; taken one at a time.

    Yields:
        The name to open, once.

    Raises:
        ArchiefError, OSError: what went wrong while ``pieces`` were made.
    """
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def fill() -> None:
        try:
            for piece in pieces:
                durable.write(writing, piece)
        except BrokenPipeError:
            pass  # the reader stopped, and says why
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that asked
            failures.append(error)
        finally:
            os.close(writing)

    thread = threading.Thread(target=fill, name="lines", daemon=True)
    thread.start()
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)
        thread.join()
    if failures:
        raise failures[0]


@contextlib.contextmanager
def named(files: Sequence[Path], rest: Iterable[bytes]) -> Iterator[list[str]]:
    """File names for all lines; an empty pipe when there are none at all, because a reader wants at least one file."""
    ahead = iter(rest)
    first = next(ahead, None)
    if first is None and files:
        yield [str(file) for file in files]
        return

    def pieces() -> Iterator[bytes]:
        if first is not None:
            yield first
        yield from ahead

    with piped(pieces()) as name:
        yield [*(str(file) for file in files), name]
