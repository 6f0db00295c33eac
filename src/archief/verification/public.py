"""The files that are not the log itself: tiles above the lowest, signed heads, cut tails, strangers.

Everything under ``public/`` can be made again or is signed; here it is compared with the log that was just verified.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from archief.errors import ArchiefError, MalformedError
from archief.events import envelope
from archief.publishing import judge_head
from archief.rules.authority import Authority
from archief.storage.base import Storage
from archief.stored_tree import WIDTH, StoredTree, split
from archief.tlog import merkle, tiles
from archief.tlog.checkpoint import OpenedCheckpoint
from archief.verification.fault import Fault
from archief.verification.fold import Fold

ROWS_A_SEGMENT = envelope.SEGMENT_ENTRIES // WIDTH
"""Hashes of the second tile level that one segment gives: 64."""

_MAKE_AGAIN = "tiles can be made again: `archief doctor --repair`"


def strange_paths(paths: Sequence[str], stop: int) -> Iterator[Fault]:
    """Tiles and bundles whose path has not its one form, or that lie beyond the log's end.

    Args:
        paths: all public paths.
        stop: the log's number of lines.
    """
    for path in paths:
        if path.startswith("tile/"):
            named = _named(path)
            if named is None:
                yield Fault(kind="stranger", grade="finding", file=f"public/{path}", what="not the path of a tile")
            elif (named.index * WIDTH + named.width) << 8 * (named.level or 0) > stop:
                what = "a tile beyond the log's end"
                yield Fault(kind="tile", grade="corruption", file=f"public/{path}", what=what, remedy=_MAKE_AGAIN)


def _named(path: str) -> tiles.TilePath | None:
    try:
        return tiles.parse_path(path)
    except MalformedError:
        return None


def lowest_tiles(paths: Sequence[str]) -> dict[int, list[str]]:
    """The lowest tiles and the bundles that are there, by the segment whose entries they hold."""
    found: dict[int, list[str]] = {}
    for path in paths:
        if path.startswith("tile/"):
            named = _named(path)
            if named is not None and not named.level:
                first = named.index * WIDTH
                found.setdefault(first - first % envelope.SEGMENT_ENTRIES, []).append(path)
    return found


def check_upper_tiles(storage: Storage, paths: Sequence[str], fold: Fold, tree: StoredTree) -> Iterator[Fault]:
    """Compare the tiles above the lowest with the roots of the segments."""
    for path in paths:
        if not path.startswith("tile/"):
            continue
        named = _named(path)
        if named is None or not named.level:
            continue
        hashes = split(storage.read_public(path) or b"")
        right = len(hashes) == named.width and all(
            _holds(hashes, named.level, named.index, begin, fold, tree)
            for begin in range(0, named.width, ROWS_A_SEGMENT)
        )
        if not right:
            yield Fault(
                kind="tile",
                grade="corruption",
                file=f"public/{path}",
                remedy=_MAKE_AGAIN,
                what="the tile does not hold the hashes of the tiles below it",
            )


def _holds(hashes: Sequence[bytes], level: int, index: int, begin: int, fold: Fold, tree: StoredTree) -> bool:
    """Whether a part of a tile is right.

    On the second level a whole segment's part must fold to the segment's root: then each hash in it is right.
    """
    part = hashes[begin : begin + ROWS_A_SEGMENT]
    position = index * WIDTH + begin
    if level == 1:
        number = position // ROWS_A_SEGMENT
        if len(part) == ROWS_A_SEGMENT and number < len(fold.segment_roots):
            return merkle.root(part) == fold.segment_roots[number]
        if number < len(fold.segment_roots):
            return list(part) == _rows(number, fold, tree)[: len(part)]
        return list(part) == fold.rows[: len(part)]
    below = 1 << (8 * level - 14)
    expected = []
    for at in range(position, position + len(part)):
        roots = fold.segment_roots[at * below : (at + 1) * below]
        if len(roots) < below:
            return False
        expected.append(merkle.root(roots))
    return expected == list(part)


def _rows(number: int, fold: Fold, tree: StoredTree) -> list[bytes]:
    """The 64 hashes of a whole segment, from a wider tile that folds to the segment's root, else from the log."""
    at = number * ROWS_A_SEGMENT
    rows = tree.row(1, at // WIDTH)[at % WIDTH :][:ROWS_A_SEGMENT]
    if merkle.root(rows) != fold.segment_roots[number]:
        rows = StoredTree(tree.storage, tree.size, from_log=True).row(1, at // WIDTH)[at % WIDTH :][:ROWS_A_SEGMENT]
    return rows


def check_heads(storage: Storage, paths: Sequence[str], fold: Fold, tree: StoredTree) -> Iterator[Fault]:
    """Compare every signed head in the archive with the log, and judge each of its signature lines."""
    for path in paths:
        if path.startswith("checkpoint"):
            yield from _check_head(path, storage.read_public(path) or b"", fold, tree)


def _check_head(path: str, raw: bytes, fold: Fold, tree: StoredTree) -> Iterator[Fault]:
    file, report, authority = f"public/{path}", fold.report, fold.authority
    log_keys = [key for keys in (authority.log_keys, *authority.former_log_keys) for key in keys]
    try:
        opened = judge_head(raw, authority, log_keys, file)
    except ArchiefError as error:
        yield Fault(kind="head", grade="corruption", file=file, what=error.what)
        return
    head = opened.head
    if path == "checkpoint":
        report.head_size = head.size
    if opened.cosignatures:
        report.cosignatures += len(opened.cosignatures)
        report.cosigned_size = max(report.cosigned_size or 0, head.size)
    yield from _check_lines(file, opened, authority)
    if path not in ("checkpoint", f"checkpoints/{head.size:012d}"):
        yield Fault(kind="head", grade="finding", file=file, what=f"a head of size {head.size} under another's name")
    if head.size > report.size:
        what = f"a head of {head.size} entries was signed, the log has {report.size}"
        remedy = "entries were cut off: bring back the newest copy of the log"
        yield Fault(kind="rollback", grade="rollback", file=file, what=what, remedy=remedy)
        return
    root = _root_at(fold, tree, head.size)
    if root is None:
        what = f"the head of size {head.size} cannot be compared: entries are missing"
        yield Fault(kind="head", grade="corruption", file=file, what=what)
    elif root != head.root:
        what = f"the signed head of size {head.size} is of another history"
        yield Fault(kind="fork", grade="fork", file=file, what=what, expected=head.root.hex(), found=root.hex())


def _check_lines(file: str, opened: OpenedCheckpoint, authority: Authority) -> Iterator[Fault]:
    """Both of the log's signatures must be there, and nothing else but cosigners that the log knows."""
    verified = {one.verifier.key.id for one in opened.signatures if one.verdict == "verified" and one.verifier}
    sets = [authority.log_keys, *authority.former_log_keys]
    if not any(all(key.id in verified for key in keys) for keys in sets):
        what = "the head is not signed with both of the log's keys"
        yield Fault(kind="head-signature", grade="corruption", file=file, what=what)
    for one in opened.findings:
        what = f"a signature line that is {one.verdict} (key {one.key_id.hex()})"
        yield Fault(kind="head-line", grade="corruption", file=file, what=what)


def _root_at(fold: Fold, tree: StoredTree, size: int) -> bytes | None:
    """The root over the first entries; None when not all of them are there."""
    known = fold.roots.get(size)
    if known is not None:
        return known
    try:
        return tree.root(size)
    except MalformedError:
        return None


def check_rest(storage: Storage, fold: Fold, *, documents: bool) -> Iterator[Fault]:
    """Cut tails against the digest in their names; documents that nothing names; files that the format does not
    know.
    """
    for name, content in storage.recovered():
        expected = name.split(".")[1]
        found = hashlib.sha256(content).hexdigest()
        if expected != found:
            yield Fault(
                kind="recovered-changed",
                grade="corruption",
                file=name,
                what="a cut tail is not what was cut",
                expected=expected,
                found=found,
            )
    if documents:
        for document in storage.document_ids():
            if document not in fold.documents:
                yield Fault(
                    kind="document-stray",
                    grade="finding",
                    file=f"documents/{document[:2]}/{document}.bin",
                    what="a document that no payload names",
                    remedy="left by an interrupted append, or it should have been destroyed: `archief doctor`",
                )
    for name in storage.strangers():
        yield Fault(
            kind="stranger",
            grade="finding",
            file=name,
            what="a file that the format does not know",
            remedy="move it out of the archive",
        )
