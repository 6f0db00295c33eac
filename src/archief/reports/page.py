"""A report as a page: one HTML file that needs nothing beside it, no network and no script.

Every figure is a link to the place in the same file that names the records and entries behind it, and each entry there
is a link to a line that says what it is. For everybody (WCAG 2.2 AA): headings in order, tables with headers and
captions, drawings that say in text what they show, enough contrast on light and dark screens, and on paper.
"""

from __future__ import annotations

import html as markup
from collections.abc import Sequence
from importlib import resources

from archief.reports import chart, dutch, foot
from archief.reports.content import Content, Counted, Row, Section, Value
from archief.reports.declaration import Column
from archief.reports.reporter import ROWS_SHOWN

RECORDS_MAX = 100
"""So many records behind a figure are named one a line; of the others the entries are given."""

INLINE_MAX = 8
"""So many entries stand in a line of a table itself."""

RANGES_MAX = 400
LONG = 60
COLUMNS_WIDE = 8
"""With so many columns a table lies on its side on paper."""

MARKS = {"in orde": "good", "aandacht": "attention", "ter informatie": "informs"}
_text = markup.escape


def html(content: Content) -> bytes:
    """Write the page."""
    style = resources.files("archief.reports").joinpath("page.css").read_text(encoding="utf-8")
    head = (
        f'<!doctype html>\n<html lang="nl">\n<head>\n<meta charset="utf-8">\n<title>{_text(content.title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<style>\n{style}</style>\n</head>\n<body>\n<a class="skip" href="#inhoud">Naar de inhoud</a>\n'
    )
    parts = [
        head,
        _header(content),
        _contents(content),
        '<main id="inhoud">\n',
        *(_section(content, section) for section in content.sections),
        _behind(content),
        _events(content),
        "</main>\n",
        _footer(content),
        "</body>\n</html>\n",
    ]
    return "".join(parts).encode()


def _header(content: Content) -> str:
    last = content.made_from[-1]
    notice = foot.notice(content)
    about = "".join(f"<p>{_text(one)}</p>\n" for one in content.about)
    return (
        f'<header>\n<p class="kind">Verslag uit het archief</p>\n<h1>{_text(content.title)}</h1>\n'
        f'<p class="question">{_text(content.question)}</p>\n'
        + (f'<p class="notice">{_text(notice)}</p>\n' if notice else "")
        + f'<dl class="meta"><dt>Peildatum</dt><dd>{dutch.long_day(last.day)}</dd>\n'
        f"<dt>Logboek</dt><dd>{_text(last.origin)}, omvang {dutch.number(last.size)} regels</dd>\n"
        f"<dt>Rust op</dt><dd>{_text('; '.join(content.sources))}</dd></dl>\n{about}</header>\n"
    )


def _contents(content: Content) -> str:
    items = [(f"deel-{one.name}", one.title) for one in content.sections]
    items += [("bewijs", "Wat er achter de cijfers staat"), ("gebeurtenissen", "Genoemde gebeurtenissen")]
    items += [("herkomst", "Waaruit dit verslag is gemaakt")]
    links = "".join(f'<li><a href="#{target}">{_text(title)}</a></li>\n' for target, title in items)
    return f'<nav aria-label="Inhoud">\n<ul>\n{links}</ul>\n</nav>\n'


def _section(content: Content, section: Section) -> str:
    wide = ' class="wide"' if section.rows and len(section.columns) >= COLUMNS_WIDE else ""
    parts = [f'<section id="deel-{section.name}"{wide}>\n<h2>{_text(section.title)}</h2>\n']
    if section.text:
        parts.append(f"<p>{_text(section.text)}</p>\n")
    if section.criteria:
        parts.append(_criteria(section))
    elif section.figures:
        parts.append(_figures(section))
    elif section.columns and not section.rows:
        parts.append(f"<p>{_text(section.none)}</p>\n")
    elif section.columns:
        if section.chart is not None:
            drawn = chart.drawn(section, section.chart)
            parts.append(
                f"<figure>\n<figcaption>{_text(drawn.text)}</figcaption>\n"
                f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(section.chart.title)}">\n'
                f"{drawn.svg}\n</div>\n</figure>\n"
            )
        parts.append(_table(content, section))
    parts.append("</section>\n")
    return "".join(parts)


