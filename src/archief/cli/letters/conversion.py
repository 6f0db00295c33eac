"""From a file to a version of it in PDF/A, by the tool that its format asks for, and the test of what came out.

Text and mail are set by us (typst); what an office program wrote takes LibreOffice, where it is installed. Two tests:
the words are compared with those of the original, and veraPDF judges, where it is installed. Both are outside tools,
found on the PATH, and are named with their version.
"""

from __future__ import annotations

import collections
import datetime as dt
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from archief.errors import ExtraMissingError, RefusedError

OFFICE = "soffice"
VERAPDF = "verapdf"
SECONDS_MAX = 180

PDF_A = {
    "fmt/95", "fmt/354", "fmt/476", "fmt/477", "fmt/478", "fmt/479", "fmt/480", "fmt/481",
    "fmt/1910", "fmt/1911", "fmt/1912",
}  # fmt: skip
"""PDF/A by PRONOM: 1a, 1b, 2a, 2b, 2u, 3a, 3b, 3u, and the three of part 4."""

YOURSELF = "convert it with a tool you trust, test it, and append that: archief append document_converted --stream …"

_EXPORT = 'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}'
"""LibreOffice's words for PDF/A-2b."""


class Made(NamedTuple):
    """A version of a file.

    Attributes:
        content: the PDF.
        pronom: its format.
        flavour: veraPDF's word for that.
        tool, version: what made it.
        words: the words of the original, as far as they can be read; None where they cannot.
        left_out: what of the original is not in it, in Dutch.
    """

    content: bytes
    pronom: str
    flavour: str
    tool: str
    version: str
    words: list[str] | None
    left_out: str


class Tested(NamedTuple):
    """What the test found.

    Attributes:
        verdict: ``passed``; ``untested`` where nothing judged whether it is PDF/A.
        test: how it was tested, in Dutch.
        result: with what result, in Dutch.
    """

    verdict: str
    test: str
    result: str


def made(content: bytes, kind: str, moment: dt.datetime, beside: Path) -> Made:
    """The version of a file in PDF/A.

    Args:
        content: the file.
        kind: what ``intake.identification`` sees in it.
        moment: what the PDF says of when it was made; not of a clock.
        beside: where temporary files go: a cache, which a destruction clears of what a kill left there.

    Raises:
        RefusedError: nothing here makes PDF/A of it without changing what it shows.
        MalformedError: a character that cannot be shown.
        ExtraMissingError: a tool that it takes is not installed.
    """
    if kind in ("text", "mail"):
        return _set(content, kind, moment)
    if kind in ("docx", "html", "other"):
        return _by_office(content, kind, beside)
    raise RefusedError(
        {
            "pdf": "nothing here makes PDF/A of a PDF without changing it",
            "picture": "a picture is no document to be converted",
            "locked": "it opens with a password only",
        }.get(kind, "nothing here converts this"),
        where="--document",
        remedy=YOURSELF,
    )


def _set(content: bytes, kind: str, moment: dt.datetime) -> Made:
    """Set text or a mail line by line."""
    from archief.intake import decoding, mail  # noqa: PLC0415 - only who converts pays
    from archief.render import plain_text, typesetting  # noqa: PLC0415 - as above

    fields: list[tuple[str, str]] = []
    text, left_out = decoding.decode(content)[0], "niets"
    if kind == "mail":
        read = mail.read(content)
        text, left_out = read.text, "opmaak en bijlagen van het bericht"
        sender = f"{read.sender} <{read.sender_email}>" if read.sender_email != read.sender else read.sender
        files = ", ".join(one.name for one in read.files)
        named = (("Van", sender), ("Aan", read.to), ("Datum", read.date), ("Onderwerp", read.subject))
        fields = [(name, value) for name, value in (*named, ("Bijlagen", files)) if value]
    lines = text.replace("\f", "\n").split("\n")
    pdf = plain_text.plain_text("E-mail" if kind == "mail" else "Tekst", fields, lines, moment)
    words = [word for part in (*(value for _, value in fields), *lines) for word in part.split()]
    tool, _, version = typesetting.made_by().partition(" ")
    return Made(pdf, typesetting.PRONOM, "3a", tool, version, words, left_out)


# LibreOffice


