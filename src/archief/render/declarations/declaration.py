"""A declaration as a page (HTML), as a PDF that lasts (PDF/A-3a, PDF/UA-1), and as data.

The same facts give the same bytes, the PDF with the same version of typst. The page is one file: no script, no picture,
no font.

    from archief.render.declarations import declaration
    page, pdf = declaration.html(made), declaration.pdf(made)
"""

from __future__ import annotations

import html as markup
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from archief import canonical
from archief.render import signs, typesetting
from archief.render.declarations import dutch
from archief.render.declarations.paper import Block, Declaration, Facts, Paper, Places, Prose, Section, Table

TEMPLATE = Path(__file__).resolve().parent / "template"
"""The layout of the PDF."""

PRINTED_ROWS = 1_000
"""So many lines of a table are printed: ten thousand take typst a minute, and nobody reads them on paper."""

TEST = "Proefarchief: deze verklaring heeft geen rechtskracht."


def data(one: Declaration) -> bytes:
    """The facts as canonical JSON, dates as text."""
    return canonical.encode(msgspec.to_builtins(one))


def pdf(one: Declaration) -> bytes:
    """The PDF.

    Raises:
        MalformedError: it cannot be shown on paper.
        ExtraMissingError: typst or the font is not installed.
    """
    attached = data(one).decode()

    def typeset(paper: dict[str, Any], *, changed: bool) -> bytes:
        if changed:
            *first, last = paper["sections"]
            told = msgspec.to_builtins(Prose(texts=[signs.NOTE.format("verklaring.json")]))
            paper = {**paper, "sections": [*first, {**last, "blocks": [*last["blocks"], told]}]}
        given = canonical.encode({"paper": paper, "data": attached, "test": TEST})
        return typesetting.typeset(TEMPLATE, "declaration", given, paper, one.time)

    return signs.numbered(typeset, msgspec.to_builtins(_printed(one.paper())))


def _printed(paper: Paper) -> Paper:
    """What fits on paper: of a longer table its first lines, and where the rest stands."""

    def shorter(block: Block) -> Iterator[Block]:
        if not isinstance(block, Table) or len(block.rows) <= PRINTED_ROWS:
            yield block
            return
        told = (
            f"Afgedrukt zijn de eerste {dutch.number(PRINTED_ROWS)} van {dutch.number(len(block.rows))} regels."
            " Alle regels staan in het bestand verklaring.json, dat aan deze PDF is vastgemaakt, en op de webpagina"
            " die met deze verklaring is bewaard."
        )
        yield Prose(texts=[told])
        yield msgspec.structs.replace(block, rows=block.rows[:PRINTED_ROWS])

    sections = [
        msgspec.structs.replace(section, blocks=[short for block in section.blocks for short in shorter(block)])
        for section in paper.sections
    ]
    return msgspec.structs.replace(paper, sections=sections)


def html(one: Declaration) -> bytes:
    """The page."""
    paper = one.paper()
    parts = [
        _HEAD.format(title=_text(f"{paper.title} {paper.reference}"), style=_STYLE),
        f'<header><p class="body">{_text(paper.organisation)}</p>',
        f'<h1>{_text(paper.title)}</h1><p class="law">{_text(paper.law)}</p></header>\n',
        f'<p class="test" role="note">{_text(TEST)}</p>\n' if paper.test else "",
        "<main>\n",
        _facts(Facts(rows=[("Kenmerk", paper.reference), ("Opgemaakt", paper.drawn_up)])),
        f'<p class="lead">{_text(paper.lead)}</p>\n',
        *(_section(number, section) for number, section in enumerate(paper.sections, 1)),
        f"</main>\n<footer{_wide(paper.sections[-1])}><p>{_text(paper.foot)}</p></footer>\n</body></html>\n",
    ]
    return "".join(parts).encode()


def _text(value: str) -> str:
    return markup.escape(value, quote=True)


def _wide(section: Section) -> str:
    """What lays a part on its side when it is printed."""
    return ' class="wide"' if section.wide else ""


def _section(number: int, section: Section) -> str:
    name = f"deel-{number}"
    blocks = "".join(_block(block) for block in section.blocks)
    opening = f'<section{_wide(section)} aria-labelledby="{name}">'
    return f'{opening}<h2 id="{name}">{_text(section.title)}</h2>\n{blocks}</section>\n'


