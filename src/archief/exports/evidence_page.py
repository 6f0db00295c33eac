"""The readable page of an evidence bundle, in Dutch. Part of check.py (evidence.py): what it says is what was checked.

It follows from the evidence alone, so that the check makes it again and compares.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, NamedTuple

# --8<-- what stands below goes into check.py


class Seen(NamedTuple):
    """What a bundle shows.

    Attributes:
        origin, size, root: of the head that all proofs lead to.
        stream: the record.
        events: its events: entry, type, time, who, and ``present``, ``none`` or ``gone``.
        others: entries of keys, roles and decisions that they rest on.
        destroyed: when its destruction was recorded; empty when it was not.
        transfer: where what was destroyed is a copy, the accepted transfer by which the records office has the record.
        log_keys: the ids (SHA-256) of the log's keys, as the bundle itself names them.
        cosigned: names of cosigners whose signature stands on the head.
        stamps: sizes of heads for which a timestamp token is in the bundle.
        page: the readable page that follows from all this.
    """

    origin: str
    size: int
    root: str
    stream: str
    events: list[dict[str, Any]]
    others: int
    destroyed: str
    transfer: str
    log_keys: list[str]
    cosigned: list[str]
    stamps: list[int]
    page: bytes


WORDS = {
    "archive_founded": "Archief gesticht",
    "rule_set_adopted": "Regels vastgesteld",
    "log_key_rotated": "Sleutels gewisseld",
    "log_continued": "Logboek voortgezet",
    "timestamp_obtained": "Tijdstempel verkregen",
    "person_enrolled": "Persoon aangemeld",
    "key_enrolled": "Sleutel aangemeld",
    "key_revoked": "Sleutel ingetrokken",
    "role_granted": "Rol toegekend",
    "role_withdrawn": "Rol ingetrokken",
    "mandate_granted": "Mandaat verleend",
    "mandate_ended": "Mandaat beëindigd",
    "letter_registered": "Geregistreerd",
    "letter_received": "Ontvangen",
    "letter_edited": "Gewijzigd",
    "document_attached": "Bestand toegevoegd",
    "document_converted": "Bestand geconverteerd",
    "letter_signed": "Ondertekend",
    "signature_validated": "Handtekening gevalideerd",
    "letter_dispatched": "Verzonden",
    "delivery_reported": "Bezorging gemeld",
    "letter_withdrawn": "Teruggenomen",
    "letter_annotated": "Aangetekend",
    "letters_related": "In verband gebracht",
    "letter_filed": "In dossier geplaatst",
    "letter_unfiled": "Uit dossier genomen",
    "dossier_opened": "Dossier geopend",
    "dossier_classified": "Gewaardeerd",
    "dossier_closed": "Dossier gesloten",
    "dossier_reopened": "Dossier heropend",
    "openness_restricted": "Openbaarheid beperkt",
    "restriction_lifted": "Beperking opgeheven",
    "record_imported": "Overgenomen",
    "destruction_proposed": "Vernietiging voorgesteld",
    "destruction_reviewed": "Voorstel beoordeeld",
    "destruction_consented": "Archivaris stemt in",
    "destruction_authorised": "Vernietiging gemachtigd",
    "destruction_cancelled": "Vernietiging afgebroken",
    "destruction_started": "Vernietiging begonnen",
    "record_destroyed": "Vernietigd",
    "records_destroyed": "Vernietiging afgesloten",
    "payload_erased": "Gegevens gewist",
    "letter_tabled": "Geagendeerd",
}
STATES = {"present": "aanwezig, nagegaan", "none": "geen inhoud", "gone": "vernietigd"}

HEAD = """<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><title>Bewijsbundel</title><style>
body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3em .6em .3em 0;
border-bottom:1px solid #bbb}code{word-break:break-all}</style></head><body>
"""
LIMITS = """<h2>Wat deze bundel niet laat zien</h2><ul>
<li>Dat er daarna niets meer is gebeurd, en dat geen sleutel of rol is ingetrokken: dat blijkt alleen uit het hele
logboek.</li>
<li>Van wie het logboek is. Vergelijk de sleutels of de stand hierboven met die van de gemeente, langs een andere
weg.</li>
<li>Wie een tijdstempel zette: dat gaat u na met <code>openssl ts -verify</code>.</li>
<li>Dat een ondertekening rechtsgeldig is. Het niveau ervan staat bij de gebeurtenis.</li></ul>
<h2>Zelf nagaan</h2><p>Python 3.11 of nieuwer, met het pakket <code>cryptography</code>:</p>
<pre>python3 check.py --vkey SLEUTEL</pre>
<p>Vertrouw <code>check.py</code> niet omdat het in deze map ligt: haal het bij een bron die u vertrouwt, of lees
het.</p>
"""


COLUMNS = """<table><tr><th>Regel</th><th>Tijd (UTC)</th><th>Wat</th><th>Wie legde het vast</th><th>Inhoud</th>
<th>Feiten</th></tr>
"""


def page(seen: Seen, lines: Mapping[int, Any], payloads: Mapping[int, Any], people: Mapping[str, str]) -> bytes:
    """The readable page.

    Args:
        seen: what the check found; its member ``page`` is not looked at.
        lines: the entries by index.
        payloads: the payload lines by index.
        people: the names of people, by stream; of those whose name is erased nothing.
    """
    founded = payloads.get(0, {}).get("data", {}).get("organisation", "")
    number, subject = (_last(seen, payloads, name) for name in ("number", "subject"))
    pairs = [
        ("Organisatie", founded), ("Kenmerk in het logboek", seen.stream), ("Registratienummer", number),
        ("Onderwerp", subject), ("Inhoud", _status(seen, lines)), ("Logboek", seen.origin),
        ("Stand", f"{seen.size} regels"), ("Wortel van de stand", seen.root),
        ("Medeondertekend door", ", ".join(seen.cosigned)),
        ("Tijdstempels over standen van", ", ".join(f"{one} regels" for one in seen.stamps)),
        *((f"Sleutel {number} van het logboek (SHA-256)", key) for number, key in enumerate(seen.log_keys, 1)),
    ]  # fmt: skip
    rows = [_row(one, people) + _detail(lines[one["seq"]]["facts"]) + "</td></tr>\n" for one in seen.events]
    decisions = [
        f"<tr><td>{seq}</td><td>{_word(line['type'])}</td><td>{_facts(line['facts'])}</td></tr>\n"
        for seq, line in lines.items()
        if line["type"].startswith(("destruction_", "records_destroyed"))
    ]
    table = "".join(
        f"<tr><th>{html.escape(name)}</th><td><code>{html.escape(text)}</code></td></tr>\n"
        for name, text in pairs
        if text
    )
    parts = [
        HEAD,
        "<h1>Bewijsbundel van één stuk</h1><p>Alles op deze pagina volgt uit het bewijs in deze bundel.</p>\n",
        f"<table>{table}</table>\n<h2>Wat er met het stuk is gebeurd</h2>{COLUMNS}",
        *rows,
        "</table>\n",
        *(["<h2>Besluiten over vernietiging</h2><table>", *decisions, "</table>\n"] if decisions else []),
        f"<p>Daarnaast bevat de bundel {seen.others} regels over sleutels, rollen en besluiten waarop dit rust.</p>\n",
        LIMITS,
        "</body></html>\n",
    ]
    return "".join(parts).encode()


def _status(seen: Seen, lines: Mapping[int, Any]) -> str:
    if seen.transfer:
        return (
            f"kopie vernietigd, vastgelegd op {seen.destroyed}; het stuk is overgebracht (overbrenging {seen.transfer})"
        )
    if seen.destroyed:
        return f"vernietigd, vastgelegd op {seen.destroyed}"
    begun = any(line["type"].startswith("destruction_started.") for line in lines.values())
    return "vernietiging begonnen, niet afgesloten" if begun else "aanwezig"


def _last(seen: Seen, payloads: Mapping[int, Any], name: str) -> str:
    """The last word on a field of a letter."""
    found = ""
    for one in seen.events:
        if one["type"].rpartition(".v")[0] in ("letter_registered", "letter_received", "letter_edited"):
            found = payloads.get(one["seq"], {}).get("data", {}).get(name, found)
    return found


def _word(tag: str) -> str:
    name = tag.rpartition(".v")[0]
    return html.escape(WORDS.get(name, name))


def _row(one: Mapping[str, Any], people: Mapping[str, str]) -> str:
    who = html.escape(people.get(one["person"]) or f"persoon {one['person'][:8]}")
    return (
        f"<tr><td>{one['seq']}</td><td>{one['time']}</td><td>{_word(one['type'])}</td><td>{who}</td>"
        f"<td>{STATES[one['payload']]}</td><td>"
    )


def _detail(facts: Mapping[str, Any]) -> str:
    return _facts({name: value for name, value in facts.items() if name not in ("covers", "signature", "key", "proof")})


def _facts(facts: Mapping[str, Any]) -> str:
    return html.escape(
        "; ".join(f"{name} {value}" for name, value in facts.items() if not isinstance(value, list | dict))
    )
