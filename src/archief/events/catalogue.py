"""The catalogue of all event types: by tag, by name, their decoders, and the check a writer makes.

>>> TYPES["letter_edited.v1"].stream
'letter'
>>> newest("letter_edited").tag
'letter_edited.v1'
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from archief import canonical
from archief.errors import MalformedError, NotFoundError
from archief.events.base import EventType, Happening, Word, check_word

_TAGS: dict[str, tuple[str, ...]] = {
    "archive": (
        "archive_founded.v1",
        "rule_set_adopted.v1",
        "log_key_rotated.v1",
        "log_continued.v1",
        "timestamp_obtained.v1",
        "checkpoint_cosigned.v1",
        "fixity_checked.v1",
        "audit_recorded.v1",
        "finding_opened.v1",
        "finding_assigned.v1",
        "finding_closed.v1",
        "backup_made.v1",
        "restore_completed.v1",
    ),
    "people": (
        "person_enrolled.v1",
        "key_enrolled.v1",
        "key_revoked.v1",
        "role_granted.v1",
        "role_withdrawn.v1",
        "mandate_granted.v1",
        "mandate_ended.v1",
    ),
    "letters": (
        "letter_registered.v1",
        "letter_edited.v1",
        "document_attached.v1",
        "document_converted.v1",
        "letter_signed.v1",
        "signature_validated.v1",
        "letter_dispatched.v1",
        "delivery_reported.v1",
        "letter_received.v1",
        "letter_withdrawn.v1",
        "letter_annotated.v1",
        "letters_related.v1",
        "number_voided.v1",
    ),
    "dossiers": (
        "dossier_opened.v1",
        "letter_filed.v1",
        "letter_unfiled.v1",
        "dossier_classified.v1",
        "dossier_closed.v1",
        "dossier_reopened.v1",
        "openness_restricted.v1",
        "restriction_lifted.v1",
    ),
    "council": (
        "meeting_planned.v1",
        "letter_tabled.v1",
        "commitment_made.v1",
        "commitment_settled.v1",
    ),
    "retention": (
        "hold_placed.v1",
        "hold_lifted.v1",
        "exemption_granted.v1",
        "destruction_proposed.v1",
        "destruction_reviewed.v1",
        "destruction_consented.v1",
        "destruction_authorised.v1",
        "destruction_cancelled.v1",
        "destruction_started.v1",
        "record_destroyed.v1",
        "records_destroyed.v1",
        "payload_erased.v1",
    ),
    "transfer": (
        "transfer_proposed.v1",
        "transfer_exported.v1",
        "transfer_offered.v1",
        "transfer_accepted.v1",
        "transfer_rejected.v1",
        "transfer_declared.v1",
        "record_imported.v1",
    ),
    "publication": (
        "copy_redacted.v1",
        "copy_published.v1",
        "copy_unpublished.v1",
    ),
}
"""The tags of each subject, in the order of design.md §3. The module of a subject is imported when first asked for: a
command that appends a letter does not pay for the structs of transfer."""

CONTENT_TAGS = frozenset(
    {
        "letter_registered.v1",
        "letter_edited.v1",
        "document_attached.v1",
        "document_converted.v1",
        "letter_received.v1",
    }
)
"""The types whose events make up a letter's version (format.md §2)."""


class _Types(Mapping[str, EventType]):
    """Tag to event type. Knows all tags from the start and imports a subject's module when one of its types is used."""

    def __init__(self, tags: Mapping[str, tuple[str, ...]]) -> None:
        self._subject = {tag: subject for subject, of_subject in tags.items() for tag in of_subject}
        self._loaded: dict[str, EventType] = {}

    def __getitem__(self, tag: str) -> EventType:
        found = self._loaded.get(tag)
        if found is None:
            self._load(self._subject[tag])
            found = self._loaded[tag]
        return found

    def __contains__(self, tag: object) -> bool:
        return tag in self._subject

    def __iter__(self) -> Iterator[str]:
        return iter(self._subject)

    def __len__(self) -> int:
        return len(self._subject)

    def _load(self, subject: str) -> None:
        for member in vars(importlib.import_module(f"archief.events.{subject}")).values():
            if isinstance(member, type) and issubclass(member, Happening) and member is not Happening:
                self._loaded[member.event_type.tag] = member.event_type


TYPES: Mapping[str, EventType] = _Types(_TAGS)
"""Every event type by its tag, in the order of the subjects of design.md §3."""


