"""The lines of a PDF, from the place of every character: never the order in which a program happened to draw them."""

from __future__ import annotations

import ctypes
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archief.errors import LockedFileError, NoTextError, UnreadableFileError
from archief.intake.decoding import SOFT_HYPHEN, mended, plain
from archief.intake.page import Line, Word

PAGES_MAX = 2_000
"""A letter of more pages than this is refused."""

CHARACTERS_MAX = 5_000_000

_SPACE = 0.14
"""A gap wider than this part of the letters' size parts two words."""

_SCRIPTS = re.compile(rb"/(?:JavaScript|JS)\b")


class _Glyph(NamedTuple):
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    char: str


class Content(NamedTuple):
    """What a PDF holds.

    Args:
        lines: of all pages.
        pages: how many.
        warnings: what a person should know: scripts, files inside.
    """

    lines: list[Line]
    pages: int
    warnings: list[str]


def read(data: bytes) -> Content:
    """Read a PDF.

    Args:
        data: the file.

    Raises:
        UnreadableFileError: it is broken, or has too many pages.
        LockedFileError: a password is needed to open it.
        NoTextError: its pages are pictures.
    """
    import pypdfium2  # noqa: PLC0415 - heavy

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise LockedFileError(
                "this PDF opens with a password only", remedy="save it without a password and read that"
            ) from None
        raise UnreadableFileError(
            "this is no PDF that can be opened; it is damaged", remedy="ask for it again"
        ) from None
    try:
        return _content(document, data)
    except pypdfium2.PdfiumError:
        raise UnreadableFileError("a page of this PDF is damaged", remedy="ask for it again") from None
    finally:
        document.close()


def _content(document: Any, data: bytes) -> Content:  # noqa: ANN401 - pypdfium2 has no types
    count = len(document)
    if count > PAGES_MAX:
        raise UnreadableFileError(f"more than {PAGES_MAX:,} pages", remedy="split it")
    lines: list[Line] = []
    characters = 0
    for number in range(count):
        page = document[number]
        text = page.get_textpage()
        characters += text.count_chars()
        if characters > CHARACTERS_MAX:
            raise UnreadableFileError(f"more than {CHARACTERS_MAX:,} characters", remedy="split it")
        lines += _lines(list(_glyphs(text)), number + 1, float(page.get_height()))
        text.close()
        page.close()
    if not lines:
        raise NoTextError(
            "the pages are pictures without text: a scan" if count else "a PDF without pages",
            remedy="let a text recognition (OCR) go over it, or type the fields with --set",
        )
    return Content(lines, count, list(_suspicious(document, data)))


def _suspicious(document: Any, data: bytes) -> Iterator[str]:  # noqa: ANN401 - pypdfium2 has no types
    from pypdfium2 import raw  # noqa: PLC0415 - heavy

    if raw.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0 or _SCRIPTS.search(data):
        yield "the PDF holds JavaScript; it was not run"
    inside = raw.FPDFDoc_GetAttachmentCount(document.raw)
    if inside > 0:
        yield f"the PDF holds {inside} {'file' if inside == 1 else 'files'} inside; only its pages were read"


def _glyphs(text: Any) -> Iterator[_Glyph]:  # noqa: ANN401 - pypdfium2 has no types
    """Every character with its box, in points from the bottom left."""
    from pypdfium2 import raw  # noqa: PLC0415 - heavy

    handle = text.raw
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y = ctypes.c_double(), ctypes.c_double()
    loose = raw.FS_RECTF()
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, index)
        # 2 and 0xFFFE are how PDFium tells of a hyphen that breaks a word.
        char = SOFT_HYPHEN if code in (2, 0xFFFE) else chr(code) if 0 < code < 0x110000 else ""
        if char.isspace():
            char = "" if raw.FPDFText_IsGenerated(handle, index) == 1 else " "
        if not char or 0xD800 <= code < 0xE000:
            continue
        if not raw.FPDFText_GetCharBox(handle, index, left, right, bottom, top):
            continue
        height = abs(top.value - bottom.value)
        if raw.FPDFText_GetLooseCharBox(handle, index, loose):
            left.value, right.value = loose.left, loose.right
        raw.FPDFText_GetCharOrigin(handle, index, x, y)
        size = raw.FPDFText_GetFontSize(handle, index) or 10.0
        if size <= 1.5:
            # The real size stands in a matrix then; a letter's height is about 0.7 of it.
            size = max(height / 0.7, 1.0)
        yield _Glyph(left.value, max(right.value, left.value), y.value, y.value, size, char)


def _lines(glyphs: Sequence[_Glyph], page: int, height: float) -> list[Line]:
    """Characters to lines of words, by their places alone."""
    if not glyphs:
        return []
    sizes = sorted(glyph.size for glyph in glyphs)
    size = sizes[len(sizes) // 2]
    rows: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda each: (-each.bottom, each.x0)):
        if rows and abs(rows[-1][0].bottom - glyph.bottom) < 0.35 * size:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    rows = [sorted(row, key=lambda each: each.x0) for row in rows]
    pitch = _pitch([row[0].bottom for row in rows], size)
    unit = size * 0.5
    lines: list[Line] = []
    above: float | None = None
    for row in rows:
        words = tuple(_words(row, unit))
        if not words:
            continue
        base = row[0].bottom
        gap = 0 if above is None else max(0, round((above - base) / pitch - 0.85))
        if above is not None and gap == 0 and (above - base) > 1.3 * pitch:
            gap = 1
        place = f"{row[0].x0:.0f} × {height - base:.0f} pt"
        lines.append(Line(words, page, (height - base) / pitch, gap, place))
        above = base
    return lines


def _pitch(bases: Sequence[float], size: float) -> float:
    """The distance between two lines of running text: the most common one that fits the letters' height."""
    steps: dict[float, int] = {}
    for above, below in itertools.pairwise(bases):
        step = round(above - below, 0)
        if 0.9 * size <= step <= 2.2 * size:
            steps[step] = steps.get(step, 0) + 1
    if not steps:
        return 1.25 * size
    most = max(steps.values())
    return min(step for step, count in steps.items() if count >= max(2, most / 2) or count == most)


def _words(row: Sequence[_Glyph], unit: float) -> Iterator[Word]:
    begun: list[_Glyph] = []
    for glyph in row:
        if begun and (glyph.x0 - begun[-1].x1 > _SPACE * glyph.size or glyph.char == " "):
            yield from _word(begun, unit)
            begun = []
        if glyph.char != " " and not _doubled(begun, glyph):
            begun.append(glyph)
    yield from _word(begun, unit)


def _doubled(begun: Sequence[_Glyph], glyph: _Glyph) -> bool:
    """Whether a letter is the one before it drawn again for boldness."""
    return bool(begun) and begun[-1].char == glyph.char and abs(begun[-1].x0 - glyph.x0) < 0.06 * glyph.size


def _word(glyphs: Sequence[_Glyph], unit: float) -> Iterator[Word]:
    text, _ = mended(plain("".join(glyph.char for glyph in glyphs)))
    if text:
        yield Word(glyphs[0].x0 / unit, glyphs[-1].x1 / unit, text)
