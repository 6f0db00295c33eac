"""Dossiers in a SIP: valued, limited, with their letters below them and what is missing told at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archief import durable
from archief.draft import draft
from archief.errors import RefusedError, WriteFailedError
from archief.exports import lint, mdto, names, proofs, selection, sip, target
from archief.exports.mdto import Informatieobject
from tests.exporting import Exported, dossier_archive

pytestmark = pytest.mark.slow

DAY = dt.date(2041, 6, 30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return dossier_archive(tmp_path_factory.mktemp("made"))


def write(made: Exported, place: Path, streams: Sequence[str] | None = None, key: str = "key") -> sip.Written:
    log = made.log
    prover = proofs.Prover(log, proofs.newest_head(log, made.archive.journal.authority))
    wish = sip.Wish(made.streams if streams is None else streams, "Archief Voorbeeld")
    with made.connected() as database, target.folder(place, key) as folder:
        return sip.write(folder, log, database, prover, wish, selection.select(database, wish.streams, DAY))


@pytest.fixture(scope="module")
def written(made: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("written") / "sip"
    write(made, place)
    return place


def described(place: Path, name: str) -> Informatieobject:
    found = mdto.read((place / name / f"{name.rpartition('/')[2]}.mdto.xml").read_bytes())
    assert isinstance(found, Informatieobject)
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_our_own_linter_and_the_schema_pass_it(written: Path, shared: Path) -> None:
    told = lint.lint(written, xsd=shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd")
    assert [] == [one for one in told.findings if one.severity != "note"]
    assert 7 == told.informatieobjecten


def test_a_letter_lies_in_the_dossier_that_is_kept_and_is_referred_to_by_the_other(written: Path) -> None:
    folders = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_dir()}
    expected = {"Z-1", "Z-1/2021-00017", "Z-2", "Z-2/2021-00018", "Z-3", "Z-3/2021-00019", "archief-documentatie"}
    assert expected == folders
    other = described(written, "Z-1").gerelateerd_informatieobject
    assert ["Stadsronde"] == [one.gerelateerd_informatieobject_verwijzing.verwijzing_naam for one in other]


def test_a_dossier_carries_its_valuation_its_row_and_its_term(written: Path) -> None:
    dossier = described(written, "Z-1")
    term, category = dossier.bewaartermijn, dossier.informatiecategorie
    assert term is not None
    assert category is not None
    assert ("Dossier", "V") == (getattr(dossier.aggregatieniveau, "begrip_label", ""), dossier.waardering.begrip_code)
    assert ("2021-06-30", "P1Y", "2022-06-30") == (
        term.termijn_startdatum_looptijd, term.termijn_looptijd, term.termijn_einddatum
    )  # fmt: skip
    assert "20.1" == category.begrip_code
    assert "Selectielijst gemeenten" in category.begrip_begrippenlijst.verwijzing_naam
    assert ("2021-01-04", "2021-06-30") == (
        dossier.dekking_in_tijd[0].dekking_in_tijd_begindatum, dossier.dekking_in_tijd[0].dekking_in_tijd_einddatum
    )  # fmt: skip
    assert ["Creatie", "Bevriezing"] == [one.event_type.begrip_label for one in dossier.event]
    assert ["College van burgemeester en wethouders van Voorbeeld"] == [
        one.verwijzing_naam for one in dossier.archiefvormer
    ]


def test_nothing_is_inherited_every_letter_carries_its_own_values(written: Path) -> None:
    letter = described(written, "Z-1/2021-00017")
    assert ("V", "20.1") == (letter.waardering.begrip_code, getattr(letter.informatiecategorie, "begrip_code", ""))
    assert "2022-06-30" == getattr(letter.bewaartermijn, "termijn_einddatum", "")
    assert "B" == described(written, "Z-2/2021-00018").waardering.begrip_code
    assert described(written, "Z-2/2021-00018").bewaartermijn is None


def test_an_open_dossier_has_a_term_without_days(written: Path) -> None:
    term = described(written, "Z-3").bewaartermijn
    assert term is not None
    assert ("P1Y", None, None) == (term.termijn_looptijd, term.termijn_startdatum_looptijd, term.termijn_einddatum)
    assert "Brondatum" == getattr(term.termijn_trigger_start_looptijd, "begrip_label", "")


def test_a_meeting_lies_beside_the_letter_that_was_tabled_valid_to_its_schema(written: Path, shared: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared / "data" / "ori-a" / "ORI-A.xsd"))
    path = written / "Z-1/2021-00017/2021-00017-vergadering-1.xml"
    schema.assertValid(etree.parse(path))
    assert path.name in [one.verwijzing_naam for one in described(written, "Z-1/2021-00017").aanvullende_metagegevens]


def test_everything_that_is_missing_is_told_at_once_before_anything_is_written(tmp_path: Path) -> None:
    made = dossier_archive(tmp_path / "a")
    loose, empty = made.letter(number="2021-00020"), made.dossier("3.1.1", None, number="Z-4")
    unclassified = made.dossier("", None, loose, number="Z-5")
    made.archive.append(draft("openness_restricted.v1", loose, {"ground": "archiefwet-1995:15.1.a"}))
    made.archive.sign_head()
    with pytest.raises(RefusedError) as caught:
        write(made, tmp_path / "sip", [empty, unclassified])
    for told in (f"{empty}: bevatOnderdeel", f"{unclassified}: waardering", f"{loose}: beperkingGebruikTermijn"):
        assert told in str(caught.value)
    assert ["a"] == [path.name for path in tmp_path.iterdir()]


def test_a_record_under_a_hold_stays_here(tmp_path: Path) -> None:
    made = dossier_archive(tmp_path / "a")
    hold = "5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b"
    facts = {"ground": "woo:4.1a", "streams": [made.streams[1]], "begin": "2021-01-01"}
    made.archive.append(draft("hold_placed.v1", hold, facts, {"reason": "verzoek"}))
    made.archive.sign_head()
    with made.connected() as database:
        assert [] == selection.due(database, dt.date(2099, 1, 1))
    with pytest.raises(RefusedError, match="a hold rests on"):
        write(made, tmp_path / "sip")


def test_due_are_the_dossiers_that_are_kept_from_their_day_on(made: Exported) -> None:
    with made.connected() as database:
        assert [] == selection.due(database, dt.date(2041, 6, 29))
        assert [made.streams[1]] == selection.due(database, dt.date(2041, 6, 30))


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip, "BATCH", 2)


def _stop(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    left = after

    def full(*given: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        durable_write(*given)

    durable_write = durable.write
    monkeypatch.setattr(durable, "write", full)


@pytest.mark.usefixtures("batches")
@pytest.mark.parametrize("after", [14, 20, 32])
def test_a_run_that_was_stopped_goes_on_and_makes_the_same_bytes(
    made: Exported, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with monkeypatch.context() as patched:
        _stop(patched, after)
        with pytest.raises(WriteFailedError):
            write(made, tmp_path / "sip")
    assert not (tmp_path / "sip").exists()
    done: list[int] = []
    monkeypatch.setattr(sip._Package, "note", lambda package, number: done.append(number))
    write(made, tmp_path / "sip")
    assert files(written) == files(tmp_path / "sip")
    assert ["sip"] == [path.name for path in tmp_path.iterdir()]
    assert min(done) > 2


@pytest.mark.usefixtures("batches")
@pytest.mark.parametrize("harm", ["changed", "another export"])
def test_what_was_stopped_is_begun_anew_when_it_is_not_what_was_written(
    made: Exported, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    with monkeypatch.context() as patched:
        _stop(patched, 30)
        with pytest.raises(WriteFailedError):
            write(made, tmp_path / "sip")
    package = tmp_path / "sip.unfinished" / target.PACKAGE
    (package / "Z-1" / "Z-1.mdto.xml").write_bytes(b"x")
    write(made, tmp_path / "sip", key="key" if harm == "changed" else "other")
    assert files(written) == files(tmp_path / "sip")


def test_every_name_is_one_that_the_linter_takes(written: Path) -> None:
    assert [] == [fault for path in files(written) for fault in names.faults(path)]
