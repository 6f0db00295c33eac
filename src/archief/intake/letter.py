"""A letter: header, salutation, body, closing, signatures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archief.intake import body, header, labels, shapes, signature
from archief.intake.finding import Findings
from archief.intake.furniture import Furniture, kind_of, kind_within
from archief.intake.header import is_organ
from archief.intake.page import Line, joined, spoken

_OF_LETTERS = {"date", "handled_by", "phone", "fax", "our_reference", "your_reference", "attachments", "return_address"}
_OF_LETTERS_MIN = 3

HEADER_WORDS_MAX = 200
HEADER_MAX = 150
"""A header has no more lines than this."""

_SALUTATION = re.compile(
    r"(?:(?:zeer\s+)?(?:geachte?|beste|hooggeachte?|hooggeleerde|weledel\w*|edelachtbare?|l\.\s?s\.|waarde)(?!\w)|"
    r"(?:(?:mijne\s+)?(?:dames\s+en\s+heren|heren)|excellentie|hallo|dag|goede(?:morgen|middag|n?dag))\b(?=[^.?]*[,!]$))",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:hoogachtend|met\s+(?:de\s+)?(?:meeste\s+|bijzondere\s+)?hoogachting|(?:met\s+)?(?:een\s+)?(?:vriendelijke|hartelijke|"
    r"collegiale|beste)\s+groet(?:en)?|met\s+groet|(?:hartelijk\s+)?groet(?:en)?|m\.?v\.?g\.?|met\s+gevoelens\s+van\s+(?:de\s+meeste\s+)?hoogachting)"
    r"(?:\s+en\s+(?:met\s+)?(?:vriendelijke\s+groet(?:en)?|hoogachting))?",
    re.IGNORECASE,
)
_OF_TOWN = re.compile(
    r"\bvan\s+(?:de\s+gemeente\s+)?((?:'s-|’s-)?[A-ZÀ-Þ][\w'’-]*(?:\s(?:aan|de|den|der|op|[A-ZÀ-Þ][\w'’-]*))*)",
    re.UNICODE,
)


def read(lines: Sequence[Line], findings: Findings) -> None:
    """Read a letter.

    Args:
        lines: the whole file.
        findings: where the fields go.
    """
    start, end = _salutation(lines)
    head = [line for line in lines[:start] if len(line.words) <= HEADER_WORDS_MAX]
    header.read(head[:HEADER_MAX], findings)
    if end > start:
        findings.put("salutation", _greeting(lines[start:end]), lines[start])
    else:
        findings.warn("there is no salutation; where the text begins was guessed")
    _rest(lines[end:], findings, spelled=_capitals(head[:HEADER_MAX]))
    _kind(lines, findings)
    _organisation(head[:HEADER_MAX], findings)
    for key, name in (("subject", "onderwerp"), ("date", "datum")):
        if key not in findings.values:
            findings.warn(f"{name}: not found")


def looks_like(lines: Sequence[Line]) -> bool:
    """Whether a text has anything of a letter: a salutation, or labels of a header."""
    start, end = _salutation(lines)
    if end > start:
        return True
    return sum(len(labels.found(line, 0)) for line in lines[:HEADER_MAX]) > 2


def has_header(lines: Sequence[Line]) -> bool:
    """Whether a text has the header of a letter, and not only that of a forwarded e-mail (Van, Aan, Onderwerp)."""
    keys = {label.key for index, line in enumerate(lines[:HEADER_MAX]) for label in labels.found(line, index)}
    return len(keys & _OF_LETTERS) > _OF_LETTERS_MIN


def _greeting(lines: Sequence[Line]) -> str:
    return re.sub(r"\s+,", ",", joined(line.text for line in lines))


def _salutation(lines: Sequence[Line]) -> tuple[int, int]:
    """Where the salutation begins and ends; an empty range where the text begins, when there is none."""
    for index, line in enumerate(lines):
        text = line.text
        if not _SALUTATION.match(text) or len(text) > 120 or len(text.split()) > 14:
            continue
        if text.rstrip().endswith((",", ":", "!")) or len(text.split()) < 2:
            return index, index + 1
        below = lines[index + 1] if index + 1 < len(lines) else None
        if below is not None and not below.gap and below.text.endswith(",") and len(below.text) < 60:
            return index, index + 2
        if not re.search(r"[.?]", text) and (below is None or below.gap or len(text) < 40):
            return index, index + 1
    for index, line in enumerate(lines):
        text = line.text
        prose = len(text.split()) > 9 and sum(word.islower() for word in text.split()) > 5 and len(line.segments()) == 1
        if (prose and not labels.found(line, index)) or _closing_of(line):
            return index, index
    return len(lines), len(lines)


def _capitals(head: Sequence[Line]) -> bool:
    """Whether the header's labels are in capitals."""
    found = [
        spoken(line.words[label.begin : label.end])
        for index, line in enumerate(head)
        for label in labels.found(line, index)
    ]
    return bool(found) and sum(text.isupper() for text in found) * 2 > len(found)


