"""The lines of a Word file. Tables keep their columns; nothing in the packet is run, fetched or expanded."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from archief.errors import FileTooLargeError, LockedFileError, NoTextError, UnreadableFileError
from archief.intake.decoding import plain
from archief.intake.page import Line, Word

UNPACKED_MAX = 200_000_000
"""More bytes than this are not unpacked."""

PARTS_MAX = 5_000

PARAGRAPHS_MAX = 50_000
"""Of more paragraphs, cells of tables among them, a letter is never made."""

_PAGE_PARTS = ("document", "header", "footer", "styles", "numbering", "settings")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DAMAGED = "this Word file is damaged"
_REMEDY = "open it in Word, save it again, and read that"


def read(data: bytes) -> tuple[list[Line], list[str]]:
    """Read a Word file.

    Args:
        data: the file.

    Returns:
        The lines, and what a person should know.

    Raises:
        UnreadableFileError: damaged, or with declarations that a letter never has.
        LockedFileError: a password is needed.
        FileTooLargeError: it unpacks to more than is looked at.
        NoTextError: there is no text in it.
    """
    import docx  # noqa: PLC0415 - heavy
    from docx.opc.exceptions import OpcError  # noqa: PLC0415 - heavy
    from lxml import etree  # noqa: PLC0415 - heavy

    warnings = _checked(data)
    try:
        document = docx.Document(BytesIO(data))
        if sum(1 for _ in document.element.body.iter(f"{_W}p")) > PARAGRAPHS_MAX:
            raise FileTooLargeError(f"more than {PARAGRAPHS_MAX:,} paragraphs", remedy="a letter never has; split it")
        lines = _lines(document)
    except (
        OpcError,
        etree.LxmlError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        AttributeError,
        IndexError,
        OSError,
        NotImplementedError,
    ):
        raise UnreadableFileError(_DAMAGED, remedy=_REMEDY) from None
    except (RecursionError, MemoryError, EOFError, TypeError, AssertionError):
        raise UnreadableFileError(_DAMAGED, remedy=_REMEDY) from None
    if not lines:
        raise NoTextError("a Word file without text", remedy="type the fields with --set")
    return lines, warnings


def _checked(data: bytes) -> list[str]:
    """Refuse a packet that would unpack to too much, before anything is unpacked."""
    import zlib  # noqa: PLC0415 - only packed files need it

    warnings: list[str] = []
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
                raise FileTooLargeError(
                    f"it would unpack to more than {UNPACKED_MAX // 1_000_000} MB",
                    remedy="a letter never does; refuse it",
                )
            if any(part.flag_bits & 1 for part in parts):
                raise LockedFileError("this Word file is locked with a password", remedy="save it without one")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _declares(packed.read(part)):
                    raise UnreadableFileError(
                        "this Word file declares entities, which no letter does",
                        remedy="open it in Word and save it again",
                    )
            if any(part.filename.endswith("vbaProject.bin") for part in parts):
                warnings.append("the Word file holds macros; they were not run")
            if any("/embeddings/" in part.filename for part in parts):
                warnings.append("the Word file holds other files; only its text was read")
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, EOFError, RuntimeError):
        raise UnreadableFileError(_DAMAGED, remedy=_REMEDY) from None
    return warnings


def _declares(content: bytes) -> bool:
    """Whether a part of the packet has a document type, in whatever encoding."""
    return b"<!DOCTYPE" in content.replace(b"\0", b"").upper()


class _Page:
    """Lines as they come, each below the other."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.y = 0
        self.blank = 0

    def row(self, words: Sequence[Word]) -> None:
        """Put a line; one without words is a blank line."""
        if words:
            self.lines.append(Line(tuple(words), 1, self.y, self.blank, f"paragraph {self.y + 1}"))
        self.blank = 0 if words else self.blank + 1
        self.y += 1


def _lines(document: Any) -> list[Line]:  # noqa: ANN401 - python-docx has no types
    page = _Page()
    section = document.sections[0] if len(document.sections) else None
    first, later = _heads(section) if section is not None else ([], [])
    for part in first:
        _blocks(part._element, page)  # noqa: SLF001 - the tree that python-docx reads
        page.row(())
    _blocks(document.element.body, page)
    for part in later:
        page.row(())
        _blocks(part._element, page)  # noqa: SLF001 - as above
    return page.lines


def _heads(section: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401 - as above
    """What stands above the text on the first page, and what stands on later pages and below."""
    different = section.different_first_page_header_footer
    first = [section.first_page_header] if different else [section.header]
    later = [section.first_page_footer, section.header, section.footer] if different else [section.footer]
    return [part for part in first if not part.is_linked_to_previous], [
        part for part in later if not part.is_linked_to_previous
    ]


def _blocks(element: Any, page: _Page) -> None:  # noqa: ANN401 - as above
    for child in element:
        if child.tag == f"{_W}p":
            for box in _boxes(child):
                _blocks(box, page)
            for text in _texts(child):
                page.row(_words(text, 0))
        elif child.tag == f"{_W}tbl":
            _table(child, page)
        elif child.tag == f"{_W}sdt":
            for content in child.findall(f"{_W}sdtContent"):
                _blocks(content, page)


def _boxes(paragraph: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    """The text boxes of a paragraph; the older copy that some programs keep beside it is left out."""
    for box in paragraph.iter(f"{_W}txbxContent"):
        if not any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
            yield box


def _texts(paragraph: Any) -> list[str]:  # noqa: ANN401 - as above
    """The lines of a paragraph, without deleted text and text boxes."""
    parts: list[str] = []
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen", f"{_W}softHyphen"):
        owner = next((up for up in node.iterancestors() if up.tag in {f"{_W}p", f"{_W}del"}), None)
        if owner is not paragraph or (node.tag == f"{_W}tab" and node.getparent().tag != f"{_W}r"):
            continue
        name = node.tag.removeprefix(_W)
        parts.append(
            node.text or "" if name == "t" else {"tab": "\t", "noBreakHyphen": "-", "softHyphen": ""}.get(name, "\n")
        )
    listed = paragraph.find(f"{_W}pPr/{_W}numPr") is not None
    lines = plain("".join(parts)).split("\n")
    return [f"• {line}" if listed and number == 0 and line.strip() else line for number, line in enumerate(lines)]


def _words(text: str, x: float) -> list[Word]:
    """Words from left to right; a tab leaves a wide space."""
    words: list[Word] = []
    for number, part in enumerate(text.split("\t")):
        x += 8 if number else 0
        for word in part.split():
            words.append(Word(x, x + len(word), word))
            x += len(word) + 1
    return words


def _table(table: Any, page: _Page) -> None:  # noqa: ANN401 - as above
    rows = [[_cell(cell) for cell in row.findall(f"{_W}tc")] for row in table.findall(f"{_W}tr")]
    count = max((len(row) for row in rows), default=0)
    starts = [0.0]
    for column in range(count):
        widest = max((len(line) for row in rows if column < len(row) for line in row[column]), default=0)
        starts.append(starts[-1] + max(12, widest) + 8)
    for row in rows:
        for index in range(max((len(cell) for cell in row), default=0)):
            words: list[Word] = []
            for column, cell in enumerate(row):
                if index < len(cell):
                    words += _words(cell[index].replace("\t", " "), starts[column])
            page.row(words)


def _cell(cell: Any) -> list[str]:  # noqa: ANN401 - as above
    lines = [line for paragraph in cell.iter(f"{_W}p") for line in _texts(paragraph)]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
