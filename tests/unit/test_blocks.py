"""What a hold keeps is not destroyed, what is no letter or dossier never: the log demands it, whatever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from archief.draft import Draft, draft, new_stream
from archief.storage.memory import MemoryStorage
from tests.destroying import case, decide
from tests.founding import Founded, edited, found
from tests.projections.scenario import erase
from tests.unit.test_four_eyes import wrong

KEPT = "1 of its records are under a hold or an exemption"
FOREIGN = "1 of its records are no letter and no dossier, or hold a certificate, which is kept for ever"


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


@pytest.fixture
def letter(archive: Founded) -> str:
    return archive.append(archive.letter()).streams[0]


def block(archive: Founded, letter: str, name: str = "hold_placed", **facts: Any) -> str:
    """Place a hold or exemption on a letter; gives its stream."""
    stream = new_stream(archive.entropy)
    given = {"ground": "woo:4.1a", "streams": [letter], **facts}
    archive.append(draft(f"{name}.v1", stream, given, {"reason": "Verzoek in behandeling"}))
    return stream


@pytest.mark.parametrize("name", ["hold_placed", "exemption_granted"])
def test_a_record_that_is_kept_since_the_authorisation_is_not_destroyed(
    archive: Founded, letter: str, name: str
) -> None:
    made = decide(archive, letter)
    block(archive, letter, name)
    assert KEPT == wrong(archive, made.started(), made.proposer)


def test_what_was_lifted_or_is_over_or_still_to_come_keeps_nothing(archive: Founded, letter: str) -> None:
    made = decide(archive, letter)
    lifted = block(archive, letter)
    archive.append(draft("hold_lifted.v1", lifted, {}))
    block(archive, letter, end="2021-01-14")
    block(archive, letter, begin="2021-01-15")
    archive.append(made.started(), by=made.proposer)
    assert {letter: made.stream} == archive.journal.authority.destructions.executing


def test_a_hold_that_was_lifted_of_another_record_stays(archive: Founded, letter: str) -> None:
    made, other = decide(archive, letter), archive.append(archive.letter()).streams[0]
    hold = block(archive, letter, streams=[letter, other])
    archive.append(draft("hold_lifted.v1", hold, {"streams": [other]}))
    assert KEPT == wrong(archive, made.started(), made.proposer)


def test_nothing_of_a_record_under_a_hold_is_erased(archive: Founded, letter: str) -> None:
    edit = archive.append(edited(letter, "Nagekeken")).seqs[0]
    block(archive, letter)
    assert "1 of its records are under a hold" == wrong(archive, erasure(letter, edit), archive.archivaris)


def erasure(stream: str, seq: int, **facts: Any) -> Draft:
    return draft("payload_erased.v1", stream, {"seqs": [seq], "ground": "avg:17", "decision": "request", **facts})


def test_only_letters_and_dossiers_are_proposed(archive: Founded, letter: str) -> None:
    hold = block(archive, letter)
    for foreign in (archive.stream, archive.archivaris.stream, hold, decide(archive, letter).stream):
        made = case(archive, foreign)
        assert FOREIGN == wrong(archive, made.step("destruction_proposed"), made.proposer)


def test_a_certificate_is_neither_destroyed_nor_erased(archive: Founded, letter: str) -> None:
    kept = archive.append(archive.letter())
    certificate, made = kept.streams[0], decide(archive, kept.streams[0])
    registered = archive.append(archive.letter())
    archive.append(erasure(registered.streams[0], registered.seqs[0], certificate=certificate))
    assert isinstance(archive.storage, MemoryStorage)
    erase(archive.storage, set(registered.seqs))
    assert FOREIGN == wrong(archive, made.started(), made.proposer)
    why = "the archive's own rules and controls, and certificates, are not erased (Archiefbesluit 1995 8)"
    for stream, seq in ((certificate, kept.seqs[0]), (archive.stream, 0)):
        assert why == wrong(archive, erasure(stream, seq), archive.archivaris)
