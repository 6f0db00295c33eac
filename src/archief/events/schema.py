"""What the catalogue looks like to others: JSON Schemas, examples, docs/events.md, and the freeze of released types."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import msgspec.inspect as shapes

from archief import canonical
from archief.events import catalogue
from archief.events.base import EventType, Word
from archief.law import codes, roles

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FREEZE_COMMAND = "python -c 'from archief.events import schema; print(schema.freeze_text(), end=str())'"
"""Prints ``frozen.json`` for the catalogue as it is."""

FROZEN = False
"""Whether format 1 is declared frozen. From then on lines are added to frozen.json and none is changed."""

_SUBJECTS = {
    "archive": "Archive",
    "people": "People",
    "letters": "Letters",
    "dossiers": "Dossiers",
    "council": "Council",
    "retention": "Retention and destruction",
    "transfer": "Transfer",
    "publication": "Publication",
}
_STREAM = "5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"
_EXAMPLES: dict[str, object] = {
    "stream": _STREAM,
    "seq": 40,
    "key": "3d" * 32,
    "hash": "9f" * 32,
    "document": "ab3f" * 8,
    "base64": "A" * 86 + "==",
}
_WORDS = {
    "stream": "stream id",
    "seq": "entry number",
    "count": "count",
    "part": "count from 1",
    "key": "key id",
    "hash": "SHA-256",
    "document": "document id",
    "base64": "base64",
    "code": "code",
    "origin": "origin",
    "date": "date",
    "date_or_empty": "date or empty",
    "time": "time (UTC)",
    "clock": "time of day",
    "duration": "duration (ISO 8601: Y, M, D)",
    "year": "year",
    "pattern": "number pattern",
    "media": "media type",
    "pronom": "PRONOM id",
    "text": "text, one line",
    "text_or_empty": "text, one line, or empty",
    "passage": "text",
    "passage_or_empty": "text or empty",
}


# --- JSON Schemas ----------------------------------------------------------------------------------------------------


def json_schemas(event_type: EventType) -> dict[str, Any]:
    """Give the JSON Schemas (draft 2020-12) of a type's facts and data; ``data`` is None where there is no payload."""
    return {
        "facts": _json_schema(event_type.facts),
        "data": None if event_type.data is None else _json_schema(event_type.data),
    }


def _json_schema(word: type[Word]) -> dict[str, Any]:
    made: dict[str, Any] = _without_null(msgspec.json.schema(word))
    return {"$schema": DIALECT, **made}


