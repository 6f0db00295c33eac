"""The state and the log: what is noticed, what is made again, and who waits for whom."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archief.draft import draft
from archief.errors import ArchiveInUseError, CorruptError, UsageError, WriteFailedError
from archief.events import envelope
from archief.journal import Journal
from archief.log import Log
from archief.projections import projector as projecting
from archief.projections import state, tables
from archief.projections.projector import Projector
from archief.projections.staging import Staging
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, edited, folder, found, seeded

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """An archive with two letters and its state; every test gets a copy."""
    made = found(folder(tmp_path_factory.mktemp("template") / "archive"))
    made.append(made.letter("Een", [b"een"]), made.letter("Twee"))
    made.journal.close()
    _projector(made).replay()
    return made


@pytest.fixture
def archive(template: Founded, tmp_path: Path) -> Iterator[Founded]:
    """An archive with two letters and a current state."""
    shutil.copytree(template.storage.place, tmp_path / "archive")
    journal = Journal(folder(tmp_path / "archive"))
    journal.open()
    yield dataclasses.replace(template, journal=journal, entropy=seeded("copy"), people=[])
    journal.close()


def _projector(archive: Founded, unauthorised: tuple[int, ...] = ()) -> Projector:
    """As another command would have it: the log opened afresh."""
    storage = archive.storage
    if isinstance(storage, LocalStorage):
        return Projector(Log(LocalStorage(storage.folder)), storage.folder / "cache", unauthorised)
    raise AssertionError("an archive in a folder")


def _rows(connection: duckdb.DuckDBPyConnection, *, ordered: bool = False) -> Rows:
    """Every row of every table; in one order, or in the order they are stored in."""
    names = [*tables.projections(), "skipped", "event_type"]
    found_rows = {name: connection.execute(f"select * from {name}").fetchall() for name in names}
    return found_rows if ordered else {name: sorted(rows, key=repr) for name, rows in found_rows.items()}


def _shown(archive: Founded, unauthorised: tuple[int, ...] = ()) -> Rows:
    with _projector(archive, unauthorised).connect() as connection:
        return _rows(connection)


def _letter(archive: Founded) -> str:
    """The stream of a letter that is there."""
    with _projector(archive).connect() as connection:
        row = connection.execute("select stream from letter order by opened_seq limit 1").fetchone()
    assert row is not None
    return str(row[0])


# what is noticed


def test_without_a_state_one_is_made(archive: Founded) -> None:
    made = _projector(archive)
    shutil.rmtree(made.path.parent)
    assert "none" == made.status().kind
    done = made.replay()
    assert ("full", archive.journal.size) == (done.mode, done.size)
    assert archive.journal.root().hex() == done.root
    assert 2 == done.tables["letter"]
    assert archive.journal.size - 2 == done.events == done.tables["event"]
    assert "current" == _projector(archive).status().kind


def test_a_current_state_is_left_alone(archive: Founded) -> None:
    before = _projector(archive).path.stat()
    done = _projector(archive).replay()
    assert ("none", 0, 2) == (done.mode, done.events, done.tables["letter"])
    after = _projector(archive).path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_state_that_is_behind_is_caught_up_to_the_same_rows(archive: Founded) -> None:
    stream = _letter(archive)
    archive.append(edited(stream, "Drie"), archive.letter("Vier"))
    assert ("behind", 3) == _projector(archive).status()[:2]
    done = _projector(archive).replay()
    assert ("incremental", 2) == (done.mode, done.events)
    caught_up = _shown(archive)
    assert "full" == _projector(archive).replay(full=True).mode
    assert caught_up == _shown(archive)


def test_a_state_from_another_archive_is_made_again(archive: Founded, tmp_path: Path) -> None:
    other = found(folder(tmp_path / "other"), seed="other")
    other.append(other.letter("Vreemd"))
    _projector(other).replay()
    other.journal.close()
    expected = _shown(archive)
    shutil.copy(_projector(other).path, _projector(archive).path)
    assert "fork" == _projector(archive).status().kind, "the same origin, another history"
    assert expected == _shown(archive)


def test_a_state_of_another_log_is_foreign(archive: Founded) -> None:
    with duckdb.connect(_projector(archive).path) as connection:
        connection.execute("update state set origin = 'elsewhere.nl/00000000', root = repeat('0', 64)")
    assert "foreign" == _projector(archive).status().kind
    assert "full" == _projector(archive).replay().mode


def test_a_state_ahead_of_the_log_is_made_again(archive: Founded, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert isinstance(archive.storage, LocalStorage)
    shutil.copytree(archive.storage.folder, kept)
    archive.append(archive.letter("Later"))
    _projector(archive).replay()
    (kept / "cache").mkdir(exist_ok=True)
    shutil.copy(_projector(archive).path, kept / "cache" / "state.duckdb")
    behind = Projector(Log(LocalStorage(kept)), kept / "cache")
    assert "ahead" == behind.status().kind
    done = behind.replay()
    assert ("full", 2) == (done.mode, done.tables["letter"])


def test_a_state_that_another_process_caught_up_further_is_current(archive: Founded) -> None:
    early = _projector(archive)
    archive.append(archive.letter("Later"))
    _projector(archive).replay()
    assert "current" == early.status().kind
    assert ("none", 3) == (early.replay().mode, early.replay().tables["letter"])


@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_a_damaged_state_is_made_again(archive: Founded, size: int) -> None:
    expected = _shown(archive)
    path = _projector(archive).path
    path.write_bytes(path.read_bytes()[:size])
    assert "damaged" == _projector(archive).status().kind
    assert expected == _shown(archive)


def test_a_file_that_is_no_database_is_made_again(archive: Founded) -> None:
    path = _projector(archive).path
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no database\n" * 5_000)
    assert "damaged" == _projector(archive).status().kind
    assert "full" == _projector(archive).replay().mode


def test_damage_that_only_a_catch_up_meets_leads_to_a_new_state(archive: Founded) -> None:
    with duckdb.connect(_projector(archive).path) as connection:
        connection.execute("drop table letter")
    archive.append(archive.letter("Drie"))
    assert "full" == _projector(archive).replay().mode
    assert 3 == len(_shown(archive)["letter"])


def test_a_state_made_by_other_sql_is_made_again(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    _projector(archive).replay()
    monkeypatch.setattr(tables, "form", lambda: "another")
    assert "outdated" == _projector(archive).status().kind
    assert "full" == _projector(archive).replay().mode
    assert "current" == _projector(archive).status().kind


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
    expected = _shown(archive)
    shutil.rmtree(_projector(archive).path.parent)
    assert expected == _shown(archive)


def test_two_rebuilds_give_the_same_rows_in_the_same_order(archive: Founded, tmp_path: Path) -> None:
    for number in range(40):
        archive.append(archive.letter(f"Brief {number}"))
    made = []
    for name in ("one.duckdb", "two.duckdb"):
        _projector(archive).replay(into=tmp_path / name)
        with state.open_file(tmp_path / name) as connection:
            made.append(_rows(connection, ordered=True))
    assert made[0] == made[1]
    positions = [row[1] for row in made[0]["event"]]
    assert sorted(positions) == positions


# what counts


def test_events_of_an_unauthorised_commit_are_left_out_and_listed(archive: Founded) -> None:
    stream = _letter(archive)
    appended = archive.append(edited(stream, "Vals"))
    left_out = (appended.commit.seq,)
    shown = _shown(archive, left_out)
    assert "Vals" not in {row[11] for row in shown["letter"]}
    assert [(appended.seqs[0], "letter_edited.v1")] == [(row[1], row[3]) for row in shown["skipped"]]


def test_a_state_with_other_commits_left_out_is_made_again(archive: Founded) -> None:
    appended = archive.append(edited(_letter(archive), "Vals"))
    _projector(archive).replay()
    left_out = (appended.commit.seq,)
    assert "outdated" == _projector(archive, left_out).status().kind
    assert "full" == _projector(archive, left_out).replay().mode
    assert "current" == _projector(archive, left_out).status().kind
    archive.append(archive.letter("Later"))
    assert "behind" == _projector(archive, left_out).status().kind


def test_an_unauthorised_commit_is_left_out_of_a_catch_up_too(archive: Founded) -> None:
    stream = _letter(archive)
    appended = archive.append(edited(stream, "Vals"))
    archive.append(draft("letter_annotated.v1", stream, {"kind": "remark"}, {"text": "Let op."}))
    left_out = (appended.commit.seq,)
    assert "incremental" == _projector(archive, left_out).replay().mode
    caught_up = _shown(archive, left_out)
    _projector(archive, left_out).replay(full=True)
    assert caught_up == _shown(archive, left_out)


def test_words_that_were_erased_are_nowhere_in_the_new_state(archive: Founded) -> None:
    appended = archive.append(archive.letter("ZEERGEHEIM-ONDERWERP"))
    _projector(archive).replay()
    assert b"ZEERGEHEIM" in _projector(archive).path.read_bytes()
    facts = {"seqs": [appended.seqs[0]], "ground": "avg:17", "decision": "court"}
    archive.append(draft("payload_erased.v1", appended.streams[0], facts))
    _erase(archive, appended.seqs[0])
    done = _projector(archive).replay()
    assert "full" == done.mode, "what was deleted stays in a DuckDB file"
    assert 3 == done.tables["letter"]
    for path in _projector(archive).path.parent.iterdir():
        assert b"ZEERGEHEIM" not in path.read_bytes(), path.name
    with _projector(archive).connect() as connection:
        asked = "select subject, versions from letter order by opened_seq desc limit 1"
        assert [(None, 1)] == connection.execute(asked).fetchall()


def _erase(archive: Founded, seq: int) -> None:
    assert isinstance(archive.storage, LocalStorage)
    (path,) = (archive.storage.folder / "payload").iterdir()
    end = b'"seq":%d}\n' % seq
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(keepends=True) if not line.endswith(end)))


def test_half_an_append_is_not_seen(archive: Founded) -> None:
    expected = _shown(archive)
    assert isinstance(archive.storage, LocalStorage)
    log, payload = (archive.storage.folder / kind / "000000000000.jsonl" for kind in ("log", "payload"))
    size = archive.journal.size
    stream = str(expected["letter"][0][0])
    line = envelope.encode_event(b"{}", "0" * 64, size, stream, 1, "letter_edited.v1")
    log.write_bytes(log.read_bytes() + line + b"\n" + line[:40])
    data = b'{"data":{"subject":"Half"},"salt":"x","seq":%d}\n{"da' % size
    payload.write_bytes(payload.read_bytes() + data)
    assert "current" == _projector(archive).status().kind
    _projector(archive).replay(full=True)
    assert expected == _shown(archive)


def test_chunks_of_any_length_give_the_same_rows(
    archive: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [archive.append(archive.letter(f"Brief {number}")).streams[0] for number in range(6)]
    archive.append(*(edited(stream, f"Nieuw {number}") for number, stream in enumerate(streams)))
    archive.append(edited(streams[0], "Nog nieuwer"))
    expected = _shown(archive)
    for length in (8, 11, 16):
        monkeypatch.setattr(projecting, "CHUNK_ENTRIES", length)
        done = _projector(archive).replay(into=tmp_path / "chunked.duckdb")
        with state.open_file(tmp_path / "chunked.duckdb") as connection:
            assert expected == _rows(connection), length
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
            made.append(_rows(connection))
    assert made[0] == made[1]
    archives[0].journal.close()


def test_an_archive_without_any_payload_or_document_is_replayed(tmp_path: Path) -> None:
    archive = found(MemoryStorage())
    archive.storage.payload.clear()  # type: ignore[attr-defined]
    log = Log(archive.storage)
    with Projector(log, tmp_path).connect() as connection:
        assert {"none", "absent"} == {row[8] for row in _rows(connection)["event"]}


# elsewhere and earlier


def test_a_past_state_is_the_state_of_that_moment(archive: Founded, tmp_path: Path) -> None:
    expected, size = _shown(archive), archive.journal.size
    archive.append(edited(_letter(archive), "Later"), archive.letter("Nog later"))
    current = _shown(archive)
    with _projector(archive).connect(until=size) as connection:
        assert expected == _rows(connection)
    done = _projector(archive).replay(until=size, into=tmp_path / "past.duckdb")
    assert (size, 2) == (done.size, done.tables["letter"])
    with state.open_file(tmp_path / "past.duckdb") as connection:
        assert expected == _rows(connection)
        made = state.made_of(connection)
        assert (size, archive.journal.size) == (made.size, made.destructions)
    assert current == _shown(archive), "the state itself stays what it is"


def test_a_past_state_without_a_file_or_at_no_commit_is_refused(archive: Founded, tmp_path: Path) -> None:
    size = archive.journal.size
    with pytest.raises(UsageError, match="the whole log"):
        _projector(archive).replay(until=size)
    with pytest.raises(UsageError, match="the whole log"):
        _projector(archive).replay(into=_projector(archive).path)
    for wrong in (0, size - 1, size + 1):
        with pytest.raises(UsageError, match="no commit ends"):
            _projector(archive).replay(until=wrong, into=tmp_path / "past.duckdb")
    assert not (tmp_path / "past.duckdb").exists()


def test_a_file_elsewhere_is_replaced_and_leaves_nothing_beside_it(archive: Founded, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "copy.duckdb"
    target.parent.mkdir()
    target.write_bytes(b"something else")
    assert "full" == _projector(archive).replay(into=target).mode
    assert ["copy.duckdb"] == [path.name for path in target.parent.iterdir()]
    assert "current" == _projector(archive).status().kind


def test_progress_is_told_up_to_the_end(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projecting, "CHUNK_ENTRIES", 8)
    told: list[tuple[int, int]] = []
    _projector(archive).replay(full=True, progress=lambda done, total: told.append((done, total)))
    size = archive.journal.size
    assert [*range(8, size, 8), size] == [done for done, _ in told]
    assert {size} == {total for _, total in told}


# readers and writers


def test_a_connection_reaches_nothing_but_the_state(archive: Founded, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with _projector(archive).connect() as connection:
        for forbidden in (
            f"select * from read_csv('{secret}')",
            f"copy letter to '{tmp_path / 'out.csv'}'",
            f"attach '{tmp_path / 'other.duckdb'}'",
            "set enable_external_access = true",
            "install httpfs",
            "delete from letter",
            "create table letter2 as select * from letter",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(forbidden)


def test_a_reader_goes_on_reading_during_a_rebuild(archive: Founded) -> None:
    with _projector(archive).connect() as reader:
        before = _rows(reader)
        archive.append(archive.letter("Drie"))
        assert "full" == _projector(archive).replay(full=True).mode
        assert before == _rows(reader)
        with _projector(archive).connect() as later:
            assert 3 == len(_rows(later)["letter"])
        assert before == _rows(reader)


def test_a_reader_is_not_in_the_way_of_a_catch_up(archive: Founded) -> None:
    with _projector(archive).connect() as reader:
        before = _rows(reader)
        archive.append(archive.letter("Drie"))
        assert "incremental" == _projector(archive).replay().mode
        assert before == _rows(reader)
    assert 3 == len(_shown(archive)["letter"])


_READ = """
import duckdb, sys
with duckdb.connect() as connection:
    connection.execute(f"attach '{sys.argv[1]}' as state (read_only)")
    print(connection.execute("select count(*) from state.letter").fetchone()[0], flush=True)
    sys.stdin.readline()
    print(connection.execute("select count(*) from state.letter").fetchone()[0], flush=True)
