"""The cells of a letter's header where the layout is kept: a value stands below its label, or right of it.

The real header is a grid of three columns beside a column of addresses, but nothing here counts on that: each label
owns the space between it and the next label below and to the right.
"""

from __future__ import annotations

from collections.abc import Sequence

from archief.intake import labels, shapes
from archief.intake.cells import Cell
from archief.intake.decoding import SOFT_HYPHEN
from archief.intake.labels import Label, fits
from archief.intake.page import GAP, Line, Word, joined, spoken

_SLACK = 1.6
"""A value may begin this much left of its label."""

_SPACE = 1.4
"""A space up to this parts two words of running text, in letters of equal width too."""

_COLUMN = 6
"""A space as wide as this parts two columns, even once; a tool that doubles spaces makes no wider ones."""

_NEAR = 4
"""Labels so few lines apart stand in rows of the same grid."""

_FIRST_MAX = 3.2
_NEXT_MAX = 1.9
"""Line distances from label to value, and from one line of a value to the next."""


def is_kept(lines: Sequence[Line]) -> bool:
    """Whether these lines have columns: labels side by side, or texts below each other beside their labels."""
    beside: list[float] = []
    for index, line in enumerate(lines):
        found = labels.found(line, index)
        ends = [label.end for label in found]
        if len(found) > 1 and any(
            label.begin and line.words[label.begin].x0 - line.words[label.begin - 1].x1 >= 1.6 for label in found[1:]
        ):
            return True
        begin = found[0].begin if found else 0
        if begin > 1 and line.words[begin].x0 - line.words[begin - 1].x1 >= GAP:
            return True
        if len(found) == 1 and ends[0] < len(line.words):
            space = line.words[ends[0]].x0 - line.words[ends[0] - 1].x1
            if space >= GAP and not shapes.is_empty(spoken(line.words[ends[0] :])):
                beside.append(line.words[ends[0]].x0)
                if space >= _COLUMN or sum(abs(x0 - beside[-1]) < _SLACK for x0 in beside) > 1:
                    return True
    return False


