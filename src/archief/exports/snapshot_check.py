"""Checking a snapshot that somebody else may have made: its files, its state, its head, and one made again."""

from __future__ import annotations

import hashlib

from archief.errors import MalformedError, ProofError
from archief.exports import snapshot_manifest
from archief.exports.package import Package
from archief.exports.snapshot_manifest import MANIFEST, Manifest
from archief.exports.target import PIECE_BYTES
from archief.tlog.head import Checkpoint

MANIFEST_BYTES_MAX = 16 * 1024 * 1024
HEADS = ("checkpoint", "checkpoint.consistency")
"""What may be newer in a snapshot that is made again: the head moves on, the state does not."""


def read(package: Package, path: str, limit: int = MANIFEST_BYTES_MAX) -> bytes:
    """A small file of a snapshot.

    Raises:
        MalformedError: it is not there, or too long.
    """
    if path not in package.files:
        raise MalformedError(f"not a snapshot: there is no {path} in it", where=package.name)
    with package.open(path) as stream:
        raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise MalformedError(f"longer than {limit:,} bytes", where=path)
    return raw


def files(package: Package, where: str) -> Manifest:
    """The manifest, once every file is what it says.

    Raises:
        MalformedError: no snapshot, or something in it that no snapshot has.
        ProofError: a file is gone, was changed or was added; the first ones are named.
    """
    for odd in package.oddities:
        raise MalformedError(odd.what, where=odd.path, remedy=odd.remedy)
    manifest = snapshot_manifest.read(read(package, MANIFEST), f"{where}: {MANIFEST}")
    said = {one.path: one for one in manifest.files}
    if len(said) != len(manifest.files) or MANIFEST in said:
        raise MalformedError("a file stands in the manifest twice, or the manifest itself", where=where)
    found = set(package.files) - {MANIFEST}
    wrong = [f"{path} is gone" for path in sorted(set(said) - found)]
    wrong += [f"{path} is not in the manifest" for path in sorted(found - set(said))]
    for path in sorted(found & set(said)):
        if package.files[path] != said[path].size or _digest(package, path) != said[path].sha256:
            wrong.append(f"{path} was changed")
    if wrong:
        more = f"; and {len(wrong) - 5:,} more" if len(wrong) > 5 else ""
        raise ProofError("; ".join(wrong[:5]) + more, where=where, remedy="ask for the snapshot again")
    return manifest


def _digest(package: Package, path: str) -> str:
    digest = hashlib.sha256()
    with package.open(path) as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def leads(manifest: Manifest, origin: str, size: int, root: str, where: str) -> None:
    """Demand that a consistency proof begins at the state.

    Raises:
        ProofError: it does not.
    """
    position = manifest.position
    if (position.origin, position.size, position.root) != (origin, size, root):
        raise ProofError("its consistency proof is about another state", where=where)


def ends(head: Checkpoint, origin: str, size: int, root: str, where: str) -> None:
    """Demand that a consistency proof leads to the signed head.

    Raises:
        ProofError: it does not.
    """
    if (head.size, head.root.hex(), head.origin) != (size, root, origin):
        raise ProofError("its consistency proof does not lead to its head", where=where)


def trusts(manifest: Manifest, head: Checkpoint, trusted: Checkpoint, where: str) -> None:
    """Demand that a head that somebody trusts is that of the snapshot, or that of the state itself.

    Raises:
        ProofError: it is neither.
    """
    position = manifest.position
    state = (position.origin, position.size, position.root)
    if trusted != head and (trusted.origin, trusted.size, trusted.root.hex()) != state:
        raise ProofError(
            "neither its head nor its state is the one that you trust",
            where=where,
            remedy="compare origin, size and root; or check it with the log's keys (--vkey)",
        )


def same(manifest: Manifest, again: Manifest, where: str) -> None:
    """Demand that a snapshot made again is the same, but for the head, which moves on.

    Raises:
        ProofError: it is not; the first files are named.
    """
    said = {one.path: one.sha256 for one in manifest.files if one.path not in HEADS}
    made = {one.path: one.sha256 for one in again.files if one.path not in HEADS}
    differing = sorted(path for path in {*said, *made} if said.get(path) != made.get(path))
    if _told(manifest) != _told(again):
        differing.insert(0, MANIFEST)
    if differing:
        more = f" and {len(differing) - 5:,} more" if len(differing) > 5 else ""
        raise ProofError(
            f"the archive gives other bytes: {', '.join(differing[:5])}{more}",
            where=where,
            remedy="another version of archief, DuckDB or SQLite, or a limit on openness that was set or ended since?",
        )


def _told(manifest: Manifest) -> dict[str, object]:
    """What a manifest says but of files."""
    return {name: getattr(manifest, name) for name in manifest.__struct_fields__ if name != "files"}
