"""A dossier whose destruction has begun takes nothing any more: what came now no destruction would cover."""

from __future__ import annotations

from archief.draft import draft
from archief.errors import RefusedError
from archief.storage.memory import MemoryStorage
from tests.destroying import decide
from tests.founding import found, refuses


def test_from_the_announcement_on_a_dossier_takes_nothing() -> None:
    archive = found(MemoryStorage())
    dossier = archive.dossier()
    decided = decide(archive, dossier)
    reopened = draft("dossier_reopened.v1", dossier, {}, {"reason": "alsnog"})
    archive.append(decided.started(), by=decided.proposer)
    assert "its destruction has begun" in refuses(archive, RefusedError, reopened).what
