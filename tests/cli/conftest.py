"""What the tests of the command line share: the ends of transcripts that others begin with."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ends of transcripts are kept, for others to begin with."""
    return tmp_path_factory.mktemp("begun")
