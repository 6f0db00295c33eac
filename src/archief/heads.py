"""What this machine remembers of an archive, outside the archive (format.md §5).

A log cannot show by itself that its end was cut off or that it was rewritten whole: something elsewhere must remember.
Per origin this keeps the last **head** seen (size and root, with the signed note where there is one), the **receipt**
of the last whole verification, and **incidents**: both sides of a rollback or fork. Nothing from a record stands here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from archief import canonical, durable
from archief.errors import MalformedError

T = TypeVar("T")


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tree that was seen: its number of entries, its root in hex, the signed note when there was one."""

    origin: str
    root: str
    size: int
    note: str | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole verification that found no fault: up to which size and root, by which version of the program, and the
    digest of what authority rested on there (as in an anchor; nothing is believed of that where it is empty).
    """

    authority: str = ""
    origin: str
    root: str
    size: int
    version: str


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What this machine saw authority rest on: a digest of those lines of the log, up to which size.

    The lines themselves may then come from a cache, or out of the log: no other lines are believed.
    """

    digest: str
    origin: str
    size: int


class Incident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Two heads of one origin that exclude each other."""

    kind: str
    remembered: Head
    found: Head
    accepted: bool = False


class Heads:
    """The memory of one user on one machine.

    Args:
        folder: where it is kept; made when something is first remembered.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def recall(self, origin: str) -> Head | None:
        """The last head seen of that origin.

        Raises:
            MalformedError: the memory itself is damaged; it is never silently taken for empty.
        """
        return self._read("heads", origin, Head)

    def remember(self, head: Head) -> None:
        """Keep a head in place of the one before. The caller has checked that it extends it."""
        self._write("heads", head.origin, head)

    def remember_unless_known(self, head: Head) -> None:
        """Keep a head, but not in place of a later one, nor of the same one with its note."""
        known = self.recall(head.origin)
        if known is None or known.size < head.size or (head.note is not None and known.size == head.size):
            self.remember(head)

    def receipt(self, origin: str) -> Receipt | None:
        """The receipt of the last whole verification."""
        return self._read("receipts", origin, Receipt)

    def keep_receipt(self, receipt: Receipt) -> None:
        """Keep a receipt in place of the one before."""
        self._write("receipts", receipt.origin, receipt)

    def anchor(self, origin: str) -> Anchor | None:
        """What authority rested on when this machine last looked."""
        return self._read("anchors", origin, Anchor)

    def keep_anchor(self, anchor: Anchor) -> None:
        """Keep an anchor in place of the one before, but not in place of a later one."""
        known = self.anchor(anchor.origin)
        if known is None or known.size < anchor.size:
            self._write("anchors", anchor.origin, anchor)

    def forget_anchor(self, origin: str) -> None:
        """Another history is accepted: what was seen of authority does not hold for it."""
        durable.remove(self._path("anchors", origin))

    def keep_incident(self, incident: Incident) -> Path:
        """Keep both sides of a rollback or fork; the same incident is kept once. Gives the file."""
        name = f"{_name(incident.found.origin)}.{incident.remembered.size}.{incident.found.size}"
        self._write("incidents", name, incident)
        return self._path("incidents", name)

    def incidents(self, origin: str) -> list[Incident]:
        """All incidents kept of that origin."""
        folder = self.folder / "incidents"
        found = sorted(folder.glob(f"{_name(origin)}.*.json")) if folder.is_dir() else []
        return [_decode(path, Incident) for path in found]

    def _path(self, kind: str, name: str) -> Path:
        return self.folder / kind / f"{_name(name)}.json"

    def _read(self, kind: str, origin: str, shape: type[T]) -> T | None:
        path = self._path(kind, origin)
        return _decode(path, shape) if path.exists() else None

    def _write(self, kind: str, name: str, value: msgspec.Struct) -> None:
        path = self._path(kind, name)
        durable.make_folder(path.parent, mode=0o700)
        durable.replace(path, canonical.encode(value) + b"\n", mode=0o600)


def _decode(path: Path, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise MalformedError(
            f"what this machine remembers is damaged: {error}",
            where=str(path),
            remedy="verify the archive against a head from elsewhere (`archief verify --against FILE`),"
            " then move this file away",
        ) from None


def _name(origin: str) -> str:
    """A file name for an origin: an origin is a host name, a slash and a random part."""
    return re.sub(r"[^a-zA-Z0-9.-]", "+", origin)
