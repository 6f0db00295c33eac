"""Rows of a header that a tool wrote as lines: labels beside each other on one line, their values on the lines below.

Where the values keep their labels' columns, grid.py reads them. Here are rows without places: parted by tabs, by some
spaces, or by nothing but one space. Then the words of a line are dealt out to the labels in order, by shape.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from archief.intake import labels, shapes
from archief.intake.cells import Cell, runs_on
from archief.intake.labels import Label, fits
from archief.intake.page import Line, Word, joined, spoken

LINES_MAX = 6
"""A row has no more lines of values than this."""

_WORDS_MAX = 60
_WIDE = 1.6
_SENT = re.compile(r"verz(?:onden|\.)\s*(?:op|d\.d\.)?[\s:]*(?:--+|[–—])?", re.IGNORECASE)
_NEVER = -1_000.0


def take(lines: Sequence[Line]) -> tuple[list[Cell], list[Line]]:
    """Take the rows without places out of a header.

    Args:
        lines: the header, without page furniture.

    Returns:
        Their cells, and the lines that remain.
    """
    cells: list[Cell] = []
    kept: list[Line] = []
    at = 0
    while at < len(lines):
        found = labels.found(lines[at], at)
        below = _values(lines, at) if _is_row(lines[at], found) else []
        dealt = _dealt(lines[at], found, below) if below else None
        if dealt is None:
            kept.append(lines[at])
            at += 1
        else:
            cells += dealt
            at += 1 + len(below)
    return cells, kept


def _is_row(line: Line, found: Sequence[Label]) -> bool:
    """Whether a line holds two labels or more, and nothing else."""
    return len(found) > 1 and sum(label.end - label.begin for label in found) == len(line.words)


def _values(lines: Sequence[Line], at: int) -> list[Line]:
    """The lines of values below a row of labels."""
    below: list[Line] = []
    for index in range(at + 1, min(at + 1 + LINES_MAX, len(lines))):
        line = lines[index]
        torn = line.page != lines[at].page or (line.gap and below)
        if torn or any(label.key != "sent_date" for label in labels.found(line, index)):
            break
        below.append(line)
    return below


def _dealt(head: Line, found: Sequence[Label], below: Sequence[Line]) -> list[Cell] | None:
    parts = _by_tabs(head, found, below)
    if parts is None and ("\t" in head.raw or not _aligned(found, below)):
        parts = _by_shape(found, below)
        if parts is None and not _wide(found):
            # Without places, nothing tells whose these values are.
            parts = [[] for _ in found]
    if parts is None:
        return None
    return [
        Cell(label.key, label.word, tuple(texts), below[0] if texts else head, 0.85)
        for label, texts in zip(found, parts, strict=True)
    ]


def _wide(found: Sequence[Label]) -> bool:
    return any(b.x0 - a.x0 > 3 + len(a.word) for a, b in itertools.pairwise(found))


def _aligned(found: Sequence[Label], below: Sequence[Line]) -> bool:
    """Whether every value begins where a label begins."""
    starts = [label.x0 for label in found]
    return _wide(found) and all(
        any(abs(segment[0].x0 - start) <= _WIDE for start in starts) for line in below for segment in line.segments()
    )


def _by_tabs(head: Line, found: Sequence[Label], below: Sequence[Line]) -> list[list[str]] | None:
    """The cells between tabs, when one tab parts each from the next."""
    if head.raw.strip().count("\t") != len(found) - 1 or "\t\t" in head.raw.strip():
        return None
    rows = [[text.strip() for text in line.raw.split("\t")] for line in below]
    if any(len(row) > len(found) and any(row[len(found) :]) for row in rows):
        return None
    parts = [[row[number] for row in rows if number < len(row) and row[number]] for number in range(len(found))]
    for label, part in zip(found, parts, strict=True):
        strange = label.key != "date" and any(_SENT.match(text) for text in part)
        strange = strange or (label.key != "attachments" and any(shapes.BULLET.match(text) for text in part[1:]))
        shaped = label.key not in labels.TYPED or not part or fits(label.key, part[0]) > 0 or shapes.is_empty(part[0])
        if strange or not shaped:
            # A tool that drops empty cells moves what is behind them.
            return None
    return parts


def _by_shape(found: Sequence[Label], below: Sequence[Line]) -> list[list[str]] | None:
    words = below[0].words
    if len(words) > _WORDS_MAX:
        return None
    spans = _spans(found, words)
    if spans is None:
        return None
    parts = [[spoken(words[begin:end])] if end > begin else [] for begin, end in spans]
    unsure = _unsure(found, words, spans)
    for line in below[1:]:
        unsure = not _continued(found, parts, line) or unsure
    if unsure:
        # Which words belong to which of two cells that take any text cannot be told.
        return [[] if label.key not in labels.TYPED else part for label, part in zip(found, parts, strict=True)]
    return parts


def _spans(found: Sequence[Label], words: Sequence[Word]) -> list[tuple[int, int]] | None:
    """The words of each label, in order: the best of all ways; None when words remain that fit nowhere."""
    rows, columns = len(found), len(words)
    best = [[_NEVER] * (columns + 1) for _ in range(rows + 1)]
    step = [[0] * (columns + 1) for _ in range(rows + 1)]
    best[rows][columns] = 0.0
    for i in range(rows - 1, -1, -1):
        for j in range(columns, -1, -1):
            best[i][j] = best[i + 1][j] - (2.0 if found[i].key == "subject" else 0.5)
            for k in range(j + 1, columns + 1):
                score = best[i + 1][k] + _worth(found[i].key, words, j, k)
                if score > best[i][j]:
                    best[i][j], step[i][j] = score, k - j
    if best[0][0] < _NEVER / 2:
        return None
    spans, j = [], 0
    for i in range(rows):
        spans.append((j, j + step[i][j]))
        j += step[i][j]
    return spans


def _worth(key: str, words: Sequence[Word], begin: int, end: int) -> float:
    text = spoken(words[begin:end])
    inside = -3.0 * sum(words[i].x0 - words[i - 1].x1 >= _WIDE for i in range(begin + 1, end))
    if begin:
        inside += 1.0 if words[begin].x0 - words[begin - 1].x1 >= _WIDE else -1.0
    if shapes.is_empty(text):
        return 4.0 + inside
    if key in labels.TYPED:
        worth = -1 if any(shapes.is_empty(words[i].text) for i in (begin, end - 1)) else fits(key, text)
        return worth + inside if worth > 0 else _NEVER
    bulleted = key == "attachments" and shapes.BULLET.match(text)
    if shapes.is_empty(words[end - 1].text) or (shapes.is_empty(words[begin].text) and not bulleted):
        return _NEVER
    alone = shapes.is_email(text) or shapes.is_phone(text) or shapes.date(text) or shapes.REFERENCE.fullmatch(text)
    return (-8.0 if alone else 4.0 if key == "handled_by" and shapes.is_name(text) else 2.0) + inside


def _unsure(found: Sequence[Label], words: Sequence[Word], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether two cells of any text touch with no more than one space between them."""
    last = None
    for label, (begin, end) in zip(found, spans, strict=True):
        if end == begin:
            continue
        loose = label.key not in labels.TYPED and not shapes.is_empty(spoken(words[begin:end]))
        if loose and last == begin and begin and words[begin].x0 - words[begin - 1].x1 < _WIDE:
            return True
        last = end if loose else None
    return False


