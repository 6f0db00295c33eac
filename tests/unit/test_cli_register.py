"""Registering from files: what was read and what was typed, many files at once, an interrupt and the next run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from archief.cli.letters import registration
from archief.cli.letters.registration import Wanted
from archief.errors import Interrupted, UsageError
from archief.intake import process
from archief.log import Log
from archief.storage.local import LocalStorage
from tests.cli import transcript
from tests.founding import faults

pytestmark = pytest.mark.slow

LETTER = """Gemeente Voorbeeld

Aan de heer C. Smit

ONDERWERP
Parkeren op plein {number}

DATUM
15 januari 2021

Geachte heer Smit,

U mag op plein {number} staan.

Hoogachtend,

P. Bakker
"""


@pytest.fixture
def world(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> transcript.World:
    monkeypatch.chdir(tmp_path)
    return transcript.begin("founded.txt", kept)


@pytest.fixture
def post(tmp_path: Path) -> Path:
    folder = tmp_path / "post"
    folder.mkdir()
    for number in range(6):
        (folder / f"brief-{number}.txt").write_text(LETTER.format(number=number), encoding="utf-8")
    return folder


def register(world: transcript.World, *words: str) -> tuple[dict[str, Any], int]:
    out, err, code = world.run(f"archief --as jansen register {' '.join(words)} --json")
    return json.loads(out or err), code


def subjects() -> list[str]:
    """The subjects of all letters, in the order of the log."""
    log = Log(LocalStorage(Path("events")))
    lines = [json.loads(line) for line in map(log.payload_line, range(log.size)) if line]
    return [line["data"]["subject"] for line in lines if "subject" in line["data"]]


def expected(*numbers: int) -> list[str]:
    return [f"Parkeren op plein {number}" for number in numbers]


def test_a_folder_is_registered_file_by_file(world: transcript.World, post: Path) -> None:
    told, code = register(world, "--from-folder post --yes --set handled_by=Bakker")
    assert 0 == code
    assert [f"brief-{number}.txt" for number in range(6)] == [one["file"] for one in told["registered"]]
    assert expected(*range(6)) == subjects()
    assert told["head"] is not None
    assert [] == faults(LocalStorage(Path("events")))


def test_an_interrupt_leaves_whole_records_and_the_next_run_goes_on(
    world: transcript.World, post: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun = process.Reader.read_bytes, iter(range(100))

    def read_bytes(self: process.Reader, name: str, data: bytes) -> Any:
        if next(begun) == 3:
            raise KeyboardInterrupt
        return real(self, name, data)

    monkeypatch.setattr(process.Reader, "read_bytes", read_bytes)
    told, code = register(world, "--from-folder post --yes")
    assert Interrupted.exit_code == code
    assert "3 files registered" in told["error"]["what"]
    assert expected(0, 1, 2) == subjects()
    assert [] == faults(LocalStorage(Path("events")))
    told, code = register(world, "--from-folder post --yes")
    assert 0 == code
    assert ["brief-0.txt", "brief-1.txt", "brief-2.txt"] == told["passed"]
    assert expected(*range(6)) == subjects()


def test_an_interrupt_while_it_is_written_leaves_all_of_a_record_or_nothing(
    world: transcript.World, post: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archief import durable

    real, calls = durable.sync, iter(range(1_000))

    def sync(*words: Any, **named: Any) -> Any:
        if next(calls) == 9:
            raise KeyboardInterrupt
        return real(*words, **named)

    monkeypatch.setattr(durable, "sync", sync)
    _, code = register(world, "--from-folder post --yes")
    monkeypatch.setattr(durable, "sync", real)
    assert Interrupted.exit_code == code
    before = subjects()
    assert expected(*range(len(before))) == before
    told, code = register(world, "--from-folder post --yes")
    assert (0, len(before)) == (code, len(told["passed"]))
    assert expected(*range(6)) == subjects()
    assert [] == faults(LocalStorage(Path("events")))


def test_a_file_that_fails_does_not_stop_the_others(world: transcript.World, post: Path) -> None:
    (post / "brief-2.txt").write_bytes(b"")
    (post / "brief-3.txt").write_bytes(bytes(range(256)) * 40)
    told, code = register(world, "--from-folder post --yes")
    assert {"brief-2.txt", "brief-3.txt"} == {one["file"] for one in told["failed"]}
    assert 0 != code
    assert all(one["error"]["next"] for one in told["failed"])
    assert expected(0, 1, 4, 5) == subjects()


def test_a_name_that_is_not_utf_8_stops_no_run(world: transcript.World, post: Path) -> None:
    (post / os.fsdecode(b"brief-\xff.txt")).write_text(LETTER.format(number=9), encoding="utf-8")
    told, code = register(world, "--from-folder post --yes")
    assert (7, [], 0) == (len(told["registered"]), told["failed"], code)


def test_a_link_in_a_folder_brings_nothing_in_from_elsewhere(world: transcript.World, post: Path) -> None:
    (post.parent / "elders.txt").write_text(LETTER.format(number=9), encoding="utf-8")
    (post / "brief-9.txt").symlink_to(post.parent / "elders.txt")
    told, code = register(world, "--from-folder post --yes")
    ((name, error),) = [(one["file"], one["error"]) for one in told["failed"]]
    assert (6, 40) == (len(told["registered"]), code)
    assert ("brief-9.txt", "a symbolic link") == (name, error["what"])


def test_what_would_stop_every_file_stops_the_run(world: transcript.World, post: Path) -> None:
    world.run("archief --as archivaris role withdraw 'B. Jansen' behandelaar --yes")
    told, code = register(world, "--from-folder post --yes")
    assert 21 == code
    assert "run the same command again" in told["error"]["next"]


def test_the_file_is_kept_byte_for_byte_with_what_it_is(world: transcript.World, post: Path) -> None:
    register(world, "post/brief-0.txt --yes")
    out, _, _ = world.run("archief list --kind documents --json")
    (document,) = json.loads(out)["rows" if "rows" in json.loads(out) else "documents"]
    assert ("x-fmt/111", "text/plain") == (document["pronom"], document["media_type"])
    assert "pygfried" in document["identified_by"].lower() or "siegfried" in document["identified_by"].lower()
    stored = [path for path in Path("events/documents").rglob("*") if path.is_file()]
    assert [(post / "brief-0.txt").read_bytes()] == [path.read_bytes() for path in stored]


def test_what_is_typed_counts_over_what_was_read(world: transcript.World, post: Path) -> None:
    out, _, code = world.run(
        'archief --as jansen register post/brief-0.txt --set subject=Anders --set "signatories=" --dry-run --json'
    )
    assert 0 == code
    (event,) = json.loads(out)["events"]
    assert "Anders" == event["data"]["subject"]
    assert "signatories" not in event["data"]
    assert "Aan de heer C. Smit" == event["data"]["addressee"]


@pytest.mark.parametrize(
    ("called", "received", "kind", "organ"),
    [
        ("raadsinformatiebrief", False, "raadsinformatiebrief", "college"),
        ("rondebriefje", False, "rondebriefje", "raad"),
        ("e-mail", True, "email", None),
        ("kattebel", False, "brief", None),
        ("raadsinformatiebrief", True, "raadsinformatiebrief", None),
    ],
)
def test_kind_and_organ_follow_from_what_it_calls_itself(
    called: str, received: bool, kind: str, organ: str | None
) -> None:
    facts = registration._facts(Wanted(received), {"doc_type": called}, "2021-01-14")
    assert (kind, organ) == (facts["kind"], facts.get("organ"))
    assert ("date" in facts) == received


ROWS = {"Zelf bedacht": "n.v.t.", "Datum": "5 januari 2016", "Aanwezig": "Allen", "Inhoud": "Fietsen"}


def test_the_rows_of_a_form_keep_their_order(world: transcript.World) -> None:
    rows = json.dumps({"number": "2016-00001", "subject": "Fietsen", "fields": ROWS})
    Path("form.json").write_text(rows, encoding="utf-8")
    world.run("archief --as jansen register --kind rondebriefje --data form.json")
    out, _, _ = world.run("archief show 2016-00001 --json")
    assert list(ROWS) == list(json.loads(out)["letter"]["fields"]["fields"])
    turned = dict(reversed({**ROWS, "Inhoud": "Lopen"}.items()))
    Path("patch.json").write_text(json.dumps({"fields": turned}), encoding="utf-8")
    world.run("archief --as jansen edit 2016-00001 --data patch.json")
    out, _, _ = world.run("archief show 2016-00001")
    assert sorted(turned, key=out.index) == list(turned)
    assert "fields_order" not in out


PROMISE = {"text": "x", "due": "vóór de zomer", "due_end": "2021-06-20", "made": "before the letter"}


@pytest.mark.parametrize(
    ("proposals", "command"),
    [
        (
            {"meetings": [{"form": "raadsronde", "date": "2016-01-19", "text": "x y"}]},
            "archief meeting plan raadsronde 2016-01-19 --letter 7 --wording 'x y'",
        ),
        (
            {"papers": [{"what": "het plan", "date": "2021-01-28", "inferred": ["year"]}]},
            (
                "archief commitment make 'het plan' --kind papers --letter 7 --due-from 2021-01-28 --due 2021-01-28"
                " --inferred year"
            ),
        ),
        (
            {"commitments": [PROMISE]},
            (
                "archief commitment make x --letter 7 --due-wording 'vóór de zomer' --due 2021-06-20"
                " --made-before 2021-04-15"
            ),
        ),
    ],
    ids=["meeting", "papers", "promise"],
)
def test_what_a_text_announces_is_a_command_to_paste(proposals: dict[str, Any], command: str) -> None:
    from archief.cli.letters.registering import proposed

    assert [command] == list(proposed("7", proposals, "2021-04-15"))


def test_several_letters_have_no_number_in_common(world: transcript.World, post: Path) -> None:
    told, code = register(world, "--from-folder post --number 7 --yes")
    assert (UsageError.exit_code, "--number") == (code, told["error"]["where"])
