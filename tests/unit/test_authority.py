"""Who may do what is judged by what the log said just before, never by a claimed time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from archief import canonical, keys
from archief.draft import Draft, draft, new_stream
from archief.errors import ArchiefError, KeyRefusedError, RefusedError, SignatureError
from archief.events import catalogue, envelope
from archief.events.envelope import Event
from archief.keys import Ed25519SigningKey, MlDsaSigningKey, SigningKey
from archief.log import Log
from archief.rules.authority import _HANDLERS, AUTHORITY_TYPES, FOUNDING_TYPES, Authority
from archief.rules.destructions import DESTRUCTION_TYPES
from archief.rules.transfer import TRANSFER_TYPES
from archief.storage.memory import MemoryStorage
from tests.destroying import decide
from tests.founding import (
    ORIGIN,
    Founded,
    Person,
    enrolled_key,
    enrolment,
    found,
    founding,
    public_fact,
    rotated,
    unfounded,
)

SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]
"""Points whose order divides 8: for some of them OpenSSL accepts any message."""


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


@pytest.fixture
def authority(archive: Founded) -> Authority:
    return archive.journal.authority.copy()


def event(one: Draft, seq: int = 40) -> Event:
    """A draft as it would stand in the log."""
    held = "0" * 64 if one.data is not None else None
    return envelope.decode_event(envelope.encode_event(one.facts, held, seq, one.stream, 0, one.tag))


def take(authority: Authority, one: Event) -> None:
    """Take an event into account, as of a commit that nobody in particular signed."""
    authority.apply(one, "0" * 64, "2021-01-14T09:00:00Z")


def granted(person: Person, role: str) -> Draft:
    return draft("role_granted.v1", person.stream, {"role": role})


def withdrawn(person: Person, role: str) -> Draft:
    return draft("role_withdrawn.v1", person.stream, {"role": role})


def revoked(person: Person, key: SigningKey | None = None, **facts: Any) -> Draft:
    return draft("key_revoked.v1", person.stream, {"key": (key or person.key).public.id, **facts})


def refuses(archive: Founded, *drafts: Draft, by: Person | None = None) -> ArchiefError:
    """The error of an append; nothing is written."""
    before = archive.journal.root()
    with pytest.raises(ArchiefError) as caught:
        archive.append(*drafts, by=by)
    assert before == archive.journal.root()
    return caught.value


# founding


def test_a_founded_archive_has_its_first_person_with_key_and_roles(archive: Founded, authority: Authority) -> None:
    me = archive.archivaris
    assert (ORIGIN, archive.stream, True) == (authority.origin, authority.archive, authority.test)
    assert list(archive.log_keys.public) == authority.log_keys
    assert {"archivaris", "recordmanager", "behandelaar"} == set(authority.roles[me.stream])
    assert me.stream == authority.person_of(me.key.public.id)
    assert me.key.public == authority.public_key(me.key.public.id)
    assert [me.stream] == authority.holders("archivaris")
    assert [] == authority.holders("griffie")
    assert [] == authority.cosigners()


@pytest.mark.parametrize("absent", FOUNDING_TYPES)
def test_a_first_commit_that_lacks_a_part_founds_nothing(absent: str) -> None:
    archive = unfounded(MemoryStorage())
    drafts = founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris)
    error = refuses(archive, *(one for one in drafts if one.tag != absent))
    assert error.code in {"refused", "not-found"}


def test_a_first_commit_is_signed_with_the_key_that_it_enrols() -> None:
    archive = unfounded(MemoryStorage())
    drafts = founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris)
    other = Person(archive.archivaris.stream, archive.new_key())
    assert "key that it enrols" in refuses(archive, *drafts, by=other).what


def test_a_first_commit_makes_its_person_archivaris() -> None:
    archive = unfounded(MemoryStorage())
    drafts = founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris)
    error = refuses(archive, *(one for one in drafts if b"archivaris" not in one.facts))
    assert "archivaris" in error.what


def test_a_first_commit_does_not_sign_with_a_cosigners_key() -> None:
    archive = unfounded(MemoryStorage())
    drafts = founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris)
    as_cosigner = enrolled_key(archive.archivaris.stream, archive.archivaris.key, ORIGIN, "cosigner")
    drafts = [as_cosigner if one.tag == "key_enrolled.v1" else one for one in drafts]
    assert "key that it enrols" in refuses(archive, *drafts).what


@pytest.mark.parametrize("tag", ["letter_signed.v1", "destruction_authorised.v1", "commitment_settled.v1"])
def test_a_first_commit_brings_in_nothing_that_an_archivaris_may_not(tag: str) -> None:
    reasons = Authority().judge("0" * 64, ORIGIN, [*FOUNDING_TYPES, tag])
    assert 1 == len(reasons)
    assert "needs the role" in reasons[0]
    assert [] == Authority().judge("0" * 64, ORIGIN, [*FOUNDING_TYPES, "rule_set_adopted.v1"])


def test_an_archive_is_founded_once_and_first(archive: Founded) -> None:
    entropy = archive.entropy
    again = founding(entropy, keys.generate("x", "log", entropy), new_stream(entropy), archive.archivaris)
    assert "once" in refuses(archive, again[0]).what
    late = unfounded(MemoryStorage())
    drafts = founding(late.entropy, late.log_keys, late.stream, late.archivaris)
    assert refuses(late, *drafts[1:], drafts[0]).code in {"refused", "signature"}


# keys


def test_a_key_is_enrolled_with_proof_that_somebody_holds_it(archive: Founded) -> None:
    person = Person(new_stream(archive.entropy), archive.new_key())
    other = archive.new_key()
    facts = {"key": public_fact(person.key.public), "use": "person"}
    elsewhere, mine = "archief.voorbeeld.nl/77aa01b3", person.key.public.id
    for proof in (
        other.sign(envelope.possession_message(ORIGIN, person.stream, mine)),
        person.key.sign(envelope.possession_message(elsewhere, person.stream, mine)),
        person.key.sign(envelope.possession_message(ORIGIN, archive.archivaris.stream, mine)),
        person.key.sign(envelope.possession_message(ORIGIN, person.stream, other.public.id)),
        person.key.sign(b"archief/commit/v1\0"),
        bytes(64),
    ):
        key = draft("key_enrolled.v1", person.stream, {**facts, "proof": canonical.base64_encode(proof)})
        assert isinstance(refuses(archive, enrolment(person, ORIGIN)[0], key), SignatureError)
    archive.append(*enrolment(person, ORIGIN))


@pytest.mark.parametrize("public", SMALL_ORDER)
def test_a_key_of_small_order_is_refused_at_enrolment(archive: Founded, public: str) -> None:
    stream = archive.archivaris.stream
    for proof in (bytes(64), bytes.fromhex("01" + "00" * 63), bytes.fromhex(public) + bytes(32)):
        facts = {
            "key": {"public": canonical.base64_encode(bytes.fromhex(public)), "type": 1},
            "proof": canonical.base64_encode(proof),
            "use": "person",
        }
        assert isinstance(refuses(archive, draft("key_enrolled.v1", stream, facts)), KeyRefusedError)


def test_a_key_that_is_not_canonical_is_refused_at_enrolment(archive: Founded) -> None:
    for public in ("ed" + "ff" * 30 + "7f", "ff" * 32, "02" + "00" * 31):
        facts = {
            "key": {"public": canonical.base64_encode(bytes.fromhex(public)), "type": 1},
            "proof": canonical.base64_encode(bytes(64)),
            "use": "person",
        }
        error = refuses(archive, draft("key_enrolled.v1", archive.archivaris.stream, facts))
        assert isinstance(error, KeyRefusedError)


def test_a_key_belongs_to_one_person(archive: Founded) -> None:
    person = archive.enrol("behandelaar")
    twin = Person(new_stream(archive.entropy), person.key)
    assert "one person" in refuses(archive, *enrolment(twin, ORIGIN)).what
    assert "one use" in refuses(archive, enrolled_key(person.stream, person.key, ORIGIN, "cosigner")).what
    assert "in use" in refuses(archive, enrolled_key(archive.archivaris.stream, person.key, ORIGIN)).what


def test_a_key_belongs_to_one_person_even_within_one_commit(archive: Founded) -> None:
    key = archive.new_key()
    first, second = (Person(new_stream(archive.entropy), key) for _ in range(2))
    assert "one person" in refuses(archive, *enrolment(first, ORIGIN), *enrolment(second, ORIGIN)).what


def test_a_revoked_key_is_not_enrolled_again(archive: Founded) -> None:
    person = archive.enrol("behandelaar")
    archive.append(revoked(person))
    assert "in use" in refuses(archive, enrolled_key(person.stream, person.key, ORIGIN)).what
    assert "in use" in refuses(archive, enrolled_key(archive.archivaris.stream, person.key, ORIGIN)).what


def test_a_log_key_is_no_persons_key_and_no_cosigners(archive: Founded) -> None:
    ed25519, ml_dsa = archive.log_keys.keys
    stream = archive.archivaris.stream
    assert "in use" in refuses(archive, enrolled_key(stream, ed25519, ORIGIN)).what
    assert "in use" in refuses(archive, enrolled_key(stream, ml_dsa, ORIGIN, "cosigner")).what
    fresh = list(keys.generate("x", "log", archive.entropy).keys)
    archive.append(rotated(archive, fresh))
    for key in (ed25519, fresh[0]):
        assert "in use" in refuses(archive, enrolled_key(stream, key, ORIGIN)).what


def test_a_key_belongs_to_a_person_who_is_enrolled(archive: Founded) -> None:
    key = archive.new_key()
    stranger = new_stream(archive.entropy)
    assert "not-found" == refuses(archive, enrolled_key(stranger, key, ORIGIN)).code
    letter = archive.append(archive.letter()).streams[0]
    assert "belongs to a person" in refuses(archive, enrolled_key(letter, key, ORIGIN)).what


def test_a_person_signs_with_ed25519_and_a_cosigner_with_either(archive: Founded) -> None:
    key = MlDsaSigningKey(bytes(32))
    stream = archive.archivaris.stream
    assert "Ed25519" in refuses(archive, enrolled_key(stream, key, ORIGIN)).what
    archive.append(enrolled_key(stream, key, ORIGIN, "cosigner"))
    assert [key.public] == [enrolled.public for enrolled in archive.journal.authority.cosigners()]


@pytest.mark.parametrize("use", ["cosigner", "log"])
def test_a_key_for_another_use_signs_no_commits(archive: Founded, use: str) -> None:
    key = archive.new_key()
    archive.append(enrolled_key(archive.archivaris.stream, key, ORIGIN, use))
    error = refuses(archive, archive.letter(), by=Person(archive.archivaris.stream, key))
    assert f"is a {use} key" in error.what


def test_an_unknown_key_signs_nothing(archive: Founded) -> None:
    stranger = Person(new_stream(archive.entropy), Ed25519SigningKey(bytes(range(32))))
    assert "was not enrolled" in refuses(archive, archive.letter(), by=stranger).what


# revocation


def test_a_revoked_key_signs_nothing_from_its_revocation_on(archive: Founded) -> None:
    person = archive.enrol("behandelaar", "archivaris")
    before = archive.append(archive.letter(), by=person)
    at = archive.append(revoked(person, suspect_from=before.seqs[0])).seqs[0]
    error = refuses(archive, archive.letter(), by=person)
    assert f"revoked at entry {at}" in error.what
    enrolled = archive.journal.authority.keys[person.key.public.id]
    assert (at, before.seqs[0]) == (enrolled.revoked, enrolled.suspect_from)


def test_a_key_may_revoke_itself_once(archive: Founded) -> None:
    person = archive.enrol("archivaris", "recordmanager")
    archive.append(revoked(person), by=person)
    assert "revoked" in refuses(archive, revoked(person), by=person).what
    first = archive.journal.authority.keys[person.key.public.id].revoked
    archive.append(revoked(person))
    assert first == archive.journal.authority.keys[person.key.public.id].revoked, "the first revocation counts"


def test_revocation_is_judged_by_position_and_not_by_a_claimed_time(archive: Founded) -> None:
    person = archive.enrol("behandelaar")
    archive.append(revoked(person))
    for time in ("1990-01-01T00:00:00Z", "2021-01-14T09:00:00Z"):
        assert "revoked" in archive.journal.authority.judge(person.key.public.id, ORIGIN, ["letter_edited.v1"])[0], time


def test_only_a_persons_own_key_is_revoked_on_their_stream(archive: Founded) -> None:
    person, other = archive.enrol("behandelaar"), archive.enrol("behandelaar")
    assert "not one of this person" in refuses(archive, revoked(person, other.key)).what
    assert "not one of this person" in refuses(archive, revoked(person, archive.new_key())).what
    assert "before its revocation" in refuses(archive, revoked(person, suspect_from=10_000)).what


def test_another_key_of_the_same_person_goes_on(archive: Founded) -> None:
    person = archive.enrol("behandelaar")
    second = archive.new_key()
    archive.append(enrolled_key(person.stream, second, ORIGIN), revoked(person))
    archive.append(archive.letter(), by=Person(person.stream, second))


# roles


def test_who_has_no_role_appends_nothing(archive: Founded) -> None:
    person = archive.enrol()
    error = refuses(archive, archive.letter(), by=person)
    assert "letter_registered needs the role behandelaar or recordmanager or griffie or archivaris" == error.what
    assert person.key.public.id[:8] in error.where


def test_one_event_that_is_not_allowed_stops_the_whole_commit(archive: Founded) -> None:
    person = archive.enrol("behandelaar")
    assert "person_enrolled" in refuses(archive, archive.letter(), *enrolment(person, ORIGIN)[:1], by=person).what


def test_a_role_counts_from_the_next_commit_on(archive: Founded) -> None:
    person = archive.enrol()
    archive.append(granted(person, "behandelaar"))
    archive.append(archive.letter(), by=person)
    archive.append(withdrawn(person, "behandelaar"))
    assert "needs the role" in refuses(archive, archive.letter(), by=person).what
    assert "does not hold" in refuses(archive, withdrawn(person, "behandelaar")).what
    archive.append(granted(person, "behandelaar"), granted(person, "behandelaar"))
    archive.append(archive.letter(), by=person)


def test_nobody_grants_themselves_the_role_they_need(archive: Founded) -> None:
    person = archive.enrol("behandelaar")
    assert "role_granted needs" in refuses(archive, granted(person, "archivaris"), by=person).what


def test_a_role_is_granted_to_a_person(archive: Founded) -> None:
    letter = archive.append(archive.letter()).streams[0]
    assert "belongs to a person" in refuses(archive, draft("role_granted.v1", letter, {"role": "griffie"})).what


# log keys


def test_log_keys_are_changed_for_new_ones_that_somebody_holds(archive: Founded) -> None:
    old = archive.journal.authority.log_keys
    fresh = list(keys.generate("x", "log", archive.entropy).keys)
    archive.append(rotated(archive, fresh))
    authority = archive.journal.authority
    assert [key.public for key in fresh] == authority.log_keys
    assert [old] == authority.former_log_keys
    assert all(authority.is_log_key(key.id) for key in (*old, *authority.log_keys))
    assert not authority.is_log_key(archive.archivaris.key.public.id)


def test_log_keys_are_not_changed_without_proof_or_for_known_ones(archive: Founded) -> None:
    fresh = list(keys.generate("x", "log", archive.entropy).keys)
    wrong = list(keys.generate("y", "log", archive.entropy).keys)
    assert isinstance(refuses(archive, rotated(archive, fresh, wrong)), SignatureError)
    assert "was a key of this log" in refuses(archive, rotated(archive, list(archive.log_keys.keys))).what
    assert "person's key" in refuses(archive, rotated(archive, [archive.archivaris.key])).what
    archive.append(rotated(archive, fresh))
    assert "was a key of this log" in refuses(archive, rotated(archive, list(archive.log_keys.keys))).what


def test_a_log_goes_on_under_a_new_name_from_where_it_is(archive: Founded, authority: Authority) -> None:
    facts: dict[str, Any] = {"origin": "archief.voorbeeld.nl/77aa01b3", "root": "0" * 64, "size": 7}
    for wrong in ({"origin_old": "archief.voorbeeld.nl/00000000"}, {"origin_old": ORIGIN, "size": 41}):
        with pytest.raises(RefusedError):
            take(authority, event(draft("log_continued.v1", archive.stream, {**facts, **wrong})))
    take(authority, event(draft("log_continued.v1", archive.stream, {**facts, "origin_old": ORIGIN})))
    assert ("archief.voorbeeld.nl/77aa01b3", [(ORIGIN, 7)]) == (authority.origin, authority.former_origins)
    reasons = authority.judge(archive.archivaris.key.public.id, ORIGIN, ["letter_edited.v1"])
    assert [f"the commit is of log {ORIGIN}, this log is archief.voorbeeld.nl/77aa01b3"] == reasons


# destructions


def test_a_destruction_covers_what_was_announced_and_demands_what_was_closed(archive: Founded) -> None:
    letter, other = (archive.append(archive.letter()).streams[0] for _ in range(2))
    made = decide(archive, letter)
    assert not archive.journal.authority.destructions.cover(6, letter, 0)
    archive.append(made.started())
    rules = archive.journal.authority.destructions
    assert [True, False] == [rules.cover(6, letter, 9), rules.cover(6, other, 9)]
    assert not rules.demand(6, letter, 0)
    archive.append(made.destroyed(letter))
    rules = archive.journal.authority.destructions
    assert [True, False] == [rules.demand(6, letter, version) for version in (0, 1)]
    assert [True, False] == [rules.cover(6, letter, version) for version in (0, 1)]


def test_a_single_payload_of_its_own_stream_is_erased_after_it_was_written(
    archive: Founded, authority: Authority
) -> None:
    stream, other = new_stream(archive.entropy), new_stream(archive.entropy)
    facts = {"seqs": [11, 13], "ground": "avg:17", "decision": "besluit:2"}
    with pytest.raises(RefusedError, match="after it was written"):
        take(authority, event(draft("payload_erased.v1", stream, {**facts, "seqs": [11, 99]}), 50))
    take(authority, event(draft("payload_erased.v1", stream, facts), 50))
    assert [True, False, True] == [authority.destructions.demand(seq, stream, 0) for seq in (11, 12, 13)]
    assert not authority.destructions.cover(11, other, 0)


# the fold


def test_a_copy_goes_its_own_way(archive: Founded) -> None:
    authority = archive.journal.authority
    twin = authority.copy()
    assert authority == twin
    before = authority.copy()
    take(twin, event(granted(archive.archivaris, "griffie")))
    take(twin, event(revoked(archive.archivaris)))
    take(twin, event(rotated(archive, list(keys.generate("x", "log", archive.entropy).keys))))
    letter = new_stream(archive.entropy)
    take(
        twin,
        event(
            draft(
                "hold_placed.v1", new_stream(archive.entropy), {"ground": "own", "streams": [letter]}, {"reason": "x"}
            )
        ),
    )
    take(
        twin,
        event(
            draft("payload_erased.v1", archive.archivaris.stream, {"seqs": [1], "ground": "avg:17", "decision": "b:2"})
        ),
    )
    twin.persons["x"] = 1
    assert before == authority


def test_every_type_that_authority_rests_on_is_understood() -> None:
    assert set(AUTHORITY_TYPES) == {*_HANDLERS, *DESTRUCTION_TYPES, *TRANSFER_TYPES}
    assert set(AUTHORITY_TYPES) <= set(catalogue.TYPES)


def test_a_commit_that_names_another_log_than_it_founds_is_unauthorised(archive: Founded) -> None:
    log = Log(archive.storage)
    events = [log.event(seq) for seq in range(6)]
    commit = log.last_commit
    assert [] == Authority().admit(commit, events).unauthorised
    other = msgspec.structs.replace(commit, origin="archief.voorbeeld.nl/00000000")
    assert "its events name" in Authority().admit(other, events).unauthorised[0]
    stranger = msgspec.structs.replace(commit, key="0" * 64)
    assert "key that it enrols" in Authority().admit(stranger, events).unauthorised[0]
    assert "needs the role" in Authority().admit(commit, [*events, event(_settled())]).unauthorised[0]


def _settled() -> Draft:
    stream = "5b1e0000-0000-4000-8000-000000000000"
    return draft("commitment_settled.v1", stream, {"result": "settled", "date": "2021-01-14"})


def test_an_event_that_cannot_be_changes_nothing_and_is_named(archive: Founded) -> None:
    authority = archive.journal.authority.copy()
    before = authority.copy()
    commit = archive.journal.last_commit
    assert commit is not None
    judgement = authority.admit(commit, [event(withdrawn(archive.archivaris, "griffie"), 44)])
    assert ["entry 44: this person does not hold that role"] == judgement.unauthorised
    assert before == authority
