"""What a verification worker is given, and what it hands back: small enough to cross a process border."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from archief.events.envelope import Commit
from archief.keys import PublicKey
from archief.storage.base import Segment, Storage
from archief.tlog import merkle
from archief.verification.fault import Fault


class Stretch(NamedTuple):
    """What one worker is given.

    Attributes:
        storage: where the archive is.
        segment: the log segment.
        begin: the first entry to look at: the segment's first, or later for ``--since``.
        stop: the log's committed size.
        keys: public keys that are known already, by id.
        tile_paths: the lowest tiles and the bundles of this segment that are there.
        start: the tree's frontier at ``begin`` when that lies inside the segment.
    """

    storage: Storage
    segment: Segment
    begin: int
    stop: int
    keys: dict[str, PublicKey]
    tile_paths: list[str]
    start: merkle.Frontier | None = None


class SeenCommit(NamedTuple):
    """A commit as a worker saw it.

    Attributes:
        commit: its fields.
        line: its line in the segment, from 1.
        tags: the types of its events in this stretch.
        inner_root: the root over this stretch's leaves before its base; None when its base lies before the stretch.
        signed: whether its signature was checked; False when its key was not known yet.
        message: what is signed, when it was not checked.
    """

    commit: Commit
    line: int
    tags: tuple[str, ...]
    inner_root: bytes | None
    signed: bool
    message: bytes


class InnerSignature(NamedTuple):
    """A ``letter_signed`` whose key was known: who signed. ``entry`` when its signature must still be checked."""

    seq: int
    key: str
    signatory: str
    entry: bytes


@dataclass
class Scan:
    """What one worker found.

    Attributes:
        keys: those that were known and those enrolled in it, by id: an id is the key's hash, so they need no more trust
            than a candidate.
    """

    segment: Segment
    begin: int
    end: int
    faults: list[Fault] = field(default_factory=list)
    leaves_head: list[bytes] = field(default_factory=list)
    leaves_tail: list[bytes] = field(default_factory=list)
    tags_tail: tuple[str, ...] = ()
    sealed: merkle.Frontier = field(default_factory=merkle.Frontier)
    rows: list[bytes] = field(default_factory=list)
    commits: list[SeenCommit] = field(default_factory=list)
    looked: list[tuple[int, bytes]] = field(default_factory=list)
    signatures: list[InnerSignature] = field(default_factory=list)
    absent: list[tuple[int, str, int]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    documents_missing: list[tuple[int, str, int, Fault]] = field(default_factory=list)
    events: int = 0
    payloads: int = 0
    keys: dict[str, PublicKey] = field(default_factory=dict)
    broken: bool = False
