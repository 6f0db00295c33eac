"""Facts in Dutch words: days, numbers, terms, roles, laws.

>>> day(dt.date(2027, 1, 1)), number(12345), term("P1Y6M"), basis("archiefwet-1995:3")
('1 januari 2027', '12.345', '1 jaar en 6 maanden', 'Archiefwet 1995, artikel 3')
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from archief.errors import MalformedError
from archief.law import codes
from archief.law.term import Term
from archief.render.declarations.paper import Act, Column, Facts, Head, Prose, Span, System, Table

MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
    "december",
)  # fmt: skip

ROLES = {
    "archivaris": "archivaris",
    "recordmanager": "recordmanager",
    "behandelaar": "behandelaar (inhoudelijk eigenaar)",
    "ondertekenaar": "ondertekenaar",
    "griffie": "griffie",
    "authoriser": "beslisser (college of gemandateerde)",
    "auditor": "auditor",
    "records_office": "archiefbewaarplaats",
}
STEPS = {
    "destruction_proposed": "Voorgesteld",
    "destruction_reviewed": "Beoordeeld",
    "destruction_consented": "Ingestemd",
    "destruction_authorised": "Gemachtigd",
    "destruction_started": "Uitvoering begonnen",
    "record_destroyed": "Uitgevoerd",
    "records_destroyed": "Uitvoering afgesloten",
    "payload_erased": "Gewist",
    "letter_edited": "Verbeterde gegevens vastgelegd",
    "document_converted": "Geconverteerd",
    "transfer_proposed": "Voorgesteld",
    "transfer_exported": "Geëxporteerd",
    "transfer_offered": "Aangeboden",
    "transfer_accepted": "Aanvaard",
    "transfer_rejected": "Geweigerd",
    "openness_restricted": "Openbaarheid beperkt",
}
PROCESTERMIJNEN = {
    "nihil": "nihil",
    "bestaansduur_procesobject": "bestaansduur procesobject",
    "ingeschatte_bestaansduur_procesobject": "ingeschatte bestaansduur procesobject",
    "vast_te_leggen_datum": "vast te leggen datum",
    "samengevoegd_met_bewaartermijn": "samengevoegd met de bewaartermijn",
}
WAARDERINGEN = {"B": "B (blijvend te bewaren)", "V": "V (tijdelijk te bewaren)"}
UNKNOWN = "onbekend"
CHECK = (
    "Iedere handeling in deze verklaring is ondertekend met de sleutel van wie haar verrichtte en staat onuitwisbaar in"
    " het logboek, op de genoemde regel. Met een bewijs van opname en een ondertekende stand van het logboek kan"
    " iedereen dat nagaan, zonder medewerking van de organisatie."
)


def day(value: dt.date | None) -> str:
    """A day; unknown where there is none."""
    return UNKNOWN if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year:04}"


def short_day(value: dt.date | None) -> str:
    """A day in digits, for tables; empty where there is none."""
    return "" if value is None else f"{value.day:02}-{value.month:02}-{value.year:04}"


def moment(value: dt.datetime) -> str:
    """A moment in UTC, as the log writes it."""
    told = value.astimezone(dt.UTC)
    return f"{day(told.date())}, {told:%H.%M.%S} uur UTC"


def span(value: Span) -> str:
    """A period."""
    return UNKNOWN if value == Span() else f"{day(value.begin)} t/m {day(value.end)}"


def own(code: str) -> str:
    """A word of the organisation's own without the mark that it is one."""
    return code.removeprefix(codes.OWN)


def number(value: int) -> str:
    """A number with its thousands parted."""
    return f"{value:,}".replace(",", ".")


def counted(value: int, one: str, more: str) -> str:
    """A number of things."""
    return f"{number(value)} {one if value == 1 else more}"


