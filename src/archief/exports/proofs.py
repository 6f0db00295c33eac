"""Proofs of entries: up to a signed head, and within the commit that seals them. Many at a time, each verified."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archief import publishing
from archief.errors import NotFoundError, ProofError
from archief.events import envelope
from archief.events.envelope import Commit
from archief.exports import history
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage import base
from archief.stored_tree import StoredTree
from archief.tlog import merkle, note
from archief.tlog.head import Checkpoint

SEALED_KEPT = 500_000
"""Entries whose commits' inner trees are kept, in 64 bytes each: the events of one record lie in several."""

COMMITS_KEPT = 5_000
HASHES_KEPT = 200_000


class Head(NamedTuple):
    """A signed head that proofs lead to.

    Attributes:
        head: origin, size and root.
        raw: the signed note, with the cosignatures that are kept.
    """

    head: Checkpoint
    raw: bytes


def newest_head(log: Log, authority: Authority) -> Head:
    """The newest signed head of a log, with every cosignature that is kept for it.

    Raises:
        NotFoundError: nothing is signed yet.
        SignatureError: it is not rightly signed.
    """
    opened = publishing.newest_head(log.storage, authority)
    if opened is None:
        raise NotFoundError(
            "nothing is signed yet",
            where=log.storage.place,
            remedy="run `archief checkpoint` (a holder of the log key)",
        )
    raw = log.storage.read_public(publishing.CHECKPOINT) or b""
    kept = log.storage.read_public(f"checkpoints/{opened.head.size:012d}")
    if kept is not None and note.parse_note(kept).text == note.parse_note(raw).text:
        raw = note.add_lines(raw, note.parse_note(kept).lines)
    return Head(opened.head, raw)


class Prover:
    """Makes the proofs of one log to one head.

    Args:
        log: the archive.
        head: the head.
    """

    def __init__(self, log: Log, head: Head) -> None:
        self.log = log
        self.head = head
        self._trees = [_Remembered(StoredTree(log.storage, log.size, from_log=whole)) for whole in (False, True)]
        self._sealed: OrderedDict[int, list[bytes]] = OrderedDict()
        self._kept = 0
        self._commits: dict[int, tuple[bytes, Commit]] = {}

    def inclusion(self, seq: int, entry: bytes) -> list[bytes]:
        """The way from an entry up to the head; out of tiles, or out of the log where tiles are wrong.

        Raises:
            NotFoundError: the head does not cover the entry yet.
            ProofError: the log does not lead to its own head.
        """
        size, root = self.head.head.size, self.head.head.root
        if seq >= size:
            raise NotFoundError(
                f"no signed head covers entry {seq} yet (the newest has {size} entries)",
                where=self.log.storage.place,
                remedy="sign one: `archief checkpoint` (by a holder of the log key)",
            )
        for tree in self._trees:
            proof = merkle.inclusion_proof(seq, size, tree)
            try:
                merkle.verify_inclusion(merkle.leaf_hash(entry), seq, size, proof, root)
            except ProofError:
                continue
            return proof
        raise ProofError(
            "the log does not lead to its own signed head", where=f"entry {seq}", remedy="run `archief verify`"
        )

    def in_commit(self, seq: int, commit: Commit) -> list[bytes]:
        """The way from an event up to the root that its commit signs.

        Raises:
            ProofError: the commit does not seal it.
        """
        first = commit.base.size
        if commit.seq not in self._sealed:
            leaves = merkle.leaf_hashes(base.entry_lines(self.log.storage, first, commit.seq))
            self._sealed[commit.seq] = _levels(leaves)
            self._kept += len(leaves)
            while self._kept > SEALED_KEPT and len(self._sealed) > 1:
                self._kept -= len(self._sealed.popitem(last=False)[1][0]) // merkle.HASH_BYTES
        self._sealed.move_to_end(commit.seq)
        levels = self._sealed[commit.seq]
        proof = merkle.inclusion_proof(
            seq - first, commit.events, lambda wanted: [_hash(levels[level], index) for level, index in wanted]
        )
        root = bytes.fromhex(commit.root)
        merkle.verify_inclusion(_hash(levels[0], seq - first), seq - first, commit.events, proof, root, f"entry {seq}")
        return proof

    def commits(self, seqs: Sequence[int]) -> Mapping[int, tuple[bytes, Commit]]:
        """Commit entries by their index, as bytes and decoded. Asked for many together, they are read together."""
        wanted = set(seqs)
        fresh = wanted - self._commits.keys()
        if len(self._commits) + len(fresh) > COMMITS_KEPT:
            self._commits, fresh = {}, wanted
        for seq, entry in history.entries_of(self.log, fresh).items() if fresh else ():
            self._commits[seq] = (entry, envelope.decode_commit(entry, f"entry {seq}"))
        return {seq: self._commits[seq] for seq in sorted(wanted)}


class _Remembered:
    """The hashes of a tree, each worked out once: records that lie together share most of their way up."""

    def __init__(self, tree: StoredTree) -> None:
        self._tree = tree
        self._known: dict[tuple[int, int], bytes] = {}

    def __call__(self, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        if len(self._known) > HASHES_KEPT:
            self._known = {}
        fresh = [one for one in wanted if one not in self._known]
        self._known.update(zip(fresh, self._tree(fresh), strict=True))
        return [self._known[one] for one in wanted]


def _levels(leaves: list[bytes]) -> list[bytes]:
    """The hashes of all complete subtrees, lowest level first, each level in one piece."""
    levels, below = [b"".join(leaves)], leaves
    while len(below) > 1:
        below = merkle.pair_hashes(below[: len(below) // 2 * 2])
        levels.append(b"".join(below))
    return levels


def _hash(level: bytes, index: int) -> bytes:
    return level[index * merkle.HASH_BYTES : (index + 1) * merkle.HASH_BYTES]
