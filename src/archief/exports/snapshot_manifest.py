"""The manifest of a snapshot: what it was made from, what is in it, and the hash of every file."""

from __future__ import annotations

from typing import Literal

import msgspec

from archief import canonical

MANIFEST = "manifest.json"
FORM: Literal["archief/snapshot/v1"] = "archief/snapshot/v1"


class Position(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in which log a state is of.

    Attributes:
        origin: the log.
        size: entries that the state was made from.
        root: RFC 6962 root over them, in hex.
        time: time of the last of them.
    """

    origin: str
    size: canonical.Count
    root: str
    time: str


class TableLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table that is in it."""

    name: str
    columns: list[str]
    rows: canonical.Count


class FileLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file, by its path with slashes."""

    path: str
    sha256: str
    size: canonical.Count


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a snapshot says of itself.

    Attributes:
        form: which form this is.
        level: ``open`` or ``internal``.
        test: it is of a test archive.
        position: what it was made from.
        destructions: size of the log up to which erasures are in it.
        tables: what is in it.
        tables_left_out: tables that this level does not show.
        records_left_out: how many records it does not show, by kind and reason.
        files: every other file.
    """

    form: Literal["archief/snapshot/v1"]
    level: Literal["open", "internal"]
    test: bool
    position: Position
    destructions: canonical.Count
    tables: list[TableLine]
    tables_left_out: list[str]
    records_left_out: dict[str, canonical.Count]
    files: list[FileLine]


_decoder = msgspec.json.Decoder(Manifest)


def read(raw: bytes, where: str) -> Manifest:
    """Read a manifest.

    Raises:
        MalformedError: it is none.
    """
    return canonical.decode_as(_decoder, raw.removesuffix(b"\n"), where)
