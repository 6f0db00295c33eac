"""The cells of a letter's header when labels and values come as one stream of lines, apart and out of order.

A run of labels is followed by a run of values. Values are dealt out to labels in order, so that as many as possible
have the shape of their cell; a cell may stay empty, and then the next value belongs to the next label.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archief.intake import labels, shapes
from archief.intake.labels import Label, fits
from archief.intake.page import Line, ends_open, joined, spoken

LINES_MAX = 6
"""A value has no more lines than this."""

GROUP_MAX = 60
"""So many lines between two labels are looked at; what is longer is no header."""

_LEFT_OVER = -1.5
_BLANK_INSIDE = -6.0
_CARRIED = -1.0
_ADDRESSES = ("visiting_address", "postal_address", "return_address")


_TWINS = {"our_reference": "your_reference", "your_reference": "our_reference"}
"""Cells whose values may look the same: one value for both labels belongs to neither."""


class Cell(NamedTuple):
    """A label with what belongs to it.

    Args:
        key: which cell of the letter.
        word: the label's spelling.
        lines: the value's lines; none when the cell is empty.
        at: the line where it begins, of the value or else of the label.
        sure: 1 when only one reading fits.
    """

    key: str
    word: str
    lines: tuple[str, ...]
    at: Line
    sure: float = 1.0


class Value(NamedTuple):
    """A line that is no label.

    Args:
        text: the line.
        at: where it stands.
        blank: blank line or page end above it.
        glued: it stands on its label's line.
    """

    text: str
    at: Line
    blank: bool
    glued: bool = False


class Grouped(NamedTuple):
    """Labels without values between them, and the values behind."""

    labels: list[tuple[Label, Line]]
    values: list[Value]


def deal(lines: Sequence[Line]) -> tuple[list[Cell], list[list[Line]]]:
    """Read the cells out of a stream of lines.

    Args:
        lines: the header, without page furniture.

    Returns:
        The cells, and the blocks of lines that belong to none.
    """
    done, groups = _groups(lines)
    after = _dealt(groups)
    before = _dealt(_turned(groups), turned=True)
    chosen = before if before.score > after.score + 5 else after
    cells = [*done, *chosen.cells]
    left = sorted(chosen.left, key=lambda value: (value.at.page, value.at.y))
    cells, left = _rescued(cells, left)
    return cells, _blocks(left)


def _groups(lines: Sequence[Line]) -> tuple[list[Cell], list[Grouped]]:
    done: list[Cell] = []
    groups = [Grouped([], [])]
    previous: Line | None = None
    for index, line in enumerate(lines):
        found = labels.found(line, index)
        blank = line.gap > 0 or (previous is not None and previous.page != line.page)
        before = line.words[: found[0].begin] if found else line.words
        if before and (not found or len(before) > 1):
            groups[-1].values.append(Value(spoken(before), line._replace(words=before), blank))
        for number, label in enumerate(found):
            end = found[number + 1].begin if number + 1 < len(found) else len(line.words)
            rest = spoken(line.words[label.end : end])
            # "3 mei 2022 / Verzonden" and then another label: no date was filled in.
            bare = label.key == "sent_date" and not rest and groups[-1].values and not _date_follows(lines, index)
            if bare or (rest and (fits(label.key, rest) > 0 or shapes.is_empty(rest))):
                done.append(Cell(label.key, label.word, (rest,) if rest else (), line))
                continue
            if groups[-1].values:
                groups.append(Grouped([], []))
            groups[-1].labels.append((label, line))
            if rest:
                groups[-1].values.append(Value(rest, line, blank=False, glued=True))
        previous = line
    return done, groups


def _date_follows(lines: Sequence[Line], index: int) -> bool:
    following = lines[index + 1].text if index + 1 < len(lines) else ""
    return shapes.date(following) is not None or shapes.is_empty(following)


def _turned(groups: list[Grouped]) -> list[Grouped]:
    """The same stream read backwards: values first, their label behind them."""
    turned: list[Grouped] = []
    above: list[Value] = []
    for group in groups:
        if group.labels:
            turned.append(Grouped(group.labels[::-1], _backwards(above, group.labels[0][1])))
        above = group.values
    turned.append(Grouped([], _backwards(above, None)))
    return turned[::-1]


def _backwards(values: Sequence[Value], below: Line | None) -> list[Value]:
    """Values from the last to the first; a blank line stands now above what it stood below."""
    gaps = [*(value.blank for value in values[1:]), below is None or below.gap > 0]
    return [value._replace(blank=gap) for value, gap in zip(values, gaps, strict=False)][::-1]


class _Dealt(NamedTuple):
    score: float
    cells: list[Cell]
    left: list[Value]


def _dealt(groups: list[Grouped], *, turned: bool = False) -> _Dealt:
    pending: list[tuple[Label, Line]] = []
    score, cells, left = 0.0, [], []
    for group in groups:
        heads = [*((label, at, True) for label, at in pending), *((label, at, False) for label, at in group.labels)]
        values = group.values[:GROUP_MAX]
        left += group.values[GROUP_MAX:]
        part, taken, over = _best(heads[-24:], values, turned=turned)
        score += part
        left += [values[index] for index in over]
        pending = []
        for number, (label, at, late) in enumerate(heads[-24:]):
            if number in taken:
                begin, end = taken[number]
                chosen = values[begin:end][::-1] if turned else values[begin:end]
                text = joined(v.text for v in chosen)
                sure = 1.0 if len(heads) == 1 or fits(label.key, text) > 0 else 0.8
                below = number + 1 == len(heads[-24:]) and begin == 0 and not values[0].blank
                if not below and _has_twin(label.key, text, heads[-24:], taken, later=late):
                    sure = 0.4
                cells.append(Cell(label.key, label.word, tuple(v.text for v in chosen), chosen[0].at, sure))
            else:
                pending.append((label, at))
        keep = {id(at) for _, at in pending[-12:]}
        cells += [Cell(label.key, label.word, (), at, 0.6) for label, at in pending if id(at) not in keep]
        pending = pending[-12:]
    cells += [Cell(label.key, label.word, (), at) for label, at in pending]
    return _Dealt(score, cells, left)


def _has_twin(
    key: str,
    text: str,
    heads: Sequence[tuple[Label, Line, bool]],
    taken: Mapping[int, tuple[int, int]],
    *,
    later: bool,
) -> bool:
    """Whether an empty cell of the same group would take this value as well."""
    twin = _TWINS.get(key, "")
    return any(
        head.key == twin and carried == later and number not in taken and fits(twin, text) >= fits(key, text)
        for number, (head, _, carried) in enumerate(heads)
    )


def _best(
    heads: list[tuple[Label, Line, bool]], values: list[Value], *, turned: bool
) -> tuple[float, dict[int, tuple[int, int]], list[int]]:
    """Deal values out to labels in order: the best of all ways, by dynamic programming.

    Returns:
        The score, the values of each label (index -> begin, end), and the values left over.
    """
    rows, columns = len(heads), len(values)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    step = [[0] * (columns + 1) for _ in range(rows + 1)]
    for j in range(columns - 1, -1, -1):
        best[rows][j] = best[rows][j + 1] + _left_over(values, j)
        step[rows][j] = -1
    for i in range(rows - 1, -1, -1):
        label, _, carried = heads[i]
        for j in range(columns, -1, -1):
            choice, score = 0, best[i + 1][j] + (0.0 if carried else -2.0 if label.key == "subject" else -0.5)
            if j < columns:
                over = best[i][j + 1] + _left_over(values, j)
                if over > score:
                    choice, score = -1, over
            for count in range(1, min(LINES_MAX, columns - j) + 1):
                part = values[j : j + count]
                worth = _worth(label.key, part, turned=turned)
                # What stands directly below a label is not the value of an earlier one.
                worth += (_CARRIED if part[0].blank or j else _BLANK_INSIDE - 2) if carried else 0
                worth += 1 if j == 0 and rows == 1 and (turned or not part[0].blank) else 0
                torn = j > 0 and not part[0].blank and not turned and runs_on(values[j - 1].text, part[0].text)
                worth -= 4 if torn else 0
                worth += 2 if j == 0 and i == rows - 1 and not part[0].blank else 0
                worth += 6 if part[0].glued and i == rows - 1 else 0
                if best[i + 1][j + count] + worth > score - (1e-9 if choice == 0 else -1e-9):
                    choice, score = count, best[i + 1][j + count] + worth
            best[i][j], step[i][j] = score, choice
    return (best[0][0], *_traced(step))


def _traced(step: list[list[int]]) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Walk along the best choices: what each label takes, and what nobody takes."""
    rows, columns = len(step) - 1, len(step[0]) - 1
    taken: dict[int, tuple[int, int]] = {}
    over: list[int] = []
    i = j = 0
    while i < rows or j < columns:
        choice = step[i][j]
        if choice < 0:
            over.append(j)
            j += 1
        else:
            if choice:
                taken[i] = (j, j + choice)
            i, j = i + 1, j + choice
    return taken, over


