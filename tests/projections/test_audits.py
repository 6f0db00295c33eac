"""Each rule in both directions: what keeps it gives no row, what breaks it is named."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archief.draft import draft, new_stream
from archief.log import Log
from archief.projections import audit, tables
from archief.projections.projector import Projector
from archief.storage.memory import MemoryStorage
from tests.founding import found
from tests.projections.judging import connection, empty, event, put

__all__ = ["connection", "empty"]

DAY = dt.date(2021, 4, 15)
FAULTS = {name for name, rule in audit.rules().items() if rule.severity != "minor"}

A, B, C, D = (uuid.UUID(int=number) for number in (0xA, 0xB, 0xC, 0xD))


def _found(connection: duckdb.DuckDBPyConnection, rule: str, day: dt.date = DAY) -> list[tuple[int | None, str]]:
    found_all = audit.audit(connection, day)
    faults = {each.rule for each in found_all if each.rule in FAULTS}
    assert {rule} >= faults, "another rule is broken too"
    return [(each.seq, each.what) for each in found_all if each.rule == rule]


def test_a_sound_archive_breaks_no_rule(tmp_path: Path) -> None:
    archive = found(MemoryStorage())
    stream = archive.append(archive.letter()).streams[0]
    dossier = new_stream(archive.entropy)
    archive.append(draft("dossier_opened", dossier, {"date": "2021-01-14"}, {"title": "Een"}))
    archive.append(draft("letter_filed", stream, {"dossier": dossier}))
    log = Log(archive.storage)
    with Projector(log, tmp_path).connect(until=log.size) as connection:
        assert ["dossier_classified"] == [one.rule for one in audit.audit(connection, dt.date(2021, 1, 14))]


@pytest.mark.parametrize("rule", tables.audits())
def test_a_rule_says_what_it_demands_and_on_what_ground(rule: str) -> None:
    first, severity, remedy, _ = tables.audits()[rule].split("\n", 3)
    assert first.startswith("-- ")
    assert first.endswith(")"), "the ground stands in parentheses at the end"
    assert severity.removeprefix("-- severity: ") in audit.SEVERITIES
    assert remedy.startswith("-- remedy: ")


def test_a_gap_or_a_repetition_in_a_stream_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    put(
        connection,
        "event",
        event(A, 1, 0, "letter_registered.v1"),
        event(A, 3, 1, "letter_edited.v1"),
        event(A, 5, 3, "letter_edited.v1"),
    )
    assert [(5, "it calls itself event 3 of its stream; it is event 2")] == _found(connection, "stream_order")


def test_what_an_unauthorised_commit_appended_leaves_no_gap(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "event", event(A, 1, 0, "letter_registered.v1"), event(A, 5, 2, "letter_edited.v1"))
    put(connection, "skipped", event(A, 3, 1, "letter_edited.v1"))
    assert [] == _found(connection, "stream_order")


def test_a_stream_that_begins_in_the_midst_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "event", event(A, 1, 0, "letter_edited.v1"))
    assert [(1, "letter_edited opens no stream")] == _found(connection, "stream_kind")


@pytest.mark.parametrize(
    ("opening", "tag", "what"),
    [
        ("letter_registered.v1", "dossier_closed.v1", "dossier_closed in a stream of a letter"),
        ("letter_registered.v1", "letter_received.v1", "letter_received in the midst of a stream"),
        ("meeting_planned.v1", "openness_restricted.v1", "openness_restricted in a stream of a meeting"),
        ("hold_placed.v1", "destruction_proposed.v1", "destruction_proposed in a stream of a hold"),
    ],
)
def test_an_event_in_a_stream_of_another_kind_is_named(
    connection: duckdb.DuckDBPyConnection, opening: str, tag: str, what: str
) -> None:
    put(connection, "event", event(A, 1, 0, opening), event(A, 3, 1, tag))
    assert [(3, what)] == _found(connection, "stream_kind")


@pytest.mark.parametrize(
    ("opening", "tag"),
    [
        ("letter_registered.v1", "payload_erased.v1"),
        ("dossier_opened.v1", "openness_restricted.v1"),
        ("hold_placed.v1", "hold_placed.v1"),
    ],
)
def test_an_event_in_a_stream_of_its_kind_is_fine(
    connection: duckdb.DuckDBPyConnection, opening: str, tag: str
) -> None:
    put(connection, "event", event(A, 1, 0, opening), event(A, 3, 1, tag))
    assert [] == _found(connection, "stream_kind")


@pytest.mark.parametrize(
    ("version", "covered", "fine"), [(1, 1, True), (2, 3, True), (1, 3, False), (2, 1, False), (3, 3, False)]
)
def test_a_signature_covers_the_content_up_to_the_version_it_signs(
    connection: duckdb.DuckDBPyConnection, version: int, covered: int, fine: bool
) -> None:
    put(connection, "event", event(A, 1, 0, "letter_registered.v1"), event(A, 3, 1, "letter_edited.v1"))
    put(connection, "event", event(A, 5, 2, "letter_signed.v1"))
    put(connection, "signature", {"stream": A, "seq": 5, "version": version, "covered_seq": covered})
    assert fine is not bool(_found(connection, "signature_cover"))


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ({"record": A}, True),
        ({"record": B}, True),
        ({"record": C}, False),
        ({"record": A, "kind": "exemption"}, False),
        ({"record": A, "begin_date": "2021-04-16"}, False),
        ({"record": A, "end_date": "2021-04-15"}, False),
        ({"record": A, "lifted_seq": 6}, False),
        ({"record": A, "lifted_seq": 9}, True),
        ({"record": A, "seq": 8}, False),
    ],
)
def test_what_is_erased_under_a_hold_is_named(
    connection: duckdb.DuckDBPyConnection, block: dict[str, Any], found: bool
) -> None:
    erased = event(A, 7, 1, "payload_erased.v1") | {"time": "2021-04-15 10:00:00"}
    put(connection, "event", event(A, 1, 0, "letter_registered.v1"), erased)
    put(connection, "filing", {"stream": A, "dossier": B, "seq": 3})
    put(connection, "block", {"stream": D, "seq": 5, "kind": "hold", **block})
    wanted = [(7, "a hold kept it when a part of it was erased")] if found else []
    assert wanted == _found(connection, "erased_under_hold")


def test_a_report_of_another_letters_dispatch_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "dispatch", {"stream": A, "seq": 5})
    put(connection, "delivery", {"stream": A, "seq": 7, "dispatch": 5})
    assert [] == _found(connection, "delivery_of_a_dispatch")
    put(connection, "delivery", {"stream": B, "seq": 9, "dispatch": 5}, {"stream": A, "seq": 3, "dispatch": 5})
    expected = [(3, "entry 5 is no dispatch of this letter"), (9, "entry 5 is no dispatch of this letter")]
    assert expected == _found(connection, "delivery_of_a_dispatch")


def test_content_after_a_destruction_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    put(
        connection,
        "event",
        event(A, 1, 0, "letter_registered.v1"),
        event(A, 3, 1, "record_destroyed.v1"),
        event(A, 5, 2, "letter_annotated.v1"),
        event(A, 7, 3, "letter_edited.v1"),
    )
    expected = [(7, "content after entry 3 destroyed the record")]
    assert expected == _found(connection, "content_after_destruction")


def _numbered(stream: uuid.UUID, seq: int, number: str | None) -> dict[str, Any]:
    return {"stream": stream, "opened_seq": seq, "series": "register", "year": 2021, "number": number}


def test_numbers_within_what_was_issued_are_fine(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "letter", _numbered(A, 1, "2021-00001"), _numbered(B, 3, None))
    voided = {"stream": A, "seq": 5, "series": "register", "year": 2021, "number": "2021-00003"}
    put(connection, "voided_number", voided)
    assert [(3, "it took a number in series register of 2021, and has none")] == _found(connection, "number_issued")
    put(connection, "event", event(B, 3, 0, "letter_registered.v1") | {"payload": "absent"})
    assert [] == _found(connection, "number_issued")


def test_the_range_begins_where_the_series_says(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "letter", _numbered(A, 1, "2021-01000"), _numbered(B, 3, "2021-01001"))
    assert 2 == len(_found(connection, "number_issued"))
    put(connection, "series", {"series": "register", "seq": 0, "start": 1000})
    assert [] == _found(connection, "number_issued")
    put(connection, "series", {"series": "register", "seq": 2, "year": 2021, "start": 1001})
    assert [1] == [seq for seq, _ in _found(connection, "number_issued")]


def test_a_number_that_was_taken_over_is_not_checked(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "letter", {"stream": A, "opened_seq": 1, "number": "7"}, {"stream": B, "number": "7"})
    assert [] == _found(connection, "number_issued")


def _letter(*tags: str) -> list[dict[str, Any]]:
    return [event(A, 2 * place + 1, place, f"{tag}.v1") for place, tag in enumerate(tags)]


@pytest.mark.parametrize(
    "tags",
    [
        ("letter_registered", "letter_edited", "letter_signed", "letter_dispatched", "delivery_reported"),
        ("letter_registered", "letter_dispatched", "letter_signed", "document_converted", "letter_withdrawn"),
        ("letter_received", "letter_edited", "letter_annotated", "letter_dispatched"),
    ],
    ids=lambda tags: tags[-1],
)
def test_a_letter_that_lives_as_letters_do_is_fine(connection: duckdb.DuckDBPyConnection, tags: list[str]) -> None:
    put(connection, "event", *_letter(*tags))
    assert [] == _found(connection, "life_of_a_letter")


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        (
            ("letter_registered", "letter_dispatched", "letter_edited"),
            "letter_edited after entry 3 dispatched the letter",
        ),
        (
            ("letter_registered", "letter_dispatched", "document_attached"),
            "document_attached after entry 3 dispatched the letter",
        ),
        (
            ("letter_registered", "letter_withdrawn", "letter_dispatched"),
            "letter_dispatched after entry 3 withdrew the letter",
        ),
        (
            ("letter_registered", "letter_withdrawn", "letter_withdrawn"),
            "letter_withdrawn after entry 3 withdrew the letter",
        ),
        (("letter_registered", "delivery_reported"), "a report of a dispatch that was not there"),
        (("letter_received", "letter_signed"), "a letter from outside, received by entry 1, is signed as ours"),
    ],
    ids=str,
)
def test_a_letter_that_lives_otherwise_is_named(
    connection: duckdb.DuckDBPyConnection, tags: tuple[str, ...], what: str
) -> None:
    put(connection, "event", *_letter(*tags))
    assert [(2 * len(tags) - 1, what)] == _found(connection, "life_of_a_letter")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"list": "selectielijst-gemeenten-2020", "row": "20.1", "waardering": "V"}, None),
        ({"list": "lijst-1996", "row": "20.1", "waardering": "V"}, "the archive has not adopted lijst-1996"),
        (
            {"list": "selectielijst-gemeenten-2020", "row": "99", "waardering": "V"},
            "selectielijst-gemeenten-2020 has no row 99",
        ),
        (
            {"list": "selectielijst-gemeenten-2020", "row": "7.1.20", "waardering": "V"},
            "row 7.1.20 of selectielijst-gemeenten-2020 has lapsed",
        ),
        (
            {"list": "selectielijst-gemeenten-2020", "row": "20.1", "waardering": "B"},
            "B, but row 20.1 of selectielijst-gemeenten-2020 says another waardering",
        ),
        (
            {"list": "selectielijst-gemeenten-2020", "row": "20.1", "waardering": "V", "opened": "2016-01-05"},
            "selectielijst-gemeenten-2020 does not hold for a dossier of 2016-01-05",
        ),
    ],
)
def test_a_classification_cites_a_row_that_is_there_and_of_its_time(
    connection: duckdb.DuckDBPyConnection, said: dict[str, Any], what: str | None
) -> None:
    adopted = {"code": "selectielijst-gemeenten-2020", "kind": "list", "imported": False, "current": True}
    put(connection, "rule_set", {**adopted, "begin_date": "2020-01-01"})
    put(connection, "dossier", {"stream": A, "opened": "2021-01-04", "classified_seq": 5, **said})
    assert ([(5, what)] if what else []) == _found(connection, "classification_row")


@pytest.mark.parametrize(
    ("reviewers", "consenter", "authoriser", "fine"),
    [
        ([], None, None, True),
        ([2, 3], 4, 5, True),
        ([1], None, None, False),
        ([2], 1, None, False),
        ([2], 3, 1, False),
        ([2, 3], 4, 3, False),
        ([2], 3, 3, False),
    ],
)
def test_one_person_does_one_step_of_a_destruction(
    connection: duckdb.DuckDBPyConnection,
    reviewers: list[int],
    consenter: int | None,
    authoriser: int | None,
    fine: bool,
) -> None:
    persons = {number: uuid.UUID(int=number) for number in range(1, 6)}
    row = {"stream": A, "seq": 9, "proposer": persons[1], "reviewers": [persons[one] for one in reviewers]}
    acted = {"consenter": consenter, "authoriser": authoriser}
    put(connection, "destruction", {**row, **{name: persons[one] for name, one in acted.items() if one}})
    assert fine is not bool(_found(connection, "four_eyes"))


@pytest.mark.parametrize(
    ("names", "fine"),
    [
        (["D. Bos", "D. Bos", "A. Visser", "E. Vos"], True),  # two reviewers: one step
        (["D. Bos", "E. Vos", "A. Visser", " e.  vos"], False),
        (["D. Bos", None, "A. Visser", None], True),  # names that were erased
    ],
)
def test_one_name_under_two_steps_of_a_destruction_is_looked_into(
    connection: duckdb.DuckDBPyConnection, names: list[str | None], fine: bool
) -> None:
    first, second, third, fourth = (uuid.UUID(int=number) for number in range(1, 5))
    put(
        connection,
        "destruction",
        {"stream": A, "seq": 9, "proposer": third, "reviewers": [first, second], "authoriser": fourth},
    )
    put(
        connection,
        "person",
        *({"stream": uuid.UUID(int=one), "seq": one, "name": name} for one, name in enumerate(names, 1)),
    )
    assert ([] if fine else [(9, ONE_NAME)]) == _found(connection, "four_eyes")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"reviewed_seq": 11, "consented_seq": 13, "authorised_seq": 15, "started_seq": 17}, None),
        ({"consented_seq": 13}, "it was consented to before it was reviewed"),
        ({"reviewed_seq": 14, "consented_seq": 13}, "it was consented to before it was reviewed"),
        ({"reviewed_seq": 11, "authorised_seq": 15}, "it was authorised before the archivaris consented"),
        ({"started_seq": 16}, "its execution began on 2027-02-07, before its day"),
    ],
)
def test_the_steps_of_a_destruction_follow_each_other(
    connection: duckdb.DuckDBPyConnection, row: dict[str, int], what: str | None
) -> None:
    opened = event(A, 16, 0, "destruction_proposed.v1") | {"time": "2027-02-07 22:59:59"}
    put(connection, "event", opened, event(A, 17, 1, "destruction_started.v1") | {"time": "2027-02-07 23:00:00"})
    put(connection, "destruction", {"stream": A, "seq": 9, "earliest": "2027-02-08", **row})
    assert ([(9, what)] if what else []) == _found(connection, "four_eyes")


@pytest.mark.parametrize(("now", "fine"), [("2052-02-01", True), ("2052-02-02", False)])
def test_what_is_kept_for_ever_is_transferred_in_time(
    connection: duckdb.DuckDBPyConnection, now: str, fine: bool
) -> None:
    dossier = {"list": "selectielijst-gemeenten-2020", "row": "3.1.1", "waardering": "B", "status": "closed"}
    put(
        connection,
        "rule_set",
        {"stream": B, "seq": 1, "code": dossier["list"], "kind": "list", "current": True, "imported": False},
    )
    connection.execute("update rule_set set begin_date = date '2020-01-01'")
    law = {"code": "archiefwet-1995", "kind": "law", "current": True, "counted_from": "closed"}
    terms = {"begin_date": "1996-01-01", "after_months": 240, "within_months": 360}
    put(connection, "rule_set", {"stream": B, "seq": 2, **law, **terms})
    days = {"opened": "2021-01-04", "closed": "2022-02-01", "opened_seq": 3, "classified_seq": 4, "closed_seq": 5}
    put(connection, "dossier", {"stream": A, **dossier, **days})
    day = dt.date.fromisoformat(now)
    wanted = [] if fine else [(None, "to be transferred by 2052-02-01 at the latest, and is not")]
    assert wanted == _found(connection, "transfer_in_time", day)
    handed = {"stream": B, "seq": 6, "accepted_seq": 9, "accepted": "2051-01-01", "declaration": C}
    put(connection, "transfer", handed)
    put(connection, "transfer_record", {"stream": B, "seq": 6, "round_seq": 6, "record": A})
    assert [] == _found(connection, "transfer_in_time", day)


@pytest.mark.parametrize(("seq", "fine"), [(8, True), (10, False)])
def test_a_transferred_record_takes_no_content(connection: duckdb.DuckDBPyConnection, seq: int, fine: bool) -> None:
    put(connection, "transfer", {"stream": B, "seq": 6, "accepted_seq": 9, "accepted": "2051-01-01"})
    put(connection, "transfer_record", {"stream": B, "seq": 6, "round_seq": 6, "record": A})
    put(connection, "event", event(A, 1, 0, "letter_registered.v1"), event(A, seq, 1, "letter_edited.v1"))
    wanted = [] if fine else [(10, "content after entry 9 transferred the record")]
    assert wanted == _found(connection, "content_after_transfer")


@pytest.mark.parametrize(
    ("block", "gone"),
    [
        ({"record": A, "kind": "hold"}, []),
        ({"record": B, "kind": "hold"}, []),
        ({"record": B, "kind": "hold", "lifted_seq": 9}, [A, B]),
        ({"record": B, "kind": "hold", "end_date": "2052-01-01"}, [A, B]),
        ({"record": B, "kind": "exemption"}, [A, B]),
        ({"record": C, "kind": "hold"}, [A, B]),
    ],
)
def test_a_hold_keeps_the_copy_of_its_dossier_and_of_the_letters_in_it(
    connection: duckdb.DuckDBPyConnection, block: dict[str, Any], gone: list[uuid.UUID]
) -> None:
    transfer = uuid.UUID(int=9)
    put(connection, "transfer", {"stream": transfer, "seq": 6, "accepted_seq": 9, "accepted": "2051-01-01"})
    put(
        connection,
        "transfer_record",
        *({"stream": transfer, "seq": 6, "round_seq": 6, "record": one} for one in (A, B)),
    )
    put(connection, "dossier", {"stream": A, "opened_seq": 1})
    put(connection, "letter", {"stream": B, "opened_seq": 2}, {"stream": C, "opened_seq": 3})
    put(connection, "filing", {"stream": B, "dossier": A, "seq": 4})
    put(connection, "block", {"stream": transfer, "seq": 5, **block})
    asked = {"transfer": str(transfer), "day": dt.date(2052, 1, 1)}
    rows = connection.execute(tables.read("destruction", "copies.sql"), asked).fetchall()
    assert gone == [stream for _, _, stream in rows]


ONE_NAME = "persons of one name did two of its steps: find out whether they are two"
KEPT = "a hold or an exemption kept it when its destruction began"
STAYS, CHANGED = "it is in a dossier that stays", "it changed after the consent to its destruction"
CERTIFICATE = "it is a certificate or declaration, which is kept for ever"


@pytest.mark.parametrize(
    ("name", "row", "what"),
    [
        ("block", {"record": B, "seq": 12, "kind": "hold"}, KEPT),
        ("block", {"record": B, "seq": 12, "kind": "hold", "lifted_seq": 15}, None),
        ("block", {"record": B, "seq": 12, "kind": "hold", "end_date": "2027-02-08"}, None),
        ("block", {"record": B, "seq": 18, "kind": "hold"}, None),
        ("filing", {"stream": A, "dossier": C, "seq": 4}, STAYS),
        ("filing", {"stream": A, "dossier": C, "seq": 18}, None),
        ("event", event(A, 12, 2, "letter_annotated.v1"), CHANGED),
        ("event", event(A, 10, 2, "letter_annotated.v1"), None),
        ("letter", {"stream": A, "kind": "verklaring", "opened_seq": 1}, CERTIFICATE),
    ],
)
def test_what_is_kept_is_not_destroyed(
    connection: duckdb.DuckDBPyConnection, name: str, row: dict[str, Any], what: str | None
) -> None:
    """Letter A is in dossier B, and both are destroyed; C is a dossier that stays."""
    put(connection, "event", event(D, 17, 4, "destruction_started.v1") | {"time": "2027-02-08 09:00:00"})
    put(
        connection, "destruction", {"stream": D, "seq": 9, "consented_seq": 11, "authorised_seq": 13, "started_seq": 17}
    )
    put(connection, "filing", {"stream": A, "dossier": B, "seq": 3})
    put(connection, "destroyed", *({"stream": one, "seq": seq, "authorisation": 13} for one, seq in ((A, 19), (B, 20))))
    put(connection, name, {"stream": D} | row)
    of_a = [one.what for one in audit.audit(connection, DAY) if (one.rule, one.seq) == ("destroyed_and_kept", 19)]
    assert ([what] if what else []) == of_a