"""


@contextlib.contextmanager
def _other_process(code: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_reader_in_another_process_keeps_its_state_while_a_new_one_is_made(archive: Founded) -> None:
    with _other_process(_READ, _projector(archive).path) as reader:
        assert "2" == _line(reader)
        archive.append(archive.letter("Drie"))
        assert "incremental" == _projector(archive).replay().mode
        archive.append(archive.letter("Vier"))
        assert "full" == _projector(archive).replay(full=True).mode
        assert reader.stdin is not None
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert "2" == _line(reader)
    assert 4 == len(_shown(archive)["letter"])


_HOLD = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as connection:
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_reader_waits_for_whoever_writes_the_file(archive: Founded) -> None:
    expected = _shown(archive)
    with _other_process(_HOLD, _projector(archive).path) as holder:
        assert "held" == _line(holder)
        shown: list[Rows] = []
        reader = threading.Thread(target=lambda: shown.append(_shown(archive)))
        reader.start()
        time.sleep(0.2)
        assert [] == shown
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        reader.join(20)
    assert [expected] == shown


def test_a_reader_does_not_wait_for_ever(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "WAIT_SECONDS", 0.1)
    with _other_process(_HOLD, _projector(archive).path) as holder:
        assert "held" == _line(holder)
        with pytest.raises(ArchiveInUseError, match="kept the state busy"):
            _projector(archive).status()


def test_a_writer_does_not_wait_for_ever(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "WAIT_SECONDS", 0.1)
    path = _projector(archive).path
    path.unlink()
    with path.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ArchiveInUseError, match="kept the state busy"):
            _projector(archive).replay()


def test_two_that_replay_at_once_end_with_one_sound_state(archive: Founded) -> None:
    _projector(archive).path.unlink()
    done: list[str] = []
    threads = [threading.Thread(target=lambda: done.append(_projector(archive).replay().mode)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ["full", "none", "none"] == sorted(done)
    assert 2 == len(_shown(archive)["letter"])


def test_what_a_killed_run_left_is_thrown_away(archive: Founded) -> None:
    path = _projector(archive).path
    path.unlink()
    leftovers = [path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.new.wal")]
    for leftover in leftovers:
        leftover.write_bytes(b"half a state")
    spilled = path.with_name(f"{path.name}.new.spill")
    spilled.mkdir()
    (spilled / "duckdb_temp_storage-0.tmp").write_bytes(b"words of a letter")
    _projector(archive).replay()
    assert {"state.duckdb", "state.lock"} == {item.name for item in path.parent.iterdir() if "state" in item.name}


def test_a_log_of_changes_of_an_old_file_is_not_applied_to_a_new_one(archive: Founded) -> None:
    _projector(archive).replay()
    path = _projector(archive).path
    wal = path.with_name(f"{path.name}.wal")
    with _other_process(_CHANGE, path) as changer:
        assert "changed" == _line(changer)
        changer.kill()
        changer.wait()
    assert wal.exists()
    _projector(archive).replay(full=True)
    assert not wal.exists()
    assert 2 == len(_shown(archive)["letter"])


_CHANGE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("delete from letter")
print("changed", flush=True)
sys.stdin.readline()
"""


