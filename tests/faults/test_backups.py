"""A back-up or restore that is killed, refused or short of room leaves nothing half, and the next run finishes it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from archief.errors import ArchiefError, WriteFailedError
from archief.exports import target
from archief.storage.local import LocalStorage
from tests.backups import SECRET, SUBJECT, anywhere, archive, backup, destroy, files, letter_of, local, restore
from tests.cli import transcript
from tests.faults.mounts import mounted
from tests.faults.steps import HOWS, How, Killed, Steps
from tests.founding import faults


def _hows(plain: How) -> list[ParameterSet]:
    """All ways to fail, half of the steps by the slow tests, one of them now and then by the others."""
    return [
        pytest.param(plain, 7, id=f"{plain} now and then"),
        *(pytest.param(how, 2, marks=pytest.mark.slow) for how in HOWS),
    ]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive, with what two back-ups in a row have to do: copy, and erase."""
    folder = tmp_path_factory.mktemp("faults")
    made = archive(folder / "first")
    made.storage.close()
    backup(local(folder / "first"), folder / "kopie")
    made = archive(folder / "second")
    destroy(made, letter_of(made))
    made.append(made.letter("Later", [b"bijlage"]))
    made.sign_head()
    return folder


def _steps_of(patch: pytest.MonkeyPatch, folder: Path, events: Path) -> int:
    shutil.copytree(events / "kopie", folder)
    with Steps(patch) as counted:
        backup(local(events / "second"), folder)
    return len(counted.made)


