"""A sound SIP for tests to break: a dossier with two letters, made by hand and not by our export.

sip = Sip(tmp_path / "sip")        # sound
sip.edit("dossier/brief-1/brief-1.mdto.xml", "Creatie", "Maken")
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from archief.exports import mdto, pakbon
from archief.exports.mdto import (
    BeperkingGebruik,
    Bestand,
    Checksum,
    Identificatie,
    Informatieobject,
    Mdto,
    Verwijzing,
    begrip,
    verwijzing,
)

PDF = (
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
)
BRON = "Zaaksysteem Voorbeeld"


def ids(kenmerk: str) -> list[Identificatie]:
    return [Identificatie(identificatie_kenmerk=kenmerk, identificatie_bron=BRON)]


def ref(kenmerk: str) -> Verwijzing:
    return verwijzing(kenmerk, kenmerk, BRON)


def informatieobject(
    kenmerk: str,
    level: str,
    parents: list[str],
    children: Sequence[str] = (),
    files: Sequence[str] = (),
) -> Informatieobject:
    return Informatieobject(
        identificatie=ids(kenmerk),
        naam=kenmerk,
        aggregatieniveau=begrip(level, "Begrippenlijst Aggregatieniveaus MDTO"),
        waardering=begrip("Blijvend te bewaren", "Begrippenlijst Waarderingen MDTO", "B"),
        is_onderdeel_van=[ref(one) for one in parents],
        bevat_onderdeel=[ref(one) for one in children],
        heeft_representatie=[ref(one) for one in files],
        archiefvormer=[verwijzing("Gemeente Voorbeeld")],
        beperking_gebruik=[
            BeperkingGebruik(
                beperking_gebruik_type=begrip("Geen beperking", "Begrippenlijst BeperkingGebruikTypeLijst MDTO")
            )
        ],
    )


def bestand(kenmerk: str, name: str, content: bytes, of: str, pronom: str = "fmt/18") -> Bestand:
    return Bestand(
        identificatie=ids(kenmerk),
        naam=name,
        omvang=len(content),
        bestandsformaat=begrip("Formaat", "PRONOM-register", pronom),
        checksum=[
            Checksum(
                checksum_algoritme=begrip("SHA-256", "Begrippenlijst ChecksumAlgoritme MDTO"),
                checksum_waarde=hashlib.sha256(content).hexdigest(),
                checksum_datum="2021-01-14T09:00:00Z",
            )
        ],
        is_representatie_van=ref(of),
    )


class Sip:
    """A SIP in a folder; every change is written at once, the pakbon by :meth:`count`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        children = ["brief-1", "brief-2"]
        self.describe("dossier/dossier", informatieobject("dossier", "Dossier", ["Archief Voorbeeld"], children))
        for number, letter in enumerate(children, 1):
            name = f"besluit-{number}.pdf"
            self.add(letter, f"file-{number}", name, PDF)
            self.describe(
                f"dossier/{letter}/{letter}",
                informatieobject(letter, "Archiefstuk", ["dossier"], [], [f"file-{number}"]),
            )
        self.count()

    def describe(self, stem: str, described: Mdto) -> None:
        self.write(f"{stem}.mdto.xml", mdto.write(described))

    def add(self, letter: str, kenmerk: str, name: str, content: bytes, pronom: str = "fmt/18") -> None:
        """A file with its metadata; the letter does not name it yet."""
        self.write(f"dossier/{letter}/{name}", content)
        self.describe(f"dossier/{letter}/{name}.bestand", bestand(kenmerk, name, content, letter, pronom))

    def change(self, name: str, content: bytes, pronom: str = "fmt/18") -> None:
        """Other bytes for the second letter's file, with metadata that say so, under another name."""
        for path in ("besluit-2.pdf", "besluit-2.pdf.bestand.mdto.xml"):
            self.path(f"dossier/brief-2/{path}").unlink()
        self.add("brief-2", "file-2", name, content, pronom)
        self.count()

    def count(self) -> None:
        """Write the pakbon anew."""
        paths = {
            path.relative_to(self.folder).as_posix(): path
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != pakbon.NAME
        }
        content = [path for name, path in paths.items() if not name.endswith(".mdto.xml")]
        digests = [(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in paths.items()]
        slip = pakbon.Pakbon(
            nummer="SIP-1",
            titel="Twee brieven",
            doellocatie="Archief Voorbeeld",
            tijdstempel="2021-06-30T12:00:00Z",
            archiefvormer="Gemeente Voorbeeld",
            contact="archief@voorbeeld.nl",
            informatieobjecten=sum(name.endswith(".mdto.xml") and ".bestand." not in name for name in paths),
            bestanden=sum(name.endswith(".bestand.mdto.xml") for name in paths),
            andere=len(content),
            omvang=sum(path.stat().st_size for path in content),
            hash=pakbon.package_hash(digests),
        )
        self.write(pakbon.NAME, pakbon.write(slip))

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, content: bytes) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new).encode())

    def move(self, old: str, new: str) -> None:
        self.path(new).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.path(old), self.path(new))

    def copy(self, paths: dict[str, str]) -> None:
        for old, new in paths.items():
            self.write(new, self.path(old).read_bytes())

    def drop(self, *names: str) -> None:
        for name in names:
            self.path(name).unlink()

    def zipped(self, wrapped: bool = False) -> Path:
        """The same as a ZIP, perhaps with the folder around it."""
        made = self.folder.with_suffix(".zip")
        base = self.folder.parent if wrapped else self.folder
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(self.folder.rglob("*")):
                packed.write(path, path.relative_to(base))
        return made
