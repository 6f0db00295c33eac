"""Files as they come: Word, e-mail, mislabelled, damaged and hostile ones."""

from __future__ import annotations

import io
import os
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest

from archief.errors import (
    ArchiefError,
    FileTooLargeError,
    LockedFileError,
    NoTextError,
    NotFoundError,
    ReadingStoppedError,
    UnreadableFileError,
)
from archief.intake import identification, mail, process, reading, word_file
from tests.pages import drawn, pdf_of

LETTER = """Gemeente Veldhaven

ONDERWERP
Herstel brug
DATUM
3 mei 2022

Geachte raadsleden,

De brug is dicht.

Hoogachtend,

A. Bos,
Wethouder Verkeer
"""


def saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def word_letter() -> Any:
    document = docx.Document()
    table = document.add_table(rows=2, cols=3)
    cells = [
        ("ONDERWERP\nHerstel van\nde brug", "DATUM\n3 mei 2022", "BIJLAGEN\n--"),
        ("BEHANDELD DOOR\nL.M. de Wit", "TELEFOONNUMMER", "ONZE REFERENTIE\n2022-00123"),
    ]
    for row, texts in zip(table.rows, cells, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    for text in (
        "Geachte raadsleden,",
        "De brug is dicht.",
        "Wij melden ons.",
        "Hoogachtend,",
        "A. Bos,",
        "Wethouder Verkeer",
    ):
        document.add_paragraph(text)
    document.sections[0].footer.paragraphs[0].text = "Raadsinformatiebrief"
    return document


# Word


def test_a_word_letter_is_read_with_its_table_and_footer() -> None:
    data = reading.read("brief.docx", saved(word_letter())).data
    assert ["raadsinformatiebrief", "Herstel van de brug", "2022-05-03", "L.M. de Wit", "2022-00123", None] == [
        data.get(key) for key in ("doc_type", "subject", "date", "handled_by", "our_reference", "phone")
    ]
    assert ["De brug is dicht.", "Wij melden ons."] == data["body"]
    assert [{"name": "A. Bos", "role": "Wethouder Verkeer"}] == data["signatories"]


def packed(**parts: bytes) -> bytes:
    """A Word file with other parts in the place of its own."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(word_letter()))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, parts.get(name.rpartition("/")[2].partition(".")[0], good.read(name)))
        for name, content in parts.items():
            if "/" in name:
                bad.writestr(name, content)
    return file.getvalue()


def test_a_word_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_file, "UNPACKED_MAX", 10_000_000)
    bomb = packed(**{"word/media/a.bin": bytes(11_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(FileTooLargeError):
        reading.read("brief.docx", bomb)


def test_entities_are_refused_and_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "geheim.txt").write_text("geheim")
    entity = f'<!DOCTYPE w [<!ENTITY x SYSTEM "file://{tmp_path}/geheim.txt">]>'.encode()
    with pytest.raises(UnreadableFileError, match="declares entities"):
        reading.read("brief.docx", packed(document=b'<?xml version="1.0"?>' + entity + b"<w>&x;</w>"))


@pytest.mark.parametrize("broken", [b"<w", b"", b"\x00" * 50, b"<w/>"])
def test_a_damaged_word_file_is_told(broken: bytes) -> None:
    with pytest.raises(ArchiefError):
        reading.read("brief.docx", packed(document=broken))


# PDF


def test_a_scan_is_told() -> None:
    with pytest.raises(NoTextError, match="scan"):
        reading.read("scan.pdf", pdf_of([""]))


COLUMNS = """Gemeente Veldhaven

> RETOURADRES Postbus 77, 8800 CK Veldhaven            BEZOEKADRES
                                                       Kade 1
Aan de dames en heren,                                 8801 AA Veldhaven
leden van de gemeenteraad

ONDERWERP                     DATUM                    BIJLAGEN
Herstel van de brug           3 mei 2022               1. Tekening
over de vaart                 Verzonden 04-05-2022     2. Raming
BEHANDELD DOOR                TELEFOONNUMMER           ONZE REFERENTIE
L.M. de Wit                                            2022-00123
E-MAILADRES                   FAXNUMMER                UW REFERENTIE
l.dewit@veldhaven.example     0588-654321

Geachte raadsleden,

De brug is dicht, en blijft
dat tot de zomer.

Hoogachtend,

Burgemeester en Wethouders van Veldhaven,

De Secretaris,                De Burgemeester,

A. Bos.                       B. Smid.
"""
ROUND = """                                        Gemeente Veldhaven

Rondebriefje Stadsronde

Onderwerp                 Havenvisie
Datum                     3 mei 2022
Wie neemt uiteindelijk    De Raad
het besluit?
Presidium
"""


@pytest.mark.parametrize("text", [COLUMNS, ROUND])
def test_a_pdf_is_read_as_the_text_in_its_place(text: str) -> None:
    by_page, by_text = reading.read("a.pdf", pdf_of([drawn(text)])).data, reading.read("a.txt", text.encode()).data
    assert by_text == by_page
    assert [] == [key for key in ("subject", "date") if key not in by_page]


def test_cells_of_a_pdf_that_are_empty_stay_empty() -> None:
    data = reading.read("a.pdf", pdf_of([drawn(COLUMNS)])).data
    assert [None, "0588-654321", None] == [data.get(key) for key in ("phone", "fax", "your_reference")]
    assert ["Tekening", "Raming"] == data["attachments"]


def test_a_pdf_with_a_script_is_read_and_the_script_told() -> None:
    data = pdf_of([drawn(LETTER)], catalogue="/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")
    found = reading.read("brief.pdf", data)
    assert "Herstel brug" == found.data["subject"]
    assert ["the PDF holds JavaScript; it was not run"] == [text for text in found.warnings if "Script" in text]


def test_a_damaged_pdf_is_told() -> None:
    with pytest.raises(UnreadableFileError):
        reading.read("brief.pdf", b"%PDF-1.7\n1 0 obj << /Type /Catalog")


def test_a_pdf_with_a_password_is_told() -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer: Any = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf_of([drawn(LETTER)]))))
    writer.encrypt("eigenaar", "lezer")
    file = io.BytesIO()
    writer.write(file)
    with pytest.raises(LockedFileError):
        reading.read("brief.pdf", file.getvalue())


# e-mail


def message(*files: tuple[str, bytes], html: str = "") -> bytes:
    made = EmailMessage()
    made["From"] = "Café Het Anker <info@anker.example>"
    made["To"] = "Griffie <griffie@veldhaven.example>"
    made["Subject"] = "Overlast bij de brug — één vraag"
    made["Date"] = "Tue, 03 May 2022 23:30:00 +0200"
    made["Message-ID"] = "<abc@anker.example>"
    if html:
        made.set_content(html, subtype="html")
    else:
        made.set_content("Geachte griffie,\n\nDe brug is dicht.\n\nMet vriendelijke groet,\nJ. Anker\n")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def test_an_email_is_a_record_with_its_sender() -> None:
    data = reading.read("bericht.eml", message()).data
    assert {
        "doc_type": "e-mail",
        "subject": "Overlast bij de brug — één vraag",
        "date": "2022-05-03",
        "addressee": "Griffie",
        "sender": "Café Het Anker",
        "sender_email": "info@anker.example",
        "message_id": "abc@anker.example",
        "body": ["Geachte griffie,", "De brug is dicht.", "Met vriendelijke groet,\nJ. Anker"],
    } == data


def test_the_letter_that_came_with_an_email_gives_the_fields() -> None:
    found = reading.read("bericht.eml", message(("brief.docx", saved(word_letter()))))
    assert ["Herstel van de brug", "info@anker.example"] == [found.data[key] for key in ("subject", "sender_email")]
    assert ["bericht.eml", "brief.docx"] == [file.name for file in found.files]
    assert ["fmt/950", "fmt/412"] == [file.pronom for file in found.files]


def test_a_web_page_as_message_becomes_text_and_its_scripts_do_not() -> None:
    data = reading.read(
        "bericht.eml", message(html="<style>p{}</style><p>De brug<br>is dicht.<script>x()</script><p>Dag &amp; groet")
    ).data
    assert ["De brug\nis dicht.", "Dag & groet"] == data["body"]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\autoexec.bat", "autoexec.bat"),
        ("/tmp/brief.pdf", "brief.pdf"),
        ("..", "bijlage-1"),
        ("CON.txt", "bijlage-1"),
        ("brief\u202efdp.exe", "brieffdp.exe"),
        ("brief\u2067fdp.exe\u2069\u061c\U000e0041", "brieffdp.exe"),
        ("a\x00b\n.pdf", "ab_.pdf"),
        ("é" * 300 + ".pdf", "é" * 150 + ".pdf"),
    ],
)
def test_the_name_of_an_attachment_leads_nowhere(given: str, safe: str) -> None:
    assert safe == mail.safe_name(given, 1)


# what it is


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.4", "pdf"),
        (b"Geachte heer,\n", "text"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\x00" * 100, "other"),
        (b"PK\x03\x04" + b"x" * 50, "other"),
        (b"<!DOCTYPE html><p>x", "html"),
        (b"From: a@b.nl\nTo: c@d.nl\nSubject: x\n\nhoi", "mail"),
        (b"Datum: 3 mei\nOnderwerp: brug\n\nGeachte heer,", "text"),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, kind: str) -> None:
    assert kind == identification.kind_of(data)


@pytest.mark.parametrize("data", [b"\x00" * 1000, b"\x89PNG\r\n\x1a\n" + b"x" * 99, bytes(range(256)) * 9])
def test_junk_is_told(data: bytes) -> None:
    with pytest.raises(ArchiefError):
        reading.read("brief.txt", data)


# apart


def test_reading_apart_gives_the_same_reading(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(LETTER)
    assert reading.read("brief.txt", LETTER.encode()) == process.read_apart(path)


def test_a_file_that_takes_too_long_is_ended_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(LETTER)
    with process.Reader() as reader:
        reader.read(path)
        reader.seconds = 0
        with pytest.raises(ReadingStoppedError, match="more than 0 seconds"):
            reader.read(path)
        reader.seconds = process.SECONDS
        assert "Herstel brug" == reader.read(path).data["subject"]


def test_a_file_that_takes_too_much_memory_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    large, small = tmp_path / "groot.txt", tmp_path / "brief.txt"
    large.write_bytes(b"woord " * 800_000)
    small.write_text(LETTER)
    with process.Reader(memory=60_000_000) as reader:
        with pytest.raises(ReadingStoppedError):
            reader.read(large)
        assert "Herstel brug" == reader.read(small).data["subject"]


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pijp")
    for name in ("pijp", ".", "a\x00b"):
        with pytest.raises(UnreadableFileError):
            process.load(tmp_path / name)
    with pytest.raises(NotFoundError):
        process.load(tmp_path / "nergens")
