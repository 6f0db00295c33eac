"""Letters that nobody wrote, laid out as tools lay them out: what is read, and what is left empty."""

from __future__ import annotations

from typing import Any

import pytest

from archief.intake import reading


def read(text: str) -> dict[str, Any]:
    return reading.read("brief.txt", text.encode()).data


def asked(text: str, *keys: str) -> list[Any]:
    data = read(text)
    return [data.get(key) for key in keys]


TOP = """Gemeente Veldhaven

> RETOURADRES Postbus 77, 8800 CK Veldhaven

Aan de dames en heren,
leden van de gemeenteraad

"""
BODY = """
Geachte raadsleden,

De brug over de Lange Wetering is weer open. Het verkeer kan er in twee richtingen over.

Wij informeren u in het najaar opnieuw.

Hoogachtend,

Burgemeester en Wethouders van Veldhaven,

De Secretaris,

De Burgemeester,

P.Q. Oudshoorn.

M. van der Zande-Kok.
"""


def header(text: str, *keys: str) -> list[Any]:
    return asked(TOP + text + BODY, *keys)


def tail(text: str) -> dict[str, Any]:
    return read(TOP + "ONDERWERP\nBrug\n\nDATUM\n3 mei 2022\n\nGeachte raadsleden,\n\nDe brug is open.\n\n" + text)


def full(text: str) -> str:
    """``|`` ends a line; ``B&W`` and ``b&w`` are the college in full."""
    college = "urgemeester en {}ethouders van Veldhaven"
    text = text.replace("B&W", "B" + college.format("W")).replace("b&w", "b" + college.format("w"))
    return text.replace("|", "\n")


def signers(text: str) -> list[tuple[str | None, ...]]:
    return [tuple(one.get(key) for key in ("name", "role", "on_behalf_of")) for one in tail(full(text))["signatories"]]


# header


def test_labels_and_values_may_stand_side_by_side() -> None:
    text = """Onderwerp        Herstel van de brug over de
                 Lange Wetering
Datum            3 mei 2022
Behandeld door   L.M. de Wit
Telefoon         0588 - 12 34 56
E-mail           l.dewit@veldhaven.example
Ons kenmerk      22.001234
Uw kenmerk
Bijlage(n)       Tekening
"""
    assert [
        "Herstel van de brug over de Lange Wetering",
        "2022-05-03",
        "L.M. de Wit",
        "0588 - 12 34 56",
        "l.dewit@veldhaven.example",
        "22.001234",
        None,
        ["Tekening"],
    ] == header(
        text, "subject", "date", "handled_by", "phone", "email", "our_reference", "your_reference", "attachments"
    )


def test_two_columns_of_labels_with_their_values_beside_them() -> None:
    text = """Datum        3 mei 2022              Behandeld door   L.M. de Wit
Ons kenmerk  22.001234               Telefoon         0588 - 12 34 56
Uw kenmerk                           E-mail           l.dewit@veldhaven.example
Onderwerp    Herstel brug
"""
    assert ["2022-05-03", "22.001234", None, "L.M. de Wit", "0588 - 12 34 56", "Herstel brug"] == header(
        text, "date", "our_reference", "your_reference", "handled_by", "phone", "subject"
    )


def test_a_value_may_stand_before_its_label() -> None:
    text = """Herstel brug over de Lange Wetering
ONDERWERP
3 mei 2022
DATUM
L.M. de Wit
BEHANDELD DOOR
2022-00123
ONZE REFERENTIE
l.dewit@veldhaven.example
E-MAILADRES
"""
    assert ["Herstel brug over de Lange Wetering", "2022-05-03", "L.M. de Wit", "2022-00123"] == header(
        text, "subject", "date", "handled_by", "our_reference"
    )


def test_all_labels_first_and_fewer_values_behind_them() -> None:
    text = """ONDERWERP
DATUM
BIJLAGEN
BEHANDELD DOOR
TELEFOONNUMMER
ONZE REFERENTIE
E-MAILADRES
FAXNUMMER
UW REFERENTIE

Herstel brug over de Lange Wetering
3 mei 2022
L.M. de Wit
2022-00123
l.dewit@veldhaven.example
"""
    assert [
        "Herstel brug over de Lange Wetering",
        "2022-05-03",
        "L.M. de Wit",
        None,
        "2022-00123",
        None,
        None,
    ] == header(text, "subject", "date", "handled_by", "phone", "our_reference", "fax", "your_reference")


