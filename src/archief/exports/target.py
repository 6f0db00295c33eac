"""A folder that appears whole or not at all: written beside its final name, synced, renamed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from archief import durable
from archief.errors import UsageError

PIECE_BYTES = 1 << 20
SUFFIX = ".unfinished"


class Target:
    """Takes the files of an export.

    Attributes:
        folder: where they are written until all is done.
        digests: path and SHA-256 of every file so far.
        sizes: bytes of every file so far.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def put(self, path: str, content: bytes) -> None:
        """Write a file.

        Raises:
            WriteFailedError: the disk refused.
        """
        self._write(path, lambda descriptor: durable.write(descriptor, content))
        self.digests[path] = hashlib.sha256(content).hexdigest()
        self.sizes[path] = len(content)

    def copy(self, path: str, source: IO[bytes]) -> None:
        """Write a file piece by piece.

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

        self._write(path, copied)
        self.digests[path] = digest.hexdigest()
        self.sizes[path] = size

    def _write(self, path: str, fill: Callable[[int], None]) -> None:
        place = self.folder / path
        with durable.reported(self.folder):
            place.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                fill(descriptor)
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def folder(place: Path) -> Iterator[Target]:
    """Write a folder beside its final name; it gets that name when nothing went wrong, else nothing is left.

    Args:
        place: a folder that is not there, or is empty.

    Raises:
        UsageError: there is something in it.
        WriteFailedError: the disk refused.
    """
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError(
            "there is something in that folder already", where=str(place), remedy="name a folder that is empty or new"
        )
    beside = place.with_name(f"{place.name}{SUFFIX}")
    with durable.reported(beside):
        if beside.is_dir():  # of a run that was killed
            shutil.rmtree(beside)
        beside.mkdir()
    try:
        yield Target(beside)
        with durable.reported(place):
            os.sync()  # tens of thousands of small files: once for all of them
            beside.rename(place)
            durable.sync_folder(place.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