def _without_null(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """An absent field is absent: take out the ``null`` that msgspec lists beside every optional one."""
    if isinstance(schema, list):
        return [_without_null(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _without_null(value) for key, value in schema.items() if not (key == "default" and value is None)}
    choices = kept.get("anyOf")
    if isinstance(choices, list):
        others = [choice for choice in choices if choice != {"type": "null"}]
        if len(others) == 1:
            del kept["anyOf"]
            kept |= others[0]
    return kept


# --- the freeze ------------------------------------------------------------------------------------------------------


def fingerprint(event_type: EventType) -> str:
    """Give the SHA-256 of a type's form: its schemas without their prose, and how it stands in its stream.

    A better description leaves it as it is; a new field, limit or switch does not.
    """
    schemas = json_schemas(event_type)
    form = {
        "content": event_type.content,
        "data": schemas["data"] and _form(schemas["data"], schemas["data"].get("$defs", {})),
        "facts": _form(schemas["facts"], schemas["facts"].get("$defs", {})),
        "opens": event_type.opens,
        "payload": event_type.payload,
        "repeats": event_type.repeats,
        "stream": event_type.stream,
        "tag": event_type.tag,
    }
    return hashlib.sha256(canonical.encode(form)).hexdigest()


def _form(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, list):
        return [_form(member, definitions) for member in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _form(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    form: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            form[key] = {name: _form(member, definitions) for name, member in value.items()}
        elif key not in ("$defs", "$schema", "description", "examples", "title"):
            form[key] = _form(value, definitions)
    return form


def freeze_text() -> str:
    """Give the whole text of ``frozen.json`` for the catalogue as it is now."""
    types = {tag: fingerprint(event_type) for tag, event_type in sorted(catalogue.TYPES.items())}
    made = msgspec.json.encode({"frozen": FROZEN, "types": types})
    return msgspec.json.format(made, indent=2).decode() + "\n"


# --- examples --------------------------------------------------------------------------------------------------------


def example(event_type: EventType) -> dict[str, Any]:
    """Give a line of ``append --from`` for a type, as a mapping: the same every time.

    Files are named in ``documents``; whoever appends fills ``data.documents`` in.
    """
    line: dict[str, Any] = {"type": event_type.tag}
    if not event_type.opens:
        line["stream"] = _STREAM
    facts = _example_struct(event_type.facts)
    if facts:
        line["facts"] = facts
    if event_type.data is not None:
        data = _example_struct(event_type.data)
        if data.pop("documents", None) is not None:
            line["documents"] = ["brief.pdf"]
        if data or event_type.payload == "required":
            line["data"] = data
    return line


def example_document() -> dict[str, Any]:
    """Give a document reference, as the writer puts it in ``data.documents`` for an example's file."""
    return {
        "id": _EXAMPLES["document"],
        "media_type": "application/pdf",
        "name": "brief.pdf",
        "sha256": _EXAMPLES["hash"],
        "size": 48213,
    }


def _example_struct(word: type) -> dict[str, Any]:
    made = {}
    for field in _fields(word):
        known, form, kind = _parted(field.type)
        examples = known.get("examples")
        if examples:
            made[field.name] = examples[0]
        elif field.required:
            made[field.name] = _example_value(form, kind)
    return made


def _example_value(form: str, kind: Any) -> object:  # noqa: ANN401 - any of msgspec.inspect's classes
    if isinstance(kind, shapes.StructType):
        return _example_struct(kind.cls)
    if isinstance(kind, shapes.ListType):
        known, form, member = _parted(kind.item_type)
        return [known["examples"][0] if known.get("examples") else _example_value(form, member)]
    assert form in _EXAMPLES, f"a required field of form {form!r} needs an example of its own"
    return _EXAMPLES[form]


def _fields(word: type) -> tuple[shapes.Field, ...]:
    info = shapes.type_info(word)
    assert isinstance(info, shapes.StructType)
    return info.fields


def _parted(kind: Any) -> tuple[dict[str, Any], str, Any]:  # noqa: ANN401 - any of msgspec.inspect's classes
    """Part a field's type into its notes (description, examples), its form's name and the bare type."""
    known: dict[str, Any] = {}
    form = ""
    while True:
        if isinstance(kind, shapes.UnionType):
            kind = next(member for member in kind.types if not isinstance(member, shapes.NoneType))
        elif isinstance(kind, shapes.Metadata):
            known |= kind.extra_json_schema or {}
            form = (kind.extra or {}).get("form", form)
            kind = kind.type
        else:
            return known, form, kind


# --- docs/events.md --------------------------------------------------------------------------------------------------

_HEAD = """# Events

Printed from the structs in `src/archief/events` by `scripts/docs.py`; do not edit.

An event has **facts**, which stay in the log for ever, and most have a **payload** (data), which can be erased. Facts
hold ids, keys, signatures, codes, years, dates, counts, and hashes of keys and heads only. Names, numbers, texts and
hashes of documents stand in data. An absent field is left out; `null` is never written.

- **Stream**: what the event's stream is. *Opens* means that it is the stream's first event. `record` is a letter or a
  dossier; `any` is any stream.
- **Content**: the event is part of a letter's version, and signatures cover it.
- **Payload**: `required`, `optional` or `none`.
- **May append**: the roles of `src/archief/law/roles.toml`.
- **MDTO**: the word of MDTO's EventTypeLijst, where it has one.
- **Known words**: the codes that a new event may have in a field; the lists are below. An entry that is there already
  stays what it is, whatever its word.

Lists of streams hold 1,000 at most; a longer list goes on in further events, with `part` and `parts`.
An example is a line for `archief append --from`. Files are given as paths in `documents`; the program stores them and
writes `data.documents`. Ids, keys, hashes and signatures in the examples are made up.
"""


def events_markdown() -> str:
    """Print docs/events.md whole: a table a subject, then every event with its fields and an example."""
    parts = [_HEAD]
    named: dict[str, type] = {}
    for subject, title in _SUBJECTS.items():
        of_subject = [event_type for event_type in catalogue.TYPES.values() if event_type.subject == subject]
        parts.append(f"\n## {title}\n\n" + "\n".join(_overview(of_subject)) + "\n")
        parts.extend("\n" + "\n".join(_section(event_type, named)) + "\n" for event_type in of_subject)
    parts.append("\n## Shapes\n\nUsed inside the fields above.\n")
    done: set[str] = set()
    while todo := sorted(set(named) - done):
        for name in todo:
            done.add(name)
            doc = " ".join((named[name].__doc__ or "").split())
            parts.append(f"\n### {name}\n\n{doc}\n\n" + "\n".join(_field_table(named[name], named)) + "\n")
    parts.extend(_known_words())
    return "".join(parts)


def _known_words() -> Iterator[str]:
    """The lists of codes."""
    yield "\n## Known words\n\n"
    yield (
        "From `src/archief/law/codes.toml`. `archief append` takes no other word, but those that begin with"
        f" `{codes.OWN}`: they are\nthe organisation's own. A word with `:…` goes on behind the colon, such as"
        " `gemeentewet:59a.1`.\n"
    )
    for known in codes.lists().values():
        fields = ", ".join(f"`{field}`" for field in known.fields)
        yield f"\n### {known.title}\n\nIn {fields}. Edition {known.edition}; source: {known.source}.\n\n"
        yield "| word | meaning |\n|---|---|\n"
        for word, meaning in zip(known.shown(), known.words.values(), strict=True):
            yield f"| `{word}` | {meaning} |\n"


def _anchor(known: codes.CodeList) -> str:
    """The link to a list's heading, as GitHub makes it."""
    kept = (one for one in known.title.lower() if one.isalnum() or one in " -")
    return "#" + "".join(kept).replace(" ", "-")


def _overview(of_subject: list[EventType]) -> Iterator[str]:
    yield "| event | stream | payload | MDTO | may append |"
    yield "|---|---|---|---|---|"
    for event_type in of_subject:
        stream = event_type.stream + (", opens" if event_type.opens else "")
        who = ", ".join(roles.roles_for(event_type.name))
        link = f"[`{event_type.tag}`](#{event_type.tag.replace('.', '')})"
        yield f"| {link} | {stream} | {event_type.payload} | {event_type.mdto or ''} | {who} |"


def _section(event_type: EventType, named: dict[str, type]) -> Iterator[str]:
    yield f"### {event_type.tag}"
    yield ""
    yield event_type.doc
    yield ""
    yield f"- Stream: {event_type.stream}{_opening(event_type)}"
    yield f"- May append: {', '.join(roles.roles_for(event_type.name))}"
    yield f"- Payload: {event_type.payload}"
    if event_type.content:
        yield "- Content: part of the letter's version"
    if event_type.mdto:
        yield f"- MDTO: {event_type.mdto}"
    for title, word in (("facts", event_type.facts), ("data", event_type.data)):
        if word is not None and word.__struct_fields__:
            yield ""
            yield from _field_table(word, named, title)
    for path, known in codes.fields_of(event_type.name).items():
        yield ""
        yield f"Known words of `{path}`: [{known.title}]({_anchor(known)})"
    yield ""
    yield "```json"
    yield canonical.encode(example(event_type)).decode()
    yield "```"


def _opening(event_type: EventType) -> str:
    if event_type.repeats:
        return "; opens it, and may come again for the next part or round"
    return "; opens it" if event_type.opens else ""


def _field_table(word: type, named: dict[str, type], title: str = "field") -> Iterator[str]:
    yield f"| {title} | type | | meaning |"
    yield "|---|---|---|---|"
    for field in _fields(word):
        known, form, kind = _parted(field.type)
        meaning = known.get("description", "").replace("|", "\\|")
        yield f"| `{field.name}` | {_words(form, kind, named)} | {'' if field.required else 'optional'} | {meaning} |"


def _words(form: str, kind: Any, named: dict[str, type]) -> str:  # noqa: ANN401 - any of msgspec.inspect's classes
    if isinstance(kind, shapes.StructType):
        named[kind.cls.__name__] = kind.cls
        return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
    if isinstance(kind, shapes.ListType):
        _, form, member = _parted(kind.item_type)
        most = f", at most {kind.max_length:,}" if kind.max_length is not None else ""
        return f"list of {_words(form, member, named)}{most}"
    if isinstance(kind, shapes.DictType):
        return "map of text to text"
    if isinstance(kind, shapes.LiteralType):
        return " or ".join(f"`{value}`" for value in kind.values)
    if isinstance(kind, shapes.BoolType):
        return "true or false"
    return _WORDS[form]
