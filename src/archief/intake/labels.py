"""The words that stand for the cells of a letter's header, as municipalities and their scanners spell them."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from archief.intake import shapes
from archief.intake.page import Line, Word, spoken

WORDS: dict[str, tuple[str, ...]] = {
    "subject": ("onderwerp", "betreft", "betreffende"),
    "date": ("datum", "dagtekening", "datum brief", "briefdatum"),
    "sent_date": ("verzonden", "verzenddatum", "datum verzending", "verzonden op", "datum verzonden", "verz"),
    "attachments": ("bijlagen", "bijlage", "bijlage(n)", "bijlagen(n)", "aantal bijlagen"),
    "handled_by": (
        "behandeld door", "behandelaar", "behandelend ambtenaar", "contactpersoon", "inlichtingen bij",
        "informatie bij", "steller", "behandelende ambtenaar", "uw contactpersoon",
    ),
    "phone": ("telefoonnummer", "doorkiesnummer", "doorkies", "rechtstreeks nummer", "telefoon", "tel", "tel.nr", "t"),
    "email": ("e-mailadres", "e-mail", "email", "mailadres", "e", "mail"),
    "fax": ("faxnummer", "fax", "telefax", "f"),
    "our_reference": (
        "onze referentie", "ons kenmerk", "kenmerk", "referentie", "registratienummer", "zaaknummer",
        "documentnummer", "onze ref", "ons nummer", "briefnummer", "kenmerk gemeente", "zaakkenmerk",
    ),
    "your_reference": ("uw referentie", "uw kenmerk", "uw ref", "uw nummer"),
    "visiting_address": ("bezoekadres",),
    "postal_address": ("postadres", "correspondentieadres"),
    "return_address": ("retouradres", "retour adres"),
    "addressee": ("aan", "geadresseerde"),
    "_your_date": ("uw brief van", "uw brief d.d.", "uw bericht van", "uw brief"),
    "_page": ("pagina", "blad", "bladnummer", "paginanummer", "pagina's"),
    "_other": (
        "portefeuillehouder", "portefeuille", "portefeuille(s)", "portefeuillehouder(s)", "afdeling", "team", "dienst",
        "onderdeel", "cluster", "sector", "website", "internet", "iban", "kvk", "kvk-nummer", "btw-nummer",
        "openingstijden", "kopie aan", "cc", "c.c.", "afschrift aan", "dossiernummer", "programma", "programmanummer",
        "status", "openbaarheid", "bankrekening", "twitter", "postcode", "beleidsveld", "domein", "ter attentie van",
    ),
}  # fmt: skip
"""Key of the letter -> spellings of its label. Keys with ``_`` are read so that their values land nowhere else."""

DIRECT = {"telefoonnummer", "doorkiesnummer", "doorkies", "rechtstreeks nummer", "e-mailadres", "faxnummer"}
"""Labels of the official's own numbers, not of the letterhead."""

TYPED = frozenset(
    ("date", "sent_date", "phone", "email", "fax", "our_reference", "your_reference", "visiting_address",
     "postal_address", "return_address", "_your_date", "_page")
)  # fmt: skip
"""Keys whose values have a shape of their own."""

_COMMON = {
    "team",
    "dienst",
    "onderdeel",
    "cluster",
    "sector",
    "programma",
    "status",
    "postcode",
    "domein",
    "openbaarheid",
    "internet",
}
"""Words that are labels in capitals or with a colon only: subjects hold them too."""

WORDS_MAX = 200
"""Labels are sought among so many words of a line."""

_LONGEST = max(len(word.split()) for words in WORDS.values() for word in words)


def folded(text: str) -> str:
    """A label as scanners cannot spoil it: 0 is o, l and 1 are i; no accents, capitals or signs."""
    text = unicodedata.normalize("NFKD", text).lower().replace("rn", "m")
    return re.sub("[^a-z]", "", text.translate(str.maketrans("01l|!", "oiiii")))


_FOLDED: dict[str, tuple[str, str]] = {}
for _key, _words in WORDS.items():
    for _word in _words:
        _FOLDED.setdefault(folded(_word), (_key, _word))

