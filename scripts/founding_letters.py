"""The founding letters of this project as they read: two raadsinformatiebrieven and a rondebriefje of Maastricht.

The header's fields are written out by hand; paragraphs and rows are cut out of the texts themselves. Each text is
pinned by its SHA-256: other bytes are refused. Knows letters; does not know logs.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

ADDRESSES = {
    "return_address": "Postbus 1992, 6201 BZ Maastricht",
    "visiting_address": "Mosae Forum 10, 6211 DW Maastricht",
    "postal_address": "Postbus 1992, 6201 BZ Maastricht",
}
COUNCIL = "Aan de dames en heren, leden van de gemeenteraad"
COLLEGE = "Burgemeester en Wethouders van Maastricht"
BASTIAANS = "Wethouder Zorg, Welzijn, Gezondheid en Diversiteit"
JONGEN = "Wethouder Onderwijs, Jeugdzorg, Studentenstad en Sport"


class Text(NamedTuple):
    """A letter's file.

    Attributes:
        name: the file's own name.
        sha256: of its bytes.
    """

    name: str
    sha256: str

    def checked(self, content: bytes) -> bytes:
        """The content, if it is the one that is pinned.

        Raises:
            ValueError: it is not.
        """
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(f"{self.name} is not the founding letter of that name")
        return content


INVITATION = Text("000_cbd98a3ae158814a.txt", "b7b8c44f88fc9aa805a6af43cea710608d258074c21c92b003687d034c02e9da")
STANDING_IN = Text("001_4d7464e7551b86b1.txt", "eea0cb262243ceba6864c0f2d8daf019dc82fa93121bd3858ee2ff56235cfd67")
STADSRONDE = Text("004_cc814926d5f9440c.txt", "605ead9028fd111ff460ebdace353e48134d2624f2829d2ab32e26347e436ca5")
TEXTS = (STADSRONDE, INVITATION, STANDING_IN)


def invitation(content: bytes) -> dict[str, Any]:
    """The letter of 14 January 2021, signed for the college by secretaris and burgemeester."""
    return {
        "number": "2021-01477",
        "doc_type": "raadsinformatiebrief",
        "organisation": "Gemeente Maastricht",
        "addressee": COUNCIL,
        "subject": "Uitnodiging Toelichting verbeterproces Sociaal Domein",
        "handled_by": "Rhea Reints",
        "date": "2021-01-14",
        "sent_date": "2021-01-14",
        "email": "Rhea.Reints@maastricht.nl",
        "our_reference": "2021-01477",
        "salutation": "Geachte raadsleden,",
        "closing": "Hoogachtend,",
        "signatories": [
            {"name": "R.E.C. Kleijnen", "role": "Secretaris", "on_behalf_of": COLLEGE},
            {"name": "J.M. Penn-te Strake", "role": "Burgemeester", "on_behalf_of": COLLEGE},
        ],
        **ADDRESSES,
        # Between its two pages stand the footer of the first and the header of the second.
        "body": _paragraphs(content, furniture="Raadsinformatiebrief\n\n\n\nDATUM\n14 januari 2021\n\n"),
    }


def standing_in(content: bytes) -> dict[str, Any]:
    """The letter of 15 April 2021, signed by one wethouder, mede namens another."""
    return {
        "number": "2021-11557",
        "doc_type": "raadsinformatiebrief",
        "organisation": "Gemeente Maastricht",
        "addressee": COUNCIL,
        "subject": "Waarneming directie Sociaal Domein en aanpak duurzaam Sociaal Domein",
        "handled_by": "Namens het Directieteam, Wil Rutten",
        "date": "2021-04-15",
        "sent_date": "2021-04-15",
        "email": "Wil.Rutten@maastricht.nl",
        "our_reference": "2021-11557",
        "salutation": "Geachte raadsleden,",
        "closing": "Hoogachtend,",
        "signatories": [{"name": "Anita Bastiaans", "role": BASTIAANS, "on_behalf_of": "Bert Jongen"}],
        **ADDRESSES,
        "body": _paragraphs(content),
    }


def stadsronde(content: bytes) -> dict[str, Any]:
    """The rondebriefje of 5 January 2016: a form of labels and texts, without number or signature."""
    raw = _rows(content)
    return {
        "doc_type": "rondebriefje",
        "organisation": "Gemeente Maastricht",
        "subject": raw["Onderwerp"],
        "handled_by": "MHW Hartholt",
        "date": "2016-01-05",
        "phone": "043-350 6017",
        "email": "michiel.hartholt@maastricht.nl",
        "fields": {label: _plain(text) for label, text in raw.items()},
        "fields_raw": raw,
    }


def _paragraphs(content: bytes, furniture: str = "\0") -> list[str]:
    """What stands between salutation and closing, by the blank lines that part it."""
    text = content.decode().replace(furniture, "")
    begin = text.index("Geachte raadsleden,\n\n") + len("Geachte raadsleden,\n\n")
    return text[begin : text.index("\n\nHoogachtend,")].split("\n\n")


def _rows(content: bytes) -> dict[str, str]:
    """Label and text of each row; the row that runs over the page's end is put together."""
    text = content.decode().replace("\n\n\n\nGemeente Maastricht\nGEMEENTERAAD\n\n\t", " ")
    rows = [line.split("\t") for line in text.splitlines() if "\t" in line]
    return {label: cell.strip() for label, cell in rows}


def _plain(cell: str) -> str:
    """A cell without its mark-up: paragraphs parted by a blank line, each item of a list on a line."""
    text = re.sub(r"</p>\s*<p>", "\n\n", cell)
    text = re.sub(r"\s*<[^>]*>", "", text)
    return re.sub(r"\s*•\s*", "\n• ", text).strip()
