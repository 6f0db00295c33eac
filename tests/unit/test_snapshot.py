"""A snapshot: what goes along at each level, that a change in it is seen, that its forms say the same."""

from __future__ import annotations

import csv
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archief import canonical
from archief.draft import draft
from archief.errors import MalformedError, ProofError
from archief.exports import package, snapshot, snapshot_check, target, zip_file
from archief.exports.snapshot_manifest import Manifest, Position
from archief.projections import tables
from archief.projections.projector import Projector
from archief.rules.town_hall import day_of
from tests.exporting import Exported, export_archive

CLOSED = {
    "audit_run",
    "block",
    "delivery",
    "finding",
    "imported_row",
    "issued_number",
    "kept_here",
    "key",
    "mandate",
    "person",
    "preferred_format",
    "restriction",
    "role",
    "shipped_row",
    "shipped_rule_set",
    "signing",
    "tiered_metadata",
}
"""Tables that level ``open`` does not show: who people are, what a recipient did, why something is held,
what nobody adopted, what audits and reports are worked out from."""

PERSONAL = re.compile(
    r"person|proposer|reviewers|consenter|authoriser|recorder|signatory|holders|key|name_shown|handled_by|sender"
    r"|addressee|registered_by|promised_by|settled_by|mede_namens|note|deviation|brondatum|text|name"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Two letters that were sent; on the first a limit holds. A third was not sent."""
    made = export_archive(tmp_path_factory.mktemp("snapshot"))
    made.dispatch(made.streams[1])
    made.letter("brief", "2021-00019", subject="Concept over de heer Pietersen")
    made.archive.sign_head()
    return made


def written(archive: Exported, folder: Path, level: snapshot.Level = "open", limited: tuple[str, ...] = ()) -> Manifest:
    log = archive.log
    projector = Projector(log, archive.path / "cache")
    projector.replay()
    position = Position(origin=log.origin, size=log.size, root=log.root().hex(), time=log.last_commit.time)
    day = day_of(archive.archive.now)
    wish = snapshot.Wish(level, "Gemeente Voorbeeld", True, position, log.size, day, limited, b"head\n", b"proof\n")
    with target.folder(folder) as made:
        done = snapshot.write(made, projector.path, wish)
    if level == "open" and not limited:
        assert [archive.streams[1]] == done.streams
    return done.manifest


@pytest.fixture(scope="module")
def kept_open(archive: Exported, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A snapshot of level open."""
    folder = tmp_path_factory.mktemp("made") / "open"
    return folder, written(archive, folder)


@pytest.fixture(scope="module")
def kept_internal(archive: Exported, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A snapshot of level internal."""
    folder = tmp_path_factory.mktemp("made") / "internal"
    return folder, written(archive, folder, "internal")


@pytest.fixture
def copied(kept_open: tuple[Path, Manifest], tmp_path: Path) -> Path:
    """A copy of the open one, to be spoilt."""
    return Path(shutil.copytree(kept_open[0], tmp_path / "copy"))


def bytes_of(folder: Path) -> bytes:
    return b"".join(
        path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".csv", ".sqlite", ".txt")
    )


@pytest.mark.parametrize("name", sorted(tables.expected()))
def test_it_is_decided_of_every_table_and_column_whether_it_is_open(name: str) -> None:
    """Who adds a table says so in exports/snapshot.toml, or here that it is closed."""
    shown = snapshot.open_columns()
    assert (name in shown) != (name in CLOSED or name in snapshot.NO_STATE)
    if name in shown:
        assert set(shown[name].columns) | set(shown[name].of) <= tables.expected()[name].columns


def test_no_open_column_is_of_a_person() -> None:
    about_rules = {"event_type", "list_row", "rule_set", "signature_place"}
    for name, one in snapshot.open_columns().items():
        if name not in about_rules:
            assert [] == [column for column in one.columns if PERSONAL.fullmatch(column)], name


def test_open_shows_what_was_sent_and_not_limited_and_counts_the_rest(
    archive: Exported, kept_open: tuple[Path, Manifest]
) -> None:
    folder, made = kept_open
    rows = list(csv.DictReader((folder / "csv" / "letter.csv").read_text().splitlines()))
    assert ["2021-00018"] == [row["number"] for row in rows]
    assert {"letter_limited": 1, "letter_not_sent": 1} == made.records_left_out
    seen = bytes_of(folder)
    for word in ("Fietsenstalling", "Pietersen", "Bakker", "griffie@", "Zie ook", "S. de Vries", "bijlage.txt"):
        assert word.encode() not in seen, word
    for stream in (archive.streams[0], archive.streams[2]):
        assert stream.encode() not in seen
    assert "1 brieven met een beperking op de openbaarheid" in (folder / "LEESMIJ.txt").read_text()


@pytest.mark.slow
def test_a_limit_that_is_known_now_holds_for_the_past_too(archive: Exported, tmp_path: Path) -> None:
    made = written(archive, tmp_path / "open", limited=(archive.streams[1],))
    assert {"letter_limited": 2, "letter_not_sent": 1} == made.records_left_out
    assert b"Stadsronde" not in bytes_of(tmp_path / "open")


def test_internal_shows_every_table(kept_internal: tuple[Path, Manifest]) -> None:
    folder, made = kept_internal
    assert set(tables.expected()) - set(snapshot.NO_STATE) == {one.name for one in made.tables}
    assert ([], {}) == (made.tables_left_out, made.records_left_out)
    assert b"Pietersen" in bytes_of(folder)


def test_parquet_csv_and_sqlite_say_the_same(kept_internal: tuple[Path, Manifest]) -> None:
    folder, made = kept_internal
    with sqlite3.connect(folder / "archief.sqlite") as lite, duckdb.connect() as duck:
        for one in made.tables:
            ((parquet,),) = duck.execute(f"select count(*) from '{folder}/parquet/{one.name}.parquet'").fetchall()
            ((stored,),) = lite.execute(f'select count(*) from "{one.name}"').fetchall()
            with (folder / "csv" / f"{one.name}.csv").open(encoding="utf-8", newline="") as text:
                assert (one.rows, one.rows, one.rows) == (parquet, stored, sum(1 for _ in csv.DictReader(text)))
        found = lite.execute(
            "select stream, time, documents from (select *, 1 as documents from event) limit 1"
        ).fetchone()
    assert re.fullmatch(r"[0-9a-f-]{36}", found[0])
    assert re.fullmatch(r"2021-.*T.*Z", found[1])


@pytest.mark.slow
def test_the_same_state_gives_the_same_bytes_in_a_folder_and_in_a_zip(archive: Exported, tmp_path: Path) -> None:
    assert written(archive, tmp_path / "one") == written(archive, tmp_path / "two")
    for name in ("one.zip", "two.zip"):
        with zip_file.packed(tmp_path / name) as made:
            made.put("map/brief.txt", b"Geachte raadsleden")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_zip_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with zip_file.packed(tmp_path / "one.zip") as made:
            made.put("brief.txt", b"Geachte raadsleden")
            raise ProofError("stop")

    with pytest.raises(ProofError):
        fail()
    assert [] == list(tmp_path.iterdir())


def checked(folder: Path) -> Manifest:
    with package.opened(folder) as opened:
        return snapshot_check.files(opened, str(folder))


@pytest.mark.slow
def test_every_file_is_held_against_the_manifest(copied: Path) -> None:
    made = checked(copied)
    for line in made.files:
        path = copied / line.path
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        with pytest.raises(ProofError, match=re.escape(f"{line.path} was changed")):
            checked(copied)
        path.write_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        {"form": "archief/snapshot/v2"},
        {"level": "secret"},
        {"files": None},
        {"more": 1},
    ],
)
def test_a_manifest_of_another_form_is_refused(change: dict[str, Any], copied: Path) -> None:
    path = copied / "manifest.json"
    path.write_bytes(canonical.encode({**canonical.decode(path.read_bytes()[:-1]), **change}) + b"\n")
    with pytest.raises(MalformedError):
        checked(copied)


@pytest.mark.slow
def test_limits_that_ended_or_were_lifted_do_not_count(archive: Exported) -> None:
    stream = archive.streams[1]
    first = archive.archive.append(
        draft("openness_restricted.v1", stream, {"ground": "archiefwet-1995:15.1.a", "end": "2021-01-01"}),
        draft("openness_restricted.v1", stream, {"ground": "archiefwet-1995:15.1.c"}),
    )
    with archive.connected() as database:
        assert stream in snapshot.limited(database, day_of(archive.archive.now))
    lifted = {"restriction": first.seqs[1], "date": "2021-01-10"}
    archive.archive.append(draft("restriction_lifted.v1", stream, lifted))
    with archive.connected() as database:
        assert [archive.streams[0]] == snapshot.limited(database, day_of(archive.archive.now))