def _closing_of(line: Line) -> str | None:
    """The closing formula, when a line is one and nothing else."""
    text = re.sub(r"^\W+", "", line.text)
    match = _CLOSING.match(text)
    if match is None or re.sub(r"[\s,.]", "", text[match.end() :]):
        return None
    return re.sub(r"\s+,", ",", text)


def _rest(lines: Sequence[Line], findings: Findings, *, spelled: bool) -> None:
    """Body, closing and signatures, without page furniture."""
    marks = Furniture(findings.values, spelled=spelled).marks(lines)
    kept: list[Line] = []
    torn: list[bool] = []
    cut = False
    for line, mark in zip(lines, marks, strict=True):
        kind = kind_of(line.text) or kind_within(line.text) if mark else None
        if kind and "doc_type" not in findings.values:
            findings.put("doc_type", kind, line)
        if mark:
            cut = True
            continue
        torn.append(cut or (bool(kept) and kept[-1].page != line.page))
        kept.append(line)
        cut = False
    kept, torn = _parted(kept, torn)
    end, begin = _closing(kept)
    if begin > end:
        findings.put("closing", _closing_of(kept[end]), kept[end])
    text = body.paragraphs(kept[:end], torn[:end]) if end else []
    if text:
        findings.put("body", text, kept[0])
    signature.read(
        [line._replace(gap=line.gap or int(tear)) for line, tear in zip(kept[begin:], torn[begin:], strict=True)],
        findings,
    )


def _parted(lines: list[Line], torn: list[bool]) -> tuple[list[Line], list[bool]]:
    """Part a closing from an organ that a tool put on its line."""
    for index, line in enumerate(lines):
        match = _CLOSING.match(line.text)
        count = len(match.group().split()) if match else 0
        rest = spoken(line.words[count:])
        if match and line.words[count - 1].text.endswith(",") and is_organ(rest):
            pieces = [line._replace(words=line.words[:count]), line._replace(words=line.words[count:], gap=0)]
            return [*lines[:index], *pieces, *lines[index + 1 :]], [*torn[: index + 1], False, *torn[index + 1 :]]
    return lines, torn


def _closing(lines: Sequence[Line]) -> tuple[int, int]:
    """Where the body ends and where the signatures begin."""
    places = [index for index, line in enumerate(lines) if _closing_of(line)]
    for index in places:
        if index + 1 in places:
            # "Hoogachtend," and a greeting below it: the first ends the text.
            return index, index + 2
        below = lines[index + 1].text if index + 1 < len(lines) else ""
        if not below or signature.is_signature(below):
            return index, index + 1
    if places:
        return places[-1], places[-1] + 1
    last = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if signature.ends(lines[index].text) or (
            last < len(lines) and index > len(lines) - 12 and shapes.BULLET.match(lines[index].text)
        ):
            last = index
    begin = last
    while begin and signature.is_signature(lines[begin - 1].text):
        begin -= 1
    if any(signature.strong(line.text) for line in lines[begin:last]):
        return begin, begin
    return len(lines), len(lines)


def _kind(lines: Sequence[Line], findings: Findings) -> None:
    """The kind that the letter says itself; a page header or footer says it as well as a title."""
    if "doc_type" in findings.values:
        return
    for line in lines:
        for segment in line.segments():
            kind = kind_of(spoken(segment))
            if kind:
                findings.put("doc_type", kind, line)
                return
    findings.put("doc_type", "brief", lines[0] if lines else None, "medium", inferred=True)


def _organisation(head: Sequence[Line], findings: Findings) -> None:
    """The municipality of the organ that signs, when its name stands nowhere."""
    if "organisation" in findings.values:
        return
    organs = [one.get("on_behalf_of", "") for one in findings.values.get("signatories", [])]
    organs += [line.text for line in head if is_organ(line.text)]
    for text in organs:
        town = _OF_TOWN.search(re.sub(r"van\s+burgemeester", "", text, flags=re.IGNORECASE)) if is_organ(text) else None
        if town:
            at = next((line for line in head if is_organ(line.text)), head[0] if head else None)
            findings.put("organisation", f"Gemeente {town[1]}", at, "medium", inferred=True)
            return
    findings.warn("organisation: not named")


def apart(lines: Sequence[Line]) -> list[Line]:
    """Put a blank line between the paragraphs below a salutation: a Word file ends each with one mark.

    Args:
        lines: a paragraph each.
    """
    _, end = _salutation(lines)
    return [
        line._replace(gap=1)
        if index >= end > 0 and not line.gap and len(line.segments()) == 1 and not _both_items(lines, index)
        else line
        for index, line in enumerate(lines)
    ]


def _both_items(lines: Sequence[Line], index: int) -> bool:
    return all(shapes.BULLET.match(line.text) for line in lines[index - 1 : index + 1])
