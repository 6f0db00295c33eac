r"""Tiles: the tree as files that never change, 256 hashes each, and the entries in bundles (C2SP tlog-tiles).

Knows paths and bytes; reading is a function it is given.

    tile/<level>/<N>[.p/<width>]      width hashes of 32 bytes; level 0 are leaves, level L is 256 times as far up
    tile/entries/<N>[.p/<width>]      width entries, each preceded by its length as a big-endian uint16

``N`` is written in groups of three digits, all but the last with an ``x`` before it. A full tile is 256 wide and has no
``.p``; a partial one holds what the tree of some size has so far, and may be deleted once a wider one is there. A tree
of 70,000 has 273 full tiles on level 0 and a partial one of 112, one full on level 1 and a partial one of 17, and a
partial one of 1 on level 2.

>>> tile_path(0, 1234067), tile_path(1, 0, 17), entries_path(67, 8)
('tile/0/x001/x234/067', 'tile/1/000.p/17', 'tile/entries/067.p/8')
>>> parse_path("tile/1/000.p/17")
TilePath(level=1, index=0, width=17)
>>> [(tile.level, tile.index, tile.width) for tile in tiles_for(69_888, 70_000)]
[(0, 273, 112)]
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from archief.errors import CorruptError, MalformedError, NotFoundError
from archief.tlog import merkle
from archief.tlog.merkle import HASH_BYTES, SIZE_MAX, HashReader

TILE_HEIGHT = 8
"""Levels of the tree in one tile."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile."""

LEVEL_MAX = 63
"""Tile levels are 0 to 63 (C2SP tlog-tiles)."""

ENTRY_BYTES_MAX = 65_535
"""A longer entry does not fit a bundle."""

ReadTile = Callable[[str], bytes]
"""Gives the bytes of the file at a path of this module; raises NotFoundError when there is none."""

_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)
_CACHED_TILES = 256


class TilePath(msgspec.Struct, frozen=True):
    """What a path names.

    Args:
        level: of the tile; None for a bundle of entries.
        index: counted from 0 on its level.
        width: 1 to 256 hashes or entries.
    """

    level: int | None
    index: int
    width: int


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile."""
    return _path(str(level), index, width)


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The path of a bundle of entries."""
    return _path("entries", index, width)


