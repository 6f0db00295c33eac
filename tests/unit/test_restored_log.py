"""A log that goes on under a new name after a loss (format.md §6), and the machines that remember what was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from archief import publishing
from archief.draft import draft
from archief.errors import RollbackError
from archief.heads import Heads
from archief.journal import Journal
from archief.log import Log
from archief.storage.memory import MemoryStorage
from archief.verification.whole import verify
from tests.founding import Founded, found

NEW_ORIGIN = "archief.voorbeeld.nl/77aa01b3"


@pytest.fixture
def restored(tmp_path: Path) -> tuple[Founded, Heads]:
    """An archive that lost its last letters, restored and going on; and a machine that remembers them."""
    heads, storage = Heads(tmp_path / "state"), MemoryStorage()
    archive = found(storage)
    archive.append(archive.letter("Bewaard"))
    archive.sign_head()
    kept = (dict(storage.log), dict(storage.payload), Log(storage))
    archive.append(archive.letter("Verloren"))
    verify(storage, version="test", heads=heads)
    storage.log, storage.payload = dict(kept[0]), dict(kept[1])
    facts = {
        "origin": NEW_ORIGIN,
        "origin_old": archive.journal.authority.origin,
        "root": Log(storage).root().hex(),
        "size": Log(storage).size,
    }
    archive.journal = Journal(storage)
    archive.append(draft("log_continued.v1", archive.stream, facts))
    archive.append(archive.letter("Opnieuw"))
    return archive, heads


def test_a_log_that_goes_on_under_a_new_name_is_sound(restored: tuple[Founded, Heads]) -> None:
    archive, _ = restored
    report = verify(archive.storage, version="test")
    assert report.faults == []
    assert report.origin == NEW_ORIGIN


def test_a_head_of_its_earlier_name_still_counts_and_a_new_one_is_signed_over_it(
    restored: tuple[Founded, Heads],
) -> None:
    archive, _ = restored
    raw = publishing.sign_head(archive.journal, archive.log_keys.keys)
    assert raw.startswith(NEW_ORIGIN.encode())
    assert verify(archive.storage, version="test").faults == []


def test_a_machine_that_remembers_what_was_lost_refuses_to_open_it(restored: tuple[Founded, Heads]) -> None:
    archive, heads = restored
    with pytest.raises(RollbackError, match="goes on from entry"):
        Journal(archive.storage, heads=heads).open()
    assert [fault.kind for fault in verify(archive.storage, version="test", heads=heads).faults] == ["rollback"]
    assert [incident.kind for incident in heads.incidents(NEW_ORIGIN)] == ["rollback"]
