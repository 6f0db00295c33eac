"""Hypothesis strategies for the words of the archive: for every event type (tag, facts, data) that its schema allows.

They are made from the structs themselves, so a new event joins by being declared. A field form that is new, or a rule
between fields that is new, needs a line in ``FORMS`` or a repair here: until then the tests of the new event fail.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import uuid
from collections.abc import Callable
from typing import Any

import msgspec.inspect as shapes
from hypothesis import strategies as st

from archief.canonical import INTEGER_MAX
from archief.events import archive, base, catalogue, dossiers, letters, retention, transfer
from archief.events.base import EventType, Word

_LINE_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_LINES_CHARACTERS = st.one_of(_LINE_CHARACTERS, st.sampled_from("\n\t"))


def _uuid(version: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=16, max_size=16).map(lambda raw: str(uuid.UUID(bytes=raw, version=version)))


def _hex(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(bytes.hex)


def _base64(shortest: int, longest: int) -> st.SearchStrategy[str]:
    sizes = st.binary(min_size=(shortest + 3) // 4 * 3, max_size=longest // 4 * 3)
    return sizes.map(lambda raw: base64.b64encode(raw).decode())


def _text(characters: st.SearchStrategy[str], shortest: int) -> st.SearchStrategy[str]:
    return st.text(characters, min_size=shortest, max_size=60).filter(lambda text: not text.isspace())


def _duration() -> st.SearchStrategy[str]:
    parts = st.tuples(*(st.none() | st.integers(0, 999) for _ in "YMD"))
    return parts.filter(lambda found: any(part is not None for part in found)).map(
        lambda found: (
            "P" + "".join(f"{part}{unit}" for part, unit in zip(found, "YMD", strict=True) if part is not None)
        )
    )


_dates = st.dates().map(dt.date.isoformat)
_times = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z")

FORMS: dict[str, st.SearchStrategy[Any]] = {
    "stream": _uuid(4),
    "seq": st.integers(0, INTEGER_MAX),
    "count": st.integers(0, INTEGER_MAX),
    "part": st.integers(1, 100),
    "year": st.integers(1000, 9999),
    "key": _hex(32),
    "hash": _hex(32),
    "document": _hex(16),
    "code": st.from_regex(r"[a-z0-9][a-z0-9_.:-]{0,63}", fullmatch=True),
    "origin": st.from_regex(r"[a-z0-9][a-z0-9.-]{0,40}/[0-9a-f]{8}", fullmatch=True),
    "date": _dates,
    "date_or_empty": st.just("") | _dates,
    "time": _times,
    "clock": st.times().map(lambda moment: moment.strftime("%H:%M")),
    "duration": _duration(),
    "pattern": st.sampled_from(["{year}-{number:05}", "{number}", "RIB/{year}.{number:03}"]),
    "media": st.sampled_from(["application/pdf", "text/plain", "message/rfc822", "image/svg+xml"]),
    "pronom": st.sampled_from(["fmt/95", "x-fmt/111", "fmt/1149"]),
    "text": _text(_LINE_CHARACTERS, 1),
    "text_or_empty": _text(_LINE_CHARACTERS, 0),
    "passage": _text(_LINES_CHARACTERS, 1),
    "passage_or_empty": _text(_LINES_CHARACTERS, 0),
}


def event(tag: str) -> st.SearchStrategy[tuple[str, Word, Word | None]]:
    """Valid (tag, facts, data) of one event type."""
    event_type = catalogue.TYPES[tag]
    data: st.SearchStrategy[Word | None] = st.none()
    if event_type.data is not None:
        data = word(event_type.data) if event_type.payload == "required" else st.none() | word(event_type.data)
    return st.tuples(word(event_type.facts), data).map(lambda pair: (tag, *_agreeing(event_type, *pair)))


def any_event() -> st.SearchStrategy[tuple[str, Word, Word | None]]:
    """Valid (tag, facts, data) of any event type."""
    return st.sampled_from(sorted(catalogue.TYPES)).flatmap(event)


@functools.cache
def word(cls: type[Word]) -> st.SearchStrategy[Any]:
    """Valid values of one struct of facts or data."""
    info = shapes.type_info(cls)
    assert isinstance(info, shapes.StructType)
    required = {field.name: _values(field.type) for field in info.fields if field.required}
    optional = {field.name: _values(field.type) for field in info.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: cls(**_repaired(cls, fields)))


def _values(kind: Any, extra: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    extra = extra or {}
    match kind:
        case shapes.Metadata():
            return _values(kind.type, {**extra, **(kind.extra or {})})
        case shapes.UnionType():
            return _values(next(one for one in kind.types if not isinstance(one, shapes.NoneType)), extra)
        case shapes.StructType():
            return word(kind.cls)
        case shapes.LiteralType():
            return st.sampled_from(kind.values)
        case shapes.BoolType():
            return st.booleans()
        case shapes.ListType():
            return _lists(kind, extra.get("unique", False))
        case shapes.DictType():
            return st.dictionaries(_values(kind.key_type), _values(kind.value_type), max_size=4)
        case shapes.StrType() if extra["form"] == "base64":
            assert kind.min_length is not None
            assert kind.max_length is not None
            return _base64(kind.min_length, min(kind.max_length, kind.min_length + 8))
    return FORMS[extra["form"]]


def _lists(kind: shapes.ListType, unique: bool | str) -> st.SearchStrategy[list[Any]]:
    key: Callable[[Any], Any] | None = None
    if unique:
        key = (lambda member: getattr(member, unique)) if isinstance(unique, str) else (lambda member: member)
    least = kind.min_length or 0
    return st.lists(_values(kind.item_type), min_size=least, max_size=least + 3, unique_by=key)


_PERIODS = (("begin", "end"), ("due_begin", "due_end"))


def _repaired(cls: type[Word], fields: dict[str, Any]) -> dict[str, Any]:
    """Make fields agree that a struct's ``contradictions`` speaks of."""
    for begin, end in _PERIODS:
        if begin in fields and end in fields:
            fields[begin], fields[end] = sorted((fields[begin], fields[end]))
            if fields[begin] == fields[end]:
                del fields[end]
    if issubclass(cls, base.Parted):
        fields["parts"] = max(fields.get("part", 1), fields.get("parts", 1))
    if cls in _REPAIRS:
        _REPAIRS[cls](fields)
    return fields


