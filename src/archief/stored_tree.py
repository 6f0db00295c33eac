"""The Merkle tree of a stored log: hashes out of tiles, and out of the log where a tile is missing.

Tiles are made, never believed: what is read here is believed only once it folds to a root that somebody signed. Knows
where hashes lie; does not know what an entry says.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence

from archief.events import envelope
from archief.storage import base
from archief.storage.base import Storage
from archief.tlog import merkle, tiles

WIDTH = 256
"""Hashes in one full tile: 8 levels (C2SP tlog-tiles)."""

ROWS_KEPT = 128
"""Tiles kept in memory by a reader: 1 MiB."""


PARTIAL_STEP = 8
"""Unfinished tiles above the lowest are stored at every eighth hash: what is wanting is made of at most seven tiles."""


class StoredTree:
    """A reader of complete subtree hashes (a ``merkle.HashReader``) for a log of a given size.

    Args:
        storage: where the tiles and the log are.
        size: the log's number of entries; nothing beyond is read.
        from_log: True to compute everything from the log's entries and read no tile.
    """

    def __init__(self, storage: Storage, size: int, *, from_log: bool = False) -> None:
        self.storage = storage
        self.size = size
        self._from_log = from_log
        self._rows: collections.OrderedDict[tuple[int, int], list[bytes]] = collections.OrderedDict()
        self._read_lines: tuple[int, list[bytes]] = (-1, [])

    def __call__(self, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        """The hashes of complete subtrees, each named by (level, index)."""
        return [self._hash(level, index) for level, index in wanted]

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` entries, all when None."""
        return merkle.tree_root(self.size if size is None else size, self)

    def seed(self, index: int, row: list[bytes]) -> None:
        """Give a lowest row of leaf hashes that is at hand already."""
        self._rows[(0, index)] = row

    def row(self, tile_level: int, index: int) -> list[bytes]:
        """The bottom hashes of a tile as wide as this log makes it: 1 to 256."""
        key = (tile_level, index)
        if key in self._rows:
            self._rows.move_to_end(key)
            return self._rows[key]
        width = min((self.size >> (8 * tile_level)) - index * WIDTH, WIDTH)
        row = [] if self._from_log else self._read(tile_level, index, width)
        if tile_level:
            below = range(index * WIDTH + len(row), index * WIDTH + width)
            row += [merkle.root(self.row(tile_level - 1, number)) for number in below]
        elif not row:
            row = merkle.leaf_hashes(self._entries(index * WIDTH, width))
        self._rows[key] = row
        if len(self._rows) > ROWS_KEPT:
            self._rows.popitem(last=False)
        return row

    def _read(self, tile_level: int, index: int, width: int) -> list[bytes]:
        """What is stored of a tile: all that is wanted, or above the lowest level its beginning, or nothing."""
        stored = width - width % PARTIAL_STEP if tile_level else 0
        for path_width, wanted in dict.fromkeys(((WIDTH, width), (width, width), (stored, stored))):
            data = self.storage.read_public(tiles.tile_path(tile_level, index, path_width)) if wanted else None
            if data is not None and len(data) >= wanted * merkle.HASH_BYTES:
                return split(data)[:wanted]
        return []

    def _entries(self, first: int, width: int) -> list[bytes]:
        """Entries of one segment, which is read once for all its tiles."""
        begin = first - first % envelope.SEGMENT_ENTRIES
        if self._read_lines[0] != begin:
            stop = min(begin + envelope.SEGMENT_ENTRIES, self.size)
            self._read_lines = (begin, base.entry_lines(self.storage, begin, stop))
        return self._read_lines[1][first - begin : first - begin + width]

    def _hash(self, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, 8)
        begin = (index << height) & (WIDTH - 1)
        row = self.row(tile_level, (index << height) // WIDTH)
        return merkle.root(row[begin : begin + (1 << height)])


class GrowingRows:
    """The unfinished right edge of a tree, tile row by tile row: all that a writer needs to go on.

    Args:
        rows: for each tile level the hashes of its unfinished tile, lowest level first.
        size: the number of leaves below them.
    """

    def __init__(self, rows: list[list[bytes]], size: int) -> None:
        self.rows = rows
        self.size = size

    @classmethod
    def read(cls, tree: StoredTree, size: int) -> GrowingRows:
        """The right edge of the first ``size`` leaves of a stored tree."""
        rows: list[list[bytes]] = []
        count = size
        while count:
            index, width = divmod(count, WIDTH)
            rows.append(tree.row(len(rows), index)[:width] if width else [])
            count = index
        return cls(rows, size)

    def copy(self) -> GrowingRows:
        """An independent copy."""
        return GrowingRows([list(row) for row in self.rows], self.size)

    def frontier(self) -> merkle.Frontier:
        """The tree's frontier."""
        peaks = []
        for row in reversed(self.rows):
            begin = 0
            for bit in range(7, -1, -1):
                if len(row) >> bit & 1:
                    peaks.append(merkle.root(row[begin : begin + (1 << bit)]))
                    begin += 1 << bit
        return merkle.Frontier(self.size, peaks)

    def extend(self, leaves: Sequence[bytes], filled: Sequence[bytes] | None = None) -> Iterator[tuple[str, bytes]]:
        """Add leaves; yields path and bytes of every tile that this fills, and of partial ones above the lowest.

        Args:
            leaves: leaf hashes.
            filled: the roots of the lowest tiles that they fill (what ``merkle.Frontier.extend`` gives);
                None computes them.
        """
        first_changed = self.size
        self.size += len(leaves)
        added = list(leaves)
        level = 0
        while added:
            if level == len(self.rows):
                self.rows.append([])
            row, stored = self.rows[level] + added, len(self.rows[level]) // PARTIAL_STEP
            index = (first_changed >> (8 * level)) // WIDTH
            known = filled if level == 0 else None
            added = list(known or ())
            while len(row) >= WIDTH:
                yield tiles.tile_path(level, index), b"".join(row[:WIDTH])
                if known is None:
                    added.append(merkle.root(row[:WIDTH]))
                row, stored = row[WIDTH:], 0
                index += 1
            self.rows[level] = row
            if level and len(row) // PARTIAL_STEP > stored:
                width = len(row) - len(row) % PARTIAL_STEP
                yield tiles.tile_path(level, index, width), b"".join(row[:width])
            level += 1

    def partial(self) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of the unfinished tiles of every level: what a reader of this size needs besides full ones."""
        for level, row in enumerate(self.rows):
            if row:
                yield tiles.tile_path(level, (self.size >> (8 * level)) // WIDTH, len(row)), b"".join(row)


def split(data: bytes) -> list[bytes]:
    """The hashes of a tile's bytes; stray bytes at its end are left out."""
    return [data[at : at + merkle.HASH_BYTES] for at in range(0, len(data) - merkle.HASH_BYTES + 1, merkle.HASH_BYTES)]
