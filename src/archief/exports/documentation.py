"""What goes along with a package so that its own words can be read: lists of terms, the event log's form and schema.

MDTO asks that lists of one's own are documented, and that additional metadata come with their schema. Both are
delivered as one informatieobject with two files.
"""

from __future__ import annotations

import msgspec

from archief.events import catalogue, schema
from archief.law import mdto as law

NAME = "archief-documentatie"
SCHEMA_NAME = "archief-gebeurtenissen-schema.json"
TEXT_NAME = "archief-toelichting.txt"
NAMES = (NAME, SCHEMA_NAME, TEXT_NAME)
"""Nothing else in a package is called like this."""

_TEXT = """Toelichting bij dit pakket
==========================

Dit pakket is gemaakt met het programma archief. Bij elk informatieobject ligt een bestand dat eindigt op
-gebeurtenissen.json: het logboek van dat informatieobject, als aanvullende metagegevens (MDTO aanvullendeMetagegevens).

Vorm van het logboek (JSON, UTF-8)
----------------------------------
form        altijd {form}
origin      de naam van het logboek
stream      het kenmerk van het informatieobject in dat logboek
checkpoint  de ondertekende stand van het hele logboek (C2SP signed note): naam, aantal regels, wortel
entries     de regels over dit informatieobject, op volgorde; van elke regel:
              seq           de plaats in het logboek
              entry         de regel zelf, letterlijk zoals hij ondertekend is
              payload       de inhoud die bij de regel hoort, letterlijk; null als er geen is of als hij vernietigd is
              commit        de regel die deze regel verzegelt
              commit_proof  de weg van de regel naar de wortel in die verzegeling (RFC 6962, base64)
              proof         de weg van de regel naar de wortel in de checkpoint (RFC 6962, base64)
commits     de verzegelende regels, met seq, entry en proof

Zo wordt een regel nagegaan: het blad is SHA-256(0x00 + regel), een knoop SHA-256(0x01 + links + rechts). De inhoud
hoort bij de regel als SHA-256("archief/payload/v1" + 0x00 + inhoud) gelijk is aan het veld payload in de regel.
De betekenis en de velden van elke soort regel staan in {schema} (JSON Schema).

Vergaderingen (XML, ORI-A)
--------------------------
Een bestand dat eindigt op -vergadering-N.xml vertelt voor welke vergadering een brief geagendeerd is, volgens de Open
Raadsinformatie Archiefstandaard (ORI-A, XML-schema v0.0.9, beta). Het logboek kent geen opnamen en geen besloten
behandeling: de verplichte mediabron verwijst daarom nergens naar, en indicatorBesloten is altijd false. Rondes en
andere vormen die het schema niet kent heten er Commissievergadering; de eigen naam staat in vergaderToelichting.

Begrippenlijsten van dit programma
----------------------------------
"""


def text(form: str) -> bytes:
    """The explanation, in Dutch.

    Args:
        form: the name of the event log's form.
    """
    parts = [_TEXT.format(form=form, schema=SCHEMA_NAME)]
    for name, terms in law.lists().items():
        if terms.kind == "own":
            codes = [f" ({code})" for code in terms.codes] or [""] * len(terms.labels)
            lines = [f"  {label}{code}" for label, code in zip(terms.labels, codes, strict=True)]
            parts.append(f"{terms.title}; voor {name}\n" + "\n".join(lines) + "\n\n")
    return "".join(parts).encode()


def event_schema() -> bytes:
    """The JSON Schemas of all event types, with what each means."""
    types = {
        tag: {"doc": found.doc, "mdto": found.mdto, **schema.json_schemas(found)}
        for tag, found in sorted(catalogue.TYPES.items())
    }
    return msgspec.json.format(msgspec.json.encode(types, order="sorted"), indent=1) + b"\n"
