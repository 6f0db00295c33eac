"""A folder that appears whole or not at all: written beside its final name, synced, renamed.

A long export writes down, batch by batch, what is done; a run that was stopped is taken up there, after every file of
it was read back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from archief import canonical, durable
from archief.errors import ArchiveInUseError, UsageError, WriteFailedError
from archief.storage.lock import Lock

PIECE_BYTES = 1 << 20
SUFFIX = ".unfinished"
PACKAGE, DONE, LOCK = "package", "done.jsonl", "lock"
WAIT_SECONDS = 1.0
_LEFT = rf"(?:{re.escape(SUFFIX)}){{0,2}}(?:\.[0-9a-f]{{8}}{re.escape(durable.TEMPORARY_SUFFIX)})?"
"""How a name ends in which an export is written, or is thrown away."""


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One batch that is done: the digest and size of each file it wrote, and what the writer wants to find again."""

    files: dict[str, tuple[str, int]]
    state: dict[str, Any]


class Target:
    """Takes the files of an export.

    Attributes:
        root: the folder, where it is written until all is done.
        inside: a folder in it, ending in a slash, in which the content lies; empty for the folder itself.
        digests: path and SHA-256 of every file of the content so far, in the order in which they were written.
        sizes: bytes of every file of the content so far.
        state: what the last batch of a run that was stopped left for this one; None where nothing is done yet.
    """

    def __init__(self, root: Path, done: Path | None = None, inside: str = "") -> None:
        self.root = root
        self.inside = inside
        self.digests: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.state: dict[str, Any] | None = None
        self._done = done
        self._noted = 0

    @property
    def folder(self) -> Path:
        """Where the content lies until all is done."""
        return self.root / self.inside

    def put(self, path: str, content: bytes) -> None:
        """Write a file of the content.

        Raises:
            WriteFailedError: the disk refused.
        """
        self.put_around(self.inside + path, content)
        self.digests[path] = hashlib.sha256(content).hexdigest()
        self.sizes[path] = len(content)

    def put_around(self, path: str, content: bytes) -> None:
        """Write a file of what is around the content; its path begins at the root.

        Raises:
            WriteFailedError: the disk refused.
        """
        self._write(path, lambda descriptor: durable.write(descriptor, content))

    def copy(self, path: str, source: IO[bytes]) -> None:
        """Write a file of the content piece by piece.

        Raises:
            WriteFailedError: the disk refused.
        """
        digest, size = hashlib.sha256(), 0

        def copied(descriptor: int) -> None:
            nonlocal size
            while piece := source.read(PIECE_BYTES):
                digest.update(piece)
                size += len(piece)
                durable.write(descriptor, piece)

        self._write(self.inside + path, copied)
        self.digests[path] = digest.hexdigest()
        self.sizes[path] = size

    def note(self, state: dict[str, Any]) -> None:
        """Write down that all files so far belong to batches that are done, where the export can be taken up.

        Args:
            state: what a run that takes it up needs, as JSON has it.

        Raises:
            WriteFailedError: the disk refused.
        """
        if self._done is None:  # nothing is taken up
            return
        fresh = list(self.digests)[self._noted :]
        line = canonical.encode({"files": {one: [self.digests[one], self.sizes[one]] for one in fresh}, "state": state})
        with durable.reported(self._done):
            descriptor = durable.open_plain(self._done, os.O_WRONLY | os.O_APPEND)
            try:
                durable.write(descriptor, line + b"\n")
            finally:
                os.close(descriptor)
        self._noted = len(self.digests)

    def take_up(self, key: str) -> None:
        """Go on where a run of the same export stopped; begin anew where it was another, or where a file changed."""
        assert self._done is not None, "only an export with a key is taken up"
        try:
            first, *lines = self._done.read_bytes().split(b"\n")[:-1]
            notes = [msgspec.json.decode(line, type=_Note) for line in lines]
        except (OSError, ValueError):
            first, notes = b"", []
        if first == key.encode() and notes and self._is_as(notes):
            self.state, self._noted = notes[-1].state, len(self.digests)
            return
        self.digests, self.sizes = {}, {}
        with durable.reported(self.root):
            self._done.unlink(missing_ok=True)
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir()
        durable.write_new(self._done, key.encode() + b"\n")

    def _is_as(self, notes: list[_Note]) -> bool:
        """Whether every file is what was noted; what no note names is taken away."""
        for note in notes:
            for path, (digest, size) in note.files.items():
                self.digests[path], self.sizes[path] = digest, size
        for path, digest in self.digests.items():
            try:
                with (self.folder / path).open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                        return False
            except OSError:
                return False
        with durable.reported(self.root):
            for found in sorted(self.root.rglob("*")):
                path = found.relative_to(self.root).as_posix()
                if found.is_file() and path.removeprefix(self.inside) not in self.digests:
                    found.unlink()
        return True

    def can_be_taken_up(self) -> bool:
        """Whether a batch is done that another run need not do again."""
        return self._noted > 0

    def _write(self, path: str, fill: Callable[[int], None]) -> None:
        place = self.root / path
        with durable.reported(self.root):
            try:
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            except FileNotFoundError:
                if not self.root.is_dir():  # a destruction took it away: nothing may go on in a folder that is half
                    raise
                place.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                fill(descriptor)
            finally:
                os.close(descriptor)


