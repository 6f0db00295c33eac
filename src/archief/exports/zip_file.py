"""A folder of an export as one ZIP: the same files give the same bytes. Piece by piece."""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from archief import durable
from archief.exports import target
from archief.exports.target import Target

BEGIN = (1980, 1, 1, 0, 0, 0)
"""The day that every member is of: the first that a ZIP knows."""


@contextlib.contextmanager
def packed(place: Path) -> Iterator[Target]:
    """Write an export that becomes a ZIP; it gets its name when nothing went wrong, else nothing is left.

    Args:
        place: a file that is not there.

    Raises:
        UsageError: something is in the way.
        WriteFailedError: the disk refused.
    """
    beside, unfinished = place.with_name(f"{place.name}.folder"), place.with_name(f"{place.name}.unfinished")
    try:
        with target.folder(beside) as made:
            yield made
            with durable.reported(place):
                _pack(made.folder, unfinished)
        with durable.reported(place):
            unfinished.rename(place)
            durable.sync_folder(place.parent)
    finally:
        unfinished.unlink(missing_ok=True)
        shutil.rmtree(beside, ignore_errors=True)


def _pack(folder: Path, place: Path) -> None:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    with place.open("wb") as written, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for path in paths:
            info = zipfile.ZipInfo(path, BEGIN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with (folder / path).open("rb") as source, pack.open(info, "w", force_zip64=True) as member:
                while piece := source.read(target.PIECE_BYTES):
                    member.write(piece)
    with place.open("rb") as packed_file:
        os.fsync(packed_file.fileno())