_PROSE = re.compile(r"(?:van|en|of|bij|voor|in|op|is|wordt|zijn|aan|over|met)\s")
_SENT_BEHIND = re.compile(r"[\s,;(]+verz(?:onden|\.)\b.*$", re.IGNORECASE)
_WIDE = 1.6
_SEPARATOR = re.compile(r"[:=|–-]|\.{3,}|…+|_{3,}")
_NUMBERED = re.compile(r"\d{1,2}\s?[:.)]?(?=\s|$)|\d{1,2}[:.)]")


def is_word(text: str) -> bool:
    """Whether a text is the spelling of a label."""
    return folded(text) in _FOLDED


def whole(lines: Sequence[Line]) -> list[Line]:
    """Lines with labels that a narrow column broke in two put together: ``ONZE`` above ``REFERENTIE``."""
    joined: list[Line] = []
    for line in lines:
        above = joined[-1] if joined else None
        broken = _broken(above, line) if above is not None and not line.gap and line.page == above.page else None
        if broken is None:
            joined.append(line)
        else:
            joined[-1] = broken
    return joined


def _broken(above: Line, line: Line) -> Line | None:
    """Two lines as one, when every part of the upper goes on in the lower and that makes a label."""
    uppers, lowers = above.segments(), line.segments()
    words: list[Word] = []
    if len(uppers) != len(lowers):
        return None
    for upper, lower in zip(uppers, lowers, strict=True):
        begun, rest = spoken(upper), spoken(lower)
        halved = begun.isupper() and (begun.endswith("-") or not is_word(begun))
        text = begun.removesuffix("-") + rest if begun.endswith("-") else f"{begun} {rest}"
        if not (halved and rest.isupper() and is_word(text)):
            return None
        at = upper[0].x0
        for part in text.split():
            words.append(Word(at, at + len(part), part))
            at += len(part) + 1
    return above._replace(words=tuple(words), y=line.y)


class Label(NamedTuple):
    """A label where it stands.

    Args:
        key: which cell of the letter it heads.
        word: the spelling of :data:`WORDS` that it is.
        line: the index of its line.
        begin: index of its first word in the line.
        end: index behind its last word.
        x0: where it begins.
        alone: nothing follows that belongs to it as running text: line end, wide space, or a colon.
    """

    key: str
    word: str
    line: int
    begin: int
    end: int
    x0: float
    alone: bool


def _known(words: Sequence[Word]) -> tuple[str, str] | None:
    text = spoken(words)
    name = folded(text)
    if not all(re.search("[^\\W\\d_]", word.text) for word in words):
        return None
    if name in _FOLDED:
        key, word = _FOLDED[name]
        return (key, word) if len(name) > 2 or text.rstrip(":.").isalpha() else None
    if len(name) >= 8 and text.isupper():
        near = [entry for known, entry in _FOLDED.items() if len(known) >= 7 and _one_off(known, name)]
        return near[0] if len(near) == 1 else None
    return None


