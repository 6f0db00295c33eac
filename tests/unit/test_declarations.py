"""Declarations (verklaringen): what stands in them, what does not, and that the same facts give the same bytes."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser

import msgspec
import pypdfium2
import pytest

from archief import canonical
from archief.events import catalogue
from archief.law import codes, roles
from archief.render.declarations import declaration, dutch
from archief.render.declarations.conversion import Conversie
from archief.render.declarations.destruction import GROUNDS, METHODS, Vernietiging
from archief.render.declarations.erasure import DECIDERS
from archief.render.declarations.erasure import GROUNDS as AVG
from archief.render.declarations.paper import Declaration
from tests import declared
from tests.declared import ALL, CONVERSIE, OVERBRENGING, RECTIFICATIE, VERNIETIGING, WISSING
from tests.rendered import MARK_UP


class Page(HTMLParser):
    """The text of a page and its elements in order; raises at a tag that is closed in the wrong place."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def both(one: Declaration) -> tuple[str, str]:
    """The words of the page and of the PDF; pdfium marks a hyphen at a line's end with U+FFFE."""
    with pypdfium2.PdfDocument(declaration.pdf(one)) as document:
        told = " ".join(page.get_textpage().get_text_range().replace("\ufffe", "-") for page in document)
    return Page(declaration.html(one)).text, re.sub(r"\s+", " ", told)


SAID: dict[str, tuple[Declaration, list[str]]] = {
    "vernietiging": (
        VERNIETIGING,
        [
            "Gemeente Voorbeeld", "Artikel 8 van het Archiefbesluit 1995", "8 februari 2027, 13.05.09 uur UTC",
            "1 dossier en 2 brieven", "23 gebeurtenissen", "14 januari 2020 t/m 2 november 2021", "1 januari 2027",
            "Archiefwet 1995, artikel 3", "Besluit 2027-03", "editie 2020, Staatscourant 2020, 11143", "19.1.11",
            "V, 5 jaar", "V, 1 jaar en 6 maanden", "nihil", "Voorgesteld", "N. Bakker", "Ingestemd", "archivaris",
            "12.214", "20-01-2027", "willekeurige getallen", "1.204 bestanden", "databank en zoekindex",
            "back-up tweede locatie", "10 maart 2027", "onbekend", "Schijfruimte", "nog in gebruik", "rampenarchief",
            "Z-2020-0412", "2020-00017", "02-11-2026", "12.345 regels", declared.ORIGIN,
        ],
    ),
    "wissing": (
        WISSING,
        [
            "Verklaring van wissing", "artikel 17 van de Algemene verordening", "op verzoek van de betrokkene",
            "4 januari 2027", "AVG 2027-04", "43 Wijziging 03-02-2021 1", "geen gegevens voor in de plaats",
        ],
    ),
    "rectificatie": (RECTIFICATIE, ["artikel 16", "op last van de rechter", "staan in regel 50", ", regel 52"]),
    "overbrenging": (
        OVERBRENGING,
        [
            "Artikel 9, derde lid, van het Archiefbesluit 1995", "Regionaal Archief Voorbeeld", "SIP-2041-001",
            "31, samen 7.340.032 bytes", "17 februari 2041", "2 beperkingen zijn gesteld",
            "Archiefwet 1995, artikel 15 lid 1 onder a", "01-01-2096", "20 jaar", "Besluit 2040-77",
            "Namens de zorgdrager, Gemeente Voorbeeld", "Handtekening", "Herinrichting stationsplein",
        ],
    ),
    "openbaar": (declared.OPEN, ["geen beperkingen gesteld", "in overleg", "er blijft een kopie voor gebruik"]),
    "conversie": (
        CONVERSIE,
        [
            "Artikel 25, derde lid, van de Archiefregeling", "PRONOM fmt/40", "PRONOM fmt/479",
            "LibreOffice, versie 24.8.2", "veraPDF", "geslaagd: geen afwijkingen", "onveranderd", "2021-00017",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_the_law_asks_stands_on_the_page_and_in_the_pdf(name: str) -> None:
    one, said = SAID[name]
    page, pdf = both(one)
    assert [] == [word for word in said if word not in page]
    assert [] == [word for word in said if word not in pdf]


def test_the_root_of_the_state_stands_in_full() -> None:
    page, pdf = both(VERNIETIGING)
    assert declared.HEAD.root in page
    assert declared.HEAD.root in pdf.replace(" ", "")


@pytest.mark.parametrize("name", ALL)
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    again = copy.deepcopy(ALL[name])
    assert declaration.html(ALL[name]) == declaration.html(again)
    assert declaration.pdf(ALL[name]) == declaration.pdf(again)


def test_the_facts_are_attached_to_the_pdf_as_data() -> None:
    with pypdfium2.PdfDocument(declaration.pdf(VERNIETIGING)) as document:
        attached = {one.get_name(): bytes(one.get_data()) for one in map(document.get_attachment, range(1))}
    assert {"verklaring.json": declaration.data(VERNIETIGING)} == attached
    told = canonical.decode(attached["verklaring.json"])
    assert VERNIETIGING == msgspec.convert(told, Vernietiging)


def test_a_list_of_thousands_is_printed_in_part_and_says_where_the_rest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaration, "PRINTED_ROWS", 2)
    first = VERNIETIGING.items[0]
    streams = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(4)]
    long = msgspec.structs.replace(VERNIETIGING, items=[msgspec.structs.replace(first, stream=one) for one in streams])
    page, printed = both(long)
    assert streams == [one for one in streams if one in page]
    assert streams[:2] == [one for one in streams if one in printed.replace(" ", "")]
    assert "de eerste 2 van 4 regels" in printed


def test_a_sign_that_the_font_lacks_keeps_no_declaration_from_paper() -> None:
    page, printed = both(msgspec.structs.replace(VERNIETIGING, organisation="Gemeente 漢 Voorbeeld"))
    assert "Gemeente 漢 Voorbeeld" in page
    assert "Gemeente [U+6F22] Voorbeeld" in printed
    assert "staat er met zijn nummer ([U+…]); verklaring.json heeft het" in printed


def test_what_is_not_given_is_not_there() -> None:
    nameless = msgspec.structs.replace(
        VERNIETIGING, acts=[msgspec.structs.replace(act, name=None) for act in VERNIETIGING.acts]
    )
    items = [msgspec.structs.replace(item, reference=None) for item in VERNIETIGING.items]
    bare = msgspec.structs.replace(nameless, items=items, kept=[])
    page, _ = both(bare)
    assert "Naam" not in page
    assert "Nummer" not in page
    assert "Geen. Alles wat was voorgesteld, is vernietigd." in page


def test_a_test_archive_says_so() -> None:
    assert [True, True] == [declaration.TEST in told for told in both(declared.BARE)]
    assert [False, False] == [declaration.TEST in told for told in both(VERNIETIGING)]


def test_what_looks_like_mark_up_is_shown_as_it_is() -> None:
    hostile = msgspec.structs.replace(CONVERSIE, organisation=MARK_UP, reference='</dd><script>alert("x")</script>')
    page = Page(declaration.html(hostile))
    assert "script" not in [tag for tag, _ in page.elements]
    assert MARK_UP in "".join(page.words)
    assert "*vet* _cursief_" in both(hostile)[1]


@pytest.mark.parametrize("name", ALL)
def test_a_page_is_one_file_that_everybody_can_read(name: str) -> None:
    content = declaration.html(ALL[name])
    page = Page(content)
    tags = [tag for tag, _ in page.elements]
    assert [] == page.open
    assert {"lang": "nl"} == page.elements[0][1]
    assert [] == [tag for tag in tags if tag in ("script", "img", "link", "iframe", "object", "embed", "base")]
    assert [] == re.findall(rb"url\(|@import|https?:|\bon[a-z]+=", content)
    assert ["h1"] == [tag for tag in tags if tag == "h1"]
    assert tags.count("main") == 1
    assert tags.count("table") == tags.count("caption")
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.elements if tag == "th")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    labels = [attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes]
    assert sorted(set(ids), key=str) == sorted(labels, key=str)