def test_a_row_of_labels_above_a_row_of_values_with_empty_cells() -> None:
    text = """ONDERWERP                       DATUM                  BIJLAGEN
Herstel brug                    3 mei 2022             --
                                Verzonden 04-05-2022
BEHANDELD DOOR                  TELEFOONNUMMER         ONZE REFERENTIE
                                0588-123456
E-MAILADRES                     FAXNUMMER              UW REFERENTIE
                                                       W/22-7
"""
    assert [None, "0588-123456", None, None, None, "W/22-7", "2022-05-04"] == header(
        text, "handled_by", "phone", "our_reference", "email", "fax", "your_reference", "sent_date"
    )


def test_a_header_may_have_each_cell_on_one_line() -> None:
    text = """ONDERWERP Herstel brug
DATUM 3 mei 2022 Verzonden 4 mei 2022
BIJLAGEN 1
BEHANDELD DOOR L.M. de Wit
TELEFOONNUMMER 0588-123456
ONZE REFERENTIE 2022-00123
UW REFERENTIE --
"""
    assert ["Herstel brug", "2022-05-03", "2022-05-04", "L.M. de Wit", "0588-123456", "2022-00123", None] == header(
        text, "subject", "date", "sent_date", "handled_by", "phone", "our_reference", "your_reference"
    )


def test_a_subject_may_begin_with_a_year_and_hold_a_date() -> None:
    text = "ONDERWERP\nBegroting en\n2023 van de haven\n\nDATUM\n3 mei 2022\n\nBIJLAGEN\nVerslag van 12 april 2022\n"
    assert ["Begroting en 2023 van de haven", "2022-05-03", ["Verslag van 12 april 2022"]] == header(
        text, "subject", "date", "attachments"
    )


def test_the_date_of_your_letter_is_not_the_date() -> None:
    text = "Uw brief van\n12 april 2022\nUw kenmerk\nAB-12\nDatum\n3 mei 2022\nOnderwerp\nHerstel brug\n"
    assert ["2022-05-03", "AB-12"] == header(text, "date", "your_reference")


def test_direct_numbers_go_before_those_of_the_letterhead() -> None:
    text = """Bezoekadres Kade 1, 8801 AA Veldhaven
Telefoon 14 0588
Fax 0588 - 99 99 99

Behandeld door
L.M. de Wit
Doorkiesnummer
0588 - 12 34 56
Datum
3 mei 2022
Onderwerp
Herstel brug
"""
    assert ["0588 - 12 34 56", "Kade 1, 8801 AA Veldhaven"] == header(text, "phone", "visiting_address")


def test_a_person_is_told_from_mail_address_and_number() -> None:
    text = """Datum  3 mei 2022
Ons kenmerk  --
Behandeld door  L.M. de Wit, Stedelijk Beheer, l.dewit@veldhaven.example
Onderwerp  Herstel brug
"""
    assert ["L.M. de Wit, Stedelijk Beheer", "l.dewit@veldhaven.example", None] == header(
        text, "handled_by", "email", "our_reference"
    )


def test_a_footer_between_header_and_salutation_is_no_value() -> None:
    text = (
        "ONDERWERP\nHerstel brug\n\nDATUM\n3 mei 2022\n\nUW REFERENTIE\n--\n\nRaadsinformatiebrief\n\nPAGINA 1 van 2\n"
    )
    assert ["raadsinformatiebrief", "Herstel brug", None] == header(text, "doc_type", "subject", "your_reference")