def _left_over(values: list[Value], index: int) -> float:
    # What stands directly below a label hardly ever belongs elsewhere.
    return 4 * _LEFT_OVER if index == 0 and not values[index].blank else _LEFT_OVER


def _worth(key: str, part: Sequence[Value], *, turned: bool) -> float:
    """How well these lines are the value of a cell."""
    texts = [value.text for value in (part[::-1] if turned else part)]
    first, count = texts[0], len(part)
    if count == 1 and shapes.is_empty(first):
        return 4.0
    if any(shapes.is_empty(text) for text in texts):
        return -20.0
    inside = _BLANK_INSIDE * sum(value.blank for value in part[1:]) - 0.6 * (count - 1)
    inside += sum(1.5 for above, below in itertools.pairwise(texts) if runs_on(above, below))
    if key in _ADDRESSES:
        return inside + _address(texts)
    if key in labels.TYPED:
        if count == 1:
            return float(fits(key, first))
        whole = "".join(texts) if key == "email" else joined(texts)
        alone = fits(key, first) > 0
        return fits(key, whole) - 1.0 + inside if fits(key, whole) > 0 and not alone and count == 2 else -20.0
    return inside + _free(key, texts)


def runs_on(above: str, below: str) -> bool:
    """Whether a line is clearly the continuation of the one above."""
    small = below[:1].islower() and not shapes.is_name(below) and not shapes.UNIT.match(below)
    return ends_open(above) or small or above.endswith((",", "&", " en", " van", " de", " het"))


