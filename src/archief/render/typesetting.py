"""Data and a template into a PDF that lasts (PDF/A-3a, ISO 19005-3) and that all can read (PDF/UA-1, ISO 14289-1).

A template is a folder with ``template.typ`` for typst, and ``fonts/`` if it brings its own. The data go to it as JSON
and are shown as text; nothing in them is ever evaluated. The same data, moment and template give the same bytes with
the same version of typst; a later one may not, so a PDF is kept and never made again to compare.

Pure: reads the template's folder, writes nothing, asks no network.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archief.errors import ArchiefError, ExtraMissingError, MalformedError, NotFoundError, UsageError

MAIN = "template.typ"
PRONOM = "fmt/479"
"""PDF/A-3a in the register of formats."""

STANDARDS = ["a-3a", "ua-1"]

_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed|disallowed codepoint `"(.+?)"`', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "0": "\0"}
_PLACE = re.compile(r"┌─ (.+:\d+:\d+)$", re.MULTILINE)
_PACKAGE = re.compile(r"""["'](?:@|\\u\{0*40\})[\w-]+/""")
_GIVEN_UP = re.compile(r"^(?:panicked with|assertion failed): (.*)", re.DOTALL)
_QUOTED = re.compile(r'"[^"]*"|`[^`]*`')


def typeset(template: Path, name: str, given: bytes, value: object, moment: dt.datetime) -> bytes:
    """Make the PDF of some data.

    Args:
        template: the folder of the layout.
        name: what the data are: the template finds them as ``sys.inputs.NAME``.
        given: the data as JSON.
        value: the same as plain values (``msgspec.to_builtins``), to name the field that cannot be shown.
        moment: what the PDF says of when it was made, with a time zone; of the data, not of a clock.

    Returns:
        The file, with a line end at its end: without one a signature added later breaks PDF/A (6.1.9).

    Raises:
        MalformedError: the data have a character that the template's fonts cannot show.
        NotFoundError: the template is not there.
        UsageError: it fails.
        ExtraMissingError: typst or the font is not installed.
    """
    typst = _library("typst")
    main = _main(template)
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(main),
            root=str(template.resolve()),
            font_paths=_fonts(template / "fonts"),
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={name: given.decode()},
            pdf_standards=STANDARDS,
            timestamp=moment,
        )
    except typst.TypstError as error:
        raise _refusal(error, name, value, template) from None
    if warnings:
        raise _refusal(warnings[0], name, value, template)
    assert isinstance(pdf, bytes), "one document was asked for"
    return pdf + b"\n"


def made_by() -> str:
    """The program that makes PDFs, with its version."""
    return f"typst {importlib.import_module('importlib.metadata').version('typst')}"


def _library(name: str) -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ExtraMissingError(
            "rendering needs the extra `render`, which is not installed",
            where="archief render",
            remedy="pip install 'archief[render]'",
        ) from None


def _main(template: Path) -> Path:
    """The template's first file; what it imports lies in its folder."""
    root = template.resolve()
    main = root / MAIN
    if not main.is_file():
        raise NotFoundError(f"there is no {MAIN} in it", where=str(template), remedy="name the folder of a template")
    for path in sorted(root.rglob("*")):
        # typst keeps to its root by the names of files, and follows a link wherever it leads.
        if not path.resolve().is_relative_to(root):
            raise UsageError(
                "a link that leads out of the template's folder",
                where=f"{template.name}/{path.name}",
                remedy="put the file itself in its place",
            )
        if _PACKAGE.search(_text_of(path, template)):
            raise UsageError(
                "it imports a package from the network",
                where=f"{template.name}/{path.name}",
                remedy="put the package's files into the template's folder and import them from there",
            )
    return main


def _text_of(path: Path, template: Path) -> str:
    """What stands in a file of a template; nothing where it is no text, such as a picture."""
    if not path.is_file():
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        if path.suffix != ".typ":
            return ""
        raise UsageError(
            "it cannot be read as text", where=f"{template.name}/{path.name}", remedy="write it in UTF-8"
        ) from None


@functools.cache
def _fonts(own: Path) -> Any:  # noqa: ANN401 - typst's own class
    """A template's own fonts and ours; never the machine's: they differ."""
    typst = _library("typst")
    ours = Path(_library("fontpkg_ibm_plex_sans").ROOT) / "files"
    return typst.Fonts(False, False, [str(folder) for folder in (own, ours) if folder.is_dir()])


# what typst refuses, in words of ours


def _refusal(error: Any, name: str, value: object, template: Path) -> ArchiefError:  # noqa: ANN401 - its error or warning
    """What is wrong and where; never what the data say."""
    missing = [_unescaped(one or other) for one, other in _NO_GLYPH.findall(error.diagnostic)]
    if missing:
        where = next((path for path, text in _texts(value) if any(one in text for one in missing)), name)
        chars = {char: None for one in missing for char in one}
        codes = [f"U+{ord(char):04X}" for char in chars if not char.isascii()] or [
            f"U+{ord(char):04X}" for char in chars
        ]
        return MalformedError(
            f"no glyph for {', '.join(codes)} in the template's fonts",
            where=where,
            remedy="write it in another way, or put a font that has it into the template's fonts/ folder",
        )
    place = _PLACE.search(error.diagnostic)
    values = {text for _, text in _texts(value) if text}
    told = error.message.replace("\n", " ")
    sources = "".join(_text_of(path, template) for path in sorted(template.resolve().rglob("*.typ")))
    # What it quotes, or says when it gives up, is the template's own or else made from the data.
    quoted = [*(one[1:-1] for one in _QUOTED.findall(told)), *_GIVEN_UP.findall(told)]
    if any(value in told for value in values) or any(one not in sources for one in quoted):
        told = f"it fails on a value of this {name}"
    where = f"{template.name}/{Path(place[1]).name}" if place else str(template)
    return UsageError(f"the template: {told}", where=where, remedy="correct it; what it is given: docs/rendering.md")


def _unescaped(text: str) -> str:
    """What typst escaped, as Rust does."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else _CONTROLS.get(found[2], found[2]), text)


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """Every text with the path of its field; the rows of a form by their number, their labels are content."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, str):
            yield path, here
        elif isinstance(here, list):
            waiting += reversed([(f"{path}[{number}]", one) for number, one in enumerate(here)])
        elif path.startswith("fields"):
            rows = [(f"{path}[{number}]", text) for number, row in enumerate(here.items()) for text in row]
            waiting += reversed(rows)
        elif isinstance(here, dict):
            waiting += [(f"{path}.{name}".lstrip("."), one) for name, one in reversed(here.items())]
