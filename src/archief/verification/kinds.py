"""How lines of one event type are checked, quickly: what a scan does a million times.

A whole line is decoded, encoded again and compared: that is its form, its canonical bytes and every bound at once.
What a line must be beyond that is left to the scan, which compares the commitment with a hash and the stream with
those it saw. Whatever fails here is read once more by the strict decoders of ``events.envelope``, which say what is
wrong.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from archief.canonical import Count
from archief.errors import MalformedError
from archief.events import catalogue, envelope
from archief.events.base import EventType
from archief.events.shape import shape_of
from archief.index import is_authority
from archief.rules.signing import LETTER_SIGNED

Salt = Annotated[bytes, msgspec.Meta(min_length=envelope.SALT_BYTES, max_length=envelope.SALT_BYTES)]
"""As bytes, msgspec reads base64 and writes it in its one form: comparing the line finds every other spelling."""

SEEN_MAX = 4_000
"""Facts repeat (a code, a day, a dossier): so many of a type are tried against its patterns once and remembered."""

_encode = msgspec.json.Encoder(order="sorted").encode
"""What was decoded can be encoded: ``canonical.encode_struct`` without its error."""


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
        shape = shape_of(known.facts)
        repeats = not self.looked and bool(msgspec.structs.fields(shape)) and _is_plain(shape)
        self._strict = msgspec.json.Decoder(_event(known.tag, known.facts))
        self._event = msgspec.json.Decoder(_event(known.tag, shape)) if repeats else self._strict
        self._seen: set[Any] | None = set() if repeats else None
        data = _line(("data", shape_of(known.data)), ("salt", Salt), ("seq", Count)) if known.data else None
        self._payload: msgspec.json.Decoder[Any] | None = msgspec.json.Decoder(data) if data else None

    def read(self, entry: bytes) -> Any:  # noqa: ANN401 - as ``envelope.Event``
        """Read an event line. Neither its commitment nor its stream id is checked for its form.

        None when the line is not of the form, and the strict decoder must say why.
        """
        seen = self._seen
        try:
            event = self._event.decode(entry)
            if seen is not None and event.facts not in seen:
                self._strict.decode(entry)
                if len(seen) < SEEN_MAX:
                    seen.add(event.facts)
        except (msgspec.DecodeError, UnicodeError):
            return None
        return event if _encode(event) == entry else None

    def read_payload(self, line: bytes) -> Any:  # noqa: ANN401 - with ``data``, of the type's shape, and ``seq``
        """Read a payload line; None when it is not of the form."""
        if self._payload is None:
            return None
        try:
            payload = self._payload.decode(line)
        except (msgspec.DecodeError, UnicodeError):
            return None
        return payload if _encode(payload) == line else None


def _is_plain(shape: type[msgspec.Struct]) -> bool:
    """Whether no field of a shape holds a list or another struct, so that its values can be remembered."""
    hints = list(get_type_hints(shape).values())
    while hints:
        hint = hints.pop()
        if get_origin(hint) in (list, dict) or (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
            return False
        hints += [] if get_origin(hint) is Literal else get_args(hint)
    return True


def _event(tag: str, facts: type[msgspec.Struct]) -> Any:  # noqa: ANN401 - the type of an event line
    return _line(
        ("facts", facts),
        ("payload", str | None),
        ("seq", Count),
        ("stream", str),
        ("stream_seq", Count),
        ("type", Literal[tag]),
    )


def _line(*fields: tuple[str, Any]) -> Any:  # noqa: ANN401 - the type of a line
    """The struct of a line. No cycle can go through one: the collector need not look."""
    return msgspec.defstruct("Line", fields, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False)


@functools.lru_cache(maxsize=512)
def kind_of(tag: bytes) -> Kind | None:
    """The checks of a type by its tag; None for a type that this program does not know."""
    known = catalogue.TYPES.get(tag.decode("ascii", "replace"))
    return Kind(known) if known is not None else None


def explain_event(entry: bytes) -> str:
    """What is wrong with an event line that :meth:`Kind.read` or the scan refused."""
    try:
        envelope.decode_event(entry)
    except MalformedError as error:
        return error.what
    return "not of the form"


def explain_payload(tag: str, line: bytes) -> str:
    """What is wrong with a payload line that :meth:`Kind.read_payload` refused."""
    try:
        envelope.decode_payload(tag, line)
    except MalformedError as error:
        return error.what
    return "not of the form"
