"""An archive in a folder (format.md §4 and §6).

An append goes: mark ``lock`` as busy → documents, payload lines, sync → entries, sync (an append that crosses a
segment's end syncs the earlier one first; a new file's folder is synced) → acknowledged → mark ``lock`` as idle. What
is not ended by a complete commit line does not count, and the next writer clears it away before it does anything else:
documents of the interrupted append and temporary files are deleted, payload lines beyond the log cut, and the log's
loose tail is moved to ``recovered/``. What counts though nobody was told so is brought to the disk. Clearing is the
same code whether the last writer failed just now, was killed a second ago or a year ago.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from archief import durable
from archief.errors import ArchiefError, ArchiveInUseError, ConflictError, NotFoundError, RefusedError, TailError
from archief.events import envelope
from archief.storage import base, layout
from archief.storage.base import Erased, NewDocument, Segment, Tail
from archief.storage.layout import DOCUMENT_ID, DOCUMENT_NAME, FOLDERS, PUBLIC_NAME, RECOVERED_NAME, segment_first
from archief.storage.lock import Lock

LOCK_WAIT_SECONDS = 30.0

_IDLE = b" "
"""Takes the place of a mark's first byte at the end: emptying the file would cost each append a tenth of its sync."""


class _Mark(msgspec.Struct, frozen=True):
    """What stands in ``lock``'s first line while somebody writes: the append's documents, and the log's size before."""

    documents: list[str] = []
    size: int = 0


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
        self._open_files: dict[str, tuple[int, Path]] = {}
        self._lock = Lock(folder / "lock", wait_seconds)
        self._descriptor: int | None = None
        self._marked = False
        self._floor = 0
        self._tail: Tail | None = None
        self._seen: dict[str, tuple[int, int]] = {}

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
        found = []
        with contextlib.suppress(FileNotFoundError), os.scandir(f"{self.place}/{kind}") as items:
            for item in items:
                if layout.is_segment_name(item.name) and item.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):  # a writer has just cleared it away
                        found.append(Segment(int(item.name[:12]), f"{kind}/{item.name}", item.stat().st_size))
        return sorted(found)

    def read(self, segment: Segment, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes ``start`` to ``stop`` of a segment."""
        with contextlib.suppress(FileNotFoundError), open(f"{self.place}/{segment.name}", "rb") as file:  # noqa: PTH123 - hot
            file.seek(start)
            return file.read() if stop is None else file.read(max(stop - start, 0))
        return b""

    def document_ids(self) -> Iterator[str]:
        """The ids of all documents that are here."""
        for path, _ in self._items("documents"):
            if found := DOCUMENT_NAME.fullmatch(path):
                yield found.group(2)

    def document_path(self, document: str) -> Path:
        """Where a document's file stands."""
        return self.folder / "documents" / document[:2] / f"{document}.bin"

    def open_document(self, document: str) -> BinaryIO:
        """A stream over a document's bytes."""
        path = self.document_path(document) if DOCUMENT_ID.fullmatch(document) else None
        if path is None or not path.is_file():
            raise NotFoundError("the document is not here", where=f"document {document[:32]!a}")
        return path.open("rb")

    def public_paths(self) -> Iterator[str]:
        """The paths of all public files that have a name the format knows."""
        for path, item in self._items("public"):
            if not item.is_dir() and PUBLIC_NAME.fullmatch(path):
                yield path

    def read_public(self, path: str) -> bytes | None:
        """A public file whole; None when it is not here."""
        place = f"{self.place}/public/{path}"
        with contextlib.suppress(FileNotFoundError):
            if os.path.isfile(place):  # noqa: PTH113 - hot
                with open(place, "rb") as file:  # noqa: PTH123 - hot
                    return file.read()
        return None

    def write_public(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Put a public file in place whole."""
        target = self.folder / "public" / path
        _make_folder(target.parent)
        # Unfinished files of the deep tree of tiles lie in one folder, where the next writer finds them.
        _replace(target, data, durable=durable, unfinished=self.folder / "public")

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
        for path, item in self._items("recovered"):
            if item.is_file(follow_symlinks=False) and RECOVERED_NAME.fullmatch(path):
                yield f"recovered/{path}", (self.folder / "recovered" / path).read_bytes()

    def strangers(self) -> Iterator[str]:
        """Names of files that the format does not know, and symbolic links, which it knows nowhere."""
        for item in sorted(self.folder.iterdir()):
            if item.is_symlink() or (item.name not in FOLDERS and item.name != "lock"):
                yield item.name
        for kind in ("log", "payload", "documents", "public", "recovered"):
            for path, found in self._items(kind):
                known = (
                    layout.is_known(kind, path) if found.is_file() else found.is_dir() and layout.is_folder(kind, path)
                )
                if found.is_symlink() or not known:
                    yield f"{kind}/{path}"

    def _items(self, kind: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Everything below a folder, in order, each with its path in it. Links are not followed."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            with contextlib.suppress(OSError), os.scandir(f"{self.place}/{kind}/{below}") as items:
                found = sorted(items, key=lambda item: item.name)
                yield from ((f"{below}{item.name}", item) for item in found)
                waiting += [f"{below}{item.name}/" for item in reversed(found) if item.is_dir(follow_symlinks=False)]

    # writing

    @contextlib.contextmanager
    def writing(self, floor: int = 0) -> Iterator[Tail]:
        """Be the only writer; what an interrupted append left behind is cleared first."""
        with self._locked() as lock:
            self._floor = floor
            if self._tail is None or os.pread(lock, 1, 0).strip(_IDLE) or not self._unchanged(self._tail):
                self._clear(lock)
            assert self._tail is not None
            yield self._tail

    def append_commit(
        self,
        expected_size: int,
        payloads: Sequence[tuple[int, bytes]],
        documents: Sequence[NewDocument],
        entries: Sequence[bytes],
    ) -> None:
        """Append one commit; when this returns, it stays."""
        tail = self._tail
        if tail is None or self._descriptor is None:
            raise RefusedError("an append outside of writing()")
        if tail.size != expected_size:
            raise ConflictError(f"the log has {tail.size} entries, not {expected_size}", where=self.place)
        if documents:
            base.refuse_known_documents(documents, lambda one: self.document_path(one).exists())
        self._tail = None  # whatever fails below, the next writer looks afresh
        try:
            self._mark([document.id for document in documents], expected_size)
            for document in documents:
                self._copy(document)
            for name, lines in layout.by_segment("payload", payloads):
                self._extend(name, lines)
            for name, lines in layout.by_segment("log", list(enumerate(entries, expected_size))):
                self._extend(name, lines)
        except (Exception, KeyboardInterrupt):
            with contextlib.suppress(ArchiefError, OSError):
                self._clear(self._descriptor)
            raise
        size = expected_size + len(entries)
        name = layout.growing(size)[0]
        end = self._seen[name][1]
        self._tail = Tail(size, entries[-1], Segment(segment_first(size - 1), name, end), end)
        self._seen = {each: self._seen[each] for each in layout.growing(size) if each in self._seen}

    def cut_tail(self, size: int) -> str:
        """Move all entries from index ``size`` on into ``recovered/``; their payloads and documents go."""
        held = self._descriptor
        with self._locked() if held is None else contextlib.nullcontext(held) as lock:
            self._tail, self._floor = None, 0
            cuts = []
            for segment in self.log_segments():
                content = self.read(segment)
                start = base.line_start(content, size - segment.first)
                if start < len(content):
                    cuts.append((segment, start, content[start:]))
            if not cuts:
                raise NotFoundError(f"there is no entry {size}", where=self.place)
            payloads = [(segment, self.read(segment)) for segment in self.payload_segments()]
            loose = [(segment, content, base.payloads_from(content, size)) for segment, content in payloads]
            self._mark(base.registered(content[keep:] for _, content, keep in loose), size)
            name = self._keep(size, b"".join(cut for _, _, cut in cuts))
            for segment, start, _ in reversed(cuts):
                self._shorten(self.folder / segment.name, start)
            for segment, content, keep in reversed(loose):
                if keep < len(content):
                    self._shorten(self.folder / segment.name, keep)
            self._clear(lock)
            return name

    def erase(self, payloads: Collection[int], documents: Collection[str]) -> Erased:
        """Take payload lines and documents away for good."""
        tail = self._tail
        if tail is None or self._descriptor is None:
            raise RefusedError("erasing outside of writing()")
        self._tail = None  # whatever fails below, the next writer looks afresh
        self._mark([], tail.size)
        paths = [self.document_path(document) for document in documents if DOCUMENT_ID.fullmatch(document)]
        paths = [path for path in paths if path.exists()]
        durable.remove_all(paths)
        self._forget(keep=0)  # an open segment would be written on under its old name's content
        wanted = frozenset(payloads)
        lines, segments = 0, []
        for segment in self.payload_segments():
            inside = {seq for seq in wanted if segment.first <= seq < segment.first + envelope.SEGMENT_ENTRIES}
            held = self._rewrite(segment, inside) if inside else 0
            if held:
                lines += held
                segments.append(segment.name)
        self._tail, self._seen = tail, self._look(tail)
        return Erased(lines, len(paths), segments)

    def _rewrite(self, segment: Segment, gone: Collection[int]) -> int:
        """Put a payload segment in place without some of its lines. Gives how many it held."""
        path = self.folder / segment.name
        with path.open("rb") as file:
            held = base.held_lines(file, gone)
            if not held:
                return 0
            file.seek(0)
            kept = base.kept_lines(file, gone)
            first = next(kept, b"")
            if first:
                durable.replace_with(path, itertools.chain((first,), kept))
            else:
                durable.remove(path)
        return held

    def mend(self) -> str:
        """Put the newline back that ends the last payload line. Gives the segment; empty when nothing was wrong."""
        with self._locked():
            found = base.missing_newline(self, base.read_tail(self))
            if found is None:
                return ""
            segment, end = found
            durable.end_line(self.folder / segment.name, end)
            self._tail = None
            return segment.name

    def close(self) -> None:
        """Let go of open files."""
        for descriptor, _ in self._open_files.values():
            os.close(descriptor)
        self._open_files.clear()
        self._lock.close()
        self._tail = None

    # how it is done

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the lock; what was marked as busy is idle again at the end, unless a failed append was not cleared."""
        if self._descriptor is not None:
            raise ArchiveInUseError("this process is writing already", where=self.place)
        lock = self._descriptor = self._lock.take()
        try:
            yield lock
        finally:
            self._descriptor = None
            if self._marked and self._tail is not None:
                with contextlib.suppress(OSError):  # a mark that stays costs the next writer a second look
                    os.pwrite(lock, _IDLE, 0)
            self._marked = False
            self._lock.release()

    def _unchanged(self, tail: Tail) -> bool:
        """Whether nobody wrote since this storage looked or wrote last."""
        held, self._seen = self._seen, self._look(tail)
        if held != self._seen:
            return False
        if tail.segment is None:
            return True
        line, start = tail.commit + b"\n", tail.end_bytes - len(tail.commit) - 1
        if tail.segment.name not in self._open_files:
            return self.read(tail.segment, start, tail.end_bytes) == line
        return os.pread(self._open_files[tail.segment.name][0], len(line), start) == line

    def _look(self, tail: Tail) -> dict[str, tuple[int, int]]:
        """Which of the files that a writer would extend are there: their inodes and lengths."""
        seen = {}
        for name in layout.growing(tail.size):
            try:
                status = os.stat(f"{self.place}/{name}")  # noqa: PTH116 - hot
            except FileNotFoundError:
                continue
            seen[name] = status.st_ino, status.st_size
        return seen

    def _mark(self, documents: Sequence[str], size: int) -> None:
        """Say in ``lock`` what is being written, so that what a killed append leaves can be found again."""
        lock = self._descriptor
        assert lock is not None
        with durable.reported(self._lock.path):
            self._marked = True
            os.lseek(lock, 0, os.SEEK_SET)
            durable.write(lock, msgspec.json.encode(_Mark(list(documents), size)) + b"\n")
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

    def _extend(self, name: str, lines: Sequence[bytes]) -> None:
        descriptor, path = self._open_files.get(name) or (None, self.folder / name)
        with durable.reported(path):
            fresh = descriptor is None and not path.exists()
            if descriptor is None:
                if fresh:
                    _make_folder(path.parent)
                self._forget(keep=3)
                descriptor = durable.open_plain(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
                self._open_files[name] = descriptor, path
            durable.write(descriptor, b"\n".join([*lines, b""]))
            durable.sync(descriptor)
            if fresh:
                durable.sync_folder(path.parent)
            status = os.fstat(descriptor)
        self._seen[name] = status.st_ino, status.st_size

    def _forget(self, keep: int) -> None:
        while len(self._open_files) > keep:
            os.close(self._open_files.pop(next(iter(self._open_files)))[0])

    def _clear(self, lock: int) -> None:
        """Bring the folder back to what the last complete commit says. What holds personal text goes first."""
        self._forget(keep=0)
        self._tail = None
        mark = os.pread(lock, os.fstat(lock).st_size, 0).partition(b"\n")[0]
        interrupted = b"" if mark.startswith(_IDLE) else mark
        tail = base.read_tail(self)
        loose = base.loose_segments(tail, self.log_segments())
        if loose:
            self._refuse_to_cut(tail, loose)
        if loose or tail.size >= self._floor:  # else the log was rolled back, which the journal says: nothing is cut
            payloads = base.loose_payloads(self, tail)
            self._clear_temporary()
            if interrupted:
                self._clear_documents(interrupted, tail)
            for segment, keep in payloads:
                self._shorten(self.folder / segment.name, keep)
            if loose:
                self._cut_loose(tail, loose)
            if interrupted:
                self._settle(tail)
                with durable.reported(self.folder / "lock"):
                    os.ftruncate(lock, 0)
                self._marked = False
        if tail.segment is not None:
            tail = tail._replace(segment=tail.segment._replace(size_bytes=tail.end_bytes))
        self._tail, self._seen = tail, self._look(tail)

    def _refuse_to_cut(self, tail: Tail, loose: Sequence[Segment]) -> None:
        base.refuse_damaged_commit(tail, (self.read(segment) for segment in loose), self.place)
        base.refuse_doubtful_commit(self, tail)
        if tail.size < self._floor:
            raise TailError(
                f"the log ends at entry {tail.size} with a loose tail, but {self._floor} were remembered or signed",
                where=f"{self.place}/{loose[0].name}",
                remedy="run `archief doctor`; restore the segment from a back-up if you have one",
            )

    def _cut_loose(self, tail: Tail, loose: Sequence[Segment]) -> None:
        """Move what follows the last complete commit line to ``recovered/``."""
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

    def _clear_temporary(self) -> None:
        """Delete unfinished files."""
        for kind in ("log", "payload", "recovered", "public"):
            for path in (self.folder / kind).glob(f"*{durable.TEMPORARY_SUFFIX}"):
                durable.remove(path)

    def _clear_documents(self, interrupted: bytes, tail: Tail) -> None:
        """Delete the documents of an append whose commit is not there; bring those whose commit is to the disk."""
        try:
            mark = msgspec.json.decode(interrupted, type=_Mark)
        except msgspec.DecodeError:
            return  # torn before the first document was written: the mark is synced before any
        for document in mark.documents:
            if not DOCUMENT_ID.fullmatch(document):
                continue
            path = self.document_path(document)
            # The mark alone deletes nothing: whoever can write `lock` could name a document that a record rests on.
            if tail.size <= mark.size and not self._is_named(document, tail.size):
                durable.remove(path)
            elif path.exists():
                durable.settle(path)

    def _is_named(self, document: str, size: int) -> bool:
        """Whether the payload line of a committed entry names a document."""
        named = document.encode()
        for segment in self.payload_segments():
            content = self.read(segment)
            if named in content[: base.payloads_from(content, size)]:
                return True
        return False

    def _settle(self, tail: Tail) -> None:
        """Bring the last commit and the folders to the disk: its writer was killed or refused, and it counts."""
        for folder in (self.folder, *(self.folder / kind for kind in FOLDERS if kind != "cache")):
            if folder.is_dir():
                with durable.reported(folder):
                    durable.sync_folder(folder)
        if not tail.size:
            return
        first = envelope.decode_commit(tail.commit).base.size
        for segment in base.segments_between(self.payload_segments(), first, tail.size):
            durable.settle(self.folder / segment.name, base.payloads_from(self.read(segment), first))
        for segment in base.segments_between(self.log_segments(), first, tail.size):
            durable.settle(self.folder / segment.name, base.line_start(self.read(segment), first - segment.first))


_make_folder = durable.make_folder
_replace = durable.replace
