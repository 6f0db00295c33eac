"""The catalogue: what every event type promises, what its facts may hold, what is refused, and what is frozen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec.inspect as shapes
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archief import canonical
from archief.draft import draft
from archief.errors import ArchiefError, MalformedError, NotFoundError
from archief.events import base, catalogue, schema
from archief.log import Log
from archief.storage.memory import MemoryStorage
from tests.founding import found
from tests.properties import strategies
from tests.properties.shapes_of import kinds, structs

TAGS = list(catalogue.TYPES)
STREAM = "5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"
OTHER = "6b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"

each_type = pytest.mark.parametrize("tag", TAGS)


# --- the catalogue ---------------------------------------------------------------------------------------------------


def test_every_event_of_the_design_is_there(shared: Path) -> None:
    section = (shared / "design.md").read_text("utf-8").partition("## 3. Events")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ") and "subject" not in line]
    designed = {
        (subject.strip(), name)
        for _, subject, listed, _ in rows
        for name in re.findall(r"[a-z]+(?:_[a-z]+)+", re.sub(r"\([^)]*\)", "", listed))
    }
    # The records office may record its receipt itself; the verklaring of that is drawn up by an archivaris, afterwards.
    designed.add(("transfer", "transfer_declared"))
    # Who follows a finding up may change.
    designed.add(("archive", "finding_assigned"))
    assert designed == {(event_type.subject, event_type.name) for event_type in catalogue.TYPES.values()}


def test_the_tags_listed_are_the_types_declared() -> None:
    loaded = catalogue._Types(catalogue._TAGS)
    for subject in catalogue._TAGS:
        loaded._load(subject)
    assert set(loaded) == set(loaded._loaded)
    assert list(loaded.values()) == list(catalogue.TYPES.values())


def test_one_type_imports_one_subject() -> None:
    program = (
        "import sys; from archief.events import catalogue; catalogue.TYPES['letter_filed.v1'];"
        "print([name for name in sys.modules if name.startswith('archief.events.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert {"archief.events.base", "archief.events.catalogue", "archief.events.dossiers"} == set(eval(done.stdout))


@each_type
def test_a_type_is_declared_whole(tag: str) -> None:
    event_type = catalogue.TYPES[tag]
    assert tag == event_type.tag == f"{event_type.name}.v{event_type.version}"
    assert event_type.happening.__module__ == f"archief.events.{event_type.subject}"
    assert event_type.happening.__name__ == event_type.name.title().replace("_", "")
    assert event_type.doc.endswith(".")
    assert (event_type.payload == "none") == (event_type.data is None)


def test_content_is_what_makes_up_a_version() -> None:
    assert set(catalogue.CONTENT_TAGS) == {tag for tag in TAGS if catalogue.TYPES[tag].content}
    assert {"letter"} == {catalogue.TYPES[tag].stream for tag in catalogue.CONTENT_TAGS}


def test_every_kind_of_stream_can_be_opened() -> None:
    opened = {event_type.stream for event_type in catalogue.TYPES.values() if event_type.opens}
    used = {event_type.stream for event_type in catalogue.TYPES.values()}
    assert used - {"record", "any"} == opened


def test_an_event_fits_the_streams_of_its_kind() -> None:
    assert catalogue.TYPES["letter_edited.v1"].fits("letter")
    assert not catalogue.TYPES["letter_edited.v1"].fits("dossier")
    assert catalogue.TYPES["openness_restricted.v1"].fits("dossier")
    assert not catalogue.TYPES["openness_restricted.v1"].fits("meeting")
    assert catalogue.TYPES["record_destroyed.v1"].fits("meeting")


def test_mdto_words_are_those_of_its_list(shared: Path) -> None:
    lists = json.loads((shared / "data/mdto/begrippenlijsten/mdto_begrippenlijsten.json").read_text("utf-8"))
    words = next(one for one in lists["begrippenlijsten"] if one["naam"] == "EventTypeLijst")["begrippen"]
    used = {event_type.mdto for event_type in catalogue.TYPES.values() if event_type.mdto}
    assert used <= {word["Label"] for word in words}
    assert {"Creatie", "Ontvangst", "Wijziging", "Accordering", "Validatie Handtekening", "Verzending"} <= used
    assert {"Publicatie", "Bevriezing", "Conversie", "Export", "Overbrenging", "Vernietigen"} <= used


def test_a_name_without_a_version_is_the_newest() -> None:
    assert "letter_edited.v1" == catalogue.newest("letter_edited").tag
    assert "letter_edited.v1" == catalogue.newest("letter_edited.v1").tag


@pytest.mark.parametrize("name", ["leter_edited", "letter_edited.v9", "letters_edited"])
def test_an_unknown_name_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        catalogue.newest(name)
    assert "letter_edited" in caught.value.remedy


def test_a_name_like_nothing_is_sent_to_the_list() -> None:
    with pytest.raises(NotFoundError) as caught:
        catalogue.facts_decoder("xyz.v1")
    assert "archief events lists them all" == caught.value.remedy


def test_decoders_are_made_once() -> None:
    assert catalogue.facts_decoder("letter_edited.v1") is catalogue.facts_decoder("letter_edited.v1")
    assert catalogue.data_decoder("letter_edited.v1") is catalogue.data_decoder("letter_edited.v1")


def test_a_type_without_payload_has_no_data_decoder() -> None:
    with pytest.raises(MalformedError):
        catalogue.data_decoder("key_enrolled.v1")


# --- the structs -----------------------------------------------------------------------------------------------------


def test_structs_are_frozen_keyword_only_and_closed() -> None:
    for cls in structs():
        switches = cls.__struct_config__
        assert (True, True, True) == (switches.frozen, switches.forbid_unknown_fields, switches.omit_defaults), cls
        if cls.__struct_fields__:
            with pytest.raises(TypeError, match=r"positional|required"):
                cls(object())


def test_structs_and_fields_say_what_they_mean() -> None:
    for cls in structs():
        assert cls.__doc__, cls
        for field in schema._fields(cls):
            described = schema._parted(field.type)[0].get("description", "")
            assert described, (cls, field.name)
            assert not described.endswith("."), (cls, field.name)


def test_no_field_is_a_float_or_an_unbounded_integer_or_anything() -> None:
    for cls in structs():
        for kind in kinds(cls):
            assert not isinstance(kind, shapes.FloatType | shapes.AnyType), cls
            if isinstance(kind, shapes.IntType):
                assert kind.ge is not None
                assert kind.le is not None
                assert -canonical.INTEGER_MAX <= kind.ge <= kind.le <= canonical.INTEGER_MAX


def test_optional_fields_default_to_absence() -> None:
    for cls in structs():
        for field in schema._fields(cls):
            if not field.required:
                made = field.default_factory() if callable(field.default_factory) else field.default
                assert made in (None, [], {}, 1, False), (cls, field.name)


FACT_FORMS = {
    "stream", "seq", "count", "part", "key", "hash", "base64", "code", "origin", "date", "time", "duration", "year",
    "pattern",
}  # fmt: skip


@each_type
def test_facts_hold_no_text_and_no_hash_of_content(tag: str) -> None:
    todo: list[type] = [catalogue.TYPES[tag].facts]
    while todo:
        for field in schema._fields(todo.pop()):
            _, form, kind = schema._parted(field.type)
            if isinstance(kind, shapes.ListType):
                _, form, kind = schema._parted(kind.item_type)
            if isinstance(kind, shapes.StructType):
                todo.append(kind.cls)
            else:
                assert form in FACT_FORMS or isinstance(kind, shapes.LiteralType | shapes.BoolType), field.name
                assert form != "hash" or field.name in {"root", "lost_root", "hash", "commitment"}, field.name
                assert not re.search("sha256|name$|title|number", field.name), field.name


DATES = {
    "begin", "date", "decided", "due", "due_begin", "due_end", "earliest", "end", "expires", "made", "made_before",
    "reference_date",
}  # fmt: skip
"""The dates that stand in facts: of what the archive, a law or the council did. A person's dates stand in payloads."""


