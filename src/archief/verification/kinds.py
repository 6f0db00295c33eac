"""How lines of one event type are checked, quickly: what a scan does a million times.

The envelope of an event line is read by its fixed end; facts and data are decoded, encoded again and compared. Whatever
fails here is read once more by the strict decoders of ``events.envelope``, which say what is wrong.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from archief.canonical import encode_struct
from archief.errors import MalformedError
from archief.events import catalogue, envelope
from archief.events.base import EventType
from archief.events.shape import shape_of
from archief.index import is_authority
from archief.rules.signing import LETTER_SIGNED

_HEAD = b'{"facts":'
_MIDDLE = b',"payload":'
_TAIL = re.compile(
    rb',"payload":(?:null|"([0-9a-f]{64})"),"seq":(0|[1-9][0-9]{0,15}),"stream":"'
    rb'([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"'
    rb',"stream_seq":(0|[1-9][0-9]{0,15}),"type":"[a-z0-9_.]+"\}'
)
_SALT = re.compile(rb',"salt":"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="')
"""A salt of 32 bytes in the one form of base64: 43 characters and one of padding, the last character's spare bits
zero.
"""

_SALT_BYTES = len(b',"salt":""') + 44
_DATA_HEAD = b'{"data":'

REPEATING_BYTES = 100
REPEATING_MAX = 1_000
"""Short facts repeat (none at all, a code): so many of a type are checked once."""


class Kind:
    """The checks of one event type.

    Args:
        known: the type.
    """

    def __init__(self, known: EventType) -> None:
        self.tag = known.tag
        self.looked = is_authority(self.tag) or self.tag == LETTER_SIGNED
        self.documents = known.documents
        self.required = known.payload == "required"
        self._facts = msgspec.json.Decoder(known.facts)
        self._data = msgspec.json.Decoder(shape_of(known.data)) if known.data is not None else None
        self._seen: set[bytes] = set()
        self.facts: Any = None  # of the line read last, for a kind that is looked into

    def read(self, entry: bytes) -> tuple[bytes | None, bytes, bytes, bytes] | None:
        """Read an event line: commitment or None, seq, stream and stream_seq as they stand in it.

        None when the line is not of the form, and the strict decoder must say why.
        """
        middle = entry.rfind(_MIDDLE)
        tail = _TAIL.fullmatch(entry, middle) if middle > 0 else None
        if tail is None or not entry.startswith(_HEAD):
            return None
        facts = entry[len(_HEAD) : middle]
        if facts not in self._seen:
            try:
                self.facts = self._facts.decode(facts)
            except (msgspec.DecodeError, UnicodeError):
                return None
            if encode_struct(self.facts) != facts:
                return None
            if not self.looked and len(facts) < REPEATING_BYTES and len(self._seen) < REPEATING_MAX:
                self._seen.add(facts)
        held, seq, stream, stream_seq = tail.groups()
        return held, seq, stream, stream_seq

    def read_data(self, line: bytes, end: bytes) -> Any:  # noqa: ANN401 - the shape of the type's data, or None
        """Read the data of a payload line that ends with ``end``; None when the line is not of the form."""
        stop = len(line) - len(end)
        begin = stop - _SALT_BYTES
        data = line[len(_DATA_HEAD) : begin]
        if self._data is None or not line.startswith(_DATA_HEAD) or not _SALT.fullmatch(line, begin, stop):
            return None
        try:
            read = self._data.decode(data)
        except (msgspec.DecodeError, UnicodeError):
            return None
        return read if encode_struct(read) == data else None


def kind_of(tag: bytes) -> Kind | None:
    """The checks of a type by its tag; None for a type that this program does not know."""
    known = catalogue.TYPES.get(tag.decode("ascii", "replace"))
    return Kind(known) if known is not None else None


def explain_event(entry: bytes) -> str:
    """What is wrong with an event line that :meth:`Kind.read` refused."""
    try:
        envelope.decode_event(entry)
    except MalformedError as error:
        return error.what
    return "not of the form"


def explain_payload(tag: str, line: bytes) -> str:
    """What is wrong with a payload line that :meth:`Kind.read_data` refused."""
    try:
        envelope.decode_payload(tag, line)
    except MalformedError as error:
        return error.what
    return "not of the form"
