"""The order of a transfer's steps: whatever is tried, care moves once, and only for the package that was offered."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief import keys
from archief.errors import RefusedError
from archief.events import catalogue
from archief.events.envelope import Event
from archief.rules import transfer
from archief.rules.authority import Authority, EnrolledKey
from archief.rules.transfer import FOLLOWS, Status, Transfers
from tests.founding import seeded

A, B, C = (f"aaaaaaaa-0000-4000-8000-00000000000{number}" for number in range(1, 4))
ONE, TWO = (f"cccccccc-0000-4000-8000-00000000000{number}" for number in range(1, 3))
EXTRA: dict[str, dict[str, Any]] = {
    "exported": {"profile": "mdto-sip", "size": 9, "root": "0" * 64, "records": 1, "files": 1, "bytes": 1},
    "offered": {"channel": "upload", "date": "2041-02-03"},
    "accepted": {"date": "2041-02-17", "form": "document"},
    "rejected": {"date": "2041-02-17", "form": "document"},
}


def event(seq: int, step: str, stream: str = ONE, **facts: Any) -> Event:
    tag = f"transfer_{step}.v1"
    if step == "proposed":
        facts = {"reference_date": "2041-01-01", "streams": [A, B], **facts}
    made = msgspec.convert({**EXTRA.get(step, {}), **facts}, catalogue.TYPES[tag].facts)
    return Event(seq=seq, stream=stream, stream_seq=0, type=tag, facts=made, payload=None)


def told(*steps: Event) -> Transfers:
    made = Transfers()
    for one in steps:
        made.apply(one)
    return made


def offered(seq: int = 10, stream: str = ONE, **facts: Any) -> list[Event]:
    return [
        event(seq, "proposed", stream, **facts),
        event(seq + 1, "exported", stream),
        event(seq + 2, "offered", stream, export=seq + 1),
    ]


STEPS = st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.sampled_from(list(FOLLOWS)), st.integers(0, 3)), max_size=30)


@given(STEPS)
def test_whatever_is_tried_the_steps_that_count_are_in_order_and_care_moves_once(
    tried: list[tuple[str, Status, int]],
) -> None:
    known = Transfers()
    counted: dict[str, list[Status]] = {ONE: [], TWO: []}
    exports: dict[str, int] = {}
    for seq, (stream, step, back) in enumerate(tried, 10):
        facts = {} if step in ("proposed", "exported") else {"export": exports.get(stream, 5) - back}
        one = event(seq, step, stream, **facts)
        before = known.copy()
        try:
            known.apply(one)
        except RefusedError:
            known = before  # as authority does: nothing of a refused commit counts
            continue
        assert not facts or back == 0, "an answer about another package never counts"
        if step == "exported":
            exports[stream] = seq
        counted[stream].append(step)
    for stream, steps in counted.items():
        assert all(before in FOLLOWS[step] for before, step in itertools.pairwise(steps))
        assert steps[:1] in ([], ["proposed"])
        assert steps.count("accepted") <= 1
        assert ("accepted" in steps) == (stream in known.known and known.known[stream].ended)
    accepted = [stream for stream, steps in counted.items() if "accepted" in steps]
    assert len(accepted) <= 1, "both list the same records"
    assert set(known.accepted) == ({A, B} if accepted else set())


def test_only_a_receipt_for_the_package_that_was_offered_moves_the_care() -> None:
    known = told(*offered())
    assert known.accepted == {}
    with pytest.raises(RefusedError, match="package of entry 9, the newest one is of entry 11"):
        known.apply(event(13, "accepted", export=9))
    known.apply(event(13, "accepted", export=11, kept=True))
    assert known.accepted == {A: 13, B: 13}
    assert known.kept == {A, B}


def test_after_a_rejection_a_new_package_is_offered_and_what_was_tried_is_counted() -> None:
    known = told(*offered(), event(13, "rejected", export=11), event(14, "exported"), event(15, "offered", export=14))
    assert (known.known[ONE].status, known.known[ONE].rejections) == ("offered", 1)
    known.apply(event(16, "accepted", export=14))
    assert known.known[ONE].ended


def test_nothing_follows_an_acceptance() -> None:
    known = told(*offered(), event(13, "accepted", export=11))
    for step in FOLLOWS:
        facts: dict[str, Any] = {} if step in ("proposed", "exported") else {"export": 11}
        with pytest.raises(RefusedError, match=r"accepted|before"):
            known.copy().apply(event(14, step, **facts))


def test_a_record_is_transferred_once() -> None:
    known = told(*offered(), *offered(20, TWO, streams=[B, C]), event(30, "accepted", export=11))
    with pytest.raises(RefusedError, match="1 of its records were transferred before"):
        known.apply(event(31, "accepted", TWO, export=21))
    with pytest.raises(RefusedError, match="transferred before"):
        told(*offered(), event(13, "accepted", export=11)).apply(event(14, "proposed", TWO, streams=[A]))


def test_a_list_in_parts_is_whole_before_anything_follows() -> None:
    known = told(event(10, "proposed", streams=[A], part=1, parts=2))
    with pytest.raises(RefusedError, match="1 parts of its list are missing"):
        known.copy().apply(event(11, "exported"))
    with pytest.raises(RefusedError, match="twice"):
        known.copy().apply(event(11, "proposed", streams=[A], part=2, parts=2))
    known.apply(event(11, "proposed", streams=[B], part=2, parts=2))
    assert known.known[ONE].records == (A, B)
    with pytest.raises(RefusedError, match="after the part before it"):
        known.apply(event(12, "proposed", streams=[C], part=2, parts=2))


def test_a_receipt_is_signed_by_an_enrolled_key_of_the_records_office() -> None:
    public = keys.generate("test", "person", seeded("receipt")).keys[0].public
    mine = EnrolledKey(public, "depot", "person", 3)
    Authority(keys={public.id: mine}, roles={"depot": {transfer.ROLE: 4}}).check_receipt_key(public.id, "")
    for wrong, why in (
        (Authority(), "was not enrolled"),
        (Authority(keys={public.id: mine}, roles={"depot": {"auditor": 4}}), "is not the records office's"),
        (Authority(keys={public.id: EnrolledKey(public, "depot", "person", 3, 9)}), "was revoked at entry 9"),
    ):
        with pytest.raises(RefusedError, match=why):
            wrong.check_receipt_key(public.id, "")


def test_a_receipt_on_paper_is_confirmed_by_an_archivaris() -> None:
    public = keys.generate("test", "person", seeded("paper")).keys[0].public
    known = Authority(keys={public.id: EnrolledKey(public, "vries", "person", 3)}, transfers=told(*offered()))
    for role, taken in (("records_office", False), ("archivaris", True)):
        known.roles = {"vries": {role: 4}}
        refused = contextlib.nullcontext() if taken else pytest.raises(RefusedError, match="confirmed by an archivaris")
        with refused:
            known.apply(event(13, "accepted", export=11), public.id, "2041-02-17T09:00:00Z")
        assert taken == bool(known.transfers.accepted)
