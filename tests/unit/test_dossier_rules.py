"""Dossiers as their events make them, rule sets as they were adopted, and what a derivation rests on. Pure."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from archief.errors import NotFoundError, RefusedError
from archief.events import catalogue
from archief.events.archive import ListRow
from archief.events.envelope import Event
from archief.law import rule_sets
from archief.rules import adoption, dossiers, retention
from archief.rules.adoption import RuleSets
from archief.rules.dossiers import Dossier
from archief.rules.retention import Derivation, Simulation

CASE, OTHER = "cccccccc-0000-4000-8000-000000000003", "dddddddd-0000-4000-8000-000000000004"
LETTER = "aaaaaaaa-0000-4000-8000-000000000001"
LIST = "selectielijst-gemeenten-2020"


def _event(seq: int, name: str, facts: dict[str, Any], stream: str = CASE) -> Event:
    known = catalogue.newest(name)
    struct: Any = known.facts
    made = catalogue.facts_decoder(known.tag).decode(catalogue.encode(struct(**facts)))
    return Event(facts=made, payload=None, seq=seq, stream=stream, stream_seq=seq, type=known.tag)


def _happened(seq: int, name: str, said: dict[str, Any]) -> tuple[Event, Any]:
    """The event, and the dates of it that stand in its payload."""
    dates = {key: value for key, value in said.items() if key in ("brondatum", "procestermijn_end")}
    facts = {key: value for key, value in said.items() if key not in dates}
    return _event(seq, name, facts), SimpleNamespace(**dates) if dates else None


def _told(*events: tuple[str, dict[str, Any]]) -> Dossier:
    found = dossiers.fold(
        _happened(10 + number, name, facts)
        for number, (name, facts) in enumerate([("dossier_opened", {"date": "2021-01-04"}), *events])
    )
    assert found is not None
    return found


def _classified(row: str, waardering: str = "V", **facts: Any) -> tuple[str, dict[str, Any]]:
    return "dossier_classified", {"list": LIST, "row": row, "waardering": waardering, **facts}


def _closed(day: str = "2024-02-29", **facts: Any) -> tuple[str, dict[str, Any]]:
    return "dossier_closed", {"date": day, **facts}


def _adopted(*codes: str, data: Any = None, **facts: Any) -> RuleSets:
    """Adopted at the founding; with facts, one adoption more."""
    founded = {"origin": "archief.voorbeeld.nl/5f0c91d2", "log_keys": [], "rule_sets": list(codes), "test": True}
    struct: Any = catalogue.newest("archive_founded").facts
    first = Event(
        facts=struct(**founded), payload=None, seq=0, stream=OTHER, stream_seq=0, type="archive_founded.v1"
    )  # fmt: skip
    happened = [(first, None)]
    if facts:
        happened.append((_event(5, "rule_set_adopted", facts, OTHER), data))
    return adoption.fold(happened)


RULES = _adopted("archiefwet-1995", LIST)


# dossiers


def test_a_reopened_dossier_is_open_and_closes_anew() -> None:
    reopened = _told(_closed(), ("dossier_reopened", {}))
    assert (None, 12) == (reopened.closing, reopened.reopened)
    dossiers.check_open(reopened)
    closed = _told(_closed(), ("dossier_reopened", {}), _closed("2025-01-01"))
    assert closed.closing is not None
    assert (dt.date(2025, 1, 1), None) == (closed.closing.day, closed.reopened)


def test_a_date_that_both_say_is_as_the_later_event_says_it() -> None:
    one = _told(_classified("20.1", brondatum="2021-05-01"), _closed(brondatum="2021-06-01"))
    assert (dt.date(2021, 6, 1), 12) == one.noted("brondatum")
    other = _told(_closed(brondatum="2021-06-01"), _classified("20.1", brondatum="2021-05-01"))
    assert (dt.date(2021, 5, 1), 12) == other.noted("brondatum")
    assert (None, None) == other.noted("procestermijn_end")


def test_a_letter_is_in_what_it_was_put_in_and_not_taken_out_of() -> None:
    events = [
        _event(1, "letter_filed", {"dossier": CASE}, LETTER),
        _event(2, "letter_filed", {"dossier": OTHER}, LETTER),
        _event(3, "letter_unfiled", {"dossier": CASE}, LETTER),
    ]
    assert {OTHER: 2} == dossiers.filed(events)


def test_what_a_state_forbids_is_refused() -> None:
    gone = _event(20, "record_destroyed", {"authorisation": 1, "last_stream_seq": 1})
    with pytest.raises(RefusedError, match="closed since 2024-02-29"):
        dossiers.check_open(_told(_closed()))
    with pytest.raises(RefusedError, match="the dossier is open"):
        dossiers.check_closed(_told())
    with pytest.raises(RefusedError, match="the letter is destroyed"):
        dossiers.check_letter([gone])
    destroyed = dossiers.fold([_happened(1, "dossier_opened", {"date": "2021-01-04"}), (gone, None)])
    assert destroyed is not None
    with pytest.raises(RefusedError, match="the dossier is destroyed"):
        dossiers.check_alive(destroyed)
    with pytest.raises(RefusedError, match=r"row 7\.1\.20 has lapsed"):
        dossiers.check_row(rule_sets.lists()[LIST].rows["7.1.20"])


def test_a_stream_that_no_dossier_opened_is_none() -> None:
    assert dossiers.fold([(_event(1, "letter_filed", {"dossier": CASE}, LETTER), None)]) is None


# rule sets


def test_a_rule_set_holds_for_records_of_its_time() -> None:
    assert RULES.list_on(dt.date(2019, 12, 31)) is None
    found = RULES.list_on(dt.date(2020, 1, 1))
    assert found is not None
    assert LIST == found.rules.code


def test_a_law_without_a_day_holds_for_no_record_until_an_event_gives_it_one() -> None:
    assert _adopted("archiefwet-2026").law_on(dt.date(2040, 1, 1)) is None
    rules = _adopted("archiefwet-1995", rule_set="archiefwet-2026", begin="2027-01-01")
    laws = [rules.law_on(dt.date(2026, 12, 31)), rules.law_on(dt.date(2027, 1, 1))]
    assert ["archiefwet-1995", "archiefwet-2026"] == [one and one.rules.code for one in laws]


def test_a_text_that_is_another_than_was_adopted_is_noticed() -> None:
    same = _adopted(rule_set=LIST, begin="2020-01-01", hash=rule_sets.hash_of(LIST))
    other = _adopted(rule_set=LIST, begin="2020-01-01", hash="0" * 64)
    assert (False, True) == (same.lists[LIST].changed, other.lists[LIST].changed)


def test_an_imported_list_brings_its_rows_and_the_last_adoption_counts() -> None:
    struct: Any = catalogue.newest("rule_set_adopted").data
    data = struct(rows=[ListRow(nummer="1.a", waardering="V", bewaartermijn="P1Y", procestermijn="nihil")])
    rules = _adopted(rule_set=LIST, begin="1996-01-01", end="2017-01-01", data=data)
    assert ["1.a"] == list(rules.list(LIST).rows)
    assert "P1Y" == rules.list(LIST).row("1.a").bewaartermijn


def test_an_unknown_list_gets_a_near_one_and_one_that_was_not_adopted_the_way_to_adopt_it() -> None:
    with pytest.raises(NotFoundError) as caught:
        RULES.list("selectielijst-gemeente-2020")
    assert f"did you mean {LIST}" in caught.value.remedy
    with pytest.raises(NotFoundError) as caught:
        RuleSets().list(LIST)
    assert f"archief rules adopt {LIST}" in caught.value.remedy


# derivations


def _derived(*events: tuple[str, dict[str, Any]], **how: Any) -> Derivation:
    return retention.derive(_told(*events), RULES, **how)


def test_each_step_cites_what_it_rests_on() -> None:
    found = _derived(_classified("20.1"), _closed())
    assert [
        ("the dossier was opened", "2021-01-04", 10, ""),
        (
            "classified: row 20.1 (Informeren, Uitgevoerd): V P1Y, procestermijn nihil",
            None,
            11,
            f"{LIST}, stcrt-2020-11143, row 20.1",
        ),
        ("that list is for records from 2020-01-01", None, 0, f"{LIST}, stcrt-2020-11143"),
        ("the dossier was closed", "2024-02-29", 12, ""),
        ("brondatum, afleidingswijze afgehandeld: the last day", "2024-02-29", None, ""),
        ("procestermijn nihil: the bewaartermijn begins at once", "2024-02-29", None, ""),
        ("bewaartermijn P1Y: destroy from", "2025-02-28", None, ""),
    ] == [(step.what, step.day and str(step.day), step.seq, step.source) for step in found.steps]
    assert found.due(dt.date(2025, 2, 28))
    assert not found.due(dt.date(2025, 2, 27))


@pytest.mark.parametrize(
    ("facts", "related", "brondatum"),
    [
        ({}, None, "2024-02-29"),
        ({"afleidingswijze": "termijn", "termijn": "P1Y"}, None, "2025-02-28"),
        ({"afleidingswijze": "hoofdzaak", "related": OTHER}, "2023-01-31", "2023-01-31"),
        ({"afleidingswijze": "gerelateerde_zaak", "brondatum": "2022-01-01"}, "2023-01-31", "2022-01-01"),
        ({"afleidingswijze": "ander_datumkenmerk", "brondatum": "2022-01-01"}, None, "2022-01-01"),
        ({"afleidingswijze": "eigenschap", "brondatum": "2022-01-02"}, None, "2022-01-02"),
        ({"afleidingswijze": "ingangsdatum_besluit", "brondatum": "2022-01-03"}, None, "2022-01-03"),
        ({"afleidingswijze": "vervaldatum_besluit", "brondatum": "2022-01-04"}, None, "2022-01-04"),
        ({"afleidingswijze": "zaakobject", "brondatum": "2022-01-05"}, None, "2022-01-05"),
    ],
)
def test_the_brondatum_is_found_in_nine_ways(facts: dict[str, Any], related: str | None, brondatum: str) -> None:
    day = dt.date.fromisoformat(related) if related else None
    found = _derived(_classified("20.1", **facts), _closed(), related=day)
    assert brondatum == str(found.brondatum)


@pytest.mark.parametrize(
    ("row", "facts", "start"),
    [
        ("20.1", {}, "2024-02-29"),
        ("16.1", {"procestermijn_end": "2026-12-31"}, "2026-12-31"),
        ("16.1", {"procestermijn_end": "2020-12-31"}, "2024-02-29"),
        ("16.1", {"afleidingswijze": "vervaldatum_besluit", "brondatum": "2025-06-30"}, "2025-06-30"),
        ("15.1.1", {"procestermijn": "P10Y"}, "2034-02-28"),
        ("15.1.1", {"afleidingswijze": "termijn", "termijn": "P4Y"}, "2028-02-29"),
        ("3.1", {"procestermijn_end": "2025-01-01"}, "2025-01-01"),
        ("4.1.7", {"afleidingswijze": "eigenschap", "brondatum": "2010-05-05"}, "2010-05-05"),
        ("12.1.4", {"procestermijn": "P0D"}, "2024-02-29"),
    ],
)
def test_the_bewaartermijn_begins_by_five_kinds_of_procestermijn(row: str, facts: dict[str, Any], start: str) -> None:
    assert start == str(_derived(_classified(row, **facts), _closed()).start)


@pytest.mark.parametrize(
    ("row", "facts", "missing"),
    [
        ("16.1", {}, "procestermijn_end"),
        ("16.1", {"afleidingswijze": "ingangsdatum_besluit", "brondatum": "2025-06-30"}, "procestermijn_end"),
        ("15.1.1", {}, "procestermijn"),
        ("4.1.7", {}, "brondatum"),
        ("12.1.4", {}, "procestermijn"),
        ("20.1", {"afleidingswijze": "eigenschap"}, "brondatum"),
        ("20.1", {"afleidingswijze": "termijn"}, "termijn"),
        ("20.1", {"afleidingswijze": "hoofdzaak"}, "related"),
    ],
)
def test_what_is_missing_is_said_and_never_guessed(row: str, facts: dict[str, Any], missing: str) -> None:
    found = _derived(_classified(row, **facts), _closed())
    assert (missing, None, None) == (found.missing, found.action, found.outcome)
    assert f"no date: {retention.MISSING[missing]}" == found.steps[-1].what


def test_a_record_of_another_time_gets_no_date() -> None:
    old = dossiers.fold([_happened(1, "dossier_opened", {"date": "2016-01-05"}), _happened(2, *_classified("20.1"))])
    assert old is not None
    assert "other_time" == retention.derive(old, RULES).missing


def test_b_beats_v_and_then_the_longest_counts() -> None:
    short, long = _derived(_classified("20.1"), _closed()), _derived(_classified("19.1.8"), _closed())
    kept = _derived(_classified("3.1.1", "B"), _closed())
    unknown = _derived()
    assert dt.date(2044, 2, 29) == retention.combine([short, long]).action
    assert ("B", "transfer") == retention.combine([short, kept])[:2]
    assert ("B", "transfer") == retention.combine([unknown, kept])[:2]
    assert "unclassified" == retention.combine([short, unknown]).missing
    assert "unfiled" == retention.combine([]).missing


def test_a_simulation_supposes_another_row_or_another_law() -> None:
    known = rule_sets.lists()[LIST]
    as_row = Simulation(row=(known, known.rows["19.1.8"]))
    assert dt.date(2044, 2, 29) == _derived(_classified("20.1"), _closed(), as_if=as_row).action
    as_law = Simulation(law=rule_sets.laws()["archiefwet-2026"])
    assert dt.date(2031, 1, 4) == _derived(_classified("3.1.1", "B"), as_if=as_law).action
