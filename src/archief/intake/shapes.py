"""What values look like: a date, a telephone number, a reference, an address, a person's name.

Where labels and values stand apart, only the shape of a value tells where it belongs.
"""

from __future__ import annotations

import datetime as dt
import re

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan",
            "februari febr feb",
            "maart mrt mar",
            "april apr",
            "mei",
            "juni jun",
            "juli jul",
            "augustus aug",
            "september sep sept",
            "oktober okt",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_DAYS = "(?:maan|dins|woens|donder|vrij|zater|zon)dag"
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DATE = re.compile(
    rf"(?<![\w.,/-])(?:{_DAYS},?\s+)?"
    rf"(?:(?P<day>\d{{1,2}})\s*(?:[ .-]\s*)(?P<word>{_MONTH})\.?\s*(?:[ .-]\s*)(?P<year>\d{{4}}|['’]\d\d)"
    r"|(?P<d>\d{1,2})\s?(?P<sep>[-/.])\s?(?P<m>\d{1,2})\s?(?P=sep)\s?(?P<y>\d{4}|['’]?\d\d)"
    r"|(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2}))(?![\w/-]|\.\d)",
    re.IGNORECASE,
)
# Bounded, and from its beginning only: a long word without an @ must not be tried at every letter.
EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
POSTCODE = re.compile(r"\b[1-9]\d{3}\s?[A-Z]{2}\b")
URL = re.compile(r"\b(?:https?://|www\.)\S+|^[\w-]+\.(?:nl|com|org|example)$", re.IGNORECASE)
REFERENCE = re.compile(r"\d{4}[-/.]\d{4,8}")
PHONE = re.compile(r"(?:\+\d{2}|00\d{2}|\(?0\d{1,3}\)?|\b14\b)[\d\s()./-]{4,16}\d")
EMPTY = re.compile(
    r"(?:[-–—_.…/\s]*|geen|n\.?\s?v\.?\s?t\.?|niet van toepassing|nihil|Fout!\s.*gevonden\.?)", re.IGNORECASE
)
PAGE_NUMBER = re.compile(
    r"\b(?:pagina|blad(?:zijde|nummer)?|pag\.?|page)\s*:?\s*\d{1,3}(?:\s*(?:van|/|of|-)\s*(?:\d{1,3}|$))?",
    re.IGNORECASE,
)
COUNT = re.compile(
    r"(?:\d{1,2}|een|één|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|divers[e]?n?|ja)"
    r"\s*(?:\([\wé]+\))?\s*(?:stuks?|bijlagen?|x)?\.?|(?:zie|als|conform)\s+(?:de\s+)?(?:onder(?:aan)?|hieronder|lijst|bijlagen?"
    r"(?:lijst)?|einde|overzicht|tekst|brief)\b.{0,30}",
    re.IGNORECASE,
)
BULLET = re.compile(r"\s*(?:[-–—•▪◦*·o]|\(?\d{1,2}[.)]|\(?[a-z][.)]|bijlage\s+\d{1,2}\s*[:.)-])\s+", re.IGNORECASE)

_TITLES = r"(?:(?:drs|mr|dr|ir|ing|prof|jhr|bc|mw|mevr|dhr|de heer|mevrouw|heer)\.?\s+)*"
_PARTICLES = r"(?:van|de|der|den|ten|ter|te|el|al|la|le|du|von|op|in|aan|'t|’t|’s|'s|d'|bij|zu|do|dos|da|ben|bin|y)"
_INITIALS = r"(?:[A-Z](?:[a-z]{0,2})?\.[\s-]?)+"
_NAME_WORD = r"[A-ZÀ-Þ][\w'’.-]*"
NAME = re.compile(
    rf"{_TITLES}(?:{_INITIALS}(?:\([A-Z]\w+\)\s*)?\s*(?:{_PARTICLES}\s+)*{_NAME_WORD}(?:[\s-](?:{_PARTICLES}\s+)*{_NAME_WORD}){{0,3}}"
    rf"|{_NAME_WORD}(?:\s+(?:{_PARTICLES}\s+)*{_NAME_WORD}){{1,4}}"
    rf"|[A-Z]{{1,4}}\s+(?:{_PARTICLES}\s+)*{_NAME_WORD})"
    r"(?:,?\s+(?:MSc|MA|MBA|BSc|LLM|RA|MPA|MPM|CMC|PhD|BA)\.?)*"
)


UNIT = re.compile(r"(?:team|afdeling|cluster|unit|domein|directie|sector)\s+(?:&\s+|en\s+)?[A-ZÀ-Þ]", re.IGNORECASE)

_NO_PERSON = re.compile(
    r"(?:team|afdeling|gemeente|stichting|vereniging|dienst|bureau|programma|sector|cluster|directie|postbus|bijlage|cc)\b",
    re.IGNORECASE,
)


def date(text: str) -> str | None:
    """The date that a text is, as jjjj-mm-dd; day first. None when it is anything more."""
    found = DATE.fullmatch(_without_town(text).strip().rstrip("."))
    return iso(found) if found else None


def _without_town(text: str) -> str:
    """``Maastricht, 14 januari 2021`` and ``d.d. 14-01-2021`` are dates too."""
    text = re.sub(r"^[A-ZÀ-Þ][\w' -]{2,30},\s+(?=\d|[a-z])", "", text.strip())
    return re.sub(r"^(?:d\.\s?d\.|dd\.?|op)\s+(?=\w)", "", text, flags=re.IGNORECASE)


_CENTURY = 70
"""A year of two digits from here on was in the last century."""


def _year(text: str) -> int:
    year = int(text.lstrip("'’"))
    return year if len(text) == 4 else year + (1900 if year >= _CENTURY else 2000)


def iso(found: re.Match[str]) -> str | None:
    """A date that :data:`DATE` found, as jjjj-mm-dd; None when there is no such day."""
    parts = found.groupdict()
    try:
        if parts["word"]:
            day = dt.date(_year(parts["year"]), MONTHS[parts["word"].lower()], int(parts["day"]))
        elif parts["iy"]:
            day = dt.date(int(parts["iy"]), int(parts["im"]), int(parts["id"]))
        else:
            day = dt.date(_year(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None
    return day.isoformat() if day.year >= 1000 else None


def is_empty(text: str) -> bool:
    """Whether a value says that there is none: ``--``, ``geen``, ``n.v.t.``."""
    return EMPTY.fullmatch(text.strip()) is not None


def is_phone(text: str) -> bool:
    """Whether a text is a telephone number and nothing else."""
    text = text.strip()
    digits = re.sub(r"\D", "", text)
    return PHONE.fullmatch(text) is not None and 5 <= len(digits) <= 13


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address and nothing else."""
    return EMAIL.fullmatch(text.strip().rstrip(".,;")) is not None


def is_reference(text: str) -> bool:
    """Whether a text may be a reference: short, with a digit, and neither date, number to call nor address."""
    text = text.strip()
    return (
        2 <= len(text) <= 60
        and len(text.split()) <= 6
        and any(char.isdigit() for char in text)
        and date(text) is None
        and not is_phone(text)
        and not EMAIL.search(text)
        and not POSTCODE.search(text)
    )


def is_name(text: str) -> bool:
    """Whether a text looks like the name of a person."""
    text = text.strip().rstrip(".,;")
    return len(text) <= 80 and NAME.fullmatch(text) is not None and _NO_PERSON.match(text) is None
