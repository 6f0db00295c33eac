"""A letter in the words of MDTO: valid to the schema, with its history, its makers and its limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from archief.draft import draft
from archief.exports import description, history, holdings, mdto, mdto_rules
from archief.exports.mdto import Informatieobject
from tests.exporting import Exported, export_archive


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_archive(tmp_path_factory.mktemp("made"))


def described(made: Exported, stream: str) -> Informatieobject:
    with made.connected() as database:
        source = description.Source(
            archive=holdings.archive(made.log),
            letter=holdings.letters(database, [stream])[stream],
            signatures=holdings.signatures(database, [stream])[stream],
            history=history.of(made.log, database, [stream])[stream],
            names=holdings.names(database),
        )
    return description.informatieobject(source)


def test_a_letter_is_described_validly_to_the_schema_and_to_the_rules_beside_it(made: Exported, shared: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd"))
    for stream in made.streams:
        letter = described(made, stream)
        schema.assertValid(etree.fromstring(mdto.write(letter)))
        assert [] == list(mdto_rules.breaches(letter))


def test_the_same_letter_gives_the_same_bytes(made: Exported) -> None:
    assert mdto.write(described(made, made.streams[0])) == mdto.write(described(made, made.streams[0]))


def test_history_is_told_in_the_words_of_mdto_with_when_it_took_place(made: Exported) -> None:
    letter = described(made, made.streams[0])
    assert [
        ("Creatie", "2021-01-14", "S. de Vries"),
        ("Accordering", "2021-01-14T09:00:05Z", "A. Jansen"),
        ("Verzending", "2021-01-15", "S. de Vries"),
    ] == [
        (one.event_type.begrip_label, one.event_tijd, getattr(one.event_verantwoordelijke_actor, "verwijzing_naam", ""))
        for one in letter.event
    ]
    assert "Ondertekend als burgemeester namens college; grond gemeentewet:59a.1; geen elektronische handtekening" == (
        letter.event[1].event_resultaat
    )


def test_the_maker_is_the_college_for_a_raadsinformatiebrief_and_the_council_with_its_griffie_for_a_rondebriefje(
    made: Exported,
) -> None:
    makers = [[one.verwijzing_naam for one in described(made, stream).archiefvormer] for stream in made.streams]
    assert [
        ["College van burgemeester en wethouders van Voorbeeld"],
        ["Gemeenteraad van Voorbeeld", "Griffie van Voorbeeld"],
    ] == makers


def test_who_had_to_do_with_it_is_named_with_how(made: Exported) -> None:
    involved = described(made, made.streams[0]).betrokkene
    assert [
        ("Geadresseerde", "De leden van de raad"),
        ("Behandelaar", "P. Bakker"),
        ("Ondertekenaar", "A. Jansen"),
        ("Ontvanger", "De leden van de raad"),
    ] == [(one.betrokkene_type_relatie.begrip_label, one.betrokkene_actor.verwijzing_naam) for one in involved]


@pytest.mark.slow
def test_a_limit_on_openness_goes_along_and_ends_when_it_is_lifted(tmp_path: Path) -> None:
    made = export_archive(tmp_path)
    stream = made.streams[0]
    (limit,) = described(made, stream).beperking_gebruik
    assert "Overig" == limit.beperking_gebruik_type.begrip_label
    assert limit.beperking_gebruik_termijn is not None
    assert "2096-02-01" == limit.beperking_gebruik_termijn.termijn_einddatum
    with made.connected() as database:
        placed = next(
            one.event.seq
            for one in history.of(made.log, database, [stream])[stream]
            if one.name == "openness_restricted"
        )
    made.archive.append(draft("restriction_lifted.v1", stream, {"restriction": placed}))
    (limit,) = described(made, stream).beperking_gebruik
    assert "Geen beperking" == limit.beperking_gebruik_type.begrip_label


def test_where_nobody_decided_the_description_says_so(made: Exported) -> None:
    letter = described(made, made.streams[1])
    assert "Nader te bepalen" == letter.beperking_gebruik[0].beperking_gebruik_type.begrip_label
    assert ("Nader te bepalen", "N") == (letter.waardering.begrip_label, letter.waardering.begrip_code)
    assert letter.bewaartermijn is None
