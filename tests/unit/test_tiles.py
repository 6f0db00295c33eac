"""Paths, tiles and bundles of entries."""

from __future__ import annotations

import pytest

from archief.errors import CorruptError, MalformedError, NotFoundError
from archief.tlog import merkle, tiles
from archief.tlog.tiles import TilePath

LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(600)]


def written(size: int) -> dict[str, bytes]:
    return dict(tiles.new_tiles(0, LEAVES[:size], lambda path: pytest.fail(f"read {path}")))


def reading(files: dict[str, bytes]) -> tiles.ReadTile:
    def read(path: str) -> bytes:
        if path not in files:
            raise NotFoundError("no such tile", where=path)
        return files[path]

    return read


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    found = tiles.tiles_for(0, 70_000)
    widths = {level: [tile.width for tile in found if tile.level == level] for level in {tile.level for tile in found}}
    assert {0: [256] * 273 + [112], 1: [256, 17], 2: [1]} == widths


def test_a_tree_of_256_has_a_full_tile_and_the_first_hash_of_the_next_level() -> None:
    assert [TilePath(0, 0, 256), TilePath(1, 0, 1)] == tiles.tiles_for(255, 256)
    assert {"tile/0/000", "tile/1/000.p/1"} == set(written(256))
    assert merkle.root(LEAVES[:256]) == written(256)["tile/1/000.p/1"]


def test_a_tree_that_does_not_grow_has_no_new_files() -> None:
    assert [] == tiles.tiles_for(300, 300)
    assert [] == tiles.bundles_for(300, 300)
    assert [] == list(tiles.new_tiles(300, [], reading({})))


def test_bundles_cover_the_new_entries_only() -> None:
    assert [TilePath(None, 1, 44)] == tiles.bundles_for(256, 300)
    assert [TilePath(None, 0, 256), TilePath(None, 1, 1)] == tiles.bundles_for(3, 257)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/00/000",
        "tile/64/000",
        "tile/100/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/08",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000/",
        "/tile/0/000",
        "tile/-1/000",
        "tile/0/-01",
        "tile/0/٠٠٠",
        "tile/entries/000.p/",
        "tile/data/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/" + "x111/" * 2000 + "111",
        "tile/0/000\n",
    ],
)
def test_a_path_of_any_other_form_is_refused(path: str) -> None:
    with pytest.raises(MalformedError):
        tiles.parse_path(path)


def test_a_full_tile_stands_in_for_a_deleted_partial_one() -> None:
    files = written(256)
    assert files["tile/0/000"][: 100 * 32] == tiles.read_tile(TilePath(0, 0, 100), reading(files))
    assert merkle.root(LEAVES[:100]) == merkle.tree_root(100, tiles.tile_reader(100, reading(files)))


def test_a_wider_partial_tile_stands_in_for_a_deleted_one() -> None:
    files = written(200)
    assert merkle.root(LEAVES[:100]) == merkle.tree_root(100, tiles.tile_reader(100, reading(files)))


def test_a_narrower_tile_does_not_stand_in() -> None:
    with pytest.raises(NotFoundError, match="no wider one"):
        tiles.read_tile(TilePath(0, 0, 201), reading(written(200)))


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    for wrong in (b"", written(200)["tile/0/000.p/200"][:-1], bytes(201 * 32)):
        with pytest.raises(CorruptError):
            tiles.read_tile(TilePath(0, 0, 200), reading({"tile/0/000.p/200": wrong}))


def test_a_bundle_is_not_read_as_a_tile() -> None:
    with pytest.raises(MalformedError):
        tiles.read_tile(TilePath(None, 0, 3), reading({}))


def test_a_subtree_that_is_not_complete_is_refused() -> None:
    reader = tiles.tile_reader(300, reading(written(300)))
    assert [LEAVES[299]] == reader([(0, 299)])
    for subtree in ((0, 300), (9, 0), (2, 75), (-1, 0), (0, -1)):
        with pytest.raises(MalformedError):
            reader([subtree])


def test_a_tile_is_read_once() -> None:
    reads: list[str] = []
    files = written(600)

    def read(path: str) -> bytes:
        reads.append(path)
        return files[path]

    reader = tiles.tile_reader(600, read)
    merkle.inclusion_proof(7, 600, reader)
    merkle.inclusion_proof(9, 600, reader)
    assert len(set(reads)) == len(reads)


def test_a_bundle_cut_off_or_of_another_count_is_refused() -> None:
    bundle = tiles.encode_bundle([b"one", b"", b"three"])
    assert b"\x00\x03one\x00\x00\x00\x05three" == bundle
    for cut in range(len(bundle)):
        with pytest.raises(MalformedError):
            tiles.decode_bundle(bundle[:cut], 3)
    with pytest.raises(MalformedError):
        tiles.decode_bundle(bundle, 4)
    with pytest.raises(MalformedError):
        tiles.decode_bundle(bundle + b"\x00", 3)


def test_what_fits_no_bundle_is_refused() -> None:
    assert [bytes(65_535)] == tiles.decode_bundle(tiles.encode_bundle([bytes(65_535)]), 1)
    for entries in ([], [b""] * 257, [bytes(65_536)]):
        with pytest.raises(MalformedError):
            tiles.encode_bundle(entries)
