"""What a classification points to is there, whoever appends it: an adopted list, a row that has not lapsed."""

from __future__ import annotations

from typing import Any

import pytest

from archief.draft import Draft, draft
from archief.errors import NotFoundError, RefusedError
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, found, refuses

LIST = "selectielijst-gemeenten-2020"


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


def adopted(archive: Founded, code: str = LIST, data: dict[str, Any] | None = None) -> Draft:
    return draft("rule_set_adopted.v1", archive.stream, {"rule_set": code, "begin": "2020-01-01"}, data)


def classified(dossier: str, row: str = "20.1", code: str = LIST, waardering: str = "V") -> Draft:
    facts = {"list": code, "row": row, "waardering": waardering}
    return draft("dossier_classified.v1", dossier, facts, {"reason": "Los."})


def test_a_list_is_adopted_before_a_dossier_is_classified_under_it(archive: Founded) -> None:
    dossier = archive.dossier()
    assert "has not adopted this list" in refuses(archive, NotFoundError, classified(dossier)).what
    unknown = classified(dossier, code="lijst-1996")
    assert "no such retention list" in refuses(archive, NotFoundError, unknown).what
    archive.append(adopted(archive), classified(dossier))
    archive.append(classified(dossier, "3.1.1", waardering="B"))


@pytest.mark.parametrize("row", ["7.1.20", "19.1.13"])
def test_nothing_is_classified_under_a_row_that_has_lapsed(archive: Founded, row: str) -> None:
    dossier = archive.dossier()
    archive.append(adopted(archive))
    assert f"row {row} has lapsed" == refuses(archive, RefusedError, classified(dossier, row)).what


def test_a_row_is_one_of_the_list_and_says_its_waardering(archive: Founded) -> None:
    dossier = archive.dossier()
    archive.append(adopted(archive))
    assert "no such row" in refuses(archive, NotFoundError, classified(dossier, "99.9")).what
    why = refuses(archive, RefusedError, classified(dossier, waardering="B")).what
    assert f"row 20.1 of {LIST} says V, not B" == why


def test_an_imported_list_has_the_rows_that_were_imported(archive: Founded) -> None:
    dossier = archive.dossier()
    data = {"title": "Lijst 1996", "rows": [{"nummer": "1.a", "waardering": "V", "bewaartermijn": "P5Y"}]}
    archive.append(adopted(archive, "lijst-1996", data), classified(dossier, "1.a", "lijst-1996"))
    archive.append(classified(dossier, "1.a", "lijst-1996"))
    assert "no such row" in refuses(archive, NotFoundError, classified(dossier, "1.b", "lijst-1996")).what
