"""Readers and writers of a state at the same time, and the SQL files that make it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from archief.errors import ArchiveInUseError, CorruptError, WriteFailedError
from archief.log import Log
from archief.projections import state, tables
from archief.projections.projector import Projector
from archief.projections.staging import Staging
from archief.storage.local import LocalStorage
from tests.founding import Founded
from tests.projections.projecting import Rows, every_row, projector, rows

pytestmark = pytest.mark.slow  # half a second to two each: files that are opened, waited for, made again

# readers and writers


def test_a_connection_reaches_nothing_but_the_state(archive: Founded, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with projector(archive).connect() as connection:
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
    with projector(archive).connect() as reader:
        before = rows(reader)
        archive.append(archive.letter("Drie"))
        assert "full" == projector(archive).replay(full=True).mode
        assert before == rows(reader)
        with projector(archive).connect() as later:
            assert 3 == len(rows(later)["letter"])
        assert before == rows(reader)


def test_a_reader_is_not_in_the_way_of_a_catch_up(archive: Founded) -> None:
    with projector(archive).connect() as reader:
        before = rows(reader)
        archive.append(archive.letter("Drie"))
        assert "incremental" == projector(archive).replay().mode
        assert before == rows(reader)
    assert 3 == len(every_row(archive)["letter"])


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
    with _other_process(_READ, projector(archive).path) as reader:
        assert "2" == _line(reader)
        archive.append(archive.letter("Drie"))
        assert "incremental" == projector(archive).replay().mode
        archive.append(archive.letter("Vier"))
        assert "full" == projector(archive).replay(full=True).mode
        assert reader.stdin is not None
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert "2" == _line(reader)
    assert 4 == len(every_row(archive)["letter"])


_HOLD = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as connection:
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_reader_waits_for_whoever_writes_the_file(archive: Founded) -> None:
    expected = every_row(archive)
    with _other_process(_HOLD, projector(archive).path) as holder:
        assert "held" == _line(holder)
        shown: list[Rows] = []
        reader = threading.Thread(target=lambda: shown.append(every_row(archive)))
        reader.start()
        time.sleep(0.2)
        assert [] == shown
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        reader.join(state.WAIT_SECONDS)
    assert [expected] == shown


def test_a_reader_does_not_wait_for_ever(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "WAIT_SECONDS", 0.1)
    with _other_process(_HOLD, projector(archive).path) as holder:
        assert "held" == _line(holder)
        with pytest.raises(ArchiveInUseError, match="kept the state busy"):
            projector(archive).status()


def test_a_writer_does_not_wait_for_ever(archive: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "WAIT_SECONDS", 0.1)
    path = projector(archive).path
    path.unlink()
    with path.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ArchiveInUseError, match="kept the state busy"):
            projector(archive).replay()


def test_two_that_replay_at_once_end_with_one_sound_state(archive: Founded) -> None:
    projector(archive).path.unlink()
    done: list[str] = []
    threads = [threading.Thread(target=lambda: done.append(projector(archive).replay().mode)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ["full", "none", "none"] == sorted(done)
    assert 2 == len(every_row(archive)["letter"])


def test_what_a_killed_run_left_is_thrown_away(archive: Founded) -> None:
    path = projector(archive).path
    path.unlink()
    leftovers = [path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.new.wal")]
    for leftover in leftovers:
        leftover.write_bytes(b"half a state")
    spilled = path.with_name(f"{path.name}.new.spill")
    spilled.mkdir()
    (spilled / "duckdb_temp_storage-0.tmp").write_bytes(b"words of a letter")
    projector(archive).replay()
    assert {"state.duckdb", "state.lock"} == {item.name for item in path.parent.iterdir() if "state" in item.name}


def test_a_log_of_changes_of_an_old_file_is_not_applied_to_a_new_one(archive: Founded) -> None:
    projector(archive).replay()
    path = projector(archive).path
    wal = path.with_name(f"{path.name}.wal")
    with _other_process(_CHANGE, path) as changer:
        assert "changed" == _line(changer)
        changer.kill()
        changer.wait()
    assert wal.exists()
    projector(archive).replay(full=True)
    assert not wal.exists()
    assert 2 == len(every_row(archive)["letter"])


_CHANGE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("delete from letter")
print("changed", flush=True)
sys.stdin.readline()
"""


def test_a_current_state_is_read_where_nothing_can_be_written(archive: Founded) -> None:
    expected = every_row(archive)
    with _read_only(projector(archive).path.parent):
        assert expected == every_row(archive)


def test_a_state_that_is_behind_where_nothing_can_be_written_says_so(archive: Founded) -> None:
    archive.append(archive.letter("Drie"))
    with _read_only(projector(archive).path.parent):
        if os.access(projector(archive).path.parent, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(WriteFailedError):
            projector(archive).connect()


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
    made = projector(archive)
    archive.append(archive.letter("Drie"))
    fresh = Projector(Log(LocalStorage(Path(archive.storage.place))), made.path.parent)
    monkeypatch.setattr(fresh, "replay", lambda **_: made.path.write_bytes(b"x" * 100))
    with pytest.raises(CorruptError, match="cannot be read"):
        fresh.connect()


# the files


@pytest.mark.parametrize("name", [name for name, each in tables.projections().items() if each.stored])
def test_a_table_is_built_from_events_and_the_law_alone(name: str) -> None:
    each = tables.projections()[name]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as other; use other")
        tables.make_meta(connection)
        staged = Staging(connection)
        staged.clear()
        staged.define_event(each)
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
