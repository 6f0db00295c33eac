"""The foot of a report in words."""

from __future__ import annotations

from archief.reports import dutch
from archief.reports.content import Content, MadeFrom

TEST = "Proefarchief: de sleutels zijn van iedereen, en niets hierin heeft rechtskracht."
VERDICTS = {"verified": "juist", "invalid": "onjuist", "unknown": "van een onbekende sleutel"}


def lines(made: MadeFrom) -> list[tuple[str, str]]:
    """What a report was made from, name and value."""
    heads = [
        f"{one.name} ({', '.join(part for part in (one.algorithm, VERDICTS[one.verdict]) if part)})"
        for one in made.heads
    ]
    rules = [f"{one.code}{f' ({one.edition})' if one.edition else ''}, regel {one.entry}" for one in made.rule_sets]
    return [
        ("Logboek", made.origin),
        ("Omvang", f"{dutch.number(made.size)} regels"),
        ("Wortel", made.root),
        ("Laatste vastlegging", f"regel {made.commit}, {made.time}"),
        ("Verzegeld door", f"sleutel {made.key[:16]}, handtekening {made.signature[:22]}…"),
        ("Bewaarde kop", "; ".join(heads) or "geen van precies deze omvang; elke latere kop dekt deze stand"),
        ("Wetten en lijsten", "; ".join(rules) or "geen"),
        ("Gevraagd per", made.on or "niet opgegeven: de dag van de laatste vastlegging"),
        ("Peildatum", dutch.long_day(made.day)),
        ("Vernietigingen verwerkt", f"tot en met omvang {dutch.number(made.destructions)}"),
        ("Niet meegeteld", f"{len(made.unauthorised)} onbevoegde vastleggingen" if made.unauthorised else "niets"),
    ]


def notice(content: Content) -> str:
    """What must stand above a report; empty when nothing must."""
    return TEST if content.test else ""
