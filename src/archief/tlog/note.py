r"""Signed notes: a text and the signatures under it (C2SP signed-note), and the keys that make and check them.

A note is UTF-8 without control characters other than newline:

    <text, ending in a newline>
    <empty line>
    — <key name> <base64 of key id ‖ signature>          one line a signature, 1 to 100 of them

The text may have empty lines; the last one parts it from the signatures. A key name is not empty and has no space and
no plus. A key id is four bytes, and no proof of anything: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]. A *vkey* is a
key that a person can paste: ``name+hex(key id)+base64(type ‖ public key)``.

What is signed depends on the type:

- 0x01, Ed25519: the text.
- 0x04, Ed25519 cosignature: ``cosignature/v1\ntime <seconds>\n`` ‖ text; the signature is preceded by the seconds, u64.
- 0x06, ML-DSA-44: ``subtree/v1\n\0`` ‖ u8 length ‖ key name ‖ u64 seconds ‖ u8 length ‖ origin ‖ u64 start 0 ‖ u64 size
  ‖ root (C2SP tlog-cosignature); likewise preceded by the seconds. Seconds 0: nothing is said about this tree being the
  largest one seen.

>>> vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
>>> line = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
>>> raw = f"This is an example message.\n\n— example.com/foo {line}\n".encode()
>>> opened = open_note(raw, [parse_vkey(vkey)])
>>> opened.text
b'This is an example message.\n'
>>> [(signature.name, signature.verdict) for signature in opened.signatures]
[('example.com/foo', 'verified')]
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from archief import canonical, keys
from archief.errors import KeyRefusedError, MalformedError, SignatureError
from archief.keys import COSIGNATURE_ED25519, ED25519, PublicKey, SigningKey
from archief.tlog.head import Checkpoint, parse_head

NOTE_BYTES_MAX = 1 << 20
"""A longer note is refused unread."""

SIGNATURES_MAX = 100
"""As many as Go reads; C2SP demands at least 16."""

TIMESTAMP_MAX = 2**63 - 1
"""Seconds since 1970 are not larger (C2SP tlog-cosignature)."""

NAME_BYTES_MAX = 255
"""An ML-DSA-44 cosignature has one byte for the length of a key name."""

_KEY_ID_BYTES = 4
_TIMESTAMP_BYTES = 8
_SPLIT = b"\n\n"
_DASH = "— "
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_VKEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)

Verdict = Literal["verified", "unknown", "invalid"]
"""Of one signature line: by a known key and right; by a key not known; by a known key and wrong."""


class SignatureLine(msgspec.Struct, frozen=True, order=False):
    """One signature line as it stands in a note.

    Args:
        name: the key's name.
        key_id: four bytes.
        signature: what follows them, with the time stamp for the types that have one.
    """

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True, order=False):
    """A note that has the right form; nothing of it is verified.

    Args:
        text: what is signed, with its last newline.
        lines: the signature lines in their order.
    """

    text: bytes
    lines: tuple[SignatureLine, ...]


class Verifier(msgspec.Struct, frozen=True, order=False):
    """A key under the name it signs notes with. One from outside is made by ``parse_vkey`` or ``verifier``.

    Args:
        name: the key's name.
        type: 0x01, 0x04 or 0x06. An Ed25519 key has another id for each type.
        public: the public key's bytes.
    """

    name: str
    type: int
    public: bytes

    @property
    def key(self) -> PublicKey:
        """The key without name; both Ed25519 types have the same."""
        return PublicKey(ED25519 if self.type == COSIGNATURE_ED25519 else self.type, self.public)

    @property
    def key_id(self) -> bytes:
        """Four bytes that name it in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The form a person can paste."""
        return f"{self.name}+{self.key_id.hex()}+{canonical.base64_encode(bytes([self.type]) + self.public)}"


class Judged(msgspec.Struct, frozen=True, order=False):
    """One signature line and what became of it.

    Args:
        name: the key's name as the line says.
        key_id: its four bytes.
        verdict: verified, unknown or invalid.
        verifier: the known key; None when unknown.
        timestamp: seconds since 1970 that were signed along; None for type 0x01 and for lines that are not verified.
    """

    name: str
    key_id: bytes
    verdict: Verdict
    verifier: Verifier | None = None
    timestamp: int | None = None


class Opened(msgspec.Struct, frozen=True, order=False):
    """A note's text and its judged signatures."""

    text: bytes
    signatures: tuple[Judged, ...]


def verifier(name: str, type: int, public: bytes, where: str = "") -> Verifier:  # noqa: A002 - the field's name
    """Take a named key from outside.

    Raises:
        MalformedError: a name that cannot stand in a note.
        KeyRefusedError: an unknown type or a key that no archive may accept.
    """
    check_name(name, where)
    PublicKey.checked(ED25519 if type == COSIGNATURE_ED25519 else type, public, where)
    return Verifier(name, type, bytes(public))


