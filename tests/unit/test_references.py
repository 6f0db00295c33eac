"""What an event points to is there, whoever appends it: an adopted list, a row that has not lapsed, a true receipt."""

from __future__ import annotations

from typing import Any

import pytest

from archief.draft import Draft, draft, new_stream
from archief.errors import ArchiefError, NotFoundError, RefusedError
from archief.rules import receipts
from archief.rules.receipts import Receipt
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, Person, found, refuses

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


PACKAGE = "7" * 64


def offered(archive: Founded) -> tuple[str, int]:
    """A transfer whose package was offered, and the entry of the package."""
    letter, stream = archive.letter(), new_stream(archive.entropy)
    archive.append(letter)
    archive.append(draft("transfer_proposed.v1", stream, {"streams": [letter.stream], "reference_date": "2041-01-01"}))
    facts = {"profile": "mdto-sip", "size": 1, "root": "0" * 64, "records": 1, "files": 1, "bytes": 1}
    data = {"sip_number": "SIP-1", "sip_sha256": PACKAGE}
    export = archive.append(draft("transfer_exported.v1", stream, facts, data)).seqs[0]
    archive.append(draft("transfer_offered.v1", stream, {"export": export, "channel": "upload", "date": "2041-02-03"}))
    return stream, export


def test_a_signed_receipt_is_true_whoever_appends_it(archive: Founded) -> None:
    office = archive.enrol("records_office")
    stream, export = offered(archive)

    def accepted(note: str | None) -> Draft:
        facts = {"export": export, "date": "2041-02-17", "form": "signed_note", "key": office.key.public.id}
        kept = {"receipt": note} if note is not None else {}
        return draft("transfer_accepted.v1", stream, facts, {"note": "Ontvangen.", **kept})

    def note(signer: Person = office, **other: Any) -> str:
        said = Receipt(archive.journal.authority.origin, "SIP-1", PACKAGE, "accepted", "2041-02-17")._replace(**other)
        return receipts.signed(said, "depot", signer.key).decode()

    forged = [
        None,
        "zij zeggen ja",
        note(archive.archivaris),
        note().replace(PACKAGE, "8" * 64),
        note(origin="elders.nl/00000000"),
        note(number="SIP-2"),
        note(sha256="8" * 64),
        note(date="2041-02-18"),
        note(verdict="rejected", reasons=("Nee.",)),
    ]
    for one in forged:
        refuses(archive, ArchiefError, accepted(one))
    archive.append(accepted(note()))
