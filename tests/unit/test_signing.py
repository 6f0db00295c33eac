"""The inner signature of a letter is the office-holder's over exactly one version, or it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from archief import canonical
from archief.draft import Draft, draft
from archief.errors import ArchiefError, RefusedError, SignatureError
from archief.events import envelope
from archief.events.letters import Covered
from archief.log import Log
from archief.storage.memory import MemoryStorage
from tests.founding import ORIGIN, Founded, Person, edited, enrolled_key, found

BASIS = "gemeentewet:59a.1"


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


@pytest.fixture
def mayor(archive: Founded) -> Person:
    return archive.enrol("ondertekenaar")


@pytest.fixture
def letter(archive: Founded) -> str:
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "Verbeterd"))
    return stream


def covered(archive: Founded, stream: str) -> list[Covered]:
    """What a letter's version is made of."""
    log = Log(archive.storage)
    events = [log.event(seq) for seq in range(log.size) if not envelope.is_commit(log.entry(seq))]
    return [Covered(seq=one.seq, commitment=one.payload or "") for one in events if one.stream == stream]


def signed(archive: Founded, stream: str, who: Person, covers: list[Covered] | None = None, **other: Any) -> Draft:
    """A letter_signed; ``other`` changes facts after they were signed, ``message_*`` what was signed."""
    covers = covered(archive, stream) if covers is None else covers
    over = {name.removeprefix("message_"): other.pop(name) for name in list(other) if name.startswith("message_")}
    message = envelope.letter_message(
        over.get("origin", ORIGIN),
        over.get("stream", stream),
        over.get("covers", covers),
        over.get("role", "burgemeester"),
        over.get("on_behalf_of", "college"),
        over.get("basis", BASIS),
    )
    facts = {
        "basis": BASIS,
        "covers": [{"commitment": one.commitment, "seq": one.seq} for one in covers],
        "key": who.key.public.id,
        "level": "none",
        "on_behalf_of": "college",
        "role": "burgemeester",
        "signatory": who.stream,
        "signature": canonical.base64_encode(who.key.sign(message)),
    }
    return draft("letter_signed.v1", stream, {**facts, **other})


def refuses(archive: Founded, one: Draft, by: Person) -> ArchiefError:
    before = archive.journal.root()
    with pytest.raises(ArchiefError) as caught:
        archive.append(one, by=by)
    assert before == archive.journal.root()
    return caught.value


def test_a_letter_is_signed_over_its_version(archive: Founded, mayor: Person, letter: str) -> None:
    covers = covered(archive, letter)
    assert 2 == len(covers)
    done = archive.append(signed(archive, letter, mayor), by=mayor)
    assert covers == Log(archive.storage).event(done.seqs[0]).facts.covers


@pytest.mark.parametrize(
    "other",
    [
        {"message_origin": "archief.voorbeeld.nl/77aa01b3"},
        {"message_stream": "5b1e0000-0000-4000-8000-000000000000"},
        {"message_role": "secretaris"},
        {"message_on_behalf_of": None},
        {"message_basis": "gemeentewet:59a.2"},
        {"message_covers": []},
        {"role": "secretaris"},
        {"on_behalf_of": "raad"},
        {"basis": "gemeentewet:171"},
        {"signature": canonical.base64_encode(bytes(64))},
    ],
    ids=str,
)
def test_a_signature_over_anything_else_is_refused(
    archive: Founded, mayor: Person, letter: str, other: dict[str, Any]
) -> None:
    assert isinstance(refuses(archive, signed(archive, letter, mayor, **other), mayor), SignatureError)


def test_a_signature_over_another_order_or_fewer_events_is_another_signature(
    archive: Founded, mayor: Person, letter: str
) -> None:
    covers = covered(archive, letter)
    for said in (covers[:1], covers[::-1]):
        error = refuses(archive, signed(archive, letter, mayor, said, message_covers=covers), mayor)
        assert isinstance(error, SignatureError)


def test_what_is_covered_is_that_content_of_this_letter(archive: Founded, mayor: Person, letter: str) -> None:
    first, second = covered(archive, letter)
    other = covered(archive, archive.append(archive.letter("Een andere")).streams[0])[0]
    commit = Covered(seq=6, commitment=first.commitment)
    swapped = Covered(seq=first.seq, commitment=second.commitment)
    for covers in ([other], [commit], [swapped], [first, Covered(seq=other.seq, commitment=second.commitment)]):
        assert "not that content" in refuses(archive, signed(archive, letter, mayor, covers), mayor).what


def test_what_is_covered_was_in_the_log_before(archive: Founded, mayor: Person) -> None:
    both = Person(mayor.stream, mayor.key)
    archive.append(draft("role_granted.v1", mayor.stream, {"role": "behandelaar"}))
    new = archive.letter("In dezelfde commit")
    seq = archive.journal.size
    covers = [Covered(seq=seq, commitment="0" * 64)]
    with pytest.raises(RefusedError, match="was not in the log"):
        archive.append(new, signed(archive, new.stream, both, covers), by=both)


