"""After a destruction nothing of it is left: every distinctive string is sought in every file, in every form.

Also what a person sees of it then: a stub, and never a traceback.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archief.errors import FindingsError
from archief.events import envelope
from archief.log import Log
from archief.projections.search import stems
from archief.render.declarations import declaration
from archief.storage.local import LocalStorage
from tests.cli import transcript
from tests.cli.transcript import World
from tests.declared import VERNIETIGING

pytestmark = pytest.mark.slow

WORD_CHARS_MIN = 8
SUBJECT = "Grensoverschrijdende ruïneringsbepaling Überlinger–Straße"
BODY = "Geachte mevrouw Kwakernaak-Ørsted, uw bezwaarschrift »zonneweidepark« is ongegrond verklaard."
EDIT = "Grensoverschrijdende herstelvergoeding"
NOTE = "teruggebeld wegens hoortoestelprobleem"

BEFORE = f"""
    --as jansen register --set 'subject={SUBJECT}' --set 'body={BODY}' --set date=2021-03-01 --set kind=brief \
--number 2021-77031 --document bijlagedossier.txt --document ingepakt.zip
    --as jansen render 2021-77031
    --as jansen edit 2021-77031 --set 'subject={EDIT}'
    --as jansen annotate 2021-77031 '{NOTE}'
    --as smit dossier open Uitgekeerdeverzekering --number Z-77031 --date 2021-03-01 --organ college
    --as smit dossier file Z-77031 2021-77031
    --as smit dossier classify Z-77031 --row 20.1 --reason kortlopendebrievenreden
    --as smit dossier close Z-77031 --date 2021-06-30
    --as smit append --from regels.jsonl
    search zonneweidepark
    export evidence 2021-77031 --out bewijs.zip
    export evidence 2021-77031 --out bewijs
    --as smit destroy propose --due --title Lijst
    --as bos destroy review {{stream}} --approve
    --as archivaris destroy consent {{stream}}
    --as vos destroy authorise {{stream}} --decision B-1 --waiting-days 0
    replay
    search zonneweidepark
