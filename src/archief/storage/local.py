"""An archive in a folder (format.md §4 and §6).

An append goes: mark ``lock`` as busy → documents, payload lines, sync → entries, sync (an append that crosses a segment's
end syncs the earlier one first; a new file's folder is synced) → acknowledged → mark ``lock`` as idle. What is not ended
by a complete commit line does not count, and the next writer clears it away before it does anything else: it cuts payload
lines beyond the log, documents of the interrupted append and temporary files, and moves the log's loose tail to
``recovered/``. Clearing is the same code whether the last writer was killed a second or a year ago.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from archief import durable
from archief.errors import ArchiveInUseError, ConflictError, NotFoundError, RefusedError, TailError
from archief.events import envelope
from archief.storage import base
from archief.storage.base import NewDocument, Segment, Tail

SEGMENT_NAME = re.compile(r"[0-9]{12}\.jsonl")
DOCUMENT_NAME = re.compile(r"[0-9a-f]{32}\.bin")
RECOVERED_NAME = re.compile(r"[0-9]{12}\.[0-9a-f]{64}\.tail")
PUBLIC_NAME = re.compile(
    r"checkpoint|checkpoints/[0-9]{12}|tile/(?:[0-9]|[1-5][0-9]|6[0-3]|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"
)
LOCK_WAIT_SECONDS = 30.0
FOLDERS = ("log", "payload", "documents", "public", "recovered", "cache")


class LocalStorage:
    """One archive in one folder.

    Args:
        folder: the archive.
        wait_seconds: how long a writer waits for another one.
    """

    def __init__(self, folder: Path, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        self.folder = folder
        self.place = str(folder)
        self._wait_seconds = wait_seconds
        self._open_files: dict[Path, int] = {}
        self._lock: int | None = None
        self._tail: Tail | None = None
        self._seen: tuple[int, ...] = ()

    def __getstate__(self) -> tuple[Path, float]:
        """Only the place travels to a verification worker, never open files or the lock."""
        return (self.folder, self._wait_seconds)

    def __setstate__(self, state: tuple[Path, float]) -> None:
        folder, wait_seconds = state
        self.__init__(folder, wait_seconds=wait_seconds)  # type: ignore[misc]

    # reading

    def log_segments(self) -> list[Segment]:
        """The log's segments in order."""
        return self._segments("log")

    def payload_segments(self) -> list[Segment]:
        """The payload segments in order."""
        return self._segments("payload")

    def _segments(self, kind: str) -> list[Segment]:
        try:
            with os.scandir(self.folder / kind) as found:
                names = sorted(item.name for item in found if SEGMENT_NAME.fullmatch(item.name))
        except FileNotFoundError:
            return []
        return [Segment(int(name[:12]), f"{kind}/{name}", (self.folder / kind / name).stat().st_size) for name in names]

    def read(self, segment: Segment, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes ``start`` to ``stop`` of a segment."""
        with (self.folder / segment.name).open("rb") as file:
            file.seek(start)
            return file.read() if stop is None else file.read(max(stop - start, 0))

    def document_ids(self) -> Iterator[str]:
        """The ids of all documents that are here."""
        for path in sorted((self.folder / "documents").glob("??/*.bin")):
            if DOCUMENT_NAME.fullmatch(path.name) and path.parent.name == path.name[:2]:
                yield path.stem

    def document_path(self, document: str) -> Path:
        """Where a document's file stands."""
        return self.folder / "documents" / document[:2] / f"{document}.bin"

    def open_document(self, document: str) -> BinaryIO:
        """A stream over a document's bytes."""
        try:
            return self.document_path(document).open("rb")
        except FileNotFoundError:
            raise NotFoundError("the document is not here", where=f"document {document}") from None

    def public_paths(self) -> Iterator[str]:
        """The paths of all public files that have a name the format knows."""
        for path in self._files("public"):
            relative = path.relative_to(self.folder / "public").as_posix()
            if PUBLIC_NAME.fullmatch(relative):
                yield relative

    def read_public(self, path: str) -> bytes | None:
        """A public file whole; None when it is not here."""
        try:
            return (self.folder / "public" / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write_public(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Put a public file in place whole."""
        target = self.folder / "public" / path
        _make_folder(target.parent)
        _replace(target, data, durable=durable)

    def remove_public(self, path: str) -> None:
        """Take away a public file; an empty folder of partial tiles goes with it."""
        target = self.folder / "public" / path
        with durable.reported(target):
            target.unlink(missing_ok=True)
            if target.parent.name.endswith(".p"):
                with contextlib.suppress(OSError):
                    target.parent.rmdir()

    def recovered(self) -> Iterator[tuple[str, bytes]]:
        """The names and bytes of cut tails."""
        for path in self._files("recovered"):
            if RECOVERED_NAME.fullmatch(path.name):
                yield f"recovered/{path.name}", path.read_bytes()

    def strangers(self) -> Iterator[str]:
        """Names of files that the format does not know, and symbolic links, which it knows nowhere."""
        for item in sorted(self.folder.iterdir()):
            if item.is_symlink() or (item.name not in FOLDERS and item.name != "lock"):
                yield item.name
        patterns = {"log": SEGMENT_NAME, "payload": SEGMENT_NAME, "recovered": RECOVERED_NAME}
        for kind in ("log", "payload", "documents", "public", "recovered"):
            for path in self._files(kind):
                relative = path.relative_to(self.folder / kind)
                if kind == "documents":
                    known = len(relative.parts) == 2 and bool(DOCUMENT_NAME.fullmatch(path.name))  # noqa: PLR2004
                    known = known and path.parent.name == path.name[:2]
                elif kind == "public":
                    known = bool(PUBLIC_NAME.fullmatch(relative.as_posix()))
                else:
                    known = len(relative.parts) == 1 and bool(patterns[kind].fullmatch(path.name))
                if not known or path.is_symlink():
                    yield path.relative_to(self.folder).as_posix()

    def _files(self, kind: str) -> Iterator[Path]:
        for folder, folders, names in os.walk(self.folder / kind):
            folders.sort()
            for name in sorted(names):
                yield Path(folder) / name

    # writing

    @contextlib.contextmanager
    def writing(self, floor: int = 0) -> Iterator[Tail]:
        """Be the only writer; what an interrupted append left behind is cleared first."""
        lock = self._take_lock()
        try:
            seen = self._look()
            if self._tail is None or seen != self._seen or os.pread(lock, 1, 0):
                self._tail = self._clear(lock, floor)
                self._seen = self._look()
            yield self._tail
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)

    def append_commit(
        self,
        expected_size: int,
        payloads: Sequence[tuple[int, bytes]],
        documents: Sequence[NewDocument],
        entries: Sequence[bytes],
    ) -> None:
        """Append one commit; when this returns, it stays."""
        tail = self._tail
        if tail is None or self._lock is None:
            raise RefusedError("an append outside of writing()")
        if tail.size != expected_size:
            raise ConflictError(f"the log has {tail.size} entries, not {expected_size}", where=self.place)
        self._tail = None  # whatever fails below, the next writer looks afresh
        self._mark([document.id for document in documents])
        for document in documents:
            self._copy(document)
        for name, lines in _by_segment("payload", payloads):
            self._extend(self.folder / name, lines)
        numbered = list(enumerate(entries, expected_size))
        for name, lines in _by_segment("log", numbered):
            self._extend(self.folder / name, lines)
        self._mark(None)
        size = expected_size + len(entries)
        name = f"log/{_segment_first(size - 1):012d}.jsonl"
        end = os.fstat(self._open_files[self.folder / name]).st_size
        self._tail = Tail(size, entries[-1], Segment(_segment_first(size - 1), name, end), end)
        self._seen = self._look()

    def cut_tail(self, size: int) -> str:
        """Move all entries from index ``size`` on into ``recovered/``."""
        lines = []
        segments = [segment for segment in self.log_segments() if segment.first + envelope.SEGMENT_ENTRIES > size]
        for segment in segments:
            content = self.read(segment)
            offset = 0
            for _ in range(max(size - segment.first, 0)):
                offset = content.find(b"\n", offset) + 1
            lines.append((segment, offset, content[offset:]))
        name = self._keep(size, b"".join(cut for _, _, cut in lines))
        for segment, offset, _ in reversed(lines):
            self._shorten(self.folder / segment.name, offset)
        self._tail = None
        return name

    def close(self) -> None:
        """Let go of open files."""
        for descriptor in self._open_files.values():
            os.close(descriptor)
        self._open_files.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        self._tail = None

    # how it is done

    def _take_lock(self) -> int:
        path = self.folder / "lock"
        if self._lock is None:
            with durable.reported(path):
                self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        deadline = time.monotonic() + self._wait_seconds
        pause = 0.0002
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ArchiveInUseError(
                        f"another process has been writing for {self._wait_seconds:.0f} seconds",
                        where=self.place,
                        remedy="wait for it to finish, then run the same command again",
                    ) from None
                time.sleep(pause)
                pause = min(pause * 2, 0.01)
            else:
                return self._lock

    def _look(self) -> tuple[int, ...]:
        """The lengths of the segments a writer would extend: all there is to see whether somebody else wrote."""
        first = _segment_first(self._tail.size - 1) if self._tail is not None and self._tail.size else 0
        lengths = []
        for start in (first, first + envelope.SEGMENT_ENTRIES):
            for kind in ("log", "payload"):
                try:
                    lengths.append(os.stat(f"{self.place}/{kind}/{start:012d}.jsonl").st_size)  # noqa: PTH116 - hot
                except FileNotFoundError:
                    lengths.append(-1)
        return tuple(lengths)

    def _mark(self, documents: list[str] | None) -> None:
        """Say in ``lock`` which documents are being written, so that a killed append's can be found again."""
        lock = self._lock
        if lock is None:
            raise RefusedError("an append outside of writing()")
        with durable.reported(self.folder / "lock"):
            if documents is None:
                os.ftruncate(lock, 0)
                return
            os.lseek(lock, 0, os.SEEK_SET)
            durable.write(lock, msgspec.json.encode({"documents": documents}))
            if documents:
                durable.sync(lock)

    def _copy(self, document: NewDocument) -> None:
        path = self.document_path(document.id)
        _make_folder(path.parent)
        with durable.reported(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                for piece in base.copy_document(document):
                    durable.write(descriptor, piece)
                durable.sync(descriptor)
            finally:
                os.close(descriptor)
            durable.sync_folder(path.parent)

    def _extend(self, path: Path, lines: Sequence[bytes]) -> None:
        with durable.reported(path):
            descriptor = self._open_files.get(path)
            fresh = False
            if descriptor is None:
                fresh = not path.exists()
                self._forget(keep=3)
                descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
                self._open_files[path] = descriptor
            durable.write(descriptor, b"\n".join(lines) + b"\n")
            durable.sync(descriptor)
            if fresh:
                durable.sync_folder(path.parent)

    def _forget(self, keep: int) -> None:
        while len(self._open_files) > keep:
            os.close(self._open_files.pop(next(iter(self._open_files))))

    def _clear(self, lock: int, floor: int) -> Tail:
        """Bring the folder back to what the last complete commit says."""
        self._forget(keep=0)
        interrupted = os.pread(lock, 1 << 20, 0)
        tail = base.read_tail(self)
        loose = base.loose_segments(tail, self.log_segments())
        if loose:
            self._cut_loose(tail, loose, floor)
        self._cut_payloads(tail.size)
        if interrupted:
            self._clear_interrupted(interrupted, tail)
            os.ftruncate(lock, 0)
        segment = tail.segment
        return tail if segment is None else tail._replace(segment=segment._replace(size_bytes=tail.end_bytes))

    def _cut_loose(self, tail: Tail, loose: Sequence[Segment], floor: int) -> None:
        """Move what follows the last complete commit line to ``recovered/``."""
        base.refuse_damaged_commit(tail, (self.read(segment) for segment in loose), self.place)
        if tail.size < floor:
            raise TailError(
                f"the log ends at entry {tail.size} with a loose tail, but {floor} entries were remembered or signed",
                where=f"{self.place}/{loose[0].name}",
                remedy="run `archief doctor`; restore the segment from a back-up if you have one",
            )
        starts = [
            tail.end_bytes if tail.segment is not None and segment.first == tail.segment.first else 0
            for segment in loose
        ]
        cut = b"".join(self.read(segment, start) for segment, start in zip(loose, starts, strict=True))
        self._keep(tail.size, cut)
        for segment, start in reversed(list(zip(loose, starts, strict=True))):
            self._shorten(self.folder / segment.name, start)

    def _keep(self, size: int, cut: bytes) -> str:
        if not cut:
            return ""
        name = f"recovered/{size:012d}.{hashlib.sha256(cut).hexdigest()}.tail"
        _make_folder(self.folder / "recovered")
        if not (self.folder / name).exists():
            _replace(self.folder / name, cut)
        return name

    def _shorten(self, path: Path, length_bytes: int) -> None:
        if length_bytes:
            durable.truncate(path, length_bytes)
        else:
            durable.remove(path)

    def _cut_payloads(self, size: int) -> None:
        """Cut payload lines that belong to no committed entry, and a torn last line."""
        for segment in reversed(self.payload_segments()):
            keep = segment.size_bytes
            content = self.read(segment, max(keep - base.BACKWARD_BYTES, 0))
            if content.endswith(b"\n") and _payload_seq(content) < size:
                return
            content = self.read(segment)
            keep = content.rfind(b"\n") + 1
            if 0 <= _payload_seq(content[keep:] + b"\n") < size:
                return  # a committed line with a damaged end: verify names it, nothing is cut
            while keep and _payload_seq(content[:keep]) >= size:
                keep = content.rfind(b"\n", 0, keep - 1) + 1
            self._shorten(self.folder / segment.name, keep)
            if keep:
                return

    def _clear_interrupted(self, interrupted: bytes, tail: Tail) -> None:
        """Delete temporary files, and the documents of an append whose commit is not there."""
        for kind in ("log", "payload", "public", "recovered"):
            for path in self._files(kind):
                if path.name.endswith(durable.TEMPORARY_SUFFIX):
                    durable.remove(path)
        try:
            documents = msgspec.json.decode(interrupted)["documents"]
        except (msgspec.DecodeError, KeyError, TypeError):
            return  # torn before the first document was written: the mark is synced before any
        if documents:
            named = self._last_payloads(tail)
            for document in documents:
                if DOCUMENT_NAME.fullmatch(f"{document}.bin") and document.encode() not in named:
                    durable.remove(self.document_path(document))

    def _last_payloads(self, tail: Tail) -> bytes:
        """The payload lines of the last commit: the only ones that can name a marked document."""
        if not tail.size:
            return b""
        commit = envelope.decode_commit(tail.commit)
        segments = base.segments_between(self.payload_segments(), commit.base.size, tail.size)
        return b"".join(self.read(segment) for segment in segments)


def _segment_first(seq: int) -> int:
    return seq - seq % envelope.SEGMENT_ENTRIES


def _by_segment(kind: str, numbered: Sequence[tuple[int, bytes]]) -> Iterator[tuple[str, list[bytes]]]:
    """Lines with their entry index, split over the segments they belong to, earlier one first."""
    while numbered:
        first = _segment_first(numbered[0][0])
        here = [line for seq, line in numbered if seq < first + envelope.SEGMENT_ENTRIES]
        yield f"{kind}/{first:012d}.jsonl", here
        numbered = numbered[len(here) :]


def _payload_seq(content: bytes) -> int:
    """The entry index at the end of the last of some payload lines; -1 when it cannot be read."""
    line = content[content.rfind(b"\n", 0, len(content) - 1) + 1 :]
    found = re.search(rb'"seq":([0-9]+)\}[^}]?\n\Z', line)
    return int(found.group(1)) if found else -1


_make_folder = durable.make_folder
_replace = durable.replace
