"""The four eyes of a destruction, and the questions that are asked again before anything is erased. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief import keys
from archief.errors import RefusedError
from archief.events import catalogue
from archief.events.envelope import Event
from archief.rules import destruction
from archief.rules.authority import Authority, EnrolledKey
from archief.rules.destruction import Standing
from archief.rules.rounds import Act, Review, Round, rounds_of
from tests.founding import seeded

DAY = dt.date(2027, 2, 1)
DUE = Standing(dt.date(2026, 7, 1))
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
CASE = "cccccccc-0000-4000-8000-000000000003"


def _act(seq: int, step: str, person: str) -> Act:
    return Act(seq, f"destruction_{step}", person, f"key of {person}")


def _round(**given: Any) -> Round:
    return Round(_act(10, "proposed", "smit"), dt.date(2027, 1, 1), [A, B], 0, **given)


def _approved(person: str = "bos", seq: int = 12, excepted: Mapping[str, str] = MappingProxyType({})) -> Review:
    return Review(_act(seq, "reviewed", person), True, frozenset(), excepted)


def _authorised(**given: Any) -> Round:
    return _round(
        reviews=[_approved()],
        consent=_act(14, "consented", "visser"),
        authorisation=_act(16, "authorised", "vos"),
        earliest=DAY,
        **given,
    )


def _authority(**roles: str) -> Authority:
    """Everybody with their role and a key."""
    held = {"smit": "recordmanager", "bos": "behandelaar", "visser": "archivaris", "vos": "authoriser", **roles}
    public = keys.generate("test", "person", seeded("destruction")).keys[0].public
    return Authority(
        roles={person: {role: 1} for person, role in held.items() if role},
        keys={f"key of {person}": EnrolledKey(public, person, "person", 1) for person in held},
    )


# the order of the steps


def test_a_proposal_is_reviewed_then_consented_to_then_authorised() -> None:
    current = _round()
    with pytest.raises(RefusedError, match="proposed, not reviewed"):
        destruction.check_consent(current, "visser")
    destruction.check_review(current, "bos", [])
    current.reviews.append(_approved())
    with pytest.raises(RefusedError, match="reviewed, not consented"):
        destruction.check_authorise(current, "vos")
    destruction.check_consent(current, "visser")
    current.consent = _act(14, "consented", "visser")
    destruction.check_authorise(current, "vos")


@pytest.mark.parametrize(
    ("step", "person", "did"),
    [
        ("review", "smit", "proposed"),
        ("consent", "smit", "proposed"),
        ("consent", "bos", "reviewed"),
        ("authorise", "smit", "proposed"),
        ("authorise", "bos", "reviewed"),
        ("authorise", "visser", "consented"),
    ],
)
def test_one_person_does_one_step(step: str, person: str, did: str) -> None:
    current = _round()
    if step != "review":
        current.reviews.append(_approved())
    if step == "authorise":
        current.consent = _act(14, "consented", "visser")
    checks: dict[str, Callable[[Round, str], None]] = {
        "review": lambda one, who: destruction.check_review(one, who, []),
        "consent": destruction.check_consent,
        "authorise": destruction.check_authorise,
    }
    with pytest.raises(RefusedError, match=f"this person {did}"):
        checks[step](current, person)


def test_a_reviewer_may_review_again() -> None:
    destruction.check_review(_round(reviews=[_approved()]), "bos", [A])


def test_only_what_was_proposed_is_excepted() -> None:
    with pytest.raises(RefusedError, match="1 of the exceptions were not proposed"):
        destruction.check_review(_round(), "bos", [A, CASE])


def test_every_record_is_reviewed_before_the_consent() -> None:
    part = Review(_act(12, "reviewed", "bos"), True, frozenset({A}), {})
    with pytest.raises(RefusedError, match="1 of its records were not reviewed"):
        destruction.check_consent(_round(reviews=[part]), "visser")


def test_nothing_is_consented_to_when_everything_was_excepted() -> None:
    with pytest.raises(RefusedError, match="excepted every record"):
        destruction.check_consent(_round(reviews=[_approved(excepted={A: "hold", B: "other"})]), "visser")


def test_a_list_with_a_part_missing_waits() -> None:
    current = _round()
    current.parts = 1
    with pytest.raises(RefusedError, match="1 parts of its list are missing"):
        destruction.check_review(current, "bos", [])


def test_a_next_round_follows_a_refusal_or_a_cancellation() -> None:
    with pytest.raises(RefusedError, match="its last round is proposed"):
        destruction.check_propose([_round()])
    refused = Review(_act(12, "reviewed", "bos"), False, frozenset(), {})
    destruction.check_propose([_round(reviews=[refused])])
    destruction.check_propose([_authorised(cancelled=_act(18, "cancelled", "smit"))])
    destruction.check_propose([])


def test_what_has_destroyed_a_record_is_not_cancelled() -> None:
    destruction.check_cancel(_authorised(), 0)
    destruction.check_cancel(_authorised(started=20, erasing=[A, B]), 2)
    with pytest.raises(RefusedError, match="1 of its records are destroyed already"):
        destruction.check_cancel(_authorised(started=20, erasing=[A, B]), 1)
    with pytest.raises(RefusedError, match="this round is destroyed"):
        destruction.check_cancel(_authorised(started=20, closed=30), 0)


# folding


def _event(seq: int, name: str, **facts: Any) -> tuple[Event, str, str]:
    known = catalogue.newest(name)
    made, _ = catalogue.convert(known, facts, None)
    return Event(facts=made, payload=None, seq=seq, stream=CASE, stream_seq=seq, type=known.tag), "smit", "key"


def test_rounds_are_read_off_the_events_part_by_part() -> None:
    listed = {"reference_date": "2027-01-01"}
    rounds = rounds_of(
        [
            _event(1, "destruction_proposed", streams=[A], parts=2, **listed),
            _event(2, "destruction_proposed", streams=[B], part=2, parts=2, **listed),
            _event(3, "destruction_reviewed", proposal=1, result="refused"),
            _event(4, "destruction_proposed", streams=[B], **listed),
            _event(
                5, "destruction_reviewed", proposal=4, result="approved", excepted=[{"stream": B, "ground": "hold"}]
            ),
            _event(6, "destruction_cancelled", proposal=4, ground="changed"),
        ]
    )
    assert [([A, B], "refused", 0), ([B], "cancelled", 0)] == [(one.records, one.status, one.parts) for one in rounds]
    assert {B: "hold"} == rounds[1].excepted


# before anything is erased


def _objections(
    current: Round,
    standings: Mapping[str, Standing] = MappingProxyType({}),
    authority: Authority | None = None,
    day: dt.date = DAY,
) -> list[tuple[str | None, str]]:
    known = {A: DUE, B: DUE, **standings}
    found = destruction.recheck(current, known, authority or _authority(), day)
    return [(one.record, one.why) for one in found]


def test_nothing_stands_in_the_way_of_a_round_that_is_in_order() -> None:
    assert [] == _objections(_authorised())


def test_the_waiting_period_is_waited_for() -> None:
    expected = [(None, "the waiting period is over on 2027-02-01")]
    assert expected == _objections(_authorised(), day=DAY - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing(None), "it has no date of destruction any more"),
        (Standing(dt.date(2027, 2, 2)), "it is due on 2027-02-02, not before"),
        (Standing(DAY, blocks=("hold 5b1e9f3c (own, entry 7)",)), "hold 5b1e9f3c (own, entry 7)"),
        (Standing(DAY, longer=(CASE,)), "it is in a dossier that stays"),
        (Standing(DAY, content_seq=15), "it changed after the consent (entry 15)"),
        (Standing(DAY, destroyed=True), "it is destroyed already"),
    ],
    ids=str,
)  # fmt: skip
def test_a_record_that_may_not_go_any_more_says_why(standing: Standing, why: str) -> None:
    assert [(A, why)] == _objections(_authorised(), {A: standing})


def test_an_excepted_record_is_not_asked_about() -> None:
    current = _authorised()
    current.reviews.append(_approved(seq=13, excepted={A: "hold"}))
    assert [] == _objections(current, {A: Standing(None)})


def test_a_role_withdrawn_or_a_key_revoked_meanwhile_is_an_objection() -> None:
    authority = _authority(bos="")
    authority.keys["key of vos"].revoked = 18
    assert [
        (None, "who reviewed it (entry 12) has no role for that any more"),
        (None, "the key of who authorised it (entry 16) was revoked"),
    ] == _objections(_authorised(), authority=authority)


PERSONS = st.sampled_from(["smit", "bos", "visser", "vos"])


@given(st.lists(PERSONS, min_size=4, max_size=4))
def test_a_destruction_takes_four_persons(persons: list[str]) -> None:
    """Whoever tries whatever: the way to the end is open to four different persons only."""
    proposer, reviewer, consenter, authoriser = persons
    current = Round(_act(10, "proposed", proposer), DAY, [A], 0)
    try:
        destruction.check_review(current, reviewer, [])
        current.reviews.append(_approved(reviewer))
        destruction.check_consent(current, consenter)
        current.consent = _act(14, "consented", consenter)
        destruction.check_authorise(current, authoriser)
        reached = True
    except RefusedError:
        reached = False
    assert (len(set(persons)) == 4) is reached
