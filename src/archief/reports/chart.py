"""Charts as SVG: bars drawn from the rows of a table, with the same figures in text, so that nobody needs to see them.

A drawing carries its colours itself and classes beside them: a page may give it those of a dark screen, and a PDF takes
them as they are. Stacked values differ by texture too, not by colour alone.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

from archief.reports import dutch
from archief.reports.content import Row, Section
from archief.reports.declaration import Chart

WIDTH = 720
BAR = 22
PITCH = 32
LABEL = 220
COLUMNS_HEIGHT = 200
AXIS = 56
TOP = 26
LABELS_MAX = 16
BARS_MAX = 40
"""More bars than this are no drawing but a table: the last ones are drawn, and that is said."""

COLOURS = ("#1b5e8c", "#c25a00", "#4f7a28")


class Drawn(NamedTuple):
    """A chart.

    Attributes:
        svg: the drawing.
        text: what it shows, in a sentence or two.
    """

    svg: str
    text: str


def drawn(section: Section, chart: Chart) -> Drawn:
    """Draw the rows of a part."""
    rows = section.rows[-BARS_MAX:]
    titles = {column.name: column.title for column in section.columns}
    values = [[_value(row, name) for name in chart.values] for row in rows]
    labels = [dutch.written(row.cells[chart.label]) for row in rows]
    legend = [titles[name] for name in chart.values]
    text = _told(chart, labels, values, legend, len(section.rows) - len(rows))
    body, height = (_bars if chart.kind == "bars" else _columns)(section.name, labels, values, legend)
    name = f"{section.name}-tekening"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img" aria-labelledby="{name}-titel {name}-tekst" class="chart" font-family="IBM Plex Sans, sans-serif"'
        f' font-size="13" fill="#1a1a1a"><title id="{name}-titel">{html.escape(chart.title)}</title>'
        f'<desc id="{name}-tekst">{html.escape(text)}</desc>{_patterns(section.name)}{body}</svg>'
    )
    return Drawn(svg, text)


def _value(row: Row, name: str) -> int:
    value = row.cells[name]
    return value if isinstance(value, int) else 0


def _told(
    chart: Chart, labels: Sequence[str], values: Sequence[Sequence[int]], legend: Sequence[str], left_out: int
) -> str:
    period = f", van {labels[0]} tot en met {labels[-1]}" if chart.kind == "columns" and len(labels) > 1 else ""
    sums = [_sum(labels, each) for each in zip(*values, strict=True)]
    told = sums[0] if len(sums) == 1 else "; ".join(f"{name}: {each}" for name, each in zip(legend, sums, strict=True))
    told = f"{chart.title}{period}. {told[:1].upper()}{told[1:]}."
    if left_out:
        told += f" De tekening heeft de laatste {len(labels)}; de tabel heeft ook de {dutch.number(left_out)} daarvoor."
    return f"{told} De cijfers staan in de tabel onder de tekening."


def _sum(labels: Sequence[str], values: Sequence[int]) -> str:
    """What one colour says: all of it, and where most of it is."""
    most = max(values)
    where = [label for label, value in zip(labels, values, strict=True) if value == most]
    if not most:
        return "nul"
    if len(where) > 1:
        return f"samen {dutch.number(sum(values))}"
    return f"samen {dutch.number(sum(values))}, het meest bij {where[0]} ({dutch.number(most)})"


def _patterns(name: str) -> str:
    """The textures of the second and third value."""
    stripes = (
        f'<pattern id="{name}-p1" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" class="s1" fill="{COLOURS[1]}"/>'
        '<rect width="2" height="6" class="gap" fill="#fff"/></pattern>'
    )
    dots = (
        f'<pattern id="{name}-p2" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" class="s2" fill="{COLOURS[2]}"/>'
        '<circle cx="3" cy="3" r="1.2" class="gap" fill="#fff"/></pattern>'
    )
    return f"<defs>{stripes}{dots}</defs>"


def _fill(name: str, place: int) -> str:
    return f'class="s0" fill="{COLOURS[0]}"' if place == 0 else f'fill="url(#{name}-p{place})"'


def _legend(name: str, legend: Sequence[str]) -> str:
    if len(legend) < 2:
        return ""
    parts, left = [], 0
    for place, title in enumerate(legend):
        parts.append(f'<rect x="{left}" y="2" width="14" height="14" {_fill(name, place)}/>')
        parts.append(f'<text x="{left + 20}" y="14" class="ink">{html.escape(title)}</text>')
        left += 44 + 8 * len(title)
    return "".join(parts)


def _bars(name: str, labels: Sequence[str], values: Sequence[Sequence[int]], legend: Sequence[str]) -> tuple[str, int]:
    """Lying bars, one a label, with its total at the end."""
    top = TOP if len(legend) > 1 else 0
    most = max((sum(each) for each in values), default=0) or 1
    room = WIDTH - LABEL - 70
    parts = [_legend(name, legend)]
    for row, (label, each) in enumerate(zip(labels, values, strict=True)):
        y, x = top + row * PITCH + (PITCH - BAR) // 2, LABEL
        shown = label if len(label) <= 30 else f"{label[:29]}…"
        parts.append(f'<text x="{LABEL - 10}" y="{y + 16}" text-anchor="end" class="ink">{html.escape(shown)}</text>')
        for place, value in enumerate(each):
            wide = value * room // most
            if value:
                parts.append(f'<rect x="{x}" y="{y}" width="{max(wide, 1)}" height="{BAR}" {_fill(name, place)}/>')
            x += max(wide, 1) if value else 0
        parts.append(f'<text x="{x + 8}" y="{y + 16}" class="ink">{dutch.number(sum(each))}</text>')
    height = top + len(labels) * PITCH
    parts.append(f'<line x1="{LABEL}" y1="{top}" x2="{LABEL}" y2="{height}" class="axis" stroke="#6b6b6b"/>')
    return "".join(parts), height


def _columns(
    name: str, labels: Sequence[str], values: Sequence[Sequence[int]], legend: Sequence[str]
) -> tuple[str, int]:
    """Standing columns, for time; labels as far as there is room."""
    top = TOP + 14
    most = max((sum(each) for each in values), default=0) or 1
    room = WIDTH - AXIS
    pitch = min(room // max(len(labels), 1), 72)
    wide = max(pitch * 7 // 10, 1)
    base = top + COLUMNS_HEIGHT
    parts = [_legend(name, legend)]
    for share in (0, 2, 4):
        y = base - COLUMNS_HEIGHT * share // 4
        parts.append(f'<line x1="{AXIS}" y1="{y}" x2="{WIDTH}" y2="{y}" class="axis" stroke="#6b6b6b" opacity="0.5"/>')
        if most * share % 4 == 0:
            shown = dutch.number(most * share // 4)
            parts.append(f'<text x="{AXIS - 8}" y="{y + 4}" text-anchor="end" class="ink">{shown}</text>')
    every = -(-len(labels) // min(LABELS_MAX, max(1, room // 64)))
    for row, (label, each) in enumerate(zip(labels, values, strict=True)):
        x, y = AXIS + row * pitch + (pitch - wide) // 2, base
        for place, value in enumerate(each):
            high = value * COLUMNS_HEIGHT // most
            if value:
                y -= max(high, 1)
                parts.append(f'<rect x="{x}" y="{y}" width="{wide}" height="{max(high, 1)}" {_fill(name, place)}/>')
        if row % every == 0:
            middle = x + wide // 2
            parts.append(
                f'<text x="{middle}" y="{base + 18}" text-anchor="middle" class="ink">{html.escape(label)}</text>'
            )
    return "".join(parts), base + 26
