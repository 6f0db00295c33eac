"""The last archivaris with a key stays one: the journal refuses, and a forced commit counts for nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archief.draft import Draft, draft, new_stream
from archief.errors import RefusedError
from archief.events import envelope
from archief.journal import Journal
from archief.log import Log
from archief.storage.memory import MemoryStorage
from archief.verification.whole import verify
from tests.founding import ORIGIN, Founded, Person, enrolled_key, enrolment, faults, found, refuses
from tests.unit.test_verification import force

TIME = "2021-01-14T09:00:02Z"


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


def granted(person: Person, role: str) -> Draft:
    return draft("role_granted.v1", person.stream, {"role": role})


def withdrawn(person: Person, role: str) -> Draft:
    return draft("role_withdrawn.v1", person.stream, {"role": role})


def revoked(person: Person) -> Draft:
    return draft("key_revoked.v1", person.stream, {"key": person.key.public.id})


def test_the_last_archivaris_with_a_key_keeps_role_and_key(archive: Founded) -> None:
    me = archive.archivaris
    recordmanager = archive.enrol("recordmanager")
    for one, by in ((withdrawn(me, "archivaris"), me), (revoked(me), me), (revoked(me), recordmanager)):
        assert "no archivaris with a key" in refuses(archive, RefusedError, one, by=by).what
    archive.append(draft("person_enrolled.v1", new_stream(archive.entropy), {}, {"name": "Zonder sleutel"}))


def test_an_archivaris_without_a_key_does_not_count(archive: Founded) -> None:
    person = Person(new_stream(archive.entropy), archive.new_key())
    enrolled = draft("person_enrolled.v1", person.stream, {}, {"name": "Zonder sleutel"})
    archive.append(enrolled, granted(person, "archivaris"))
    assert "no archivaris with a key" in refuses(archive, RefusedError, revoked(archive.archivaris)).what
    cosigner = enrolled_key(person.stream, person.key, ORIGIN, "cosigner")
    assert "no archivaris with a key" in refuses(archive, RefusedError, cosigner, revoked(archive.archivaris)).what


def test_the_last_archivaris_goes_when_another_comes_in_the_same_commit(archive: Founded) -> None:
    me = archive.archivaris
    second = Person(new_stream(archive.entropy), archive.new_key())
    archive.append(*enrolment(second, ORIGIN), granted(second, "archivaris"), withdrawn(me, "archivaris"), revoked(me))
    assert [second.stream] == archive.journal.authority.archivarissen()
    assert [] == faults(archive.storage)


def test_a_last_archivaris_changes_keys_in_one_commit(archive: Founded) -> None:
    me, fresh = archive.archivaris, archive.new_key()
    archive.append(enrolled_key(me.stream, fresh, ORIGIN), revoked(me))
    archive.append(archive.letter(), by=Person(me.stream, fresh))


@pytest.mark.parametrize("what", [revoked, lambda person: withdrawn(person, "archivaris")])
def test_a_commit_that_takes_the_last_one_away_is_a_finding_and_changes_nothing(
    archive: Founded, what: Callable[[Person], Draft]
) -> None:
    me, one = archive.archivaris, what(archive.archivaris)
    seq, version = Log(archive.storage).size, 6
    force(archive, [envelope.encode_event(one.facts, None, seq, one.stream, version, one.tag)], time=TIME)
    report = verify(archive.storage, version="test")
    assert ["unauthorised"] == [fault.kind for fault in report.faults]
    assert "no archivaris with a key would be left" in report.faults[0].what
    archive.journal = Journal(archive.storage)
    archive.append(archive.letter())
    assert [me.stream] == archive.journal.authority.archivarissen()
    assert [seq + 1] == verify(archive.storage, version="test").unauthorised
