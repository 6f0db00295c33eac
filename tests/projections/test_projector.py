"""The state and the log: what is noticed, what is made again, and who waits for whom."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from archief.draft import draft
from archief.errors import UsageError
from archief.events import envelope
from archief.log import Log
from archief.projections import projector as projecting
from archief.projections import staging, state, tables
from archief.projections.projector import Projector
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, edited, folder, found
from tests.projections.projecting import every_row, projector, rows

pytestmark = pytest.mark.slow  # half a second to two each: files that are opened, damaged, made again


def _letter(archive: Founded) -> str:
    """The stream of a letter that is there."""
    with projector(archive).connect() as connection:
        row = connection.execute("select stream from letter order by opened_seq limit 1").fetchone()
    assert row is not None
    return str(row[0])


# what is noticed


def test_without_a_state_one_is_made(archive: Founded) -> None:
    made = projector(archive)
    shutil.rmtree(made.path.parent)
    assert "none" == made.status().kind
    done = made.replay()
    assert ("full", archive.journal.size) == (done.mode, done.size)
    assert archive.journal.root().hex() == done.root
    assert 2 == done.tables["letter"]
    assert archive.journal.size - 2 == done.events == done.tables["event"]
    assert "current" == projector(archive).status().kind


def test_a_current_state_is_left_alone(archive: Founded) -> None:
    before = projector(archive).path.stat()
    done = projector(archive).replay()
    assert ("none", 0, 2) == (done.mode, done.events, done.tables["letter"])
    after = projector(archive).path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_state_that_is_behind_is_caught_up_to_the_same_rows(archive: Founded) -> None:
    stream = _letter(archive)
    archive.append(edited(stream, "Drie"), archive.letter("Vier"))
    assert ("behind", 3) == projector(archive).status()[:2]
    done = projector(archive).replay()
    assert ("incremental", 2) == (done.mode, done.events)
    caught_up = every_row(archive)
    assert "full" == projector(archive).replay(full=True).mode
    assert caught_up == every_row(archive)


def test_a_state_from_another_archive_is_made_again(archive: Founded, tmp_path: Path) -> None:
    other = found(folder(tmp_path / "other"), seed="other")
    other.append(other.letter("Vreemd"))
    projector(other).replay()
    other.journal.close()
    expected = every_row(archive)
    shutil.copy(projector(other).path, projector(archive).path)
    assert "fork" == projector(archive).status().kind, "the same origin, another history"
    assert expected == every_row(archive)


def test_a_state_of_another_log_is_foreign(archive: Founded) -> None:
    with duckdb.connect(projector(archive).path) as connection:
        connection.execute("update state set origin = 'elsewhere.nl/00000000', root = repeat('0', 64)")
    assert "foreign" == projector(archive).status().kind
    assert "full" == projector(archive).replay().mode


def test_a_state_ahead_of_the_log_is_made_again(archive: Founded, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert isinstance(archive.storage, LocalStorage)
    shutil.copytree(archive.storage.folder, kept)
    archive.append(archive.letter("Later"))
    projector(archive).replay()
    (kept / "cache").mkdir(exist_ok=True)
    shutil.copy(projector(archive).path, kept / "cache" / "state.duckdb")
    behind = Projector(Log(LocalStorage(kept)), kept / "cache")
    assert "ahead" == behind.status().kind
    done = behind.replay()
    assert ("full", 2) == (done.mode, done.tables["letter"])


def test_a_state_that_another_process_caught_up_further_is_current(archive: Founded) -> None:
    early = projector(archive)
    archive.append(archive.letter("Later"))
    projector(archive).replay()
    assert "current" == early.status().kind
    assert ("none", 3) == (early.replay().mode, early.replay().tables["letter"])


@pytest.mark.parametrize("size", [0, 5_000])
def test_a_damaged_state_is_made_again(archive: Founded, size: int) -> None:
    expected = every_row(archive)
    path = projector(archive).path
    path.write_bytes(path.read_bytes()[:size])
    assert "damaged" == projector(archive).status().kind
    assert expected == every_row(archive)


def test_a_file_that_is_no_database_is_made_again(archive: Founded) -> None:
    path = projector(archive).path
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no database\n" * 5_000)
    assert "damaged" == projector(archive).status().kind
    assert "full" == projector(archive).replay().mode


def test_damage_that_only_a_catch_up_meets_leads_to_a_new_state(archive: Founded) -> None:
    with duckdb.connect(projector(archive).path) as connection:
        connection.execute("drop table letter")
    archive.append(archive.letter("Drie"))
    assert "full" == projector(archive).replay().mode
    assert 3 == len(every_row(archive)["letter"])


def test_a_state_made_by_other_sql_is_made_again(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    projector(archive).replay()
    monkeypatch.setattr(tables, "form", lambda: "another")
    assert "outdated" == projector(archive).status().kind
    assert "full" == projector(archive).replay().mode
    assert "current" == projector(archive).status().kind


def test_the_form_covers_every_sql_file_that_makes_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables.form()
    changed = dict(tables.projections())
    changed["letter"] = changed["letter"]._replace(text=changed["letter"].text + " ")
    monkeypatch.setattr(tables, "projections", lambda: changed)
    tables.form.cache_clear()
    try:
        assert before != tables.form()
    finally:
        tables.form.cache_clear()


def test_a_lost_state_comes_back_with_the_same_rows(archive: Founded) -> None:
    expected = every_row(archive)
    shutil.rmtree(projector(archive).path.parent)
    assert expected == every_row(archive)


def test_two_rebuilds_give_the_same_rows_in_the_same_order(archive: Founded, tmp_path: Path) -> None:
    for number in range(40):
        archive.append(archive.letter(f"Brief {number}"))
    made = []
    for name in ("one.duckdb", "two.duckdb"):
        projector(archive).replay(into=tmp_path / name)
        with state.open_file(tmp_path / name) as connection:
            made.append(rows(connection, ordered=True))
    assert made[0] == made[1]
    positions = [row[1] for row in made[0]["event"]]
    assert sorted(positions) == positions


# what counts


def test_events_of_an_unauthorised_commit_are_left_out_and_listed(archive: Founded) -> None:
    stream = _letter(archive)
    appended = archive.append(edited(stream, "Vals"))
    left_out = (appended.commit.seq,)
    shown = every_row(archive, left_out)
    assert "Vals" not in {row[11] for row in shown["letter"]}
    assert [(appended.seqs[0], "letter_edited.v1")] == [(row[1], row[3]) for row in shown["skipped"]]


def test_a_state_with_other_commits_left_out_is_made_again(archive: Founded) -> None:
    appended = archive.append(edited(_letter(archive), "Vals"))
    projector(archive).replay()
    left_out = (appended.commit.seq,)
    assert "outdated" == projector(archive, left_out).status().kind
    assert "full" == projector(archive, left_out).replay().mode
    assert "current" == projector(archive, left_out).status().kind
    archive.append(archive.letter("Later"))
    assert "behind" == projector(archive, left_out).status().kind


def test_an_unauthorised_commit_is_left_out_of_a_catch_up_too(archive: Founded) -> None:
    stream = _letter(archive)
    appended = archive.append(edited(stream, "Vals"))
    archive.append(draft("letter_annotated.v1", stream, {"kind": "remark"}, {"text": "Let op."}))
    left_out = (appended.commit.seq,)
    assert "incremental" == projector(archive, left_out).replay().mode
    caught_up = every_row(archive, left_out)
    projector(archive, left_out).replay(full=True)
    assert caught_up == every_row(archive, left_out)


def test_words_that_were_erased_are_nowhere_in_the_new_state(archive: Founded) -> None:
    appended = archive.append(archive.letter("ZEERGEHEIM-ONDERWERP"))
    projector(archive).replay()
    assert b"ZEERGEHEIM" in projector(archive).path.read_bytes()
    facts = {"seqs": [appended.seqs[0]], "ground": "avg:17", "decision": "court"}
    archive.append(draft("payload_erased.v1", appended.streams[0], facts))
    _erase(archive, appended.seqs[0])
    done = projector(archive).replay()
    assert "full" == done.mode, "what was deleted stays in a DuckDB file"
    assert 3 == done.tables["letter"]
    for path in projector(archive).path.parent.iterdir():
        assert b"ZEERGEHEIM" not in path.read_bytes(), path.name
    with projector(archive).connect() as connection:
        asked = "select subject, versions from letter order by opened_seq desc limit 1"
        assert [(None, 1)] == connection.execute(asked).fetchall()


def _erase(archive: Founded, seq: int) -> None:
    assert isinstance(archive.storage, LocalStorage)
    (path,) = (archive.storage.folder / "payload").iterdir()
    end = b'"seq":%d}\n' % seq
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(keepends=True) if not line.endswith(end)))


def test_half_an_append_is_not_seen(archive: Founded) -> None:
    expected = every_row(archive)
    assert isinstance(archive.storage, LocalStorage)
    log, payload = (archive.storage.folder / kind / "000000000000.jsonl" for kind in ("log", "payload"))
    size = archive.journal.size
    stream = str(expected["letter"][0][0])
    line = envelope.encode_event(b"{}", "0" * 64, size, stream, 1, "letter_edited.v1")
    log.write_bytes(log.read_bytes() + line + b"\n" + line[:40])
    data = b'{"data":{"subject":"Half"},"salt":"x","seq":%d}\n{"da' % size
    payload.write_bytes(payload.read_bytes() + data)
    assert "current" == projector(archive).status().kind
    projector(archive).replay(full=True)
    assert expected == every_row(archive)


def test_chunks_of_any_length_give_the_same_rows(
    archive: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [archive.append(archive.letter(f"Brief {number}")).streams[0] for number in range(6)]
    archive.append(*(edited(stream, f"Nieuw {number}") for number, stream in enumerate(streams)))
    archive.append(edited(streams[0], "Nog nieuwer"))
    expected = every_row(archive)
    for length in (8, 11, 16):
        monkeypatch.setattr(projecting, "CHUNK_ENTRIES", length)
        monkeypatch.setattr(staging, "NEAR_ENTRIES", length // 8)
        done = projector(archive).replay(into=tmp_path / "chunked.duckdb")
        with state.open_file(tmp_path / "chunked.duckdb") as connection:
            assert expected == rows(connection), length
        assert len(expected["event"]) == done.events


def test_whole_files_and_the_rest_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "SEGMENT_ENTRIES", 8)
    archives = [found(folder(tmp_path / "archive")), found(MemoryStorage())]
    for archive in archives:
        for number in range(9):
            archive.append(archive.letter(f"Brief {number}"), archive.letter(f"Zus {number}"))
    logs = [Log(archive.storage) for archive in archives]
    assert len(logs[0].storage.log_segments()) > 4
    made = []
    for number, log in enumerate(logs):
        with Projector(log, tmp_path / f"cache{number}").connect() as connection:
            made.append(rows(connection))
    assert made[0] == made[1]
    archives[0].journal.close()


def test_an_archive_without_any_payload_or_document_is_replayed(tmp_path: Path) -> None:
    archive = found(MemoryStorage())
    archive.storage.payload.clear()  # type: ignore[attr-defined]
    log = Log(archive.storage)
    with Projector(log, tmp_path).connect() as connection:
        assert {"none", "absent"} == {row[8] for row in rows(connection)["event"]}


# elsewhere and earlier


def test_a_past_state_is_the_state_of_that_moment(archive: Founded, tmp_path: Path) -> None:
    expected, size = every_row(archive), archive.journal.size
    archive.append(edited(_letter(archive), "Later"), archive.letter("Nog later"))
    current = every_row(archive)
    with projector(archive).connect(until=size) as connection:
        assert expected == rows(connection)
    done = projector(archive).replay(until=size, into=tmp_path / "past.duckdb")
    assert (size, 2) == (done.size, done.tables["letter"])
    with state.open_file(tmp_path / "past.duckdb") as connection:
        assert expected == rows(connection)
        made = state.made_of(connection)
        assert (size, archive.journal.size) == (made.size, made.destructions)
    assert current == every_row(archive), "the state itself stays what it is"


def test_a_past_state_without_a_file_or_at_no_commit_is_refused(archive: Founded, tmp_path: Path) -> None:
    size = archive.journal.size
    with pytest.raises(UsageError, match="the whole log"):
        projector(archive).replay(until=size)
    with pytest.raises(UsageError, match="the whole log"):
        projector(archive).replay(into=projector(archive).path)
    for wrong in (0, size - 1, size + 1):
        with pytest.raises(UsageError, match="no commit ends"):
            projector(archive).replay(until=wrong, into=tmp_path / "past.duckdb")
    assert not (tmp_path / "past.duckdb").exists()


def test_a_file_elsewhere_is_replaced_and_leaves_nothing_beside_it(archive: Founded, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "copy.duckdb"
    target.parent.mkdir()
    target.write_bytes(b"something else")
    assert "full" == projector(archive).replay(into=target).mode
    assert ["copy.duckdb"] == [path.name for path in target.parent.iterdir()]
    assert "current" == projector(archive).status().kind


def test_progress_is_told_up_to_the_end(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projecting, "CHUNK_ENTRIES", 8)
    told: list[tuple[int, int]] = []
    projector(archive).replay(full=True, progress=lambda done, total: told.append((done, total)))
    size = archive.journal.size
    assert [*range(8, size, 8), size] == [done for done, _ in told]
    assert {size} == {total for _, total in told}
