"""What a destruction covers is found and erased, nothing else is; what is left, or cannot be told, is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from archief import erasure
from archief.errors import LossError, RefusedError
from archief.events import envelope
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.destroying import Case, decide
from tests.founding import Founded, edited, faults, folder, found
from tests.unit.test_verification import force, letter_entry


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


def _started(archive: Founded, *, documents: int = 1) -> tuple[Case, str, str]:
    """A letter whose destruction was announced, with another one that stays."""
    doomed, staying = (
        archive.append(archive.letter("Weg", [b"bijlage"] * documents)).streams[0],
        archive.append(archive.letter("Blijft", [b"blijft"])).streams[0],
    )
    archive.append(edited(doomed, "Weg ermee"))
    decided = decide(archive, doomed)
    archive.append(decided.started(), by=decided.proposer)
    return decided, doomed, staying


def _find(archive: Founded, *streams: str) -> erasure.Here:
    return erasure.find(archive.storage, archive.journal.authority.destructions, streams)


def test_what_is_here_of_a_record_is_found(archive: Founded) -> None:
    _, doomed, staying = _started(archive, documents=2)
    found_ = _find(archive, doomed)
    assert {doomed} == {held.stream for held in found_.payloads.values()}
    assert (2, 2) == found_.count([doomed])
    assert (0, 0) == found_.count([staying])
    assert {doomed: 1} == found_.versions
    assert {doomed: 2} == found_.committed
    assert [2] == [lines for lines, _ in found_.segments.values()]
    assert ([], [], []) == (found_.unreadable, found_.orphans, found_.lost)


def test_it_is_erased_and_the_rest_stays(archive: Founded) -> None:
    decided, doomed, staying = _started(archive)
    before = _find(archive, staying).payloads
    erased = erasure.erase(archive.journal, _find(archive, doomed))
    assert (2, 1) == (erased.payloads, erased.documents)
    assert {} == erasure.demand_absence(archive.journal, [doomed]).payloads
    assert before == _find(archive, staying).payloads
    archive.append(decided.destroyed(doomed), by=decided.proposer)
    assert [] == faults(archive.storage)


def test_what_no_destruction_covers_is_not_erased(archive: Founded) -> None:
    _, _, staying = _started(archive)
    with pytest.raises(RefusedError, match="no destruction covers"):
        erasure.erase(archive.journal, _find(archive, staying))
    assert (1, 1) == _find(archive, staying).count([staying])
    assert [] == faults(archive.storage)


def test_absence_is_not_said_while_something_is_here(archive: Founded) -> None:
    _, doomed, _ = _started(archive)
    with pytest.raises(RefusedError, match="still here"):
        erasure.demand_absence(archive.journal, [doomed])


def test_absence_is_not_said_while_a_line_cannot_be_told_whose_it_is(archive: Founded) -> None:
    _, doomed, _ = _started(archive)
    erasure.erase(archive.journal, _find(archive, doomed))
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    storage.payload[0] = storage.payload[0].replace(b'"salt":', b'"sult":', 1)
    with pytest.raises(LossError, match="whose it is"):
        erasure.demand_absence(archive.journal, [doomed])


def test_absence_is_not_said_while_a_document_belongs_to_nothing(archive: Founded) -> None:
    _, doomed, _ = _started(archive)
    found_ = _find(archive, doomed)
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    kept = {document: storage.documents[document] for document in found_.documents}
    erasure.erase(archive.journal, found_)
    storage.documents |= kept
    with pytest.raises(LossError, match="no payload registers"):
        erasure.demand_absence(archive.journal, [doomed])


def test_a_document_that_a_record_that_stays_registers_too_stops_a_destruction(archive: Founded) -> None:
    letter = archive.letter("Blijft", [b"bijlage"])
    archive.append(letter)
    entry, line = letter_entry(archive, letter.data or b"")
    force(archive, [entry], [line])
    thief = envelope.decode_event(entry).stream
    assert ["a document is registered twice" in one for one in faults(archive.storage)] == [True]
    with pytest.raises(RefusedError, match="registered by a record that stays"):
        erasure.demand_readable(_find(archive, thief))


def test_what_came_back_is_erased_again_with_documents_that_belong_to_nothing(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    decided, doomed, staying = _started(archive)
    storage = archive.storage
    assert isinstance(storage, LocalStorage)
    old = {
        path: path.read_bytes() for kind in ("payload", "documents") for path in (storage.folder / kind).rglob("*.*")
    }
    erasure.erase(archive.journal, _find(archive, doomed))
    archive.append(decided.destroyed(doomed), by=decided.proposer)
    assert {} == erasure.find_destroyed(archive.journal).payloads
    for path, content in old.items():
        path.write_bytes(content)
    assert 2 == sum("destroyed is here" in fault for fault in faults(storage))
    erased = erasure.erase(archive.journal, erasure.find_destroyed(archive.journal))
    assert (2, 1) == (erased.payloads, erased.documents)
    for path, content in old.items():
        if path.suffix == ".bin":
            path.write_bytes(content)
    erased = erasure.erase(archive.journal, erasure.find_destroyed(archive.journal))
    assert (0, 1) == (erased.payloads, erased.documents)
    assert (1, 1) == _find(archive, staying).count([staying])
    assert [] == faults(storage)


def test_a_document_of_a_lost_payload_is_not_taken_for_a_destroyed_one(archive: Founded) -> None:
    decided, doomed, staying = _started(archive)
    erasure.erase(archive.journal, _find(archive, doomed))
    archive.append(decided.destroyed(doomed), by=decided.proposer)
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    (lost,) = _find(archive, staying).payloads
    lines = storage.payload[0].split(b"\n")
    storage.payload[0] = b"\n".join(line for line in lines if not line.endswith(b'"seq":%d}' % lost))
    found_ = erasure.find_destroyed(archive.journal)
    assert [lost] == found_.lost
    assert {} == found_.documents
