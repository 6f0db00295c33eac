"""Hashes out of tiles and out of the log are the same, and a writer goes on from either."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from archief.errors import MalformedError
from archief.events import envelope
from archief.storage.memory import MemoryStorage
from archief.stored_tree import GrowingRows, StoredTree, split
from archief.tlog import merkle, tiles

WIDTH = 256
SIZES = (0, 1, 2, 255, 256, 257, 511, 512, 1_000, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 70_000)
ENTRIES = [b"%d" % number for number in range(max(SIZES))]
LEAVES = merkle.leaf_hashes(ENTRIES)


def stored(size: int, *, with_tiles: bool = True) -> MemoryStorage:
    """A log of this size, and the tiles that its writer made."""
    storage = MemoryStorage()
    for first in range(0, size, envelope.SEGMENT_ENTRIES):
        lines = ENTRIES[first : min(first + envelope.SEGMENT_ENTRIES, size)]
        storage.log[first] = b"\n".join(lines) + b"\n"
    if with_tiles:
        rows = GrowingRows([], 0)
        for path, data in rows.extend(LEAVES[:size]):
            storage.public[path] = data
    return storage


@pytest.fixture(scope="module")
def largest() -> MemoryStorage:
    return stored(max(SIZES))


@pytest.mark.parametrize("size", SIZES)
def test_roots_are_the_same_from_tiles_and_from_the_log(size: int, largest: MemoryStorage) -> None:
    expected = merkle.root(LEAVES[:size])
    assert expected == StoredTree(largest, size).root()
    if size <= 1_000:
        assert expected == StoredTree(stored(size), size).root()
        assert expected == StoredTree(stored(size, with_tiles=False), size).root()
        assert expected == StoredTree(largest, size, from_log=True).root()


def test_everything_can_be_computed_from_the_log(largest: MemoryStorage) -> None:
    reads: list[int] = []

    class Counting(MemoryStorage):
        def read(self, segment: object, start: int = 0, stop: int | None = None) -> bytes:
            reads.append(1)
            return largest.read(segment, start, stop)  # type: ignore[arg-type]

        def read_public(self, path: str) -> bytes | None:
            raise AssertionError(path)

    counting = Counting()
    counting.log = largest.log
    assert merkle.root(LEAVES) == StoredTree(counting, len(LEAVES), from_log=True).root()
    assert len(largest.log) == len(reads), "each segment is read once"


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_subtrees_of_every_level_are_given(size: int, largest: MemoryStorage) -> None:
    tree = StoredTree(largest, size)
    level = 0
    while size >> level:
        last = (size >> level) - 1
        for index in {0, last // 2, last}:
            assert [merkle.root(LEAVES[index << level : (index + 1) << level])] == tree([(level, index)])
        level += 1


@pytest.mark.parametrize("size", SIZES)
def test_a_writer_reads_the_right_edge_and_goes_on(size: int, largest: MemoryStorage) -> None:
    edge = GrowingRows.read(StoredTree(largest, size), size)
    assert merkle.root(LEAVES[:size]) == edge.frontier().root()
    twin = edge.copy()
    more = merkle.leaf_hashes(b"more %d" % number for number in range(700))
    for _ in edge.extend(more):
        pass
    assert merkle.root([*LEAVES[:size], *more]) == edge.frontier().root()
    assert merkle.root(LEAVES[:size]) == twin.frontier().root()
    assert size + 700 == edge.size


def test_the_tiles_of_a_growing_tree_are_those_of_the_whole() -> None:
    rows, made, size = GrowingRows([], 0), dict[str, bytes](), 0
    for step in (1, 254, 1, 1, 300, 0, 2_000, 70_000 - 2_557):
        made |= dict(rows.extend(LEAVES[size : size + step]))
        size += step
    expected = dict(tiles.new_tiles(0, LEAVES, _nothing))
    full = {path: data for path, data in expected.items() if ".p/" not in path}
    assert full == {path: data for path, data in made.items() if ".p/" not in path}
    assert {path: data for path, data in expected.items() if ".p/" in path} == dict(rows.partial())


def test_a_frontier_gives_the_roots_of_the_tiles_that_it_fills() -> None:
    alone, beside, frontier, size = GrowingRows([], 0), GrowingRows([], 0), merkle.Frontier(), 0
    for step in (1, 254, 1, 1, 300, 0, 2_000, 3_000):
        leaves = LEAVES[size : size + step]
        assert dict(alone.extend(leaves)) == dict(beside.extend(leaves, frontier.extend(leaves)))
        size += step
    assert alone.rows == beside.rows


def test_unfinished_tiles_above_the_lowest_are_stored_at_every_eighth_hash() -> None:
    rows, size = GrowingRows([], 0), 0
    made: dict[str, bytes] = {}
    for step in [256] * 20 + [256 * 19, 300]:
        made |= dict(rows.extend(LEAVES[size : size + step]))
        size += step
    assert {"tile/1/000.p/8", "tile/1/000.p/16", "tile/1/000.p/32", "tile/1/000.p/40"} == {
        path for path in made if ".p/" in path
    }
    storage = stored(size, with_tiles=False)
    storage.public = {path: data for path, data in made.items() if not path.startswith("tile/0") or int(path[-3:]) > 31}
    storage.log[0] = b"\n" * 8_192 + b"".join(storage.log[0].splitlines(keepends=True)[8_192:])
    assert merkle.root(LEAVES[:size]) == StoredTree(storage, size).root(), "the lowest tiles before are not asked for"


def _nothing(path: str) -> bytes:
    raise AssertionError(path)


@pytest.mark.parametrize("keep", [0, 31, 32, 255 * 32])
def test_a_tile_that_is_cut_off_is_made_from_the_log(keep: int) -> None:
    storage = stored(1_000)
    for path in storage.public:
        storage.public[path] = storage.public[path][:keep]
    assert merkle.root(LEAVES[:1_000]) == StoredTree(storage, 1_000).root()


def test_tiles_are_believed_until_somebody_proves_otherwise() -> None:
    storage = stored(1_000)
    storage.public["tile/1/000.p/3"] = bytes(3 * 32)
    assert merkle.root(LEAVES[:1_000]) != StoredTree(storage, 1_000).root()
    assert merkle.root(LEAVES[:1_000]) == StoredTree(storage, 1_000, from_log=True).root()


def test_a_seeded_row_is_used_and_few_are_kept(largest: MemoryStorage) -> None:
    tree = StoredTree(largest, 600)
    tree.seed(2, [bytes(32)] * 88)
    assert [bytes(32)] == tree([(0, 512)])
    tree = StoredTree(largest, max(SIZES))
    for index in range(0, 60_000, WIDTH):
        tree([(0, index)])
    assert len(tree._rows) <= 128


def test_a_log_that_lacks_lines_gives_no_hashes() -> None:
    storage = stored(1_000, with_tiles=False)
    storage.log[0] = storage.log[0][:-4]
    with pytest.raises(MalformedError):
        StoredTree(storage, 1_000).root()


def test_stray_bytes_at_the_end_of_a_tile_are_left_out() -> None:
    hashes: Sequence[bytes] = LEAVES[:3]
    assert [*hashes] == split(b"".join(hashes) + b"stray")
    assert [] == split(b"")