def test_a_current_state_is_read_where_nothing_can_be_written(archive: Founded) -> None:
    expected = _shown(archive)
    with _read_only(_projector(archive).path.parent):
        assert expected == _shown(archive)


def test_a_state_that_is_behind_where_nothing_can_be_written_says_so(archive: Founded) -> None:
    archive.append(archive.letter("Drie"))
    with _read_only(_projector(archive).path.parent):
        if os.access(_projector(archive).path.parent, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(WriteFailedError):
            _projector(archive).connect()


@contextlib.contextmanager
def _read_only(path: Path) -> Iterator[None]:
    path.chmod(0o555)
    try:
        yield
    finally:
        path.chmod(0o755)


def test_a_state_that_cannot_be_made_readable_is_called_corrupt(
    archive: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _projector(archive)
    archive.append(archive.letter("Drie"))
    fresh = Projector(Log(LocalStorage(Path(archive.storage.place))), made.path.parent)
    monkeypatch.setattr(fresh, "replay", lambda: made.path.write_bytes(b"x" * 100))
    with pytest.raises(CorruptError, match="cannot be read"):
        fresh.connect()


# the files


@pytest.mark.parametrize("name", [name for name, each in tables.projections().items() if name != "timeline"])
def test_a_projection_is_built_from_event_alone(name: str) -> None:
    each = tables.projections()[name]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as other; use other")
        staged = Staging(connection)
        staged.clear()
        staged.define_event(with_data=each.reads_data)
        connection.execute(each.create)
        columns = connection.execute(f"describe other.{name}").fetchall()
    assert "stream" == columns[0][0], "rows belong to one stream, by the first column"


@pytest.mark.parametrize("name", tables.projections())
def test_a_projection_says_what_it_is_and_orders_its_rows(name: str) -> None:
    each = tables.projections()[name]
    assert each.text.startswith("-- ")
    assert "Grain: one row per " in each.text.partition("create or replace")[0]
    assert "order by" in each.select.splitlines()[-1]


def test_the_page_describes_every_table_and_every_column() -> None:
    page = tables.data_markdown()
    assert [] == [name for name in (*tables.projections(), *tables.META) if f"\n### {name}\n\n" not in page]
    cells = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    assert [] == [cell[1] for cell in cells if not cell[3].strip()]
    assert page == tables.data_markdown()
