"""The records office's answer on a package: a signed note (C2SP signed-note) of five lines, and reasons below them.

    archief.example.nl/5f0c91d2            the log that the package is of
    SIP-6f1de0b2a9c4d715                   the package's number, as on its pakbon
    6f1de0b2a9c4d715…                      its SHA-256, as on its pakbon
    accepted                               or: rejected
    2041-02-17                             the day
    Bewaartermijn ontbreekt.               when rejected: a reason a line, at least one

    — e-depot.example.nl yJx3Zw…           an Ed25519 signature (type 0x01) by a key of the records office

A commit of a log is signed under a prefix that no note can have (a zero byte), so that neither passes for the other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from archief import keys
from archief.errors import MalformedError, RefusedError, SignatureError
from archief.exports import mdto, pakbon
from archief.exports.package import Package
from archief.exports.target import PIECE_BYTES
from archief.keys import ED25519, SigningKey
from archief.rules.authority import EnrolledKey
from archief.tlog import note

Verdict = Literal["accepted", "rejected"]

LINES = 5
REASONS_MAX = 1_000

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOG = re.compile(r"Stand van logboek (\S+):")


class Receipt(NamedTuple):
    """What a receipt says.

    Attributes:
        origin: the log that the package is of.
        number: the package's number.
        sha256: its hash, as its pakbon has it.
        verdict: accepted or rejected.
        date: the day, as 2041-02-17.
        reasons: why it was rejected.
    """

    origin: str
    number: str
    sha256: str
    verdict: Verdict
    date: str
    reasons: tuple[str, ...] = ()

    def text(self) -> bytes:
        """What is signed."""
        lines = (self.origin, self.number, self.sha256, self.verdict, self.date, *self.reasons)
        return "".join(f"{line}\n" for line in lines).encode()


class Delivered(NamedTuple):
    """What a package of ours says of itself.

    Attributes:
        origin: the log that it was made from.
        number: on its pakbon.
        sha256: of all its files but the pakbon, worked out from the files.
    """

    origin: str
    number: str
    sha256: str


def delivered(package: Package, where: str) -> Delivered:
    """What was delivered: the pakbon, held against the files themselves.

    Args:
        package: the package, in whatever wrapping; what lies beside the folder of the pakbon is the wrapping's.
        where: its name, for messages.

    Raises:
        MalformedError: no pakbon of ours is in it.
        RefusedError: the files are not those that the pakbon was made of.
    """
    for odd in package.oddities:
        raise MalformedError(odd.what, where=odd.path, remedy=odd.remedy)
    slips = [path for path in package.files if path.rpartition("/")[2] == pakbon.NAME]
    if not slips:
        raise MalformedError(f"there is no {pakbon.NAME} in it", where=where)
    slip = max(slips, key=lambda path: path.count("/"))  # an E-ARK SIP has a copy of it above
    inside = slip.removesuffix(pakbon.NAME)
    with package.open(slip) as stream:
        root = mdto.parse_xml(stream.read())
    texts = {} if isinstance(root, str) else {str(one.tag): (one.text or "").strip() for one in root}
    log = _LOG.match(texts.get("opmerkingen", ""))
    if log is None or texts.get("hashGrondslag") != pakbon.METHOD or not texts.get("uniekNummer"):
        raise MalformedError("its pakbon is not one that archief makes", where=where)
    content = (path for path in package.files if path.startswith(inside) and path != slip)
    found = pakbon.package_hash((path.removeprefix(inside), _digest(package, path)) for path in content)
    if found != texts.get("hash"):
        raise RefusedError(
            "its files are not those that its pakbon was made of",
            where=where,
            remedy="see which with `archief check sip`, and ask for the package again",
        )
    return Delivered(log[1], texts["uniekNummer"], found)


def _digest(package: Package, path: str) -> str:
    digest = hashlib.sha256()
    with package.open(path) as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def signed(receipt: Receipt, name: str, key: SigningKey) -> bytes:
    """Sign a receipt.

    Args:
        receipt: what it says.
        name: the name of the key in the note.
        key: an Ed25519 key.

    Raises:
        MalformedError: a text or a name that cannot stand in a note.
    """
    text = receipt.text()
    made = note.format_note(text, [note.sign_text(text, name, key, ED25519)])
    parse(made)
    return made


def parse(raw: bytes, where: str = "") -> Receipt:
    """Read a receipt; its signature is judged by :func:`signer`.

    Raises:
        MalformedError: not a receipt.
    """
    lines = note.parse_note(raw, where).text.decode().removesuffix("\n").split("\n")
    if len(lines) < LINES:
        raise MalformedError(f"a receipt has {LINES} lines at least, this has {len(lines)}", where=where)
    origin, number, sha256, verdict, date, *reasons = lines
    if not origin or not number or not _SHA256.fullmatch(sha256):
        raise MalformedError("not a receipt: log, number and SHA-256 of a package come first", where=where)
    if verdict not in ("accepted", "rejected"):
        raise MalformedError("its fourth line is neither accepted nor rejected", where=where)
    try:
        told = dt.date.fromisoformat(date).isoformat() == date
    except ValueError:
        told = False
    if not told:
        raise MalformedError("its fifth line is no day such as 2041-02-17", where=where)
    if (verdict == "rejected") != bool(reasons) or len(reasons) > REASONS_MAX or not all(map(str.strip, reasons)):
        raise MalformedError("a rejection has its reasons, a line each; an acceptance has none", where=where)
    return Receipt(origin, number, sha256, "accepted" if verdict == "accepted" else "rejected", date, tuple(reasons))


def signer(raw: bytes, enrolled: Mapping[str, EnrolledKey], where: str = "") -> str:
    """The id of the enrolled key that signed a receipt. Whose key that is, is another question.

    Args:
        raw: the note.
        enrolled: the keys that the archive knows, by id.
        where: its name, for messages.

    Raises:
        SignatureError: no enrolled key signed it, or the signature is wrong.
        MalformedError: not a note.
    """
    read = note.parse_note(raw, where)
    for line in read.lines:
        for id_, one in enrolled.items():
            known = note.Verifier(line.name, ED25519, one.public.public)
            if one.public.type == ED25519 and known.key_id == line.key_id:
                keys.verify(one.public, read.text, line.signature, where)
                return id_
    raise SignatureError(
        "no key that this archive knows signed it",
        where=where,
        remedy="let an archivaris enrol their key (archief key enrol), or attach a paper with --document",
    )


def demand_about(receipt: Receipt, origin: str, number: str, sha256: str, where: str = "") -> None:
    """Refuse a receipt that is about another package.

    Raises:
        RefusedError: it is.
    """
    if receipt.origin != origin:
        raise RefusedError("the receipt is about a package of another archive", where=where)
    if receipt.number != number:
        raise RefusedError(
            f"the receipt is about package {receipt.number[:60]}, the one that was offered is {number}",
            where=where,
            remedy="see `archief list --kind transfers`: is it the receipt of another transfer?",
        )
    if receipt.sha256 != sha256:
        raise RefusedError(
            "the receipt names another SHA-256 than the package that was offered has",
            where=where,
            remedy="what they received is not what was sent: deliver it again, and ask for a new receipt",
        )
