"""Rules about work that waits and terms that pass, in both directions: judged from a day."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import duckdb
import pytest

from archief.projections import audit
from tests.projections.judging import connection, empty, event, put

__all__ = ["connection", "empty"]

A, B, C, D = (uuid.UUID(int=number) for number in range(0xA, 0xE))
DAY = dt.date(2021, 4, 15)
SENT = {"stream": A, "content_seq": 3, "status": "signed", "sent_date": "2021-04-15"}
OPEN = {"stream": A, "seq": 3, "status": "open", "due_end": "2021-04-14"}
LIMIT = {"stream": A, "seq": 5, "end_date": "2021-04-16"}
FINDING = {"stream": A, "seq": 7, "status": "open", "due": "2021-04-14"}
TAKEN = {"stream": A, "seq": 3, "accepted_seq": 9, "accepted": "2021-03-14"}
HOLD = {"stream": A, "record": B, "seq": 5, "kind": "hold", "end_date": "2021-04-15"}
MANDATE = {"stream": B, "seq": 3, "holders": [C], "begin_date": "2021-01-01", "end_date": "2021-04-01"}
UNDER = {"stream": A, "seq": 7, "signatory": C, "mandate": B, "time": "2021-03-31 21:59:59"}
ROLE = {"stream": A, "role": "behandelaar", "begin_seq": 1, "end_seq": 9}
KEY = {"stream": A, "id": "9f2c" * 16, "use": "person", "enrolled_seq": 2}
ROUND = {"stream": A, "seq": 3, "status": "authorised", "earliest": "2021-01-15", "authorised_seq": 7}


def _asked(connection: duckdb.DuckDBPyConnection, rule: str, day: dt.date = DAY) -> list[int | None]:
    return [one.seq for one in audit.audit(connection, day, [rule])]


@pytest.mark.parametrize(
    ("rule", "table", "row", "found"),
    [
        ("sent_and_not_dispatched", "letter", SENT, [3]),
        ("sent_and_not_dispatched", "letter", SENT | {"sent_date": "2021-04-16"}, []),
        ("sent_and_not_dispatched", "letter", SENT | {"status": "dispatched"}, []),
        ("sent_and_not_dispatched", "letter", SENT | {"status": "received"}, []),
        ("letter_in_dossier", "letter", {"stream": A, "opened_seq": 3}, [3]),
        ("letter_in_dossier", "letter", {"stream": A, "opened_seq": 3, "destroyed_seq": 9}, []),
        ("letter_in_dossier", "letter", {"stream": A, "opened_seq": 3, "kind": "verklaring"}, []),
        ("dossier_classified", "dossier", {"stream": A, "opened_seq": 3}, [3]),
        ("dossier_classified", "dossier", {"stream": A, "opened_seq": 3, "classified_seq": 5}, []),
        ("commitment_in_time", "commitment", OPEN, [3]),
        ("commitment_in_time", "commitment", OPEN | {"status": "partly"}, [3]),
        ("commitment_in_time", "commitment", OPEN | {"status": "settled"}, []),
        ("commitment_in_time", "commitment", OPEN | {"due_end": "2021-04-15"}, []),
        ("restriction_has_end", "restriction", LIMIT, []),
        ("restriction_has_end", "restriction", LIMIT | {"end_date": "2021-04-15"}, [5]),
        ("restriction_has_end", "restriction", LIMIT | {"end_date": None}, [5]),
        ("restriction_has_end", "restriction", LIMIT | {"end_date": None, "term": "P75Y"}, []),
        ("restriction_has_end", "restriction", LIMIT | {"end_date": None, "lifted_seq": 9}, []),
        ("finding_in_time", "finding", FINDING, [7]),
        ("finding_in_time", "finding", FINDING | {"due": "2021-04-15"}, []),
        ("finding_in_time", "finding", FINDING | {"status": "solved"}, []),
        ("transfer_declared", "transfer", TAKEN, [9]),
        ("transfer_declared", "transfer", TAKEN | {"accepted": "2021-03-15"}, []),
        ("transfer_declared", "transfer", TAKEN | {"declaration": C}, []),
        ("transfer_declared", "transfer", TAKEN | {"accepted_seq": None}, []),
        ("hold_lifted", "block", HOLD, [5]),
        ("hold_lifted", "block", HOLD | {"end_date": "2021-04-16"}, []),
        ("hold_lifted", "block", HOLD | {"lifted_seq": 9}, []),
        ("hold_lifted", "block", HOLD | {"kind": "exemption"}, []),
    ],
)
def test_what_waits_is_found_and_what_is_done_is_not(
    connection: duckdb.DuckDBPyConnection, rule: str, table: str, row: dict[str, Any], found: list[int]
) -> None:
    put(connection, table, row)
    assert found == _asked(connection, rule)


def test_a_letter_in_a_dossier_waits_for_none(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "letter", {"stream": A, "opened_seq": 3})
    put(connection, "filing", {"stream": A, "dossier": B, "seq": 5})
    assert [] == _asked(connection, "letter_in_dossier")


@pytest.mark.parametrize(
    ("signed", "dispatched", "found"),
    [([1], None, [5]), ([1, 2], None, []), ([2], None, []), ([1], 4, []), ([1], 9, [5])],
)
def test_a_signature_under_a_text_that_changed_is_found(
    connection: duckdb.DuckDBPyConnection, signed: list[int], dispatched: int | None, found: list[int]
) -> None:
    put(connection, "event", event(A, 1, 0, "letter_registered.v1"), event(A, 7, 2, "letter_edited.v1"))
    status = "registered" if dispatched is None else "dispatched"
    put(connection, "letter", {"stream": A, "status": status, "dispatched_seq": dispatched})
    for place, version in enumerate(signed):
        put(connection, "signature", {"stream": A, "seq": 5 + 4 * place, "role": "burgemeester", "version": version})
    assert found == _asked(connection, "signature_of_older_version")


@pytest.mark.parametrize(
    ("mandate", "signature", "found"),
    [
        (MANDATE, UNDER, []),
        (MANDATE, UNDER | {"time": "2021-03-31 22:00:00"}, [7]),
        (MANDATE | {"end_date": None}, UNDER | {"time": "2021-03-31 22:00:00"}, []),
        (MANDATE | {"begin_date": "2021-04-01"}, UNDER, [7]),
        (MANDATE | {"holders": [D]}, UNDER, [7]),
        (MANDATE | {"seq": 9}, UNDER, [7]),
        (MANDATE | {"seq": 9}, UNDER | {"deviation": "spoed"}, []),
        (MANDATE, UNDER | {"mandate": None, "time": "2021-06-01 08:00:00"}, []),
    ],
)
def test_a_signature_under_a_mandate_that_did_not_hold_is_found(
    connection: duckdb.DuckDBPyConnection, mandate: dict[str, Any], signature: dict[str, Any], found: list[int]
) -> None:
    put(connection, "event", event(A, 7, 0, "letter_signed.v1") | {"payload": "none"})
    put(connection, "mandate", mandate)
    put(connection, "signature", signature)
    assert found == _asked(connection, "mandate_in_force")


@pytest.mark.parametrize(
    ("row", "day", "found"),
    [
        (ROUND, dt.date(2021, 4, 15), []),
        (ROUND, dt.date(2021, 4, 16), [7]),
        (ROUND | {"earliest": "2021-01-20"}, dt.date(2021, 4, 16), []),
        (ROUND | {"status": "destroyed"}, dt.date(2022, 4, 15), []),
        (ROUND | {"status": "started", "started_seq": 9}, dt.date(2021, 2, 8), []),
        (ROUND | {"status": "started", "started_seq": 9}, dt.date(2021, 2, 9), [9]),
    ],
)
def test_a_destruction_that_was_authorised_is_carried_out_in_time(
    connection: duckdb.DuckDBPyConnection, row: dict[str, Any], day: dt.date, found: list[int]
) -> None:
    put(connection, "event", event(A, 7, 3, "destruction_authorised.v1") | {"time": "2021-01-14 08:00:00"})
    put(connection, "event", event(A, 9, 4, "destruction_started.v1") | {"time": "2021-02-01 08:00:00"})
    put(connection, "destruction", row)
    assert found == _asked(connection, "destruction_carried_out", day)


@pytest.mark.parametrize(
    ("role", "key", "found"),
    [
        (ROLE, KEY, [9]),
        (ROLE | {"end_seq": None}, KEY, []),
        (ROLE, KEY | {"revoked_seq": 11}, []),
        (ROLE, KEY | {"use": "cosigner"}, []),
        (ROLE | {"stream": B}, KEY, []),
    ],
)
def test_a_key_of_who_has_no_role_any_more_is_found(
    connection: duckdb.DuckDBPyConnection, role: dict[str, Any], key: dict[str, Any], found: list[int]
) -> None:
    put(connection, "role", role)
    put(connection, "key", key)
    assert found == _asked(connection, "departed_keys")


@pytest.mark.parametrize(
    ("rule", "tag", "last"),
    [("backup_in_time", "backup_made.v1", "2021-02-28"), ("fixity_in_time", "fixity_checked.v1", "2022-01-31")],
)
def test_copies_and_checks_are_not_too_old(
    connection: duckdb.DuckDBPyConnection, rule: str, tag: str, last: str
) -> None:
    put(connection, "event", event(A, 0, 0, "archive_founded.v1") | {"time": "2021-01-01 08:00:00"})
    put(connection, "event", event(A, 9, 1, tag) | {"time": "2021-01-31 08:00:00"})
    in_time = dt.date.fromisoformat(last)
    assert [] == _asked(connection, rule, in_time)
    assert [9] == _asked(connection, rule, in_time + dt.timedelta(days=1))
    connection.execute("delete from event where seq = 9")
    assert [0] == _asked(connection, rule, in_time)


@pytest.mark.parametrize(
    ("place", "ground", "found"),
    [
        ("bestuur", "own:beroep", []),
        ("zaak-p-bakker", "own:beroep", [3]),
        ("bestuur", "own:bakker", [5]),
        ("raadhuisplein-1", "litigation", [3]),
        ("burgemeester", "griffie", []),
    ],
)
def test_a_name_of_a_payload_in_a_code_is_found(
    connection: duckdb.DuckDBPyConnection, place: str, ground: str, found: list[int]
) -> None:
    names = {"handled_by": "Mevr. P. Bákker (griffie)", "addressee": "Raadhuisplein 1"}
    put(connection, "letter", {"stream": A, "opened_seq": 1, "kind": "brief", "organ": "college", **names})
    put(connection, "dossier", {"stream": B, "opened_seq": 3, "place": place})
    put(connection, "block", {"stream": C, "record": B, "seq": 5, "kind": "hold", "ground": ground})
    assert found == _asked(connection, "name_in_facts")


@pytest.mark.parametrize(("payload", "found"), [("present", [1]), ("absent", [])])
def test_a_number_that_is_not_there_is_a_gap_but_where_it_was_destroyed(
    connection: duckdb.DuckDBPyConnection, payload: str, found: list[int]
) -> None:
    put(connection, "event", event(A, 1, 0, "letter_registered.v1") | {"payload": payload})
    put(connection, "letter", {"stream": A, "opened_seq": 1, "series": "register", "year": 2021})
    assert found == _asked(connection, "number_issued")
