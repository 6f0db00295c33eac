"""Destruction takes four persons, in order and in time: the log demands it, whatever wrote into it."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from archief.draft import Draft, draft
from archief.errors import ExtraMissingError, RefusedError
from archief.events import envelope
from archief.journal import Journal
from archief.log import Log
from archief.rules import destructions
from archief.storage.base import Storage
from archief.storage.memory import MemoryStorage
from archief.verification.whole import verify
from tests.destroying import STEPS, accepted, case, decide
from tests.founding import Founded, Person, edited, faults, found, refuses
from tests.projections.scenario import erase
from tests.unit.test_verification import force

CONSENTED, AUTHORISED = "destruction_consented", "destruction_authorised"


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


@pytest.fixture
def letter(archive: Founded) -> str:
    return archive.append(archive.letter()).streams[0]


@pytest.fixture
def other(archive: Founded) -> str:
    return archive.append(archive.letter("Een andere")).streams[0]


def copied(storage: Storage) -> MemoryStorage:
    """A storage of its own with the same bytes."""
    assert isinstance(storage, MemoryStorage)
    twin = MemoryStorage()
    twin.log, twin.payload, twin.documents = dict(storage.log), dict(storage.payload), dict(storage.documents)
    twin.public = dict(storage.public)
    return twin


def take_away(archive: Founded, *streams: str) -> None:
    """Take the payload lines of streams away, as an execution does."""
    assert isinstance(archive.storage, MemoryStorage)
    events = [envelope.decode_event(one) for one in Log(archive.storage).entries() if not envelope.is_commit(one)]
    erase(archive.storage, {event.seq for event in events if event.stream in streams})


def wrong(archive: Founded, one: Draft, by: Person) -> str:
    """Why an event is refused at the append; written without asking, it counts for nothing and is named the same."""
    what = refuses(archive, RefusedError, one, by=by).what
    twin = copy.copy(archive)
    twin.journal = Journal(copied(archive.storage))
    seq, version = Log(twin.storage).size, archive.journal.stream_version(one.stream) + 1
    entry = envelope.encode_event(one.facts, None, seq, one.stream, version, one.tag)
    force(twin, [entry], by=by.key, time=f"{archive.now:%Y-%m-%dT%H:%M:%SZ}")
    report = verify(twin.storage, version="test")
    assert [seq + 1] == report.unauthorised
    assert [f"an unauthorised commit, which replay skips: entry {seq}: {what}"] == [one.what for one in report.faults]
    twin.journal.open()
    assert archive.journal.authority == twin.journal.authority
    return what


# the order of the steps


def test_a_destruction_that_four_persons_decided_on_is_carried_out(archive: Founded, letter: str, other: str) -> None:
    made = decide(archive, letter, other)
    archive.append(made.started(), by=made.proposer)
    archive.append(made.destroyed(letter), made.destroyed(other), by=made.proposer)
    archive.append(made.closed(), by=made.proposer)
    known = archive.journal.authority.destructions
    assert {letter: 0, other: 0} == known.destroyed
    assert {} == known.executing
    assert ["destroyed"] == [one.status for one in known.rounds[made.stream]]


@pytest.mark.parametrize("step", list(STEPS)[1:])
def test_no_step_is_skipped(archive: Founded, letter: str, step: str) -> None:
    made = case(archive, letter)
    for one in STEPS:
        if one == step:
            break
        made.take(one)
    after = {**dict(zip(STEPS, list(STEPS)[1:], strict=False)), AUTHORISED: AUTHORISED}[step]
    if after == step:
        made.authorisation = made.proposal
        assert "no authorisation in force" in wrong(archive, made.started(), made.proposer)
    else:
        assert "this round is" in wrong(archive, made.step(after), made.people[after])


def test_what_was_transferred_goes_as_a_copy_and_only_then(archive: Founded, letter: str, other: str) -> None:
    transfer, made, late = archive.letter().stream, case(archive, letter), decide(archive, other)
    proposal = {"streams": [letter, other], "reference_date": "2020-01-01"}
    archive.append(draft("transfer_proposed.v1", transfer, proposal))
    assert "are no copies" in wrong(archive, _of_copies(archive, transfer, letter), made.proposer)
    gone = f"were transferred (entry {accepted(archive, transfer)}); here is a copy"
    assert gone in wrong(archive, made.step("destruction_proposed"), made.proposer)
    assert gone in wrong(archive, late.started(), late.proposer)
    archive.append(_of_copies(archive, transfer, letter), by=made.proposer)


def _of_copies(archive: Founded, transfer: str, letter: str) -> Draft:
    facts = {"streams": [letter], "reference_date": "2020-01-01", "transfer": transfer}
    return draft("destruction_proposed.v1", archive.letter().stream, facts)


def test_every_step_is_another_persons(archive: Founded, letter: str) -> None:
    everything = archive.enrol(*STEPS.values())
    made = case(archive, letter)
    made.people["destruction_proposed"] = everything
    made.take("destruction_proposed")
    for step in list(STEPS)[1:]:
        assert "this person proposed it" in wrong(archive, made.step(step), everything)
        made.take(step)


def test_an_answer_is_to_the_last_round(archive: Founded, letter: str) -> None:
    made = decide(archive, letter)
    first = made.proposal
    assert "its last round is authorised" in wrong(archive, made.step("destruction_proposed"), made.proposer)
    made.take("destruction_cancelled", by=made.proposer)
    made.take("destruction_proposed")
    made.take("destruction_reviewed")
    late = made.step(CONSENTED, proposal=first)
    assert "does not begin the last round" in wrong(archive, late, made.people[CONSENTED])


def test_what_was_cancelled_or_refused_is_not_carried_out(archive: Founded, letter: str) -> None:
    made = decide(archive, letter)
    made.take("destruction_cancelled", by=made.proposer)
    assert "the round is cancelled, not authorised" == wrong(archive, made.started(), made.proposer)
    made.take("destruction_proposed")
    assert "no authorisation in force" in wrong(archive, made.started(), made.proposer)
    made.take("destruction_reviewed", result="refused")
    assert "this round is refused" in wrong(archive, made.step(CONSENTED), made.people[CONSENTED])


def test_an_announcement_can_be_taken_back_until_a_record_is_destroyed(
    archive: Founded, letter: str, other: str
) -> None:
    made = decide(archive, letter, other)
    archive.append(made.started(), by=made.proposer)
    refuses(archive, RefusedError, edited(letter, "Later"))
    made.take("destruction_cancelled", by=made.proposer)
    assert "no authorisation" in wrong(archive, made.destroyed(letter), made.proposer)
    archive.append(edited(letter, "Later"))
    for step in STEPS:
        made.take(step)
    archive.append(made.started(), by=made.proposer)
    take_away(archive, letter, other)
    archive.append(made.destroyed(letter), by=made.proposer)
    assert "1 of its records are destroyed already" == wrong(archive, made.step("destruction_cancelled"), made.proposer)
    archive.append(made.destroyed(other), by=made.proposer)


def test_what_was_erased_under_an_announcement_that_was_taken_back_is_a_loss(archive: Founded, letter: str) -> None:
    made = decide(archive, letter)
    archive.append(made.started(), by=made.proposer)
    take_away(archive, letter)
    assert [] == faults(archive.storage)
    made.take("destruction_cancelled", by=made.proposer)
    assert ["a payload is missing and no destruction covers it" in one for one in faults(archive.storage)] == [True]


# the list


def test_every_record_is_reviewed(archive: Founded, letter: str, other: str) -> None:
    made = case(archive, letter, other)
    made.take("destruction_proposed")
    reviewer = made.people["destruction_reviewed"]
    strange = made.step("destruction_reviewed", streams=[archive.stream])
    assert "1 of the records reviewed were not proposed" == wrong(archive, strange, reviewer)
    made.take("destruction_reviewed", streams=[letter])
    assert "1 of its records were not reviewed" == wrong(archive, made.step(CONSENTED), made.people[CONSENTED])
    made.take("destruction_reviewed", streams=[other])
    made.take(CONSENTED)


def test_a_list_is_answered_when_all_of_its_parts_are_there(archive: Founded, letter: str, other: str) -> None:
    made = case(archive, letter)
    made.take("destruction_proposed", parts=2)
    second: dict[str, Any] = {"streams": [other], "part": 2, "parts": 2}
    reviewed = made.step("destruction_reviewed")
    assert "1 parts of its list are missing" == wrong(archive, reviewed, made.people["destruction_reviewed"])
    colleague = archive.enrol("recordmanager")
    for facts, by, why in (
        ({**second, "parts": 3}, made.proposer, "part 2 of 2 is"),
        ({**second, "streams": [letter]}, made.proposer, "1 of its records are listed twice"),
        ({**second, "reference_date": "2020-01-01"}, made.proposer, "one person, one reference date and one transfer"),
        (second, colleague, "one person, one reference date and one transfer"),
    ):
        assert why in wrong(archive, made.step("destruction_proposed", **facts), by)
    made.take("destruction_proposed", **second)
    assert "the list of 2 is whole" in wrong(archive, made.step("destruction_proposed", **second), made.proposer)
    made.take("destruction_reviewed")


def test_a_list_that_never_comes_whole_can_be_cancelled(archive: Founded, letter: str) -> None:
    made = case(archive, letter)
    made.take("destruction_proposed", parts=2)
    made.take("destruction_cancelled", by=made.proposer)
    made.take("destruction_proposed")


def test_only_what_is_left_of_the_list_is_destroyed(archive: Founded, letter: str, other: str) -> None:
    made = case(archive, letter, other)
    made.take("destruction_proposed")
    made.take("destruction_reviewed", excepted=[{"ground": "still-in-use", "stream": other}])
    made.take(CONSENTED)
    made.take(AUTHORISED)
    for records in ([letter, other], [archive.stream]):
        assert "1 of its records were not proposed, or a reviewer excepted them" == wrong(
            archive, made.started(*records), made.proposer
        )
    archive.append(made.started(letter), by=made.proposer)


def test_a_record_is_destroyed_once(archive: Founded, letter: str, other: str) -> None:
    first, second = decide(archive, letter, other), decide(archive, letter)
    archive.append(first.started(), by=first.proposer)
    assert "announced already" in wrong(archive, first.started(), first.proposer)
    why = "1 of its records are destroyed already, or about to be"
    assert why == wrong(archive, second.started(), second.proposer)
    archive.append(first.destroyed(letter), by=first.proposer)
    take_away(archive, letter)
    assert why == wrong(archive, second.started(), second.proposer)
    assert "was not announced under it" in wrong(archive, first.destroyed(letter), first.proposer)


# carrying it out


def test_the_waiting_period_is_over_at_midnight_in_the_town_hall(archive: Founded, letter: str) -> None:
    made = decide(archive, letter, earliest="2021-02-08")
    archive.now = dt.datetime(2021, 2, 7, 22, 59, 50, tzinfo=dt.UTC)
    assert "the waiting period is over on 2021-02-08" == wrong(archive, made.started(), made.proposer)
    archive.now = dt.datetime(2021, 2, 7, 23, 0, 0, tzinfo=dt.UTC)
    archive.append(made.started(), by=made.proposer)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lost", ["role", "key"])
def test_who_lost_role_or_key_since_decided_on_nothing_any_more(
    archive: Founded, letter: str, step: str, lost: str
) -> None:
    made = decide(archive, letter)
    who = made.people[step]
    if lost == "role":
        archive.append(draft("role_withdrawn.v1", who.stream, {"role": STEPS[step]}))
    else:
        archive.append(draft("key_revoked.v1", who.stream, {"key": who.key.public.id}))
    why = wrong(archive, made.started(), archive.archivaris)
    assert why.endswith("has no role for that any more" if lost == "role" else "was revoked")


def test_an_announcement_comes_whole_before_a_record_is_destroyed(archive: Founded, letter: str, other: str) -> None:
    made = decide(archive, letter, other)
    archive.append(made.started(letter, parts=2), by=made.proposer)
    assert "1 parts of its announcement are missing" == wrong(archive, made.destroyed(letter), made.proposer)
    twice = made.started(letter, part=2, parts=2)
    assert "1 of its records are listed twice" == wrong(archive, twice, made.proposer)
    archive.append(made.started(other, part=2, parts=2), by=made.proposer)
    archive.append(made.destroyed(letter), by=made.proposer)


def test_a_record_is_destroyed_whole_and_as_announced(archive: Founded, letter: str) -> None:
    made, elsewhere = decide(archive, letter), decide(archive, letter)
    assert "was not announced under it" in wrong(archive, made.destroyed(letter), made.proposer)
    archive.append(made.started(), by=made.proposer)
    for facts, why in (
        ({"authorisation": elsewhere.authorisation}, "was not announced under it"),
        ({"authorisation": made.proposal}, "is no authorisation of a destruction"),
        ({"destruction": elsewhere.stream}, "was not announced under it"),
        ({"last_stream_seq": 1}, "covers all of its events before it, up to 0"),
    ):
        assert why in wrong(archive, made.destroyed(letter, **facts), made.proposer)


def test_an_execution_is_closed_when_every_record_is_destroyed(archive: Founded, letter: str, other: str) -> None:
    made = decide(archive, letter, other)
    assert "this round is authorised, not started" == wrong(archive, made.closed(), made.proposer)
    archive.append(made.started(), by=made.proposer)
    archive.append(made.destroyed(letter), by=made.proposer)
    take_away(archive, letter, other)
    assert "1 of its records are not destroyed yet" == wrong(archive, made.closed(), made.proposer)
    archive.append(made.destroyed(other), by=made.proposer)
    assert "2 of its records were destroyed, not 1" == wrong(archive, made.closed(records=1), made.proposer)
    foreign = made.closed(authorisation=made.proposal)
    assert "is not the authorisation it was done under" in wrong(archive, foreign, made.proposer)
    archive.append(made.closed(), by=made.proposer)
    assert "this round is destroyed" in wrong(archive, made.closed(), made.proposer)
    assert "its last round is destroyed" in wrong(archive, made.step("destruction_proposed"), made.proposer)


# single payloads


def erased(stream: str, *seqs: int) -> Draft:
    return draft("payload_erased.v1", stream, {"seqs": list(seqs), "ground": "avg:17", "decision": "request"})


def test_a_payload_is_erased_once_and_not_of_a_record_that_is_destroyed(archive: Founded) -> None:
    first = archive.append(archive.letter())
    letter, seq = first.streams[0], first.seqs[0]
    archive.append(erased(letter, seq))
    take_away(archive, letter)
    assert f"the payload of entry {seq} is erased already" == wrong(archive, erased(letter, seq), archive.archivaris)
    made = decide(archive, letter)
    edit = archive.append(edited(letter, "Nagekeken")).seqs[0]
    archive.append(made.started(), by=made.proposer)
    assert "this record is destroyed whole, or about to be" == wrong(archive, erased(letter, edit), archive.archivaris)


@pytest.mark.parametrize("which", ["another stream's", "a commit", "one without payload", "one that is to come"])
def test_only_payloads_of_its_own_stream_are_erased(archive: Founded, letter: str, which: str) -> None:
    strange = archive.append(archive.letter("Van een ander"))
    bare = archive.append(draft("openness_restricted.v1", letter, {"ground": "archiefwet-1995:15.1.a", "term": "P75Y"}))
    seq = {
        "another stream's": strange.seqs[0],
        "a commit": strange.commit.seq,
        "one without payload": bare.seqs[0],
        "one that is to come": 10_000,
    }[which]
    assert (
        f"entry {seq} is no event of this stream with a payload"
        == refuses(archive, RefusedError, erased(letter, seq)).what
    )


def test_an_erasure_in_anothers_stream_erases_nothing_and_is_named(archive: Founded, letter: str) -> None:
    mine = archive.append(archive.letter())
    archive.journal.close()
    one, seq = erased(letter, mine.seqs[0]), Log(archive.storage).size
    force(archive, [envelope.encode_event(one.facts, None, seq, letter, 1, one.tag)], time="2021-01-14T09:00:10Z")
    report = verify(archive.storage, version="test")
    assert [("erased-strange", mine.seqs[0])] == [(fault.kind, fault.entry) for fault in report.faults]
    archive.journal = Journal(archive.storage)
    archive.append(erased(mine.streams[0], mine.seqs[0]))


# what is not a matter of the log


def test_a_machine_that_knows_no_days_judges_none(
    archive: Founded, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = decide(archive, letter)
    archive.append(made.started(), by=made.proposer)

    def missing(_: dt.datetime) -> dt.date:
        raise ExtraMissingError("this machine has no time zone data")

    monkeypatch.setattr(destructions, "day_of", missing)
    with pytest.raises(ExtraMissingError):
        verify(archive.storage, version="test")
