"""The archive that the tests of projections start from."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archief.journal import Journal
from tests.founding import Founded, folder, found, seeded
from tests.projections.projecting import projector


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """An archive with two letters and its state; every test gets a copy."""
    made = found(folder(tmp_path_factory.mktemp("template") / "archive"))
    made.append(made.letter("Een", [b"een"]), made.letter("Twee"))
    made.journal.close()
    projector(made).replay()
    return made


@pytest.fixture
def archive(template: Founded, tmp_path: Path) -> Iterator[Founded]:
    """An archive with two letters and a current state."""
    shutil.copytree(template.storage.place, tmp_path / "archive")
    journal = Journal(folder(tmp_path / "archive"))
    journal.open()
    yield dataclasses.replace(template, journal=journal, entropy=seeded("copy"), people=[])
    journal.close()
