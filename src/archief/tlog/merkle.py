r"""The Merkle tree of RFC 6962 (again in RFC 9162): roots, frontiers and proofs.

Knows hashes and positions; fetches nothing and does not know what a leaf says. A *leaf* in this module is a leaf hash.

    leaf = SHA-256(0x00 ‖ entry)            RFC 6962 section 2.1
    node = SHA-256(0x01 ‖ left ‖ right)     of two complete subtrees, or a complete one and the ragged right edge
    root of no leaves = SHA-256 of nothing

A *complete subtree* has ``(level, index)``: it spans the leaves ``index << level`` up to ``(index + 1) << level``. The
*frontier* of a tree is its complete subtrees from left to right, one for every 1 in its size written in binary. It is
all that is needed to go on.

>>> leaves = [leaf_hash(entry) for entry in (b"one", b"two", b"three")]
>>> frontier = Frontier()
>>> roots = frontier.extend(leaves)
>>> frontier.root() == node_hash(node_hash(leaves[0], leaves[1]), leaves[2]) == root(leaves)
True
>>> frontier.root().hex()
'5aac771c899ac292e74bf1afe2e6e302f8b55883b2d1bf197b46a6bea6dabca9'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from archief.errors import ProofError

HASH_BYTES = 32
"""Length of every hash here: SHA-256."""

SIZE_MAX = 2**63 - 1
"""A tree has no more leaves than this (C2SP speaks of 64 levels; Go counts in int64)."""

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962 section 2.1)."""

HashReader = Callable[[Sequence[tuple[int, int]]], list[bytes]]
"""Gives the hashes of complete subtrees, each named by (level, index), in the order asked."""

# The prefix is hashed once and copied: quicker than joining three byte strings and opening a new hash each time.
_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")

_TILE_LEVELS = 8
"""Levels of the tree in one tile (C2SP tlog-tiles)."""