def leftovers(place: Path) -> list[Path]:
    """What lies beside the final name of an export that was stopped, or is being written.

    Args:
        place: the final name.
    """
    if not place.parent.is_dir():
        return []
    ours = re.compile(re.escape(place.name) + _LEFT)
    with durable.reported(place.parent):
        return sorted(
            found for found in place.parent.iterdir() if found.name != place.name and ours.fullmatch(found.name)
        )


def throw_away(left: Path) -> None:
    """Delete what an export that was stopped left. One that is being written there ends in an error.

    Args:
        left: as :func:`leftovers` gives it.

    Raises:
        WriteFailedError: it cannot be deleted.
    """
    with durable.reported(left):
        if left.is_symlink() or not left.is_dir():
            left.unlink()
        else:
            # Renamed first: its writer must not go on in a folder of which half is gone.
            gone = left.with_name(f"{left.name.partition(SUFFIX)[0]}.{secrets.token_hex(4)}{durable.TEMPORARY_SUFFIX}")
            left.rename(gone)
            shutil.rmtree(gone)
        durable.sync_folder(left.parent)


@contextlib.contextmanager
def folder(place: Path, key: str | None = None, inside: str = "") -> Iterator[Target]:
    """Write a folder beside its final name; it gets that name when nothing went wrong.

    What was stopped by a person or by the disk is kept, where a batch of it is done and a key was given: the same
    export goes on there. After any other error nothing is left.

    Args:
        place: a folder that is not there, or is empty.
        key: names the export; a stopped run of the same key is taken up.
        inside: where in the folder the content lies; empty, or ending in a slash.

    Raises:
        UsageError: there is something in it, or somebody else is writing it.
        WriteFailedError: the disk refused.
    """
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError(
            "there is something in that folder already", where=str(place), remedy="name a folder that is empty or new"
        )
    beside = place.with_name(f"{place.name}{SUFFIX}")
    target = Target(beside / PACKAGE, beside / DONE if key is not None else None, inside)
    with _alone(beside):
        with durable.reported(beside):
            if key is not None:
                target.take_up(key)
            else:
                shutil.rmtree(target.root, ignore_errors=True)
                target.root.mkdir()
        try:
            yield target
            with durable.reported(place):
                os.sync()  # tens of thousands of small files: once for all of them
                target.root.rename(place)
                durable.sync_folder(place.parent)
                _clear(beside)
        except BaseException as error:
            if not (isinstance(error, KeyboardInterrupt | WriteFailedError) and target.can_be_taken_up()):
                _clear(beside)
            raise


@contextlib.contextmanager
def scratch(place: Path) -> Iterator[Target]:
    """Write what becomes one file, beside that file's name; gone afterwards.

    Args:
        place: the file.

    Raises:
        UsageError: somebody else is writing it.
        WriteFailedError: the disk refused.
    """
    beside = place.with_name(f"{place.name}{SUFFIX}")
    target = Target(beside / PACKAGE)
    with _alone(beside):
        try:
            with durable.reported(beside):
                shutil.rmtree(target.root, ignore_errors=True)
                target.root.mkdir()
            yield target
        finally:
            _clear(beside)


@contextlib.contextmanager
def _alone(beside: Path) -> Iterator[None]:
    """Be the only one that writes there: who begins anew would take away what another is about to give its name.

    Raises:
        UsageError: somebody else is.
        WriteFailedError: the disk refused.
    """
    with durable.reported(beside):
        beside.mkdir(parents=True, exist_ok=True)
    lock = Lock(beside / LOCK, WAIT_SECONDS)
    try:
        lock.take()
    except (ArchiveInUseError, WriteFailedError) as error:
        lock.close()
        if isinstance(error, WriteFailedError) and beside.is_dir():  # else the other one is done, and took it away
            raise
        raise UsageError(
            "somebody else is writing that folder", where=str(beside), remedy="wait for it, or name another folder"
        ) from None
    try:
        yield
    finally:
        lock.close()


def _clear(beside: Path) -> None:
    """Take away what was written here; what somebody else put there stays."""
    shutil.rmtree(beside / PACKAGE, ignore_errors=True)
    with contextlib.suppress(OSError):
        for name in (DONE, LOCK):
            (beside / name).unlink(missing_ok=True)
        beside.rmdir()
