"""The LEESMIJ of a snapshot: what it is, what is not in it, how it is read and checked. In Dutch."""

from __future__ import annotations

from archief.exports.snapshot_manifest import Manifest

NAME = "LEESMIJ.txt"

LEVELS = {
    "open": "openbaar: zonder personen en zonder stukken met een beperking",
    "internal": "intern: alles wat het archief weet, ook persoonsgegevens; niet doorgeven aan anderen",
}

REASONS = {
    "letter_limited": "brieven met een beperking op de openbaarheid",
    "letter_not_sent": "brieven die niet door ons verzonden zijn (concepten en ontvangen brieven)",
    "letter_withdrawn": "brieven die ingetrokken zijn",
    "dossier_limited": "dossiers met een beperking op de openbaarheid",
    "dossier_with_a_closed_letter": "dossiers met een brief erin die niet openbaar is",
}

_TEXT = """Momentopname van een archief
============================

Van              {organisation}{test}
Niveau           {level}
Logboek          {origin}
Stand            {size} regels, laatste regel van {time}
Wortel           {root}
Vernietigingen   verwerkt tot en met omvang {destructions}

Wat erin zit
------------
parquet/         een bestand per tabel, voor DuckDB, Python (pandas, polars), R
csv/             dezelfde tabellen als tekst: UTF-8, komma's, eerste regel de kolommen, tijden in UTC
archief.sqlite   dezelfde tabellen in een bestand, voor SQLite en wat dat leest; lijsten staan er als JSON in
gegevens.csv     de beschrijving van elke tabel en kolom (in het Engels)
checkpoint       de ondertekende stand van het logboek, met de medeondertekeningen (C2SP signed note)
checkpoint.consistency   het bewijs dat die stand de stand hierboven voortzet (RFC 6962)
manifest.json    waaruit dit gemaakt is, en van elk bestand de SHA-256

De tekst van brieven en de bijlagen zitten er niet in: die gaan mee in een overbrenging (SIP). Van wat vernietigd is
staat er alleen nog dat het er was en dat het vernietigd is. Dezelfde stand geeft dezelfde bestanden, byte voor byte,
zolang DuckDB en SQLite dezelfde versie hebben.

Tabellen
--------
{tables}

Wat eruit gelaten is
--------------------
{left_out}

Hoe u dit nagaat
----------------
archief check snapshot MAP --vkey SLEUTELS
  vergelijkt elk bestand met het manifest, en het manifest met de ondertekende stand. Vraag de sleutels langs een andere
  weg dan deze momentopname (archief checkpoint --vkeys).
archief --archive ARCHIEF check snapshot MAP
  maakt de momentopname opnieuw uit het archief zelf en vergelijkt ze.
"""


def text(manifest: Manifest, organisation: str) -> bytes:
    """Write it.

    Args:
        manifest: what the snapshot says of itself; files need not be in it yet.
        organisation: whose archive it is.
    """
    width = max((len(one.name) for one in manifest.tables), default=0)
    tables = "\n".join(f"{one.name.ljust(width)}  {_number(one.rows)} rijen" for one in manifest.tables)
    lines = [f"{_number(count)} {REASONS.get(why, why)}" for why, count in manifest.records_left_out.items()]
    if manifest.tables_left_out:
        lines.append(f"Tabellen: {', '.join(manifest.tables_left_out)}.")
    if manifest.level == "open":
        lines.append("Kolommen met personen, namen van bestanden, opmerkingen en gronden van beperkingen.")
    position = manifest.position
    return _TEXT.format(
        organisation=organisation,
        test=" (TESTARCHIEF)" if manifest.test else "",
        level=LEVELS[manifest.level],
        origin=position.origin,
        size=_number(position.size),
        time=position.time,
        root=position.root,
        destructions=_number(manifest.destructions),
        tables=tables,
        left_out="\n".join(lines) or "Niets.",
    ).encode()


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