def joined(parts: Sequence[str]) -> str:
    """Parts of a sentence, the last behind ``en``."""
    return " en ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def term(value: str) -> str:
    """An ISO 8601 duration in words; what is none is shown as it stands."""
    try:
        length = Term.parse(value)
    except MalformedError:
        return value
    years, months = divmod(length.months, 12)
    parts = [
        counted(amount, one, more)
        for amount, one, more in ((years, "jaar", "jaar"), (months, "maand", "maanden"), (length.days, "dag", "dagen"))
        if amount
    ]
    return joined(parts) or "geen"


def basis(code: str) -> str:
    """A ground in the law (``archiefwet-1995:15.1.a``) as it is cited: Archiefwet 1995, artikel 15 lid 1 onder a."""
    law, colon, place = code.partition(":")
    known = codes.of("destruction_authorised.basis")
    name = LAWS.get(law) or (known.words.get(law) if known is not None else None)
    if name is None or not colon:
        return name or own(code)
    article, *rest = place.split(".")
    cited = [f"{name}, artikel {article}"] if article[:1].isdigit() else [f"{name} ({place})"]
    if article[:1].isdigit():
        cited += [f"lid {part}" if part.isdigit() else f"onder {part}" for part in rest]
    return " ".join(cited)


LAWS = {
    "archiefwet-2026": "Archiefwet (Stb. 2026, 149)",
    "verordening": "verordening van de gemeente",
    "besluit": "besluit",
}
"""Where the code list says in English what a law is."""


# blocks that several declarations have


def facts(*rows: tuple[str, str | None]) -> Facts:
    """Names and values without those that have no value."""
    return Facts(rows=[(name, value) for name, value in rows if value])


def table(title: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> Table | Prose:
    """A table without the columns that are empty in every row; without rows the word that there are none.

    Args:
        title: what it shows.
        columns: name and form: text, number or code.
        rows: a value for each column.
    """
    given = [list(row) for row in rows]
    if not given:
        return Prose(texts=["Geen."])
    filled = [index for index in range(len(columns)) if any(row[index] for row in given)]
    return Table(
        title=title,
        columns=[Column(name=columns[index][0], form=columns[index][1]) for index in filled],
        rows=[[row[index] for index in filled] for row in given],
    )


def acts(title: str, given: Sequence[Act]) -> Table | Prose:
    """Who did what, when, and where that stands in the log."""
    columns = (("Handeling", "text"), ("Rol", "text"), ("Naam", "text"), ("Datum", "day"), ("Regel", "number"))
    return table(
        title,
        columns,
        (
            [
                STEPS.get(one.step, one.step),
                ROLES.get(one.role, one.role),
                one.name or "",
                short_day(one.day),
                "" if one.entry is None else number(one.entry),
            ]
            for one in given
        ),
    )


def systems(given: Sequence[System]) -> list[Table | Prose]:
    """Where it was erased, and where not, and until when copies there last."""
    reached = [one for one in given if one.reached]
    others = [one for one in given if not one.reached]
    found: list[Table | Prose] = []
    if reached:
        rows = ([one.name, one.note or ""] for one in reached)
        found.append(table("Gewist en nagegaan", (("Systeem", "text"), ("Opmerking", "text")), rows))
    if others:
        columns = (("Systeem", "text"), ("Kopie loopt af op", "day"), ("Opmerking", "text"))
        told = ([one.name, "onbekend" if one.expires is None else day(one.expires), one.note or ""] for one in others)
        found.append(table("Niet bereikt", columns, told))
    else:
        found.append(Prose(texts=["Er zijn geen systemen bekend die niet zijn bereikt."]))
    return found


def foot(origin: str, head: Head) -> str:
    """The state that a declaration was made from, in one line."""
    return f"Opgemaakt uit logboek {origin}, stand {number(head.size)} regels, wortel {head.root}"


def origin_section(origin: str, head: Head) -> list[Facts | Prose]:
    """Where a declaration comes from and how anybody checks it."""
    return [
        facts(("Logboek", origin), ("Stand", f"{number(head.size)} regels"), ("Wortel van de stand", head.root)),
        Prose(texts=[CHECK]),
    ]
