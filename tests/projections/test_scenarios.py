"""Every projection by example: given events, expect rows. The stories stand in the .toml files beside this one."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from archief.events import catalogue
from archief.projections import tables
from tests.projections.scenario import outcome

FOLDER = Path(__file__).parent
SCENARIOS = [
    # The first story of each file is told every time; a second each, the others in the whole suite only.
    pytest.param(scenario, id=f"{path.stem}: {scenario['says']}", marks=[pytest.mark.slow] if number else [])
    for path in sorted(FOLDER.glob("*.toml"))
    for number, scenario in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["scenario"])
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_story_gives_its_rows(scenario: dict[str, Any], tmp_path: Path) -> None:
    expected, actual = outcome(scenario, tmp_path)
    assert expected == actual


def test_every_projection_has_a_story() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml"))
    assert [] == [name for name in tables.projections() if f"expect.{name} " not in told]


def test_the_versions_of_a_letter_are_made_by_the_content_types() -> None:
    for name in ("letter_version", "signature"):
        assert tables.projections()[name].types >= catalogue.CONTENT_TAGS, name
    assert tables.projections()["letter_version"].types == catalogue.CONTENT_TAGS


def test_documents_are_looked_for_in_every_type_that_can_have_them() -> None:
    with_documents = {tag for tag, kind in catalogue.TYPES.items() if kind.documents}
    assert with_documents == set(tables.projections()["document"].types)
