"""The linter passes a sound SIP, and finds every SIP that was broken in one way, by the rule for that way."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archief.errors import MalformedError, NotFoundError, UsageError
from archief.exports import lint, package
from archief.exports.mdto import NAMESPACE
from tests.sip import BRON, Sip

ONE, TWO, TOP = "dossier/brief-1/brief-1.mdto.xml", "dossier/brief-2/brief-2.mdto.xml", "dossier/dossier.mdto.xml"
FILE, ITS = "dossier/brief-1/besluit-1.pdf", "dossier/brief-1/besluit-1.pdf.bestand.mdto.xml"
PART_OF = "<isOnderdeelVan>"


def packed(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr(name, content)
    return stream.getvalue()


def ole(mark: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + mark.encode("utf-16-le") + b"\0" * 600


BREAKS: dict[str, Callable[[Sip], object]] = {
    # structure and sidecars
    "file-without-sidecar": lambda sip: sip.path(ITS).unlink(),
    "sidecar-without-file": lambda sip: sip.path(FILE).unlink(),
    "sidecar-without-file ": lambda sip: sip.move(ITS, "dossier/brief-1/besluit-1.bestand.mdto.xml"),
    "folder-without-sidecar": lambda sip: sip.path(ONE).unlink(),
    "folder-empty": lambda sip: sip.path("dossier/leeg").mkdir(),
    "sidecar-name": lambda sip: sip.move(ONE, "dossier/brief-1/brief.mdto.xml"),
    "sidecar-kind": lambda sip: sip.write(ONE, sip.path(ITS).read_bytes()),
    "two-sidecars": lambda sip: sip.write("dossier/brief-1/nog.mdto.xml", sip.path(ONE).read_bytes()),
    "two-sidecars ": lambda sip: sip.write(ITS.replace("mdto", "MDTO"), sip.path(ITS).read_bytes()),
    "sidecar-of-sidecar": lambda sip: sip.write(f"{ITS}.bestand.mdto.xml", sip.path(ITS).read_bytes()),
    "file-outside": lambda sip: sip.copy({FILE: "los.pdf", ITS: "los.pdf.bestand.mdto.xml"}),
    "no-object": lambda sip: sip.drop(ONE, TWO, TOP),
    # names
    "name-characters": lambda sip: sip.move(FILE, "dossier/brief-1/besluit 1.pdf"),
    "name-characters ": lambda sip: sip.move(FILE, "dossier/brief-1/besluit#1.pdf"),
    "name-reserved": lambda sip: sip.move(FILE, "dossier/brief-1/con.pdf"),
    "name-length": lambda sip: sip.move(FILE, f"dossier/brief-1/{'b' * 250}.pdf"),
    "name-twice": lambda sip: sip.move("dossier/brief-2/besluit-2.pdf", "dossier/brief-2/BESLUIT-1.pdf"),
    "name-dot": lambda sip: sip.write("dossier/brief-1/.DS_Store", b"x"),
    "name-encoding": lambda sip: sip.path(FILE).rename(sip.path(FILE).with_name(os.fsdecode(b"caf\xe9.pdf"))),
    "name-normal-form": lambda sip: sip.move(FILE, "dossier/brief-1/cafe\u0301.pdf"),
    "name-capitals": lambda sip: sip.move(ITS, ITS.replace("mdto", "MDTO")),
    # metadata
    "schema": lambda sip: sip.edit(ONE, "<naam>brief-1</naam>", ""),
    "schema ": lambda sip: sip.write(ONE, sip.path(ONE).read_bytes().replace(b"brief-1", "caf\xe9".encode("latin-1"))),
    "schema  ": lambda sip: sip.write(ONE, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'),
    "closed-list": lambda sip: sip.edit(ONE, "Blijvend te bewaren", "Bewaren"),
    "open-list": lambda sip: sip.edit(ONE, ">Archiefstuk<", ">Record<"),
    "version": lambda sip: sip.edit(ONE, "MDTO-XML1.0.1.xsd", "mdto.xsd"),
    "xsd": lambda sip: sip.edit(ONE, "<naam>brief-1</naam>", ""),
    # identifications and parents
    "id-twice": lambda sip: sip.edit(TWO, ">brief-2</identificatieKenmerk>", ">brief-1</identificatieKenmerk>"),
    "cycle": lambda sip: sip.edit(TOP, "Archief Voorbeeld", "brief-1"),
    "level ": lambda sip: sip.edit(ONE, ">Archiefstuk<", ">Serie<"),
    "parent": lambda sip: sip.edit(ONE, ">dossier</identificatieKenmerk>", ">ander</identificatieKenmerk>"),
    "parent-place": lambda sip: sip.edit(TOP, "Archief Voorbeeld", "brief-1"),
    "parent-target": lambda sip: sip.edit(TOP, _element(sip, TOP, "isOnderdeelVan"), ""),
    "parent-twice": lambda sip: sip.edit(ONE, PART_OF, _reference("brief-2") + PART_OF),
    "child-unknown": lambda sip: sip.edit(TOP, ">brief-2</identificatieKenmerk>", ">weg</identificatieKenmerk>"),
    "child-unlisted": lambda sip: sip.edit(TOP, ">brief-2</identificatieKenmerk>", ">weg</identificatieKenmerk>"),
    "representation": lambda sip: sip.edit(ITS, ">brief-1</identificatieKenmerk>", ">brief-2</identificatieKenmerk>"),
    "representation-unknown": lambda sip: sip.edit(ONE, ">file-1</identificatieKenmerk>", ">x</identificatieKenmerk>"),
    "representation-unlisted": lambda sip: sip.add("brief-1", "file-3", "nog.pdf", sip.path(FILE).read_bytes()),
    "additional-unknown": lambda sip: sip.edit(
        ONE, "<archiefvormer>", _reference("x").replace("isOnderdeelVan", "aanvullendeMetagegevens") + "<archiefvormer>"
    ),
    # files
    "checksum": lambda sip: sip.write(FILE, sip.path(FILE).read_bytes().replace(b"Count 0", b"Count 1")),
    "checksum-form": lambda sip: sip.edit(ITS, "<checksumWaarde>", "<checksumWaarde>x"),
    "checksum-algorithm": lambda sip: sip.edit(ITS, ">SHA-256<", ">MD5<"),
    "size": lambda sip: sip.write(FILE, sip.path(FILE).read_bytes() + b"\n"),
    "zero-bytes": lambda sip: sip.change("leeg.txt", b"", "x-fmt/111"),
    "file-name": lambda sip: sip.edit(ITS, "<naam>besluit-1.pdf<", "<naam>besluit.pdf<"),
    "format": lambda sip: sip.edit(ITS, ">fmt/18<", ">fmt/95<"),
    "format-code": lambda sip: sip.edit(ITS, ">fmt/18<", ">pdf<"),
    "format-unknown": lambda sip: sip.change("ruis.zzz", b"\x00\x9c\x03" * 70, "fmt/18"),
    "format-preferred": lambda sip: None,
    "extension": lambda sip: sip.change("besluit.docx", sip.path(FILE).read_bytes()),
    "encrypted": lambda sip: sip.change(
        "besluit.pdf", sip.path(FILE).read_bytes().replace(b"<</Root", b"<</Encrypt 5 0 R/Root")
    ),
    "encrypted ": lambda sip: sip.change("nota.docx", ole("EncryptedPackage"), "fmt/494"),
    "encrypted  ": lambda sip: sip.change(
        "nota.odt", packed("META-INF/manifest.xml", b"<m:encryption-data/>"), "fmt/136"
    ),
    "macros": lambda sip: sip.change("nota.docm", packed("word/vbaProject.bin", b"x"), "fmt/523"),
    "macros ": lambda sip: sip.change("nota.doc", ole("_VBA_PROJECT"), "fmt/40"),
    "link": lambda sip: sip.path("dossier/brief-1/meer.pdf").symlink_to("/etc/passwd"),
    "special-file": lambda sip: os.mkfifo(sip.path("dossier/brief-1/pijp")),
    # pakbon
    "pakbon-missing": lambda sip: sip.path("pakbon.xml").unlink(),
    "pakbon-twice": lambda sip: sip.write("pakbon-2.xml", sip.path("pakbon.xml").read_bytes()),
    "pakbon-form": lambda sip: sip.write("pakbon.xml", b"twee brieven"),
    "pakbon-number": lambda sip: sip.edit("pakbon.xml", "Bestanden>2<", "Bestanden>3<"),
    "pakbon-number ": lambda sip: sip.edit("pakbon.xml", "omvangInBytes", "grootte"),
    "pakbon-hash": lambda sip: sip.edit(ONE, "Gemeente Voorbeeld", "Gemeente Ander"),
}  # fmt: skip


def _element(sip: Sip, name: str, element: str) -> str:
    text = sip.path(name).read_text()
    return text[text.index(f"<{element}>") : text.index(f"</{element}>") + len(element) + 3]


def _reference(kenmerk: str) -> str:
    return (
        f"<isOnderdeelVan><verwijzingNaam>{kenmerk}</verwijzingNaam><verwijzingIdentificatie><identificatieKenmerk>"
        f"{kenmerk}</identificatieKenmerk><identificatieBron>{BRON}</identificatieBron></verwijzingIdentificatie>"
        "</isOnderdeelVan>"
    )


def rules(path: Path, xsd: Path | None = None) -> set[str]:
    return {one.rule for one in lint.lint(path, xsd=xsd).findings}


@pytest.fixture
def sip(tmp_path: Path) -> Sip:
    return Sip(tmp_path / "sip")


def test_a_sound_sip_passes_as_a_folder_and_as_a_zip(sip: Sip, shared: Path) -> None:
    xsd = shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd"
    for path in (sip.folder, sip.zipped(), sip.zipped(wrapped=True)):
        told = lint.lint(path, xsd=xsd)
        assert {"format-preferred"} == {one.rule for one in told.findings}
        assert (3, 2, 2) == (told.informatieobjecten, told.bestanden, told.files)


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_sip_is_found_by_its_rule(sip: Sip, broken: str, shared: Path) -> None:
    BREAKS[broken](sip)
    xsd = shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd" if broken == "xsd" else None
    assert broken.strip() in rules(sip.folder, xsd)


@pytest.mark.parametrize("broken", ["checksum", "size", "encrypted", "encrypted  ", "zero-bytes", "id-twice", "cycle"])
def test_a_zip_is_told_the_same_of_as_its_folder(sip: Sip, broken: str) -> None:
    BREAKS[broken](sip)
    assert rules(sip.folder) == rules(sip.zipped())


def test_no_finding_says_what_a_file_says(sip: Sip) -> None:
    sip.edit(ONE, "Blijvend te bewaren", "geheim")
    sip.edit(TOP, "<naam>dossier</naam>", f'<naam xmlns="{NAMESPACE}" geheim="1">geheim</naam>')
    told = lint.lint(sip.folder).findings
    assert told
    assert "geheim" not in str(told)


def hostile(path: Path, names: list[str], **how: object) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            info = zipfile.ZipInfo(name)
            for attribute, value in how.items():
                setattr(info, attribute, value)
            made.writestr(info, b"x")
    return path


@pytest.mark.parametrize(
    ("rule", "names", "how"),
    [
        ("path", ["../../etc/cron.d/x"], {}),
        ("path", ["/etc/passwd"], {}),
        ("path", ["a\\..\\b"], {}),
        ("path", ["C:/x"], {}),
        ("link", ["dossier/x"], {"external_attr": 0o120777 << 16}),
        ("special-file", ["dossier/x"], {"external_attr": 0o010644 << 16}),
        ("depth", ["a/" * 70 + "x"], {}),
        ("name-encoding", ["caf\xe9"], {}),
    ],
)
def test_a_hostile_zip_is_told_of_and_not_unpacked(
    tmp_path: Path, rule: str, names: list[str], how: dict[str, object]
) -> None:
    path = hostile(tmp_path / "boos.zip", names, **how)
    if rule == "name-encoding":
        path.write_bytes(path.read_bytes().replace("é".encode(), b"\x82e").replace(b"\x00\x08", b"\x00\x00"))
    assert rule in rules(path)
    assert [path] == list(tmp_path.iterdir())


def test_a_zip_bomb_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "SPARE_BYTES", 1 << 20)
    path = tmp_path / "bom.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("nul", bytes(20 << 20))
    with pytest.raises(MalformedError, match="bomb"):
        lint.lint(path)


def test_members_that_lie_over_one_another_are_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path / "over.zip", ["a", "b"])
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = bytes(4)
    path.write_bytes(raw)
    with pytest.raises(MalformedError, match="bomb"):
        lint.lint(path)


def test_a_zip_that_is_cut_or_damaged_ends_in_an_error_or_a_finding(sip: Sip) -> None:
    whole = sip.zipped().read_bytes()
    path = sip.folder.with_name("kapot.zip")
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with contextlib.suppress(MalformedError):
            lint.lint(path)
        path.write_bytes(whole[:at])
        with pytest.raises(MalformedError):
            lint.lint(path)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        lint.lint(tmp_path / "weg")
    (tmp_path / "tekst").write_bytes(b"geen zip")
    with pytest.raises(MalformedError):
        lint.lint(tmp_path / "tekst")
    os.mkfifo(tmp_path / "pijp")
    with pytest.raises(UsageError):
        lint.lint(tmp_path / "pijp")


def test_many_findings_are_counted_and_bounded(sip: Sip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archief.exports.findings.FINDINGS_MAX", 5)
    for number in range(40):
        sip.write(f"dossier/brief-1/los-{number}.txt", b"x")
    told = lint.lint(sip.folder)
    assert 5 == len(told.findings)
    assert told.left_out == sum(told.counts.values()) - 5
    assert told.counts["error"] >= 40
