"""The files of a record as they were registered: copied untouched, and held against what was registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archief.errors import CorruptError, LossError, NotFoundError
from archief.exports import names
from archief.exports.holdings import File
from archief.exports.target import Target
from archief.log import Log

SUMS = "SHA256SUMS"
"""Lists the files with their SHA-256, in the form that ``sha256sum -c`` reads."""


class Given(NamedTuple):
    """A file that was given out.

    Attributes:
        path: its name in the folder.
        file: as it is registered.
    """

    path: str
    file: File


def write(target: Target, log: Log, files: Sequence[File]) -> list[Given]:
    """Write a record's files by their names, made to fit, and a list of them.

    Args:
        target: the empty folder.
        log: the archive.
        files: as they are registered, in order.

    Raises:
        LossError, CorruptError: as :func:`put`.
        WriteFailedError: the disk refused.
    """
    taken = names.Taken((SUMS,))
    given = [Given(taken.unique(names.clean(file.name)), file) for file in files]
    for path, file in given:
        put(target, log, path, file)
    target.put(SUMS, "".join(f"{file.sha256}  {path}\n" for path, file in given).encode())
    return given


def put(target: Target, log: Log, path: str, file: File) -> None:
    """Copy one file.

    Args:
        target: takes it.
        log: the archive.
        path: its place there.
        file: as it is registered.

    Raises:
        LossError: it is gone.
        CorruptError: it is not the one that was registered.
        WriteFailedError: the disk refused.
    """
    try:
        with log.storage.open_document(file.id) as stream:
            target.copy(path, stream)
    except NotFoundError:
        raise LossError(
            "a document is gone and no destruction covers it", where=f"document {file.id}",
            remedy="run `archief verify`, and bring it back from a back-up",
        ) from None  # fmt: skip
    if target.digests[path] != file.sha256:
        raise CorruptError(
            "a document is not the one that was registered", where=f"document {file.id}",
            remedy="run `archief verify`: it names every place",
        )  # fmt: skip