_CHUNK = 1024
"""Leaves hashed up together: few enough to stay in the processor's cache."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes of many entries."""
    copy = _LEAF.copy
    hashes = []
    for entry in entries:
        digest = copy()
        digest.update(entry)
        hashes.append(digest.digest())
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two subtrees (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def pair_hashes(nodes: Sequence[bytes]) -> list[bytes]:
    """The level above: every two neighbours hashed together. A last one without a neighbour is left out."""
    copy = _NODE.copy
    above = []
    ahead = iter(nodes)
    for left, right in zip(ahead, ahead, strict=False):
        digest = copy()
        digest.update(left)
        digest.update(right)
        above.append(digest.digest())
    return above


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaves alone (RFC 6962 section 2.1)."""
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    frontier = Frontier()
    frontier.extend(leaf_hashes)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree.

    Args:
        size: number of leaves so far.
        peaks: hashes of its complete subtrees, the largest first; as many as ``size`` has ones in binary.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count():
            raise ProofError(f"a tree of {size} has {size.bit_count()} complete subtrees, not {len(self.peaks)}")

    def __repr__(self) -> str:
        return f"Frontier({self.size}, {self.root().hex()[:8]}…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frontier) and (self.size, self.peaks) == (other.size, other.peaks)

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Frontier:
        """Another one that goes its own way."""
        return Frontier(self.size, self.peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        peaks = self.peaks
        bits = self.size
        while bits & 1:
            leaf = node_hash(peaks.pop(), leaf)
            bits >>= 1
        peaks.append(leaf)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> list[bytes]:
        """Add many leaf hashes: level by level, not leaf by leaf, which is what makes it quick.

        Returns:
            The hashes of the complete subtrees of 256 leaves that they fill: what tiles one level up are made of.
        """
        filled: list[bytes] = []
        for begin in range(0, len(leaves), _CHUNK):
            filled += self._extend(leaves[begin : begin + _CHUNK])
        return filled

    def _extend(self, nodes: Sequence[bytes]) -> Sequence[bytes]:
        peaks = self.peaks
        bits = self.size
        self.size += len(nodes)
        added = []  # new peaks, the smallest first
        filled: Sequence[bytes] = ()
        level = 0
        while nodes:
            if level == _TILE_LEVELS:
                filled = nodes
            if bits & 1:  # this level's old peak is the left neighbour of the first new node
                nodes = [peaks.pop(), *nodes]
            if len(nodes) & 1:
                added.append(nodes[-1])
            nodes = pair_hashes(nodes)
            bits >>= 1
            level += 1
        peaks.extend(reversed(added))
        return filled

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _fold(self.peaks)


def tree_root(size: int, reader: HashReader) -> bytes:
    """The root of the tree of this size."""
    return frontier(size, reader).root()


def frontier(size: int, reader: HashReader) -> Frontier:
    """The frontier of the tree of this size."""
    subtrees = complete_subtrees(0, size)
    return Frontier(size, reader(subtrees) if subtrees else ())


def complete_subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that make up the leaves from ``begin`` up to ``end``, the largest first.

    Args:
        begin: a multiple of the largest power of two that fits in the range, as all ranges in proofs are.
        end: exclusive.
    """
    subtrees = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        subtrees.append((level, begin >> level))
        begin += 1 << level
    return subtrees


def inclusion_proof(index: int, size: int, reader: HashReader) -> list[bytes]:
    """The audit path of a leaf, from its sibling up to the root's child (RFC 6962 section 2.1.1).

    Args:
        index: the leaf, counted from 0.
        size: the tree it is proved in.
        reader: where the hashes come from; asked once.

    Raises:
        ProofError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"no entry {index} in a tree of {size}")
    siblings = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((begin, middle))
            begin = middle
    siblings.reverse()
    return _roots(siblings, reader)


def consistency_proof(old: int, new: int, reader: HashReader) -> list[bytes]:
    """The proof that a tree is the beginning of a larger one (RFC 6962 section 2.1.2).

    Args:
        old: size of the smaller tree. 0 and ``new`` need no proof: it is empty.
        new: size of the larger tree.
        reader: where the hashes come from; asked once.

    Raises:
        ProofError: the old tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {old} is not the beginning of a tree of {new}")
    if old in {0, new}:
        return []
    parts = []
    begin, end = 0, new
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((begin, middle))
            begin = middle
    if begin:  # else the subtree is the old tree itself, and the verifier has its root
        parts.append((begin, end))
    parts.reverse()
    return _roots(parts, reader)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes, where: str = "") -> None:
    """Demand that a proof leads from a leaf to a root (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: it does not.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise ProofError(f"no entry {index} in a tree of {size}", where=where)
    _check_hashes((leaf, root, *proof), where)
    position, last = index, size - 1
    hashed = leaf
    for step in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long", where=where)
        if position & 1 or position == last:
            hashed = node_hash(step, hashed)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            hashed = node_hash(hashed, step)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofError("the inclusion proof is too short", where=where)
    if hashed != root:
        raise ProofError(f"the inclusion proof of entry {index} does not lead to the root of size {size}", where=where)


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes], where: str = ""
) -> None:
    """Demand that a proof shows one tree to be the beginning of another (RFC 9162 section 2.1.4.2).

    A tree of 0 is the beginning of every tree, if its root is that of the empty tree.

    Raises:
        ProofError: it does not.
    """
    if not 0 <= old <= new <= SIZE_MAX:
        raise ProofError(f"a tree of {old} is not the beginning of a tree of {new}", where=where)
    if old == new and old_root != new_root:
        raise ProofError(f"two roots for one size {new}", where=where)
    if old != new:
        _check_hashes((old_root, new_root, *proof), where)
    if (old == 0 and old_root != EMPTY_ROOT) or (new == 0 and new_root != EMPTY_ROOT):
        raise ProofError("the root of an empty tree is not the empty root", where=where)
    if old in {0, new}:
        if proof:
            raise ProofError("the consistency proof is too long", where=where)
        return
    old_again, new_again = _run_consistency(old, new, old_root, proof, where)
    if (old_again, new_again) != (old_root, new_root):
        which = old if old_again != old_root else new
        raise ProofError(f"the consistency proof does not lead to the root of size {which}", where=where)


def _run_consistency(old: int, new: int, old_root: bytes, proof: Sequence[bytes], where: str) -> tuple[bytes, bytes]:
    """The two roots that a proof leads to."""
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    # A power of two: the old tree is one complete subtree, and the proof begins with its root unsaid.
    steps = iter(proof) if old & (old - 1) else iter((old_root, *proof))
    old_again = new_again = next(steps, b"")
    for step in steps:
        if last == 0:
            raise ProofError("the consistency proof is too long", where=where)
        if position & 1 or position == last:
            old_again = node_hash(step, old_again)
            new_again = node_hash(step, new_again)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new_again = node_hash(new_again, step)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofError("the consistency proof is too short", where=where)
    return old_again, new_again


def _split(width: int) -> int:
    """The largest power of two smaller than ``width`` (RFC 6962 section 2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the largest first."""
    if not hashes:
        return EMPTY_ROOT
    above = hashes[-1]
    for left in reversed(hashes[:-1]):
        above = node_hash(left, above)
    return above


def _roots(ranges: Sequence[tuple[int, int]], reader: HashReader) -> list[bytes]:
    """The root over each range of leaves, with one question to the reader."""
    parts = [complete_subtrees(begin, end) for begin, end in ranges]
    needed = [subtree for part in parts for subtree in part]
    hashes = reader(needed) if needed else []
    if len(hashes) != len(needed):
        raise ProofError(f"asked for {len(needed)} hashes of the tree, got {len(hashes)}")
    found = []
    begin = 0
    for part in parts:
        found.append(_fold(hashes[begin : begin + len(part)]))
        begin += len(part)
    return found


def _check_hashes(hashes: Iterable[bytes], where: str) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError(f"a hash that has not {HASH_BYTES} bytes", where=where)
