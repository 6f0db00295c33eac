"""Upcasting, schemas, the printed catalogue and the freeze of released types."""

from __future__ import annotations

import importlib.resources
import json
import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
import msgspec.inspect as shapes
import pytest

from archief import canonical
from archief.events import base, catalogue, schema, upcast
from archief.events.base import EventType, Happening, Text, Word, about
from tests.properties.shapes_of import kinds, structs

ROOT = Path(__file__).resolve().parents[2]
TAGS = list(catalogue.TYPES)
STREAM = "5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"

each_type = pytest.mark.parametrize("tag", TAGS)


def fill(line: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What the writer makes of an example: its files stored and named in the data."""
    data = line.get("data")
    if "documents" in line:
        data = {**(data or {}), "documents": [schema.example_document()]}
    return line.get("facts", {}), data


# --- upcasting -------------------------------------------------------------------------------------------------------


class NoteFacts(Word):
    """Facts of a made-up type."""


class NoteDataV1(Word):
    """First version: one text."""

    text: Annotated[Text, about("the note")]


class NoteDataV2(Word):
    """Second version: lines."""

    lines: Annotated[list[Text], about("the note")]


def to_lines(facts: Word, data: Word | None) -> tuple[Word, Word | None]:
    assert data is None or isinstance(data, NoteDataV1)
    return facts, None if data is None else NoteDataV2(lines=[data.text])


def reverse(facts: Word, data: Word | None) -> tuple[Word, Word | None]:
    assert data is None or isinstance(data, NoteDataV2)
    return facts, None if data is None else NoteDataV2(lines=data.lines[::-1])


MADE_UP = {"note.v1": upcast.Step("note.v2", to_lines), "note.v2": upcast.Step("note.v3", reverse)}


def test_an_old_version_is_read_as_the_newest_by_every_step() -> None:
    read = upcast.upcast("note.v1", NoteFacts(), NoteDataV1(text="a"), MADE_UP)
    assert ("note.v3", NoteFacts(), NoteDataV2(lines=["a"])) == read


def test_a_destroyed_payload_stays_absent_in_every_version() -> None:
    assert ("note.v3", NoteFacts(), None) == upcast.upcast("note.v1", NoteFacts(), None, MADE_UP)


def test_the_newest_version_is_left_as_it_is() -> None:
    data = NoteDataV2(lines=["a"])
    assert data is upcast.upcast("note.v3", NoteFacts(), data, MADE_UP)[2]
    assert data is upcast.upcast("note.v1", NoteFacts(), data)[2]


@pytest.mark.parametrize("target", ["note.v1", "note.v3", "other.v2"])
def test_a_step_that_does_not_lead_to_the_next_version_is_a_bug(target: str) -> None:
    with pytest.raises(AssertionError):
        upcast.upcast("note.v1", NoteFacts(), None, {"note.v1": upcast.Step(target, to_lines)})


def test_every_step_leads_from_a_known_type_to_the_next_version_of_it() -> None:
    for old, step in upcast.STEPS.items():
        assert {old, step.tag} <= set(TAGS)


# --- schemas, docs, freeze -------------------------------------------------------------------------------------------


@each_type
def test_the_example_of_a_type_is_a_valid_line(tag: str) -> None:
    event_type = catalogue.TYPES[tag]
    line = schema.example(event_type)
    assert tag == line["type"]
    assert event_type.opens == ("stream" not in line)
    catalogue.convert(event_type, *fill(line))


@each_type
def test_a_schema_is_closed_and_knows_no_null(tag: str) -> None:
    schemas = schema.json_schemas(catalogue.TYPES[tag])
    assert {"facts", "data"} == set(schemas)
    for made in filter(None, schemas.values()):
        assert schema.DIALECT == made["$schema"]
        text = json.dumps(made)
        assert '"null"' not in text
        assert '"default": null' not in text
        for shape in made["$defs"].values():
            assert shape["additionalProperties"] is False


def test_patterns_hold_the_whole_string_in_python_and_elsewhere() -> None:
    for cls in structs():
        for kind in kinds(cls):
            if isinstance(kind, shapes.StrType) and kind.pattern is not None:
                assert kind.pattern.startswith("^"), cls
                assert kind.pattern.endswith("$") or kind.pattern.endswith(base.END), cls
                assert "\\Z" not in kind.pattern, cls


def test_the_printed_catalogue_shows_every_type_field_and_role() -> None:
    printed = schema.events_markdown()
    assert printed == schema.events_markdown()
    for event_type in catalogue.TYPES.values():
        section = printed.partition(f"\n### {event_type.tag}\n")[2].partition("\n### ")[0]
        assert event_type.doc in section
        for part in (event_type.facts, event_type.data):
            for name in part.__struct_fields__ if part is not None else ():
                assert f"| `{name}` |" in section, (event_type.tag, name)
        example = section.partition("```json\n")[2].partition("\n```")[0]
        assert canonical.decode(example.encode()) == schema.example(event_type)


def test_links_of_the_printed_catalogue_lead_somewhere() -> None:
    printed = schema.events_markdown()
    lines = [line for line in printed.splitlines() if line.startswith("#")]
    headings = {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in lines}
    assert set(re.findall(r"\]\(#([^)]*)\)", printed)) <= headings


def frozen() -> dict[str, Any]:
    listed: dict[str, Any] = json.loads(importlib.resources.files("archief.events").joinpath("frozen.json").read_text())
    return listed


def test_the_freeze_file_lists_every_type_as_it_is() -> None:
    """Before format 1 is frozen: print the file again. After: a type that is listed is never changed.

    A new type gets its line by the same command. A change of a frozen type is a new version (``letter_edited.v2``)
    beside the old one, and a step in upcast.py.
    """
    listed = frozen()
    now = {tag: schema.fingerprint(catalogue.TYPES[tag]) for tag in TAGS}
    changed = sorted(tag for tag, form in listed["types"].items() if now.get(tag) != form)
    if listed["frozen"]:
        assert changed == [], "a frozen type never changes: declare its next version and a step in upcast.py"
    missing = sorted(f'"{tag}": "{now[tag]}"' for tag in set(now) - set(listed["types"]))
    advice = f"run `{schema.FREEZE_COMMAND} > src/archief/events/frozen.json`"
    assert (changed, missing) == ([], []), advice
    assert listed["frozen"] == schema.FROZEN


def test_a_fingerprint_heeds_form_and_not_prose() -> None:
    class One(Word):
        """One."""

        text: Annotated[Text, about("a text", "example")]

    class Two(Word):
        """Two."""

        text: Annotated[Text, about("another description")]

    class Three(Word):
        """Three."""

        text: Annotated[Text, about("a text")] | None = None

    prints = [schema.fingerprint(made_up(cls)) for cls in (One, Two, Three)]
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]


def made_up(data: type[Word]) -> EventType:
    return EventType(
        tag="note.v1", subject="letters", stream="letter", mdto=None, opens=False, repeats=False, content=False,
        payload="required", facts=NoteFacts, data=data, happening=Happening,
    )  # fmt: skip


def test_the_dutch_words_in_the_catalogue_are_explained() -> None:
    words = (ROOT / "docs" / "words.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `([^`]+)` \|", words, re.MULTILINE))
    used = {event_type.mdto for event_type in catalogue.TYPES.values() if event_type.mdto}
    used |= {"archivaris", "behandelaar", "ondertekenaar", "griffie"}
    dutch = {
        "waardering", "afleidingswijze", "brondatum", "kenmerk", "bron", "termijn", "procestermijn",
        "procestermijn_end", "mede_namens",
    }  # fmt: skip
    fields = {name for cls in structs() for name in cls.__struct_fields__}
    assert dutch <= fields
    assert used | (dutch - {"procestermijn_end"}) <= explained


def test_structs_built_in_code_are_bytes_that_read_back() -> None:
    facts = catalogue.TYPES["letter_filed.v1"].facts(dossier=STREAM)
    assert msgspec.json.encode({"dossier": STREAM}) == catalogue.encode(facts)
