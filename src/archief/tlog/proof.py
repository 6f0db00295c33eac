r"""Proof files: one entry, its way up the tree, and the signed head it leads to (C2SP tlog-proof).

Stored with the ending ``.tlog-proof``; a person can send it by mail, and it is checked without the log.

    c2sp.org/tlog-proof@v1
    extra <base64>                 may be left out; ours never writes it, and nobody may trust it
    index <decimal>
    <base64 of a hash>             from the leaf's sibling up, one a line, none in a tree of one
    <empty line>
    <the checkpoint, to the end>

>>> from archief.tlog.checkpoint import Checkpoint, sign_checkpoint
>>> from archief.tlog.merkle import leaf_hash, node_hash
>>> from archief.keys import Ed25519SigningKey
>>> log, (one, two) = Ed25519SigningKey(bytes(32)), (leaf_hash(b"one"), leaf_hash(b"two"))
>>> head = sign_checkpoint(Checkpoint("archief.example/1", 2, node_hash(one, two)), [log])
>>> written = format_proof(LogProof(1, (one,), head))
>>> written.decode().split("\n")[:4]
['c2sp.org/tlog-proof@v1', 'index 1', '0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=', '']
>>> verify_proof(parse_proof(written), two, "archief.example/1", [log.public]).head.size
2
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from archief import canonical
from archief.errors import MalformedError
from archief.keys import PublicKey
from archief.tlog import merkle, note
from archief.tlog.checkpoint import OpenedCheckpoint, open_checkpoint
from archief.tlog.merkle import HASH_BYTES, SIZE_MAX

PROOF_BYTES_MAX = note.NOTE_BYTES_MAX + (1 << 17)
"""A longer file is refused unread."""

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_HASHES_MAX = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


class LogProof(msgspec.Struct, frozen=True, order=False):
    """A proof file that has the right form; nothing of it is verified.

    Args:
        index: the entry, counted from 0.
        hashes: the inclusion proof, from the leaf's sibling up.
        checkpoint: the signed head, as bytes.
        extra: what else the file carries, for whoever knows what it means. Not covered by anything.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(proof: LogProof) -> bytes:
    """Write a proof file.

    Raises:
        MalformedError: a proof that would not read back as it was written.
    """
    lines = [_FIRST_LINE]
    if proof.extra is not None:
        lines.append(f"extra {canonical.base64_encode(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += [canonical.base64_encode(one) for one in proof.hashes]
    raw = "\n".join(lines).encode() + b"\n\n" + proof.checkpoint
    assert parse_proof(raw) == proof, "what is refused in reading is refused in writing; the rest reads back the same"
    return raw


def parse_proof(raw: bytes, where: str = "") -> LogProof:
    """Read a proof file without verifying anything.

    Raises:
        MalformedError: not of the form.
    """
    if len(raw) > PROOF_BYTES_MAX:
        raise MalformedError(f"a proof longer than {PROOF_BYTES_MAX} bytes", where=where)
    header, blank, checkpoint = raw.partition(b"\n\n")
    try:
        first, *lines = header.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise MalformedError("not a log proof", where=where) from None
    if first != _FIRST_LINE or not blank:
        raise MalformedError(f"not a log proof: its first line is not {_FIRST_LINE}", where=where)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = canonical.base64_decode(lines.pop(0).removeprefix("extra "), where)
    match = _INDEX.fullmatch(lines[0]) if lines else None
    if match is None or int(match[1]) > SIZE_MAX:
        raise MalformedError("a log proof without an index", where=where)
    hashes = tuple(canonical.base64_decode(line, where) for line in lines[1:])
    if len(hashes) > _HASHES_MAX or any(len(one) != HASH_BYTES for one in hashes):
        raise MalformedError("a log proof with lines that are not hashes", where=where)
    note.parse_note(checkpoint, where)
    return LogProof(int(match[1]), hashes, checkpoint, extra)


def verify_proof(
    proof: LogProof,
    leaf: bytes,
    origin: str,
    log_keys: Sequence[PublicKey],
    cosigners: Sequence[note.Verifier] = (),
    where: str = "",
) -> OpenedCheckpoint:
    """Demand that an entry stands in the log whose head the proof carries.

    Args:
        proof: the parsed file.
        leaf: the leaf hash of the entry, worked out by the caller from the entry itself.
        origin: the log it must stand in.
        log_keys: the log's keys; each must have signed the head.
        cosigners: keys of others; whether their signatures suffice is the caller's judgement.
        where: the place to name in an error.

    Returns:
        The opened checkpoint.

    Raises:
        MalformedError: not a checkpoint of ours.
        SignatureError: the head is of another log, or not rightly signed.
        ProofError: the proof does not lead to the head's root.
    """
    opened = open_checkpoint(proof.checkpoint, origin, log_keys, cosigners, where)
    merkle.verify_inclusion(leaf, proof.index, opened.head.size, proof.hashes, opened.head.root, where)
    return opened
