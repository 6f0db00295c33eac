"""The inner signature of a letter: an office-holder's key over one exact version (format.md §2, design.md §4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from archief import canonical, keys
from archief.errors import RefusedError
from archief.events import envelope
from archief.events.envelope import Event
from archief.rules.authority import Authority, EnrolledKey
from archief.rules.town_hall import day_of

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


def check_mandate(event: Event, authority: Authority, now: dt.datetime) -> None:
    """Refuse a ``letter_signed`` under a mandate that its signatory does not hold on that day.

    The mandate stands in the log already: what was granted earlier than it was recorded counts from its entry on.

    Args:
        event: the event.
        authority: the mandates at its position.
        now: the moment of the commit; its day in the town hall counts.

    Raises:
        RefusedError: there is no such mandate, it is another's, or it does not hold on that day.
    """
    if event.facts.mandate is None:
        return
    where, remedy = f"stream {event.stream}", "see `archief list --kind mandates`; or give a reason with --deviation"
    mandate = authority.mandates.get(event.facts.mandate)
    if mandate is None:
        raise RefusedError("there is no such mandate in the log by now", where=where, remedy=remedy)
    if event.facts.signatory not in mandate.facts.holders:
        raise RefusedError("the signatory is not one of those who hold the mandate", where=where, remedy=remedy)
    day, end = day_of(now), mandate.ended or mandate.facts.end
    if not mandate.facts.begin <= day.isoformat() or (end is not None and day.isoformat() >= end):
        until = f" until {end} (that day not included)" if end is not None else ""
        raise RefusedError(
            f"the mandate holds from {mandate.facts.begin}{until}, not on {day}", where=where, remedy=remedy
        )


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
