"""Real processes: killed at any moment, and two at once. What was acknowledged is there, once, in one order."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archief.events import envelope
from archief.journal import Journal
from archief.log import Log
from archief.storage.local import LocalStorage
from archief.tlog import merkle
from tests.faults.appender import MADE
from tests.founding import faults, folder, found

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SEED = 20160105
ROUNDS, ROUNDS_PER_ARCHIVE = 200, 20


@pytest.fixture
def environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}


def program(environ: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.appender", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environ,
    )


def ready(process: subprocess.Popen[str]) -> None:
    """Wait until a process has opened the archive."""
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()


def go(*processes: subprocess.Popen[str]) -> None:
    """Start processes that wait for it, all at once."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def killed_appends(process: subprocess.Popen[str], rounds: int, chance: random.Random) -> Iterator[list[int]]:
    """Start an appender, kill it at a random moment, and give what it acknowledged; so many times."""
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(rounds):
        process.stdin.write(f"round {number} {chance.random()}\n")
        process.stdin.flush()
        pid, acknowledged = 0, []
        # Some are killed while they open, most after a few appends: somewhere in the next one.
        patience = chance.choice([0, 0, *range(1, 6)])
        for line in process.stdout:
            word, _, value = line.strip().partition(" ")
            if word == "pid":
                pid = int(value)
            elif word == "ack":
                acknowledged.append(int(value))
            elif word == "gone":
                break
            if pid and len(acknowledged) >= patience:
                time.sleep(chance.random() * 0.006)
                os.kill(pid, signal.SIGKILL)
                pid, patience = 0, sys.maxsize
        yield acknowledged


def commits_of(path: Path) -> list[int]:
    return [commit.seq for commit in Log(LocalStorage(path)).commits()]


def test_an_appender_that_is_killed_at_any_moment_loses_nothing_it_acknowledged(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    chance = random.Random(SEED)
    acknowledged_in_all = 0
    for part in range(ROUNDS // ROUNDS_PER_ARCHIVE):
        path = tmp_path / f"archive-{part}"
        archive = found(folder(path), seed=MADE)
        archive.journal.close()
        process = program(environ, "kill", path)
        before = commits_of(path)
        for acknowledged in killed_appends(process, ROUNDS_PER_ARCHIVE, chance):
            acknowledged_in_all += len(acknowledged)
            present = commits_of(path)
            assert before == present[: len(before)], "what was there is there"
            assert set(acknowledged) <= set(present), "what was acknowledged is there"
            assert len(present) - len(before) - len(acknowledged) in {0, 1}, "at most one was not told of"
            before = present
        process.communicate(timeout=300)
        journal = Journal(LocalStorage(path))
        archive.append(archive.letter("Na de laatste"), journal=journal)
        journal.close()
        assert [] == faults(LocalStorage(path))
        assert (path / "lock").read_bytes()[:1] in {b"", b" "}
        shutil.rmtree(path)
    assert acknowledged_in_all > ROUNDS, "they were killed too early for this to say anything"


def test_two_processes_that_append_at_once_make_one_order(tmp_path: Path, environ: dict[str, str]) -> None:
    count = 1_000
    archive = found(folder(tmp_path / "archive"), seed=MADE)
    archive.append(archive.series())
    archive.journal.close()
    first = archive.journal.size
    names = ("een", "twee")
    processes = {name: program(environ, "race", tmp_path / "archive", name, count) for name in names}
    for process in processes.values():
        ready(process)
    go(*processes.values())
    printed = {name: process.communicate(timeout=300)[0] for name, process in processes.items()}
    told = {name: [int(seq) for seq in lines.split()] for name, lines in printed.items()}
    assert [0, 0] == [process.returncode for process in processes.values()]

    log = Log(LocalStorage(tmp_path / "archive"))
    assert first + 2 * 2 * count == log.size, "none lost, none double"
    assert sorted(told["een"] + told["twee"]) == list(range(first, log.size, 2))
    for name in names:
        assert sorted(told[name]) == told[name], "each in its own order"
        subjects = [log.payload(log.event(seq)).subject for seq in told[name][:: max(count // 10, 1)]]
        assert [f"{name} {number}" for number in range(0, count, max(count // 10, 1))] == subjects
    issued = [log.payload(log.event(seq)).number for seq in range(first, log.size, 2)]
    assert [f"2021-{number:05}" for number in range(1, 2 * count + 1)] == issued, "each number once, in order"
    switches = sum(1 for left, right in zip(told["een"], told["een"][1:], strict=False) if right - left > 2)
    print("turns", switches)
    assert switches > 0, "they never took turns"
    assert [] == faults(LocalStorage(tmp_path / "archive"))
    assert envelope.is_commit(log.entry(log.size - 1))


def test_a_process_that_writes_keeps_readers_going(tmp_path: Path, environ: dict[str, str]) -> None:
    archive = found(folder(tmp_path / "archive"), seed=MADE)
    archive.append(archive.series())
    archive.journal.close()
    process = program(environ, "race", tmp_path / "archive", "een", 150)
    ready(process)
    go(process)
    log = Log(LocalStorage(tmp_path / "archive"))
    sizes = [log.size]
    while process.poll() is None:
        root = log.root()
        if log.refresh():
            proof = log.consistency_proof(sizes[-1])
            merkle.verify_consistency(sizes[-1], log.size, root, log.root(), proof)
            assert envelope.is_commit(log.entry(log.size - 1))
            sizes.append(log.size)
    process.communicate()
    assert 0 == process.returncode
    assert 3 < len(sizes)
