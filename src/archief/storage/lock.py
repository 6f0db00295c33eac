"""The file ``lock`` of an archive in a folder: one writer at a time, and nobody kept waiting for ever.

A writer takes two locks on it: a place in the queue, then the lock itself, and gives up its place when it has that.
Without the queue a writer that never pauses would keep all others out.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from archief import durable
from archief.errors import ArchiveInUseError

PAUSE_SECONDS = 0.0002
PAUSE_SECONDS_MAX = 0.005


class Lock:
    """The lock of one archive, for one user of a folder.

    Args:
        path: the file; made when it is first taken.
        wait_seconds: how long to wait for another writer.
    """

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self.path = path
        self.wait_seconds = wait_seconds
        self._descriptor: int | None = None

    def take(self) -> int:
        """Be the only one. Gives the open file.

        Raises:
            ArchiveInUseError: somebody else keeps it.
            WriteFailedError: the file cannot be written.
        """
        deadline = time.monotonic() + self.wait_seconds
        while True:
            with durable.reported(self.path):
                descriptor = self._open()
                self._wait(_queue, descriptor, deadline)
                try:
                    self._wait(_hold, descriptor, deadline)
                finally:
                    fcntl.lockf(descriptor, fcntl.LOCK_UN, 1)
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(descriptor), os.stat(self.path)):  # noqa: PTH116 - hot
                        return descriptor
                self.close()  # somebody deleted the file: a lock on it keeps nobody out

    def release(self) -> None:
        """Let others write."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file, and of the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            fresh = not self.path.exists()
            self._descriptor = durable.open_plain(self.path, os.O_RDWR | os.O_CREAT)
            if fresh:
                durable.sync_folder(self.path.parent)
        return self._descriptor

    def _wait(self, attempt: Callable[[int], None], descriptor: int, deadline: float) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                attempt(descriptor)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
            else:
                return
            if time.monotonic() > deadline:
                raise ArchiveInUseError(
                    f"another process has been writing for {self.wait_seconds:.0f} seconds",
                    where=str(self.path.parent),
                    remedy="wait for it to finish, then run the same command again",
                )
            time.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS_MAX)


def _queue(descriptor: int) -> None:
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)


def _hold(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
