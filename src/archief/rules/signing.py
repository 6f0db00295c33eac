"""The inner signature of a letter: an office-holder's key over one exact version (format.md §2, design.md §4)."""

from __future__ import annotations

from collections.abc import Callable

from archief import canonical, keys
from archief.errors import RefusedError
from archief.events import envelope
from archief.events.envelope import Event
from archief.rules.authority import Authority, EnrolledKey

LETTER_SIGNED = "letter_signed.v1"


def check_inner_signature(
    event: Event, authority: Authority, base_size: int, commitment: Callable[[int], tuple[str, str | None]] | None
) -> None:
    """Refuse a ``letter_signed`` whose signature is not the named person's over the version that it names.

    Args:
        event: the event.
        authority: keys and persons at its position.
        base_size: the log's size before its commit: what is signed stood in the log already.
        commitment: gives stream and commitment of an entry; None leaves that to the audit queries.

    Raises:
        RefusedError: the key is not this person's, or what it covers is not this letter's.
        SignatureError: the signature does not verify.
    """
    facts = event.facts
    where = f"entry {event.seq}"
    enrolled = check_signatory(facts.key, facts.signatory, authority, event.seq)
    for covered in facts.covers:
        if covered.seq >= base_size:
            raise RefusedError(f"entry {covered.seq} was not in the log when it was signed", where=where)
        if commitment is not None and commitment(covered.seq) != (event.stream, covered.commitment):
            raise RefusedError(f"entry {covered.seq} is not that content of this letter", where=where)
    message = envelope.letter_message(
        authority.origin, event.stream, facts.covers, facts.role, facts.on_behalf_of, facts.basis
    )
    keys.verify(enrolled.public, message, canonical.base64_decode(facts.signature, where), where)


def check_signatory(key: str, signatory: str, authority: Authority, seq: int) -> EnrolledKey:
    """Refuse a signature with a key that is not this person's, or no longer.

    Args:
        key: the key's id.
        signatory: the person.
        authority: keys and persons at that position.
        seq: the entry, for the message.

    Raises:
        RefusedError: another's key, one for another use, or a revoked one.
    """
    enrolled = authority.keys.get(key)
    if enrolled is None or enrolled.person != signatory:
        raise RefusedError(f"key {key[:8]} is not one of the signatory's", where=f"entry {seq}")
    if enrolled.use != "person":
        raise RefusedError(f"key {key[:8]} is a {enrolled.use} key; it signs no letters", where=f"entry {seq}")
    if enrolled.revoked is not None:
        raise RefusedError(f"key {key[:8]} was revoked at entry {enrolled.revoked}", where=f"entry {seq}")
    return enrolled