def test_a_word_error_is_an_empty_cell() -> None:
    text = "ONDERWERP\nHerstel brug\n\nDATUM\n3 mei 2022\n\nONZE REFERENTIE\nFout! Verwijzingsbron niet gevonden.\n"
    assert [None] == header(text, "our_reference")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("De heer J. Bos\nDijk 4\n8802 AB Veldhaven", "De heer J. Bos Dijk 4 8802 AB Veldhaven"),
        ("Aan de raad van de gemeente Veldhaven", "Aan de raad van de gemeente Veldhaven"),
        ("Gemeenteraad", "Gemeenteraad"),
    ],
)
def test_the_addressee_is_the_block_without_a_label(lines: str, expected: str) -> None:
    above = TOP.partition("Aan de dames")[0]
    text = f"{above}{lines}\n\nONDERWERP\nBrug dicht\n\nDATUM\n3 mei 2022\n"
    assert [expected] == asked(text + BODY, "addressee")


def test_attachments_are_parted_by_numbers_and_joined_where_they_wrap() -> None:
    text = "ONDERWERP\nBrug\n\nDATUM\n3 mei 2022\n\nBIJLAGEN\n1. Tekening van de brug en de\noprit\n2. Kostenraming\n"
    assert [["Tekening van de brug en de oprit", "Kostenraming"]] == header(text, "attachments")


# body


def test_page_furniture_in_a_sentence_disappears() -> None:
    text = """ONDERWERP
Brug dicht

DATUM
3 mei 2022

Geachte raadsleden,

De brug over de Lange Wetering in de kern van het dorp moet dicht voor het

RaadsinformatiebriefDATUM
3 mei 2022
PAGINA 2 van Fout! Verwijzingsbron niet gevonden.

vrachtverkeer, blijkt nu.

Datum
27 maart 2023

Hoogachtend zeg ik u toe dat u op tijd bericht krijgt.

Met vriendelijke groet,

A. Bos,
wethouder Verkeer
"""
    data = read(TOP + text)
    assert [
        "De brug over de Lange Wetering in de kern van het dorp moet dicht voor het vrachtverkeer, blijkt nu.",
        "Datum 27 maart 2023",
        "Hoogachtend zeg ik u toe dat u op tijd bericht krijgt.",
    ] == data["body"]
    assert "raadsinformatiebrief" == data["doc_type"]


def test_words_broken_at_line_ends_are_whole_and_real_hyphens_stay() -> None:
    data = tail("Het samenwer-\nkingsverband Noord-\nVeldhaven doet jeugd-\nen ouderenzorg (P&C-\ncyclus).\n")
    assert "Het samenwerkingsverband Noord-Veldhaven doet jeugd- en ouderenzorg (P&C-cyclus)." == data["body"][1]


# signatures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hoogachtend,||A. Bos,|Wethouder Vis,|Groen en Wonen|", [("A. Bos", "Wethouder Vis, Groen en Wonen", None)]),
        (
            "Met vriendelijke groet,||Namens het college van b&w,||Ada Bos|Wethouder Verkeer|",
            [("Ada Bos", "Wethouder Verkeer", "het college van b&w")],
        ),
        (
            "Hoogachtend,|b&w,|namens dezen,|w.g.|mr. A. ten Bos|afdelingshoofd Beheer|",
            [("mr. A. ten Bos", "afdelingshoofd Beheer", "b&w")],
        ),
        (
            "Hoogachtend,||B&W,||De Secretaris,       De Burgemeester,|||P.Q. Oudshoorn.      M. van der Zande-Kok.|",
            [
                ("P.Q. Oudshoorn", "Secretaris", "B&W"),
                ("M. van der Zande-Kok", "Burgemeester", "B&W"),
            ],
        ),
        (
            "Hoogachtend,||B&W,||De Secretaris,       De Burgemeester,|||                     M. van der Zande-Kok.|",
            [("M. van der Zande-Kok", "Burgemeester", "B&W")],
        ),
        (
            "Hoogachtend,|Ada Bos,|Wethouder Verkeer|mede namens Ben Smid,|Wethouder Wonen|",
            [("Ada Bos", "Wethouder Verkeer", "Ben Smid")],
        ),
        (
            "Hoogachtend,|Mede namens wethouder Ben Smid||Ada Bos,|Wethouder Verkeer|",
            [("Ada Bos", "Wethouder Verkeer", "Ben Smid")],
        ),
        ("B&W,||De Burgemeester,||M. Kok.|", [("M. Kok", "Burgemeester", "B&W")]),
        (
            "Hoogachtend,|De griffier, R. el Amrani|De voorzitter, drs. M. Kok|",
            [("R. el Amrani", "griffier", None), ("drs. M. Kok", "voorzitter", None)],
        ),
    ],
)  # fmt: skip
def test_who_signs_as_what_for_whom(text: str, expected: list[tuple[str | None, ...]]) -> None:
    assert [tuple(part and full(part) for part in one) for one in expected] == signers(text)


