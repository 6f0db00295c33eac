"""The header of a letter: cells in, the letter's fields out. A value that has not its cell's shape is left out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from archief.intake import cells as streams
from archief.intake import furniture, labels, rows, shapes
from archief.intake.cells import Cell
from archief.intake.finding import Confidence, Findings
from archief.intake.grid import Grid, is_kept, joined_value
from archief.intake.labels import fits
from archief.intake.page import Line, joined

_BLOCK = 4
"""What stands so many lines above every label of the references is letterhead."""

_OWN = {"phone", "email"}
"""Cells that a letter has for its official, when it has a block of references."""

_NAMES = {
    "your_reference": "uw referentie",
    "our_reference": "onze referentie",
    "date": "datum",
    "phone": "telefoonnummer",
    "fax": "faxnummer",
    "email": "e-mailadres",
}


def read(lines: Sequence[Line], findings: Findings) -> None:
    """Read a header.

    Args:
        lines: everything above the salutation.
        findings: where the fields go.
    """
    kept, said = furniture.of_header(lines)
    for key, (value, at) in said.items():
        findings.put(key, value, at)
    taken, kept = rows.take(labels.whole(kept))
    if is_kept(kept):
        grid = Grid(kept)
        found, left = grid.cells(), grid.left_over()
    else:
        found, left = streams.deal(kept)
    Header([*taken, *found], left, findings).interpret()


class Header:
    """The cells of one letter.

    Args:
        found: labels with their values.
        left: blocks of lines without a label.
        findings: where the fields go.
    """

    def __init__(self, found: list[Cell], left: list[list[Line]], findings: Findings) -> None:
        self.found = found
        self.left = left
        self.findings = findings

    def _of(self, key: str) -> list[Cell]:
        return [cell for cell in self.found if cell.key == key]

    def interpret(self) -> None:
        """Make the fields."""
        self._subject()
        self._dates()
        self._handled_by()
        for key in ("email", "phone", "fax"):
            self._contact(key)
        for key in ("our_reference", "your_reference"):
            self._typed(key)
        for key in ("return_address", "visiting_address", "postal_address"):
            self._address(key)
        self._attachments()
        self._addressee()

    def _put(self, key: str, value: str, cell: Cell, confidence: Confidence | None = None) -> None:
        sure: Confidence = "high" if cell.sure > 0.9 else "medium" if cell.sure > 0.7 else "low"
        self.findings.put(key, value, cell.at, confidence or sure)

    def _subject(self) -> None:
        for cell in self._of("subject"):
            value = joined(cell.lines)
            if value and not shapes.is_empty(value) and not shapes.is_email(value) and not shapes.is_phone(value):
                self._put("subject", value, cell)
                return

    def _dates(self) -> None:
        for cell in self._of("date"):
            dates = [found for line in cell.lines for found in shapes.DATE.finditer(line)]
            if not dates:
                self._reject(cell)
                continue
            first = shapes.date(cell.lines[0]) or shapes.iso(dates[0])
            if first and "date" not in self.findings.values:
                self._put("date", first, cell)
            tail = re.search(r"verzonden\W*(.*)$", joined(cell.lines), re.IGNORECASE)
            if tail and shapes.date(tail[1]):
                self._put("sent_date", shapes.date(tail[1]) or "", cell)
            elif len(dates) > 1:
                self.findings.warn("datum: the cell holds a second date")
        for cell in self._of("sent_date"):
            value = shapes.date(joined(cell.lines))
            if value:
                self._put("sent_date", value, cell)
        if "date" not in self.findings.values and not self._of("date"):
            alone = [line for part in self.left for line in part if shapes.date(line.text)]
            if len(alone) == 1:
                self.findings.put("date", shapes.date(alone[0].text), alone[0], "medium")

    def _handled_by(self) -> None:
        for cell in self._of("handled_by"):
            lines = [line for line in cell.lines if not shapes.is_empty(line)]
            whole = " ".join(lines)
            named = [(without_contact(line), line.endswith(",")) for line in lines]
            person = joined(f"{name}," if more else name for name, more in named if name).rstrip(",")
            if person and "handled_by" not in self.findings.values:
                self._put("handled_by", person, cell)
            mail, phone = shapes.EMAIL.search(whole), shapes.PHONE.search(whole)
            if mail and not self._filled("email"):
                self._put("email", mail.group(), cell, "medium")
            if phone and not self._filled("phone"):
                self._put("phone", phone.group().strip(), cell, "medium")

    def _filled(self, key: str) -> bool:
        return any(not shapes.is_empty(line) for cell in self._of(key) for line in cell.lines)

    def _contact(self, key: str) -> None:
        """A number or address of the official: its own label goes before one of the letterhead."""
        cells = self._of(key)
        direct = [cell for cell in cells if cell.word in labels.DIRECT]
        anchored = [cell for cell in cells if self._beside_official(cell)]
        own = any(cell.word in labels.DIRECT or self._beside_official(cell) for cell in self.found if cell.key in _OWN)
        if own and key != "email" and not direct and not anchored and self._filled(key):
            self.findings.warn(f"{_NAMES[key]}: only a general number stands in the letterhead; left empty")
            return
        for cell in direct or anchored or cells:
            value = joined_value(key, cell.lines)
            if not value or shapes.is_empty(value):
                continue
            if fits(key, value) <= 0:
                value = self._part(key, cell)
            elif not direct and key != "email" and re.match(r"14[\s-]*0", value):
                self.findings.warn(f"{_NAMES[key]}: only the general number {value} is given")
                continue
            if value:
                self._put(key, value.rstrip(".,;"), cell, None if direct or anchored else "medium")
                return

    def _part(self, key: str, cell: Cell) -> str:
        """The number or address in a cell that holds more."""
        pattern = shapes.EMAIL if key == "email" else shapes.PHONE
        found = pattern.findall(joined(cell.lines))
        if len(found) != 1:
            self._reject(cell)
            return ""
        return str(found[0]).strip()

    def _beside_official(self, cell: Cell) -> bool:
        """Whether a cell stands in the block of the reference labels, not in the letterhead."""
        near = [
            other
            for other in self.found
            if other.key in {"handled_by", "date", "subject", "our_reference"} and other.at.page == cell.at.page
        ]
        letterhead = [other for other in self.found if other.key in {"visiting_address", "postal_address", "_other"}]
        distance = min((abs(other.at.y - cell.at.y) for other in near), default=99.0)
        if all(other.at.y - cell.at.y > _BLOCK for other in near):
            return False
        return distance < min((abs(other.at.y - cell.at.y) for other in letterhead), default=100.0)

    def _typed(self, key: str) -> None:
        for cell in self._of(key):
            value = joined(cell.lines)
            if not value or shapes.is_empty(value):
                continue
            if cell.sure < 0.5:
                self.findings.warn(f"{value}: onze referentie or uw referentie; left empty")
                continue
            if fits(key, value) > 0:
                self._put(key, value, cell)
                return
            if key == "your_reference" and not shapes.date(value) and len(value) < 60 and cell.sure > 0.9:
                self._put(key, value, cell, "medium")
                return
            self._reject(cell)

    def _reject(self, cell: Cell) -> None:
        if any(not shapes.is_empty(line) for line in cell.lines):
            self.findings.warn(f"{_NAMES.get(cell.key, cell.word)}: what stands there has another shape; left empty")

    def _address(self, key: str) -> None:
        for cell in self._of(key):
            value = joined_value(key, [line for line in cell.lines if not shapes.is_empty(line)])
            if value and shapes.POSTCODE.search(value):
                self._put(key, value, cell)
                return
            self._reject(cell)

    def _attachments(self) -> None:
        for cell in self._of("attachments"):
            titles = listed(cell.lines)
            if titles:
                self.findings.put("attachments", titles, cell.at, "high" if cell.sure > 0.9 else "medium")
                return
            if cell.lines and not shapes.is_empty(joined(cell.lines)):
                self.findings.warn(f"bijlagen: {joined(cell.lines)} counted, none named in the header")

    def _addressee(self) -> None:
        for cell in self._of("addressee"):
            if cell.lines:
                self._put("addressee", joined(cell.lines), cell)
                return
        parts = self._split(self.left)
        for above, below in itertools.pairwise(parts[:]):
            # A tool may put a blank line between any two lines.
            if re.match(r"Aan\b", above[0].text) and above[-1].text.endswith(",") and below[0].text[:1].islower():
                above.extend(below)
        ranked = [(addressed(part), -number, part) for number, part in enumerate(parts)]
        if not ranked:
            return
        rank, _, part = max(ranked, key=lambda each: each[:2])
        if rank > 0:
            value = joined(line.text for line in part)
            self.findings.put("addressee", value, part[0], "high" if rank > 2 else "medium" if rank > 1 else "low")

    @staticmethod
    def _split(parts: list[list[Line]]) -> list[list[Line]]:
        """Blocks begin anew where a line says whom it is for, and end behind a postcode."""
        out: list[list[Line]] = []
        for part in parts:
            block: list[Line] = []
            for line in part:
                ended = bool(block) and shapes.POSTCODE.search(block[-1].text) is not None
                if block and (ended or re.match(r"Aan\b", line.text)):
                    out.append(block)
                    block = []
                block.append(line)
            out.append(block)
        return out


_ADDRESSED = re.compile(
    r"^(de heer|mevrouw|mevr\.|dhr\.|familie|de (leden|raad)|(de )?gemeenteraad|het (college|bestuur)|college van|"
    r"stichting|vereniging|de (directie|griffie)|raad van|de fractie|fractie|bewoners|leden van|gemeente |t\.a\.v\.|"
    r"provincie)",
    re.IGNORECASE,
)


def addressed(part: Sequence[Line]) -> int:
    """How much a block looks like the person or body that a letter is for."""
    texts = [line.text for line in part]
    whole = " ".join(texts)
    if len(whole) > 300 or len(part) > 7:
        return 0
    if shapes.EMAIL.search(whole) or shapes.URL.search(whole) or PHONE_LINE.search(whole):
        return 0
    if shapes.date(whole) or is_organ(texts[0]) or furniture.organisation_of(whole):
        return 0
    if re.match(r"(>\s*)?Aan\b", texts[0], re.IGNORECASE) and whole.strip().lower() != "aan":
        return 5
    if any(re.match(r"t\.?a\.?v\.?\s", text, re.IGNORECASE) for text in texts):
        return 4
    if shapes.POSTCODE.search(texts[-1]) and len(part) > 2:
        return 4
    if _ADDRESSED.match(whole):
        return 3
    return 1 if whole[:1].isupper() and len(part) > 1 else 0


PHONE_LINE = re.compile(r"\b(telefoon|tel\.?|fax)\b\W*[\d(+]", re.IGNORECASE)
_ORGAN = re.compile(
    r"(namens\s+)?((het\s+)?college\s+van\s+)?(burgemeester\s+(en|&)\s+wethouders|b\s?&\s?w)\b|(namens\s+)?het\s+college\b|"
    r"namens\s+de\s+(gemeente)?raad\b|de\s+(gemeente)?raad\s+van\b|(het\s+)?presidium\b|de\s+burgemeester\s+van\b",
    re.IGNORECASE,
)


def is_organ(text: str) -> bool:
    """Whether a line names an organ of the municipality: college, raad."""
    return _ORGAN.match(text.strip()) is not None


def without_contact(text: str) -> str:
    """A person without the number and mail address behind the name."""
    text = re.split(
        r"[,;(\s]*\b(?:telefoon(?:nummer)?|tel\.?|e-?mail(?:adres)?|doorkiesnummer|mobiel)\b\s*[:.]?",
        text,
        maxsplit=1,
        flags=re.IGNORECASE,
    )[0]
    for pattern in (shapes.EMAIL, shapes.PHONE):
        found = pattern.search(text)
        if found:
            text = text[: found.start()]
    return text.strip(" ,;(/|-")


def listed(lines: Sequence[str]) -> list[str]:
    """The titles in a cell or list of attachments, without numbers and bullets."""
    lines = [line for line in lines if not shapes.is_empty(line)]
    if not lines or shapes.COUNT.fullmatch(joined(lines)):
        return []
    if any(shapes.BULLET.match(line) for line in lines):
        if shapes.COUNT.fullmatch(lines[0].rstrip(":")):
            lines = lines[1:]
        parts: list[list[str]] = []
        for line in lines:
            if shapes.BULLET.match(line) or not parts:
                parts.append([shapes.BULLET.sub("", line, count=1)])
            else:
                parts[-1].append(line)
    else:
        parts = _unnumbered(lines)
    titles = [title for part in parts for title in re.split(r"\s*;\s*", joined(part))]
    titles = [re.sub(r"(?<=\S)\s+\d+[.)]\s+(?=[A-Z])", "\n", title) for title in titles]
    titles = [each.strip().rstrip(",;.").removeprefix("-") for title in titles for each in title.split("\n")]
    return [title for title in titles if title]


def _unnumbered(lines: Sequence[str]) -> list[list[str]]:
    """A line begins a title when its first word would have fitted on the line above: that break was meant."""
    width = max(24, *(len(line) for line in lines))
    parts: list[list[str]] = []
    for line in lines:
        above = parts[-1][-1] if parts else ""
        fitted = len(above) + 1 + len(line.split()[0]) <= width
        # Behind a number ("Rapportage 2020") a title hardly ever goes on with a capital.
        closed = fitted or above[-1:].isdigit()
        if not parts or (closed and line[:1].isupper() and not streams.runs_on(above, line)):
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts
