"""The lines of the log have one form, and what is signed cannot be taken for anything else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from archief import canonical
from archief.errors import MalformedError
from archief.events import envelope
from archief.events.letters import Covered
from archief.log import Log
from archief.storage.memory import MemoryStorage
from tests.founding import ORIGIN, found

STREAM = "5b1e0a00-0000-4000-8000-00000000abcd"
SALT = bytes(range(32))
LINE = envelope.encode_payload(b'{"subject":"Fietsenstalling"}', SALT, 40)
EVENT = envelope.encode_event(b"{}", envelope.commitment(LINE), 40, STREAM, 3, "letter_edited.v1")


@pytest.fixture(scope="module")
def commit() -> bytes:
    return Log(found(MemoryStorage()).storage).tail.commit


def changed(line: bytes, **members: Any) -> bytes:
    """A line with other members, in canonical form."""
    return canonical.encode({**json.loads(line), **members})


def without(line: bytes, member: str) -> bytes:
    return canonical.encode({name: value for name, value in json.loads(line).items() if name != member})


def test_an_event_reads_back() -> None:
    event = envelope.decode_event(EVENT)
    assert (40, STREAM, 3, "letter_edited.v1") == (event.seq, event.stream, event.stream_seq, event.type)
    assert envelope.commitment(LINE) == event.payload
    assert EVENT == canonical.encode(event)


def test_an_event_without_a_payload_says_null() -> None:
    entry = envelope.encode_event(b'{"role":"griffie"}', None, 0, STREAM, 0, "role_granted.v1")
    assert b'"payload":null' in entry
    assert envelope.decode_event(entry).payload is None


@pytest.mark.parametrize(
    "members",
    [
        {"facts": {"name": "S. de Vries"}},
        {"facts": None},
        {"facts": []},
        {"payload": "9f2c"},
        {"payload": "A" * 64},
        {"payload": ""},
        {"seq": -1},
        {"seq": "40"},
        {"seq": 2**53 + 1},
        {"seq": None},
        {"stream": "5b1e"},
        {"stream": STREAM.upper()},
        {"stream": STREAM.replace("-4000-", "-7000-")},
        {"stream": STREAM.replace("-8000-", "-c000-")},
        {"stream_seq": -1},
        {"type": "letter_edited.v2"},
        {"type": "commit.v1"},
        {"type": ""},
        {"extra": 1},
    ],
    ids=str,
)
def test_an_event_of_another_form_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        envelope.decode_event(changed(EVENT, **members))


@pytest.mark.parametrize("member", ["facts", "payload", "seq", "stream", "stream_seq", "type"])
def test_an_event_that_lacks_a_member_is_refused(member: str) -> None:
    with pytest.raises(MalformedError):
        envelope.decode_event(without(EVENT, member))


def test_a_type_of_a_newer_program_is_named_as_such() -> None:
    with pytest.raises(MalformedError, match="does not know") as caught:
        envelope.decode_event(changed(EVENT, type="letter_sealed.v9"), "entry 40")
    assert ("entry 40", "install a newer archief") == (caught.value.where, caught.value.remedy)


@pytest.mark.parametrize("line", [b"", b"{}", b"null", b"\xff", b'{"type":"x"', b'{"type":1}'])
def test_what_is_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(MalformedError):
        envelope.decode_event(line)


@pytest.mark.parametrize("line", ["event", "commit", "payload"])
def test_every_changed_byte_is_refused_or_changes_what_is_signed(line: str, commit: bytes) -> None:
    """A byte outside a value breaks the form; one in a value makes another line, which its hash tells apart."""
    original = {"event": EVENT, "commit": commit, "payload": LINE}[line]
    decoders: dict[str, Callable[[bytes], Any]] = {
        "event": envelope.decode_event,
        "commit": envelope.decode_commit,
        "payload": partial(envelope.decode_payload, "letter_edited.v1"),
    }
    decode = decoders[line]
    for at in range(len(original)):
        for flip in (0x01, 0x02, 0x20, 0x80):
            raw = original[:at] + bytes([original[at] ^ flip]) + original[at + 1 :]
            try:
                read = decode(raw)
            except MalformedError:
                continue
            assert raw == canonical.encode(read), f"byte {at}"
            assert decode(original) != read, f"byte {at}"


def test_a_commit_reads_back(commit: bytes) -> None:
    read = envelope.decode_commit(commit)
    assert (0, 6, 6, ORIGIN) == (read.base.size, read.events, read.seq, read.origin)
    assert commit == canonical.encode(read)
    assert envelope.is_commit(commit)
    assert not envelope.is_commit(EVENT)
    assert ("commit.v1", "letter_edited.v1") == (envelope.tag_of(commit), envelope.tag_of(EVENT))


@pytest.mark.parametrize(
    "members",
    [
        {"base": {"root": "0" * 64}},
        {"base": {"root": "0" * 64, "size": -1}},
        {"base": {"root": "0" * 64, "size": 0, "time": ""}},
        {"base": {"root": "F" * 64, "size": 0}},
        {"events": 0},
        {"events": 16_001},
        {"id": "01900000-0000-4000-8000-000000000000"},
        {"id": "01900000-0000-7000-8000-00000000000G"},
        {"key": "0" * 63},
        {"origin": ""},
        {"origin": "x" * 256},
        {"root": "0" * 65},
        {"sig": "A" * 87},
        {"sig": ""},
        {"time": "2021-01-14T09:12:33+00"},
        {"time": "2021-01-14 09:12:33Z"},
        {"time": "2021-02-30T09:12:33Z"},
        {"time": "2021-01-14T24:12:33Z"},
        {"time": "2021-01-14T09:12:60Z"},
        {"time": "0000-01-14T09:12:33Z"},
        {"type": "commit.v2"},
        {"note": "x"},
    ],
    ids=str,
)
def test_a_commit_of_another_form_is_refused(commit: bytes, members: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        envelope.decode_commit(changed(commit, **members), "entry 6")


@pytest.mark.parametrize("member", ["base", "events", "id", "key", "origin", "root", "seq", "sig", "time", "type"])
def test_a_commit_that_lacks_a_member_is_refused(commit: bytes, member: str) -> None:
    with pytest.raises(MalformedError):
        envelope.decode_commit(without(commit, member))


def test_a_commit_signs_itself_without_its_signature(commit: bytes) -> None:
    message = envelope.commit_message(commit)
    prefix, _, rest = message.partition(b"\0")
    assert b"archief/commit/v1" == prefix
    assert without(commit, "sig") == rest
    assert message == envelope.commit_message(changed(commit, sig="B" * 88)), "the signature itself is not signed"


def test_an_origin_cannot_hide_a_signature(commit: bytes) -> None:
    sly = changed(commit, origin='x","sig":"AAAA","y":"')
    assert b"archief/commit/v1\0" + without(sly, "sig") == envelope.commit_message(sly)


def test_what_has_no_signature_has_no_message() -> None:
    with pytest.raises(MalformedError):
        envelope.commit_message(EVENT)


def test_a_payload_reads_back() -> None:
    payload = envelope.decode_payload("letter_edited.v1", LINE)
    assert ("Fietsenstalling", 40) == (payload.data.subject, payload.seq)
    assert SALT == canonical.base64_decode(payload.salt)
    assert LINE == canonical.encode(payload)


@pytest.mark.parametrize(
    "line",
    [
        envelope.encode_payload(b'{"subject":"x"}', bytes(31), 40),
        envelope.encode_payload(b'{"subject":"x"}', bytes(33), 40),
        envelope.encode_payload(b'{"unknown":"x"}', SALT, 40),
        envelope.encode_payload(b'{"subject":1}', SALT, 40),
        envelope.encode_payload(b"null", SALT, 40),
        LINE[:-1],
        LINE + b" ",
        LINE.replace(b'"seq":40', b'"seq":40,"x":1'),
        LINE.replace(b'"subject"', b'"subject":"a","subject"'),
    ],
)
def test_a_payload_of_another_form_is_refused(line: bytes) -> None:
    with pytest.raises(MalformedError):
        envelope.decode_payload("letter_edited.v1", line, "line 7")


def test_a_payload_is_a_mebibyte_at_most() -> None:
    text = b'"' + b"x" * 99_000 + b'"'
    room = envelope.PAYLOAD_BYTES_MAX - len(envelope.encode_payload(b'{"body":[]}', SALT, 40))
    passages = [text] * (room // (len(text) + 1))
    rest = room - sum(len(one) + 1 for one in passages)
    passages.append(b'"' + b"y" * (rest - 2) + b'"')
    largest = envelope.encode_payload(b'{"body":[%b]}' % b",".join(passages), SALT, 40)
    assert envelope.PAYLOAD_BYTES_MAX == len(largest)
    assert 40 == envelope.decode_payload("letter_edited.v1", largest).seq
    with pytest.raises(MalformedError, match="1,048,576"):
        envelope.decode_payload("letter_edited.v1", largest.replace(b'"seq":40', b'"seq":400'))


def test_a_type_without_a_payload_has_none() -> None:
    with pytest.raises(MalformedError, match="has none"):
        envelope.decode_payload("key_enrolled.v1", LINE)


def test_a_commitment_is_salted_and_has_its_own_domain() -> None:
    assert hashlib.sha256(b"archief/payload/v1\0" + LINE).hexdigest() == envelope.commitment(LINE)
    other = envelope.encode_payload(b'{"subject":"Fietsenstalling"}', bytes(32), 40)
    assert envelope.commitment(LINE) != envelope.commitment(other)


def test_a_possession_names_log_person_and_key() -> None:
    message = envelope.possession_message("o/1", "person", "key")
    assert b'archief/possess-key/v1\0{"key":"key","origin":"o/1","person":"person"}' == message


def test_a_letters_signature_names_the_version_and_the_office() -> None:
    covers = [Covered(seq=40, commitment="c")]
    message = envelope.letter_message("o/1", "letter", covers, "burgemeester", None, "gemeentewet:59a.1")
    assert (
        b'archief/sign-letter/v1\0{"basis":"gemeentewet:59a.1","covers":[{"commitment":"c","seq":40}],'
        b'"on_behalf_of":null,"origin":"o/1","role":"burgemeester","stream":"letter"}'
    ) == message


def test_the_domains_of_signatures_and_hashes_differ() -> None:
    domains = {
        envelope.commit_message(b'{"sig":"","x":1}').partition(b"\0")[0],
        envelope.possession_message("", "", "").partition(b"\0")[0],
        envelope.letter_message("", "", [], "", None, "").partition(b"\0")[0],
        b"archief/payload/v1",
    }
    assert 4 == len(domains)
