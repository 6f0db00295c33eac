"""A letter's life: every rule refuses what it is there for, whichever way the event comes, and says what to do."""

from __future__ import annotations

import re
from unittest import mock

import pytest

from archief.draft import Draft, draft
from archief.errors import RefusedError
from archief.events import catalogue
from archief.journal import Journal
from archief.log import Log
from archief.rules import lifecycle
from archief.rules.authority import Authority
from archief.rules.lifecycle import LETTER_TYPES, MILESTONES, RULES, Reached, Rule
from archief.storage.memory import MemoryStorage
from tests.destroying import decide
from tests.founding import Founded, edited, found, refuses


def dispatched(stream: str) -> Draft:
    return draft(
        "letter_dispatched.v1", stream, {"channel": "post", "date": "2021-01-14"}, {"recipients": [{"name": "De raad"}]}
    )


def withdrawn(stream: str) -> Draft:
    return draft("letter_withdrawn.v1", stream, {"ground": "mistaken"})


def annotated(stream: str) -> Draft:
    return draft("letter_annotated.v1", stream, {"kind": "remark"}, {"text": "Let op."})


def reported(stream: str, dispatch: int = 9) -> Draft:
    return draft("delivery_reported.v1", stream, {"dispatch": dispatch, "result": "delivered"})


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