def parse_vkey(vkey: str, where: str = "") -> Verifier:
    """Read a pasted key.

    Raises:
        MalformedError: not of the form, or an id that is not that of the key.
        KeyRefusedError: an unknown type or a key that no archive may accept.
    """
    parts = vkey.split("+", 2)  # base64 has pluses of its own
    if len(parts) != 3 or not _VKEY_ID.fullmatch(parts[1]):
        raise MalformedError("not a verifier key of the form name+id+key", where=where)
    material = canonical.base64_decode(parts[2], where)
    if not material:
        raise MalformedError("a verifier key without a key", where=where)
    parsed = verifier(parts[0], material[0], material[1:], where)
    if parsed.key_id.hex() != parts[1]:
        raise MalformedError("a verifier key whose id is not that of its name and key", where=where)
    return parsed


def check_name(name: str, where: str = "") -> None:
    """Demand that a key name can stand in a signature line.

    Raises:
        MalformedError: it is empty, too long, or has a space, a plus or a control character.
    """
    if not name or len(name.encode("utf-8", "surrogatepass")) > NAME_BYTES_MAX:
        raise MalformedError(f"a key name is 1 to {NAME_BYTES_MAX} bytes long", where=where)
    # str.isspace is Go's unicode.IsSpace but for the control characters, which a note may not have at all
    if any(char.isspace() or char == "+" or char < " " or "\ud800" <= char <= "\udfff" for char in name):
        raise MalformedError("a key name with a space, a plus or a control character", where=where)


def parse_note(raw: bytes, where: str = "") -> Note:
    """Read a note without verifying anything.

    Raises:
        MalformedError: not of the form.
    """
    if len(raw) > NOTE_BYTES_MAX:
        raise MalformedError(f"a note longer than {NOTE_BYTES_MAX} bytes", where=where)
    if _CONTROL.search(raw):
        raise MalformedError("a note with a control character", where=where)
    split = raw.rfind(_SPLIT)
    if split < 0 or not raw.endswith(b"\n") or split + 2 == len(raw):
        raise MalformedError("a note without signatures", where=where)
    try:
        raw[: split + 1].decode("utf-8")
        block = raw[split + 2 : -1].decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise MalformedError("a note that is not UTF-8", where=where) from None
    if len(block) > SIGNATURES_MAX:
        raise MalformedError(f"a note with more than {SIGNATURES_MAX} signatures", where=where)
    return Note(raw[: split + 1], tuple(_parse_line(line, where) for line in block))


def format_note(text: bytes, lines: Sequence[SignatureLine]) -> bytes:
    """Write a note.

    Raises:
        MalformedError: a text or line that would not read back as it was written.
    """
    written = [
        f"{_DASH}{line.name} {canonical.base64_encode(line.key_id + line.signature)}\n".encode() for line in lines
    ]
    raw = text + b"\n" + b"".join(written)
    if parse_note(raw) != Note(text, tuple(lines)):
        raise MalformedError("a note that does not read back as it was written")
    return raw


def add_lines(raw: bytes, lines: Sequence[SignatureLine]) -> bytes:
    """Add signature lines below those of a note. A line of the same name and key id is replaced, as Go does.

    Raises:
        MalformedError: not a note.
    """
    note = parse_note(raw)
    new = {(line.name, line.key_id) for line in lines}
    kept = [line for line in note.lines if (line.name, line.key_id) not in new]
    return format_note(note.text, [*kept, *lines])


def judge_note(raw: bytes, known: Iterable[Verifier], where: str = "") -> Opened:
    """Read a note and judge each signature; raises for none of them.

    As in Go's ``note.Open``, only the first line of a known key counts, and a repeated line of an unknown key is
    dropped.

    Raises:
        MalformedError: not a note.
        KeyRefusedError: two known keys have the same name and id.
    """
    note = parse_note(raw, where)
    by_id: dict[tuple[str, bytes], Verifier] = {}
    for one in known:
        if by_id.setdefault((one.name, one.key_id), one) != one:
            raise KeyRefusedError(f"two keys with the name and id {one.name}+{one.key_id.hex()}", where=where)
    judged = []
    seen: set[SignatureLine | tuple[str, bytes]] = set()
    for line in note.lines:
        key = by_id.get((line.name, line.key_id))
        mark = line if key is None else (line.name, line.key_id)
        if mark not in seen:
            seen.add(mark)
            judged.append(_judge(line, key, note.text))
    return Opened(note.text, tuple(judged))


