"""Reports: every figure opens, a past one says what it said, and what is destroyed counts with a mark for its words."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

import msgspec
import pytest

from archief.errors import NotFoundError
from archief.projections import tables
from archief.reports import comparison, declaration, dutch, page, paper, reporter, table
from archief.reports.content import Content, Section
from tests.reporting import Town

NAMES = sorted(declaration.reports())
WORDS_ONLY = {("toetsing", "norm5", "afwijkingen"), ("verzending", "kort", "niet_vastgelegd")}
"""Figures that count what payloads say, and say so themselves."""


class Days(NamedTuple):
    """The town's reports of days before its destruction, made before it and after."""

    town: Town
    then: dict[str, Content]
    before: dict[str, Content]
    after: dict[str, Content]


@pytest.fixture(scope="module")
def days() -> Days:
    town = Town()
    then, before = town.reports(["register"], on="2021-12-31"), town.reports(on="2022-12-31")
    town.destroy()
    return Days(town, then, before, town.reports(on="2022-12-31"))


@pytest.fixture(scope="module")
def town() -> Town:
    made = Town()
    made.destroy()
    return made


@pytest.fixture(scope="module")
def made(town: Town) -> dict[str, Content]:
    return town.reports()


@pytest.fixture(scope="module")
def pages(made: dict[str, Content]) -> dict[str, str]:
    return {name: page.html(one).decode() for name, one in made.items()}