def _public_key(fields: dict[str, Any]) -> None:
    size = 32 if fields["type"] == 1 else 1312
    fields["public"] = base64.b64encode(fields["public"].encode().ljust(size, b".")[:size]).decode()


def _rotated(fields: dict[str, Any]) -> None:
    fields["proofs"] = (fields["proofs"] + ["A" * 86 + "=="] * 8)[: len(fields["log_keys"])]


def _continued(fields: dict[str, Any]) -> None:
    fields["origin"] = fields["origin_old"][:-8] + ("00000000" if fields["origin_old"][-1] != "0" else "11111111")
    fields["size"] //= 2
    if "lost_size" in fields:
        fields["lost_size"] = fields["size"] + 1
    else:
        fields.pop("lost_root", None)


def _checked(fields: dict[str, Any]) -> None:
    fields["result"] = "sound" if fields["faults"] == 0 else "faulty"


def _numbered(fields: dict[str, Any]) -> None:
    if ("series" in fields) != ("year" in fields):
        fields.pop("series", None)
        fields.pop("year", None)


def _patch(fields: dict[str, Any]) -> None:
    if not fields:
        fields["subject"] = ""


def _restricted(fields: dict[str, Any]) -> None:
    if "end" in fields:
        fields.pop("term", None)


def _receipt(fields: dict[str, Any]) -> None:
    if fields["form"] == "document":
        fields.pop("key", None)
    else:
        fields.setdefault("key", "0" * 64)


def _started(fields: dict[str, Any]) -> None:
    fields["documents_of"] = [fields["documents"], *[0] * (len(fields["streams"]) - 1)]


def _erased(fields: dict[str, Any]) -> None:
    if fields.get("documents_of"):
        fields["documents_of"] = (fields["documents_of"] * 1_000)[: len(fields["seqs"])]
    if corrected := [seq for seq in fields.get("corrected", ()) if seq not in fields["seqs"]]:
        fields["corrected"] = corrected
    else:
        fields.pop("corrected", None)


def _list_row(fields: dict[str, Any]) -> None:
    if fields.get("waardering") == "V":
        fields.setdefault("bewaartermijn", "P1Y")
    else:
        fields.pop("bewaartermijn", None)
        fields.pop("procestermijn", None)


_REPAIRS: dict[type[Word], Callable[[dict[str, Any]], None]] = {
    base.PublicKeyFact: _public_key,
    archive.LogKeyRotatedFacts: _rotated,
    archive.LogContinuedFacts: _continued,
    archive.FixityCheckedFacts: _checked,
    archive.ListRow: _list_row,
    letters.LetterRegisteredFacts: _numbered,
    letters.LetterReceivedFacts: _numbered,
    letters.LetterPatch: _patch,
    dossiers.OpennessRestrictedFacts: _restricted,
    retention.DestructionStartedFacts: _started,
    retention.PayloadErasedFacts: _erased,
    transfer.TransferAcceptedFacts: _receipt,
    transfer.TransferRejectedFacts: _receipt,
}


def _agreeing(event_type: EventType, facts: Any, data: Any) -> tuple[Word, Word | None]:
    """Make facts and data agree that an event's ``contradictions`` speaks of."""
    changed: dict[str, Any] = {}
    if event_type.name in ("letter_registered", "letter_received") and facts.series is not None:
        changed = {"number": data.number or "1"}
    elif isinstance(data, retention.DestructionReviewedData) and len(data.reasons) != len(facts.excepted):
        changed = {"reasons": []}
    if not changed:
        return facts, data
    kept = {name: getattr(data, name) for name in data.__struct_fields__}
    return facts, type(data)(**{**kept, **changed})
