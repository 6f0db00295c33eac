"""Letters for tests that render: short and long, with everything and with nothing in them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from archief.events.letters import LetterData, Signatory
from archief.render.rendition import OURS, rendition

MOMENT = dt.datetime(2021, 1, 14, tzinfo=dt.UTC)
COLLEGE = "Burgemeester en Wethouders van Voorbeeld"
MARK_UP = (
    '#panic("x") *vet* _cursief_ $x^2$ @bron <label> \\n = Kop // weg /* weg */ `ruw` [haak] {krul} a://b ~ -- ...'
)
PARAGRAPH = "Op 24 november heeft uw raad de motie aangenomen. Met deze brief informeren wij u over de voortgang. " * 4

BRIEF = LetterData(
    doc_type="raadsinformatiebrief",
    organisation="Gemeente Voorbeeld",
    addressee="Aan de leden van de gemeenteraad, Postbus 10 1234 AB Voorbeeld",
    subject="Voortgang herinrichting",
    handled_by="N. Bakker",
    date="2021-02-09",
    sent_date="2021-02-10",
    email="n.bakker@voorbeeld.nl",
    phone="012-345 67 89",
    our_reference="2021-03318",
    your_reference="M-2020-117",
    attachments=["Faseringskaart"],
    salutation="Geachte raadsleden,",
    closing="Hoogachtend,",
    signatories=[
        Signatory(name="T.H.M. Vrancken", role="Secretaris", on_behalf_of=COLLEGE),
        Signatory(name="A.E. van Lierop-Dassen", role="Burgemeester", on_behalf_of=COLLEGE),
    ],
    return_address="Postbus 10, 1234 AB Voorbeeld",
    visiting_address="Markt 1, 1234 AB Voorbeeld",
    postal_address="Postbus 10, 1234 AB Voorbeeld",
    body=["Wij schrijven u.", "Planning", "In drie stappen:\n• een;\n• twee;\n1. drie.", PARAGRAPH],
)
LONG = LetterData(
    subject="Voortgang van het programma en de uitwerking van de motie ‘Eerst de mensen’ van 12 november 2020 " * 3,
    attachments=[f"Bijlage {number}: rapportage van fase {number}" for number in range(1, 14)],
    body=[PARAGRAPH] * 24 + ["Zie https://www.voorbeeld.nl/" + "een-heel-lang-adres/" * 9],
    email="voornaam.tussenvoegsel.zeerlangeachternaam-nogeen@gemeentevoorbeeld.nl",
    signatories=[
        Signatory(name="A. Bastiaans", role="Wethouder Zorg, Welzijn en Gezondheid", on_behalf_of="B. Jongen; C. Smit"),
        Signatory(name="D. de Wit"),
        Signatory(role="Griffier", on_behalf_of="De raad van de gemeente Voorbeeld"),
        *(Signatory(name=f"E. Nummer {number}", role="Wethouder") for number in range(7)),
    ],
)
FORM = LetterData(
    doc_type="rondebriefje",
    organisation="Gemeente Voorbeeld",
    subject="Stadsronde fietsen",
    date="2016-01-05",
    fields={
        "Presidium": "",
        "Zelf bedacht": "n.v.t.",
        "Vorm bijeenkomst": "Informatiebijeenkomst",
        "Inhoud": "\n\n".join([PARAGRAPH] * 22) + "\n\nVoor:\n• burgers\n• instellingen",
        "Portefeuillehouder": "Wethouder Willems",
    },
)
HOSTILE = LetterData(
    subject=MARK_UP,
    organisation=MARK_UP,
    addressee=MARK_UP,
    doc_type=MARK_UP,
    body=[MARK_UP, f"Lijst:\n• {MARK_UP}"],
    attachments=[MARK_UP] * 5,
    signatories=[Signatory(name=MARK_UP, role=MARK_UP, on_behalf_of=MARK_UP)],
)
ALL = {"brief": BRIEF, "long": LONG, "form": FORM, "hostile": HOSTILE, "nothing": LetterData()}


def made(letter: LetterData, template: Path = OURS) -> bytes:
    return rendition(letter, MOMENT, template)
