"""What is wrong with a typed value is said in words: no pattern, no value, and what the field takes."""

from __future__ import annotations

from typing import Any

import pytest

from archief.cli import wording
from archief.draft import draft
from archief.errors import MalformedError
from archief.events import base

STREAM = "5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"
_UNKNOWN = {"ground": "geheim", "stream": STREAM.replace("5b", "5c")}


@pytest.mark.parametrize(
    ("tag", "facts", "data", "told", "hint"),
    [
        ("letter_registered", {"kind": "Geheim"}, {"number": "1"}, "facts.kind: not a code", "there are: raadsinf"),
        ("backup_made", {"target": "Geheim"}, None, "facts.target: not a code", "lower-case letters"),
        ("letter_registered", {"kind": "brief"}, {"date": "1 mei"}, "data.date: not a date", "yyyy-mm-dd"),
        ("letter_registered", {"kind": "brief"}, {"number": ""}, "data.number: empty", "leave the field out"),
        (
            "letter_registered",
            {"kind": "brief"},
            {"attachments": ["a"] * 2_000},
            "data.attachments: too long: at most 1,000 members",
            "",
        ),
        (
            "letter_registered",
            {"kind": "brief"},
            {"signatories": [{"name": 3}]},
            "data.signatories[0].name: text is expected, this is a whole number",
            "",
        ),
        (
            "letter_registered",
            {"kind": "brief", "year": 3},
            {"number": "1"},
            "facts.year: too small: 1000 is the limit",
            "",
        ),
        ("letter_signed", {"level": "Geheim"}, None, "facts.level: none of the words that this field takes", "scan"),
        (
            "letter_registered",
            {"kind": "raadinformatiebrief"},
            {"number": "1"},
            "facts.kind: not a known word; did you mean raadsinformatiebrief?",
            "there are: raadsinformatiebrief, rondebriefje, brief,",
        ),
        ("letter_registered", {"kind": "geheim"}, {"number": "1"}, "facts.kind: not a known word", "begins with own:"),
        ("mandate_ended", {"end": "2021"}, None, "facts.end: not a date", "yyyy-mm-dd"),
        (
            "mandate_granted",
            {
                "basis": "gemeentwet:geheim",
                "begin": "2021-04-01",
                "holders": [STREAM],
                "on_behalf_of": "college",
                "role": "directeur",
            },
            {"title": "Waarneming"},
            "facts.basis: not a known word; did you mean gemeentewet:…?",
            "awb:…",
        ),
        (
            "destruction_reviewed",
            {"proposal": 4, "result": "approved", "excepted": [{"ground": "hold", "stream": STREAM}, _UNKNOWN]},
            None,
            "facts.excepted.ground: not a known word",
            "longer-case",
        ),
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
    assert "geheim" not in f"{caught.value}{caught.value.remedy}".lower()


def test_every_form_with_a_pattern_has_words() -> None:
    annotated = [one.__metadata__[0] for one in vars(base).values() if hasattr(one, "__metadata__")]
    forms = {meta.extra["form"] for meta in annotated if meta.pattern}
    assert set() == forms - set(wording.FORMS)


@pytest.mark.parametrize("kind", ["brief", "own:nieuwsbrief"])
def test_a_known_word_and_one_of_the_organisations_own_are_taken(kind: str) -> None:
    assert kind.encode() in wording.draft("letter_registered", STREAM, {"kind": kind}, {"number": "1"}).facts


def test_below_the_command_line_any_code_is_taken_so_that_what_stands_in_a_log_stays_good() -> None:
    assert b"geheim" in draft("letter_registered", STREAM, {"kind": "geheim"}, {"number": "1"}).facts