def newest(name: str) -> EventType:
    """Give the newest version of an event type, or the one that is named with its version.

    Args:
        name: ``letter_edited`` or ``letter_edited.v1``.

    Raises:
        NotFoundError: no such type; the nearest names are the remedy.
    """
    if name in TYPES:
        return TYPES[name]
    found = _newest_by_name().get(name)
    if found is None:
        raise NotFoundError(f"no event type {name}", remedy=_nearest(name))
    return TYPES[found]


@functools.cache
def _newest_by_name() -> Mapping[str, str]:
    """Give the newest tag of each name."""
    parted = sorted((int(version), name) for name, _, version in (tag.rpartition(".v") for tag in TYPES))
    return {name: f"{name}.v{version}" for version, name in parted}


def _nearest(name: str) -> str:
    import difflib  # noqa: PLC0415 - only a mistake needs it

    near = difflib.get_close_matches(name.partition(".")[0], _newest_by_name(), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else "archief events lists them all"


def of_tag(tag: str, where: str = "") -> EventType:
    """Give the type of an exact tag.

    Raises:
        NotFoundError: no such type.
    """
    if tag not in TYPES:
        raise NotFoundError(f"no event type {tag}", where=where, remedy=_nearest(tag))
    return TYPES[tag]


@functools.cache
def facts_decoder(tag: str) -> msgspec.json.Decoder[Word]:
    """The decoder of a type's facts; use it with :func:`archief.canonical.decode_as`.

    Raises:
        NotFoundError: no such type.
    """
    return msgspec.json.Decoder(of_tag(tag).facts)


@functools.cache
def data_decoder(tag: str) -> msgspec.json.Decoder[Word]:
    """The decoder of a type's payload data; use it with :func:`archief.canonical.decode_as`.

    Raises:
        NotFoundError: no such type.
        MalformedError: the type has no payload.
    """
    data = of_tag(tag).data
    if data is None:
        raise MalformedError("this event type has no payload", where=tag, remedy="leave out data")
    return msgspec.json.Decoder(data)


def convert(
    event_type: EventType, facts: Mapping[str, Any], data: Mapping[str, Any] | None
) -> tuple[Word, Word | None]:
    """Turn plain values, as a person or a file gives them, into the type's structs, and check them whole.

    Args:
        event_type: what they should be.
        facts: JSON-like values.
        data: JSON-like values, or None for no payload.

    Raises:
        MalformedError: with the path of the field, such as ``facts.key.public``.
    """
    made = _convert(facts, event_type.facts, "facts")
    payload = None
    if data is not None:
        if event_type.data is None:
            raise MalformedError("this event type has no payload", where="data", remedy="leave out data")
        payload = _convert(data, event_type.data, "data")
    check(event_type, made, payload)
    return made, payload


def _convert(values: Mapping[str, Any], shape: type[Word], where: str) -> Word:
    _refuse_null(values, where)
    try:
        return msgspec.convert(values, shape)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `")
        raise MalformedError(what[:1].lower() + what[1:], where=where + path.rstrip("`").removeprefix("$")) from None


def _refuse_null(value: object, where: str) -> None:
    """Refuse ``null`` instead of reading it as absent: in an edit somebody may mean to empty the field."""
    found = _null_path(value)
    if found is not None:
        raise MalformedError("null", where=where + found, remedy='leave the field out; in an edit "" empties it')


def _null_path(value: object) -> str | None:
    if value is None:
        return ""
    members: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for key, member in members:
        if member is None or isinstance(member, dict | list):
            below = _null_path(member)
            if below is not None:
                return (f".{key}" if isinstance(key, str) else f"[{key}]") + below
    return None


def check(event_type: EventType, facts: Word, data: Word | None) -> None:
    """Do what a decoder's patterns cannot: the payload rule, real dates, periods, base64, text, members twice.

    Args:
        event_type: what the structs are of.
        facts: a struct of ``event_type.facts`` that came out of a decoder or :func:`convert`.
        data: one of ``event_type.data``, or None for no payload.

    Raises:
        MalformedError: with the path of the field.
    """
    assert type(facts) is event_type.facts, "facts of another type"
    check_word(facts, "facts")
    if data is None:
        if event_type.payload == "required":
            raise MalformedError("this event type needs a payload", where="data")
    else:
        if event_type.data is None:
            raise MalformedError("this event type has no payload", where="data", remedy="leave out data")
        assert type(data) is event_type.data, "data of another type"
        check_word(data, "data")
    if event_type.happening.contradictions is not Happening.contradictions:
        for where, what in event_type.happening(facts=facts, data=data).contradictions():
            raise MalformedError(what, where=where)


def encode(word: Word) -> bytes:
    """Write facts or data in their one form: no field is a float and all integers are bounded."""
    return canonical.encode_struct(word)
