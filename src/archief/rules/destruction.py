"""Destruction by several persons: proposed, reviewed, consented to, authorised, waited for. Pure.

Who did a step is the person whose key signed it, not a name in a table. Each round stays as it was; a refused or
cancelled one is followed by a next one. Whether the records may still go is asked again before anything is erased.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from archief.errors import RefusedError
from archief.events.envelope import Event
from archief.law import roles
from archief.rules.authority import Authority

WAITING_DAYS = 7
"""How long after the authorisation nothing is erased, when nobody says otherwise."""

STEPS = {
    "destruction_proposed": "proposed it",
    "destruction_reviewed": "reviewed it",
    "destruction_consented": "consented to it",
    "destruction_authorised": "authorised it",
}
"""The steps that belong to different persons, and how they are told."""


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
        reviews, consent, authorisation, cancelled: the answers.
        earliest: first day it may be carried out.
        started: entry that announced its execution.
    """

    proposed: Act
    reference_date: dt.date
    records: list[str]
    parts: int
    reviews: list[Review] = field(default_factory=list)
    consent: Act | None = None
    authorisation: Act | None = None
    cancelled: Act | None = None
    earliest: dt.date | None = None
    started: int | None = None

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
        if self.started is not None:
            return "started"
        if self.cancelled is not None:
            return "cancelled"
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


def fold(happened: Iterable[tuple[Event, str, str]]) -> list[Round]:
    """The rounds of a destruction, in order.

    Args:
        happened: the events of its stream in order, each with the person and the key that signed it.
    """
    rounds: list[Round] = []
    for event, person, key in happened:
        facts, act = event.facts, Act(event.seq, event.type.rpartition(".v")[0], person, key)
        if event.type == "destruction_proposed.v1":
            if facts.part == 1:
                day = dt.date.fromisoformat(facts.reference_date)
                rounds.append(Round(act, day, [], facts.parts))
            if rounds:
                rounds[-1].records += facts.streams
                rounds[-1].parts -= 1
            continue
        named = getattr(facts, "proposal", None)
        about = next((one for one in rounds if one.proposed.seq == named), rounds[-1] if rounds else None)
        if about is not None:
            _answer(about, event, act)
    return rounds


def _answer(about: Round, event: Event, act: Act) -> None:
    facts = event.facts
    match act.step:
        case "destruction_reviewed":
            excepted = {item.stream: item.ground for item in facts.excepted}
            about.reviews.append(Review(act, facts.result == "approved", frozenset(facts.streams), excepted))
        case "destruction_consented":
            about.consent = act
        case "destruction_authorised":
            about.authorisation, about.earliest = act, dt.date.fromisoformat(facts.earliest)
        case "destruction_cancelled":
            about.cancelled = act
        case "destruction_started":
            about.started = event.seq


# what may be done next


def check_propose(rounds: Sequence[Round]) -> None:
    """Refuse a next round while one is under way.

    Raises:
        RefusedError: the last one has not ended.
    """
    if rounds and not rounds[-1].ended:
        raise RefusedError(
            f"its last round is {rounds[-1].status}; a next one follows a refusal or a cancellation",
            where=_where(rounds[-1]),
            remedy="cancel it first: archief destroy cancel",
        )


def check_review(current: Round, person: str, excepted: Iterable[str]) -> None:
    """Refuse a review that is not this person's to give, or of records that were not proposed.

    Raises:
        RefusedError: it is not.
    """
    _check_live(current, "proposed", "reviewed")
    _check_distinct(current, person, "destruction_reviewed")
    foreign = set(excepted) - set(current.records)
    if foreign:
        raise RefusedError(f"{len(foreign)} of the exceptions were not proposed", where=_where(current))


def check_consent(current: Round, person: str) -> None:
    """Refuse consent to what was not reviewed whole, or by somebody who took part.

    Raises:
        RefusedError: so it is.
    """
    _check_live(current, "reviewed")
    _check_distinct(current, person, "destruction_consented")
    left = len(current.unreviewed)
    if left:
        raise RefusedError(
            f"{left} of its records were not reviewed", where=_where(current), remedy="archief destroy review"
        )
    if not current.remaining:
        raise RefusedError(
            "the reviewers excepted every record; nothing is left to destroy",
            where=_where(current),
            remedy="end the round: archief destroy cancel",
        )