def test_the_key_is_the_signatorys_own(archive: Founded, mayor: Person, letter: str) -> None:
    other = archive.enrol("ondertekenaar")
    for who, by in (
        (Person(mayor.stream, other.key), mayor),
        (Person(other.stream, mayor.key), mayor),
        (Person(mayor.stream, archive.new_key()), mayor),
    ):
        assert "not one of the signatory's" in refuses(archive, signed(archive, letter, who), by).what


def test_a_key_for_another_use_signs_no_letters(archive: Founded, mayor: Person, letter: str) -> None:
    key = archive.new_key()
    archive.append(enrolled_key(mayor.stream, key, ORIGIN, "cosigner"))
    error = refuses(archive, signed(archive, letter, Person(mayor.stream, key)), mayor)
    assert "is a cosigner key" in error.what


def test_a_revoked_key_signs_no_letters(archive: Founded, mayor: Person, letter: str) -> None:
    second = Person(mayor.stream, archive.new_key())
    archive.append(enrolled_key(mayor.stream, second.key, ORIGIN))
    ready = signed(archive, letter, mayor)
    archive.append(draft("key_revoked.v1", mayor.stream, {"key": mayor.key.public.id}))
    assert "was revoked" in refuses(archive, ready, second).what
    archive.append(signed(archive, letter, second), by=second)


def test_who_appends_need_not_be_who_signed(archive: Founded, mayor: Person, letter: str) -> None:
    clerk = archive.enrol("ondertekenaar")
    archive.append(signed(archive, letter, mayor), by=clerk)


def test_only_an_ondertekenaar_appends_a_signature(archive: Founded, mayor: Person, letter: str) -> None:
    assert "ondertekenaar" in refuses(archive, signed(archive, letter, mayor), archive.archivaris).what


def granted(archive: Founded, *holders: Person, **other: Any) -> str:
    """A mandate to sign for the college; gives its stream."""
    facts = {
        "basis": "gemeentewet:59a.2",
        "begin": "2021-01-01",
        "holders": [holder.stream for holder in holders],
        "on_behalf_of": "college",
        "role": "directeur",
        **other,
    }
    stream = archive.letter().stream
    archive.append(draft("mandate_granted.v1", stream, facts, {"title": "Ondertekening"}))
    return stream


def test_each_of_several_holders_signs_under_a_mandate(archive: Founded, mayor: Person, letter: str) -> None:
    other = archive.enrol("ondertekenaar")
    mandate, covers = granted(archive, mayor, other), covered(archive, letter)
    for who in (mayor, other):
        archive.append(signed(archive, letter, who, covers, mandate=mandate), by=who)


def test_a_mandate_that_began_before_it_was_recorded_counts_from_its_entry(
    archive: Founded, mayor: Person, letter: str
) -> None:
    one = signed(archive, letter, mayor, mandate="5b1e0000-0000-4000-8000-000000000000")
    assert "no such mandate" in refuses(archive, one, mayor).what
    mandate = granted(archive, mayor, begin="2019-01-01")
    archive.append(signed(archive, letter, mayor, mandate=mandate), by=mayor)


@pytest.mark.parametrize(
    ("period", "holds"),
    [
        ({"begin": "2021-01-14", "end": "2021-01-15"}, True),
        ({"begin": "2021-01-15"}, False),
        ({"begin": "2021-01-01", "end": "2021-01-14"}, False),
    ],
    ids=str,
)
def test_a_mandate_holds_from_its_first_day_until_before_its_end(
    archive: Founded, mayor: Person, letter: str, period: dict[str, str], holds: bool
) -> None:
    one = signed(archive, letter, mayor, mandate=granted(archive, mayor, **period))
    if holds:
        archive.append(one, by=mayor)
    else:
        assert "the mandate holds from" in refuses(archive, one, mayor).what


def test_a_day_is_one_of_the_town_hall(archive: Founded, mayor: Person, letter: str) -> None:
    mandate = granted(archive, mayor, begin="2021-01-15")
    archive.now = archive.now.replace(hour=22, minute=59)
    assert isinstance(refuses(archive, signed(archive, letter, mayor, mandate=mandate), mayor), RefusedError)
    archive.now = archive.now.replace(hour=23, minute=1)  # it is past midnight in Amsterdam
    archive.append(signed(archive, letter, mayor, mandate=mandate), by=mayor)


def test_a_mandate_is_its_holders_until_it_is_ended(archive: Founded, mayor: Person, letter: str) -> None:
    mandate = granted(archive, archive.enrol("ondertekenaar"))
    assert "not one of those" in refuses(archive, signed(archive, letter, mayor, mandate=mandate), mayor).what
    mandate = granted(archive, mayor)
    archive.append(draft("mandate_ended.v1", mandate, {"end": "2021-01-14"}))
    refuses(archive, signed(archive, letter, mayor, mandate=mandate), mayor)
