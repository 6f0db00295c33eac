"""Which position a day means: the end of that day in Amsterdam, summer and winter, and the last commit until then."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest

from archief.cli import moment
from archief.errors import ExtraMissingError, NotFoundError, UsageError
from archief.log import Log
from archief.rules import town_hall
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, found

DAYS = ("2021-01-14", "2021-01-20", "2021-03-28", "2021-07-01")


@pytest.fixture(scope="module")
def archive() -> Founded:
    """Commits at noon on four days; the first is the founding's."""
    made = found(MemoryStorage())
    for day in DAYS[1:]:
        made.now = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), dt.UTC)
        made.append(made.letter(day))
    return made


@pytest.fixture(params=["one segment", "a segment an entry"])
def log(archive: Founded, request: pytest.FixtureRequest) -> Log:
    if request.param == "one segment":
        return Log(archive.storage)
    log = Log(archive.storage)
    segment = archive.storage.log_segments()[0]
    lines = archive.storage.read(segment).splitlines(keepends=True)
    parts = [segment._replace(first=number, size_bytes=len(line)) for number, line in enumerate(lines)]
    log.storage = mock.Mock(wraps=archive.storage)
    log.storage.log_segments = lambda: parts
    log.storage.read = lambda part, *_: lines[part.first]
    return log


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2021-01-14", "2021-01-14T22:59:59Z"),
        ("2021-07-01", "2021-07-01T21:59:59Z"),
        ("2021-03-27", "2021-03-27T22:59:59Z"),
        ("2021-03-28", "2021-03-28T21:59:59Z"),
        ("2021-10-31", "2021-10-31T22:59:59Z"),
        ("9999-12-31", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_day_ends_at_midnight_in_amsterdam(day: str, end: str) -> None:
    assert end == moment.end_of(dt.date.fromisoformat(day))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2021-01-19", "2021-01-14"),
        ("2021-01-20", "2021-01-20"),
        ("2021-03-27", "2021-01-20"),
        ("2021-03-28", "2021-03-28"),
        ("2021-12-31", "2021-07-01"),
    ],
)
def test_a_day_means_the_last_commit_until_its_end(asked: str, answered: str, log: Log) -> None:
    position = moment.of(log, asked)
    assert answered == position.time[:10]
    assert position.size == next(
        one.seq + 1 for one in reversed(list(Log(log.storage).commits())) if one.time <= position.time
    )


def test_a_size_means_the_commit_that_ends_there(log: Log) -> None:
    assert moment.Position(log.size, log.last_commit.time) == moment.of(log, str(log.size))


@pytest.mark.parametrize("text", ["gisteren", "2021-02-30", "2021", ""])
def test_what_is_neither_day_nor_size_is_refused(text: str, log: Log) -> None:
    with pytest.raises((UsageError, NotFoundError)):
        moment.of(log, text)


def test_a_size_inside_a_commit_is_refused_with_the_next_end(log: Log) -> None:
    with pytest.raises(NotFoundError) as caught:
        moment.of(log, str(log.size - 1))
    assert f"the commit ends at size {log.size}" == caught.value.remedy


def test_a_day_before_the_log_is_refused_with_its_first_day(log: Log) -> None:
    with pytest.raises(NotFoundError, match="begins on 2021-01-14"):
        moment.of(log, "2020-12-31")


def test_a_machine_without_time_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town_hall, "ZONE", "Europe/Nergens")
    with pytest.raises(ExtraMissingError, match="no time zone data"):
        moment.end_of(dt.date(2021, 1, 14))
