"""A back-up's folder: an archive below ``archive/``, and ``backup.json`` that says whose it is and how far it goes.

What lies below ``archive/`` has the form of an archive (format.md), so that any tool may copy it and ``archief verify``
reads it. It is never appended to. One user at a time, by ``lock``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from archief import canonical, durable
from archief.backups import payloads
from archief.backups.payloads import Reference
from archief.canonical import Count
from archief.errors import MalformedError, NotFoundError, UsageError, WriteFailedError
from archief.storage import base
from archief.storage.base import Erased, NewDocument, Storage
from archief.storage.local import LocalStorage
from archief.storage.lock import Lock

MANIFEST = "backup.json"
ARCHIVE = "archive"
LOCK_WAIT_SECONDS = 30.0
PIECE_BYTES = 1 << 20


_ID, _ROOT = re.compile(r"[0-9a-f]{32}"), re.compile(r"([0-9a-f]{64})?")


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payload segment as it was written: its length and SHA-256."""

    sha256: str
    size: Count


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a back-up says of itself.

    Attributes:
        id: 32 random hex digits: the target, whatever its place is called.
        origin, size, root: the log that it holds.
        time: when it was last brought up to date.
        expires: the day on which the copy is thrown away; None when nobody said so.
        payload: the payload segments by file name.
        payloads, documents, bytes: how many it holds.
    """

    form: Literal["archief/backup/v1"] = "archief/backup/v1"
    id: str
    origin: str
    size: Count
    root: str
    time: str
    expires: str | None = None
    payload: dict[str, Piece] = {}
    payloads: Count = 0
    documents: Count = 0
    bytes: Count = 0

    def __post_init__(self) -> None:
        """Anybody may have written to the folder: what is taken over from it has its form, or is damaged."""
        if not _ID.fullmatch(self.id) or not _ROOT.fullmatch(self.root):
            raise ValueError("id or root")
        if self.expires is not None and dt.date.fromisoformat(self.expires).isoformat() != self.expires:
            raise ValueError("expires")

    @property
    def label(self) -> str:
        """What the log calls the target: nothing of its place."""
        return f"backup-{self.id[:8]}"


_decoder = msgspec.json.Decoder(Manifest)


class Folder:
    """A back-up's folder.

    Args:
        place: the folder; it need not be there.
        wait_seconds: how long to wait for somebody else who uses it.

    Raises:
        MalformedError: its description is damaged.
        UsageError: there is something else in the folder.
    """

    def __init__(self, place: Path, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        self.place = place
        self.archive = place / ARCHIVE
        self.storage = LocalStorage(self.archive)
        self._lock = Lock(place / "lock", wait_seconds)
        self.manifest = self._read()

    def _read(self) -> Manifest | None:
        path = self.place / MANIFEST
        if path.is_file():
            try:
                return canonical.decode_as(_decoder, path.read_bytes().removesuffix(b"\n"), str(path))
            except MalformedError as error:
                raise MalformedError(
                    "the back-up's description of itself is damaged",
                    where=str(path),
                    remedy="what is in it can still be restored; for new back-ups name another folder",
                ) from error
        left = [item for item in self.place.iterdir() if item.name != "lock"] if self.place.is_dir() else []
        unfinished = all(item.name.startswith(MANIFEST) for item in left)  # killed before its first description
        if not unfinished or (self.place.exists() and not self.place.is_dir()):
            raise UsageError(
                "there is something in that folder, and it is no back-up",
                where=str(self.place),
                remedy="name a folder that is new or empty, or the folder of an earlier back-up",
            )
        return None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only user of the folder; what it says of itself is read again.

        Raises:
            ArchiveInUseError: somebody else keeps using it.
            UsageError: a folder in it is a link.
        """
        durable.make_folder(self.place)
        self._lock.take()
        try:
            self.manifest = self._read()
            self._refuse_links()
            self._sweep()
            yield
        finally:
            self._lock.close()

    def keep(self, manifest: Manifest) -> None:
        """Write down what the back-up is now."""
        durable.replace(self.place / MANIFEST, canonical.encode_struct(manifest) + b"\n")
        self.manifest = manifest

    def path(self, name: str) -> Path:
        """Where a file of the archive stands."""
        return self.archive / name

    def bytes_of(self, name: str) -> bytes | None:
        """A file of the archive whole; None when it is not there."""
        path = self.path(name)
        return path.read_bytes() if path.is_file() else None

    def put(self, name: str, content: bytes) -> None:
        """Put a file in place whole and durably, and read it again.

        Raises:
            WriteFailedError: the disk refused, or gives something else back.
        """
        path = self.path(name)
        durable.make_folder(path.parent)
        durable.replace(path, content)
        self.demand(path, hashlib.sha256(content).hexdigest())

    def write_segment(self, name: str, kept: dict[int, bytes], dropped: dict[int, bytes]) -> int:
        """Write a payload segment without lines that go, their documents first; one without a line is no file.

        Gives the number of documents that went.

        Args:
            name: the payload segment.
            kept: by entry, the lines that stay.
            dropped: by entry, those that go.
        """
        registered = {self.storage.document_path(one.id) for one in payloads.documents(dropped.values())}
        gone = [path for path in registered if path.is_file()]
        durable.remove_all(gone)
        if kept:
            self.put(name, payloads.joined(kept))
        else:
            durable.remove(self.path(name))
        return len(gone)

    def demand(self, path: Path, sha256: str) -> None:
        """Read a file again, from the disk where the system lets us, and compare.

        Raises:
            WriteFailedError: it is not what was written.
        """
        if digest_of(path) != sha256:
            raise WriteFailedError(
                "what was written does not read back the same",
                where=str(path),
                remedy="this disk cannot be trusted: make the back-up on another one",
            )

    def _refuse_links(self) -> None:
        """Refuse a folder whose parts lie elsewhere: what is written and deleted here is a back-up's own.

        Raises:
            UsageError: so it is.
        """
        folders = (Path(root, name) for root, names, _ in os.walk(self.archive) for name in names)
        for path in (self.archive, *folders):
            if path.is_symlink():
                raise UsageError(
                    "a link stands where a back-up has a folder",
                    where=str(path),
                    remedy="put the folder itself in its place, or name another folder for the back-up",
                )

    def _sweep(self) -> None:
        """Delete what a run that was killed left unfinished, and what a reader of the copy keeps of its content."""
        with durable.reported(self.archive):
            shutil.rmtree(self.archive / "cache", ignore_errors=not (self.archive / "cache").is_dir())
        for folder in (self.place, *(self.archive / name for name in ("log", "payload", "recovered", "public"))):
            for path in folder.glob(f"*{durable.TEMPORARY_SUFFIX}"):
                durable.remove(path)