def parse_path(path: str) -> TilePath:
    """Read a path; it has one form only.

    Raises:
        MalformedError: not of the form.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise MalformedError("not the path of a tile", where=path)
    level = None if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("/", "").replace("x", ""))
    width = int(match["width"] or TILE_WIDTH)
    rewritten = _path(match["level"], index, width)
    if rewritten != path or (level or 0) > LEVEL_MAX or width > TILE_WIDTH or index > SIZE_MAX:
        raise MalformedError("not the path of a tile", where=path)
    return TilePath(level, index, width)


def tiles_for(old_size: int, new_size: int) -> list[TilePath]:
    """The tiles that a tree of ``new_size`` has and one of ``old_size`` has not, level by level from the leaves."""
    tiles: list[TilePath] = []
    level, before, now = 0, old_size, new_size
    while before < now:
        tiles += [
            TilePath(level, index, min(TILE_WIDTH, now - index * TILE_WIDTH))
            for index in range(before // TILE_WIDTH, -(-now // TILE_WIDTH))
        ]
        level, before, now = level + 1, before >> TILE_HEIGHT, now >> TILE_HEIGHT
    return tiles


def bundles_for(old_size: int, new_size: int) -> list[TilePath]:
    """The bundles of entries that a tree of ``new_size`` has and one of ``old_size`` has not."""
    if old_size >= new_size:
        return []
    return [
        TilePath(None, index, min(TILE_WIDTH, new_size - index * TILE_WIDTH))
        for index in range(old_size // TILE_WIDTH, -(-new_size // TILE_WIDTH))
    ]


def new_tiles(old_size: int, leaves: Sequence[bytes], read: ReadTile) -> Iterator[tuple[str, bytes]]:
    """The files to write when a tree grows, in an order in which none stands before what it was hashed from.

    Args:
        old_size: size of the tree whose tiles ``read`` gives.
        leaves: the hashes of the leaves that follow.
        read: for the at most eight partial tiles at the old right edge. They are believed: the caller compares the
            frontier they give with a signed root.

    Raises:
        CorruptError: a tile has not the length it should.
        NotFoundError: a tile of the old tree is gone.
    """
    nodes = list(leaves)
    level, before = 0, old_size
    while nodes:
        index, width = divmod(before, TILE_WIDTH)
        if width:
            old = read_tile(TilePath(level, index, width), read)
            nodes = [*split_tile(old), *nodes]
        above = []
        for begin in range(0, len(nodes), TILE_WIDTH):
            tile = nodes[begin : begin + TILE_WIDTH]
            yield tile_path(level, index, len(tile)), b"".join(tile)
            index += 1
            if len(tile) == TILE_WIDTH:
                above.append(merkle.root(tile))
        nodes = above
        level, before = level + 1, before >> TILE_HEIGHT


def split_tile(tile: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [tile[begin : begin + HASH_BYTES] for begin in range(0, len(tile), HASH_BYTES)]


def read_tile(wanted: TilePath, read: ReadTile) -> bytes:
    """The bytes of a hash tile, out of the tile itself or a wider one that took its place.

    Partial tiles may be deleted when the full one is there (C2SP tlog-tiles); our own folder may also have kept a
    partial one of another width.

    Raises:
        NotFoundError: neither it nor a wider one is there.
        CorruptError: a file of another length than its path says.
    """
    level = wanted.level
    if level is None:
        raise MalformedError("a bundle of entries is no hash tile", where=entries_path(wanted.index, wanted.width))
    widths = (wanted.width, TILE_WIDTH, *range(wanted.width + 1, TILE_WIDTH))
    for width in widths if wanted.width < TILE_WIDTH else (TILE_WIDTH,):
        path = tile_path(level, wanted.index, width)
        try:
            tile = read(path)
        except NotFoundError:
            continue
        if len(tile) != width * HASH_BYTES:
            raise CorruptError(f"a tile of {len(tile)} bytes, not {width * HASH_BYTES}", where=path)
        return tile[: wanted.width * HASH_BYTES]
    raise NotFoundError(
        "this tile is gone, and no wider one took its place",
        where=tile_path(level, wanted.index, wanted.width),
        remedy="tiles are made again from the log: archief checkpoint",
    )


def tile_reader(size: int, read: ReadTile) -> HashReader:
    """Read hashes of the tree of this size out of its tiles.

    The hashes are what the files say: whoever uses them proves the outcome against a signed root.

    Args:
        size: of the tree; decides which partial tiles there are.
        read: gives a file's bytes. What was read is kept (the last 256 tiles).
    """

    @functools.lru_cache(maxsize=_CACHED_TILES)
    def tile_at(level: int, index: int, width: int) -> bytes:
        return read_tile(TilePath(level, index, width), read)

    def one(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            raise MalformedError(f"a tree of {size} has no complete subtree {index} on level {level}")
        tile_level, up = divmod(level, TILE_HEIGHT)
        begin = index << up  # the subtree's first hash on the tile's level
        number = begin >> TILE_HEIGHT
        width = min(TILE_WIDTH, (size >> (tile_level * TILE_HEIGHT)) - number * TILE_WIDTH)
        tile = tile_at(tile_level, number, width)
        offset = (begin - number * TILE_WIDTH) * HASH_BYTES
        hashes = tile[offset : offset + (HASH_BYTES << up)]
        return hashes if up == 0 else merkle.root(split_tile(hashes))

    return lambda subtrees: [one(level, index) for level, index in subtrees]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write a bundle of 1 to 256 entries.

    Raises:
        MalformedError: no entries or too many, or one too long.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise MalformedError(f"a bundle holds 1 to {TILE_WIDTH} entries, not {len(entries)}")
    parts = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise MalformedError(f"an entry of {len(entry)} bytes; a bundle takes at most {ENTRY_BYTES_MAX}")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(bundle: bytes, width: int, where: str = "") -> list[bytes]:
    """Read a bundle.

    Args:
        bundle: its bytes.
        width: how many entries its path promises.
        where: the place to name in an error.

    Raises:
        MalformedError: cut off, or not that many entries.
    """
    entries = []
    begin = 0
    while begin < len(bundle):
        end = begin + 2 + int.from_bytes(bundle[begin : begin + 2], "big")
        if begin + 2 > len(bundle) or end > len(bundle):
            raise MalformedError("a bundle of entries that is cut off", where=where)
        entries.append(bundle[begin + 2 : end])
        begin = end
    if len(entries) != width:
        raise MalformedError(f"a bundle of {len(entries)} entries, not {width}", where=where)
    return entries


def _path(level: str, index: int, width: int) -> str:
    groups = f"{index % 1000:03}"
    while index := index // 1000:
        groups = f"x{index % 1000:03}/{groups}"
    return f"tile/{level}/{groups}" + ("" if width == TILE_WIDTH else f".p/{width}")
