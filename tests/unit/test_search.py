"""The search index: what is found, how it is caught up, and that it forgets what is destroyed."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archief.draft import Draft, draft, new_stream
from archief.errors import ExtraMissingError, UsageError
from archief.journal import Journal
from archief.log import Log
from archief.projections import search, state, tables
from archief.projections.projector import Projector
from archief.projections.search import SearchIndex
from archief.storage.local import LocalStorage
from tests.founding import Founded, edited, folder, found, seeded

pytest.importorskip("Stemmer")

LETTERS: tuple[dict[str, Any], ...] = (
    {
        "number": "2021-00017",
        "subject": "Besluit fietsenstalling",
        "body": ["De raad neemt besluiten over stallingen."],
    },
    {
        "subject": "Groen in de wijk",
        "body": ["Bomen en struiken.", "Het college coördineert."],
        "handled_by": "P. Bakker",
    },
    {
        "subject": "Rondebriefje",
        "fields": {"Wie neemt het besluit?": "De Raad"},
        "signatories": [{"name": "A. Jansen"}],
    },
)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """Three letters and their index; for looking only."""
    made = found(folder(tmp_path_factory.mktemp("letters") / "archive"))
    made.append(*(_letter(made, data) for data in LETTERS))
    made.journal.close()
    _index(made).refresh()
    return made


@pytest.fixture
def archive(letters: Founded, tmp_path: Path) -> Iterator[Founded]:
    """The same, to be changed; without an index."""
    shutil.copytree(letters.storage.place, tmp_path / "archive")
    (tmp_path / "archive" / "cache" / state.SEARCH).unlink()
    journal = Journal(folder(tmp_path / "archive"))
    journal.open()
    yield dataclasses.replace(letters, journal=journal, entropy=seeded("copy"), people=[])
    journal.close()


@pytest.fixture(scope="module")
def database(letters: Founded) -> Iterator[duckdb.DuckDBPyConnection]:
    """Those three to be asked."""
    with contextlib.closing(_index(letters).connect()) as connection:
        yield connection


def _letter(archive: Founded, data: dict[str, Any]) -> Draft:
    return draft("letter_registered.v1", new_stream(archive.entropy), {"kind": "brief"}, data)


def _index(archive: Founded) -> SearchIndex:
    assert isinstance(archive.storage, LocalStorage)
    log = Log(LocalStorage(archive.storage.folder))
    projector = Projector(log, archive.storage.folder / "cache")
    projector.replay()
    return SearchIndex(log, projector.path, tables.form())


def _found(archive: Founded, question: str, where: str = "true", **values: Any) -> list[str]:
    index = _index(archive)
    index.refresh()
    with contextlib.closing(index.connect()) as connection:
        return [row["subject"] for row in search.ask(connection, question, where, values)[1]]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("fietsenstallingen", ["Besluit fietsenstalling"]),
        ("BESLUITEN", ["Besluit fietsenstalling", "Rondebriefje"]),
        ("besluit raad stalling", ["Besluit fietsenstalling"]),
        ("coordineert", ["Groen in de wijk"]),
        ("coördineert", ["Groen in de wijk"]),
        ("fiets*", ["Besluit fietsenstalling"]),
        ("2021-00017", ["Besluit fietsenstalling"]),
        ("jansen", ["Rondebriefje"]),
        ("bakker bomen", ["Groen in de wijk"]),
        ("fietsenstalling bomen", []),
        ("zwembad", []),
        ("'; drop table letter --", []),
        ("…", []),
    ],
)
def test_a_letter_is_found_by_every_word_in_it(
    database: duckdb.DuckDBPyConnection, question: str, expected: list[str]
) -> None:
    assert expected == [row["subject"] for row in search.ask(database, question)[1]]


def test_more_words_than_anybody_types_are_refused(database: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="at most 100"):
        search.ask(database, "fiets* " * 101)


def test_a_word_in_the_subject_counts_for_more(archive: Founded) -> None:
    archive.append(_letter(archive, {"subject": "Iets anders", "body": ["Een fietsenstalling komt er niet."]}))
    assert ["Besluit fietsenstalling", "Iets anders"] == _found(archive, "fietsenstalling")


def test_what_is_found_can_be_filtered(letters: Founded) -> None:
    assert ["Rondebriefje"] == _found(letters, "besluit", "letter.subject = $subject", subject="Rondebriefje")


@pytest.mark.slow
def test_an_edited_letter_is_found_by_its_new_words_only(archive: Founded) -> None:
    assert 3 == _index(archive).refresh()
    stream = archive.append(_letter(archive, {"subject": "Vierde", "body": ["Bootjes."]})).streams[0]
    archive.append(edited(stream, "Zwembad"))
    assert 1 == _index(archive).refresh()
    assert 0 == _index(archive).refresh()
    assert (["Zwembad"], []) == (_found(archive, "zwembad bootje"), _found(archive, "vierde"))


@pytest.mark.slow
def test_an_index_that_was_caught_up_is_one_that_was_made_anew(archive: Founded) -> None:
    _index(archive).refresh()
    archive.append(_letter(archive, {"subject": "Vierde", "body": ["Bomen."]}))
    assert 1 == _index(archive).refresh()
    caught_up = _rows(_index(archive))
    _index(archive).path.unlink()
    assert 4 == _index(archive).refresh()
    assert caught_up == _rows(_index(archive))


def _rows(index: SearchIndex) -> list[tuple[Any, ...]]:
    with contextlib.closing(index.connect()) as connection:
        return connection.execute(
            "select stream, stem, count, length, content_seq from search.main.posting join search.main.indexed"
            " using (letter) order by all"
        ).fetchall()


@pytest.mark.parametrize("damage", [b"", b"no database at all"])
def test_a_damaged_index_is_made_again(archive: Founded, damage: bytes) -> None:
    _index(archive).refresh()
    _index(archive).path.write_bytes(damage)
    assert ["Groen in de wijk"] == _found(archive, "bomen")


@pytest.mark.slow
def test_an_index_of_another_archive_is_made_again(archive: Founded, tmp_path: Path) -> None:
    _index(archive).refresh()
    other = found(folder(tmp_path / "other"), seed="other")
    other.append(_letter(other, {"subject": "Heel iets anders"}))
    index = _index(other)
    index.path.write_bytes(_index(archive).path.read_bytes())
    assert ["Heel iets anders"] == _found(other, "anders")
    other.journal.close()


def test_what_is_destroyed_is_nowhere_in_the_index(archive: Founded) -> None:
    appended = archive.append(_letter(archive, {"subject": "Zeergeheimwoord", "body": ["Zeergeheimzin."]}))
    index = _index(archive)
    index.refresh()
    assert b"zeergeheim" in index.path.read_bytes()
    facts = {"seqs": [appended.seqs[0]], "ground": "avg:17", "decision": "court"}
    archive.append(draft("payload_erased.v1", appended.streams[0], facts))
    assert isinstance(archive.storage, LocalStorage)
    (payloads,) = (archive.storage.folder / "payload").iterdir()
    lines = payloads.read_bytes().splitlines(keepends=True)
    payloads.write_bytes(b"".join(line for line in lines if b"Zeergeheim" not in line))
    index = _index(archive)
    assert not index.path.exists(), "a state that was made again leaves no index behind"
    assert [] == _found(archive, "zeergeheim*")
    for path in (archive.storage.folder / "cache").rglob("*"):
        assert b"zeergeheim" not in path.read_bytes().lower(), path.name


def test_nothing_outside_can_be_reached_through_the_connection(archive: Founded) -> None:
    index = _index(archive)
    index.refresh()
    with contextlib.closing(index.connect()) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute("select * from read_text('/etc/hostname')")


def test_an_index_that_others_may_write_is_made_again(archive: Founded) -> None:
    index = _index(archive)
    index.refresh()
    index.path.chmod(0o666)
    assert index.refresh() > 0
    assert not index.path.stat().st_mode & 0o002


def test_without_the_stemmer_it_is_said_how_to_get_it(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    search.stemmer.cache_clear()
    monkeypatch.setitem(sys.modules, "Stemmer", None)
    with pytest.raises(ExtraMissingError, match="extra `search`"):
        _index(archive).refresh()
    assert not _index(archive).path.exists()
    search.stemmer.cache_clear()


def test_the_index_is_never_left_half_made(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(state.StateFile, "replace", broken)
    with pytest.raises(KeyboardInterrupt):
        _index(archive).refresh()
    monkeypatch.undo()
    assert not _index(archive).path.exists()
    assert 3 == _index(archive).refresh()
    assert [] == list(_index(archive).path.parent.glob("*.new*"))
