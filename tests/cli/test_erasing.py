"""``destroy erase`` whatever interrupts it, and how far it reaches: nothing of what was erased is left in any file."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from archief import erasure
from archief.cli import declaring
from archief.cli.destruction import derived, erasing
from archief.errors import WriteFailedError
from tests.cli import transcript
from tests.cli.transcript import World

ERASE = "archief --as archivaris destroy erase 2026-00007 {} --ground avg:17 --decision 'AVG 4' --reason verzoek --yes"
pytestmark = pytest.mark.slow

NEEDLES = ("Zilverschoon", "06-98765432", "kwikstaart", "Pimpernel", "Zilverschoon-Ünal")


def said(world: World, command: str, code: int = 0) -> str:
    out, err, ended = world.run(command)
    assert code == ended, f"{command}\n{err}"
    return out


@pytest.fixture
def world(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An archive with a letter that says who somebody is in its fields, in a file, in its PDF and in a note."""
    monkeypatch.chdir(tmp_path)
    made = transcript.begin("letters.txt", kept)
    Path("kaart.txt").write_text("Hier woont Pimpernel, kwikstaart 4.\n")
    said(made, "archief --as jansen register --set subject=Vraag --number 2026-00007")
    patch = "--set addressee='Mevrouw Zilverschoon-Ünal' --set phone=06-98765432"
    said(made, f"archief --as jansen edit 2026-00007 {patch} --document kaart.txt")
    said(made, "archief --as jansen render 2026-00007")
    said(made, "archief --as jansen annotate 2026-00007 'Gebeld met Zilverschoon'")
    said(made, "archief search Zilverschoon")
    said(made, "archief verify")
    Path("kaart.txt").unlink()
    return made


def entries(world: World) -> str:
    """Everything that has a payload, but the first."""
    events = json.loads(said(world, "archief history 2026-00007 --json"))["events"]
    return " ".join(f"--entry {one['seq']}" for one in events[1:] if one["payload"] == "present")


def plain(content: bytes) -> Iterator[bytes]:
    """The bytes of a file, of what is packed in it, and of the streams of a PDF."""
    yield content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield from plain(packed.read(name))
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            yield zlib.decompressobj().decompress(stream)
        except zlib.error:
            continue


def left(folder: Path) -> list[tuple[str, str]]:
    """Which of the strings stand in which file, in any form that we write."""
    forms = {
        (needle, form)
        for needle in NEEDLES
        for form in (needle.encode(), needle.encode("utf-16-le"), json.dumps(needle)[1:-1].encode())
    }
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        for part in plain(path.read_bytes()):
            found += [(path.name, needle) for needle, form in forms if form in part]
        found += [(path.name, needle) for needle in NEEDLES if needle in path.name]
    return found


def test_nothing_of_what_was_erased_is_left_in_any_file(world: World, tmp_path: Path) -> None:
    assert set(NEEDLES) == {needle for _, needle in left(tmp_path)}
    named = entries(world)
    plan = json.loads(said(world, ERASE.format(f"{named} --dry-run --json")))
    assert {"addressee": "gone", "phone": "gone"} == plan["fields"]
    assert len(plan["documents"]) == 2
    said(world, ERASE.format(named))
    assert [] == left(tmp_path)
    told = json.loads(said(world, "archief show 2026-00007 --json"))["letter"]
    assert ("Vraag", [], 3) == (told["fields"]["subject"], told["documents"], told["gone"])
    assert [2] == [sum(one["documents_of"]) for one in told["erasures"]]
    report = json.loads(said(world, "archief verify --json"))
    assert (4, 4, []) == (report["destroyed"], report["erased"], report["faults"])


STEPS = {
    "before anything is erased": (erasure, "erase"),
    "before what was made from it is thrown away": (derived, "clear"),
    "before it is looked at": (erasing, "_demand_absence"),
    "before the certificate": (declaring, "kept"),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_interrupted_erasure_is_gone_on_with(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise WriteFailedError("the disk is full", where="events")

    named = entries(world)
    with monkeypatch.context() as context:
        context.setattr(*STEPS[step], full)
        said(world, ERASE.format(named), WriteFailedError.exit_code)
    said(world, ERASE.format(named.rpartition(" --entry")[0]), 21)  # another one does not begin meanwhile
    said(world, ERASE.format(f"{named} --dry-run"))
    said(world, ERASE.format(named).replace(" --yes", ""))  # the word was given before
    assert [] == left(tmp_path)
    told = json.loads(said(world, "archief show 2026-00007 --json"))["letter"]
    (one,) = told["erasures"]
    certificate = json.loads(said(world, f"archief show {one['certificate']} --json"))["letter"]
    assert ["verklaring.html", "verklaring.pdf", "verklaring.json"] == [
        file["name"] for file in certificate["documents"]
    ]
    assert "carried out already" in world.run(ERASE.format(named))[1]
    said(world, "archief verify")


def test_a_file_of_a_back_up_that_brings_it_back_is_erased_again(world: World, tmp_path: Path) -> None:
    lines = Path("events/payload/000000000000.jsonl").read_bytes()
    named = entries(world)
    said(world, ERASE.format(named))
    later = Path("events/payload/000000000000.jsonl").read_bytes().splitlines(keepends=True)[-2:]
    Path("events/payload/000000000000.jsonl").write_bytes(lines + b"".join(later))
    world.run("archief verify")
    assert "erased again: 4 payloads" in said(world, "archief --as archivaris destroy again --yes")
    assert [] == left(tmp_path)
    said(world, "archief verify")


def test_the_certificate_is_not_erased(world: World) -> None:
    said(world, ERASE.format(entries(world)))
    told = json.loads(said(world, "archief show 2026-00007 --json"))["letter"]
    certificate = told["erasures"][0]["certificate"]
    (event,) = json.loads(said(world, f"archief history {certificate} --json"))["events"]
    command = ERASE.format(f"--entry {event['seq']}").replace("2026-00007", certificate)
    assert "kept for ever" in world.run(command)[1]
    assert "no entry of this record" in world.run(ERASE.format(f"--entry {event['seq']}"))[1]
