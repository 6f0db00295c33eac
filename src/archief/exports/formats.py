"""Which format a file is in, by PRONOM, and whether it opens without a password: out of its bytes, in one pass.

Siegfried (in ``pygfried``) wants a file with a name. It gets a link of our own, named after the ending only, to what is
open already: nothing of the content is written to a disk, and no name of a record stands in a temporary folder.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from archief.intake import pronom

PIECE_BYTES = 1 << 20
IN_MEMORY_MAX = 64 * 1024 * 1024
"""The largest file inside a ZIP whose format is looked at: it is held in memory for that."""

DIRECTORY_BYTES_MAX = 128 * 1024 * 1024
"""The longest list of members of a ZIP that is read."""

_OVERLAP = 64
_PACKED = b"PK\x03\x04"
_NEEDLES = {
    b"%PDF-": [("encrypted", re.compile(rb"/Encrypt\s+[0-9]{1,10}\s+[0-9]{1,5}\s+R"))],
    b"\xd0\xcf\x11\xe0": [
        ("encrypted", re.compile(re.escape("EncryptedPackage".encode("utf-16-le")))),
        ("macros", re.compile(re.escape("_VBA_PROJECT".encode("utf-16-le")))),
    ],
}
"""What in a file of which beginning means what."""

_ALGORITHMS = {
    "SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512", "SHA-1": "sha1", "MD5": "md5",
}  # fmt: skip


class Identified(NamedTuple):
    """A format.

    Attributes:
        pronom: its PRONOM id; empty when PRONOM does not know the file.
        name: what PRONOM calls it.
        by_bytes: whether its bytes said so, not its name alone.
        mismatch: whether its name promises another format.
    """

    pronom: str
    name: str
    by_bytes: bool
    mismatch: bool


class Examined(NamedTuple):
    """What one pass over a file found.

    Attributes:
        size: bytes that were read.
        digests: hex digests by the plain name of the algorithm.
        identified: its format; None where it was not looked at.
        encrypted: whether it opens with a password only.
        macros: whether programs are in it.
    """

    size: int
    digests: dict[str, str]
    identified: Identified | None
    encrypted: bool
    macros: bool


def examine(
    stream: IO[bytes], name: str, algorithms: Collection[str] = ("SHA-256",), *, identify: bool = True
) -> Examined:
    """Read a file once: size, digests, format, password, macros.

    Args:
        stream: the file, from its beginning.
        name: its name; only its ending is used.
        algorithms: the digests that are wanted, by plain name; those that are not known are left out.
        identify: whether its format is looked at, which takes longer than all the rest.
    """
    digests = {one: hashlib.new(_ALGORITHMS[one], usedforsecurity=False) for one in algorithms if one in _ALGORITHMS}
    size, kept, before = 0, bytearray(), b""
    marks: set[str] = set()
    needles: list[tuple[str, re.Pattern[bytes]]] = []
    regular = _descriptor(stream)
    while piece := stream.read(PIECE_BYTES):
        if not size:
            needles = next((found for mark, found in _NEEDLES.items() if mark in piece[:1024]), [])
        size += len(piece)
        for digest in digests.values():
            digest.update(piece)
        marks |= {mark for mark, pattern in needles if pattern.search(before + piece)}
        before = piece[-_OVERLAP:]
        if regular is None and len(kept) <= IN_MEMORY_MAX:
            kept += piece
    identified = None
    if regular is not None or len(kept) <= IN_MEMORY_MAX:
        with _file(stream, regular, kept) as descriptor:
            if descriptor is not None and size:
                identified = _identify(descriptor, name) if identify else None
                marks |= _packed(descriptor)
    found = {one: digest.hexdigest() for one, digest in digests.items()}
    return Examined(size, found, identified, "encrypted" in marks, "macros" in marks)


def _descriptor(stream: IO[bytes]) -> int | None:
    """The file behind a stream; None for one that is inside a ZIP."""
    if isinstance(stream, zipfile.ZipExtFile):
        return None
    with contextlib.suppress(OSError, AttributeError):
        return stream.fileno()
    return None


@contextlib.contextmanager
def _file(stream: IO[bytes], regular: int | None, kept: bytearray) -> Iterator[int | None]:
    """What was read as something that looks like a file, from its beginning; memory where there is no file."""
    if regular is not None:
        stream.seek(0)
        yield regular
        return
    if not hasattr(os, "memfd_create"):
        yield None
        return
    descriptor = os.memfd_create("file")
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(kept)
        yield descriptor
    finally:
        os.close(descriptor)


@functools.cache
def _links() -> tempfile.TemporaryDirectory[str]:
    """Where a file gets a name that says nothing but its ending; taken away when the program ends."""
    return tempfile.TemporaryDirectory(prefix="archief-")


def _identify(descriptor: int, name: str) -> Identified:
    ending = re.sub(r"[^A-Za-z0-9]", "", name.rpartition(".")[2])[:16] if "." in name else ""
    link = Path(_links().name) / (f"file.{ending}" if ending else "file")
    link.symlink_to(f"/dev/fd/{descriptor}" if not Path("/proc/self/fd").is_dir() else _process_path(descriptor))
    try:
        match = pronom.ask(str(link))
    finally:
        link.unlink()
    if not match.pronom:
        # No bytes of a known format: a name that promises one by its bytes promises too much.
        return Identified("", "", by_bytes=False, mismatch="possibilities based on extension" in match.warning)
    by_bytes = any(word in match.basis for word in ("byte match", "container", "text match", "xml match"))
    return Identified(match.pronom, match.title, by_bytes, "extension mismatch" in match.warning)


def _process_path(descriptor: int) -> str:
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _packed(descriptor: int) -> set[str]:
    """Passwords and macros in packed formats: ZIP, Office Open XML, OpenDocument."""
    marks: set[str] = set()
    damaged = (OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)
    with contextlib.suppress(*damaged), os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        if file.read(4) != _PACKED or directory_bytes(file) > DIRECTORY_BYTES_MAX:
            return marks
        with zipfile.ZipFile(file) as packed:
            for info in packed.infolist():
                if info.flag_bits & 0x1:
                    marks.add("encrypted")
                elif info.filename.casefold().endswith("vbaproject.bin"):
                    marks.add("macros")
                elif info.filename == "META-INF/manifest.xml":
                    with packed.open(info) as manifest:
                        if b"encryption-data" in manifest.read(PIECE_BYTES):
                            marks.add("encrypted")
    return marks


def directory_bytes(stream: IO[bytes]) -> int:
    """How long the list of members of a ZIP is: the library reads it whole (APPNOTE 4.3.14, 4.3.16)."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - 65_557, 0))
    tail = stream.read(65_557)
    stream.seek(0)
    at, wide = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if wide >= 0:
        length = max(0 if length == 0xFFFFFFFF else length, int.from_bytes(tail[wide + 40 : wide + 48], "little"))
    return length
