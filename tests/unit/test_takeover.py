"""A SIP is taken over whole: files untouched, identifications and history kept, and it goes out again as it came in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest

from archief.cli.exchange import importing
from archief.cli.writing import Writer
from archief.draft import draft
from archief.exports import lint, mdto, package, package_forms, proofs, selection, sip, takeover, wrapping
from archief.exports.mdto import Bestand, Betrokkene, Event, Informatieobject, begrip, verwijzing
from tests.cli import transcript
from tests.exporting import Exported, dossier_archive
from tests.founding import folder, found
from tests.sip import Sip

pytestmark = pytest.mark.slow

DAY = dt.date(2041, 6, 30)


def export(made: Exported, place: Path, profile: str = "mdto-sip") -> Path:
    made.archive.sign_head()
    prover = proofs.Prover(made.log, proofs.newest_head(made.log, made.archive.journal.authority))
    with made.connected() as database, package_forms.folder(place, "key", profile, "1.0") as form:
        wish, chosen = sip.Wish(made.streams, "Archief Voorbeeld"), selection.select(database, made.streams, DAY)
        form.close(sip.write(form.target, made.log, database, prover, wish, chosen))
    return place


def take_over(place: Path, path: Path, seed: str) -> Exported:
    """A new archive that takes a package over, its dossiers valued again."""
    with mock.patch("tests.founding.ORIGIN", f"archief.{seed}.nl/5f0c91d2"):
        archive = found(folder(path / "archive"), seed=seed)
    made = Exported(archive, path, [], archive.archivaris)
    with package.opened(place) as outer:
        inner = wrapping.unwrapped(outer).inner
        shipment = takeover.read(inner)
        taking = takeover.Taking(inner, shipment, "vorig-systeem", "2042-01-01", archive.entropy, {})
        for record in shipment.records:
            archive.append(*taking.drafts(record))
            if record.is_dossier or record.above is None:
                made.streams.append(taking.streams[record.folder])
    return made


def told(place: Path) -> dict[str, Informatieobject | Bestand]:
    """What the metadata files say, without what names an archive: ids, references by id, and its own history."""
    found: dict[str, Informatieobject | Bestand] = {}
    for path in sorted(place.rglob("*.mdto.xml")):
        one = mdto.read(path.read_bytes())
        if "archief-documentatie" in path.parts:
            continue
        if isinstance(one, Informatieobject):
            found[path.relative_to(place).as_posix()] = msgspec.structs.replace(
                one,
                identificatie=[],
                event=[],
                aanvullende_metagegevens=[],
                heeft_representatie=[],
                is_onderdeel_van=[],
                bevat_onderdeel=[],
            )
    return found


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Exported, Path]]:
    """The same records in three archives, each from the package of the one before."""
    path = tmp_path_factory.mktemp("chain")
    made = dossier_archive(path / "a")
    made.streams = made.streams[:2]
    passed = [(made, export(made, path / "e1"))]
    for number, seed in enumerate(("tweede", "derde"), 2):
        taken = take_over(passed[-1][1], path / seed, seed)
        _classify(taken)
        passed.append((taken, export(taken, path / f"e{number}")))
    return passed


def _classify(made: Exported) -> None:
    adopted = [("archiefwet-1995", "1996-01-01"), ("selectielijst-gemeenten-2020", "2020-01-01")]
    made.archive.append(
        *(
            draft("rule_set_adopted.v1", made.archive.stream, {"rule_set": code, "begin": begin})
            for code, begin in adopted
        )
    )
    for stream, (row, waardering) in zip(made.streams, (("20.1", "V"), ("3.1.1", "B")), strict=True):
        decision = {"list": "selectielijst-gemeenten-2020", "row": row, "waardering": waardering}
        made.archive.append(draft("dossier_classified.v1", stream, decision, {"reason": "zo was besloten"}))
        made.archive.append(draft("dossier_closed.v1", stream, {"date": "2021-06-30"}))


def test_what_goes_out_after_a_takeover_is_sound(chain: list[tuple[Exported, Path]], shared: Path) -> None:
    xsd = shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd"
    for _, place in chain:
        assert [] == [one for one in lint.lint(place, xsd=xsd).findings if one.severity == "error"]


def test_a_takeover_and_the_next_tell_the_same(chain: list[tuple[Exported, Path]]) -> None:
    first, second, third = (told(place) for _, place in chain)
    assert first.keys() == second.keys() == third.keys()
    for path, one in first.items():
        assert one == second[path] == third[path], path


def test_every_file_is_untouched_and_in_its_place(chain: list[tuple[Exported, Path]]) -> None:
    (_, first), *others = chain
    content = [path for path in first.rglob("*") if path.is_file() and path.suffix in (".pdf", ".txt")]
    assert content
    for path in content:
        for _, place in others:
            if path.parent.name != "archief-documentatie":
                assert path.read_bytes() == (place / path.relative_to(first)).read_bytes()


def test_no_identification_is_ever_removed_and_history_only_grows(chain: list[tuple[Exported, Path]]) -> None:
    for (_, before), (_, after) in itertools.pairwise(chain):
        for path in before.rglob("*.mdto.xml"):
            # What came along with an earlier takeover may have another name in the next.
            if any(word in str(path) for word in ("archief-", "-mdto", "gebeurtenissen", "vergadering", "pakbon")):
                continue
            old, new = mdto.read(path.read_bytes()), mdto.read((after / path.relative_to(before)).read_bytes())
            assert [] == [one for one in old.identificatie if one not in new.identificatie]
            if isinstance(old, Informatieobject) and isinstance(new, Informatieobject):
                kinds = [one.event_type.begrip_label for one in new.event]
                assert [one.event_type.begrip_label for one in old.event] == kinds[: len(old.event)]
                assert "Import" in kinds
                assert 1 == kinds.count("Creatie")


def test_the_metadata_of_the_other_system_and_its_event_log_go_along(chain: list[tuple[Exported, Path]]) -> None:
    place = chain[1][1]
    old = (chain[0][1] / "Z-1/2021-00017/2021-00017.mdto.xml").read_bytes()
    assert old == (place / "Z-1/2021-00017/2021-00017-mdto.xml").read_bytes()
    assert any(path.name.startswith("pakbon") for path in (place / "Z-1").iterdir())
    log = (chain[0][1] / "Z-1/2021-00017/2021-00017-gebeurtenissen.json").read_bytes()
    assert log in [path.read_bytes() for path in (place / "Z-1/2021-00017").iterdir() if path.is_file()]


def test_a_package_of_another_program_and_one_in_a_bag_or_zip_come_in_too(tmp_path: Path) -> None:
    other = Sip(tmp_path / "sip")
    for number, place in enumerate((other.folder, other.zipped())):
        made = take_over(place, tmp_path / f"a{number}", "ander")
        with made.connected() as database:
            letters = database.execute("select subject from letter order by opened_seq").fetchall()
            filed = database.execute("select count(*) from filing").fetchone()
        assert ([("brief-1",), ("brief-2",)], (2,)) == (letters, filed)
    made = dossier_archive(tmp_path / "eigen")
    for profile in ("bagit", "e-ark"):
        place = export(dataclasses.replace(made, streams=made.streams[:1]), tmp_path / profile, profile)
        with package.opened(place) as outer:
            assert 3 == len(takeover.read(wrapping.unwrapped(outer).inner).records)


@pytest.mark.parametrize("signs", [{"betrokkene"}, {"event"}, {"betrokkene", "event"}])
def test_a_letter_from_outside_comes_in_as_one(tmp_path: Path, signs: set[str]) -> None:
    other = Sip(tmp_path / "sip")
    path = other.folder / "dossier/brief-1/brief-1.mdto.xml"
    said: dict[str, Any] = {
        "betrokkene": [
            Betrokkene(betrokkene_type_relatie=begrip("Afzender", "Rollen"), betrokkene_actor=verwijzing("J. Burger"))
        ],
        "event": [Event(event_type=begrip("Ontvangst", "Gebeurtenissen"), event_tijd="2021-02-03")],
    }
    letter = msgspec.structs.replace(mdto.read(path.read_bytes()), **{name: said[name] for name in signs})
    path.write_bytes(mdto.write(letter))
    made = take_over(other.folder, tmp_path / "archief", "ander")
    with made.connected() as database:
        rows = database.execute("select subject, status, sender from letter order by opened_seq").fetchall()
    sender = "J. Burger" if "betrokkene" in signs else None
    assert [("brief-1", "received", sender), ("brief-2", "registered", None)] == rows


def test_a_takeover_that_was_stopped_goes_on_and_takes_no_record_twice(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = transcript.begin("dossiers.txt", kept)
    for command in (
        "archief export sip Z-1 Z-2 --out sip",
        "archief init nieuw --organisation Nieuw --origin-host nieuw.nl --person Mulder --test --yes",
    ):
        assert 0 == world.run(command)[2]
    monkeypatch.setattr(importing, "EVENTS_MAX", 3)
    command = "archief --archive nieuw --as archivaris-3 import sip sip --source vorig --yes --json"
    calls = iter([True, False])
    real = Writer.append

    def stopped(made: Writer, drafts: Any, **how: Any) -> Any:
        if not next(calls, True):
            raise KeyboardInterrupt
        return real(made, drafts, **how)

    monkeypatch.setattr(Writer, "append", stopped)
    assert 0 != world.run(command)[2]
    out, err, code = world.run(command)
    assert 0 == code, err
    told = json.loads(out)
    assert (2, 4) == (told["passed_over"], told["passed_over"] + told["dossiers"] + told["letters"])
    filed = json.loads(world.run("archief --archive nieuw sql 'select count(*) as n from filing' --json")[0])
    assert "2" in json.dumps(filed)
