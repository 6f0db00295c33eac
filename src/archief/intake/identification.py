"""What kind of file it is: by PRONOM for the record, by its own bytes for how it is read. A name proves nothing."""

from __future__ import annotations

import os
import re
import zipfile
from io import BytesIO
from typing import Literal, NamedTuple

from archief.intake import pronom

Kind = Literal["pdf", "docx", "mail", "html", "text", "picture", "locked", "other"]

MEDIA: dict[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "mail": "message/rfc822",
    "html": "text/html",
    "text": "text/plain",
}

ENDINGS = {
    "pdf": "pdf", "docx": "docx", "docm": "docx", "eml": "mail", "txt": "text", "text": "text", "md": "text",
    "htm": "html", "html": "html", "jpg": "picture", "jpeg": "picture", "png": "picture", "tif": "picture",
}  # fmt: skip
"""What the end of a file's name promises."""

NAMED = {
    "pdf": "a PDF",
    "docx": "a Word file",
    "mail": "an e-mail",
    "html": "a web page",
    "text": "plain text",
    "picture": "a picture",
    "locked": "an Office file with a password",
    "other": "a file of another kind",
}

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"GIF8", b"BM")
_MAIL = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}")
_MAIL_FIELDS = (b"from", b"date", b"subject", b"message-id", b"received", b"mime-version", b"to", b"return-path")


class Identified(NamedTuple):
    """A format by its PRONOM id.

    Args:
        pronom: the id; empty when PRONOM does not know the file.
        media_type: by PRONOM, else by what we saw.
        tool: program, its version and its signature file.
    """

    pronom: str
    media_type: str
    tool: str


def identify(data: bytes, kind: Kind) -> Identified:
    """Ask PRONOM what a file is.

    The program reads files only; memory that looks like a file keeps content off the disk. Where a system has no such
    memory, the format stays unknown.

    Args:
        data: the file.
        kind: what we saw ourselves.
    """
    media = MEDIA.get(kind, "application/octet-stream")
    if not data or not hasattr(os, "memfd_create"):
        return Identified("", media, "")
    handle = os.memfd_create("file")
    try:
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(data)
        match = pronom.ask(f"/proc/{os.getpid()}/fd/{handle}")
    finally:
        os.close(handle)
    return Identified(match.pronom, match.media_type or media, match.tool)


def kind_of(data: bytes) -> Kind:
    """What kind of file this is, by its bytes."""
    head = data[:1024]
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _packed(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # An Office file with a password is a packet in the old format.
        return "locked" if "EncryptedPackage".encode("utf-16-le") in data else "other"
    if head.startswith(_PICTURES):
        return "picture"
    if _is_mail(data):
        return "mail"
    if re.match(rb"\s*(?:<!doctype html|<html)", head, re.IGNORECASE):
        return "html"
    return "text" if is_text(data) else "other"


def _packed(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            names = set(packed.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        # A damaged packet is told apart when it is opened.
        return "docx" if b"word/document.xml" in data else "other"
    return "docx" if "word/document.xml" in names and "[Content_Types].xml" in names else "other"


def _is_mail(data: bytes) -> bool:
    found = _MAIL.match(data[:65_536].replace(b"\r\n", b"\n").lstrip(b"\n"))
    if found is None:
        return False
    fields = {line.partition(b":")[0].lower() for line in found.group().split(b"\n")}
    return len(fields.intersection(_MAIL_FIELDS)) > 1 and bool(
        fields & {b"message-id", b"received", b"mime-version", b"from"}
    )


def is_text(data: bytes) -> bool:
    """Whether bytes are characters that a person reads: no NUL, hardly a control character."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = data[:65_536]
    if b"\x00" in data:
        return False
    controls = sum(byte < 32 and byte not in (9, 10, 11, 12, 13) for byte in sample)
    return controls * 100 <= len(sample)


def promised(name: str) -> str | None:
    """The kind that a file's name promises."""
    return ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None
