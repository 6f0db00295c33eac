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
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from archief import keys
from archief.errors import MalformedError, RefusedError, SignatureError
from archief.events.envelope import Event
from archief.keys import ED25519, SigningKey
from archief.tlog import note

if TYPE_CHECKING:
    from archief.rules.authority import EnrolledKey

Verdict = Literal["accepted", "rejected"]

ANSWER_TYPES = ("transfer_accepted.v1", "transfer_rejected.v1")
"""The types that rest on a receipt."""

SIGNED = "signed_note"
"""The form of a receipt that is judged here; what came on paper is confirmed by an archivaris."""

LINES = 5
REASONS_MAX = 1_000

_SHA256 = re.compile(r"[0-9a-f]{64}")


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


def check_answer(
    event: Event,
    data: Any,  # noqa: ANN401 - ReceiptData
    enrolled: Mapping[str, EnrolledKey],
    package: tuple[str, str, str],
) -> None:
    """Refuse an answer whose facts claim a signed receipt that its payload does not hold.

    The log knows the key only; the note stands in the payload, so this is asked while both are at hand.

    Args:
        event: one of ``ANSWER_TYPES``.
        data: its payload.
        enrolled: the keys that the archive knows, by id.
        package: the log's origin, and number and SHA-256 of the package that was exported.

    Raises:
        RefusedError: there is no receipt, or it is another key's, another day's, says something else, or is about
            another package.
        SignatureError: no enrolled key signed it.
        MalformedError: it is not a receipt.
    """
    facts, where = event.facts, "data.receipt"
    if facts.form != SIGNED:
        return
    text = getattr(data, "receipt", None)
    if text is None:
        raise RefusedError("a signed receipt is kept whole", where=where, remedy="archief transfer receipt --note FILE")
    raw = text.encode()
    said = parse(raw, where)
    if signer(raw, enrolled, where) != facts.key:
        raise RefusedError("the receipt is signed by another key than the facts name", where=where)
    if f"transfer_{said.verdict}.v1" != event.type or said.date != facts.date:
        raise RefusedError("the receipt says another verdict or day than the facts", where=where)
    demand_about(said, *package, where)
