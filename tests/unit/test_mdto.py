"""MDTO's own examples go through without loss, and what we refuse is what its schema refuses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archief.errors import MalformedError
from archief.exports import mdto, mdto_rules
from archief.exports.mdto import Bestand, Checksum, Identificatie, begrip, verwijzing

EXAMPLES = (
    "MDTO-XML 1.0.1 Voorbeeld Archiefstuk Informatieobject.xml",
    "MDTO-XML 1.0.1 Voorbeeld Bestand.xml",
    "MDTO-XML 1.0.1 Voorbeeld Dossier Informatieobject.xml",
    "MDTO-XML 1.0.1 Voorbeeld Serie Informatieobject.xml",
    "test_bestand.xml",
    "test_informatieobject.xml",
)
TAG = f"{{{mdto.NAMESPACE}}}"


def example(shared: Path, name: str) -> bytes:
    return (shared / "data" / "mdto" / "voorbeelden" / name).read_bytes()


def schema(shared: Path) -> Any:
    return etree.XMLSchema(etree.parse(shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd"))


def plain(raw: bytes) -> bytes:
    content: bytes = etree.tostring(etree.fromstring(raw, etree.XMLParser(remove_blank_text=True)), method="c14n")
    return content


def a_bestand(**changes: Any) -> Bestand:
    values = {
        "identificatie": [Identificatie(identificatie_kenmerk="1", identificatie_bron="Proza")],
        "naam": "brief.pdf",
        "omvang": 3,
        "bestandsformaat": begrip("PDF/A", "PRONOM-register", "fmt/95"),
        "checksum": [
            Checksum(
                checksum_algoritme=begrip("SHA-256", "Begrippenlijst ChecksumAlgoritme MDTO"),
                checksum_waarde="ab" * 32,
                checksum_datum="2021-01-14T09:00:00Z",
            )
        ],
        "is_representatie_van": verwijzing("Brief"),
    }
    return Bestand(**{**values, **changes})


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_official_example_is_written_back_without_loss(shared: Path, name: str) -> None:
    raw = example(shared, name)
    described = mdto.read(raw)
    written = mdto.write(described)
    assert plain(raw) == plain(written)
    assert described == mdto.read(written)
    assert written == mdto.write(described)
    assert schema(shared).validate(etree.fromstring(written))


def mutations(root: Any) -> Iterator[Any]:
    """Every element once taken away, doubled, moved to the front, renamed, emptied, and given other texts."""
    count = len(list(root.iter()))
    for number in range(1, count):
        for how in ("drop", "double", "first", "rename", "empty", "child", "week", "2021-02-30", "x y", "-5", "2021Z"):
            twin = copy.deepcopy(root)
            element = list(twin.iter())[number]
            above = element.getparent()
            if how == "drop":
                above.remove(element)
            elif how == "double":
                above.insert(above.index(element), copy.deepcopy(element))
            elif how == "first":
                above.insert(0, element)
            elif how == "rename":
                element.tag = f"{TAG}iets"
            elif how == "child":
                etree.SubElement(element, f"{TAG}naam").text = "x"
            elif not len(element):
                element.text = {"empty": "", "week": "P1W"}.get(how, how)
            yield twin


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_bestand.xml", "test_informatieobject.xml"])
def test_we_refuse_what_the_schema_refuses_and_nothing_else(shared: Path, name: str) -> None:
    judge = schema(shared)
    root = etree.fromstring(example(shared, name), etree.XMLParser(remove_blank_text=True))
    differ = []
    for number, twin in enumerate(mutations(root)):
        faults = mdto.parse(etree.tostring(twin))[1]
        if judge.validate(twin) == bool(faults):
            differ.append((number, [str(one) for one in judge.error_log], faults))
    assert [] == differ


def test_every_fault_is_named_and_not_the_first_only(shared: Path) -> None:
    raw = example(shared, "test_bestand.xml").replace(b"<omvang>57727859</omvang>", b"<omvang>veel</omvang>")
    raw = raw.replace(b"T15:24:18", b"").replace(b"<naam>", b"<titel>").replace(b"</naam>", b"</titel>")
    with pytest.raises(MalformedError) as caught:
        mdto.read(raw, "brief.xml")
    for part in (
        "bestand/titel: no element",
        "bestand/naam: is wanting",
        "bestand/omvang: not a whole",
        "checksumDatum",
    ):
        assert part in str(caught.value)


HOSTILE = {
    "entities": b'<?xml version="1.0"?><!DOCTYPE MDTO [<!ENTITY a "aaaa">]><MDTO>&a;</MDTO>',
    "external": b'<!DOCTYPE MDTO SYSTEM "file:///etc/passwd"><MDTO/>',
    "latin": '<?xml version="1.0"?><MDTO>é</MDTO>'.encode("latin-1"),
    "declared": b'<?xml version="1.0" encoding="UTF-7"?><MDTO/>',
    "wide": '<?xml version="1.0"?><MDTO/>'.encode("utf-16"),
    "cut": b"<MDTO><informatieobject>",
    "nothing": b"",
    "deep": b"<a>" * 5_000 + b"</a>" * 5_000,
    "long": b"<a>" + b" " * mdto.XML_BYTES_MAX + b"</a>",
    "another": b"<html/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_and_read_no_further(name: str) -> None:
    described, faults = mdto.parse(HOSTILE[name])
    assert described is None
    assert 1 == len(faults)


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert "brief\ufffd.pdf" == mdto.read(mdto.write(a_bestand(naam="brief\uffff.pdf"))).naam


def test_the_official_examples_break_rules_beside_the_schema_in_spelling_only(shared: Path) -> None:
    found = {
        (one.rule, one.severity, one.element)
        for name in EXAMPLES
        for one in mdto_rules.breaches(mdto.read(example(shared, name)))
    }
    assert {"open-list"} == {rule for rule, severity, _ in found if severity == "warning"}
    assert set() == {one for one in found if one[1] == "error"}


LIMIT = """<beperkingGebruik><beperkingGebruikType><begripLabel>Geen beperking</begripLabel><begripBegrippenlijst>
<verwijzingNaam>x</verwijzingNaam></begripBegrippenlijst></beperkingGebruikType></beperkingGebruik>"""
PERIOD = """<dekkingInTijd><dekkingInTijdType><begripLabel>x</begripLabel><begripBegrippenlijst><verwijzingNaam>y
</verwijzingNaam></begripBegrippenlijst></dekkingInTijdType><dekkingInTijdBegindatum>2014</dekkingInTijdBegindatum>
<dekkingInTijdEinddatum>2010-12-31</dekkingInTijdEinddatum></dekkingInTijd>"""


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("closed-list", "<begripCode>V<", "<begripCode>B<"),
        ("closed-list", "Tijdelijk te bewaren", "Vernietigen"),
        ("open-list", "<begripLabel>Creatie<", "<begripLabel>Maken<"),
        ("open-list", "<begripLabel>Archiefstuk<", "<begripLabel>Record<"),
        ("term", "<termijnEinddatum>2086-11-05<", "<termijnEinddatum>2086-11-06<"),
        ("term", "<termijnEinddatum>2086-11-05</termijnEinddatum>", ""),
        ("period", "<dekkingInRuimte>", PERIOD + "<dekkingInRuimte>"),
        ("empty", "<trefwoord>Noordzee<", "<trefwoord> <"),
        ("bewaartermijn", "Tijdelijk te bewaren", "Nader te bepalen"),
        ("beperking-overig", "<begripLabel>CC0</begripLabel>", "<begripLabel>Overig</begripLabel>"),
        ("beperking-geen", "<beperkingGebruik>", LIMIT + "<beperkingGebruik>"),
    ],
)
def test_a_rule_beside_the_schema_is_kept(shared: Path, rule: str, old: str, new: str) -> None:
    raw = example(shared, "test_informatieobject.xml").decode()
    raw = raw.replace("<raadpleeglocatie>", "<trefwoord>Noordzee</trefwoord><raadpleeglocatie>", 1)
    raw = raw.replace("<beperkingGebruikNadereBeschrijving>CC0 Publiek domein</beperkingGebruikNadereBeschrijving>", "")
    assert old in raw
    assert rule not in {one.rule for one in mdto_rules.breaches(mdto.read(raw.encode()))}
    assert rule in {one.rule for one in mdto_rules.breaches(mdto.read(raw.replace(old, new, 1).encode()))}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("size", {"omvang": -1}),
        ("format-code", {"bestandsformaat": begrip("PDF", "PRONOM-register", "pdf")}),
        ("empty", {"naam": ""}),
    ],
)
def test_a_rule_for_files_is_kept(rule: str, changes: dict[str, Any]) -> None:
    assert [] == list(mdto_rules.breaches(a_bestand()))
    assert [rule] == [one.rule for one in mdto_rules.breaches(a_bestand(**changes))]


@pytest.mark.parametrize(
    ("label", "digest", "rules"),
    [
        ("SHA256", "ab" * 32, ["open-list"]),
        ("MD5", "ab" * 16, ["open-list", "checksum-algorithm"]),
        ("CRC32", "ab", ["open-list", "checksum-algorithm"]),
        ("SHA-256", "ab", ["checksum-form"]),
    ],
)
def test_a_checksum_is_of_a_known_algorithm_and_of_its_form(label: str, digest: str, rules: list[str]) -> None:
    checksum = Checksum(
        checksum_algoritme=begrip(label, "Begrippenlijst ChecksumAlgoritme MDTO"),
        checksum_waarde=digest,
        checksum_datum="2021-01-14T09:00:00Z",
    )
    assert rules == [one.rule for one in mdto_rules.breaches(a_bestand(checksum=[checksum]))]