def test_every_word_of_the_lists_has_its_dutch() -> None:
    lists = codes.lists()
    assert set(GROUNDS) == set(lists["exception_ground"].words)
    assert set(AVG) == set(lists["erasure_ground"].words)
    assert set(DECIDERS) == set(lists["erasure_decision"].words)
    assert {"erased-and-rebuilt"} == set(METHODS)
    assert set(dutch.ROLES) >= {role for step in dutch.STEPS for role in roles.table()[step]}
    assert all(catalogue.newest(step) for step in dutch.STEPS)


def test_a_term_or_ground_that_is_not_known_is_shown_as_it_stands() -> None:
    said = ["P1W", "own:iets", "archiefwet-1995", "besluit:gemeentesecretaris", "archiefwet-2026:7.2", "P0D"]
    told = [dutch.term(said[0]), *map(dutch.basis, said[1:5]), dutch.term(said[5])]
    expected = [
        "P1W", "iets", "Archiefwet 1995", "besluit (gemeentesecretaris)",
        "Archiefwet (Stb. 2026, 149), artikel 7 lid 2",
        "geen",
    ]  # fmt: skip
    assert expected == told


def test_a_failed_or_untested_conversion_says_so() -> None:
    for verdict, word in (("failed", "niet geslaagd"), ("untested", "niet getest")):
        file = msgspec.structs.replace(declared.CONVERTED, verdict=verdict)
        one: Conversie = msgspec.structs.replace(CONVERSIE, files=[file, declared.CONVERTED])
        assert word in both(one)[0]
        assert "Bestand 2" in both(one)[0]