def open_note(raw: bytes, known: Iterable[Verifier], where: str = "") -> Opened:
    """Read a note that a known key signed. Signatures of unknown keys are returned, not judged.

    Raises:
        MalformedError: not a note.
        SignatureError: a known key's signature is wrong, or no known key signed.
        KeyRefusedError: two known keys have the same name and id.
    """
    opened = judge_note(raw, known, where)
    for one in opened.signatures:
        if one.verdict == "invalid":
            raise SignatureError(f"the signature of {one.name}+{one.key_id.hex()} is wrong", where=where)
    if all(one.verdict == "unknown" for one in opened.signatures):
        raise SignatureError("no known key signed this note", where=where)
    return opened


def sign_text(text: bytes, name: str, key: SigningKey, type: int, timestamp: int = 0) -> SignatureLine:  # noqa: A002
    """Sign a note's text.

    Args:
        text: with its last newline; for 0x04 and 0x06 that of a checkpoint.
        name: the key's name.
        key: an Ed25519 key for 0x01 and 0x04, an ML-DSA-44 key for 0x06.
        type: 0x01, 0x04 or 0x06.
        timestamp: seconds since 1970; 0 for a log's own 0x06 line; not used by 0x01.

    Raises:
        MalformedError: a name or text that cannot be signed so.
        KeyRefusedError: a key of another algorithm.
    """
    if key.public.type != (ED25519 if type == COSIGNATURE_ED25519 else type):
        raise KeyRefusedError(f"a key of type {key.public.type} makes no signatures of type {type}")
    named = verifier(name, type, key.public.public)
    signature = key.sign(signed_message(text, name, type, timestamp))
    stamp = b"" if type == ED25519 else timestamp.to_bytes(_TIMESTAMP_BYTES, "big")
    return SignatureLine(name, named.key_id, stamp + signature)


def signed_message(text: bytes, name: str, type: int, timestamp: int) -> bytes:  # noqa: A002 - the field's name
    """The bytes that a signature of this type covers.

    Raises:
        MalformedError: a text that is no checkpoint where the type demands one, or a time that does not fit.
    """
    if type == ED25519:
        return text
    head = parse_head(text, extensions=True)
    if not 0 <= timestamp <= TIMESTAMP_MAX:
        raise MalformedError("a time stamp outside 0 to 2^63 - 1")
    if type == COSIGNATURE_ED25519:
        return b"cosignature/v1\ntime %d\n%b" % (timestamp, text)
    return subtree_message(head, name, timestamp)


def subtree_message(head: Checkpoint, name: str, timestamp: int) -> bytes:
    """The ``cosigned_message`` of C2SP tlog-cosignature for a whole tree: its start is 0, its end the size."""
    cosigner, origin = name.encode(), head.origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\0",
            len(cosigner).to_bytes(1, "big"),
            cosigner,
            timestamp.to_bytes(8, "big"),
            len(origin).to_bytes(1, "big"),
            origin,
            (0).to_bytes(8, "big"),
            head.size.to_bytes(8, "big"),
            head.root,
        )
    )


def verify_line(line: SignatureLine, known: Verifier, text: bytes, where: str = "") -> int | None:
    """Demand that a line is this key's signature of this text.

    Returns:
        The time stamp that was signed along, or None for type 0x01.

    Raises:
        SignatureError: it is not.
        MalformedError: the type signs checkpoints only, and the text is none.
    """
    if (line.name, line.key_id) != (known.name, known.key_id):
        raise SignatureError(f"not a signature of {known.name}+{known.key_id.hex()}", where=where)
    if known.type == ED25519:
        keys.verify(known.key, text, line.signature, where)
        return None
    timestamp = int.from_bytes(line.signature[:_TIMESTAMP_BYTES], "big")
    if len(line.signature) < _TIMESTAMP_BYTES or timestamp > TIMESTAMP_MAX:
        raise SignatureError(f"the signature of {line.name} has no time stamp", where=where)
    message = signed_message(text, known.name, known.type, timestamp)
    keys.verify(known.key, message, line.signature[_TIMESTAMP_BYTES:], where)
    return timestamp


def _judge(line: SignatureLine, known: Verifier | None, text: bytes) -> Judged:
    if known is None:
        return Judged(line.name, line.key_id, "unknown")
    try:
        timestamp = verify_line(line, known, text)
    except (SignatureError, MalformedError):
        return Judged(line.name, line.key_id, "invalid", known)
    return Judged(line.name, line.key_id, "verified", known, timestamp)


def _parse_line(line: str, where: str) -> SignatureLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise MalformedError("a line that is not a signature below the text of a note", where=where)
    check_name(name, where)
    raw = canonical.base64_decode(encoded, where)
    if len(raw) <= _KEY_ID_BYTES:
        raise MalformedError("a signature line without a signature", where=where)
    return SignatureLine(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])
