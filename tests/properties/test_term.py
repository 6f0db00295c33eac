"""The calendar of terms: ends of months, leap days, and that a longer term never ends earlier."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief.errors import MalformedError
from archief.law.term import Term, after

DAYS = st.dates(dt.date(1, 1, 1), dt.date(9000, 1, 1))
TERMS = st.builds(Term, st.integers(0, 2_400), st.integers(0, 40_000))


@pytest.mark.parametrize(
    ("begin", "term", "end"),
    [
        ("2020-02-29", "P1Y", "2021-02-28"),
        ("2020-02-29", "P4Y", "2024-02-29"),
        ("2021-02-28", "P3Y", "2024-02-28"),
        ("2096-02-29", "P4Y", "2100-02-28"),
        ("2021-01-31", "P1M", "2021-02-28"),
        ("2021-08-31", "P6M", "2022-02-28"),
        ("2023-08-31", "P1Y6M", "2025-02-28"),
        ("2021-01-31", "P1M1D", "2021-03-01"),
        ("2021-12-31", "P0D", "2021-12-31"),
        ("2021-12-04", "P28D", "2022-01-01"),
        ("2020-01-01", "P91D", "2020-04-01"),
    ],
)
def test_a_term_ends_where_the_calendar_says(begin: str, term: str, end: str) -> None:
    assert dt.date.fromisoformat(end) == after(dt.date.fromisoformat(begin), Term.parse(term))


def test_a_term_beyond_the_calendar_has_no_end() -> None:
    assert after(dt.date(9990, 1, 1), Term.parse("P110Y")) is None
    assert after(dt.date(9999, 12, 31), Term.parse("P1D")) is None


@pytest.mark.parametrize("text", ["", "P", "P1W", "PT1H", "1Y", "P1.5Y", "P1D1Y", "P-1Y", "p1y", "P1Y ", "5 jaar"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        Term.parse(text)


@given(DAYS, st.integers(0, 2_400))
def test_months_keep_the_day_or_take_the_last_of_the_month(begin: dt.date, months: int) -> None:
    end = after(begin, Term(months, 0))
    assert end is not None
    assert months == (end.year - begin.year) * 12 + end.month - begin.month
    assert min(begin.day, calendar.monthrange(end.year, end.month)[1]) == end.day


@given(DAYS, TERMS, TERMS)
def test_a_longer_term_ends_no_earlier(begin: dt.date, one: Term, other: Term) -> None:
    both = after(begin, Term(one.months + other.months, one.days + other.days))
    alone = after(begin, one)
    assert alone is not None
    assert both is None or both >= alone


@given(DAYS, DAYS, TERMS)
def test_what_begins_later_ends_no_earlier(one: dt.date, other: dt.date, term: Term) -> None:
    first, last = after(min(one, other), term), after(max(one, other), term)
    assert first is not None
    assert last is None or first <= last