def _block(block: Block) -> str:
    match block:
        case Facts():
            return _facts(block)
        case Table():
            return _table(block)
        case Prose(texts=texts, listed=True):
            return f"<ul>{''.join(f'<li>{_text(text)}</li>' for text in texts)}</ul>\n"
        case Prose(texts=texts):
            return "".join(f"<p>{_text(text)}</p>\n" for text in texts)
        case Places(parties=parties):
            return f'<div class="places">{"".join(map(_place, parties))}</div>\n'


def _facts(block: Facts) -> str:
    rows = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in block.rows)
    return f"<dl>{rows}</dl>\n"


def _table(block: Table) -> str:
    names = "".join(f'<th scope="col" class="{one.form}">{_text(one.name)}</th>' for one in block.columns)
    rows = "".join(f"<tr>{_cells(block, row)}</tr>\n" for row in block.rows)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{_text(block.title)}">'
        f"<table><caption>{_text(block.title)}</caption>\n"
        f"<thead><tr>{names}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )


def _cells(block: Table, row: Iterable[str]) -> str:
    """The cells of a row, the first of which names it."""
    cells = [f'<td class="{column.form}">{_text(value)}</td>' for column, value in zip(block.columns, row, strict=True)]
    cells[0] = cells[0].replace("<td ", '<th scope="row" ', 1).removesuffix("</td>") + "</th>"
    return "".join(cells)


def _place(party: str) -> str:
    lines = "".join(f"<div><dt>{name}</dt><dd></dd></div>" for name in ("Naam en functie", "Plaats en datum"))
    return f'<div class="place"><p>{_text(party)}</p><dl>{lines}</dl><p class="sign">Handtekening</p></div>'


_HEAD = """<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title><style>
{style}</style></head><body>
"""
_STYLE = """:root{--ink:#1b1c1e;--quiet:#55565a;--line:#c9cacd;--accent:#a3182b}
*{box-sizing:border-box}
body{font:1rem/1.55 "IBM Plex Sans","Segoe UI",system-ui,sans-serif;color:var(--ink);background:#fff;max-width:60rem;
margin:0 auto;padding:2.5rem 1.5rem}
header{border-bottom:3px solid var(--accent);padding-bottom:1rem;margin-bottom:1.5rem}
header p{margin:0}.body{font-weight:600}.law{color:var(--quiet)}
h1{font-size:1.9rem;line-height:1.2;margin:.6rem 0 .2rem}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
p,li{max-width:46rem}.lead{font-size:1.1rem;margin:1.4rem 0}
.test{border:2px solid var(--accent);padding:.5rem .8rem;color:#7d1020;font-weight:600}
dl{margin:0;display:grid;grid-template-columns:minmax(10rem,16rem) 1fr;column-gap:1.5rem}
dl>div{display:grid;grid-template-columns:subgrid;grid-column:1/-1;border-bottom:1px solid var(--line);padding:.3rem 0}
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
.table{overflow-x:auto;margin:.6rem 0 1.2rem}
.table:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);
font-weight:400}
thead th{font-weight:600;border-bottom:2px solid var(--ink)}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.day{white-space:nowrap}.code{overflow-wrap:anywhere;min-width:9rem}
ul{padding-left:1.2rem}
.places{display:grid;grid-template-columns:1fr 1fr;gap:2rem;margin-top:1rem}
.place{break-inside:avoid}.place p{font-weight:600}.place dl{grid-template-columns:9rem 1fr}
.place dl>div{padding:.9rem 0 .2rem}.place .sign{font-weight:400;color:var(--quiet);border-top:1px solid var(--ink);
margin-top:5rem;padding-top:.2rem}
footer{margin-top:3rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.8rem;overflow-wrap:anywhere}
@media (max-width:40rem){dl,.places{grid-template-columns:1fr}}
@media print{@page{size:A4;margin:20mm 18mm}
@page wide{size:A4 landscape}.wide{page:wide}
body{font-size:10pt;max-width:none;padding:0}.table{overflow:visible}
h2{break-after:avoid}tr,dl>div{break-inside:avoid}thead{display:table-header-group}p,li{max-width:none}}
"""
