"""The end of a log whose copy is made or comes back: that its entries are those that were sealed and signed."""

from __future__ import annotations

from collections.abc import Collection

from archief import publishing
from archief.errors import ArchiefError, CorruptError, ForkError, MalformedError
from archief.events import envelope
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage import base
from archief.storage.base import Storage
from archief.tlog import merkle, tiles


def sealed_roots(log: Log, sizes: Collection[int] = ()) -> dict[int, str]:
    """The root over the whole log, and those over its first so many entries, computed from the entries.

    Args:
        log: the log.
        sizes: sizes to compute the root of besides; larger ones than the log's are left out.

    Raises:
        CorruptError: the entries are not those that the last commit seals.
    """
    commit, size = log.last_commit, log.size
    marks = sorted({one for one in (*sizes, commit.base.size, size) if one <= size})
    frontier, roots = merkle.Frontier(), {0: merkle.EMPTY_ROOT.hex()}
    for begin in range(0, size, envelope.SEGMENT_ENTRIES):
        end = min(begin + envelope.SEGMENT_ENTRIES, size)
        leaves = merkle.leaf_hashes(_entries(log.storage, begin, end))
        for mark in (*(one for one in marks if begin < one < end), end):
            frontier.extend(leaves[frontier.size - begin : mark - begin])
            roots[mark] = frontier.root().hex()
    events = merkle.leaf_hashes(_entries(log.storage, commit.base.size, size - 1))
    if roots[commit.base.size] != commit.base.root or merkle.root(events).hex() != commit.root:
        raise CorruptError(
            "the entries are not those that the last commit seals",
            where=log.storage.place,
            remedy="run `archief verify`: it names the place",
        )
    return roots


def _entries(storage: Storage, begin: int, end: int) -> list[bytes]:
    try:
        return base.entry_lines(storage, begin, end)
    except MalformedError as error:
        raise CorruptError(error.what, where=error.where, remedy="run `archief verify`: it names the place") from None


def public_files(storage: Storage, size: int) -> list[str]:
    """The public files that belong to the first ``size`` entries; later tiles and kept heads are left out."""
    return [path for path in storage.public_paths() if _belongs(path, size)]


def _belongs(path: str, size: int) -> bool:
    if path.startswith("checkpoints/"):
        return int(path.removeprefix("checkpoints/")) <= size
    if not path.startswith("tile/"):
        return True
    try:
        named = tiles.parse_path(path)
    except MalformedError:
        return False
    return (named.index * tiles.TILE_WIDTH + named.width) << 8 * (named.level or 0) <= size


def signed_head(raw: bytes, authority: Authority, where: str) -> tuple[int, str] | None:
    """Size and root of a signed head, in hex; None when it is not rightly signed by the log's keys."""
    try:
        head = publishing.open_head(raw, authority, where).head
    except ArchiefError:
        return None
    return head.size, head.root.hex()


def demand_head(head: tuple[int, str], log: Log, root: str) -> None:
    """Refuse a log that is another one than a signed head says.

    Raises:
        ForkError: it is.
    """
    if head[1] != root:
        raise ForkError(
            f"the signed head of {head[0]} entries is of another history",
            where=log.storage.place,
            remedy="run `archief verify` there: it names the place",
        )