class Page(HTMLParser):
    """A page's anchors, links, headings and tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.headings: list[int] = []
        self.tables: list[set[str]] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "a":
            self.links.append(given.get("href") or "")
        if "src" in given or tag in {"script", "link", "img", "iframe"}:
            self.outside.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "table":
            self.tables.append(set())
        elif self.tables and (tag == "caption" or (tag == "th" and given.get("scope"))):
            self.tables[-1].add(f"{tag} {given.get('scope') or ''}".strip())


# --- declarations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_report_asks_projections_only_and_no_clock(name: str) -> None:
    known = set(tables.projections()) | set(tables.META)
    report = declaration.reports()[name]
    for part, query in [*report.queries.items(), *report.criteria.items()]:
        plain = re.sub(r"--[^\n]*", "", query)
        own = set(re.findall(r"(\w+) as (?:materialized )?\(\s*select", plain))
        named = set(re.findall(r"\b(?:from|join)\s+([a-z_]+)\b(?!\()", plain))
        assert set() == named - known - own, f"{name}: {part}"
        assert not re.search(r"\b(now|today|current_\w+|random|uuid)\s*\(|current_date|current_timestamp", plain), part


@pytest.mark.parametrize("name", NAMES)
def test_every_part_has_its_query_and_every_query_its_part(name: str) -> None:
    report = declaration.reports()[name]
    asked = {part.name for part in report.part if part.fill not in {"rules", "summary"} and not part.criteria}
    assert asked == set(report.queries)
    assert report.csv == table.EVERY_FIGURE or report.csv in {part.name for part in report.part if part.columns}


def test_every_criterion_is_asked_for_by_a_report() -> None:
    asked = {name for report in declaration.reports().values() for name in report.criteria}
    assert asked == set(declaration.criteria())


def test_dutch_is_there_for_every_group_that_is_asked_for() -> None:
    parts = [part for report in declaration.reports().values() for part in report.part]
    asked = {column.words for part in parts for column in part.columns} - {""}
    asked |= {figure.words for part in parts for figure in part.figures} - {""}
    assert asked | {"event", "rule"} == set(dutch.words()) & (asked | {"event", "rule"})


def test_every_event_and_rule_has_dutch() -> None:
    from archief.events import catalogue
    from archief.exports import evidence_page

    assert {one.name for one in catalogue.TYPES.values()} <= set(dutch.words()["event"])
    assert set(tables.audits()) == set(dutch.words()["rule"])
    apart = {name for name, word in evidence_page.WORDS.items() if dutch.words()["event"].get(name) != word}
    assert set() == apart


def test_an_unknown_report_gets_the_nearest_names() -> None:
    with pytest.raises(NotFoundError, match="no such report") as caught:
        declaration.find("vernietigen")
    assert caught.value.remedy.startswith("did you mean vernietiging")


# --- figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_names_the_entries_and_records_behind_it(name: str, town: Town, made: dict[str, Content]) -> None:
    log = town.log
    for section in made[name].sections:
        named = [(one.name, one.events, one.records) for one in section.figures]
        named += [(section.name, row.events, row.records) for row in section.rows if not row.single]
        for place, events, records in named:
            assert events == sorted(set(events)), place
            assert {log.event(seq).stream for seq in events} == set(records), place
        for figure in section.figures:
            if figure.value not in {None, 0, "0", ""} and figure.name != "stand":
                assert figure.events, figure.name


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_page_leads_to_one_place_in_it(name: str, pages: dict[str, str]) -> None:
    shown = Page(pages[name])
    assert len(shown.ids) == len(set(shown.ids))
    assert [] == [link for link in shown.links if link[:1] != "#" or link[1:] not in shown.ids]
    assert len(shown.links) > 5


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_for_everybody(name: str, pages: dict[str, str]) -> None:
    text = pages[name]
    shown = Page(text)
    assert 'lang="nl"' in text
    assert 1 == shown.headings[0]
    assert 1 == shown.headings.count(1)
    assert all(later <= earlier + 1 for earlier, later in zip(shown.headings, shown.headings[1:], strict=False))
    assert all({"caption", "th col", "th row"} <= one for one in shown.tables)
    assert [] == shown.outside
    assert shown.tags.count("svg") == shown.tags.count("desc")
    assert "Fietsenstalling <" not in text


def test_contrast_is_enough_on_light_and_dark_screens() -> None:
    from importlib import resources

    style = resources.files("archief.reports").joinpath("page.css").read_text()
    light, dark = re.findall(r":root\{([^}]*)\}", style)[:2]
    for scheme in (light, dark):
        colours = dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", scheme))
        for ink in ("ink", "soft", "link", "accent"):
            for ground in ("paper", "head", "mark") if ink in {"ink", "soft"} else ("paper",):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground, scheme[:40])
        for drawn in ("s0", "s1", "s2"):
            assert contrast(colours[drawn], colours["paper"]) >= 3, drawn


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, 1.4.3)."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# --- other days --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_state_gives_the_same_bytes(town: Town, made: dict[str, Content], pages: dict[str, str]) -> None:
    for name, again in town.reports().items():
        assert pages[name] == page.html(again).decode(), name
        assert table.csv_of(made[name]) == table.csv_of(again), name


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_after_destruction_the_counts_stay_and_the_words_are_marked(name: str, days: Days) -> None:
    before, after = days.before[name], days.after[name]
    assert counts(before) == counts(after)
    text = page.html(after).decode()
    assert "Fietsenstalling &lt;1&gt;" not in text
    closed = days.town.log.size - 2
    if name in {"register", "levensloop"}:
        assert "Fietsenstalling &lt;1&gt;" in page.html(before).decode()
        assert f"[vernietigd, verklaring {closed}]" in text
    assert before.made_from[0].size == after.made_from[0].size == before.made_from[0].destructions
    assert closed + 2 == after.made_from[0].destructions


def counts(made: Content) -> list[tuple[str, str, object, list[int]]]:
    return [
        (section.name, one.name, one.value, one.events)
        for section in made.sections
        for one in section.figures
        if (made.name, section.name, one.name) not in WORDS_ONLY
    ]


@pytest.mark.slow
def test_a_past_report_gives_its_bytes_while_nothing_it_showed_is_destroyed() -> None:
    town = Town()
    before = page.html(town.report("register", on="2021-12-31"))
    town.destroy(town.later)
    assert before == page.html(town.report("register", on="2021-12-31"))
    assert page.html(town.report("register", on="2022-12-31")) != before


@pytest.mark.slow
def test_two_days_are_compared_figure_by_figure_and_line_by_line(days: Days, made: dict[str, Content]) -> None:
    told = comparison.compare(days.then["register"], made["register"])
    figures = {row.cells["figure"]: row.cells["difference"] for row in told.section("kort").rows}
    assert "+1" == figures["Brieven in het register"]
    assert "+3" == figures["Brieven vernietigd"]
    changes = [row.cells["change"] for row in told.section("brieven").rows]
    assert ["gewijzigd"] * 3 + ["erbij"] == changes
    assert [] == told.section("vervallen").rows
    assert 2 == len(told.made_from)
    shown = Page(page.html(told).decode())
    assert [] == [link for link in shown.links if link[1:] not in shown.ids]


def test_numbers_are_complete_after_destruction_and_a_gap_is_seen(made: dict[str, Content]) -> None:
    (row,) = made["register"].section("volledigheid").rows
    expected = {"uitgegeven": 8, "aanwezig": 4, "vervallen": 1, "vernietigd": 3, "ontbreekt": 3, "oordeel": "sluitend"}
    assert expected == {name: row.cells[name] for name in expected}
    broken = Town()
    broken.archive.append_unruled(broken.archive.letter(series="register"), by=broken.clerk)  # issued without a number
    assert "niet sluitend" == broken.report("register").section("volledigheid").rows[0].cells["oordeel"]


def test_a_criterion_without_anything_to_judge_is_no_success() -> None:
    verdicts = {one.name: one.verdict for one in Town().report("toetsing").section("norm7").figures}
    assert "niet van toepassing" == verdicts["niet_gescheiden"]
    assert "in orde" == verdicts["lijsten"]
    assert "aandacht" == verdicts["achterstand"]
    assert "niet te tonen" == verdicts["buiten"]


def test_what_is_due_and_what_is_done(made: dict[str, Content]) -> None:
    figures = {one.name: one.value for one in Town().report("bewaartermijnen").section("kort").figures}
    expected = {"dossiers": 2, "tijdelijk": 1, "blijvend": 1, "te_vernietigen": 1, "geblokkeerd": 0, "los": 2}
    assert expected == {name: figures[name] for name in expected}
    gone = {one.name: one.value for one in made["vernietiging"].section("kort").figures}
    assert (1, 4, 3, 1) == (gone["uitgevoerd"], gone["records"], gone["brieven"], gone["dossiers"])


def test_a_page_says_what_of_a_long_report_it_leaves_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "ROWS_SHOWN", 3)
    monkeypatch.setattr(reporter, "RECORDS_SHOWN", 3)
    cut = town.reports(["register"], whole=False)["register"]
    section = cut.section("brieven")
    assert (3, 7) == (len(section.rows), section.total)
    text = page.html(cut).decode()
    assert "Het register: de eerste 3 van 7 regels" in text
    assert "7 regels: " in text
    shown = Page(text)
    assert [] == [link for link in shown.links if link[1:] not in shown.ids]


# --- writing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ["=cmd()", " =cmd()", "＝cmd()"])
def test_a_cell_is_no_formula(made: dict[str, Content], formula: str) -> None:
    section = made["register"].section("brieven")
    evil = msgspec.structs.replace(section.rows[0], cells={**section.rows[0].cells, "onderwerp": formula})
    changed: Section = msgspec.structs.replace(section, rows=[evil])
    sections = [changed if one.name == "brieven" else one for one in made["register"].sections]
    assert f",'{formula},".encode() in table.csv_of(msgspec.structs.replace(made["register"], sections=sections))


@pytest.mark.slow
def test_a_sign_that_the_font_lacks_keeps_no_report_from_paper(made: dict[str, Content]) -> None:
    one = msgspec.structs.replace(made["sleutels"], question="Wie is 漢字 😀?")
    assert paper.pdf(one).startswith(b"%PDF")


def test_values_are_written_for_a_dutch_reader() -> None:
    import datetime as dt

    assert "1.234" == dutch.written(1234, "number")
    assert "12,5 %" == dutch.written(125, "share")
    assert "16-04-2021" == dutch.written(dt.date(2021, 4, 16), "date")
    assert "01-07-2021 00:30" == dutch.written(dt.datetime(2021, 6, 30, 22, 30), "moment")  # noqa: DTZ001 - UTC
    assert "2021" == dutch.written(2021, "code")
    assert (["1", "3–5", "9"], False) == dutch.ranges([1, 3, 4, 5, 9], 3)
    assert (["1", "3–5"], True) == dutch.ranges([1, 3, 4, 5, 9], 2)
