"""Signed heads and what is served with them: the checkpoint, tiles, entry bundles, cosignatures (format.md §5).

A head is signed by a holder of the log's keys, over a root that is computed again out of what the disk gives back, and
only when it extends every head signed before. Knows the journal and the public files.
"""

from __future__ import annotations

from collections.abc import Sequence

from archief.errors import CorruptError, ForkError, KeyMissingError, MalformedError, RollbackError
from archief.events import envelope
from archief.journal import Journal
from archief.keys import COSIGNATURE_ED25519, ED25519, MLDSA44, PublicKey, SigningKey
from archief.rules.authority import Authority
from archief.storage import base
from archief.storage.base import Storage
from archief.stored_tree import StoredTree
from archief.tlog import checkpoint, merkle, note, tiles
from archief.tlog.checkpoint import OpenedCheckpoint
from archief.tlog.head import Checkpoint, parse_head

CHECKPOINT = "checkpoint"


def cosigner_name(public: PublicKey) -> str:
    """The name under which a cosigner's key signs: made from the key, so that no person's name is published."""
    return f"cosigner/{public.id[:16]}"


def cosigner_verifiers(authority: Authority) -> list[note.Verifier]:
    """The cosigners' keys that the log has enrolled, as verifiers of their lines."""
    return [cosigner_verifier(enrolled.public) for enrolled in authority.cosigners()]


def cosigner_verifier(public: PublicKey) -> note.Verifier:
    """A cosigner's key as a verifier of its lines: type 0x04 for Ed25519, 0x06 for ML-DSA-44."""
    kind = COSIGNATURE_ED25519 if public.type == ED25519 else MLDSA44
    return note.verifier(cosigner_name(public), kind, public.public)


def newest_head(storage: Storage, authority: Authority) -> OpenedCheckpoint | None:
    """The newest signed head in the archive, verified; None when nothing is signed yet.

    Raises:
        SignatureError: it is not rightly signed by the log's keys.
        MalformedError: it is no checkpoint.
    """
    raw = storage.read_public(CHECKPOINT)
    if raw is None:
        return None
    return open_head(raw, authority, f"public/{CHECKPOINT}")


def judge_head(raw: bytes, authority: Authority, log_keys: Sequence[PublicKey], where: str = "") -> OpenedCheckpoint:
    """Read a head of this log under any name it had when it was that long, and judge each signature line.

    Args:
        raw: the signed note.
        authority: the log's names and cosigners.
        log_keys: the keys to judge the log's own lines by.
        where: the place to name in an error.

    Raises:
        MalformedError: no checkpoint.
        SignatureError: one of another log.
    """
    head = parse_head(note.parse_note(raw, where).text, where)
    former = [origin for origin, kept_size in authority.former_origins if head.size <= kept_size]
    origin = head.origin if head.origin in former else authority.origin
    return checkpoint.judge_checkpoint(raw, origin, log_keys, cosigner_verifiers(authority), where)


def open_head(raw: bytes, authority: Authority, where: str = "") -> OpenedCheckpoint:
    """Read a head of this log, signed by its keys of now or by all of an earlier set.

    Raises:
        SignatureError: not rightly signed.
        MalformedError: no checkpoint of this log.
    """
    for log_keys in (authority.log_keys, *authority.former_log_keys):
        opened = judge_head(raw, authority, log_keys, where)
        if not opened.missing:
            return opened
    return checkpoint.open_checkpoint(raw, authority.origin, authority.log_keys, (), where)


def sign_head(journal: Journal, log_keys: Sequence[SigningKey], *, publish: bool = False) -> bytes:
    """Sign the head of the log as it is on the disk, and write the tiles that go with it.

    Args:
        journal: an open journal.
        log_keys: all of the log's keys.
        publish: write the entry bundles too.

    Returns:
        The signed checkpoint.

    Raises:
        KeyMissingError: these are not the log's keys.
        CorruptError: what the disk gives back is not what was written.
        ForkError, RollbackError: the log does not extend a head that was signed before.
    """
    authority, storage = journal.authority, journal.storage
    if {key.public.id for key in log_keys} != {key.id for key in authority.log_keys}:
        raise KeyMissingError(
            "these are not the log's keys", where=authority.origin, remedy="use the key file made at `archief init`"
        )
    with journal.writing():
        earlier = newest_head(storage, authority)
        root = _root_on_disk(journal, earlier)
        if earlier is not None and earlier.head.size == journal.size:
            raw = storage.read_public(CHECKPOINT) or b""
        else:
            ordered = [next(key for key in log_keys if key.public.id == known.id) for known in authority.log_keys]
            raw = checkpoint.sign_checkpoint(Checkpoint(authority.origin, journal.size, root), ordered)
        _write_tiles(journal, earlier.head.size if earlier is not None else 0)
        if publish:
            _write_bundles(journal)
        storage.write_public(CHECKPOINT, raw)
    journal.remember(raw.decode())
    return raw