def _address(texts: Sequence[str]) -> float:
    codes = [index for index, text in enumerate(texts) if shapes.POSTCODE.search(text)]
    if codes != [len(texts) - 1] or len(texts) > 4:
        return -20.0
    if re.match(r"[1-9]\d{3}\s?[A-Z]{2}\b", texts[0]):
        return 2.0
    return -20.0 if any(re.match(r"(aan\s|t\.?\s?a\.?\s?v\.?\s)", text, re.IGNORECASE) for text in texts) else 10.0


def _free(key: str, texts: Sequence[str]) -> float:
    first, whole = texts[0], joined(texts)
    shaped = shapes.is_email(first) or shapes.is_phone(first) or shapes.date(first) is not None
    if key == "attachments":
        if shapes.COUNT.fullmatch(whole):
            return 4.0
        listed = sum(1.7 for text in texts if shapes.BULLET.match(text))
        return listed + (-6.0 if shaped or shapes.REFERENCE.fullmatch(first) else 2.0)
    if shaped or shapes.REFERENCE.fullmatch(first) or shapes.POSTCODE.search(first):
        return -8.0
    if key == "handled_by":
        begun = list(itertools.takewhile(lambda text: text.endswith((",", " en")), texts))
        named = any(
            shapes.is_name(part) for text in texts[: len(begun) + 1] for part in (text, *re.split(r",\s*", text))
        )
        apart = len(texts) > 1 and not begun and any(shapes.is_name(part) for part in re.split(r",\s*", texts[-1]))
        return 4.0 if (named or shapes.UNIT.match(first)) and len(whole) < 100 and not apart else 1.0
    if key == "subject":
        return 2.5 if shapes.is_name(whole) else 4.0
    return 1.5


def _rescued(cells: list[Cell], left: list[Value]) -> tuple[list[Cell], list[Value]]:
    """Give an empty cell a value that stands elsewhere, when its shape allows no other."""
    for key in ("email", "date", "our_reference"):
        if any(cell.key == key and _settled(cell) for cell in cells):
            continue
        empty = [cell for cell in cells if cell.key == key and not _settled(cell)]
        strict = [value for value in left if _unmistakable(key, value.text)]
        if len(empty) == 1 and len(strict) == 1:
            cells = [cell for cell in cells if cell is not empty[0]]
            cells.append(empty[0]._replace(lines=(strict[0].text,), at=strict[0].at, sure=0.6))
            left = [value for value in left if value is not strict[0]]
    return _with_subject(cells, left)


def _settled(cell: Cell) -> bool:
    """Whether a cell has a value, or surely none."""
    return bool(cell.lines) and (cell.sure > 0.9 or not all(shapes.is_empty(text) for text in cell.lines))


def _with_subject(cells: list[Cell], left: list[Value]) -> tuple[list[Cell], list[Value]]:
    """Give an empty subject the one block of text that nothing else explains."""
    empty = [cell for cell in cells if cell.key == "subject"]
    if len(empty) != 1 or empty[0].lines:
        return cells, left
    begin = min((cell.at.page, cell.at.y) for cell in cells)
    parts = [part for part in _parts(left) if (part[0].at.page, part[0].at.y) > begin and _may_be_subject(part)]
    if len(parts) != 1:
        return cells, left
    found = empty[0]._replace(lines=tuple(value.text for value in parts[0]), at=parts[0][0].at, sure=0.6)
    return [cell for cell in cells if cell is not empty[0]] + [found], [
        value for value in left if value not in parts[0]
    ]


def _may_be_subject(part: Sequence[Value]) -> bool:
    first, whole = part[0].text, joined(value.text for value in part)
    addressed = re.match(r"aan (de|het|uw)\b|t\.?a\.?v\.?\s|(de )?gemeenteraad|de heer|mevrouw", first, re.IGNORECASE)
    return not addressed and not shapes.POSTCODE.search(whole) and _free("subject", [value.text for value in part]) > 3


def _unmistakable(key: str, text: str) -> bool:
    return shapes.REFERENCE.fullmatch(text) is not None if key == "our_reference" else fits(key, text) > 0


def _parts(values: Sequence[Value]) -> list[list[Value]]:
    """Values that stand together."""
    parts: list[list[Value]] = []
    for value in values:
        last = parts[-1][-1].at if parts else None
        if last is not None and last.page == value.at.page and value.at.y - last.y < 1.6 and not value.blank:
            parts[-1].append(value)
        else:
            parts.append([value])
    return parts


def _blocks(values: Sequence[Value]) -> list[list[Line]]:
    return [[value.at for value in part] for part in _parts(values)]
