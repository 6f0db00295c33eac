"""The lists of known words: each field they name exists, each word can stand in it, and the examples know them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec
import pytest

from archief.events import catalogue, schema
from archief.events.base import Code
from archief.law import codes

CODE = re.compile(Code.__metadata__[0].pattern)  # type: ignore[attr-defined]
FIELDS = [(field, one) for one in codes.lists().values() for field in one.fields]


def _at(value: Any, path: list[str]) -> list[str]:
    if isinstance(value, list):
        return [found for member in value for found in _at(member, path)]
    if not path:
        return [value]
    return _at(value[path[0]], path[1:]) if path[0] in value else []


def _kind(word: Any, path: list[str]) -> Any:
    """The field that a path leads to, as its JSON Schema says it."""
    (described,), definitions = msgspec.json.schema_components([word], ref_template="{name}")
    for part in path:
        described = definitions[described["$ref"]]["properties"][part]
        described = next((one for one in described.get("anyOf", []) if one != {"type": "null"}), described)
        described = described.get("items", described)
    return described


@pytest.mark.parametrize(("field", "known"), FIELDS, ids=[field for field, _ in FIELDS])
def test_a_field_with_a_list_is_a_code_and_its_example_is_a_known_word(field: str, known: codes.CodeList) -> None:
    name, *path = field.split(".")
    event_type = catalogue.newest(name)
    assert CODE.pattern == _kind(event_type.facts, path)["pattern"]
    for word in _at(schema.example(event_type)["facts"], path):
        assert known.knows(word), word
    assert known is codes.of(field)


@pytest.mark.parametrize("name", codes.lists())
def test_a_list_has_a_title_a_source_a_day_and_words_that_fit_a_code(name: str) -> None:
    known = codes.lists()[name]
    assert known.title
    assert known.source
    assert known.edition == dt.date.fromisoformat(known.edition).isoformat()
    assert known.words
    assert [] == [word for word, meaning in known.words.items() if not (CODE.fullmatch(word) and meaning)]


def test_a_field_has_one_list() -> None:
    fields = [field for field, _ in FIELDS]
    assert sorted(set(fields)) == sorted(fields)


def test_a_word_that_goes_on_is_known_by_its_beginning() -> None:
    basis = codes.lists()["basis"]
    assert basis.knows("gemeentewet:59a.1")
    assert not basis.knows("gemeentewet")
    assert not basis.knows("gemeentewet:")
    assert not basis.knows("gemeentwet:59a.1")
    assert "gemeentewet:…" == basis.nearest("gemeentwet:59a.1")


def test_an_own_word_needs_something_behind_its_colon() -> None:
    kinds = codes.lists()["letter_kind"]
    assert kinds.knows("own:nieuwsbrief")
    assert not kinds.knows("own:")
    assert kinds.nearest("zzz") is None
