"""Rounds of a destruction: a proposal and what was answered to it, read off the events of its stream. Pure.

Says what happened, not whether it may (``destruction``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archief.errors import RefusedError
from archief.events.envelope import Event


class Act(NamedTuple):
    """A step, and whose it was.

    Attributes:
        seq: the entry.
        step: the name of its type.
        person: the person whose key signed its commit.
        key: that key's id.
    """

    seq: int
    step: str
    person: str
    key: str


class Review(NamedTuple):
    """What a content owner said.

    Attributes:
        act: whose, where.
        approved: False: refused.
        records: of which records; empty: of all.
        excepted: records that must stay, each with its ground.
    """

    act: Act
    approved: bool
    records: frozenset[str]
    excepted: Mapping[str, str]


@dataclass
class Round:
    """A proposal and what was answered to it.

    Attributes:
        proposed: who proposed it; its entry names the round.
        reference_date: the day on which the records were due.
        records: dossiers and letters, as proposed.
        parts: how many parts of the list are still to come.
        whole: how many parts the list has.
        reviews, consent, authorisation, cancelled: the answers.
        earliest: first day it may be carried out.
        started: entry that announced its execution.
        erasing: records whose erasure was announced.
        erasing_parts, erasing_whole: as ``parts`` and ``whole``, of that announcement.
        closed: entry that closed its execution.
        certificate: the record that holds its certificate.
        transfer: the transfer whose local copies go; None: the records themselves.
    """

    proposed: Act
    reference_date: dt.date
    records: list[str]
    parts: int
    whole: int = 1
    reviews: list[Review] = field(default_factory=list)
    consent: Act | None = None
    authorisation: Act | None = None
    cancelled: Act | None = None
    earliest: dt.date | None = None
    started: int | None = None
    erasing: list[str] = field(default_factory=list)
    erasing_parts: int = 0
    erasing_whole: int = 1
    closed: int | None = None
    certificate: str | None = None
    transfer: str | None = None

    @property
    def excepted(self) -> dict[str, str]:
        """The records that reviewers excepted, with the ground."""
        return {record: ground for review in self.reviews for record, ground in review.excepted.items()}

    @property
    def remaining(self) -> list[str]:
        """The records that are still to be destroyed."""
        excepted = self.excepted
        return [record for record in self.records if record not in excepted]

    @property
    def unreviewed(self) -> list[str]:
        """The records that no reviewer has looked at."""
        if any(review.approved and not review.records for review in self.reviews):
            return []
        seen = {record for review in self.reviews for record in (*review.records, *review.excepted)}
        return [record for record in self.records if record not in seen]

    @property
    def status(self) -> str:
        """How far it came: the words of ``projections/destruction.sql``."""
        if self.closed is not None:
            return "destroyed"
        if self.cancelled is not None:
            return "cancelled"
        if self.started is not None:
            return "started"
        if any(not review.approved for review in self.reviews):
            return "refused"
        if self.authorisation is not None:
            return "authorised"
        if self.consent is not None:
            return "consented"
        return "reviewed" if self.reviews else "proposed"

    @property
    def ended(self) -> bool:
        """Whether nothing follows in this round."""
        return self.status in ("refused", "cancelled")

    @property
    def acts(self) -> list[Act]:
        """Everybody's steps."""
        return [
            self.proposed,
            *(review.act for review in self.reviews),
            *(act for act in (self.consent, self.authorisation) if act is not None),
        ]


def rounds_of(happened: Iterable[tuple[Event, str, str]]) -> list[Round]:
    """The rounds of a destruction, in order.

    Args:
        happened: the events of its stream in order, each with the person and the key that signed it.
    """
    rounds: list[Round] = []
    for event, person, key in happened:
        rounds = after(rounds, event, Act(event.seq, event.type.rpartition(".v")[0], person, key))
    return rounds


def after(rounds: Sequence[Round], event: Event, act: Act) -> list[Round]:
    """The rounds of a destruction after a next event in its stream; those before it are left as they are.

    Args:
        rounds: the rounds before it.
        event: the event.
        act: the step that it is.

    Raises:
        RefusedError: a day in it is none.
    """
    facts = event.facts
    if act.step == "destruction_proposed" and facts.part == 1:
        day = _day(facts.reference_date, event)
        return [*rounds, Round(act, day, list(facts.streams), facts.parts - 1, facts.parts, transfer=facts.transfer)]
    if not rounds:
        return []
    return [*rounds[:-1], dataclasses.replace(rounds[-1], **_changes(rounds[-1], event, act))]


def _changes(about: Round, event: Event, act: Act) -> dict[str, Any]:
    """What an event changes in the round it belongs to."""
    facts = event.facts
    match act.step:
        case "destruction_proposed":
            return {"records": [*about.records, *facts.streams], "parts": about.parts - 1}
        case "destruction_reviewed":
            excepted = {item.stream: item.ground for item in facts.excepted}
            review = Review(act, facts.result == "approved", frozenset(facts.streams), excepted)
            return {"reviews": [*about.reviews, review]}
        case "destruction_consented":
            return {"consent": act}
        case "destruction_authorised":
            return {"authorisation": act, "earliest": _day(facts.earliest, event)}
        case "destruction_cancelled":
            return {"cancelled": act}
        case "destruction_started":
            erasing = [*about.erasing, *facts.streams]
            if about.started is not None:
                return {"erasing": erasing, "erasing_parts": about.erasing_parts - 1}
            return {
                "started": event.seq,
                "erasing": erasing,
                "erasing_parts": facts.parts - 1,
                "erasing_whole": facts.parts,
            }
        case "records_destroyed":
            return {"closed": event.seq, "certificate": facts.certificate}
    return {}


def _day(text: str, event: Event) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{text} is no day", where=f"entry {event.seq}") from None