@pytest.fixture
def letter(archive: Founded) -> str:
    return archive.append(archive.letter()).streams[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_is_wrong_on_what_ground_and_what_to_do(rule: Rule) -> None:
    error = rule.error("5b1e0000-0000-4000-8000-000000000000")
    assert error.remedy
    assert error.where
    assert re.fullmatch(r"[^A-Z.][^.]*\(.+\)", error.what)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_about_types_that_there_are(rule: Rule) -> None:
    assert rule.types <= set(catalogue.TYPES)
    assert rule.forbidden or rule.needed
    assert {catalogue.TYPES[tag].stream for tag in rule.types} <= {"letter", "dossier", "record"}


def test_every_type_of_letters_is_told_of_or_opens_one() -> None:
    letters = {tag for tag, known in catalogue.TYPES.items() if known.subject == "letters" and known.stream == "letter"}
    assert letters == {tag for tag in LETTER_TYPES if "tabled" not in tag} | {
        "letter_registered.v1",
        "letter_received.v1",
    }
    assert set(MILESTONES) <= letters


def test_a_dispatched_letter_is_read_only(archive: Founded, letter: str) -> None:
    archive.append(edited(letter, "Nog goed"), dispatched(letter))
    error = refuses(archive, RefusedError, edited(letter, "Te laat"))
    assert "read-only" in error.what
    assert "archief annotate" in error.remedy
    facts, document = archive.document(b"te laat")
    attached = draft("document_attached.v1", letter, {}, {"documents": [facts]}, documents=[document])
    assert "read-only" in refuses(archive, RefusedError, attached).what
    sent = archive.append(annotated(letter), dispatched(letter)).seqs[1]
    archive.append(reported(letter, sent), withdrawn(letter))


def test_what_a_letter_reaches_within_a_commit_counts_for_the_rest_of_it(archive: Founded, letter: str) -> None:
    refuses(archive, RefusedError, dispatched(letter), edited(letter, "Te laat"))
    archive.append(edited(letter, "Nog goed"), dispatched(letter))


def test_a_conversion_keeps_a_dispatched_letter_readable(archive: Founded) -> None:
    registered = archive.letter(documents=[b"oud"])
    letter = archive.append(registered).streams[0]
    archive.append(dispatched(letter))
    facts, document = archive.document(b"nieuw")
    data = {
        "documents": [facts], "source": registered.documents[0].id, "tool": "x", "tool_version": "1", "test": "x",
        "result": "x",
    }  # fmt: skip
    archive.append(draft("document_converted.v1", letter, {"result": "passed"}, data, documents=[document]))


def test_a_withdrawn_letter_is_not_changed_or_sent_and_is_withdrawn_once(archive: Founded, letter: str) -> None:
    archive.append(withdrawn(letter))
    for late in (edited(letter, "Te laat"), dispatched(letter), withdrawn(letter)):
        assert "withdrawn" in refuses(archive, RefusedError, late).what
    archive.append(annotated(letter))


def test_a_report_follows_a_dispatch(archive: Founded, letter: str) -> None:
    assert "not dispatched" in refuses(archive, RefusedError, reported(letter)).what


@pytest.mark.parametrize("which", ["its registration", "another letter's", "a commit", "its own", "none"])
def test_a_report_is_about_a_dispatch_of_that_letter(archive: Founded, letter: str, which: str) -> None:
    opened = Log(archive.storage).size - 2
    sent = archive.append(dispatched(letter))
    other = archive.append(archive.letter("Een andere"))
    elsewhere = archive.append(dispatched(other.streams[0])).seqs[0]
    seq = {
        "its registration": opened,
        "another letter's": elsewhere,
        "a commit": sent.commit.seq,
        "its own": elsewhere + 2,
        "none": 10_000,
    }[which]
    assert f"entry {seq} is no dispatch of this letter" == refuses(archive, RefusedError, reported(letter, seq)).what
    archive.append(dispatched(letter), reported(letter, sent.seqs[0]))


def test_a_letter_whose_destruction_has_begun_takes_nothing(archive: Founded, letter: str) -> None:
    made = decide(archive, letter)
    archive.append(annotated(letter))
    archive.append(made.started())
    for late in (edited(letter, "Te laat"), annotated(letter), withdrawn(letter)):
        assert "destroyed" in refuses(archive, RefusedError, late).what


def test_a_transferred_letter_is_read_only_and_takes_a_note(archive: Founded, letter: str) -> None:
    stream, export = archive.letter().stream, {"profile": "mdto-sip", "size": 1, "root": "0" * 64, "records": 1}
    archive.append(draft("transfer_proposed.v1", stream, {"streams": [letter], "reference_date": "2041-01-01"}))
    data = {"sip_number": "SIP-1", "sip_sha256": "0" * 64}
    seq = archive.append(draft("transfer_exported.v1", stream, {**export, "files": 1, "bytes": 1}, data)).seqs[0]
    archive.append(draft("transfer_offered.v1", stream, {"export": seq, "channel": "upload", "date": "2041-02-03"}))
    assert "offered" in refuses(archive, RefusedError, edited(letter, "Staat niet in het pakket")).what
    facts = {"export": seq, "date": "2041-02-17", "form": "document"}
    archive.append(draft("transfer_accepted.v1", stream, facts, {"note": "Ontvangen."}))
    for late in (edited(letter, "Te laat"), dispatched(letter), withdrawn(letter)):
        assert "transferred" in refuses(archive, RefusedError, late).what
    archive.append(annotated(letter))


def test_others_sign_their_own_letters() -> None:
    rule = lifecycle.refusal("letter_signed.v1", lifecycle.after(Reached.NOTHING, "letter_received.v1"))
    assert rule is not None
    assert "others_sign_their_own" == rule.name


def test_what_a_letter_reached_is_known_after_the_archive_is_opened_again(archive: Founded, letter: str) -> None:
    archive.append(dispatched(letter))
    archive.journal.close()
    archive.journal = Journal(archive.storage)
    archive.journal.open()
    refuses(archive, RefusedError, edited(letter, "Te laat"))


def test_what_another_journal_appended_counts(archive: Founded, letter: str) -> None:
    other = Journal(archive.storage)
    archive.append(dispatched(letter), journal=other)
    archive.journal.open()
    refuses(archive, RefusedError, edited(letter, "Te laat"))


def test_a_dispatch_in_an_unauthorised_commit_closes_nothing(archive: Founded, letter: str) -> None:
    stranger = archive.enrol("auditor")
    with mock.patch.object(Authority, "judge", return_value=[]):
        archive.append(dispatched(letter), by=stranger, journal=Journal(archive.storage))
    archive.append(edited(letter, "Gewoon"))
    fresh = Journal(archive.storage)
    archive.append(edited(letter, "Nog eens"), journal=fresh)
