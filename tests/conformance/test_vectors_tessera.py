"""A whole small log by transparency-dev/tessera: its files come out the same, byte for byte, out of its entries."""

from __future__ import annotations

from pathlib import Path

from archief.errors import NotFoundError
from archief.tlog import merkle, note, tiles
from archief.tlog.head import Checkpoint, format_head, parse_head

VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIZES = range(16)


def entries_of(log: Path) -> list[bytes]:
    path = tiles.entries_path(0, 15)
    return tiles.decode_bundle((log / path).read_bytes(), 15, path)


def test_every_checkpoint_is_that_of_its_entries(shared: Path) -> None:
    log = shared / "vectors/tessera-log/log"
    leaves = merkle.leaf_hashes(entries_of(log))
    known = note.parse_vkey(VKEY)
    for size in SIZES:
        raw = (log / f"checkpoint.{size}").read_bytes()
        opened = note.open_note(raw, [known])
        head = Checkpoint("example.com/log/testdata", size, merkle.root(leaves[:size]))
        assert head == parse_head(opened.text)
        assert opened.text == format_head(head)
        assert raw == note.format_note(format_head(head), note.parse_note(raw).lines)


def test_every_tile_and_bundle_comes_out_the_same(shared: Path) -> None:
    log = shared / "vectors/tessera-log/log"
    entries = entries_of(log)
    leaves = merkle.leaf_hashes(entries)
    made: dict[str, bytes] = {}

    def read(path: str) -> bytes:
        if path not in made:
            raise NotFoundError("no such tile", where=path)
        return made[path]

    for size in SIZES[1:]:
        made |= dict(tiles.new_tiles(size - 1, leaves[size - 1 : size], read))
        for bundle in tiles.bundles_for(size - 1, size):
            made[tiles.entries_path(bundle.index, bundle.width)] = tiles.encode_bundle(entries[:size])
    found = {path.relative_to(log).as_posix(): path.read_bytes() for path in log.rglob("tile/**/*") if path.is_file()}
    assert len(found) >= 29
    assert found == {path: made[path] for path in found}
    assert set(made) - set(found) <= {tiles.tile_path(0, 0, 1), tiles.entries_path(0, 1)}


def test_any_two_of_its_heads_are_proved_from_its_tiles(shared: Path) -> None:
    log = shared / "vectors/tessera-log/log"

    def read(path: str) -> bytes:
        try:
            return (log / path).read_bytes()
        except FileNotFoundError:
            raise NotFoundError("no such tile", where=path) from None

    roots = [parse_head(note.parse_note((log / f"checkpoint.{size}").read_bytes()).text).root for size in SIZES]
    for new in SIZES:
        reader = tiles.tile_reader(new, read)
        for old in range(new + 1):
            merkle.verify_consistency(old, new, roots[old], roots[new], merkle.consistency_proof(old, new, reader))
