"""The cryptography of check.py: canonical JSON, the tree, keys, signed heads; standard library and ``cryptography``.

Part of the one file that goes into every evidence bundle (evidence.py puts it together). It uses nothing of archief, so
that it is a second opinion about archief's own code.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

# --8<-- what stands below goes into check.py

CHECKPOINT = "checkpoint"
WEAK = {
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}  # fmt: skip
"""Ed25519 keys of small order, without the sign: they would verify anything."""


class Refused(Exception):  # noqa: N818 - the bundle is refused
    """The bundle is not what it says.

    Args:
        kind: ``malformed``, ``signature``, ``proof``, ``loss`` or ``authority``.
        where: file or entry.
        what: one sentence.
    """

    def __init__(self, kind: str, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.kind, self.where, self.what = kind, where, what


# --- bytes ------------------------------------------------------------------------------------------------------------


def canonical(raw: bytes, where: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON and demand that it is in its one form: sorted, no white space, no key twice, no fractions."""

    def refuse(_: str) -> None:
        raise Refused("malformed", where, "a number with a fraction")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(found)

    try:
        value = json.loads(raw.decode(), object_pairs_hook=pairs, parse_float=refuse, parse_constant=refuse)
        again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("malformed", where, "not JSON") from None
    if again != raw:
        raise Refused("malformed", where, "not in canonical form")
    return value


def b64(text: str, where: str) -> bytes:
    """Read base64 of the one form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("malformed", where, "not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Refused("malformed", where, "base64 that is not in its one form")
    return raw


def compact(value: object) -> bytes:
    """Write JSON in its one form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# --- the tree (RFC 6962, RFC 9162 section 2.1.3) ----------------------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two hashes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes, where: str) -> None:
    """Demand that a proof leads from a leaf to a root."""
    position, last = index, size - 1
    sound = 0 <= index < size
    for step in proof:
        sound = sound and last > 0 and len(step) == 32
        if position & 1 or position == last:
            hashed = node(step, hashed)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            hashed = node(hashed, step)
        position, last = position >> 1, last >> 1
    if not sound or last != 0 or hashed != root:
        raise Refused("proof", where, "the proof does not lead to the root")


def consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes], where: str) -> None:
    """Demand that a tree extends an older one (RFC 9162 section 2.1.4.2)."""
    steps = list(proof)
    if old == new and not steps and old_root == new_root:
        return
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    sound = 0 < old < new and bool(steps)
    before = after = steps[0] if steps else b""
    for step in steps[1:]:
        sound = sound and last > 0 and len(step) == 32
        if first & 1 or first == last:
            before, after = node(step, before), node(step, after)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            after = node(after, step)
        first, last = first >> 1, last >> 1
    if not sound or last != 0 or before != old_root or after != new_root:
        raise Refused("proof", where, "the head does not extend the one that was stamped")


# --- keys and signatures ----------------------------------------------------------------------------------------------


def verify(kind: int, public: bytes, message: bytes, signature: bytes, where: str) -> None:
    """Demand that a signature is right: type 1 Ed25519, type 6 ML-DSA-44."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - a package of others

    if kind == 1 and (public[:31] + bytes([public[-1] & 0x7F])).hex() in WEAK:
        raise Refused("signature", where, "a key that verifies anything")
    try:
        _public_key(kind, public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused("signature", where, "the signature is wrong") from None
    except (ImportError, UnsupportedAlgorithm):
        raise Refused("signature", where, "cryptography is too old for ML-DSA-44; install a newer one") from None


def _public_key(kind: int, public: bytes) -> Any:  # noqa: ANN401 - of two classes
    if kind == 1:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

        return Ed25519PublicKey.from_public_bytes(public)
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415 - as above

    return MLDSA44PublicKey.from_public_bytes(public)


def key_id(fact: Mapping[str, Any], where: str) -> str:
    """The id of a key: SHA-256 over its type and itself."""
    return hashlib.sha256(bytes([fact["type"]]) + b64(fact["public"], where)).hexdigest()


def note_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes that name a key in a signature line (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name: str, fact: Mapping[str, Any]) -> str:
    """A log key in the form that a person can compare."""
    kind, public = fact["type"], b64(fact["public"], "log key")
    return f"{name}+{note_id(name, kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


class Head(NamedTuple):
    """A signed head (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes
    text: bytes
    lines: list[tuple[str, bytes]]


def head(raw: bytes, where: str = CHECKPOINT) -> Head:
    """Read a head; its signatures are judged by :func:`judge_head`."""
    text, _, below = raw.rpartition(b"\n\n")
    found = re.fullmatch(
        r"([^\s+]{1,255})\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)", text.decode("utf-8", "replace")
    )
    lines = re.findall(r"— ([^\s+]{1,255}) ([A-Za-z0-9+/=]+)\n", below.decode("utf-8", "replace"))
    if found is None or "".join(f"— {name} {line}\n" for name, line in lines).encode() != below:
        raise Refused("malformed", where, "not a signed head")
    signatures = [(name, b64(line, where)) for name, line in lines]
    return Head(found[1], int(found[2]), b64(found[3], where), text + b"\n", signatures)


def signed_message(found: Head, name: str, kind: int, stamp: bytes) -> bytes:
    """What a signature line of a head is over, by its type."""
    if kind == 1:
        return found.text
    if kind == 4:
        return b"cosignature/v1\ntime %d\n%b" % (int.from_bytes(stamp, "big"), found.text)
    parts = (b"subtree/v1\n\0", bytes([len(name.encode())]), name.encode(), stamp, bytes([len(found.origin)]))
    ends = (bytes(8), found.size.to_bytes(8, "big"), found.root)
    return b"".join((*parts, found.origin.encode(), *ends))


def judge_head(found: Head, log_keys: Sequence[Mapping[str, Any]], cosigners: Iterable[Mapping[str, Any]]) -> list[str]:
    """Demand every log key's signature; gives the names of cosigners that signed rightly. A strange line is refused."""
    known: dict[tuple[str, bytes], tuple[int, bytes]] = {}
    for fact in log_keys:
        public = b64(fact["public"], CHECKPOINT)
        known[(found.origin, note_id(found.origin, fact["type"], public))] = (fact["type"], public)
    wanted = set(known)
    for fact in cosigners:
        public, kind = b64(fact["public"], CHECKPOINT), 4 if fact["type"] == 1 else 6
        name = f"cosigner/{key_id(fact, CHECKPOINT)[:16]}"
        known[(name, note_id(name, kind, public))] = (kind, public)
    signed = set()
    for name, raw in found.lines:
        mark = (name, raw[:4])
        if mark not in known:
            raise Refused("signature", CHECKPOINT, "a signature of a key that is not in the bundle")
        kind, public = known[mark]
        stamp, signature = (b"", raw[4:]) if kind == 1 else (raw[4:12], raw[12:])
        verify(1 if kind == 4 else kind, public, signed_message(found, name, kind, stamp), signature, CHECKPOINT)
        signed.add(mark)
    if not wanted <= signed:
        raise Refused("signature", CHECKPOINT, "not signed by all of the log's keys")
    return sorted(name for name, _ in signed - wanted)