def _figures(section: Section) -> str:
    parts = ['<dl class="figures">\n']
    for one in section.figures:
        shown = dutch.written(one.value, one.kind) or "–"
        if one.events:
            shown = f'<a href="#{_anchor(section, one)}">{_text(shown)}</a>'
        parts.append(f"<div><dt>{_text(one.title)}</dt><dd>{shown}</dd>")
        parts.append(f"<dd>{_text(one.text)}</dd></div>\n" if one.text else "</div>\n")
    return "".join([*parts, "</dl>\n"])


def _criteria(section: Section) -> str:
    heads = ['<th scope="col" class="third">Criterium</th>', _head("Wat dit archief laat zien")]
    heads += ['<th scope="col" class="number">Cijfer</th>', '<th scope="col" class="verdicts">Beeld</th>']
    lines = []
    for one in section.figures:
        shown = _text(dutch.written(one.value, one.kind)) or "–"
        figure = f'<a href="#{_anchor(section, one)}">{shown}</a>' if one.events else shown
        lines.append(
            [
                f'<th scope="row">{_text(one.title)}</th>',
                f"<td>{_text(one.text)}</td>",
                f'<td class="number">{figure}</td>',
                f'<td><span class="verdict {MARKS.get(one.verdict, "cannot")}">{one.verdict}</span></td>',
            ]
        )
    return _grid(section.title, f"De criteria van: {_text(section.title)}", heads, lines)


def _anchor(section: Section, one: Counted) -> str:
    return f"bewijs-{section.name}-{one.name}"


def _table(content: Content, section: Section) -> str:
    rows = section.rows[:ROWS_SHOWN]
    caption = _text(section.title)
    if section.total > len(rows):
        caption += (
            f": de eerste {dutch.number(len(rows))} van {dutch.number(section.total)} regels;"
            f" <code>archief report {content.name} --format json</code> heeft ze alle"
        )
    heads = [f'<th scope="col"{_class(column)}>{_text(column.title)}</th>' for column in section.columns]
    behind = any(row.events for row in rows)
    if behind:
        heads.append(_head("Regels in het logboek"))
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [_cell(column, row.cells[column.name], first=not at) for at, column in enumerate(section.columns)]
        if behind:
            cells.append(f'<td class="behind">{_row_events(content, section, row, number)}</td>')
        lines.append(cells)
    return _grid(section.title, caption, heads, lines)


def _head(title: str) -> str:
    return f'<th scope="col">{_text(title)}</th>'


def _grid(
    label: str, caption: str, heads: Sequence[str], lines: Sequence[Sequence[str]], ids: Sequence[str] = ()
) -> str:
    """A table that a keyboard can scroll where it is wider than the screen.

    Args:
        label: what a screen reader calls it.
        caption: above it; markup.
        heads: of the columns; markup.
        lines: the cells of each line; markup.
        ids: an anchor for each line.
    """
    marks = [f' id="{one}"' for one in ids] or [""] * len(lines)
    body = "".join(f"<tr{mark}>{''.join(cells)}</tr>\n" for mark, cells in zip(marks, lines, strict=True))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(label)}">\n<table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
        "</div>\n"
    )


def _class(column: Column, value: Value = None) -> str:
    if column.kind in ("number", "share"):
        return ' class="number"'
    if column.kind in ("date", "moment", "code") and not isinstance(value, str):
        return ' class="date"'
    return ' class="long"' if isinstance(value, str) and len(value) > LONG else ""


def _cell(column: Column, value: Value, *, first: bool) -> str:
    shown = _text(dutch.written(value, column.kind))
    if first:
        return f'<th scope="row"{_class(column, value)}>{shown or "–"}</th>'
    return f"<td{_class(column, value)}>{shown}</td>"


def _row_events(content: Content, section: Section, row: Row, number: int) -> str:
    if len(row.events) > INLINE_MAX:
        return f'<a href="#bewijs-{section.name}-{number}">{dutch.number(len(row.events))} regels</a>'
    return ", ".join(_event_link(content, seq) for seq in row.events)