@each_type
def test_the_dates_in_facts_are_no_persons(tag: str) -> None:
    fields = [(field.name, schema._parted(field.type)[1]) for field in schema._fields(catalogue.TYPES[tag].facts)]
    assert {name for name, form in fields if form == "date"} <= DATES


def test_the_day_that_a_term_counts_from_is_not_in_the_log() -> None:
    archive = found(MemoryStorage())
    adopted = {"rule_set": "selectielijst-gemeenten-2020", "begin": "2020-01-01"}
    archive.append(draft("rule_set_adopted.v1", archive.stream, adopted))
    dossier = archive.dossier()
    facts = {"list": "selectielijst-gemeenten-2020", "row": "4.1.7", "waardering": "V", "afleidingswijze": "eigenschap"}
    born = {"brondatum": "1953-04-17", "procestermijn_end": "2019-11-23"}
    archive.append(draft("dossier_classified.v1", dossier, facts, {"reason": "Personeelsdossier.", **born}))
    archive.append(draft("dossier_closed.v1", dossier, {"date": "2021-06-30"}, born))
    kept = b"".join(Log(archive.storage).entries())
    assert [] == [day for day in born.values() if day.encode() in kept]


@each_type
def test_the_longest_facts_fit_an_entry(tag: str) -> None:
    envelope = len(
        '{"facts":,"payload":"","seq":,"stream":"","stream_seq":,"type":""}' + "9" * 64 + "9" * 36 + "9" * 32 + tag
    )
    assert longest(shapes.type_info(catalogue.TYPES[tag].facts)) + envelope <= 65_535