class Grid:
    """The labels of a header and the words between them.

    Args:
        lines: the header, without page furniture.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.labels = [label for index, line in enumerate(lines) for label in labels.found(line, index)]
        self.free = [[True] * len(line.words) for line in lines]
        for label in self.labels:
            self._take(label.line, label.begin, label.end)
            if label.begin == 1:
                self._take(label.line, 0, 1)
        self.starts = self._columns()

    def _columns(self) -> list[float]:
        starts: list[float] = []
        for x0 in sorted(label.x0 for label in self.labels):
            if not starts or x0 - starts[-1] > 4:
                starts.append(x0)
        return starts

    def _take(self, line: int, begin: int, end: int) -> None:
        self.free[line][begin:end] = [False] * (end - begin)

    def _bound(self, label: Label) -> float:
        """Where the label right of this one begins, on its line or next to it."""
        beside = [
            other.x0
            for other in self.labels
            if abs(other.line - label.line) < _NEAR
            and other.x0 > label.x0 + 4
            and (other.line == label.line or other.key.endswith("_address") == label.key.endswith("_address"))
        ]
        return min(beside, default=float("inf"))

    def _right(self, label: Label) -> float:
        beside = [other.x0 for other in self.labels if other.line == label.line and other.x0 > label.x0]
        return min([*beside, *(start for start in self.starts if start > label.x0 + 4)], default=float("inf"))

    def _next_column(self, x: float) -> float:
        return min((start for start in self.starts if start > x + 4), default=float("inf"))

    def cells(self) -> list[Cell]:
        """Each label with its value."""
        return [self._cell(label) for label in self.labels]

    def _cell(self, label: Label) -> Cell:
        line = self.lines[label.line]
        rest = self._beside(label)
        if rest and self._stands_beside(label, rest):
            first = self._first_segment(rest)
            self._take(label.line, label.end, label.end + len(first))
            if label.key in labels.TYPED and fits(label.key, spoken(first)) > 0:
                return Cell(label.key, label.word, (spoken(first),), line)
            texts = (
                spoken(first),
                *self._below(label, first[0].x0, self._next_column(first[0].x0), begun=True, beside=True),
            )
            return Cell(label.key, label.word, texts, line)
        texts = tuple(self._below(label, label.x0, self._right(label), begun=False, beside=False))
        return Cell(label.key, label.word, texts, line)

    def _beside(self, label: Label) -> Sequence[Word]:
        """The words between a label and the next one on its line."""
        words = self.lines[label.line].words
        later = [other.begin for other in self.labels if other.line == label.line and other.begin > label.begin]
        return words[label.end : min(later, default=len(words))]

    @staticmethod
    def _first_segment(rest: Sequence[Word]) -> Sequence[Word]:
        for index in range(1, len(rest)):
            if rest[index].x0 - rest[index - 1].x1 >= 6:
                return rest[:index]
        return rest

    def _stands_beside(self, label: Label, rest: Sequence[Word]) -> bool:
        text = spoken(self._first_segment(rest))
        near = rest[0].x0 - self.lines[label.line].words[label.end - 1].x1 < GAP
        if label.key in labels.TYPED:
            if fits(label.key, text) > 0 or (near and not label.alone):
                return True
            return shapes.is_empty(text) and (near or not self._stands_below(label))
        return near or self._same_column(label) or not self._stands_below(label)

    def _same_column(self, label: Label) -> bool:
        """Whether other labels of the same column have text beside them too."""
        return any(
            abs(other.x0 - label.x0) < _SLACK and fits(other.key, spoken(self._first_segment(self._beside(other)))) > 0
            for other in self.labels
            if other is not label
        )

    def _stands_below(self, label: Label) -> bool:
        """Whether text begins right below a label, and not only somewhere in its column."""
        above = self.lines[label.line]
        for index in range(label.line + 1, len(self.lines)):
            line = self.lines[index]
            if line.page != above.page or line.y - above.y > _FIRST_MAX:
                return False
            if any(other.line == index and abs(other.x0 - label.x0) < _SLACK for other in self.labels):
                return False
            if any(
                free and abs(word.x0 - label.x0) < _SLACK
                for word, free in zip(line.words, self.free[index], strict=True)
            ):
                return True
        return False

    def _below(self, label: Label, left: float, right: float, *, begun: bool, beside: bool) -> list[str]:
        """The lines of a value.

        Args:
            label: its label.
            left: where the value begins.
            right: where the next column begins.
            begun: the value has a line already, beside the label.
            beside: values stand right of their labels: any label further down ends it.
        """
        texts: list[str] = []
        above = self.lines[label.line]
        bound = self._bound(label)
        for index in range(label.line + 1, len(self.lines)):
            line = self.lines[index]
            # A line of another column between two lines of a value is no gap.
            apart = line.y - above.y - (1.0 if line.gap == 0 and self.lines[index - 1] is not above else 0.0)
            if line.page != above.page or apart > (_NEXT_MAX if begun or texts else _FIRST_MAX):
                break
            if any(
                other.line == index
                and (left - _SLACK <= other.x0 < right or (beside and other.x0 <= label.x0 + _SLACK))
                for other in self.labels
            ):
                break
            inside = [
                number
                for number, word in enumerate(line.words)
                if self.free[index][number] and left - _SLACK <= word.x0 < right - 0.5
            ]
            if inside and inside[0] and self._bleeds(line, inside[0], index):
                inside = []
            # Running text goes on past a column that other labels begin; a label beside this one bounds it.
            while inside and inside[-1] + 1 < len(line.words) and line.words[inside[-1] + 1].x0 < bound - 0.5:
                if not self._bleeds(line, inside[-1] + 1, index) or not self.free[index][inside[-1] + 1]:
                    break
                inside.append(inside[-1] + 1)
            if not inside:
                continue
            for number in inside:
                self.free[index][number] = False
            texts.append(spoken(line.words[number] for number in inside))
            above = line
            if label.key.endswith("_address") and shapes.POSTCODE.search(texts[-1]):
                break
        return texts

    def _bleeds(self, line: Line, number: int, index: int) -> bool:
        """Whether a word belongs to running text that begins further left."""
        before = line.words[number - 1]
        return self.free[index][number - 1] and line.words[number].x0 - before.x1 < _SPACE

    def left_over(self) -> list[list[Line]]:
        """The blocks of text that belong to no label, each column for itself."""
        parts: list[list[Line]] = []
        for index, line in enumerate(self.lines):
            words = [word for number, word in enumerate(line.words) if self.free[index][number]]
            if not words:
                continue
            for segment in line._replace(words=tuple(words)).segments():
                piece = line._replace(words=segment)
                home = next(
                    (
                        part
                        for part in reversed(parts)
                        if part[-1].page == line.page
                        and 0 < line.y - part[-1].y < _NEXT_MAX
                        and abs(part[-1].x0 - piece.x0) < 3
                    ),
                    None,
                )
                if home is None:
                    parts.append([piece])
                else:
                    home.append(piece)
        return parts


def joined_value(key: str, lines: Sequence[str]) -> str:
    """The lines of a cell as one value: addresses with commas, mail addresses without spaces."""
    if key == "email":
        return "".join(lines).replace(" ", "").replace(SOFT_HYPHEN, "-")
    if key.endswith("_address"):
        return ", ".join(line.strip().rstrip(",") for line in lines)
    return joined(lines)