def check_authorise(current: Round, person: str) -> None:
    """Refuse an authorisation before the archivaris consented, or by somebody who took part.

    Raises:
        RefusedError: so it is.
    """
    _check_live(current, "consented")
    _check_distinct(current, person, "destruction_authorised")


def check_cancel(current: Round) -> None:
    """Refuse to stop what has ended or begun.

    Raises:
        RefusedError: it has.
    """
    _check_live(current, "proposed", "reviewed", "consented", "authorised")


def _check_live(current: Round, *wanted: str) -> None:
    if current.parts > 0:
        raise RefusedError(f"{current.parts} parts of its list are missing", where=_where(current))
    if current.status not in wanted:
        raise RefusedError(
            f"this round is {current.status}, not {' or '.join(wanted)}",
            where=_where(current),
            remedy="see `archief show`",
        )


def _check_distinct(current: Round, person: str, step: str) -> None:
    """One person does one of the steps; reviews are one step."""
    for act in current.acts:
        if act.person == person and act.step != step:
            raise RefusedError(
                f"this person {STEPS[act.step]} (entry {act.seq}); every step is another person's",
                where=_where(current),
                remedy="let somebody else do this step: --as KEY",
            )


def _where(current: Round) -> str:
    return f"round of entry {current.proposed.seq}"


# before anything is erased


class Standing(NamedTuple):
    """How a record stands now.

    Attributes:
        action: from which day it may be destroyed; None when it has no date, or is kept for ever.
        blocks: holds and exemptions that hold today, in words.
        longer: dossiers that it is in and that stay.
        content_seq: the last entry that changed what it is, says or belongs to.
        destroyed: it is gone already.
    """

    action: dt.date | None
    blocks: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()
    content_seq: int = 0
    destroyed: bool = False


class Objection(NamedTuple):
    """Why a record, or a whole round, may not be destroyed now.

    Attributes:
        record: its stream; None: the whole round.
        why: in words.
    """

    record: str | None
    why: str


def recheck(current: Round, standings: Mapping[str, Standing], authority: Authority, today: dt.date) -> list[Objection]:
    """Ask everything again, before the first byte is erased; empty when it may be done.

    Args:
        current: an authorised round.
        standings: how each remaining record stands now.
        authority: persons, roles and keys that hold now.
        today: the day.
    """
    found = [Objection(None, why) for why in _round_objections(current, authority, today)]
    return found + record_objections(current, standings, today)


def record_objections(current: Round, standings: Mapping[str, Standing], today: dt.date) -> list[Objection]:
    """Why records of a round may not be destroyed, whoever decided what.

    Args:
        current: the round; once it is consented to, a record that changed after that stays.
        standings: how each remaining record stands now.
        today: the day.
    """
    found = []
    for record in current.remaining:
        standing = standings.get(record)
        if standing is None:
            found.append(Objection(record, "nothing is known of it"))
            continue
        found += [Objection(record, why) for why in _record_objections(standing, current.consent, today)]
    return found


def _round_objections(current: Round, authority: Authority, today: dt.date) -> Iterable[str]:
    if current.status not in ("authorised", "started"):
        yield f"the round is {current.status}, not authorised"
    if current.earliest is not None and today < current.earliest:
        yield f"the waiting period is over on {current.earliest}"
    if len({act.person for act in current.acts}) < len({(act.person, act.step) for act in current.acts}):
        yield "one person did two of its steps"
    for act in current.acts:
        told = f"who {STEPS[act.step]} (entry {act.seq})"
        if not roles.may_append(act.step, authority.roles.get(act.person, ())):
            yield f"{told} has no role for that any more"
        key = authority.keys.get(act.key)
        if key is None or key.revoked is not None:
            yield f"the key of {told} was revoked"


def _record_objections(standing: Standing, consent: Act | None, today: dt.date) -> Iterable[str]:
    if standing.destroyed:
        yield "it is destroyed already"
    if standing.action is None:
        yield "it has no date of destruction any more"
    elif standing.action > today:
        yield f"it is due on {standing.action}, not before"
    yield from standing.blocks
    if standing.longer:
        yield "it is in a dossier that stays"
    if consent is not None and standing.content_seq > consent.seq:
        yield f"it changed after the consent (entry {standing.content_seq})"
