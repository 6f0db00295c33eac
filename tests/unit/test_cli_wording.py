"""What is wrong with a typed value is said in words: no pattern, no value, and what the field takes."""

from __future__ import annotations

from typing import Any

import pytest

from archief.cli import wording
from archief.errors import MalformedError
from archief.events import base

STREAM = "5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"


@pytest.mark.parametrize(
    ("tag", "facts", "data", "told", "hint"),
    [
        ("letter_registered", {"kind": "Geheim"}, {"number": "1"}, "facts.kind: not a code", "lower-case letters"),
        ("letter_registered", {"kind": "x"}, {"date": "1 mei"}, "data.date: not a date", "jjjj-mm-dd"),
        ("letter_registered", {"kind": "x"}, {"number": ""}, "data.number: empty", "leave the field out"),
        (
            "letter_registered",
            {"kind": "x"},
            {"attachments": ["a"] * 2_000},
            "data.attachments: too long: at most 1,000 members",
            "",
        ),
        (
            "letter_registered",
            {"kind": "x"},
            {"signatories": [{"name": 3}]},
            "data.signatories[0].name: text is expected, this is a whole number",
            "",
        ),
        (
            "letter_registered",
            {"kind": "x", "year": 3},
            {"number": "1"},
            "facts.year: too small: 1000 is the limit",
            "",
        ),
        ("letter_signed", {"level": "Geheim"}, None, "facts.level: none of the words that this field takes", "scan"),
        ("letter_registered", {"soort": "x"}, {}, "facts: object contains unknown field `soort`", ""),
    ],
)
def test_a_mistake_is_told_in_words(
    tag: str, facts: dict[str, Any], data: dict[str, Any] | None, told: str, hint: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        wording.draft(tag, STREAM, facts, data)
    assert told == str(caught.value)
    assert hint in caught.value.remedy
    assert "Geheim" not in f"{caught.value}{caught.value.remedy}"


def test_every_form_with_a_pattern_has_words() -> None:
    annotated = [one.__metadata__[0] for one in vars(base).values() if hasattr(one, "__metadata__")]
    forms = {meta.extra["form"] for meta in annotated if meta.pattern}
    assert set() == forms - set(wording.FORMS)
