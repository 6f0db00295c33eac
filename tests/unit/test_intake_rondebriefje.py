"""Rondebriefjes that nobody wrote, as tools lay them out."""

from __future__ import annotations

from typing import Any

from archief.intake import reading


def read(text: str) -> dict[str, Any]:
    return reading.read("rondebriefje.txt", text.encode()).data


TABBED = """Rondebriefje Stadsronde

Onderwerp\tStadsronde Havenvisie
Portefeuillehouder\tWethouder Bos
Kernthema\tWonen &amp; werken
Behandelend ambtenaar\tL.M. de Wit, tel. 0588-123456 l.dewit@veldhaven.example
Datum\t3 mei 2022
Doel van de bijeenkomst\t<p>Ophalen:<ul><li>idee&euml;n<li>zorgen
Inhoud\tDatum en plaats van de inloop volgen. De haven-

\f
Gemeente Veldhaven
GEMEENTERAAD
pagina 2 van 2

\tvisie ligt er.
Worden er extra partijen uitgenodigd voor de
stadsronde\tBewoners
Van de raadsleden wordt\tLuisteren
gevraagd
Vervolgtraject\tRaadsronde 31 mei 2022
Presidium\t

Gemeente Veldhaven | Postbus 77 | 8800 CK Veldhaven
"""


def test_rows_with_tabs() -> None:
    data = read(TABBED)
    assert {
        "Onderwerp": "Stadsronde Havenvisie",
        "Portefeuillehouder": "Wethouder Bos",
        "Kernthema": "Wonen & werken",
        "Behandelend ambtenaar": "L.M. de Wit, tel. 0588-123456 l.dewit@veldhaven.example",
        "Datum": "3 mei 2022",
        "Doel van de bijeenkomst": "Ophalen:\n• ideeën\n• zorgen",
        "Inhoud": "Datum en plaats van de inloop volgen. De havenvisie ligt er.",
        "Worden er extra partijen uitgenodigd voor de stadsronde": "Bewoners",
        "Van de raadsleden wordt gevraagd": "Luisteren",
        "Vervolgtraject": "Raadsronde 31 mei 2022",
        "Presidium": "",
    } == data["fields"]
    assert "<p>Ophalen:<ul><li>idee&euml;n<li>zorgen" == data["fields_raw"]["Doel van de bijeenkomst"]
    keys = ("subject", "handled_by", "date", "phone", "email", "organisation")
    assert [
        "Stadsronde Havenvisie",
        "L.M. de Wit",
        "2022-05-03",
        "0588-123456",
        "l.dewit@veldhaven.example",
        "Gemeente Veldhaven",
    ] == [data.get(key) for key in keys]


COLUMNS = """                                              Gemeente Veldhaven
                                              GEMEENTERAAD

Rondebriefje Raadsronde

Onderwerp                 Havenvisie
Kernthema                 Wonen en werken
Datum                     3 mei 2022
Doel van de bijeenkomst   Onderwerp van gesprek is
                          de haven.

                          Datum van de inloop volgt.
Wie neemt uiteindelijk    De Raad
het besluit?
Worden er extra           Bewoners,
partijen uitgenodigd      ondernemers
voor de stadsronde
Technische faciliteiten
Presidium                 n.v.t.
"""


def test_rows_in_columns() -> None:
    assert {
        "Onderwerp": "Havenvisie",
        "Kernthema": "Wonen en werken",
        "Datum": "3 mei 2022",
        "Doel van de bijeenkomst": "Onderwerp van gesprek is de haven.\n\nDatum van de inloop volgt.",
        "Wie neemt uiteindelijk het besluit?": "De Raad",
        "Worden er extra partijen uitgenodigd voor de stadsronde": "Bewoners, ondernemers",
        "Technische faciliteiten": "",
        "Presidium": "n.v.t.",
    } == read(COLUMNS)["fields"]


STREAM = """Gemeente Veldhaven
GEMEENTERAAD
Rondebriefje Stadsronde
Onderwerp Havenvisie
Portefeuillehouder Wethouder Bos
Datum 3 mei 2022
Doel van de bijeenkomst Praten over de haven. Op de avond is de
Inhoud van de visie nog niet bekend.
Vorm bijeenkomst Gesprek
Wie neemt uiteindelijk het
besluit?
De Raad
Inhoud De visie beschrijft de haven.
Van de raadsleden wordt
gevraagd
Luisteren
Technische faciliteiten
Presidium
"""


def test_rows_in_one_stream() -> None:
    assert {
        "Onderwerp": "Havenvisie",
        "Portefeuillehouder": "Wethouder Bos",
        "Datum": "3 mei 2022",
        "Doel van de bijeenkomst": "Praten over de haven. Op de avond is de Inhoud van de visie nog niet bekend.",
        "Vorm bijeenkomst": "Gesprek",
        "Wie neemt uiteindelijk het besluit?": "De Raad",
        "Inhoud": "De visie beschrijft de haven.",
        "Van de raadsleden wordt gevraagd": "Luisteren",
        "Technische faciliteiten": "",
        "Presidium": "",
    } == read(STREAM)["fields"]
