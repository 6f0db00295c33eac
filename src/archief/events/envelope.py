r"""The lines of the log: an event, a commit, a payload line; their bytes and what is signed (format.md §2-3).

Knows the shape of a line and the messages that signatures are made over. Does not know files, trees or rules.

An **entry** is one line's bytes without its newline, at most 65,535 bytes. Its member ``type`` sorts last, so the
kind of an entry is read off its end. An event::

    {"facts": {}, "payload": "9f2c…", "seq": 40, "stream": "5b1e…", "stream_seq": 3, "type": "letter_edited.v1"}

A commit seals the events just before it::

    {
        "base": {"root": "…", "size": 40},
        "events": 2,
        "id": "0190…",
        "key": "…",
        "origin": "archief.maastricht.nl/5f0c91d2",
        "root": "…",
        "seq": 42,
        "sig": "…",
        "time": "2021-01-14T09:12:33Z",
        "type": "commit.v1",
    }

A **payload line** holds what can be erased; its commitment stands in the event::

    {"data":{…},"salt":"<32 random bytes, base64>","seq":40}

>>> tag_of(b'{"facts":{},"payload":null,"seq":0,"stream":"s","stream_seq":0,"type":"letter_edited.v1"}')
'letter_edited.v1'
"""

from __future__ import annotations

import binascii
import datetime as dt
import functools
import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from archief import canonical
from archief.canonical import Count
from archief.errors import MalformedError
from archief.events import catalogue

ENTRY_BYTES_MAX = 65_535
"""An entry fits a C2SP tlog-tiles bundle, whose lengths are 16 bits."""

PAYLOAD_BYTES_MAX = 1024 * 1024
"""What is longer is a document."""

EVENTS_MAX = 16_000
"""Events in one commit; an append then touches two segments at most."""

SEGMENT_ENTRIES = 16_384
"""Entries in one segment: 64 full tiles."""

COMMIT_TAG = "commit.v1"
COMMIT_END = b'"type":"commit.v1"}'

SALT_BYTES = 32
_COMMIT_PREFIX = b"archief/commit/v1\0"
PAYLOAD_PREFIX = b"archief/payload/v1\0"
_POSSESSION_PREFIX = b"archief/possess-key/v1\0"
_LETTER_PREFIX = b"archief/sign-letter/v1\0"
_TYPE_MARK = b'"type":"'
_SIG_MARK = b'"sig":"'

