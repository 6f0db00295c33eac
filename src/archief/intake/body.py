"""The running text between salutation and closing: its paragraphs, whatever the pages and the tool did to them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from archief.intake import shapes
from archief.intake.page import Line, ends_open, joined

UNWRAPPED = 150
"""A longer line than this is a paragraph on one line."""

_ALIKE, _FURTHER = 1.05, 1.1
"""Distances that differ less are those of lines; more, those of paragraphs."""

_HEADING_MAX = 70
_ENDS = re.compile(r"[.!?:;…][\"'”’»)\]]*$")


def paragraphs(lines: Sequence[Line], torn: Sequence[bool]) -> list[str]:
    """The paragraphs. Headings and lists are paragraphs too; one that a page end broke is one.

    Args:
        lines: the text, without page furniture.
        torn: for each line, whether a page end or furniture stands above it.

    Returns:
        One text each; the items of a list are lines.
    """
    lines = _by_distance(lines)
    parts = _blocks(lines, torn)
    if not _spaced(lines, torn):
        width = max((len(line.text) for line in lines), default=0)
        parts = [part for block in parts for part in _unspaced(block, width)]
    whole: list[list[Line]] = []
    start = 0
    for part in parts:
        item = bool(whole) and _is_item(part[0].text) and _is_item(whole[-1][0].text)
        if whole and (item or (torn[start] and _goes_on(whole[-1], part))):
            whole[-1] += part
        else:
            whole.append(part[:])
        start += len(part)
    return [_text(part) for part in whole]


def _by_distance(lines: Sequence[Line]) -> list[Line]:
    """Lines of a page whose paragraphs stand a little further apart than its lines, with that as their gap."""
    told: list[Line] = []
    for _, group in itertools.groupby(lines, key=lambda line: line.page):
        page = list(group)
        steps = [below.y - above.y for above, below in itertools.pairwise(page)]
        least = min(steps, default=0.0)
        near = sum(step < least * _ALIKE for step in steps)
        clear = near > 1 and not any(least * _ALIKE <= step <= least * _FURTHER for step in steps)
        if clear and not any(line.gap for line in page[1:]):
            page[1:] = [
                line._replace(gap=int(step > least * _FURTHER)) for line, step in zip(page[1:], steps, strict=True)
            ]
        told += page
    return told


def _blocks(lines: Sequence[Line], torn: Sequence[bool]) -> list[list[Line]]:
    parts: list[list[Line]] = []
    for line, tear in zip(lines, torn, strict=True):
        if parts and not line.gap and not tear:
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts


def _spaced(lines: Sequence[Line], torn: Sequence[bool]) -> bool:
    """Whether blank lines part the paragraphs of this text."""
    return any(line.gap and not tear for line, tear in zip(lines[1:], torn[1:], strict=True))


def _unspaced(block: Sequence[Line], width: int) -> list[list[Line]]:
    """Part a text without blank lines: where the next word would have fitted, the break was meant."""
    parts: list[list[Line]] = []
    for line in block:
        above = parts[-1][-1].text if parts else ""
        fitted = len(above) + 1 + len(line.words[0].text) <= width
        closed = _ENDS.search(above) is not None
        heading = (
            len(above) < _HEADING_MAX and line.text[:1].isupper() and not closed and fitted and len(parts[-1]) == 1
            if parts
            else False
        )
        item = _is_item(line.text) and bool(parts) and not _is_item(parts[-1][0].text) and closed
        if not parts or width > UNWRAPPED or (fitted and closed and not _is_item(line.text)) or heading or item:
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts


def _is_item(text: str) -> bool:
    return shapes.BULLET.match(text) is not None


def _goes_on(above: Sequence[Line], below: Sequence[Line]) -> bool:
    """Whether a paragraph goes on behind a page end."""
    last, first = above[-1].text, below[0].text
    if ends_open(last):
        return True
    if _is_item(first):
        return any(_is_item(line.text) for line in above)
    if first[:1].islower():
        return not last.endswith((".", "!", "?")) or not first[:1].isalpha()
    if _ENDS.search(last):
        return False
    return len(above) > 1 or len(last) > _HEADING_MAX or last.endswith((",", " de", " het", " van", " en"))


def _text(part: Sequence[Line]) -> str:
    items: list[list[str]] = []
    for line in part:
        if not items or _is_item(line.text):
            items.append([line.text])
        else:
            items[-1].append(line.text)
    return "\n".join(joined(item) for item in items)
