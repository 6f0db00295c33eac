"""A folder of an export as one ZIP: the same files give the same bytes. Piece by piece."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from archief import durable
from archief.exports import target
from archief.exports.target import Target

BEGIN = (1980, 1, 1, 0, 0, 0)
"""The day that every member is of: the first that a ZIP knows."""

_INTO: Literal["w"] = "w"


@contextlib.contextmanager
def packed(place: Path) -> Iterator[Target]:
    """Write an export that becomes a ZIP; it gets its name when nothing went wrong, else nothing is left.

    Args:
        place: a file that is not there.

    Raises:
        UsageError: somebody else is writing it.
        WriteFailedError: the disk refused.
    """
    with target.scratch(place) as made:
        yield made
        durable.replace_with(place, _pieces(made.root))


class _Sink:
    """Takes what the ZIP is made of, to be handed on."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def _pieces(folder: Path) -> Iterator[bytes]:
    """The ZIP of a folder, as it grows."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    sink = _Sink()
    with zipfile.ZipFile(sink, _INTO, zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for path in paths:
            info = zipfile.ZipInfo(path, BEGIN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with (folder / path).open("rb") as source, pack.open(info, _INTO, force_zip64=True) as member:
                while piece := source.read(target.PIECE_BYTES):
                    member.write(piece)
                    yield sink.take()
    yield sink.take()
