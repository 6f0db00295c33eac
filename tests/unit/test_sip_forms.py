"""A SIP in a bag and in an E-ARK package: others read it, our linter sees through it and finds what is broken."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import pytest
from lxml import etree

from archief.exports import lint, package_forms, proofs, selection, sip
from tests.exporting import Exported, export_archive

pytestmark = pytest.mark.slow

NS = {"m": "http://www.loc.gov/METS/", "csip": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"}
HREF = "{http://www.w3.org/1999/xlink}href"
CSIP = "{https://DILCIS.eu/XML/METS/CSIPExtensionMETS}"


def write(made: Exported, place: Path, profile: str) -> None:
    log = made.log
    prover = proofs.Prover(log, proofs.newest_head(log, made.archive.journal.authority))
    wish = sip.Wish(made.streams, "Archief Voorbeeld")
    with made.connected() as database, package_forms.folder(place, "key", profile, "1.0") as form:
        form.close(
            sip.write(
                form.target, log, database, prover, wish, selection.select(database, wish.streams, dt.date(2041, 1, 1))
            )
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_archive(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def forms(made: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    for profile in ("mdto-sip", "bagit", "e-ark"):
        write(made, folder / profile, profile)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_bagit_library_takes_the_bag(forms: Path) -> None:
    bag = bagit.Bag(str(forms / "bagit"))
    assert bag.validate()
    assert (1, 0) == bag.version_info
    assert "Gemeente Voorbeeld" == bag.info["Source-Organization"]


@pytest.mark.parametrize(("profile", "inside"), [("bagit", "data"), ("e-ark", "representations/mdto-sip/data")])
def test_the_same_sip_lies_within_and_the_linter_sees_it(forms: Path, profile: str, inside: str) -> None:
    assert files(forms / "mdto-sip") == files(forms / profile / inside)
    bare, wrapped = lint.lint(forms / "mdto-sip"), lint.lint(forms / profile)
    assert 0 == wrapped.counts["error"] == wrapped.counts["warning"]
    assert (bare.informatieobjecten, bare.bestanden) == (wrapped.informatieobjecten, wrapped.bestanden)


@pytest.mark.parametrize("profile", ["bagit", "e-ark"])
def test_the_same_state_gives_the_same_bytes(made: Exported, forms: Path, tmp_path: Path, profile: str) -> None:
    write(made, tmp_path / profile, profile)
    assert files(forms / profile) == files(tmp_path / profile)


@pytest.mark.parametrize("place", ["", "representations/mdto-sip/"])
def test_mets_names_every_file_as_the_rules_of_csip_have_it(forms: Path, place: str) -> None:
    folder = forms / "e-ark" / place
    root = etree.parse(folder / "METS.xml").getroot()
    assert root.get("OBJID")
    assert "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml" == root.get("PROFILE")
    assert ("Other", "MDTO") == (root.get("TYPE"), root.get(f"{CSIP}OTHERTYPE"))
    assert "SIP" == root.find("m:metsHdr", NS).get(f"{CSIP}OAISPACKAGETYPE")
    assert ["SOFTWARE", None] == [one.get("OTHERTYPE") for one in root.findall("m:metsHdr/m:agent", NS)]
    ids = root.xpath("//@ID")
    assert len(ids) == len(set(ids))
    assert [("PHYSICAL", "CSIP")] == [(one.get("TYPE"), one.get("LABEL")) for one in root.findall("m:structMap", NS)]
    for pointer in root.iterfind(".//m:fptr", NS):
        assert pointer.get("FILEID") in ids
    for held in [*root.iterfind(".//m:file", NS), *root.iterfind(".//m:mdRef", NS)]:
        located = held.find("m:FLocat", NS) if held.tag.endswith("}file") else held
        content = (folder / urllib.parse.unquote(located.get(HREF))).read_bytes()
        assert (str(len(content)), hashlib.sha256(content).hexdigest()) == (held.get("SIZE"), held.get("CHECKSUM"))
        assert ("URL", "SHA-256") == (located.get("LOCTYPE"), held.get("CHECKSUMTYPE"))
        assert held.get("MIMETYPE")
        assert held.get("CREATED")


def test_the_map_of_an_e_ark_package_has_the_parts_that_csip_asks_for(forms: Path) -> None:
    root = etree.parse(forms / "e-ark" / "METS.xml").getroot()
    whole = root.find("m:structMap/m:div", NS)
    assert ["Metadata", "Documentation", "Schemas", "Representations"] == [one.get("LABEL") for one in whole]
    assert 1 == len(root.findall(".//m:mptr", NS))
    groups = [one.get("USE") for one in root.iterfind(".//m:fileGrp", NS)]
    assert ["Documentation", "Schemas", "Representations/mdto-sip"] == groups


def _drop(place: Path) -> None:
    next(place.rglob("bijlage.txt")).unlink()


def _change(place: Path) -> None:
    next(place.rglob("archief-toelichting.txt")).write_bytes(b"x")


def _add(place: Path) -> None:
    (place / "documentation").mkdir(exist_ok=True)
    (place / "documentation" / "meer.txt").write_bytes(b"x")


def _edit(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def edited(place: Path) -> None:
        content = (place / name).read_bytes()
        assert old in content
        (place / name).write_bytes(content.replace(old, new, 1))

    return edited


BREAKS: list[tuple[str, str, Callable[[Path], Any]]] = [
    ("bagit", "wrapper-missing", _drop),
    ("bagit", "wrapper-checksum", _change),
    ("bagit", "wrapper-checksum", _edit("bag-info.txt", b"Gemeente", b"gemeente")),
    ("bagit", "wrapper-unlisted", lambda place: (place / "data" / "meer.txt").write_bytes(b"x")),
    ("bagit", "bag-oxum", _edit("bag-info.txt", b"Payload-Oxum: ", b"Payload-Oxum: 1")),
    ("bagit", "bag-declaration", _edit("bagit.txt", b"BagIt-Version: 1.0", b"BagIt 1.0")),
    ("bagit", "bag-manifest", lambda place: (place / "manifest-sha256.txt").unlink()),
    ("bagit", "bag-fetch", lambda place: (place / "fetch.txt").write_bytes(b"x")),
    ("e-ark", "wrapper-missing", _drop),
    ("e-ark", "wrapper-checksum", _change),
    ("e-ark", "wrapper-unlisted", _add),
    ("e-ark", "mets", _edit("METS.xml", b"<metsHdr", b"<mets<Hdr")),
]


@pytest.mark.parametrize(("profile", "rule", "harm"), BREAKS)
def test_what_is_broken_around_a_sip_is_found(
    forms: Path, tmp_path: Path, profile: str, rule: str, harm: Callable[[Path], Any]
) -> None:
    shutil.copytree(forms / profile, tmp_path / profile)
    harm(tmp_path / profile)
    assert rule in {one.rule for one in lint.lint(tmp_path / profile).findings}