def _root_on_disk(journal: Journal, earlier: OpenedCheckpoint | None) -> bytes:
    """The root over all entries, from the last signed head on computed out of the disk's bytes."""
    storage, size = journal.storage, journal.size
    frontier = merkle.Frontier()
    if earlier is not None:
        if earlier.head.size > size:
            raise RollbackError(f"a head of {earlier.head.size} entries was signed, the log has {size}")
        frontier = merkle.frontier(earlier.head.size, StoredTree(storage, size))
        if frontier.root() != earlier.head.root:
            frontier = merkle.frontier(earlier.head.size, StoredTree(storage, size, from_log=True))
        if frontier.root() != earlier.head.root:
            raise ForkError(
                f"the log does not extend the head of {earlier.head.size} entries that was signed before",
                where=f"public/{CHECKPOINT}",
                remedy="sign nothing; run `archief verify`",
            )
    for first in range(frontier.size, size, envelope.SEGMENT_ENTRIES):
        stop = min(first + envelope.SEGMENT_ENTRIES, size)
        frontier.extend(merkle.leaf_hashes(base.entry_lines(storage, first, stop)))
    if frontier.root() != journal.root():
        raise CorruptError(
            "the disk does not give back what was written",
            where=storage.place,
            remedy="sign nothing; check the disk, then run `archief verify`",
        )
    return frontier.root()


def _write_tiles(journal: Journal, signed_size: int) -> None:
    """Write the tiles that a reader of this head needs and that are not there; partial ones that are full now go."""
    storage, size = journal.storage, journal.size
    tree = StoredTree(storage, size)
    for wanted in tiles.tiles_for(signed_size, size):
        path = tiles.tile_path(wanted.level or 0, wanted.index, wanted.width)
        stored = storage.read_public(path)
        if stored is None or len(stored) != wanted.width * merkle.HASH_BYTES:  # a power cut can leave it short
            storage.write_public(path, b"".join(tree.row(wanted.level or 0, wanted.index)), durable=False)
        # Only a tile that was unfinished at the earlier head, or one above the lowest, can have partial ones.
        begun_before = wanted.level != 0 or wanted.index == signed_size // tiles.TILE_WIDTH
        if wanted.width == tiles.TILE_WIDTH and begun_before:
            _drop_partials(storage, path)


def _drop_partials(storage: Storage, full_path: str) -> None:
    """A full tile serves for its partial ones (C2SP tlog-tiles, partial tiles)."""
    for width in range(1, tiles.TILE_WIDTH):
        storage.remove_public(f"{full_path}.p/{width}")


def _write_bundles(journal: Journal) -> None:
    storage, size = journal.storage, journal.size
    published = 0
    while storage.read_public(tiles.entries_path(published)) is not None:
        published += 1
    for wanted in tiles.bundles_for(published * tiles.TILE_WIDTH, size):
        path = tiles.entries_path(wanted.index, wanted.width)
        if storage.read_public(path) is None:
            first = wanted.index * tiles.TILE_WIDTH
            entries = base.entry_lines(storage, first, first + wanted.width)
            storage.write_public(path, tiles.encode_bundle(entries), durable=False)
        if wanted.width == tiles.TILE_WIDTH:
            _drop_partials(storage, path)


def keep_head(journal: Journal, raw: bytes) -> str:
    """Keep a head for good: one that is handed out, cosigned or time-stamped. Gives its path below ``public/``.

    What is kept of that size already stays; so that nothing is lost between two who keep one, each is the only writer.

    Raises:
        MalformedError, SignatureError: it is no head of this log.
    """
    storage = journal.storage
    with journal.writing():
        opened = open_head(raw, journal.authority)
        path = f"checkpoints/{opened.head.size:012d}"
        kept = storage.read_public(path)
        if kept is not None:
            if note.parse_note(kept).text != note.parse_note(raw).text:
                raise MalformedError("another head of that size is kept already", where=f"public/{path}")
            raw = note.add_lines(kept, note.parse_note(raw).lines)
        storage.write_public(path, raw)
    return path


def cosign_head(raw: bytes, key: SigningKey, timestamp: int) -> bytes:
    """Add a cosigner's line to a head. The caller has verified the head and what it extends.

    Args:
        raw: the signed head.
        key: the cosigner's key.
        timestamp: seconds since 1970.
    """
    return checkpoint.cosign(raw, cosigner_name(key.public), key, timestamp)
