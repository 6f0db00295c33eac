"""A letter as its events make it: the last word on each field, its versions, signatures and dispatches. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from archief.cli.records import Happened
from archief.events.catalogue import CONTENT_TAGS

if TYPE_CHECKING:
    from archief.rules.destructions import Destructions

GONE = "[vernietigd]"
"""What stands where destroyed content stood."""

ERASED = "[gewist]"
"""What stands where words stood that were erased by themselves (AVG); the rest of the record is there."""


def gone(destructions: Destructions, stream: str) -> str:
    """What stands where destroyed content stood, with the certificate that tells of it where there is one already.

    Args:
        destructions: what is destroyed.
        stream: the record.
    """
    certificate = destructions.certificate(stream)
    if not destructions.of_copy(stream):
        return f"[vernietigd, verklaring {certificate[:8]}]" if certificate is not None else GONE
    return "[overgebracht, kopie vernietigd" + (f", verklaring {certificate[:8]}]" if certificate is not None else "]")


MISSING = "[ontbreekt]"
"""What stands where content is gone without a destruction: a loss."""

Name = Callable[[str], str]
"""Gives the name of a person's stream."""

_OUTSIDE = ("documents",)
_ROWS = ("fields", "fields_raw")
_STATUS = {
    "letter_registered": "registered",
    "letter_received": "received",
    "letter_dispatched": "dispatched",
    "letter_withdrawn": "withdrawn",
    "record_destroyed": "destroyed",
}
_RANK = ("registered", "received", "dispatched", "withdrawn", "destroyed")


def letter(happened: Sequence[Happened], name: Name) -> dict[str, Any]:
    """What a letter is now.

    Args:
        happened: its events in order.
        name: gives a person's name.

    Returns:
        Plain values, as ``show --json`` prints them.
    """
    fields: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    content = [one for one in happened if one.event.type in CONTENT_TAGS]
    for one in content:
        values = msgspec.to_builtins(one.data) if one.data is not None else {}
        fields |= {key: value for key, value in values.items() if key not in _OUTSIDE and key not in _own(one)}
    fields |= {name: _ordered(fields[name], fields.get("fields_order", [])) for name in _ROWS if fields.get(name)}
    for one in happened:
        if one.event.stream_seq == 0:
            facts = msgspec.to_builtins(one.event.facts)
    current = {one.event.seq for one in content}
    conversions = {one.event.seq for one in content if _is(one, "document_converted")}
    signatures = [_signature(one, current, conversions, name) for one in happened if _is(one, "letter_signed")]
    return {
        **facts,
        "status": _status(happened, signed=any(one["current"] for one in signatures)),
        "version": len(content),
        "fields": {key: value for key, value in fields.items() if value not in ("", [], {})},
        "gone": sum(one.payload == "absent" for one in content),
        "documents": [document for one in happened for document in _documents(one)],
        "signatures": signatures,
        "dispatches": [_plain(one) for one in happened if _is(one, "letter_dispatched")],
        "annotations": [_plain(one) for one in happened if _is(one, "letter_annotated")],
        "erasures": [_erasure(one) for one in happened if _is(one, "payload_erased")],
        "relations": [_plain(one) for one in happened if _is(one, "letters_related")],
    }


def _ordered(rows: dict[str, str], order: Sequence[str]) -> dict[str, str]:
    """Rows of a form in the form's order; what that does not name comes last."""
    places = {label: place for place, label in enumerate(order)}
    return dict(sorted(rows.items(), key=lambda row: places.get(row[0], len(places))))


def _is(one: Happened, name: str) -> bool:
    return one.event.type.rpartition(".v")[0] == name


def _own(one: Happened) -> tuple[str, ...]:
    """Fields that belong to the event and not to the letter."""
    if _is(one, "document_attached"):
        return ("title",)
    return ("source", "tool", "tool_version", "test", "result") if _is(one, "document_converted") else ()


def _status(happened: Sequence[Happened], *, signed: bool) -> str:
    """The furthest that was reached. A letter is signed while somebody has signed its last version."""
    reached = "registered"
    for one in happened:
        status = _STATUS.get(one.event.type.rpartition(".v")[0])
        if status is not None and _RANK.index(status) > _RANK.index(reached):
            reached = status
    return "signed" if signed and reached in ("registered", "received") else reached


def _documents(one: Happened) -> list[dict[str, Any]]:
    documents = getattr(one.data, "documents", None) or ()
    return [{**msgspec.to_builtins(document), "entry": one.event.seq} for document in documents]


def _signature(one: Happened, current: set[int], conversions: set[int], name: Name) -> dict[str, Any]:
    """One ondertekening: not the signature of whoever appended the entry."""
    facts = one.event.facts
    covered, later = {covered.seq for covered in facts.covers}, {seq for seq in conversions if seq > one.event.seq}
    shown = msgspec.to_builtins(one.data) if one.data is not None else {}
    return {
        "entry": one.event.seq,
        "time": one.time,
        "signatory": facts.signatory,
        "name": shown.get("name_shown") or name(facts.signatory),
        "role": facts.role,
        "on_behalf_of": facts.on_behalf_of,
        "mede_namens": [name(person) for person in facts.mede_namens],
        "basis": facts.basis,
        "mandate": facts.mandate,
        "level": facts.level,
        "current": covered == current,
        "converted_since": covered != current and covered == current - later,
        "note": shown.get("note"),
        "deviation": shown.get("deviation"),
        "payload": one.payload,
    }


def _erasure(one: Happened) -> dict[str, Any]:
    """What was erased by itself: ``decision`` says who decided, ``reference`` which decision it was."""
    data = msgspec.to_builtins(one.data) if one.data is not None else {}
    return {
        "entry": one.event.seq, "time": one.time, **msgspec.to_builtins(one.event.facts),
        "reference": data.get("decision"), "reason": data.get("reason"), "payload": one.payload,
    }  # fmt: skip


def _plain(one: Happened) -> dict[str, Any]:
    data = msgspec.to_builtins(one.data) if one.data is not None else {}
    return {
        "entry": one.event.seq, "time": one.time, **msgspec.to_builtins(one.event.facts), **data,
        "payload": one.payload,
    }  # fmt: skip