@pytest.mark.parametrize(("how", "every"), _hows("killed before"))
def test_a_back_up_that_fails_at_any_step_is_finished_by_the_next(
    how: How, every: int, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = local(events / "second")
    steps = _steps_of(monkeypatch, tmp_path / "counted", events)
    for at in range(0, steps, every):
        place = tmp_path / str(at)
        shutil.copytree(events / "kopie", place)
        with Steps(monkeypatch, at, how), contextlib.suppress(ArchiefError, Killed, KeyboardInterrupt, OSError):
            backup(source, place)
        brought = _restored(place, tmp_path / f"{at}-terug")
        assert brought, f"step {at}: what is there can be brought back"
        backup(source, place)
        assert files(events / "second") == files(place / "archive"), f"step {at}"
        assert {"backup.json", "archive"} == {one.name for one in place.iterdir()} - {"lock"}, f"step {at}"
        assert [] == anywhere(SUBJECT.encode(), place) + anywhere(SECRET[:20], place)
        shutil.rmtree(place)


def _restored(place: Path, into: Path) -> bool:
    """Whether an interrupted back-up gives a sound log, with at most payloads that a destruction took."""
    restore(place, into)
    return all("missing" in one for one in faults(LocalStorage(into)))


@pytest.mark.parametrize(("how", "every"), _hows("torn"))
def test_a_restore_that_fails_at_any_step_leaves_nothing_and_is_begun_again(
    how: How, every: int, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Steps(monkeypatch) as counted:
        restore(events / "kopie", tmp_path / "counted")
    for at in range(0, len(counted.made), every):
        into = tmp_path / str(at)
        with Steps(monkeypatch, at, how), contextlib.suppress(ArchiefError, Killed, KeyboardInterrupt, OSError):
            restore(events / "kopie", into)
        assert not into.exists() or [] == faults(LocalStorage(into)), f"step {at}"
        if not into.exists():
            restore(events / "kopie", into)
        assert files(events / "first") == files(into), f"step {at}"
        shutil.rmtree(into)


def test_a_full_disk_says_so_and_the_back_up_before_stays(tmp_path: Path) -> None:
    made = archive(tmp_path / "events")
    with mounted(tmp_path / "klein", "size=400k") as place:
        if place is None:
            pytest.skip("mount: not allowed here")
        backup(made.storage, place / "kopie")
        before = files(place / "kopie" / "archive")
        made.append(made.letter("Groot", [os.urandom(600_000)]))
        with pytest.raises(WriteFailedError, match="no space left"):
            backup(made.storage, place / "kopie")
        assert before == files(place / "kopie" / "archive")
        assert not list(place.rglob("*.tmp"))
        restore(place / "kopie", tmp_path / "terug")
        assert [] == faults(local(tmp_path / "terug"))


def test_a_full_disk_stops_a_restore_and_leaves_nothing(tmp_path: Path) -> None:
    made = archive(tmp_path / "events")
    made.append(made.letter("Groot", [os.urandom(600_000)]))
    backup(made.storage, tmp_path / "kopie")
    with mounted(tmp_path / "klein", "size=400k") as place:
        if place is None:
            pytest.skip("mount: not allowed here")
        with pytest.raises(WriteFailedError, match="no space left"):
            restore(tmp_path / "kopie", place / "terug")
        assert [] == list(place.iterdir())


def test_an_archive_and_a_back_up_that_cannot_be_written_are_read(tmp_path: Path) -> None:
    made = archive(tmp_path / "events")
    made.storage.close()
    with mounted(tmp_path / "vast", "size=4m") as place:
        if place is None:
            pytest.skip("mount: not allowed here")
        shutil.copytree(tmp_path / "events", place / "events")
        backup(made.storage, place / "kopie")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        backup(local(place / "events"), tmp_path / "kopie")
        restore(place / "kopie", tmp_path / "terug")
    assert files(tmp_path / "events") == files(tmp_path / "kopie" / "archive") == files(tmp_path / "terug")


@pytest.mark.slow
def test_the_command_is_killed_at_any_moment_and_begun_again(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = transcript.begin("founded.txt", kept)
    _, err, code = world.run("archief --as archivaris backup kopie")
    assert 0 == code, err
    shutil.rmtree("events")
    shutil.copytree("state", "state-before")
    restoring = "archief --as archivaris restore kopie"
    with Steps(monkeypatch) as counted:
        world.run(restoring)
    chance = random.Random(7)
    for at in sorted(chance.sample(range(len(counted.made)), 12)):
        shutil.rmtree("events")
        shutil.rmtree("state")
        shutil.copytree("state-before", "state")
        with Steps(monkeypatch, at, "killed before"), contextlib.suppress(Killed):
            world.run(restoring)
        if not Path("events").exists():
            _, err, code = world.run(restoring)
            assert 0 == code, f"step {at}\n{err}"
        _, err, code = world.run("archief verify -q")
        assert 0 == code, f"step {at}\n{err}"
        left = [one.name for one in Path("events.unfinished").glob("*")]  # killed while it cleared up: an empty lock
        assert [] == [name for name in left if name != target.LOCK], f"step {at}"


@pytest.mark.parametrize("count", [12, pytest.param(150, marks=pytest.mark.slow)])
def test_a_flipped_bit_anywhere_in_a_back_up_is_told_and_never_comes_back(
    events: Path, tmp_path: Path, count: int
) -> None:
    chance = random.Random(count)
    good = files(events / "first")
    named = sorted(good)
    for number in range(count):
        place, into = tmp_path / "kopie", tmp_path / "terug"
        shutil.copytree(events / "kopie", place)
        name = named[number % len(named)]
        content = bytearray(good[name])
        at = chance.randrange(len(content))
        content[at] ^= 1 << chance.randrange(8)
        (place / "archive" / name).write_bytes(content)
        told = f"{name}, byte {at}"
        if name.startswith("log/"):
            with contextlib.suppress(ArchiefError):
                restore(place, into)
            assert not into.exists(), told
        else:
            brought = restore(place, into)
            assert brought.faults or brought.dropped, told
            for path, back in files(into).items():
                assert set(back.split(b"\n")) <= set(good[path].split(b"\n")), f"{told}: {path}"
            shutil.rmtree(into)
        shutil.rmtree(place)
