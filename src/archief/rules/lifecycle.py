"""What may still happen to a letter: registered, edited*, signed, dispatched, withdrawn, destroyed (design.md §5).

A letter's history comes down to the few things that it has *reached*; a table says what each of them forbids. Knows
types of events only: whoever appends asks it, for one event or ten thousand, whatever command they came from.

>>> reached = after(Reached.NOTHING, "letter_dispatched.v1")
>>> refusal("letter_edited.v1", reached).name
'dispatched_is_read_only'
>>> refusal("letter_annotated.v1", reached) is None
True
"""

from __future__ import annotations

import enum
import functools
from typing import NamedTuple

from archief.errors import RefusedError
from archief.events.envelope import Event

DISPATCHED = "letter_dispatched.v1"
DELIVERY_REPORTED = "delivery_reported.v1"


class Reached(enum.IntEnum):
    """What a letter has been through; what it reached in all is the sum of these, a plain number."""

    NOTHING = 0
    RECEIVED = 1
    DISPATCHED = 2
    WITHDRAWN = 4
    DESTROYED = 8
    TRANSFERRED = 16
    OFFERED = 32


MILESTONES = {
    "letter_received.v1": Reached.RECEIVED,
    "letter_dispatched.v1": Reached.DISPATCHED,
    "letter_withdrawn.v1": Reached.WITHDRAWN,
}
"""What an event makes a letter reach. That it is offered, transferred, destroyed or about to be,
other events say (``transfer``, ``destructions``)."""


class Rule(NamedTuple):
    """A rule of a letter's life.

    Attributes:
        name: its name, for messages and tests.
        types: the event types it is about, with their versions.
        forbidden: the letter has reached none of these.
        needed: the letter has reached all of these.
        what: what is wrong when it is broken.
        ground: why there is such a rule.
        remedy: what to do instead.
    """

    name: str
    types: frozenset[str]
    forbidden: int
    needed: int
    what: str
    ground: str
    remedy: str

    def broken(self, reached: int) -> bool:
        """Whether an event of its types would break it now."""
        return bool(reached & self.forbidden or self.needed & ~reached)

    def error(self, stream: str) -> RefusedError:
        """The refusal, for a person."""
        return RefusedError(f"{self.what} ({self.ground})", where=f"stream {stream}", remedy=self.remedy)


EDITS = frozenset({"letter_edited.v1", "document_attached.v1"})
"""What makes a letter read otherwise. A conversion does not: it keeps what there is readable, also after dispatch
(Archiefregeling 25)."""

LETTER_TYPES = EDITS | {
    "document_converted.v1",
    "letter_signed.v1",
    "signature_validated.v1",
    "letter_dispatched.v1",
    "delivery_reported.v1",
    "letter_withdrawn.v1",
    "letter_annotated.v1",
    "letters_related.v1",
    "letter_tabled.v1",
}
"""What can happen to a letter after it was opened, and says something of it."""

CARE_TYPES = (LETTER_TYPES - {"letter_annotated.v1", "letters_related.v1", "delivery_reported.v1"}) | {
    "letter_filed.v1",
    "letter_unfiled.v1",
    "dossier_classified.v1",
    "dossier_closed.v1",
    "dossier_reopened.v1",
    "openness_restricted.v1",
    "restriction_lifted.v1",
}
"""What only who has the care of a letter or dossier may do to it. A note and a relation are not."""