def longest(kind: Any) -> int:
    """Most bytes that a value of a type can take in canonical JSON; facts are ASCII without escapes."""
    match kind:
        case shapes.Metadata():
            return longest(kind.type)
        case shapes.UnionType():
            return max(longest(member) for member in kind.types)
        case shapes.StructType():
            return 2 + sum(len(field.name) + 4 + longest(field.type) for field in kind.fields)
        case shapes.ListType():
            assert kind.max_length is not None
            return 2 + kind.max_length * (longest(kind.item_type) + 1)
        case shapes.StrType():
            assert kind.max_length is not None
            return 2 + kind.max_length
        case shapes.IntType():
            return 16
        case shapes.LiteralType():
            return max(len(str(value)) + 2 for value in kind.values)
    return 5


def test_documents_are_registered_under_one_name_only() -> None:
    for cls in structs():
        for field in schema._fields(cls):
            _, _, kind = schema._parted(field.type)
            if isinstance(kind, shapes.ListType):
                member = schema._parted(kind.item_type)[2]
                holds = isinstance(member, shapes.StructType) and member.cls is base.DocumentRef
                assert holds == (field.name == "documents"), (cls, field.name)


def test_every_key_of_the_corpus_has_its_field(shared: Path) -> None:
    keys: set[str] = set()
    for file in (shared / "corpus").rglob("*.expected.json"):
        keys |= {key for key in json.loads(file.read_text("utf-8")) if not key.startswith("_")}
    shown = keys - {"body_paragraphs_count"}
    assert shown
    for tag in ("letter_registered.v1", "letter_received.v1", "letter_edited.v1"):
        data = catalogue.TYPES[tag].data
        assert data is not None
        assert shown <= set(data.__struct_fields__)


def test_every_letter_of_the_corpus_can_be_registered(shared: Path) -> None:
    registered = catalogue.newest("letter_registered")
    found = 0
    for file in sorted((shared / "corpus").rglob("*.expected.json")):
        letter = present({key: value for key, value in json.loads(file.read_text("utf-8")).items() if key[0] != "_"})
        del letter["doc_type"]
        letter.pop("body_paragraphs_count", None)
        catalogue.convert(registered, {"kind": "brief"}, letter)
        found += 1
    assert found > 20


def present(value: Any) -> Any:
    """A value without its nulls."""
    if isinstance(value, dict):
        return {key: present(member) for key, member in value.items() if member is not None}
    return [present(member) for member in value] if isinstance(value, list) else value


def test_an_edit_can_change_every_field_of_a_letter_but_its_files() -> None:
    patch = set(catalogue.TYPES["letter_edited.v1"].data.__struct_fields__)  # type: ignore[union-attr]
    received = set(catalogue.TYPES["letter_received.v1"].data.__struct_fields__)  # type: ignore[union-attr]
    assert received - {"documents"} == patch


# --- one byte form ---------------------------------------------------------------------------------------------------