def pieces_of(storage: Storage, one: Reference) -> Iterator[bytes]:
    """A document's bytes, checked against what its payload registered after the last.

    Raises:
        MalformedError: it is another one, or cannot be read.
        NotFoundError: it is not there.
    """
    try:
        yield from base.copy_document(NewDocument(one.id, lambda: storage.open_document(one.id), one.sha256))
    except OSError as error:
        raise MalformedError(f"the document cannot be read: {os.strerror(error.errno or 0).lower()}") from None


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex, read past the system's memory where that can be asked for."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def erase(place: Path, seqs: Collection[int], *, wait_seconds: float = LOCK_WAIT_SECONDS) -> Erased:
    """Erase the payloads of entries in a back-up, and the documents that they register.

    Doing it again changes nothing; one that was killed half-way is done again.

    Args:
        place: the back-up's folder.
        seqs: the entries.
        wait_seconds: how long to wait for somebody else who uses it.

    Raises:
        NotFoundError: there is no back-up there.
        ArchiveInUseError: somebody else uses it.
        WriteFailedError: it cannot be written.
    """
    folder = Folder(place, wait_seconds=wait_seconds) if place.is_dir() else None
    if folder is None or folder.manifest is None:
        raise NotFoundError("there is no back-up there", where=str(place), remedy="attach its disk, or mount it")
    wanted = frozenset(seqs)
    erased_payloads = erased_documents = 0
    with folder.locked():
        for segment in folder.storage.payload_segments():
            lines = [line for line in folder.storage.read(segment).split(b"\n") if line]
            dropped = {seq: line for line in lines if (seq := base.payload_seq(line)) in wanted}
            if dropped:
                kept = dict(enumerate(line for line in lines if base.payload_seq(line) not in wanted))
                erased_documents += folder.write_segment(segment.name, kept, dropped)
                erased_payloads += len(dropped)
        if erased_payloads:
            _tell_less(folder, erased_payloads, erased_documents)
    return Erased(erased_payloads, erased_documents)


def _tell_less(folder: Folder, lines: int, documents: int) -> None:
    """Write down how the payload segments are after an erasure."""
    known = folder.manifest
    assert known is not None, "an erasure is in a back-up that says what it is"
    pieces = {
        segment.name: Piece(sha256=digest_of(folder.path(segment.name)), size=segment.size_bytes)
        for segment in folder.storage.payload_segments()
    }
    changed = msgspec.structs.replace(
        known,
        payload=pieces,
        payloads=max(known.payloads - lines, 0),
        documents=max(known.documents - documents, 0),
    )
    folder.keep(changed)
