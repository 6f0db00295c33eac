"""Register numbers: issued in order by a series, without gaps, never twice; typed ones are taken over as they are."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

from archief.draft import Draft, draft, new_stream
from archief.errors import MalformedError, NotFoundError, RefusedError
from archief.events.archive import SeriesFact
from archief.journal import Journal
from archief.log import Log
from archief.rules import numbering
from archief.rules.authority import Authority
from archief.rules.numbering import Numbering
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, folder, found, refuses

REGISTER = {"series": "register", "pattern": "{year}-{number:05}", "start": 1}


@pytest.fixture
def archive() -> Founded:
    made = found(MemoryStorage())
    made.append(made.series(REGISTER))
    return made


def letter(archive: Founded, year: int = 2021, number: str | None = None, name: str = "register") -> Draft:
    data = {"subject": "Fietsenstalling", **({"number": number} if number else {})}
    return draft(
        "letter_registered.v1",
        new_stream(archive.entropy),
        {"kind": "brief", "series": name, "year": year},
        data,
    )


def voided(archive: Founded, number: str) -> Draft:
    facts, data = {"series": "register", "year": 2021}, {"number": number, "reason": "dubbel"}
    return draft("number_voided.v1", new_stream(archive.entropy), facts, data)


def numbers(archive: Founded) -> list[str]:
    log = Log(archive.storage)
    found_all = []
    for seq in range(log.size):
        line = log.payload_line(seq)
        number = json.loads(line)["data"].get("number") if line else None
        if number:
            found_all.append(number)
    return found_all


@pytest.mark.parametrize(
    ("pattern", "ordinal", "expected"),
    [
        ("{year}-{number:05}", 17, "2021-00017"),
        ("RIB{number}", 17, "RIB17"),
        ("{year}/{number:02}.x", 117, "2021/117.x"),
    ],
)
def test_a_number_is_written_as_its_pattern_says_and_read_back(pattern: str, ordinal: int, expected: str) -> None:
    assert expected == numbering.written(pattern, 2021, ordinal)
    known = Numbering()
    known.adopt([SeriesFact(series="a", pattern=pattern, start=10, year=2021)])
    assert [("a", 2021, ordinal - 10)] == known.read(expected)
    assert [] == known.read(f"{expected}x")
    assert [] == known.read("2021-17")


@pytest.mark.parametrize("pattern", ["{number}{number}", "{number:5}", "x", "{number}-1", "{number}/{year}", "{no}"])
def test_a_pattern_that_nobody_could_read_back_is_refused(archive: Founded, pattern: str) -> None:
    with pytest.raises(MalformedError, match="number"):
        archive.series({**REGISTER, "pattern": pattern})


def test_numbers_are_issued_in_order_for_each_year(archive: Founded) -> None:
    archive.append(letter(archive), letter(archive), letter(archive, 2022))
    archive.append(letter(archive))
    assert ["2021-00001", "2021-00002", "2022-00001", "2021-00003"] == numbers(archive)


def test_a_later_setting_for_one_year_says_where_that_year_begins(archive: Founded) -> None:
    archive.append(letter(archive))
    archive.append(archive.series({**REGISTER, "start": 1000, "year": 2022}), letter(archive, 2022))
    assert ["2021-00001", "2022-01000"] == numbers(archive)


def test_the_first_number_does_not_move_once_one_was_issued(archive: Founded) -> None:
    archive.append(letter(archive))
    assert "gap-free" in refuses(archive, RefusedError, archive.series({**REGISTER, "start": 5})).what
    refuses(archive, RefusedError, archive.series({**REGISTER, "start": 5, "year": 2021}))
    archive.append(archive.series({**REGISTER, "pattern": "{year}.{number:05}"}), letter(archive))
    assert ["2021-00001", "2021.00002"] == numbers(archive)


def test_a_series_that_was_not_set_up_issues_nothing(archive: Founded) -> None:
    assert "register" in refuses(archive, NotFoundError, letter(archive, name="ander")).remedy


def test_a_typed_number_of_a_series_is_the_next_one_or_refused(archive: Founded) -> None:
    for wrong in ("2021-00002", "2021-1", "x"):
        assert "2021-00001" in refuses(archive, RefusedError, letter(archive, number=wrong)).remedy
    archive.append(letter(archive, number="2021-00001"))
    refuses(archive, RefusedError, letter(archive, number="2021-00001"))


def test_a_number_that_is_taken_over_counts_for_no_series(archive: Founded) -> None:
    taken = draft("letter_registered.v1", new_stream(archive.entropy), {"kind": "brief"}, {"number": "2021-00001"})
    archive.append(taken, letter(archive))
    assert ["2021-00001", "2021-00001"] == numbers(archive)


def test_a_voided_number_is_the_next_one_and_counts_as_issued(archive: Founded) -> None:
    archive.append(letter(archive))
    refuses(archive, RefusedError, voided(archive, "2021-00001"))
    refuses(archive, RefusedError, voided(archive, "2021-00003"))
    archive.append(voided(archive, "2021-00002"), letter(archive))
    assert ["2021-00001", "2021-00002", "2021-00003"] == numbers(archive)


def test_no_number_is_lost_by_an_append_that_is_refused_or_only_tried(archive: Founded) -> None:
    archive.journal.check([letter(archive)], archive.archivaris.key, archive.now)
    refuses(archive, RefusedError, letter(archive), letter(archive, number="x"))
    archive.append(letter(archive))
    assert ["2021-00001"] == numbers(archive)


def test_a_retry_of_an_append_takes_no_second_number(archive: Founded) -> None:
    one = letter(archive)
    size = archive.journal.size
    done = archive.append(one)
    assert archive.append(one, commit_id=done.commit.id, retry_from=size).known
    assert ["2021-00001"] == numbers(archive)


def test_two_journals_taking_turns_issue_each_number_once(tmp_path: Path) -> None:
    archive = found(folder(tmp_path), index=tmp_path / "cache" / "index.sqlite")
    archive.append(archive.series(REGISTER))
    other = Journal(folder(tmp_path), index=tmp_path / "cache" / "index.sqlite")
    for turn in range(6):
        archive.append(letter(archive), letter(archive), journal=other if turn % 2 else archive.journal)
    other.close()
    archive.journal.close()
    archive.journal = Journal(folder(tmp_path), index=tmp_path / "cache" / "index.sqlite")
    archive.append(letter(archive))
    (tmp_path / "cache" / "index.sqlite").unlink()
    archive.journal = Journal(folder(tmp_path), index=tmp_path / "cache" / "index.sqlite")
    archive.append(letter(archive))
    archive.journal.close()
    assert [f"2021-{number:05}" for number in range(1, 15)] == numbers(archive)


def test_a_journal_that_another_overtook_counts_no_number_twice(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "index.sqlite"
    archive = found(folder(tmp_path), index=path)
    archive.append(archive.series())
    other = Journal(folder(tmp_path), index=path)
    archive.append(letter(archive), letter(archive), journal=other)
    other.close()
    archive.append(letter(archive))
    archive.journal.close()
    archive.journal = Journal(folder(tmp_path), index=path)
    archive.append(letter(archive))
    archive.journal.close()
    assert [f"2021-{number:05}" for number in range(1, 5)] == numbers(archive)


def test_an_unauthorised_commit_takes_no_number(archive: Founded) -> None:
    stranger = archive.enrol("auditor")
    with mock.patch.object(Authority, "judge", return_value=[]):
        archive.append(letter(archive), by=stranger, journal=Journal(archive.storage))
    archive.append(letter(archive))
    archive.append(letter(archive), journal=Journal(archive.storage))
    assert ["2021-00001", "2021-00001", "2021-00002"] == numbers(archive)