HashHex = Annotated[str, msgspec.Meta(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")]
Uuid = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
STREAM_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
COMMIT_ID_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened: one entry of the log, without anything personal.

    ``facts`` is the typed struct of the event's type, or a plain mapping for a type this program does not know.
    """

    facts: Any
    payload: str | None
    seq: Count
    stream: str
    stream_seq: Count
    type: str


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Root and size of the whole tree just before a commit's first event."""

    root: HashHex
    size: Count


class Commit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who appended the events just before it; itself an entry."""

    base: Base
    events: Annotated[int, msgspec.Meta(ge=1, le=EVENTS_MAX)]
    id: Uuid
    key: HashHex
    origin: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9.-]{0,199}/[0-9a-f]{8}$", max_length=209)]
    root: HashHex
    seq: Count
    sig: Annotated[str, msgspec.Meta(min_length=88, max_length=88)]
    time: Annotated[str, msgspec.Meta(min_length=20, max_length=20)]
    type: Literal["commit.v1"]


_commit_decoder = msgspec.json.Decoder(Commit)


@functools.cache
def event_decoder(tag: str) -> msgspec.json.Decoder[Event]:
    """A decoder for one type's lines: the envelope with that type's facts."""
    shape = msgspec.defstruct(
        "EventLine",
        [
            ("facts", catalogue.TYPES[tag].facts),
            ("payload", HashHex | None),
            ("seq", Count),
            ("stream", Uuid),
            ("stream_seq", Count),
            ("type", Literal[tag]),
        ],
        bases=(msgspec.Struct,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(shape)


@functools.cache
def payload_decoder(tag: str) -> msgspec.json.Decoder[Any]:
    """A decoder for one type's payload lines."""
    shape = msgspec.defstruct(
        "PayloadLine",
        [
            ("data", catalogue.TYPES[tag].data),
            ("salt", Annotated[str, msgspec.Meta(min_length=44, max_length=44)]),
            ("seq", Count),
        ],
        bases=(msgspec.Struct,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(shape)


def tag_of(entry: bytes) -> str:
    """Read an entry's type off its end: ``type`` sorts after every other member.

    Raises:
        MalformedError: the entry does not end as an entry ends.
    """
    start = entry.rfind(_TYPE_MARK)
    if start < 0 or not entry.endswith(b'"}'):
        raise MalformedError("not an entry of the log")
    return entry[start + len(_TYPE_MARK) : -2].decode("ascii", "replace")


def is_commit(entry: bytes) -> bool:
    """Whether an entry is a commit line."""
    return entry.endswith(COMMIT_END)


def decode_event(entry: bytes, where: str = "") -> Event:
    """Read an event line: canonical, of a known type, with facts of that type's schema.

    Raises:
        MalformedError: anything else; a type that this program does not know is named as such.
    """
    tag = tag_of(entry)
    if tag not in catalogue.TYPES:
        raise MalformedError(
            "an event type that this version of archief does not know", where=where, remedy="install a newer archief"
        )
    event = canonical.decode_as(event_decoder(tag), entry, where)
    if not STREAM_PATTERN.fullmatch(event.stream):
        raise MalformedError("the stream id is not a UUIDv4", where=where)
    return event


def decode_commit(entry: bytes, where: str = "") -> Commit:
    """Read a commit line: canonical and of the schema. Does not check its signature.

    Raises:
        MalformedError: anything else.
    """
    commit = canonical.decode_as(_commit_decoder, entry, where)
    if not COMMIT_ID_PATTERN.fullmatch(commit.id):
        raise MalformedError("the commit id is not a UUIDv7", where=where)
    if not TIME_PATTERN.fullmatch(commit.time) or not _is_moment(commit.time):
        raise MalformedError("the commit's time is no moment of the form 2021-01-14T09:12:33Z", where=where)
    return commit


def _is_moment(time: str) -> bool:
    try:
        dt.datetime.fromisoformat(time)
    except ValueError:
        return False
    return True


def decode_payload(tag: str, line: bytes, where: str = "") -> Any:  # noqa: ANN401 - .data is the type's struct
    """Read a payload line: canonical, with data of the type's schema. The result has ``data``, ``salt`` and ``seq``.

    Raises:
        MalformedError: anything else.
    """
    if len(line) > PAYLOAD_BYTES_MAX:
        raise MalformedError(f"a payload line of {len(line):,} bytes; the limit is {PAYLOAD_BYTES_MAX:,}", where=where)
    if catalogue.TYPES[tag].data is None:
        raise MalformedError("a payload for an event type that has none", where=where)
    payload = canonical.decode_as(payload_decoder(tag), line, where)
    if len(canonical.base64_decode(payload.salt, where)) != SALT_BYTES:
        raise MalformedError("the salt is not 32 bytes", where=where)
    return payload


def encode_event(facts: bytes, commitment: str | None, seq: int, stream: str, stream_seq: int, tag: str) -> bytes:
    """Write an event line from facts that are canonical already."""
    held = f'"{commitment}"' if commitment is not None else "null"
    rest = f',"payload":{held},"seq":{seq},"stream":"{stream}","stream_seq":{stream_seq},"type":"{tag}"}}'
    return b'{"facts":' + facts + rest.encode()


def encode_payload(data: bytes, salt: bytes, seq: int) -> bytes:
    """Write a payload line from data that are canonical already and 32 fresh random bytes."""
    return b'{"data":%b,"salt":"%b","seq":%d}' % (data, binascii.b2a_base64(salt, newline=False), seq)


def commitment(payload_line: bytes) -> str:
    """The salted commitment to a payload line, as it stands in the event (format.md §3)."""
    return hashlib.sha256(PAYLOAD_PREFIX + payload_line).hexdigest()


def commit_message(commit_entry: bytes) -> bytes:
    """What a commit's signature is over: the canonical commit without its member ``sig``.

    Raises:
        MalformedError: the entry has no ``sig``.
    """
    start = commit_entry.find(_SIG_MARK)
    end = commit_entry.find(b'"', start + len(_SIG_MARK))
    if start < 0 or end < 0:
        raise MalformedError("a commit without a signature")
    return _COMMIT_PREFIX + commit_entry[:start] + commit_entry[end + 2 :]  # the comma goes with it


def possession_message(origin: str, person: str, key: str) -> bytes:
    """What a key signs to prove that its owner holds it.

    Args:
        origin: the log's name.
        person: the stream id of the person.
        key: the key's id.
    """
    return _POSSESSION_PREFIX + canonical.encode_struct({"key": key, "origin": origin, "person": person})


def letter_message(
    origin: str, stream: str, covers: Sequence[Any], role: str, on_behalf_of: str | None, basis: str
) -> bytes:
    """What an office-holder's key signs: one version of a letter, in a role, on a legal basis (format.md §2).

    Args:
        origin: the log's name.
        stream: the letter.
        covers: ``commitment`` and ``seq`` of every content event that makes up the version, in order.
        role: the office in which the letter is signed.
        on_behalf_of: the organ it is signed for, or None.
        basis: the legal basis.
    """
    covered = [{"commitment": item.commitment, "seq": item.seq} for item in covers]
    return _LETTER_PREFIX + canonical.encode(
        {
            "basis": basis,
            "covers": covered,
            "on_behalf_of": on_behalf_of,
            "origin": origin,
            "role": role,
            "stream": stream,
        }
    )
