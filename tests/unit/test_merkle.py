"""The tree's own arithmetic, against the definition of RFC 6962 written down plainly here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from archief.errors import ProofError
from archief.tlog import merkle

LEAVES = [merkle.leaf_hash(b"entry %d" % number) for number in range(70)]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = plain_root(leaves[:split]), plain_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def plain_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*plain_path(index, leaves[:split]), plain_root(leaves[split:])]
    return [*plain_path(index - split, leaves[split:]), plain_root(leaves[:split])]


def reader_of(leaves: Sequence[bytes]) -> merkle.HashReader:
    def read(subtrees: Sequence[tuple[int, int]]) -> list[bytes]:
        for level, index in subtrees:
            assert (index + 1) << level <= len(leaves), "a subtree that is not complete was asked for"
        return [plain_root(leaves[index << level : (index + 1) << level]) for level, index in subtrees]

    return read


def test_leaf_and_node_hashes_have_their_prefixes() -> None:
    assert hashlib.sha256(b"\x00abc").digest() == merkle.leaf_hash(b"abc")
    assert [hashlib.sha256(b"\x00abc").digest()] == merkle.leaf_hashes([b"abc"])
    assert hashlib.sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest() == merkle.node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_every_way_to_a_root_agrees_with_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    one_by_one = merkle.Frontier()
    for leaf in leaves:
        one_by_one.append(leaf)
    expected = plain_root(leaves)
    assert expected == merkle.root(leaves)
    assert expected == one_by_one.root()
    assert expected == merkle.tree_root(size, reader_of(leaves))
    assert one_by_one == merkle.frontier(size, reader_of(leaves))


@pytest.mark.parametrize("begin", range(0, len(LEAVES), 3))
def test_extending_at_any_place_equals_appending(begin: int) -> None:
    for end in range(begin, len(LEAVES)):
        extended = merkle.Frontier()
        extended.extend(LEAVES[:begin])
        before = extended.copy()
        extended.extend(tuple(LEAVES[begin:end]))
        assert plain_root(LEAVES[:end]) == extended.root()
        assert plain_root(LEAVES[:begin]) == before.root()
        assert end == extended.size


def test_every_inclusion_proof_is_the_definitions_and_verifies() -> None:
    for size in range(1, 35):
        leaves = LEAVES[:size]
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, reader_of(leaves))
            assert plain_path(index, leaves) == proof
            merkle.verify_inclusion(leaves[index], index, size, proof, plain_root(leaves))


def test_every_consistency_proof_verifies() -> None:
    for new in range(35):
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, reader_of(LEAVES[:new]))
            merkle.verify_consistency(old, new, plain_root(LEAVES[:old]), plain_root(LEAVES[:new]), proof)


def test_a_proof_shortened_lengthened_or_altered_anywhere_is_refused() -> None:
    size, index, old = 21, 13, 11
    leaves, root, old_root = LEAVES[:size], plain_root(LEAVES[:size]), plain_root(LEAVES[:old])
    inclusion = merkle.inclusion_proof(index, size, reader_of(leaves))
    consistency = merkle.consistency_proof(old, size, reader_of(leaves))
    for wrong in mangled(inclusion):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(leaves[index], index, size, wrong, root)
    for wrong in mangled(consistency):
        with pytest.raises(ProofError):
            merkle.verify_consistency(old, size, old_root, root, wrong)


def mangled(proof: list[bytes]) -> list[list[bytes]]:
    shorter = [[*proof[:place], *proof[place + 1 :]] for place in range(len(proof))]
    longer = [[*proof[:place], bytes(32), *proof[place:]] for place in range(len(proof) + 1)]
    altered = [
        [*proof[:place], bytes([proof[place][0] ^ 1]) + proof[place][1:], *proof[place + 1 :]]
        for place in range(len(proof))
    ]
    return [*shorter, *longer, *altered, []]


def test_a_proof_for_another_place_or_size_is_refused() -> None:
    size, index = 21, 13
    leaves, root = LEAVES[:size], plain_root(LEAVES[:size])
    proof = merkle.inclusion_proof(index, size, reader_of(leaves))
    for other in range(-1, size + 1):
        if other != index:
            with pytest.raises(ProofError):
                merkle.verify_inclusion(leaves[index], other, size, proof, root)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(leaves[index], index, 2**63, proof, root)


def test_two_roots_for_one_size_are_refused() -> None:
    with pytest.raises(ProofError, match="two roots"):
        merkle.verify_consistency(3, 3, LEAVES[0], LEAVES[1], [])


def test_an_empty_tree_has_the_empty_root_only() -> None:
    merkle.verify_consistency(0, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
    merkle.verify_consistency(0, 5, merkle.EMPTY_ROOT, LEAVES[0], [])
    with pytest.raises(ProofError):
        merkle.verify_consistency(0, 0, LEAVES[0], LEAVES[0], [])
    with pytest.raises(ProofError):
        merkle.verify_consistency(0, 5, LEAVES[0], LEAVES[1], [])


def test_a_larger_tree_is_no_beginning() -> None:
    with pytest.raises(ProofError):
        merkle.consistency_proof(4, 3, reader_of(LEAVES))
    with pytest.raises(ProofError):
        merkle.verify_consistency(4, 3, LEAVES[0], LEAVES[1], [])


def test_a_leaf_beyond_the_tree_has_no_proof() -> None:
    for index in (-1, 3):
        with pytest.raises(ProofError):
            merkle.inclusion_proof(index, 3, reader_of(LEAVES))


def test_a_frontier_with_the_wrong_number_of_peaks_is_refused() -> None:
    for size, peaks in ((3, LEAVES[:1]), (4, LEAVES[:2]), (-1, LEAVES[:1])):
        with pytest.raises(ProofError):
            merkle.Frontier(size, peaks)


def test_a_frontier_shows_its_size_and_root() -> None:
    assert f"Frontier(1, {LEAVES[0].hex()[:8]}…)" == repr(merkle.Frontier(1, LEAVES[:1]))


def test_a_reader_that_gives_too_few_hashes_is_noticed() -> None:
    with pytest.raises(ProofError):
        merkle.inclusion_proof(0, 3, lambda _: [])
