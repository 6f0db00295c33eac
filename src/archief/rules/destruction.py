"""Destruction by several persons: proposed, reviewed, consented to, authorised, waited for. Pure.

Who did a step is the person whose key signed it, not a name in a table. Each round stays as it was; a refused or
cancelled one is followed by a next one. Whether the records may still go is asked again before anything is erased.
The checks are asked twice: by the commands, before somebody decides, and of the log itself (``destructions``), so that
a step that breaks them counts for nothing, whoever wrote it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.errors import RefusedError
from archief.law import roles
from archief.rules.rounds import Round

if TYPE_CHECKING:
    from archief.rules.authority import Authority
    from archief.rules.transfer import Transfers

WAITING_DAYS = 7
"""How long after the authorisation nothing is erased, when nobody says otherwise."""

STEPS = {
    "destruction_proposed": "proposed it",
    "destruction_reviewed": "reviewed it",
    "destruction_consented": "consented to it",
    "destruction_authorised": "authorised it",
}
"""The steps that belong to different persons, and how they are told."""

NEXT = {
    "proposed": "first the content owner: archief destroy review",
    "reviewed": "first the archivaris: archief destroy consent",
    "consented": "first the college: archief destroy authorise",
    "authorised": "carry it out (archief destroy execute), or stop it (archief destroy cancel)",
    "refused": "begin a next round: archief destroy propose --again",
    "cancelled": "begin a next round: archief destroy propose --again",
}
"""What comes next, by the status of a round."""


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


def check_part(rounds: Sequence[Round], facts: Any, person: str) -> None:  # noqa: ANN401 - DestructionProposedFacts
    """Refuse a part of a list that does not come next.

    Args:
        rounds: the rounds before it.
        facts: what it says.
        person: whose it is.

    Raises:
        RefusedError: it does not.
    """
    if facts.part == 1:
        check_propose(rounds)
        return
    if not rounds:
        raise RefusedError(f"part {facts.part} of a list that has no first part")
    current = rounds[-1]
    _check_next_part(facts, current.parts, current.whole, current.records, _where(current))
    theirs = (current.reference_date.isoformat(), current.transfer, current.proposed.person)
    if (facts.reference_date, facts.transfer, person) != theirs:
        raise RefusedError(
            "the parts of a list are of one person, one reference date and one transfer", where=_where(current)
        )


def check_care(records: Sequence[str], transfer: str | None, transfers: Transfers, where: str) -> None:
    """Refuse to destroy as a record what is a copy of one of the records office, and as a copy what is none.

    Args:
        records: what is to be destroyed.
        transfer: the transfer whose copies they are said to be; None: the records themselves.
        transfers: what is transferred.
        where: the place, for the message.

    Raises:
        RefusedError: so it is.
    """
    other = [record for record in records if transfers.under.get(record) != transfer]
    if not other:
        return
    under = transfers.under.get(other[0])
    if under is not None:
        raise RefusedError(
            f"{len(other)} of its records were transferred (entry {transfers.accepted[other[0]]}); here is a copy",
            where=where,
            remedy=f"the copies go by a decision of their own: archief destroy propose --copies {under[:8]}",
        )
    raise RefusedError(f"{len(other)} of its records are no copies of what was transferred", where=where)


def check_review(current: Round, person: str, excepted: Iterable[str], streams: Iterable[str] = ()) -> None:
    """Refuse a review that is not this person's to give, or of records that were not proposed.

    Args:
        current: the round.
        person: the reviewer.
        excepted: records that must stay.
        streams: the records reviewed, where not all are.

    Raises:
        RefusedError: it is not.
    """
    _check_live(current, "proposed", "reviewed")
    _check_distinct(current, person, "destruction_reviewed")
    for what, records in (("exceptions", excepted), ("records reviewed", streams)):
        foreign = set(records) - set(current.records)
        if foreign:
            raise RefusedError(f"{len(foreign)} of the {what} were not proposed", where=_where(current))


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


def check_cancel(current: Round, left: int) -> None:
    """Refuse to stop what has ended, or destroyed a record.

    An announcement alone can be taken back, or nobody could do anything about one that was against the rules. What was
    erased under it is lost from then on, and verification says so.

    Args:
        current: the round.
        left: of how many of its records the destruction is announced and not done.

    Raises:
        RefusedError: it has.
    """
    if current.ended or current.closed is not None:
        raise RefusedError(
            f"this round is {current.status}; nothing is left to stop",
            where=_where(current),
            remedy=NEXT.get(current.status, "see `archief show`"),
        )
    if gone := len(current.erasing) - left:
        raise RefusedError(
            f"{gone} of its records are destroyed already",
            where=_where(current),
            remedy="carry it out to its end: archief destroy execute",
        )


def check_start(current: Round, facts: Any, authority: Authority, today: dt.date) -> None:  # noqa: ANN401 - DestructionStartedFacts
    """Refuse the announcement of an execution that nobody decided on, or no longer.

    Args:
        current: the round.
        facts: what it says.
        authority: persons, roles and keys that hold at its position.
        today: the day of its commit in the town hall.

    Raises:
        RefusedError: so it is.
    """
    where = _where(current)
    if current.authorisation is None or current.authorisation.seq != facts.authorisation:
        raise RefusedError(f"entry {facts.authorisation} is no authorisation in force of this destruction", where=where)
    for why in _round_objections(current, authority, today):
        raise RefusedError(why, where=where, remedy="cancel the round, and propose anew: archief destroy cancel")
    if current.started is not None and current.erasing_parts < 1:
        raise RefusedError(f"its execution was announced already (entry {current.started})", where=where)
    left, whole = (
        (facts.parts, facts.parts) if current.started is None else (current.erasing_parts, current.erasing_whole)
    )
    _check_next_part(facts, left, whole, current.erasing, where)
    beyond = set(facts.streams) - set(current.remaining)
    if beyond:
        raise RefusedError(f"{len(beyond)} of its records were not proposed, or a reviewer excepted them", where=where)


def check_close(current: Round, facts: Any, left: int) -> None:  # noqa: ANN401 - RecordsDestroyedFacts
    """Refuse the end of an execution that is not at its end.

    Args:
        current: the round.
        facts: what it says.
        left: of how many of its records the destruction is announced and not done.

    Raises:
        RefusedError: so it is.
    """
    where = _where(current)
    _check_status(current, "started")
    if current.authorisation is None or current.authorisation.seq != facts.authorisation:
        raise RefusedError(f"entry {facts.authorisation} is not the authorisation it was done under", where=where)
    check_announced(current)
    if left:
        raise RefusedError(f"{left} of its records are not destroyed yet", where=where, remedy="carry it out first")
    if facts.records != len(current.erasing):
        raise RefusedError(f"{len(current.erasing)} of its records were destroyed, not {facts.records}", where=where)


def check_announced(current: Round) -> None:
    """Refuse what waits for the whole announcement of an execution.

    Raises:
        RefusedError: parts of it are still to come.
    """
    if current.erasing_parts > 0:
        raise RefusedError(f"{current.erasing_parts} parts of its announcement are missing", where=_where(current))


def _check_next_part(facts: Any, left: int, whole: int, listed: Iterable[str], where: str) -> None:  # noqa: ANN401 - Parted
    expected = whole - left + 1
    if left < 1 or (facts.part, facts.parts) != (expected, whole):
        wanted = f"part {expected} of {whole} is" if left > 0 else f"the list of {whole} is whole"
        raise RefusedError(f"part {facts.part} of {facts.parts} is not what comes next: {wanted}", where=where)
    twice = set(facts.streams) & set(listed)
    if twice:
        raise RefusedError(f"{len(twice)} of its records are listed twice", where=where)


def _check_live(current: Round, *wanted: str) -> None:
    if current.parts > 0:
        raise RefusedError(f"{current.parts} parts of its list are missing", where=_where(current))
    _check_status(current, *wanted)


def _check_status(current: Round, *wanted: str) -> None:
    if current.status not in wanted:
        raise RefusedError(
            f"this round is {current.status}, not {' or '.join(wanted)}",
            where=_where(current),
            remedy=NEXT.get(current.status, "see `archief show`"),
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
        transfer: the transfer by which it went to the records office: what is here is a copy.
    """

    action: dt.date | None
    blocks: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()
    content_seq: int = 0
    destroyed: bool = False
    transfer: str | None = None


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
        found += [Objection(record, why) for why in _record_objections(standing, current, today)]
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


def _record_objections(standing: Standing, current: Round, today: dt.date) -> Iterable[str]:
    consent = current.consent
    if standing.destroyed:
        yield "it is destroyed already"
    if standing.transfer != current.transfer:
        yield "it was transferred; what is here is a copy" if standing.transfer else "it was not transferred"
    if standing.action is None:
        yield "it has no date of destruction any more"
    elif standing.action > today:
        yield f"it is due on {standing.action}, not before"
    yield from standing.blocks
    if standing.longer:
        yield "it is in a dossier that stays"
    if consent is not None and standing.content_seq > consent.seq:
        yield f"it changed after the consent (entry {standing.content_seq})"