def _event_link(content: Content, seq: int) -> str:
    return f'<a href="#e{seq}">{seq}</a>' if seq in content.events else str(seq)


# what is behind the figures


def _behind(content: Content) -> str:
    parts = ['<section id="bewijs">\n<h2>Wat er achter de cijfers staat</h2>\n']
    parts.append(
        "<p>Bij elk cijfer de records en de regels van het logboek waarop het rust. De oorsprong van het logboek en het"
        " nummer van een regel noemen samen een gebeurtenis, voor altijd.</p>\n"
    )
    for section in content.sections:
        parts += [_behind_figure(content, section, one) for one in section.figures if one.events]
        for number, row in enumerate(section.rows[:ROWS_SHOWN], 1):
            if len(row.events) > INLINE_MAX:
                title = f"{section.title}: {dutch.written(row.cells[section.columns[0].name]) or '–'}"
                parts.append(_listed(content, f"bewijs-{section.name}-{number}", title, row.events))
    return "".join([*parts, "</section>\n"])


def _behind_figure(content: Content, section: Section, one: Counted) -> str:
    title = f"{one.title}: {dutch.written(one.value, one.kind)}"
    by_record: dict[str, list[int]] = {}
    told = [content.events[seq] for seq in one.events if seq in content.events]
    for event in told:
        by_record.setdefault(event.stream, []).append(event.seq)
    if not one.records or len(by_record) > RECORDS_MAX or len(told) < len(one.events):
        return _listed(content, _anchor(section, one), title, one.events)
    lines = [
        [
            f'<th scope="row">{_text(content.names[stream])}</th>',
            f"<td><code>{stream}</code></td>",
            f'<td class="behind">{", ".join(_event_link(content, seq) for seq in seqs)}</td>',
        ]
        for stream, seqs in by_record.items()
    ]
    heads = [_head("Record"), _head("Kenmerk"), _head("Regels in het logboek")]
    grid = _grid(title, f"Records en regels achter: {_text(one.title)}", heads, lines)
    return f'<section id="{_anchor(section, one)}">\n<h3>{_text(title)}</h3>\n{grid}</section>\n'


def _listed(content: Content, anchor: str, title: str, seqs: Sequence[int]) -> str:
    """Many entries, in few words."""
    found, more = dutch.ranges(seqs, RANGES_MAX)
    shown = ", ".join(found)
    if more:
        shown += f" en verder; <code>archief report {content.name} --format json</code> noemt ze alle"
    return (
        f'<section id="{anchor}">\n<h3>{_text(title)}</h3>\n'
        f'<p class="seqs">{dutch.number(len(seqs))} regels: {shown}.</p>\n</section>\n'
    )


def _events(content: Content) -> str:
    title = "Genoemde gebeurtenissen"
    told = [content.events[seq] for seq in sorted(content.events)]
    caption = "Elke genoemde regel van het logboek; tijden zijn die van Amsterdam"
    heads = [_head(name) for name in ("Regel", "Wat", "Record", "Wanneer", "Vastgelegd door")]
    lines = [
        [
            f'<th scope="row">{event.seq}</th>',
            f"<td>{_text(event.what)}</td>",
            f"<td>{_text(event.record)}</td>",
            f'<td class="date">{dutch.moment(event.time)}</td>',
            f"<td>{_text(event.person)}</td>",
        ]
        for event in told
    ]
    grid = _grid(title, caption, heads, lines, [f"e{event.seq}" for event in told]) if told else "<p>Geen.</p>\n"
    return f'<section id="gebeurtenissen">\n<h2>{title}</h2>\n{grid}</section>\n'


def _footer(content: Content) -> str:
    parts = ['<footer id="herkomst">\n<h2>Waaruit dit verslag is gemaakt</h2>\n']
    for made in content.made_from:
        if len(content.made_from) > 1:
            parts.append(f"<h3>De stand van {dutch.long_day(made.day)}</h3>\n")
        pairs = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in foot.lines(made))
        parts.append(f"<dl>\n{pairs}</dl>\n")
    return "".join([*parts, "</footer>\n"])
