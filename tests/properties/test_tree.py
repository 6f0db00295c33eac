"""What holds for every tree."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief.errors import ArchiefError, NotFoundError, ProofError
from archief.tlog import merkle, tiles

SIZE_MAX = 1200
LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(SIZE_MAX)]

sizes = st.integers(0, SIZE_MAX)


def tiles_of(*growth: int) -> dict[str, bytes]:
    """The files of a log that grew to these sizes one after the other."""
    files: dict[str, bytes] = {}

    def read(path: str) -> bytes:
        if path not in files:
            raise NotFoundError("no such tile", where=path)
        return files[path]

    before = 0
    for size in growth:
        files |= dict(tiles.new_tiles(before, LEAVES[before:size], read))
        before = size
    return files


def reader(files: dict[str, bytes], size: int) -> merkle.HashReader:
    def read(path: str) -> bytes:
        if path not in files:
            raise NotFoundError("no such tile", where=path)
        return files[path]

    return tiles.tile_reader(size, read)


@given(st.lists(sizes, max_size=6))
def test_a_tree_grown_in_any_steps_is_the_same(cuts: list[int]) -> None:
    frontier = merkle.Frontier()
    for cut in sorted(cuts):
        frontier.extend(LEAVES[frontier.size : cut])
    expected = merkle.Frontier()
    for leaf in LEAVES[: frontier.size]:
        expected.append(leaf)
    assert expected == frontier
    assert merkle.root(LEAVES[: frontier.size]) == frontier.root()


@given(st.lists(sizes, min_size=1, max_size=5), st.data())
def test_tiles_written_in_any_steps_give_every_root_and_proof(cuts: list[int], data: st.DataObject) -> None:
    growth = sorted(cuts)
    size = growth[-1]
    files = tiles_of(*growth)
    read = reader(files, size)
    root = merkle.root(LEAVES[:size])
    assert root == merkle.tree_root(size, read)
    old = data.draw(st.integers(0, size))
    proof = merkle.consistency_proof(old, size, read)
    merkle.verify_consistency(old, size, merkle.root(LEAVES[:old]), root, proof)
    if size:
        index = data.draw(st.integers(0, size - 1))
        path = merkle.inclusion_proof(index, size, read)
        merkle.verify_inclusion(LEAVES[index], index, size, path, root)


@given(sizes, sizes)
def test_the_tiles_of_one_step_are_those_announced(one: int, other: int) -> None:
    old, new = sorted((one, other))
    files = tiles_of(old)
    written = list(tiles.new_tiles(old, LEAVES[old:new], files.__getitem__))
    announced = [tiles.tile_path(tile.level or 0, tile.index, tile.width) for tile in tiles.tiles_for(old, new)]
    assert announced == [path for path, _ in written]


@given(sizes, sizes)
def test_an_older_tree_is_read_out_of_wider_tiles(one: int, other: int) -> None:
    old, new = sorted((one, other))
    files = tiles_of(old, new)
    partial = [path for path in files if ".p/" in path]
    current = {tiles.tile_path(tile.level or 0, tile.index, tile.width) for tile in tiles.tiles_for(0, new)}
    for path in partial:
        if path not in current:
            del files[path]
    assert merkle.root(LEAVES[:old]) == merkle.tree_root(old, reader(files, old))


@given(st.integers(1, SIZE_MAX), st.data())
def test_an_altered_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = merkle.root(LEAVES[:size])
    proof = merkle.inclusion_proof(index, size, plain_reader)
    chain = [LEAVES[index], *proof, root]
    place = data.draw(st.integers(0, len(chain) - 1))
    bit = data.draw(st.integers(0, 255))
    chain[place] = (int.from_bytes(chain[place], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(ProofError):
        merkle.verify_inclusion(chain[0], index, size, chain[1:-1], chain[-1])


def plain_reader(subtrees: Sequence[tuple[int, int]]) -> list[bytes]:
    return [merkle.root(LEAVES[index << level : (index + 1) << level]) for level, index in subtrees]


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_a_path_reads_back_as_it_was_written(level: int | None, index: int, width: int) -> None:
    path = tiles.entries_path(index, width) if level is None else tiles.tile_path(level, index, width)
    assert tiles.TilePath(level, index, width) == tiles.parse_path(path)


@given(st.text(alphabet="tile/entrsx0123456789.p", max_size=40))
def test_any_other_path_is_refused_by_name(path: str) -> None:
    try:
        parsed = tiles.parse_path(path)
    except ArchiefError:
        return
    assert path == (
        tiles.entries_path(parsed.index, parsed.width)
        if parsed.level is None
        else tiles.tile_path(parsed.level, parsed.index, parsed.width)
    )


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_a_bundle_reads_back_as_it_was_written(entries: list[bytes]) -> None:
    assert entries == tiles.decode_bundle(tiles.encode_bundle(entries), len(entries))