def test_a_letter_that_nobody_signs_has_no_signatories() -> None:
    data = tail("Wij houden u op de hoogte.\n")
    assert ["De brug is open.", "Wij houden u op de hoogte."] == data["body"]
    assert "signatories" not in data
    assert "closing" not in data


def test_a_list_of_attachments_below_the_names_is_no_name() -> None:
    data = tail("Hoogachtend,\n\nA. Bos,\nWethouder Verkeer\n\nBijlagen:\n1. Tekening\n2. Kostenraming\n")
    assert ["Tekening", "Kostenraming"] == data["attachments"]
    assert 1 == len(data["signatories"])


# bytes


@pytest.mark.parametrize(
    "data",
    [
        "\ufeffGeachte heer,\r\n\r\nHet is één café vóór de brug, à € 3.\r\n".encode(),
        "Geachte heer,\n\nHet is één café vóór de brug, à € 3.\n".encode("cp1252"),
        "Geachte heer,\n\nHet is één café vóór de brug, à € 3.\n".encode().decode("cp1252").encode(),
        "Geachte heer,\n\nHet is één café vóór de brug, à € 3.\n".encode("utf-16"),
    ],
    ids=["bom and crlf", "cp1252", "twice", "utf-16"],
)
def test_characters_are_read_whatever_their_bytes(data: bytes) -> None:
    assert ["Het is één café vóór de brug, à € 3."] == reading.read("brief.txt", data).data["body"]


ROWS = (
    "ONDERWERP{0}DATUM{0}BIJLAGEN\nHerstel brug{0}3 mei 2022{0}--\nVerzonden 04-05-2022\n"
    "BEHANDELD DOOR{0}TELEFOONNUMMER{0}ONZE REFERENTIE\nIda de Wolf{0}(0888) 12 34 56{0}2022-01234\n"
)


@pytest.mark.parametrize("between", [" ", "    ", "\t"])
def test_a_row_of_labels_above_a_row_of_values_is_read_without_places(between: str) -> None:
    text = ROWS.format(between)
    assert ["Herstel brug", "2022-05-03", "2022-05-04", "Ida de Wolf", "(0888) 12 34 56", "2022-01234", None] == header(
        text, "subject", "date", "sent_date", "handled_by", "phone", "our_reference", "attachments"
    )


def test_two_texts_in_a_row_that_nothing_parts_belong_to_neither() -> None:
    assert [None, None] == header("ONDERWERP BIJLAGEN\nHerstel brug Kaart van de brug\n", "subject", "attachments")


def test_a_value_whose_label_is_broken_in_two_is_read() -> None:
    text = "ONDERWERP\nBrug\nBEHANDELD\nDOOR\nIda de Wolf\nE-MAIL-\nADRES\ni.dewolf@veldhaven.example\n"
    text += "ONZE\nREFERENTIE\n2022-01234\n"
    assert ["Brug", "Ida de Wolf", "i.dewolf@veldhaven.example", "2022-01234"] == header(
        text, "subject", "handled_by", "email", "our_reference"
    )


@pytest.mark.parametrize(
    "day", ["d.d. 3 mei 2022", "3-5-22", "3 mei '22", "Veldhaven, 3 mei 2022", "dinsdag 3 mei 2022"]
)
def test_a_date_is_read_however_it_is_written(day: str) -> None:
    assert ["2022-05-03"] == header(f"ONDERWERP\nBrug\n\nDATUM\n{day}\n", "date")


def test_a_fax_number_of_the_letterhead_is_not_the_officials() -> None:
    text = "FAX 0888-12 00 00\n\n\n\n\nONDERWERP\nBrug\nTELEFOONNUMMER\n0888-12 34 56\nBEHANDELD DOOR\nIda de Wolf\n"
    assert ["0888-12 34 56", None] == header(text, "phone", "fax")