def _continued(found: Sequence[Label], parts: list[list[str]], line: Line) -> bool:
    """Give a further line of values to its cells; False when it cannot be told which."""
    loose = [number for number, label in enumerate(found) if label.key not in labels.TYPED]
    day = next((number for number, label in enumerate(found) if label.key == "date"), None)
    sent = _SENT.search(line.text) if day is not None else None
    if sent is not None and day is not None:
        date = shapes.DATE.match(line.text, sent.end())
        end = date.end() if date else sent.end()
        parts[day].append(line.text[sent.start() : end].strip())
        middle = sum(number < day for number in loose)
        around = ((line.text[: sent.start()], loose[:middle]), (line.text[end:], loose[middle:]))
        said = [(text.strip(), beside) for text, beside in around if not shapes.is_empty(text)]
        for text, beside in said:
            for number in beside[-1:]:
                parts[number].append(text)
        return all(beside for _, beside in said)
    return _loosely(found, parts, loose, [spoken(segment) for segment in line.segments(_WIDE)])


def _loosely(found: Sequence[Label], parts: list[list[str]], loose: Sequence[int], texts: list[str]) -> bool:
    """Give the texts of a further line to cells that take any text."""
    named = [number for number in loose if found[number].key == "attachments"]
    if named and parts[named[0]] and all(map(shapes.BULLET.match, (parts[named[0]][0], texts[-1]))):
        parts[named[0]].append(texts.pop())
    if not texts:
        return True
    if any(shapes.is_email(text) or shapes.is_phone(text) or shapes.date(text) for text in texts):
        return False
    filled = [number for number in loose if parts[number] and not shapes.is_empty(joined(parts[number]))]
    if len(texts) == len(filled):
        for number, text in zip(filled, texts, strict=True):
            parts[number].append(text)
        return True
    going_on = [number for number in filled if runs_on(parts[number][-1], texts[0])]
    if len(texts) == 1 and len(going_on) == 1 and not shapes.BULLET.match(texts[0]):
        parts[going_on[0]].append(texts[0])
        return True
    return False
