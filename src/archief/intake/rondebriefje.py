"""A rondebriefje: a form of two columns, label and cell, that announces a round of the council."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import NamedTuple

from archief.intake import furniture, header, labels, shapes
from archief.intake.finding import Findings
from archief.intake.page import Line, Word, ends_open, joined, spoken

ROWS = (
    "Onderwerp",
    "Portefeuillehouder",
    "Programmanummer",
    "Behandelend ambtenaar",
    "Datum",
    "Doel van de bijeenkomst",
    "Vorm bijeenkomst",
    "Wie neemt uiteindelijk het besluit?",
    "Verloop voorgaande proces",
    "Inhoud",
    "Van de raadsleden wordt gevraagd",
    "Worden er extra partijen uitgenodigd voor de stadsronde",
    "Vervolgtraject",
    "Ruimtelijke faciliteiten",
    "Technische faciliteiten",
    "Presidium",
)
"""The rows that the form has always had, in order. Others are read too, where the layout shows them."""

_KNOWN = {labels.folded(row): index for index, row in enumerate(ROWS)}
_BEGINNINGS = {labels.folded(" ".join(row.split()[:count])) for row in ROWS for count in range(1, len(row.split()))}
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARKED = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,6});")


class Row(NamedTuple):
    """A label and the lines of its cell; each line with what stands between it and the one above."""

    label: str
    cell: list[tuple[str, str]]
    at: Line


def is_one(lines: Sequence[Line]) -> bool:
    """Whether a text is a rondebriefje: it says so on top, or has most of the rows."""
    if any(furniture.kind_of(spoken(segment)) == "rondebriefje" for line in lines[:25] for segment in line.segments()):
        return True
    known = {labels.folded(re.split(r"\t|:\s|\s{2,}", line.raw.strip() or line.text)[0]) for line in lines}
    return len(known & set(_KNOWN)) >= 6


def read(lines: Sequence[Line], findings: Findings) -> None:
    """Read a rondebriefje.

    Args:
        lines: the whole file.
        findings: where the fields go.
    """
    title = next((line for line in lines if furniture.kind_of(line.text) == "rondebriefje"), lines[0])
    findings.put("doc_type", "rondebriefje", title)
    for line in lines:
        name = next(filter(None, (furniture.organisation_of(spoken(part)) for part in line.segments())), None)
        if name and "organisation" not in findings.values:
            findings.put("organisation", name, line)
    if "organisation" not in findings.values:
        findings.warn("organisation: not named")
    content = _without_furniture(lines)
    if any("\t" in line.raw for line in content):
        rows = _tabbed(content)
    else:
        edge = _cell_edge(content)
        rows = _columns(content, edge) if edge else _stream(content)
    _fields(rows, findings)


def _without_furniture(lines: Sequence[Line]) -> list[Line]:
    kept: list[Line] = []
    for index, line in enumerate(lines):
        text = line.text
        edge = index == len(lines) - 1 or lines[index + 1].page != line.page
        foot = (
            edge and bool(shapes.URL.search(text) or shapes.POSTCODE.search(text)) and len(text) < 120 and line.gap > 0
        )
        number = (
            re.fullmatch(r"\d{1,2}(?:\s?(?:/|van)\s?\d{1,2})?", text)
            and (edge or line.gap > 0)
            and "\t" not in line.raw
            # The cell of a label right above it is no page number ("Programmanummer", 3).
            and not (index and not edge and labels.folded(lines[index - 1].text) in _KNOWN)
        )
        tabbed = line.raw.startswith("\t")
        if not tabbed and (
            furniture.kind_of(text) or furniture.organisation_of(text) or text == "GEMEENTERAAD"
            or furniture.is_header_noise(text) or foot or number
        ):  # fmt: skip
            continue
        kept.append(line)
    return kept


def _gap(line: Line, above: Line | None) -> str:
    """What stands between a line and the one above it in the same cell: a page end, a blank line, a line end."""
    if above is not None and above.page != line.page:
        return "page"
    return "blank" if line.gap else "line"


# with tabs


def _tabbed(lines: Sequence[Line]) -> list[Row]:
    rows: list[Row] = []
    above: Line | None = None
    begun = ""
    last = max((index for index, line in enumerate(lines) if "\t" in line.raw), default=-1)
    for index, line in enumerate(lines):
        if "\t" in line.raw:
            label, _, text = line.raw.partition("\t")
            label = f"{begun} {label.strip()}".strip()
            begun = ""
            if label and not (rows and _completes(rows[-1].label, label)):
                rows.append(Row(label.rstrip(":"), [("", text.strip())], line))
            elif rows:
                if label:
                    rows[-1] = rows[-1]._replace(label=f"{rows[-1].label} {label}")
                # Between the halves of a cell that a page end broke stood nothing but the page's own header.
                rows[-1].cell.append(("page" if _broken(line, above) else "row", text.strip()))
        elif rows and _completes(rows[-1].label, line.text):
            rows[-1] = rows[-1]._replace(label=f"{rows[-1].label} {line.text}".rstrip(":"))
        elif labels.folded(line.text) in _BEGINNINGS and _label_below(lines, index, line.text):
            begun = f"{begun} {line.text}".strip()
        elif labels.folded(line.text) in _KNOWN:
            rows.append(Row(line.text.rstrip(":"), [], line))
        elif rows and not (index > last and line.gap):
            rows[-1].cell.append((_gap(line, above), line.text))
        above = line
    return rows


def _broken(line: Line, above: Line | None) -> bool:
    return above is not None and (above.page != line.page or line.gap > 0 or line.y - above.y > 1)


def _label_below(lines: Sequence[Line], index: int, begun: str) -> bool:
    if index + 1 >= len(lines):
        return False
    label = lines[index + 1].raw.partition("\t")[0]
    whole = labels.folded(f"{begun} {label}")
    return bool(label.strip()) and (whole in _KNOWN or whole in _BEGINNINGS)


def _completes(label: str, text: str) -> bool:
    """Whether a text is how a label goes on."""
    whole = labels.folded(f"{label} {text}")
    return labels.folded(label) in _BEGINNINGS and (whole in _KNOWN or whole in _BEGINNINGS)


# in columns


def _cell_edge(lines: Sequence[Line]) -> float:
    """Where the cells begin, when most labels stand at the margin with their cell beside them; else 0."""
    margin = min((line.x0 for line in lines), default=0.0)
    places: dict[int, int] = {}
    for line in lines:
        parts = line.segments(1.6)
        if len(parts) > 1 and line.x0 - margin < 2:
            place = round(parts[1][0].x0)
            places[place] = places.get(place, 0) + 1
    if not places:
        return 0.0
    place, count = max(places.items(), key=lambda item: item[1])
    count += places.get(place - 1, 0) + places.get(place + 1, 0)
    return float(place) if count >= 3 else 0.0


def _columns(lines: Sequence[Line], edge: float) -> list[Row]:
    rows: list[Row] = []
    above: Line | None = None
    last = max((index for index, line in enumerate(lines) if _split(line, edge)[0]), default=-1)
    for index, line in enumerate(lines):
        left, right = _split(line, edge)
        label, text = spoken(left), spoken(right)
        colon = label.endswith(":")
        label = label.rstrip(": ")
        known = labels.folded(label) in _KNOWN
        if not label:
            if rows and not (index > last and line.gap > 1):
                rows[-1].cell.append((_gap(line, above), text))
        elif rows and not known and (_completes(rows[-1].label, label) or (label[:1].islower() and not line.gap)):
            rows[-1] = rows[-1]._replace(label=joined((rows[-1].label, label)))
            if text:
                rows[-1].cell.append((_gap(line, above), text))
        elif (
            known
            or colon
            or text
            or (not line.gap and rows and len(label.split()) < 7 and _next_is_row(lines, index, edge))
        ):
            rows.append(Row(label, [("", text)] if text else [], line))
        above = line
    return rows


def _next_is_row(lines: Sequence[Line], index: int, edge: float) -> bool:
    return index + 1 < len(lines) and bool(_split(lines[index + 1], edge)[0])


def _split(line: Line, edge: float) -> tuple[Sequence[Word], Sequence[Word]]:
    """Label and cell of a line."""
    words = line.words
    for count in range(min(10, len(words)), 0, -1):
        ended = (
            count == len(words)
            or words[count].x0 - words[count - 1].x1 >= 1.6
            or words[count - 1].text.endswith((":", "?"))
        )
        if (
            ended
            and words[0].x0 < edge - 3
            and labels.folded(words[count - 1].text)
            and labels.folded(spoken(words[:count])) in _KNOWN
        ):
            return words[:count], words[count:]
    for index, word in enumerate(words):
        wide = index == 0 or word.x0 - words[index - 1].x1 >= (0.8 if abs(word.x0 - edge) < 1 else 1.6)
        if wide and word.x0 > edge - 1.6:
            return words[:index], words[index:]
        if index and words[index - 1].text.endswith(":") and word.x0 - words[index - 1].x1 >= 1.6:
            return words[:index], words[index:]
    return words, ()


# in one stream


class _Candidate(NamedTuple):
    line: int
    lines: int
    words: int
    row: int
    worth: float


def _stream(lines: Sequence[Line]) -> list[Row]:
    found = _chain(_candidates(lines))
    rows: list[Row] = []
    for number, one in enumerate(found):
        end = found[number + 1].line if number + 1 < len(found) else len(lines)
        first = lines[one.line + one.lines - 1]
        label = " ".join(spoken(line.words) for line in lines[one.line : one.line + one.lines - 1])
        label = f"{label} {spoken(first.words[: one.words])}".strip()
        rest = spoken(first.words[one.words :]).lstrip(": ")
        cell = [("", rest)] if rest else []
        above = first
        for line in lines[one.line + one.lines : end]:
            if number + 1 == len(found) and line.gap and cell:
                break
            cell.append((_gap(line, above) if cell else "", line.text))
            above = line
        rows.append(Row(label.rstrip(":"), cell, lines[one.line]))
    return rows


def _candidates(lines: Sequence[Line]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for index in range(len(lines)):
        for count in range(1, min(4, len(lines) - index) + 1):
            head = [word.text for line in lines[index : index + count - 1] for word in line.words]
            if head and labels.folded(" ".join(head)) not in _BEGINNINGS:
                break
            last = [word.text for word in lines[index + count - 1].words]
            for words in range(min(10, len(last)), 0, -1):
                row = _KNOWN.get(labels.folded(" ".join((*head, *last[:words]))))
                if not labels.folded(last[words - 1]):
                    continue
                if row is None or not lines[index].text[:1].isupper():
                    continue
                whole = words == len(last)
                capital = not whole and not last[words][:1].islower()
                found.append(_Candidate(index, count, words, row, 2.0 if whole else 1.5 if capital else 0.5))
                break
    return found


def _chain(found: Sequence[_Candidate]) -> list[_Candidate]:
    """The most believable rows: in the form's order, each once; a cell may begin with a label's word."""
    best: list[float] = []
    back: list[int] = []
    for index, one in enumerate(found):
        before = [
            (best[other], other)
            for other in range(index)
            if found[other].row < one.row and found[other].line + found[other].lines <= one.line
        ]
        worth, place = max(before, default=(0.0, -1))
        best.append(worth + one.worth)
        back.append(place)
    if not best:
        return []
    at = max(range(len(best)), key=best.__getitem__)
    chain = []
    while at >= 0:
        chain.append(found[at])
        at = back[at]
    taken = {one.row for one in chain}
    chain += [one for one in found if one.worth == 2.0 and one.row not in taken and not taken.add(one.row)]  # type: ignore[func-returns-value]
    return sorted(chain, key=lambda one: one.line)


# what the cells say


def _fields(rows: Sequence[Row], findings: Findings) -> None:
    raw = {row.label: _assembled(row.cell) for row in rows}
    fields = {label: shown(text) for label, text in raw.items()}
    if not fields:
        findings.warn("no rows were found")
        return
    findings.put("fields", fields, rows[0].at)
    if any(_MARKED.search(text) for text in raw.values()):
        findings.put("fields_raw", raw, rows[0].at)
    at = {labels.folded(row.label): row for row in rows}
    values = {labels.folded(label): text for label, text in fields.items()}
    subject = values.get(labels.folded("Onderwerp"), "")
    if subject and not shapes.is_empty(subject):
        findings.put("subject", joined(subject.split("\n")), at[labels.folded("Onderwerp")].at)
    else:
        findings.warn("onderwerp: not found")
    day = values.get(labels.folded("Datum"), "")
    found = shapes.DATE.search(day)
    if found and shapes.iso(found):
        findings.put("date", shapes.iso(found), at[labels.folded("Datum")].at)
    else:
        findings.warn("datum: not found")
    _official(values, at, findings)


def _official(values: dict[str, str], at: dict[str, Row], findings: Findings) -> None:
    """The first official of the cell: name, number, mail address."""
    name = labels.folded("Behandelend ambtenaar")
    cell = " ".join(values.get(name, "").split())
    if not cell or shapes.is_empty(cell):
        return
    mails = shapes.EMAIL.findall(cell)
    phone = shapes.PHONE.search(cell)
    findings.put("handled_by", header.without_contact(cell), at[name].at)
    findings.put("phone", phone.group().strip() if phone else None, at[name].at)
    findings.put("email", mails[0] if mails else None, at[name].at)
    if len(mails) > 1:
        findings.warn("behandelend ambtenaar: more than one; the first is taken")


def _assembled(cell: Sequence[tuple[str, str]]) -> str:
    """The lines of a cell as one text."""
    text = ""
    for gap, part in cell:
        if not text:
            text = part
        elif gap == "page" or ends_open(text):
            text = joined((text, part)) if "\n" not in text else text + " " + part
        elif gap == "blank":
            text = f"{text}\n\n{part}"
        elif gap == "row" or shapes.BULLET.match(part):
            text = f"{text}\n{part}"
        else:
            text = f"{text} {part}"
    return "" if re.fullmatch(r"[-–—\s]+", text) else text


def shown(text: str) -> str:
    """A cell without its mark-up: paragraphs by a blank line, items on lines of their own."""
    text = re.sub(r"</p>\s*<p[^<>]*>|<p[^<>]*>|</p>", "\n\n", text)
    text = re.sub(r"<br\s*/?>", "\n", re.sub(r"<li[^<>]*>", "\n• ", text))
    text = html.unescape(_TAG.sub("", text)).replace("\u00a0", " ")
    text = re.sub(r"\s*•\s*", "\n• ", text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
