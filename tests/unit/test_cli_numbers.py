"""Records with the same register number are found in the payloads, newest first, without projections."""

from __future__ import annotations

from unittest import mock

from archief.cli import records
from archief.draft import draft, new_stream
from archief.log import Log
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, found


def _registered(archive: Founded, number: str, **data: str) -> str:
    stream = new_stream(archive.entropy)
    archive.append(draft("letter_registered.v1", stream, {"kind": "brief"}, {"number": number, **data}))
    return stream


def test_a_number_is_found_where_it_is_the_records_own_and_nowhere_else() -> None:
    archive = found(MemoryStorage())
    first = _registered(archive, "2021-00017")
    _registered(archive, "2021-000171", subject='"number":"2021-00017"')
    second = _registered(archive, "2021-00017")
    log = Log(archive.storage)
    assert [first, second] == records.numbered(log, "2021-00017")
    assert [] == records.numbered(log, "2021-0001")


def test_a_number_with_quotes_is_found_as_it_is_written() -> None:
    archive = found(MemoryStorage())
    stream = _registered(archive, 'nr "17"')
    assert [stream] == records.numbered(Log(archive.storage), 'nr "17"')


def test_only_the_newest_payloads_are_searched() -> None:
    archive = found(MemoryStorage())
    _registered(archive, "1")
    newest = _registered(archive, "1")
    with mock.patch.object(records, "NUMBER_BYTES_MAX", 150):
        assert [newest] == records.numbered(Log(archive.storage), "1")
