"""Which payload lines of one segment belong in a copy: those that the log commits to and no destruction took away.

The log decides, not the file: a line that is damaged, or that was destroyed since, gets into no copy. Pure.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from archief.canonical import Count
from archief.events import envelope
from archief.rules.destructions import Destructions
from archief.storage import base

_STREAM = b'"stream":"'


class Reference(msgspec.Struct, frozen=True):
    """A document as a payload line registers it: enough to find it and to know it again."""

    id: str
    sha256: str
    size: Count


class _Data(msgspec.Struct):
    documents: list[Reference] = []


class _Line(msgspec.Struct):
    data: _Data


_registering = msgspec.json.Decoder(_Line)


class Sifted(NamedTuple):
    """What stands in a payload segment.

    Attributes:
        kept: by entry, the lines that belong in a copy.
        gone: by entry, the lines of what was destroyed.
        damaged: the places (line from 1, entry or -1) of lines that the log does not commit to.
    """

    kept: dict[int, bytes]
    gone: dict[int, bytes]
    damaged: list[tuple[int, int]]


class Cover(NamedTuple):
    """The entries of a segment whose payload must be gone, and those whose payload may be."""

    demanded: frozenset[int]
    allowed: frozenset[int]


def sift(first: int, entries: Sequence[bytes], content: bytes, demanded: Collection[int]) -> Sifted:
    """Part the lines of a payload segment.

    Args:
        first: the segment's first entry.
        entries: the segment's entries, verified.
        content: the payload segment; lines of later entries are passed over.
        demanded: entries whose payload was destroyed.
    """
    found = Sifted({}, {}, [])
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if number == len(lines) and not line:
            break
        seq = base.payload_seq(line)
        if seq >= first + len(entries):
            continue
        if seq < first or number == len(lines) or not commits_to(entries[seq - first], seq, line):
            found.damaged.append((number, seq if seq >= first else -1))
        elif seq in demanded:
            found.gone[seq] = line
        else:
            found.kept[seq] = line
    return found


def commits_to(entry: bytes, seq: int, line: bytes) -> bool:
    """Whether an event commits to a payload line."""
    return b'"payload":"%b","seq":%d,' % (envelope.commitment(line).encode(), seq) in entry


def wanted(first: int, entries: Iterable[bytes]) -> Iterator[int]:
    """The entries that have a payload, destroyed or not."""
    for seq, entry in enumerate(entries, first):
        if b'"payload":null,"seq":' not in entry and not envelope.is_commit(entry):
            yield seq


def cover(first: int, entries: Sequence[bytes], destructions: Destructions) -> Cover:
    """What destructions say of a segment's payloads."""
    streams = {*destructions.destroyed, *destructions.executing, *(stream for _, stream in destructions.erased)}
    demanded, allowed = set(), set()
    for seq, entry in enumerate(entries if streams else (), first):
        at = entry.rfind(_STREAM) + len(_STREAM)
        if entry[at : at + 36].decode("ascii", "replace") not in streams or envelope.is_commit(entry):
            continue
        event = envelope.decode_event(entry)
        if destructions.demand(seq, event.stream, event.stream_seq):
            demanded.add(seq)
        if destructions.cover(seq, event.stream, event.stream_seq):
            allowed.add(seq)
    return Cover(frozenset(demanded), frozenset(allowed))


def documents(lines: Iterable[bytes]) -> list[Reference]:
    """The documents that payload lines register."""
    found: list[Reference] = []
    for line in lines:
        if b'"documents":[{' in line:
            with contextlib.suppress(msgspec.DecodeError, UnicodeError):
                found += _registering.decode(line).data.documents
    return found


def joined(kept: dict[int, bytes]) -> bytes:
    """The lines of a segment as they stand in a file."""
    return b"".join(kept[seq] + b"\n" for seq in sorted(kept))
