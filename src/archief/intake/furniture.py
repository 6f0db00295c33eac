"""What a page carries beside its text: kind of document, page header and footer, page numbers. It is no paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from archief.intake import labels, shapes
from archief.intake.page import Line, Word, spoken

KINDS = {"raadsinformatiebrief": "raadsinformatiebrief", "rondebriefje": "rondebriefje"}
"""Kinds of document that say so themselves."""

ORGANISATION = re.compile(
    r"gemeente\s+(?:(?:'s-|'t\s|’s-)?[A-ZÀ-Þ][\w'’-]*|[A-ZÀ-Þ]+)(?:[\s-](?:aan|de|den|der|het|op|en|bij|in|van|[A-ZÀ-Þ][\w'’-]*))*",
)
_ORGANISATION = re.compile(f"[Gg]{ORGANISATION.pattern[1:]}|GEMEENTE [A-Z' -]+")
_REPLY = re.compile(
    r"(bij (uw )?antwoord|gelieve bij|wilt u bij|bij beantwoording)\b.*\b(kenmerk|datum|referentie)", re.IGNORECASE
)
_WORD_ERROR = re.compile(r"Fout!\s+[\w\s]+?(?:gevonden|gedefinieerd|opgegeven)\.?")
_LONGEST = 300
"""A longer line than this is never furniture."""

_EDGE = re.compile(r"\d{1,3}|[-–]\s?\d{1,3}\s?[-–]|\d{1,3}\s?(?:/|van)\s?\d{1,3}")
_KIND_LINE = re.compile(r"raadsinformatiebrief(?:\s+(?:nr\.?|nummer|rib)?\s*[\d./-]+)?[.:]?")


def kind_of(text: str) -> str | None:
    """The kind of document that a line names, glued to a page header or not."""
    text = " ".join(text.split())
    name = labels.folded(text)
    for kind, word in KINDS.items():
        known = labels.folded(word)
        if name == known or _KIND_LINE.fullmatch(text.lower()):
            return kind if name.startswith(known) else "raadsinformatiebrief"
        if name.startswith(known) and len(text.split()) <= 4 and text[:1].isupper() and kind == "rondebriefje":
            return kind
        if re.match(rf"{word}(DATUM|PAGINA|ONZE|Datum|Pagina)", text, re.IGNORECASE) and not text[
            len(word) :
        ].startswith(" "):
            return kind
    return None


def kind_within(text: str) -> str | None:
    """The kind of document that a page header or footer names among other things."""
    return next((kind for kind, word in KINDS.items() if re.search(rf"\b{word}\b", text, re.IGNORECASE)), None)


def organisation_of(text: str) -> str | None:
    """The municipality that a line names and nothing else."""
    text = text.strip(" >|")
    text = re.sub(r"\s*[-–|]?\s*GEMEENTERAAD$", "", text)
    if len(text) > 50 or not _ORGANISATION.fullmatch(text):
        return None
    return text.title() if text.isupper() else text[:1].upper() + text[1:]


def is_header_noise(text: str) -> bool:
    """Whether a line in the header says nothing about this letter."""
    return bool(_REPLY.match(text) or shapes.PAGE_NUMBER.fullmatch(text.strip()) or _WORD_ERROR.fullmatch(text.strip()))


class Furniture:
    """Knows what the pages of one letter carry.

    Args:
        values: what its header says (date, reference, subject, organisation).
        spelled: whether the header's labels are in capitals.
    """

    def __init__(self, values: Mapping[str, Any], *, spelled: bool) -> None:
        self.date = values.get("date")
        self.spelled = spelled
        texts = [
            values.get(key) for key in ("subject", "our_reference", "your_reference", "organisation", "return_address")
        ]
        self.texts = sorted((text for text in texts if isinstance(text, str) and len(text) > 3), key=len, reverse=True)

    def _rest(self, text: str) -> tuple[str, bool]:
        """What remains of a line when furniture is taken away, and whether that was unmistakable."""
        strong = False
        for pattern in (_WORD_ERROR, shapes.PAGE_NUMBER):
            text, count = pattern.subn(" ", text)
            strong = strong or count > 0
        text, kinds = re.subn(
            r"raadsinformatiebrief(?![a-z])|RAADSINFORMATIEBRIEF|Raadsinformatiebrief(?=[A-Z\W]|$)", " ", text, flags=0
        )
        text, more = re.subn(r"Raadsinformatiebrief", " ", text)
        strong = strong or kinds + more > 0
        labelled = 0
        for word in (
            "ONZE REFERENTIE",
            "UW REFERENTIE",
            "ONDERWERP",
            "DATUM",
            "PAGINA",
            "BLAD",
            "KENMERK",
            "ONS KENMERK",
        ):
            spellings = word if self.spelled else f"{word}|{word.capitalize()}"
            spellings = f"{word}|{word.capitalize()}" if strong else spellings
            text, count = re.subn(rf"(?<![\w])(?:{spellings})\b:?", " ", text)
            labelled += count
        said = 0
        for known in self.texts:
            if known in text:
                text, said = text.replace(known, " "), said + 1
        found = shapes.DATE.search(text)
        if found and self.date and shapes.iso(found) == self.date:
            text, said = text[: found.start()] + " " + text[found.end() :], said + 1
        if (said or strong) and re.fullmatch(r"[-–|]?\s*\d{1,3}\s?(?:/|van)\s?\d{1,3}", text.strip()):
            text = ""
        return text, strong or bool(labelled and said)

    def rest(self, line: Line) -> tuple[str, bool]:
        """As :meth:`_rest`, of a line; a sentence with such words in it stays a sentence."""
        if len(line.text) > _LONGEST:
            return line.text, False
        if kind_of(line.text) and len(line.text.split()) == 1:
            return "", True
        rest, strong = self._rest(line.text)
        return ("", strong) if not re.search(r"[^\W_]", rest) else (line.text, False)

    def marks(self, lines: Sequence[Line]) -> list[bool]:
        """Which lines are furniture.

        A line that could be is when it, or a line that touches it, is unmistakable, or when it stands at a page end.
        """
        loose, strong = [], []
        repeated = _repeated(lines)
        for index, line in enumerate(lines):
            rest, sure = self.rest(line)
            edge = _at_edge(lines, index)
            number = bool(_EDGE.fullmatch(line.text))
            foot = edge and len(line.text) < 160 and bool(shapes.URL.search(line.text) or _is_foot(line.text))
            loose.append(not rest or number or foot)
            between = line.gap > 0 and (index + 1 == len(lines) or lines[index + 1].gap > 0)
            dashed = between and bool(re.fullmatch(r"[-–]\s?\d{1,3}\s?[-–]", line.text))
            strong.append(dashed or (not rest and sure) or (edge and (number or foot or not rest)) or index in repeated)
        marks = strong[:]
        for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
            for index in order:
                beside = [near for near in (index - 1, index + 1) if 0 <= near < len(lines)]
                if loose[index] and any(marks[near] for near in beside):
                    marks[index] = True
        return marks


def _is_foot(text: str) -> bool:
    return bool(shapes.POSTCODE.search(text)) and not text.endswith((".", ","))


def _at_edge(lines: Sequence[Line], index: int) -> bool:
    """Whether a line is the first or last one of a page that another page touches."""
    page = lines[index].page
    first = index and lines[index - 1].page != page
    last = index + 1 < len(lines) and lines[index + 1].page != page
    return bool(first or last)


def _repeated(lines: Sequence[Line]) -> set[int]:
    """Lines that stand near the edge of several pages, but for their numbers."""
    places: dict[tuple[bool, str], list[int]] = {}
    pages: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        pages.setdefault(line.page, []).append(index)
    if len(pages) < 2:
        return set()
    for indices in pages.values():
        # What comes first here is the salutation's page, whose top is the header.
        top = indices[:3] if indices[0] else []
        for index in {*top, *indices[-3:]}:
            places.setdefault((index in top, re.sub(r"\d+", "#", lines[index].text)), []).append(index)
    found = [same for (_, text), same in places.items() if len({lines[i].page for i in same}) > 1 and len(text) < 120]
    return {index for same in found for index in same}


def without_words(line: Line, dropped: Sequence[bool]) -> Line | None:
    """A line without some of its words; None when nothing is left."""
    words = tuple(word for word, gone in zip(line.words, dropped, strict=True) if not gone)
    return line._replace(words=words) if words else None


def of_header(lines: Sequence[Line]) -> tuple[list[Line], dict[str, tuple[str, Line]]]:
    """Take the kind of document, the municipality's name and page numbers out of a header.

    Returns:
        The lines that remain, and what was said: ``doc_type`` and ``organisation`` with their lines.
    """
    lines = [piece for line in lines for piece in _unglued(line)]
    kept: list[Line] = []
    said: dict[str, tuple[str, Line]] = {}
    owed = 0
    for index, line in enumerate(lines):
        dropped = [False] * len(line.words)
        at = 0
        for segment in line.segments():
            text = spoken(segment)
            kind, name = kind_of(text), organisation_of(text)
            if name and not _stands_free(lines, index):
                name = None
            if kind:
                said.setdefault("doc_type", (kind, line))
            if name:
                said.setdefault("organisation", (name, line))
            if kind or name or is_header_noise(text):
                dropped[at : at + len(segment)] = [True] * len(segment)
            at += len(segment)
        left = without_words(line, dropped)
        if left is None:
            owed += line.gap + 1
        else:
            kept.append(left._replace(gap=left.gap + owed))
            owed = 0
    return kept, said


def _unglued(line: Line) -> list[Line]:
    """Part the dashes of an empty cell from what stands below them: pdftotext takes them for a broken word."""
    line = _apart(line)
    first = line.words[0]
    match = re.match(r"(-+)(?=\w)", first.text)
    if match is None:
        return [line]
    rest = line._replace(words=(first._replace(text=first.text[match.end() :]), *line.words[1:]), gap=0)
    shaped = shapes.is_email(rest.text) or shapes.is_phone(rest.text) or shapes.is_reference(rest.text)
    if len(match[1]) > 1 or labels.found(rest, 0) or shaped:
        return [line._replace(words=(first._replace(text="--"),)), rest]
    return [line]


_GLUED = re.compile(r"([A-Z][A-Z-]{4,}|DOOR)(?=[A-Z][a-zà-ÿ]|[\d(+]|--)")


def _apart(line: Line) -> Line:
    """Part a label in capitals from a value that a tool glued to it."""
    words: list[Word] = []
    for word in line.words:
        match = _GLUED.match(word.text)
        if match and labels.is_word(" ".join((*(each.text for each in words[-1:] if not words[1:]), match[1]))):
            middle = word.x0 + (word.x1 - word.x0) * match.end() / len(word.text)
            words += [Word(word.x0, middle - 1, match[1]), Word(middle, word.x1, word.text[match.end() :])]
        else:
            words.append(word)
    return line._replace(words=tuple(words))


def _stands_free(lines: Sequence[Line], index: int) -> bool:
    """Whether the line below is not the next line of an address."""
    if index < 2 or index + 1 >= len(lines):
        return True
    below = lines[index + 1]
    return bool(
        below.gap
        or below.page != lines[index].page
        or labels.found(below, 0)
        or (lines[index - 1].gap == 0 and below.text.isupper())
    )