def _one_off(first: str, second: str) -> bool:
    """Whether two words differ in one letter: changed, added or lost."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    return second[start + 1 :] in (first[start + 1 :], first[start:]) or second[start:] == first[start + 1 :]


def found(line: Line, index: int) -> list[Label]:
    """The labels in a line of the header.

    A label begins the line, or stands behind a wide space or another label. It counts when it stands alone, when a
    colon follows, when it is in capitals before other text, or when what follows has its shape.

    Args:
        line: the line.
        index: its index, kept in the labels.
    """
    words = line.words[:WORDS_MAX]
    labels: list[Label] = []
    at = 0
    while at < len(words):
        opens = at == 0 or words[at].x0 - words[at - 1].x1 >= 1.6 or (labels and labels[-1].end == at)
        opens = opens or (at == 1 and words[0].text in {">", "|", "•"})
        # A tool may put the first line of the next column on this one; a label in capitals still stands out.
        opens = opens or (len(words[at].text) > 4 and words[at].text.isupper() and not words[at - 1].text.isupper())
        label = _at(words, at, index) if opens else None
        if label is None:
            at += 1
            continue
        labels.append(label)
        at = label.end
    return _sound(words, labels)


def _at(words: Sequence[Word], at: int, index: int) -> Label | None:
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        part = words[at : at + length]
        if any(b.x0 - a.x1 > 3 for a, b in itertools.pairwise(part)):
            continue
        known = _known(part)
        if known is None:
            continue
        key, word = known
        end = at + length
        colon = part[-1].text.endswith(":")
        if end < len(words) and _parts(words[end - 1], words[end], last=end + 1 == len(words)):
            end, colon = end + 1, True
        spelled = part[0].text[:1].isupper() or part[0].text[:1].isdigit() or key == "sent_date"
        if not colon and not spelled:
            continue
        if word == "bijlage" and not colon and _NUMBERED.match(spoken(words[end:])):
            continue
        if word in _COMMON and not colon and not spoken(part).isupper():
            continue
        if key == "addressee" and not (colon or (word == "aan" and end == len(words) and part[0].text.isupper())):
            continue
        alone = colon or end == len(words) or words[end].x0 - part[-1].x1 >= 1.6
        return Label(key, word, index, at, end, part[0].x0, alone)
    return None


def _parts(label: Word, word: Word, *, last: bool) -> bool:
    """Whether a word is no value, but the sign between a label and its value."""
    near = word.x0 - label.x1 < _WIDE
    return word.text in {":", "="} or (near and not last and _SEPARATOR.fullmatch(word.text) is not None)


def _sound(words: Sequence[Word], labels: list[Label]) -> list[Label]:
    """Keep the labels that are no running text."""
    kept: list[Label] = []
    for number, label in enumerate(labels):
        following = labels[number + 1].begin if number + 1 < len(labels) else len(words)
        rest = spoken(words[label.end : following])
        text = spoken(words[label.begin : label.end])
        if len(label.word) == 1 and not (rest and fits(label.key, rest) > 0):
            continue
        headed = text.isupper() and len(text) > 3 and not rest.isupper()
        shaped = label.key in TYPED and (fits(label.key, rest) > 0 or shapes.is_empty(rest))
        leads = label.begin == 0 and text[:1].isupper() and _leads(label.word, rest)
        if label.alone or not rest or headed or shaped or leads:
            kept.append(label)
    return kept


def _leads(word: str, rest: str) -> bool:
    """Whether running text behind a label may be its value."""
    if word in {"onderwerp", "betreft", "behandeld door"}:
        return not _PROSE.match(rest)
    return word in {"bijlagen", "bijlage", "behandelaar", "contactpersoon"} and not rest[:1].islower()


def fits(key: str, text: str) -> int:
    """How well a value has the shape of its cell: above 0 yes, below 0 no, 0 when the cell takes any text.

    Args:
        key: the cell.
        text: the value on one line.
    """
    text = text.strip()
    if key in ("date", "sent_date", "_your_date"):
        text = _SENT_BEHIND.sub("", text) if key == "date" else text
        # One date for two labels is the letter's own.
        return (10 if key == "date" else 9) if shapes.date(text) else -12
    if key in ("phone", "fax"):
        return 8 if shapes.is_phone(text) else -10
    if key == "email":
        return 10 if shapes.is_email(text) else -10
    if key == "our_reference":
        return 8 if shapes.REFERENCE.fullmatch(text) else _reference(text) or -8
    if key == "your_reference":
        return _reference(text) or -4
    if key in ("visiting_address", "postal_address", "return_address"):
        return 10 if shapes.POSTCODE.search(text) and not shapes.EMAIL.search(text) else -10
    if key == "_page":
        return 6 if re.fullmatch(r"\d{1,3}(\s*(van|/|of)\s*\d{1,3})?", text) else -8
    return 0


def _reference(text: str) -> int:
    """Fewer points for a reference with words in it; 0 when it is none."""
    if not shapes.is_reference(text):
        return 0
    return 2 if re.search(r"[a-zà-ÿ]{3,}", text) else 5