RULES = (
    Rule(
        "destroyed_is_gone",
        LETTER_TYPES | CARE_TYPES,
        Reached.DESTROYED,
        Reached.NOTHING,
        "the record is destroyed, or its destruction has begun; it takes nothing any more",
        "a destruction covers what was there: Archiefwet 1995 3, Archiefbesluit 1995 8",
        "register a new letter",
    ),
    Rule(
        "transferred_is_read_only",
        CARE_TYPES,
        Reached.TRANSFERRED,
        Reached.NOTHING,
        "the record was transferred to the records office; what is here is a copy, and is not changed any more",
        "whose care it is decides on it: Archiefwet 1995 12 and 15",
        "ask the records office; or put a note with the copy (`archief annotate`)",
    ),
    Rule(
        "offered_is_read_only",
        CARE_TYPES,
        Reached.OFFERED,
        Reached.NOTHING,
        "the records office was offered it and did not answer yet; a change would not be in its package",
        "what is taken over is what was offered: Archiefwet 1995 12",
        "wait for the answer; or have the package refused (`archief transfer reject`), change it, and export it again",
    ),
    Rule(
        "dispatched_is_read_only",
        EDITS,
        Reached.DISPATCHED,
        Reached.NOTHING,
        "the letter was dispatched; its content is read-only",
        "what was sent must stay what was sent: Archiefregeling 17",
        "correct it by a new letter that replaces it (`archief register`, `archief relate NEW replaces RECORD`),"
        " or put a note with it (`archief annotate`)",
    ),
    Rule(
        "withdrawn_is_closed",
        EDITS | {"letter_signed.v1", "letter_dispatched.v1", "letter_tabled.v1"},
        Reached.WITHDRAWN,
        Reached.NOTHING,
        "the letter was withdrawn; it is not changed, signed, tabled or sent any more",
        "what was taken back stays as it was then: Archiefregeling 17",
        "register a new letter, and relate the two (`archief relate NEW replaces RECORD`)",
    ),
    Rule(
        "withdrawn_once",
        frozenset({"letter_withdrawn.v1"}),
        Reached.WITHDRAWN,
        Reached.NOTHING,
        "the letter was withdrawn before",
        "a letter is taken back once",
        "put a note with it (`archief annotate`)",
    ),
    Rule(
        "others_sign_their_own",
        frozenset({"letter_signed.v1"}),
        Reached.RECEIVED,
        Reached.NOTHING,
        "the letter came from outside; our office-holders do not sign it",
        "Gemeentewet 59a and 32a are about pieces that go out",
        "register an answer and sign that; whether the sender's signature is good is a signature_validated",
    ),
    Rule(
        "reports_follow_a_dispatch",
        frozenset({"delivery_reported.v1"}),
        Reached.NOTHING,
        Reached.DISPATCHED,
        "the letter was not dispatched; there is nothing to report of",
        "a report is about a dispatch",
        "record the dispatch first (`archief dispatch`)",
    ),
)
"""In the order in which they are asked; the first that is broken is told."""


def after(reached: int, tag: str) -> int:
    """What a letter has reached after an event.

    Args:
        reached: what it had reached before.
        tag: the event's type, with its version.
    """
    return reached | MILESTONES.get(tag, 0)


def refusal(tag: str, reached: int) -> Rule | None:
    """The rule that forbids an event now; None when it may happen.

    Args:
        tag: the event's type, with its version.
        reached: what the letter has reached.
    """
    rules, forbidden, needed = _rules_of(tag)
    if not (reached & forbidden or needed & ~reached):
        return None
    return next(rule for rule in rules if rule.broken(reached))


@functools.cache
def _rules_of(tag: str) -> tuple[tuple[Rule, ...], int, int]:
    """The rules of a type, and all that they forbid and need together: most events break none of them."""
    rules = tuple(rule for rule in RULES if tag in rule.types)
    forbidden = needed = 0
    for rule in rules:
        forbidden, needed = forbidden | rule.forbidden, needed | rule.needed
    return rules, forbidden, needed


def check_report(event: Event, dispatch: Event | None) -> None:
    """Refuse a report of what is no dispatch of this letter.

    Args:
        event: a ``delivery_reported``.
        dispatch: the event at the entry that it names; None where there is none.

    Raises:
        RefusedError: it is another letter's, or no dispatch.
    """
    found = dispatch is not None and (dispatch.stream, dispatch.type) == (event.stream, DISPATCHED)
    if not found or event.facts.dispatch >= event.seq:
        raise RefusedError(
            f"entry {event.facts.dispatch} is no dispatch of this letter",
            where="facts.dispatch",
            remedy=f"see `archief history {event.stream[:8]}`",
        )