@each_type
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_a_type_allows_has_one_byte_form_and_passes_the_check(tag: str, data: st.DataObject) -> None:
    drawn, facts, payload = data.draw(strategies.event(tag))
    assert tag == drawn
    catalogue.check(catalogue.TYPES[tag], facts, payload)
    written = catalogue.encode(facts)
    assert b"null" not in re.sub(rb'"[^"]*"', b"", written)
    assert written == canonical.encode(facts)
    assert facts == canonical.decode_as(catalogue.facts_decoder(tag), written)
    if payload is not None:
        written = catalogue.encode(payload)
        assert written == canonical.encode(payload)
        assert payload == canonical.decode_as(catalogue.data_decoder(tag), written)


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("key_revoked.v1", b'{"ground":null,"key":"' + b"a" * 64 + b'"}'),
        ("hold_lifted.v1", b'{"streams":[]}'),
        ("transfer_accepted.v1", b'{"date":"2041-02-17","export":1,"form":"document","kept":false}'),
        ("letter_filed.v1", b'{"dossier": "' + STREAM.encode() + b'"}'),
    ],
)
def test_another_spelling_of_the_same_facts_is_refused(tag: str, written: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.decode_as(catalogue.facts_decoder(tag), written)


def test_a_payload_with_an_empty_text_is_refused_for_a_letter_and_taken_for_an_edit() -> None:
    with pytest.raises(MalformedError, match="subject"):
        canonical.decode_as(catalogue.data_decoder("letter_registered.v1"), b'{"subject":""}')
    edited = canonical.decode_as(
        catalogue.data_decoder("letter_edited.v1"), b'{"attachments":[],"date":"","subject":""}'
    )
    assert b'{"attachments":[],"date":"","subject":""}' == catalogue.encode(edited)


# --- what is refused -------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, dict[str, Any], dict[str, Any] | None, str]] = [
    ("letter_filed", {"dossier": STREAM.upper()}, None, "facts.dossier"),
    ("letter_filed", {"dossier": STREAM.replace("-4a6b", "-7a6b")}, None, "facts.dossier"),
    ("letter_filed", {"dossier": STREAM + "\n"}, None, "facts.dossier"),
    ("letter_filed", {"dossier": STREAM, "title": "x"}, None, "facts"),
    ("letter_filed", {}, None, "facts"),
    ("letter_filed", {"dossier": None}, None, "facts.dossier"),
    ("letter_registered", {"kind": "Brief"}, {}, "facts.kind"),
    ("letter_registered", {"kind": "brief\n"}, {}, "facts.kind"),
    ("letter_registered", {"kind": "b" * 65}, {}, "facts.kind"),
    ("letter_registered", {"kind": "brief"}, None, "data"),
    ("letter_registered", {"kind": "brief", "series": "a"}, {"number": "1"}, "facts.year"),
    ("letter_registered", {"kind": "brief", "series": "a", "year": 2021}, {}, "data.number"),
    ("letter_registered", {"kind": "brief", "series": "a", "year": 21}, {"number": "1"}, "facts.year"),
    ("letter_registered", {"kind": "brief"}, {"date": "2021-02-29"}, "data.date"),
    ("letter_registered", {"kind": "brief"}, {"date": "2021-2-1"}, "data.date"),
    ("letter_registered", {"kind": "brief"}, {"date": "２０２１-02-01"}, "data.date"),
    ("letter_registered", {"kind": "brief"}, {"subject": "two\nlines"}, "data.subject"),
    ("letter_registered", {"kind": "brief"}, {"subject": "\x1b[31mred"}, "data.subject"),
    ("letter_registered", {"kind": "brief"}, {"subject": " \u00a0"}, "data.subject"),
    ("letter_registered", {"kind": "brief"}, {"subject": "half \ud83d"}, "data.subject"),
    ("letter_registered", {"kind": "brief"}, {"subject": "x" * 1_001}, "data.subject"),
    ("letter_registered", {"kind": "brief"}, {"subject": None}, "data.subject"),
    ("letter_registered", {"kind": "brief"}, {"body": ["fine\n\tindented", "not\rfine"]}, "data.body[1]"),
    ("letter_registered", {"kind": "brief"}, {"fields": {"Doel": "a\u2028b"}}, "data.fields[0]"),
    ("letter_registered", {"kind": "brief"}, {"signatories": [{"name": "a\u0085"}]}, "data.signatories[0].name"),
    ("letter_edited", {}, {}, "data.subject"),
    ("letter_edited", {}, {"date": "2021-13-01"}, "data.date"),
    ("letter_edited", {}, {"documents": []}, "data"),
    ("document_attached", {}, {"documents": []}, "data.documents"),
    ("document_attached", {}, {"documents": [schema.example_document()] * 2}, "data.documents"),
    ("dossier_reopened", {}, {"title": "x"}, "data"),
    ("record_destroyed", {"authorisation": 1, "last_stream_seq": 2}, {"reason": "x"}, "data"),
    ("role_granted", {"role": "burgemeester"}, None, "facts.role"),
    ("mandate_granted", {"basis": "b", "begin": "2021-04-01", "end": "2021-04-01", "holders": [STREAM],
                         "on_behalf_of": "college", "role": "r"}, {"title": "t"}, "facts.end"),
    ("mandate_granted", {"basis": "b", "begin": "2021-04-01", "holders": [STREAM, STREAM],
                         "on_behalf_of": "college", "role": "r"}, {"title": "t"}, "facts.holders"),
    ("signature_validated", {"method": "pades", "officer": STREAM, "result": "valid", "time": "2021-01-15T24:00:01Z"},
     {"holder": "A"}, "facts.time"),
    ("timestamp_obtained", {"root": "a" * 64, "size": 1, "token": "MIIB="}, None, "facts.token"),
    ("timestamp_obtained", {"root": "a" * 64, "size": 1, "token": "MIJ="}, None, "facts.token"),
    ("timestamp_obtained", {"root": "a" * 64, "size": 2**53 + 1, "token": "MIIB"}, None, "facts.size"),
    ("timestamp_obtained", {"root": "a" * 64, "size": 1.5, "token": "MIIB"}, None, "facts.size"),
    ("hold_placed", {"ground": "own", "streams": []}, None, "facts.streams"),
    ("hold_placed", {"ground": "own", "streams": [STREAM], "part": 2}, None, "facts.part"),
    ("destruction_reviewed", {"proposal": 1, "result": "approved", "excepted": [
        {"ground": "a", "stream": STREAM}, {"ground": "b", "stream": STREAM}]}, None, "facts.excepted"),
    ("destruction_reviewed", {"proposal": 1, "result": "approved", "excepted": [{"ground": "a", "stream": STREAM}]},
     {"reasons": ["one", "two"]}, "data.reasons"),
    ("openness_restricted", {"ground": "g", "end": "2030-01-01", "term": "P1Y"}, None, "facts.term"),
    ("openness_restricted", {"ground": "g", "term": "P"}, None, "facts.term"),
    ("fixity_checked", {"method": "whole", "size": 1, "root": "a" * 64, "events": 1, "payloads": 0, "documents": 0,
                        "faults": 1, "result": "sound"}, None, "facts.result"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "data", "where"), REFUSED)
