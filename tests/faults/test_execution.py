"""An execution that is killed at any boundary between its steps, run again, ends as one that nothing happened to."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.errors import ArchiveInUseError, RefusedError, WriteFailedError
from archief.events import envelope
from archief.keys import Cost
from archief.log import Log
from archief.storage import base
from archief.storage.local import LocalStorage
from archief.storage.lock import Lock
from tests.cli import transcript
from tests.faults.steps import Steps
from tests.founding import faults

pytestmark = pytest.mark.slow

STRIDE = int(os.environ.get("ARCHIEF_TEST_STRIDE", "4"))
"""Every so manieth boundary is tried; 1 takes some minutes."""

ROOT = Path(__file__).resolve().parents[2]
ENVIRON = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}


class Scene:
    """A folder with an archive whose destruction may be carried out."""

    def __init__(self, folder: Path, destruction: str, now: dt.datetime) -> None:
        self.folder = folder
        self.destruction = destruction
        self.now = now
        self.words = ["--as", "smit", "destroy", "execute", destruction, "--delete-exports", "--yes"]

    def copy(self, target: Path) -> Scene:
        shutil.copytree(self.folder, target)
        for path in (target / "state" / "exports").glob("*.jsonl"):
            path.write_text(path.read_text().replace(str(self.folder.resolve()), str(target.resolve())))
        return Scene(target, self.destruction, self.now)

    def process(self, at: int) -> subprocess.CompletedProcess[str]:
        """Carry it out in a process that is killed at a boundary."""
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        return subprocess.run(
            [sys.executable, "-m", "tests.faults.executioner", str(at), self.now.isoformat(), *self.words],
            cwd=self.folder,
            env={**os.environ, **ENVIRON, "PYTHONPATH": path},
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=120,
        )

    def run(self, *words: str) -> tuple[str, str, int]:
        """A command in this process."""
        session = Session(ENVIRON, lambda: self.now, os.urandom, Cost(log2_n=10), 0.2)
        with contextlib.chdir(self.folder), transcript.captured(transcript.Typed(b"")) as (out, err):
            code = run(list(words or self.words), session)
        return out.buffer.getvalue().decode(), err.buffer.getvalue().decode(), code  # type: ignore[attr-defined]

    def outcome(self) -> dict[str, Any]:
        """All that must be the same in the end."""
        storage = LocalStorage(self.folder / "events")
        events = [json.loads(entry) for entry in Log(storage).entries() if not envelope.is_commit(entry)]
        segments = [storage.read(segment) for segment in storage.payload_segments()]
        closing = [event for event in events if event["type"] == "records_destroyed.v1"]
        notes = [path.read_text() for path in (self.folder / "state" / "exports").glob("*.jsonl")]
        return {
            "events": [event["type"] for event in events],
            "payloads": [base.payload_seq(line + b"\n") for line in b"".join(segments).split(b"\n")[:-1]],
            "documents": len(list(storage.document_ids())),
            "closed": [{**event["facts"], "certificate": "…"} for event in closing],
            "exports": (notes, (self.folder / "bewijs").exists()),
            "faults": faults(storage),
            "strangers": list(storage.strangers()),
        }


@pytest.fixture(scope="module")
def scene(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    with contextlib.chdir(folder):
        world = transcript.begin("authorised.txt", kept)
        for command in ("archief export evidence 2021-00017 --out bewijs", "archief search fietsen"):
            _, err, code = world.run(command)
            assert 0 == code, err
    return Scene(folder, world.stream, world.now + dt.timedelta(minutes=1))


@pytest.fixture(scope="module")
def undisturbed(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """How it ends when nothing happens, and how many boundaries it passes."""
    quiet = scene.copy(tmp_path_factory.mktemp("quiet") / "scene")
    done = quiet.process(-1)
    assert 0 == done.returncode, done.stderr
    found = re.search(r"^boundaries (\d+)$", done.stdout, re.MULTILINE)
    assert found is not None
    return quiet.outcome(), int(found[1])


def test_killed_at_any_boundary_and_run_again_it_ends_the_same(
    scene: Scene, undisturbed: tuple[dict[str, Any], int], tmp_path: Path
) -> None:
    expected, boundaries = undisturbed
    assert 20 < boundaries < 120
    for at in range(0, boundaries, STRIDE):
        tried = scene.copy(tmp_path / str(at))
        done = tried.process(at)
        assert -signal.SIGKILL == done.returncode, f"boundary {at}\n{done.stderr}"
        _, err, code = tried.run()
        assert code in (0, RefusedError.exit_code), f"boundary {at}\n{err}"
        assert code == 0 or "carried out already" in err, f"boundary {at}\n{err}"
        assert expected == tried.outcome(), f"boundary {at}"
        shutil.rmtree(tried.folder)


def test_killed_twice_it_ends_the_same(scene: Scene, undisturbed: tuple[dict[str, Any], int], tmp_path: Path) -> None:
    expected, boundaries = undisturbed
    tried = scene.copy(tmp_path / "scene")
    for at in (boundaries // 3, 2):
        tried.process(at)
    assert 0 == tried.run()[2]
    assert expected == tried.outcome()


def test_a_full_disk_stops_it_and_run_again_it_ends_the_same(
    scene: Scene, undisturbed: tuple[dict[str, Any], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = undisturbed
    counted = scene.copy(tmp_path / "counted")
    with Steps(monkeypatch) as steps:
        counted.run()
    for share in (0.2, 0.5, 0.8):
        tried = scene.copy(tmp_path / f"tried at {share}")
        with Steps(monkeypatch, int(len(steps.made) * share), "full"):
            _, err, code = tried.run()
        assert code in (0, WriteFailedError.exit_code), err
        assert "Traceback" not in err
        _, err, code = tried.run()
        assert code in (0, RefusedError.exit_code), err
        assert expected == tried.outcome()


def test_two_executions_at_once_the_second_is_refused(scene: Scene, tmp_path: Path) -> None:
    tried = scene.copy(tmp_path / "scene")
    lock = Lock(tried.folder / "events" / "cache" / "destruction.lock", 0)
    lock.take()
    before = tried.outcome()
    _, err, code = tried.run()
    assert ArchiveInUseError.exit_code == code
    assert "another process is carrying a destruction out" in err
    assert before == tried.outcome()
    lock.close()
    assert 0 == tried.run()[2]


def test_in_execution_verify_finds_no_fault_and_says_so(scene: Scene, tmp_path: Path) -> None:
    tried = scene.copy(tmp_path / "scene")
    at = 0
    while "destruction_started.v1" not in tried.outcome()["events"] or len(tried.outcome()["payloads"]) > 20:
        at += 3
        shutil.rmtree(tried.folder)
        tried = scene.copy(tmp_path / "scene")
        tried.process(at)
    out, err, code = tried.run("verify")
    assert 0 == code, err
    assert "gone in a destruction that is not closed" in out
