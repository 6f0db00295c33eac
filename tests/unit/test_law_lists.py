"""The law as data: the lists say what their source says, and a text that cannot be expressed stops the reading."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from archief.errors import MalformedError, NotFoundError
from archief.law import retention_list, rule_sets
from archief.law.term import Term

LIST = rule_sets.lists()["selectielijst-gemeenten-2020"]
HEAD = "nummer;proces;resultaat;waardering;bewaartermijn;procestermijn"


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, dict[str, Any]]:
    text = (shared / "data/selectielijst/selectielijst_2020.json").read_text(encoding="utf-8")
    return {row["volledig_nummer"]: row for row in json.loads(text)["resultaten"]}


def _plain(text: str) -> str:
    """Without the differences in spelling and space that the publication has with itself."""
    return " ".join(text.split()).replace("Beeindigd", "Beëindigd").replace("regelgeving:Bes", "regelgeving: Bes")


def test_the_list_has_the_rows_of_its_source_in_their_order(published: dict[str, dict[str, Any]]) -> None:
    assert list(published) == list(LIST.rows)


def test_every_row_says_what_its_source_says(published: dict[str, dict[str, Any]]) -> None:
    for nummer, row in published.items():
        ours = LIST.rows[nummer]
        named = "Vervallen" if row["omschrijving"].startswith("Vervallen") else row["omschrijving"]
        expected = (
            row["procestype_naam"], row["resultaat"], named, row["waardering"], row["bewaartermijn"],
            row["procestermijn"], row["herkomst"],
        )  # fmt: skip
        assert tuple(map(_plain, expected)) == ours[1:8], nummer


def test_no_explanation_is_carried_over(published: dict[str, dict[str, Any]]) -> None:
    whole = "\n".join("\n".join(row) for row in LIST.rows.values())
    sentences = {row["toelichting"] for row in published.values() if len(row["toelichting"]) > 40}
    assert sentences
    assert [] == [sentence for sentence in sentences if sentence in whole]


def test_there_are_89_rows_to_keep_255_to_destroy_and_two_that_lapsed() -> None:
    assert 346 == len(LIST.rows)
    assert {"B": 89, "V": 255, "": 2} == Counter(row.waardering for row in LIST.rows.values())
    assert ["7.1.20", "19.1.13"] == [row.nummer for row in LIST.rows.values() if row.lapsed]


def test_a_row_without_procestermijn_is_a_finding() -> None:
    assert [("12.1.4", "no procestermijn")] == LIST.findings()


def test_every_kind_of_term_is_in_the_list() -> None:
    terms = {row.bewaartermijn for row in LIST.rows.values()}
    assert {"P28D", "P42D", "P91D", "P6M", "P9M", "P1Y6M", "P0D", "P110Y"} <= terms
    assert {"", *retention_list.PROCESTERMIJNEN} == {row.procestermijn for row in LIST.rows.values()}


def test_an_unknown_row_gets_near_ones() -> None:
    with pytest.raises(NotFoundError) as caught:
        LIST.row("19.1.60")
    assert "did you mean 19.1.6" in caught.value.remedy


def test_the_law_of_1995_transfers_after_20_and_within_30_years() -> None:
    law = rule_sets.laws()["archiefwet-1995"]
    assert (Term(240, 0), Term(360, 0), "closed") == (law.after, law.within, law.counted_from)
    assert dt.date(1996, 1, 1) == law.begin


def test_the_law_of_2026_has_no_day_yet() -> None:
    law = rule_sets.laws()["archiefwet-2026"]
    assert (None, Term(120, 0), "opened") == (law.begin, law.after, law.counted_from)


@pytest.mark.parametrize("code", [*rule_sets.LAWS, *rule_sets.LISTS])
def test_a_rule_set_has_edition_source_and_hash(code: str) -> None:
    known = rule_sets.laws().get(code) or rule_sets.lists()[code]
    assert code == known.code
    assert known.edition
    assert known.source
    assert 64 == len(rule_sets.hash_of(code))


def test_a_list_is_read_with_any_separator_and_order() -> None:
    for separator in ",;\t":
        lines = "waardering;nummer;bewaartermijn\nV;a.1;P5Y\nB;a.2;\n;a.3;\n".replace(";", separator)
        rows = retention_list.read("\ufeff" + lines, "lijst.csv")
        assert ["a.1", "a.2", "a.3"] == list(rows)
        assert ["V", "B", ""] == [row.waardering for row in rows.values()]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1;A;B;Bewaren met uitzondering van bijlagen;;", "waardering is neither B nor V"),
        ("1;A;B;V;5 jaar;nihil", "bewaartermijn is not a term"),
        ("1;A;B;V;P2,5Y;nihil", "bewaartermijn is not a term"),
        ("1;A;B;V;direct;nihil", "bewaartermijn is not a term"),
        ("1;A;B;V;;nihil", "bewaartermijn is not a term"),
        ("1;A;B;V;P5Y;zolang nodig", "procestermijn is none of the five kinds"),
        ("1;A;B;B;P5Y;", "a term, though the row is not V"),
        ("Bijlage 1;A;B;B;;", "nummer is not a code"),
        ("1;A;B;B;", "5 columns; the first line names 6"),
        ("0;A;B;B;;", "the same number as an earlier row"),
        (f"1;{'A' * 501};B;B;;", "a column of more than 500 characters"),
    ],
)
def test_what_cannot_be_expressed_stops_the_reading_at_its_row(line: str, what: str) -> None:
    with pytest.raises(MalformedError) as caught:
        retention_list.read(f"{HEAD}\n0;A;B;B;;\n{line}\n", "lijst.csv")
    assert what in caught.value.what
    assert "lijst.csv:3" == caught.value.where


@pytest.mark.parametrize("text", ["", "nummer\n1\n", "nummer;waardering;kleur\n1;B;rood\n", HEAD, "1;B\n"])
def test_a_file_that_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        retention_list.read(text, "lijst.csv")


def test_numbers_stand_in_the_order_of_their_parts() -> None:
    assert ["2.1", "19.1.6", "19.1.10"] == sorted(["19.1.10", "2.1", "19.1.6"], key=retention_list.order_of)
