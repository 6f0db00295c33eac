r"""Signed heads: a checkpoint, its log's two signatures, and the cosignatures of others.

The note (``note.py``) of a text (``head.py``), signed by the log under its origin as key name: once with Ed25519
(0x01, read by every tool) and once with ML-DSA-44 (0x06 with time stamp 0, for the day that Ed25519 falls). Both are
demanded: if one were enough, the weaker one would decide. Cosigners add lines of type 0x04 or 0x06 with a real time.

    archief.maastricht.nl/5f0c91d2
    42
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    <empty line>
    — archief.maastricht.nl/5f0c91d2 <base64, 68 bytes>
    — archief.maastricht.nl/5f0c91d2 <base64, 2432 bytes>
    — rekenkamer.maastricht.nl <base64, 76 bytes>

>>> from archief.keys import Ed25519SigningKey, MlDsaSigningKey
>>> log = [Ed25519SigningKey(bytes(32)), MlDsaSigningKey(bytes(32))]
>>> head = Checkpoint("archief.example/1", 0, EMPTY_ROOT)
>>> raw = sign_checkpoint(head, log)
>>> raw.decode().split("\n")[:4]
['archief.example/1', '0', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', '']
>>> opened = open_checkpoint(raw, "archief.example/1", [key.public for key in log])
>>> opened.head == head, [signature.verdict for signature in opened.signatures]
(True, ['verified', 'verified'])
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archief.errors import MalformedError, SignatureError
from archief.keys import COSIGNATURE_ED25519, ED25519, MLDSA44, PublicKey, SigningKey
from archief.tlog import note
from archief.tlog.head import Checkpoint, format_head, parse_head
from archief.tlog.merkle import EMPTY_ROOT

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "OpenedCheckpoint",
    "cosign",
    "judge_checkpoint",
    "log_verifiers",
    "open_checkpoint",
    "sign_checkpoint",
]


class OpenedCheckpoint(msgspec.Struct, frozen=True, order=False):
    """A head, and every signature line under it with its verdict.

    Args:
        head: origin, size and root.
        signatures: one for each line, in the note's order, repeats dropped. What is ``unknown`` or ``invalid`` in it is
            a finding for the caller to report.
        missing: log keys that have no verified line; empty from ``open_checkpoint``.
    """

    head: Checkpoint
    signatures: tuple[note.Judged, ...]
    missing: tuple[PublicKey, ...] = ()

    @property
    def cosignatures(self) -> tuple[note.Judged, ...]:
        """The verified lines that are not the log's."""
        return tuple(one for one in self.signatures if one.verdict == "verified" and one.name != self.head.origin)

    @property
    def findings(self) -> tuple[note.Judged, ...]:
        """The lines that are not verified."""
        return tuple(one for one in self.signatures if one.verdict != "verified")


def log_verifiers(origin: str, log_keys: Sequence[PublicKey]) -> list[note.Verifier]:
    """A log's keys under the name they sign with: the origin.

    Raises:
        MalformedError: an origin that cannot stand in a note.
        KeyRefusedError: a key that no archive may accept.
    """
    return [note.verifier(origin, key.type, key.public) for key in log_keys]


def sign_checkpoint(head: Checkpoint, log_keys: Sequence[SigningKey]) -> bytes:
    """Sign a head with each of the log's keys. The caller has proved it an extension of every head signed before.

    Raises:
        MalformedError: a head that cannot be written, or no keys.
    """
    if not log_keys:
        raise MalformedError("a checkpoint is signed with the log's keys, and there are none")
    text = format_head(head)
    return note.format_note(text, [note.sign_text(text, head.origin, key, key.public.type) for key in log_keys])


def cosign(raw: bytes, name: str, key: SigningKey, timestamp: int) -> bytes:
    """Add a cosigner's line. The caller has verified the head and its consistency with what the cosigner saw before.

    Args:
        raw: the signed checkpoint.
        name: the cosigner's key name.
        key: an Ed25519 key (a 0x04 line) or an ML-DSA-44 key (0x06).
        timestamp: seconds since 1970, not 0.

    Raises:
        MalformedError: not a checkpoint of ours, a name that cannot stand in a note or is the log's, or no time.
    """
    text = note.parse_note(raw).text
    if name == parse_head(text).origin:
        raise MalformedError("a cosigner has another name than the log")
    if timestamp <= 0:
        raise MalformedError("a cosignature carries the time it was made")
    kind = COSIGNATURE_ED25519 if key.public.type == ED25519 else MLDSA44
    return note.add_lines(raw, [note.sign_text(text, name, key, kind, timestamp)])


def judge_checkpoint(
    raw: bytes, origin: str, log_keys: Sequence[PublicKey], cosigners: Sequence[note.Verifier] = (), where: str = ""
) -> OpenedCheckpoint:
    """Read a checkpoint and judge each line; raises for no signature. For reports on what is wrong.

    Raises:
        MalformedError: not a checkpoint of ours.
        SignatureError: a checkpoint of another log.
    """
    known = log_verifiers(origin, log_keys)
    opened = note.judge_note(raw, [*known, *cosigners], where)
    head = parse_head(opened.text, where)
    if head.origin != origin:
        raise SignatureError(f"a checkpoint of {head.origin}, not of {origin}", where=where)
    verified = {one.verifier for one in opened.signatures if one.verdict == "verified"}
    return OpenedCheckpoint(head, opened.signatures, tuple(one.key for one in known if one not in verified))


def open_checkpoint(
    raw: bytes, origin: str, log_keys: Sequence[PublicKey], cosigners: Sequence[note.Verifier] = (), where: str = ""
) -> OpenedCheckpoint:
    """Read a checkpoint that every one of the log's keys signed. Lines of others are judged and returned.

    Args:
        raw: the note.
        origin: the log it must be of.
        log_keys: the log's public keys, all of which must have signed.
        cosigners: known keys of others; a wrong line of theirs is a finding, not an error.
        where: the place to name in an error.

    Raises:
        MalformedError: not a checkpoint of ours.
        SignatureError: of another log, or not rightly signed by each of the log's keys.
    """
    opened = judge_checkpoint(raw, origin, log_keys, cosigners, where)
    if not log_keys:
        raise SignatureError("no key of the log is known", where=where)
    for key in opened.missing:
        raise SignatureError(f"no right signature of the log's key {key.id[:8]} (type {key.type})", where=where)
    return opened
