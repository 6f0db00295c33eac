"""Readers and writers of a state at the same time, and the SQL files that make it."""

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

from archief.errors import ArchiveInUseError, CorruptError, WriteFailedError
from archief.journal import Journal
from archief.log import Log
from archief.projections import state, tables
from archief.projections.projector import Projector
from archief.projections.staging import Staging
from archief.storage.local import LocalStorage
from tests.founding import Founded, folder, found, seeded

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


@pytest.mark.parametrize("name", [name for name, each in tables.projections().items() if each.stored])
def test_a_table_is_built_from_events_and_the_law_alone(name: str) -> None:
    each = tables.projections()[name]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as other; use other")
        tables.make_meta(connection)
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
