"""Bytes on a disk that stay: write, sync, rename, sync the folder; never a half file under its final name.

Stands on: POSIX ``rename`` is atomic within a file system; a file's data is on disk after ``fdatasync`` of the file,
its name after ``fsync`` of its folder. Known hole: a disk that acknowledges a flush it has not done (consumer drives
with a write cache and no capacitor) can still lose the last append at a power cut; nothing above it can know.

On macOS ``fsync`` does not reach the platter; ``F_FULLFSYNC`` does and is used there.

Every function raises :class:`~archief.errors.WriteFailedError` for what the disk refuses. The names of files that are
written here never hold anything from a record.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from archief.errors import WriteFailedError

PIECE_BYTES = 4 * 1024 * 1024
"""The most that is handed to one ``write`` call."""

TEMPORARY_SUFFIX = ".tmp"
"""Ends the name of every file that is not finished; such files may be deleted by whoever holds the archive's lock."""


class reported:  # noqa: N801 - used as a function is: in a ``with``
    """Turn what the operating system says about a write into the error a person is shown.

    A class, and no generator: around every write of every append, it shall cost next to nothing.
    """

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise refusal(error, self._path) from None


def refusal(error: OSError, path: Path) -> WriteFailedError:
    """What to tell a person about a write that the operating system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "free space on that disk and run the same command again"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "give this user write access to the folder, or copy the archive to a place that can be written"
    else:
        remedy = "check the disk, then run the same command again; nothing was acknowledged"
    return WriteFailedError(f"could not write: {os.strerror(error.errno or 0).lower()}", where=str(path), remedy=remedy)


def write(descriptor: int, data: bytes) -> None:
    """Write all of ``data`` at the descriptor's position, in pieces of at most 4 MiB."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view[:PIECE_BYTES]) :]


def open_plain(path: Path, flags: int) -> int:
    """Open a plain file to write: no link is followed, and nothing else is waited for or written to.

    Raises:
        OSError: there is something else under that name (a link, a pipe, a device).
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return descriptor


def sync(descriptor: int) -> None:
    """Wait until a file's data is on the disk."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and its parents, each name synced into its own parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with reported(folder):
        folder.mkdir(exist_ok=True, mode=mode)
        sync_folder(folder.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a file that must not exist yet, synced, its name synced too."""
    with reported(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            write(descriptor, data)
            sync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)


def replace(
    path: Path, data: bytes, *, durable: bool = True, mode: int = 0o666, unfinished: Path | None = None
) -> None:
    """Put a whole file in the place of another: temporary file, sync, rename, sync of the folder.

    Args:
        path: the final name.
        data: the whole content.
        durable: False for what can be made again (tiles): renamed whole, but not waited for. A power cut within the
            next half minute may leave a file under that name that is too short; a reader takes it for absent.
        mode: permissions of the new file.
        unfinished: the folder of the temporary file, on the same file system; None for the file's own.
    """
    replace_with(path, (data,), durable=durable, mode=mode, unfinished=unfinished)


def replace_with(
    path: Path, pieces: Iterable[bytes], *, durable: bool = True, mode: int = 0o666, unfinished: Path | None = None
) -> None:
    """As :func:`replace`, for a content that comes in pieces and need not fit in memory."""
    temporary = (unfinished or path.parent) / f"{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
    with reported(path):
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            try:
                for piece in pieces:
                    write(descriptor, piece)
                if durable:
                    sync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, path)  # noqa: PTH105 - kept beside the other system calls
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable:
            sync_folder(path.parent)


def truncate(path: Path, length_bytes: int) -> None:
    """Cut a file to its first bytes, synced."""
    with reported(path):
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.ftruncate(descriptor, length_bytes)
            sync(descriptor)
        finally:
            os.close(descriptor)


def end_line(path: Path, length_bytes: int) -> None:
    """Let a file end with a newline after its first bytes, synced."""
    with reported(path):
        descriptor = open_plain(path, os.O_RDWR)
        try:
            os.pwrite(descriptor, b"\n", length_bytes)
            os.ftruncate(descriptor, length_bytes + 1)
            sync(descriptor)
        finally:
            os.close(descriptor)


def settle(path: Path, start: int = 0) -> None:
    """Bring a file to the disk whose writer was killed or refused half-way: what can be read may not be there yet.

    The bytes from ``start`` on are written again in their place before the sync: after a sync that failed, the system
    may take pages for clean that never reached the disk.
    """
    with reported(path):
        descriptor = os.open(path, os.O_RDWR)
        try:
            while piece := os.pread(descriptor, PIECE_BYTES, start):
                start += os.pwrite(descriptor, piece, start)
            sync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)


def remove(path: Path) -> None:
    """Delete a file, its name's absence synced. A file or folder that is not there is no error."""
    with reported(path):
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)


def remove_all(paths: Iterable[Path]) -> None:
    """Delete files, the absence of their names synced once a folder. What is not there is no error."""
    by_folder: dict[Path, list[Path]] = {}
    for path in paths:
        by_folder.setdefault(path.parent, []).append(path)
    for folder, those in by_folder.items():
        with reported(folder):
            for path in those:
                path.unlink(missing_ok=True)
            if folder.is_dir():
                sync_folder(folder)
