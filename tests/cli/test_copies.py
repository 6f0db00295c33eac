"""Copies outside of the archive: known, reached or named by a destruction; packages that were stopped go on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from archief.exports import package, sip
from archief.exports.target import Target
from tests.cli import transcript
from tests.cli.transcript import World

pytestmark = pytest.mark.slow

COPIES = (
    "export evidence 2021-00017 --out bewijs",
    "export evidence 2021-00017 --out bewijs.zip",
    "export documents 2021-00017 --out stukken",
    "export snapshot --out momentopname.zip --level internal",
    "report register --format csv --out register.csv",
    "report levensloop 2021-00017 --format html --out levensloop.html",
    "render 2021-00017 --out brief.pdf",
    "prove {entry} --with-payload --out bewijsregel",
    "replay --into staat.duckdb",
    "export sip 2021-00018 2021-00017 --out sip --profile bagit",
)
EARLY = "Z-2 --title Fietsplan --agreement 'Afspraak 2026-04' --reason 'de dienst stopt'"
OUT = (
    "bewijs", "bewijs.zip", "stukken", "momentopname.zip", "register.csv", "levensloop.html", "brief.pdf",
    "bewijsregel.payload",
    "staat.duckdb", "sip",
)  # fmt: skip


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A package that is being written stops after its first record; undo lets the next one go on."""
    real = Target.note

    def note(made: Target, state: dict[str, Any]) -> None:
        real(made, state)
        raise KeyboardInterrupt

    monkeypatch.setattr(sip, "BATCH", 1)
    monkeypatch.setattr(Target, "note", note)
    return monkeypatch


def begun(name: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return transcript.begin(name, kept)


def said(world: World, command: str, code: int = 0) -> str:
    out, err, found = world.run(f"archief {command}")
    assert code == found, f"{command}\n{err}"
    return out if code == 0 else err


def _write_copies(world: World) -> None:
    found = said(world, "--json sql \"select opened_seq from letter where number = '2021-00017'\"")
    entry = json.loads(found)["rows"][0]["opened_seq"]
    for command in COPIES:
        said(world, command.format(entry=entry))


def test_a_destruction_deletes_what_stopped_exports_left_and_names_every_copy(
    kept: Path, tmp_path: Path, stopped: pytest.MonkeyPatch
) -> None:
    world = begun("authorised.txt", kept, tmp_path, stopped)
    destruction = world.stream
    said(world, "export sip 2021-00017 2021-00018 --out gestopt", 130)
    assert Path("gestopt.unfinished").is_dir()
    stopped.undo()
    stopped.chdir(tmp_path)
    _write_copies(world)
    assert "gestopt.unfinished" in said(world, f"--as smit destroy execute {destruction} --dry-run")
    certificate = json.loads(said(world, f"--as smit --json destroy execute {destruction} --yes"))["certificate"]
    assert not Path("gestopt.unfinished").exists()
    told = said(world, f"history {certificate} --json") + said(world, f"history {destruction} --json")
    for name in (
        "2 keer export (bewijsbundel)", "export (bestanden van een stuk)", "export (momentopname)", "export (SIP)",
        "2 keer bestand (rapport)", "bestand (brief als pdf)", "bestand (vastgelegde gegevens)", "bestand (databank)",
    ):  # fmt: skip
        assert name in told
    assert all(Path(name).exists() for name in OUT)


def test_a_destruction_that_deletes_exports_deletes_every_copy(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = begun("authorised.txt", kept, tmp_path, monkeypatch)
    _write_copies(world)
    Path("bewijs.zip").write_bytes(b"van iemand anders")
    letter = json.loads(said(world, "--json sql \"select stream from letter where number = '2021-00017'\""))["rows"][0]
    said(world, f"--as smit destroy execute {world.stream} --delete-exports --yes")
    assert "its files were destroyed" in said(world, f"export documents {letter['stream']} --out weg", 21)
    assert ["bewijs.zip"] == [name for name in OUT if Path(name).exists()]


def test_the_package_of_a_transfer_that_was_stopped_goes_on(
    kept: Path, tmp_path: Path, stopped: pytest.MonkeyPatch
) -> None:
    world = begun("proposed.txt", kept, tmp_path, stopped)
    transfer = _proposed(world)
    said(world, f"--as smit transfer export {transfer} --out sip", 130)
    done = Path("sip.unfinished/done.jsonl").read_bytes()
    said(world, f"--as smit transfer export {transfer} --out sip", 130)
    again = Path("sip.unfinished/done.jsonl").read_bytes()
    assert again.startswith(done)
    assert len(again) > len(done)
    stopped.undo()
    stopped.chdir(tmp_path)
    first = json.loads(said(world, f"--as smit --json transfer export {transfer} --out sip"))
    assert not Path("sip.unfinished").exists()
    said(world, "check sip sip")
    assert "exported" in said(world, f"show {transfer}")
    assert first["number"] in Path("sip/pakbon.xml").read_text()


def test_a_letter_that_was_filed_after_the_proposal_does_not_go_along_unseen(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = begun("dossiers.txt", kept, tmp_path, monkeypatch)
    transfer = _proposed(world)
    said(world, "--as smit dossier reopen Z-2 --reason 'er kwam nog een brief'")
    said(world, "--as smit dossier file Z-2 2022-00001")
    said(world, "--as smit dossier close Z-2 --date 2022-02-28")
    err = said(world, f"--as smit transfer export {transfer} --out sip", 21)
    assert "1 record came into its dossiers since it was proposed" in err
    assert "transfer propose --again" in err
    assert not any(Path().glob("sip*"))
    said(world, f"--as smit transfer propose {EARLY} --again {transfer}")
    said(world, f"--as smit transfer export {transfer} --out sip")


def _proposed(world: World) -> str:
    said(
        world,
        "--as smit restrict set 2021-00018 --ground archiefwet-1995:15.1.a --end 2096-01-01 --decision 'Besluit 7'",
    )
    out = said(world, f"--as smit --json transfer propose {EARLY}")
    return str(json.loads(out)["streams"][0])


def test_letters_that_nobody_decided_on_are_counted_when_they_are_exported(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = begun("dossiers.txt", kept, tmp_path, monkeypatch)
    _, err, code = world.run("archief export sip 2022-00001 2021-00018 --out sip")
    assert 0 == code
    assert "1 letter in it without a decision on keeping" in err
    _, err, code = world.run("archief export sip Z-2 --out dossier")
    assert (0, False) == (code, "decision on keeping" in err)


def test_a_zip_bomb_is_not_taken_over(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = begun("dossiers.txt", kept, tmp_path, monkeypatch)
    monkeypatch.setattr(package, "SPARE_BYTES", 1 << 20)
    with zipfile.ZipFile("bom.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("pakbon.xml", bytes(20 << 20))
    before = said(world, "verify")
    _, err, code = world.run("archief --as archivaris import sip bom.zip --source ander --yes")
    assert code != 0
    assert "bomb" in err
    assert before == said(world, "verify")
    assert [Path("bom.zip")] == list(Path().glob("bom*"))
