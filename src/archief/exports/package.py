"""A package that somebody else made, as a folder or a ZIP, read without trusting it.

Nothing is unpacked. Links, pipes and devices are told and never opened; names that lead out of the package, encrypted
members and ZIP bombs are told and never read; sizes and counts are bounded. A folder and the ZIP of it look the same.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from archief.errors import MalformedError, NotFoundError, UsageError
from archief.exports import formats

MEMBERS_MAX = 1_000_000
"""Files and folders that are looked at."""

DEPTH_MAX = 60
"""Folders within folders; a path of 255 characters has no more that a person could use."""

RATIO_MAX = 100
"""A ZIP that unpacks to more than this times its size, and a gigabyte, is taken for a bomb."""

SPARE_BYTES = 1 << 30


class Oddity(NamedTuple):
    """Something in a package that is not looked into.

    Attributes:
        rule: the rule's word.
        path: where.
        what: what it is.
        remedy: what to do.
    """

    rule: str
    path: str
    what: str
    remedy: str


class Package:
    """The files and folders of a package.

    Attributes:
        name: what the package itself is called: its folder's name, or the ZIP's without its ending.
        files: the size of each regular file by its path, with slashes.
        folders: the paths of its folders.
        oddities: what is in it and is not looked into.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.files: dict[str, int] = {}
        self.folders: set[str] = set()
        self.oddities: list[Oddity] = []

    def open(self, path: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """A stream over a file.

        Raises:
            OSError: it cannot be read.
            MalformedError: its bytes in the ZIP are damaged.
        """
        raise NotImplementedError(path)

    def odd(self, rule: str, path: str, what: str, remedy: str) -> None:
        """Keep an oddity."""
        self.oddities.append(Oddity(rule, path, what, remedy))

    def descend(self) -> None:
        """Leave out folders around the package: one that holds everything and has no metadata file of its own name."""
        while True:
            tops = {path.partition("/")[0] for path in (*self.files, *self.folders)}
            top = next(iter(tops), "")
            own = {f"{top}/{top}{end}".casefold() for end in (".mdto.xml", ".bestand.mdto.xml")}
            if len(tops) != 1 or top in self.files or any(path.casefold() in own for path in self.files):
                return
            self.name = top
            self._strip(f"{top}/")

    def _strip(self, prefix: str) -> None:
        self.files = {path.removeprefix(prefix): size for path, size in self.files.items()}
        self.folders = {path.removeprefix(prefix) for path in self.folders} - {prefix.removesuffix("/")}
        self.oddities = [one._replace(path=one.path.removeprefix(prefix)) for one in self.oddities]


class _Folder(Package):
    def __init__(self, path: Path) -> None:
        super().__init__(path.resolve().name)
        self._root = os.fsencode(path)
        self._names: dict[str, bytes] = {}
        self._walk(self._root, "", 0)
        self.descend()

    def _walk(self, folder: bytes, above: str, depth: int) -> None:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda one: one.name)
        except OSError as error:
            self.odd("unreadable", above, f"the folder cannot be read: {_told(error)}", "give read access")
            return
        for entry in entries:
            path = f"{above}/{_text(entry.name)}" if above else _text(entry.name)
            if len(self.files) + len(self.folders) >= MEMBERS_MAX:
                raise MalformedError(f"more than {MEMBERS_MAX:,} files and folders", where=self.name)
            if entry.is_symlink():
                self.odd("link", path, "a symbolic link", "put the file itself in its place")
            elif entry.is_dir(follow_symlinks=False):
                self.folders.add(path)
                if depth >= DEPTH_MAX:
                    self.odd("depth", path, f"more than {DEPTH_MAX} folders deep", "make it flatter")
                else:
                    self._walk(entry.path, path, depth + 1)
            elif entry.is_file(follow_symlinks=False):
                self.files[path] = entry.stat(follow_symlinks=False).st_size
                self._names[path] = entry.path
            else:
                self.odd("special-file", path, "no regular file (a pipe, socket or device)", "take it out")

    def _strip(self, prefix: str) -> None:
        super()._strip(prefix)
        self._names = {path.removeprefix(prefix): name for path, name in self._names.items()}

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        # Looked at again at the last moment: what was a file may be a pipe by now, and opening that would hang.
        descriptor = os.open(self._names[path], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("no regular file any more")
            yield stream


class _Zip(Package):
    def __init__(self, path: Path, archive: zipfile.ZipFile, size: int) -> None:
        super().__init__(path.resolve().stem)
        self._archive = archive
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            self._take(info)
        for found in list(self.files):
            parts = found.split("/")[:-1]
            self.folders |= {"/".join(parts[: number + 1]) for number in range(len(parts))}
        self._refuse_bombs(size)
        self.descend()

    def _take(self, info: zipfile.ZipInfo) -> None:
        path, mode = info.orig_filename, info.external_attr >> 16
        if not info.flag_bits & 0x800 and not path.isascii():
            self.odd("name-encoding", path, "a name that is not marked as UTF-8", "pack with names in UTF-8")
        if _leads_out(path):
            self.odd("path", path, "a name that leads out of the package", "pack with plain, relative names")
        elif info.is_dir():
            self.folders.add(path.rstrip("/"))
        elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            rule = "link" if stat.S_ISLNK(mode) else "special-file"
            self.odd(rule, path, "no regular file (a link, pipe or device)", "put the file itself in its place")
        elif path in self._members:
            self.odd("zip-twice", path, "a name twice in the ZIP", "pack it again")
        elif info.flag_bits & 0x1:
            self.odd("encrypted", path, "encrypted in the ZIP", "pack it without a password")
        elif path.count("/") > DEPTH_MAX:
            self.odd("depth", path, f"more than {DEPTH_MAX} folders deep", "make it flatter")
        else:
            self.files[path] = info.file_size
            self._members[path] = info

    def _refuse_bombs(self, size: int) -> None:
        """A ZIP whose members lie over one another, or that unpacks to far more than it is, is read no further."""
        at, overlap = 0, False
        for info in sorted(self._members.values(), key=lambda one: one.header_offset):
            overlap = overlap or info.header_offset < at
            at = info.header_offset + info.compress_size
        if overlap or sum(self.files.values()) > RATIO_MAX * size + SPARE_BYTES:
            raise MalformedError(
                "a ZIP bomb: it unpacks to far more than it is, or its members lie over one another",
                where=self.name,
                remedy="have it packed again; nothing of it was unpacked",
            )

    def _strip(self, prefix: str) -> None:
        super()._strip(prefix)
        self._members = {path.removeprefix(prefix): info for path, info in self._members.items()}

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        try:
            with self._archive.open(self._members[path]) as stream:
                yield stream
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RuntimeError, struct.error) as error:
            raise MalformedError(f"damaged in the ZIP, or packed in an unknown way ({type(error).__name__})") from None
        except Exception as error:
            # zlib, lzma and bz2 have errors of their own.
            if type(error).__module__ in ("zlib", "_lzma", "lzma"):
                raise MalformedError("damaged in the ZIP") from None
            raise


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Package]:
    """A package of others, for reading.

    Args:
        path: a folder or a ZIP.

    Raises:
        NotFoundError: there is nothing.
        UsageError: it is neither.
        MalformedError: a ZIP that is damaged or a bomb.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.exists():
        raise NotFoundError(
            "there is no such folder or file", where=str(path), remedy="name a folder, or a ZIP file of it"
        )
    if not path.is_file():
        raise UsageError("neither a folder nor a ZIP", where=str(path))
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if formats.directory_bytes(stream) > formats.DIRECTORY_BYTES_MAX:
            raise MalformedError("a ZIP with more members than are looked at", where=str(path))
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OverflowError, OSError):
            raise MalformedError(
                "neither a folder nor a ZIP that can be read", where=str(path), remedy="unpack it and name the folder"
            ) from None
        with archive:
            yield _Zip(path, archive, size)


def _leads_out(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return (
        path.startswith(("/", "\\"))
        or "\\" in path
        or "\0" in path
        or ".." in parts
        or "." in parts
        or "" in parts[:-1]
        or parts[0].endswith(":")
    )


def _text(name: bytes) -> str:
    return os.fsdecode(name)


def _told(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "refused"