def _by_office(content: bytes, kind: str, beside: Path) -> Made:
    """Ask LibreOffice, in a folder and with settings of its own that are gone afterwards."""
    office = shutil.which(OFFICE)
    if office is None:
        raise ExtraMissingError(
            f"this format is converted by LibreOffice ({OFFICE}), which is not installed",
            where="--document",
            remedy=f"install LibreOffice; or {YOURSELF}",
        )
    ending = {"docx": ".docx", "html": ".html"}.get(kind, "")
    with tempfile.TemporaryDirectory(prefix="conversion.", dir=beside) as name:
        folder = Path(name)
        given = folder / f"document{ending}"
        given.write_bytes(content)
        settings = f"-env:UserInstallation={(folder / 'settings').as_uri()}"
        words = [
            office,
            "--headless",
            "--norestore",
            settings,
            "--convert-to",
            _EXPORT,
            "--outdir",
            str(folder / "out"),
        ]
        _asked([*words, str(given)], "LibreOffice")
        found = folder / "out" / "document.pdf"
        if not found.is_file():
            raise RefusedError("LibreOffice made nothing of it", where="--document", remedy="open it there and look")
        pdf = found.read_bytes()
    told = _asked([office, "--version"], "LibreOffice").split()
    version = next((word for word in told if word[:1].isdigit()), "onbekend")
    return Made(pdf, "fmt/477", "2b", "LibreOffice", version, _words_of(content) if kind == "docx" else None, "niets")


def _words_of(content: bytes) -> list[str]:
    from archief.intake import word_file  # noqa: PLC0415 - only who converts pays

    return [word.text for line in word_file.read(content)[0] for word in line.words]


def _asked(words: list[str], name: str) -> str:
    """What an outside program printed.

    Raises:
        RefusedError: it failed, or took too long.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - fixed words, and paths of ours
            words, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise RefusedError(f"{name} could not be run, or took too long", where=Path(words[0]).name) from None
    if ran.returncode not in (0, 1):
        raise RefusedError(f"{name} failed (exit status {ran.returncode})", where=Path(words[0]).name)
    return ran.stdout.decode("utf-8", "replace")


# the test


def tested(one: Made, beside: Path) -> Tested:
    """Compare the words, and let veraPDF judge where it is; temporary files as for :func:`made`.

    Raises:
        RefusedError: a test failed: nothing of it is kept.
    """
    tests, results = [], []
    if one.words is not None:
        tests.append("woorden vergeleken met het oorspronkelijke bestand (pdfium)")
        missing = _missing(one)
        if missing:
            raise RefusedError(
                f"it failed its test: {missing:,} words of the original are not in it",
                where="--document",
                remedy=YOURSELF,
            )
        results.append(f"alle {len(one.words):,} woorden gevonden".replace(",", "."))
    judge = shutil.which(VERAPDF)
    if judge is None:
        results.append("of het PDF/A is, is hier niet getest: veraPDF is niet geïnstalleerd")
    else:
        version = _asked([judge, "--version"], "veraPDF").split()
        tests.append(f"veraPDF {next((word for word in version if word[:1].isdigit()), '')}, profiel {one.flavour}")
        if not _judged(judge, one, beside):
            raise RefusedError(
                f"it failed its test: veraPDF does not take it for PDF/A-{one.flavour}",
                where="--document",
                remedy=YOURSELF,
            )
        results.append(f"voldoet aan PDF/A-{one.flavour}")
    results.append(f"niet overgenomen: {one.left_out}")
    return Tested("passed" if judge is not None else "untested", "; ".join(tests) or "niet getest", "; ".join(results))


def _missing(one: Made) -> int:
    """How many words of the original are not in the PDF: breaks in a line or a page may part a word."""
    import pypdfium2  # noqa: PLC0415 - heavy

    with pypdfium2.PdfDocument(one.content) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    text = text.replace("\ufffe", "-")
    there, solid = collections.Counter(text.split()), "".join(text.split())
    wanted = collections.Counter(one.words or ())
    return sum(max(count - there[word], 0) for word, count in wanted.items() if word not in solid)


def _judged(judge: str, one: Made, beside: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="conversion.", dir=beside) as name:
        path = Path(name) / "document.pdf"
        path.write_bytes(one.content)
        return _asked([judge, "--flavour", one.flavour, "--format", "text", str(path)], "veraPDF").startswith("PASS ")


def demand_readable() -> None:
    """Demand that words in a PDF can be read here.

    Raises:
        ExtraMissingError: pypdfium2 is not installed.
    """
    import importlib.util  # noqa: PLC0415 - only who converts pays

    if importlib.util.find_spec("pypdfium2") is None:
        raise ExtraMissingError(
            "a conversion is tested with the extra `intake`, which is not installed",
            where="archief convert",
            remedy="pip install 'archief[intake]'",
        )


def format_code(pronom: str | None) -> str | None:
    """A PRONOM id as a code in facts: with a colon."""
    return pronom.replace("/", ":") if pronom else None