"""


@pytest.fixture
def world(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A destruction that may be carried out, with traces of its records wherever this program leaves any."""
    monkeypatch.chdir(tmp_path)
    made = transcript.begin("dossiers.txt", kept)
    Path("bijlagedossier.txt").write_text("Vertrouwelijkheidsbeding tussen buurvereniging en omgevingsdienst.\n" * 3)
    with zipfile.ZipFile("ingepakt.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("geheimhoudingslijst.txt", "Ondertekeningsbevoegdheid ingetrokken\n" * 50)
    Path("regels.jsonl").write_text('{"type":"letter_registered","facts":{"kind":"brief"},"data":{"number":"9"}}\n')
    for line in BEFORE.replace("\\\n", "").strip().splitlines():
        said(made, f"archief {line.strip().format(stream=made.stream)}")
    segment = next(Path("events/payload").iterdir())
    shutil.copy(segment, segment.with_name(f"{segment.name}.0a1b2c3d.tmp"))  # a killed run left it
    shutil.copy("events/cache/state.duckdb", "events/cache/state.duckdb.new")
    origin = Log(LocalStorage(Path("events"))).origin.replace("/", "+")
    for killed in (Path("events/cache/conversion.x"), Path("state/cache") / origin / "drill"):  # a conversion, a drill
        shutil.copytree("events/payload", killed)
    return made


def said(world: World, command: str) -> str:
    out, err, code = world.run(command)
    assert 0 == code, f"{command}\n{err}"
    return out


# what is sought


def texts(value: Any) -> Iterator[str]:
    """All strings in a value of a payload."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts(key)
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def distinctive(strings: Iterable[str]) -> set[str]:
    """The strings themselves, and their words, that are long enough."""
    found = set()
    for text in strings:
        found |= {text, *re.findall(r"[\w-]+", text)}
    return {text for text in found if len(text) >= WORD_CHARS_MIN}


def said_by(storage: LocalStorage, doomed: set[str]) -> tuple[set[str], set[str]]:
    """What the doomed records say and what the others say: payloads with their salts, and texts in their documents."""
    log = Log(storage)
    mine: set[str] = set()
    others: set[str] = set()
    for seq, entry in enumerate(log.entries()):
        if envelope.is_commit(entry):
            others |= distinctive(texts(json.loads(entry)))
            continue
        event = json.loads(entry)
        others |= distinctive(texts({"facts": event["facts"], "stream": event["stream"]}))
        line = log.payload_line(seq)
        if line is None:
            continue
        payload = json.loads(line)
        documents = payload["data"].pop("documents", [])
        spoken = distinctive(texts(list(payload["data"].values()))) | {payload["salt"]}
        for document in documents:
            spoken |= distinctive([document["id"], document["sha256"], document["name"]])
            with storage.open_document(document["id"]) as file:
                content = file.read()
            if content.startswith(b"%PDF"):
                continue  # of the letter's own words, which are sought already
            for part in forms_in(document["name"], content):
                if not part.startswith(b"PK"):
                    spoken |= distinctive(part.decode("utf-8", "ignore").splitlines())
        if event["stream"] in doomed:
            mine |= spoken
        else:
            others |= spoken
    return mine, others


# where it is sought


def forms_in(name: str, content: bytes) -> Iterator[bytes]:
    """A file's bytes, and what is packed in it."""
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for item in packed.namelist():
                yield item.encode()
                yield from forms_in(item, packed.read(item))
    if content.startswith(b"%PDF"):
        for found in re.finditer(rb"stream\r?\n", content):
            try:
                yield zlib.decompressobj().decompress(content[found.end() :])
            except zlib.error:
                continue
    if name.endswith(".duckdb"):
        yield from _cells(name)


def _cells(name: str) -> Iterator[bytes]:
    """Everything in a database, as text: its file may hold it compressed."""
    with duckdb.connect(name, read_only=True) as database:
        for schema, table in database.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall():
            yield str(database.execute(f'select * from "{schema}"."{table}"').fetchall()).encode()


def shortest(wanted: Iterable[str]) -> set[str]:
    """Without those that hold another one: where they stand, that one stands."""
    kept: list[str] = []
    for text in sorted(wanted, key=len):
        if not any(one in text for one in kept):
            kept.append(text)
    return set(kept)


def spellings(text: str) -> set[bytes]:
    """A string as it may stand in a file."""
    escaped = (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    return {text.encode(), *(one.encode() for one in escaped), text.encode("utf-16-le"), text.encode("utf-16-be")}


def traces(wanted: Iterable[str], *folders: str) -> list[str]:
    """Where one of these strings stands, in a file or in its name."""
    found = []
    sought = [(text, spelling) for text in wanted for spelling in spellings(text)]
    for folder in folders:
        for path in Path(folder).rglob("*"):
            parts = [path.as_posix().encode()]
            if path.is_file():
                parts += forms_in(str(path), path.read_bytes())
            for part in parts:
                found += [f"{path}: {text}" for text, spelling in sought if spelling in part]
    return sorted(set(found))


def doomed_streams(world: World) -> set[str]:
    told = json.loads(said(world, f"archief --json --as smit destroy execute {world.stream} --dry-run"))
    return set(told["records"])


def test_no_distinctive_string_of_a_destroyed_record_is_left_anywhere(world: World) -> None:
    storage = LocalStorage(Path("events"))
    destruction = world.stream
    doomed = doomed_streams(world)
    mine, others = said_by(storage, doomed)
    others |= distinctive([declaration.html(VERNIETIGING).decode()])  # the words of any certificate
    wanted = mine - others
    for text in (SUBJECT, EDIT, NOTE, "Z-77031", "Vertrouwelijkheidsbeding", "Ondertekeningsbevoegdheid"):
        assert any(text in one for one in wanted if len(text) >= WORD_CHARS_MIN) or len(text) < WORD_CHARS_MIN, text
    shared = stems([word.lower() for word in others])
    own = set(stems([word.lower() for word in wanted if word.isalpha()])) - set(shared)
    wanted |= {stem for stem in own if len(stem) >= WORD_CHARS_MIN}
    wanted = shortest(wanted)
    assert 40 < len(wanted) < 1_000
    assert traces(wanted, "events/cache"), "the sought strings can be found where they are"
    said(world, f"archief --as smit destroy execute {destruction} --delete-exports --yes")
    said(world, "archief search fietsen")
    Path("regels.jsonl").unlink()
    assert [] == traces(wanted, "events", "state", "keys", "bewijs", "bewijs.zip")
    assert not Path("bewijs").exists()
    assert not Path("bewijs.zip").exists()


def test_what_is_left_of_a_destroyed_record_says_so(world: World) -> None:
    doomed = doomed_streams(world)
    told = json.loads(said(world, f"archief --json --as smit destroy execute {world.stream} --yes"))
    certificate = told["certificate"]
    stub = f"[vernietigd, verklaring {certificate[:8]}]"
    for stream in doomed:
        for verb in ("show", "history", "explain"):
            out = said(world, f"archief {verb} {stream}")
            assert stub in out, (verb, out)
            said(world, f"archief --json {verb} {stream}")
    assert stub in said(world, "archief list")
    assert stub in said(world, "archief list --kind dossiers")
    assert f"lawfully destroyed under certificate {certificate[:8]}" in said(world, "archief verify")
    assert {certificate} == set(json.loads(said(world, "archief --json verify"))["certificates"])
    assert "verklaring.html" in said(world, f"archief show {certificate}")
    for stream in doomed:
        said(world, f"archief export evidence {stream} --out bundel-{stream}")
    said(world, "archief list --kind retention-letters")
    _, err, code = world.run("archief audit")
    assert code in {0, FindingsError.exit_code}, err