def test_what_is_malformed_is_refused_at_its_path(
    name: str, facts: dict[str, Any], data: dict[str, Any] | None, where: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        catalogue.convert(catalogue.newest(name), facts, data)
    assert where == caught.value.where


def test_a_key_of_the_wrong_length_for_its_type_is_refused() -> None:
    key = {"public": "O2onvM62pC1imuSsVEM/dPLlZ8mfqGqwYWY4WQ3wzN8=", "type": 6}
    facts = {"key": key, "proof": "A" * 86 + "==", "use": "log"}
    with pytest.raises(MalformedError) as caught:
        catalogue.convert(catalogue.newest("key_enrolled"), facts, None)
    assert "facts.key.public" == caught.value.where


def test_an_error_names_the_place_and_never_the_content() -> None:
    secret = "Jansen\x07"
    for data in ({"subject": secret}, {"fields": {secret: "a"}}, {"fields": {"a": secret}}, {"date": secret}):
        with pytest.raises(ArchiefError) as caught:
            catalogue.convert(catalogue.newest("letter_registered"), {"kind": "brief"}, data)
        assert "Jansen" not in f"{caught.value} {caught.value.remedy}"


def test_waarneming_by_two_until_a_day_announced_after_its_begin_can_be_said() -> None:
    facts = {
        "basis": "mandaatbesluit", "begin": "2021-04-01", "end": "2021-09-01", "holders": [STREAM, OTHER],
        "kind": "waarneming", "on_behalf_of": "college", "role": "directeur",
    }  # fmt: skip
    made, _ = catalogue.convert(catalogue.newest("mandate_granted"), facts, {"title": "Waarneming directie"})
    assert canonical.encode(facts) == catalogue.encode(made)
