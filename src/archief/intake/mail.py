"""An e-mail: who sent it, when, its text, and the files that came with it."""

from __future__ import annotations

import email
import email.policy
import email.utils
import html.parser
import re
from email.message import EmailMessage
from typing import NamedTuple

from archief.errors import FileTooLargeError, UnreadableFileError
from archief.intake import shapes
from archief.intake.decoding import decode, plain

FILES_MAX = 200
"""An e-mail with more files than this is refused."""

_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "ul", "ol"}
_SILENT = {"script", "style", "head", "title", "template"}
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Attached(NamedTuple):
    """A file that came with an e-mail, under a name that is safe to show and to store."""

    name: str
    data: bytes


class Mail(NamedTuple):
    """An e-mail in its parts; texts are plain."""

    sender: str
    sender_email: str
    to: str
    subject: str
    date: str
    message_id: str
    text: str
    files: list[Attached]
    warnings: list[str]


def read(data: bytes) -> Mail:
    """Take an e-mail apart.

    Args:
        data: the file (RFC 5322, MIME).

    Raises:
        UnreadableFileError: it is no e-mail.
        FileTooLargeError: more files than are looked at.
    """
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return _mail(message)
    except (UnreadableFileError, FileTooLargeError):
        raise
    except Exception:  # noqa: BLE001 - the parser of the standard library has no list of what it raises
        raise UnreadableFileError("this e-mail is damaged", remedy="save it again from the mail program") from None


def _mail(message: EmailMessage) -> Mail:
    name, address = email.utils.parseaddr(_field(message, "From"))
    moment = email.utils.parsedate_tz(_field(message, "Date"))
    date = shapes.date(f"{moment[0]:04}-{moment[1]:02}-{moment[2]:02}") if moment else None
    warnings: list[str] = []
    files = list(_files(message, warnings))
    to = [person or mail for person, mail in email.utils.getaddresses([_field(message, "To")])]
    return Mail(
        sender=_tidy(name) or _tidy(address),
        sender_email=_tidy(address) if "@" in address else "",
        to=_tidy(", ".join(to)),
        subject=_tidy(_field(message, "Subject")),
        date=date or "",
        message_id=_tidy(_field(message, "Message-ID")).strip("<>"),
        text=_text(message),
        files=files,
        warnings=warnings,
    )


def _field(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001 - a malformed header makes the parser raise all kinds
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return str(raw)


def _tidy(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(plain(text).split())[:1_000]


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    raw = body.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    charset = str(body.get_content_charset() or "")
    try:
        text = content.decode(charset) if charset else decode(content)[0]
    except (LookupError, UnicodeDecodeError):
        text = decode(content)[0]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain(text_of_html(text) if body.get_content_subtype() == "html" else text)


def _files(message: EmailMessage, warnings: list[str]) -> list[Attached]:
    files: list[Attached] = []
    names: set[str] = set()
    for part in message.iter_attachments() if message.is_multipart() else ():
        if len(files) >= FILES_MAX:
            raise FileTooLargeError(
                f"an e-mail with more than {FILES_MAX} files", remedy="save the files and read those"
            )
        given = part.get_filename() or ""
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else part
            data = inner.as_bytes() if isinstance(inner, EmailMessage) else b""
            given = given or "bericht.eml"
        else:
            raw = part.get_payload(decode=True)
            data = raw if isinstance(raw, bytes) else b""
        if part.get_content_disposition() == "inline" and part.get_content_maintype() == "image":
            continue
        name = safe_name(given, len(files) + 1)
        if name != given and given:
            warnings.append(f"attachment {len(files) + 1}: its name was made safe")
        while name.lower() in names:
            stem, dot, end = name.rpartition(".")
            name = f"{stem}-{len(files) + 1}{dot}{end}" if dot else f"{name}-{len(files) + 1}"
        names.add(name.lower())
        files.append(Attached(name, data))
    return files


def safe_name(given: str, number: int) -> str:
    """The last part of a file's name, without what could lead elsewhere or deceive the eye.

    Args:
        given: the name as the sender wrote it.
        number: makes a name when nothing is left.
    """
    name = plain(given.encode("utf-8", "replace").decode("utf-8"))
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r'[<>:"|?*\n\t]', "_", name).strip(" .")
    if not name or _RESERVED.fullmatch(name):
        name = f"bijlage-{number}"
    stem, dot, end = name.rpartition(".")
    return f"{stem[:150]}{dot}{end[:20]}" if dot and stem else name[:150]


class _Stripper(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        if tag in _BLOCKS:
            self.parts.append("\n\n" if tag in {"p", "table", "h1", "h2", "h3", "h4", "ul", "ol"} else "\n")
        if tag == "li":
            self.parts.append("• ")
        if tag in {"td", "th"}:
            self.parts.append("    ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self.silent:
            self.silent -= 1
        if tag in {"p", "table", "ul", "ol"}:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def text_of_html(source: str) -> str:
    """The text of a web page or message: no scripts, no styles, nothing fetched."""
    stripper = _Stripper()
    stripper.feed(source)
    stripper.close()
    text = "".join(stripper.parts)
    text = "\n".join(line.rstrip() if line.startswith("    ") else line.strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
