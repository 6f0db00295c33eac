"""A file in, a reading out: what it is, the letter's fields, how sure they are, and what a person should look at."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from archief.errors import FileTooLargeError, LockedFileError, NoTextError, UnreadableFileError
from archief.intake import decoding, identification, letter, mail, page, proposals, rondebriefje
from archief.intake.finding import Evidence, Findings
from archief.intake.identification import Kind
from archief.intake.page import Line

BYTES_MAX = 100_000_000
"""A larger file is not looked at."""

LINES_MAX = 20_000

CHARACTERS_MAX = 5_000_000
"""A text of more lines or characters is no letter; reading it would only take its time."""

LETTERS_MAX = 10
"""So many files that came with an e-mail are opened to see whether they are a letter."""

KEYS = (
    "doc_type", "organisation", "addressee", "subject", "handled_by", "date", "sent_date", "phone", "email", "fax",
    "our_reference", "your_reference", "attachments", "salutation", "closing", "signatories", "fields", "fields_raw",
    "return_address", "visiting_address", "postal_address", "sender", "sender_email", "message_id", "message", "body",
)  # fmt: skip
"""The fields of a letter, in the order in which they are told."""

MAILS_MAX = 3
"""So deep e-mails within e-mails are looked into."""

_TEXTS = {"body", "message"}
_LINE_MAX = 1_000
_PASSAGE_MAX = 100_000


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that belongs to what was read: the file itself, or one that came with an e-mail.

    Args:
        name: a safe name.
        data: its bytes, untouched.
        media_type: what it is.
        pronom: the same by PRONOM; empty when PRONOM does not know it.
        identified_by: program, version and signatures that said so.
        sha256: of the bytes.
    """

    name: str
    data: bytes
    media_type: str
    pronom: str
    identified_by: str
    sha256: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood of a file.

    Args:
        data: the letter's fields (events/letters.py, LetterData); what is not there is absent.
        evidence: by key: how sure, and where it stands.
        warnings: what a person should look at.
        proposals: meetings, commitments and papers that the text announces; a person confirms them.
        files: the file itself, then those that came with it.
    """

    data: dict[str, Any]
    evidence: dict[str, Evidence]
    warnings: list[str]
    proposals: dict[str, list[dict[str, Any]]]
    files: list[File]


def read(name: str, data: bytes) -> Reading:
    """Read a file. Same bytes, same reading.

    Args:
        name: the file's name, for the reading and for what its ending promises.
        data: its bytes.

    Raises:
        UnreadableFileError: damaged, or of no kind that is read.
        LockedFileError: it opens with a password only.
        NoTextError: empty, or a picture of text.
        FileTooLargeError: too many bytes.
    """
    if len(data) > BYTES_MAX:
        raise FileTooLargeError(
            f"more than {BYTES_MAX // 1_000_000} MB", remedy="register it with --set and --document"
        )
    if not data:
        raise NoTextError("the file is empty", remedy="ask for it again")
    kind = identification.kind_of(data)
    findings = Findings()
    promised = identification.promised(name)
    if promised and promised != kind and kind in identification.MEDIA:
        told, seen = identification.NAMED[promised], identification.NAMED[kind]
        findings.warn(f"its name promises {told}; it is {seen}, and was read as that")
    files = [_file(mail.safe_name(name, 1), data, kind)]
    if kind == "mail":
        files += _mail(data, findings)
    else:
        lines = lines_of(data, kind, findings)
        _understand(lines, findings)
    return _told(findings, files)


def lines_of(data: bytes, kind: Kind, findings: Findings) -> list[Line]:
    """The lines of a file of any kind but e-mail.

    Raises:
        UnreadableFileError: damaged, or of no kind that is read.
        LockedFileError: it opens with a password only.
        NoTextError: no text in it.
    """
    from archief.intake import pdf, word_file  # noqa: PLC0415 - each loads what only its files need

    if kind == "pdf":
        content = pdf.read(data)
        findings.warnings += content.warnings
        return content.lines
    if kind == "docx":
        lines, warnings = word_file.read(data)
        findings.warnings += warnings
        return letter.apart(lines)
    if kind == "picture":
        raise NoTextError("a picture; there is no text in it", remedy="let a text recognition (OCR) make a PDF of it")
    if kind == "locked":
        raise LockedFileError("this Office file opens with a password only", remedy="save it without a password")
    if kind == "other":
        raise UnreadableFileError(
            "no kind of file that is read", remedy="text, PDF, DOCX and e-mail (.eml) are; register another with --set"
        )
    text, _ = decoding.decode(data)
    if kind == "html":
        text = mail.text_of_html(text)
    return _lines_of_text(text, findings)


def _lines_of_text(text: str, findings: Findings) -> list[Line]:
    if len(text) > CHARACTERS_MAX:
        raise FileTooLargeError(f"more than {CHARACTERS_MAX:,} characters", remedy="a letter never has; split it")
    if text.count("\n") > LINES_MAX:
        raise FileTooLargeError(f"more than {LINES_MAX:,} lines", remedy="a letter never has; split it")
    text, was_mended = decoding.mended(text)
    if was_mended:
        findings.warn("characters were damaged (UTF-8 taken for Windows-1252) and were mended")
    lines = page.of_text(page.bare(decoding.plain(text)))
    if not lines:
        raise NoTextError("there is nothing but blank space in it", remedy="ask for it again")
    return lines


def _understand(lines: Sequence[Line], findings: Findings) -> None:
    if rondebriefje.is_one(lines):
        rondebriefje.read(lines, findings)
    else:
        if not letter.looks_like(lines):
            findings.warn("this does not look like a letter")
        letter.read(lines, findings)


def _mail(data: bytes, findings: Findings) -> list[File]:
    """An e-mail is one record: its own words, or those of the one letter that came with it or stands in it."""
    message = mail.read(data)
    findings.warnings += message.warnings
    files = [_file(one.name, one.data, identification.kind_of(one.data)) for one in message.files]
    found = list(_letters(message, findings, MAILS_MAX))
    if len(found) == 1:
        _within(found[0], findings)
    elif found:
        findings.warn(f"{len(found)} letters came with this e-mail; the fields are those of the e-mail itself")
    blocks = page.blocks(page.of_text(message.text))
    words = ["\n".join(line.text for line in block) for block in blocks]
    if findings.values and found[0].attached:
        findings.put("message", words, None)
    if not findings.values:
        findings.put("doc_type", "e-mail", None)
        for key in ("subject", "date"):
            findings.put(key, getattr(message, key), None)
        findings.put("addressee", message.to, None)
        findings.put("body", words, None)
        findings.put("attachments", [one.name for one in message.files], None)
    for key in ("sender", "sender_email", "message_id"):
        findings.put(key, getattr(message, key), None)
    return files


class _Within(NamedTuple):
    """A letter in an e-mail: its lines, and what opening it said; ``attached`` when it is a file of its own."""

    lines: list[Line]
    warnings: list[str]
    attached: bool


def _letters(message: mail.Mail, findings: Findings, depth: int) -> Iterator[_Within]:
    """The letters in an e-mail: as its own text, among its files, and in e-mails among them."""
    own = page.of_text(message.text)
    if own and (rondebriefje.is_one(own) or letter.has_header(own)):
        yield _Within(own, [], attached=False)
    if len(message.files) > LETTERS_MAX:
        findings.warn(f"only the first {LETTERS_MAX} of {len(message.files)} files were looked into for a letter")
    for one in message.files[:LETTERS_MAX]:
        kind = identification.kind_of(one.data) if one.data else "other"
        if kind == "mail" and depth:
            yield from _letters(mail.read(one.data), findings, depth - 1)
        if kind not in {"pdf", "docx", "text", "html"}:
            continue
        inner = Findings()
        try:
            lines = lines_of(one.data, kind, inner)
        except (UnreadableFileError, LockedFileError, NoTextError, FileTooLargeError) as error:
            findings.warn(f"the attached file was not read: {error.what}")
            continue
        # Any text may begin with a salutation; a letter as text has its header.
        told = letter.looks_like(lines) if kind in {"pdf", "docx"} else letter.has_header(lines)
        if told or rondebriefje.is_one(lines):
            yield _Within(lines, inner.warnings, attached=True)


def _within(one: _Within, findings: Findings) -> None:
    inner = Findings()
    _understand(one.lines, inner)
    findings.values.update(inner.values)
    place = "attached letter, {}" if one.attached else "e-mail, {}"
    for key, evidence in inner.evidence.items():
        findings.evidence[key] = msgspec.structs.replace(evidence, place=place.format(evidence.place).rstrip(", "))
    findings.warnings += [*one.warnings, *inner.warnings]
    if one.attached:
        findings.warn("the fields are those of the attached letter; the e-mail's own words are kept as its message")


def _file(name: str, data: bytes, kind: Kind) -> File:
    found = identification.identify(data, kind)
    digest = hashlib.sha256(data).hexdigest()
    return File(
        name=name, data=data, media_type=found.media_type, pronom=found.pronom, identified_by=found.tool, sha256=digest
    )


def _told(findings: Findings, files: list[File]) -> Reading:
    values = {key: _fitted(key, findings.values[key], findings) for key in KEYS if key in findings.values}
    return Reading(
        data=values,
        evidence={key: findings.evidence[key] for key in KEYS if key in findings.evidence},
        warnings=findings.warnings,
        proposals=proposals.read(values),
        files=files,
    )


def _fitted(key: str, value: Any, findings: Findings) -> Any:  # noqa: ANN401 - any field's value
    """A value as an event takes it: no control characters, no longer than a field may be."""
    if isinstance(value, dict):
        return {_fitted("", name, findings): _fitted("body", one, findings) for name, one in value.items()}
    if isinstance(value, list):
        return [_fitted(key, one, findings) if not isinstance(one, dict) else _named(one, findings) for one in value]
    text = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", "", value)
    longest = _PASSAGE_MAX if key in _TEXTS else _LINE_MAX
    if key not in _TEXTS:
        text = " ".join(text.split())
    if len(text) > longest:
        findings.warn(f"{key or 'a label'}: longer than a field may be; cut off")
        text = text[:longest]
    return text


def _named(one: dict[str, Any], findings: Findings) -> dict[str, Any]:
    return {name: _fitted("", part, findings) for name, part in one.items()}
