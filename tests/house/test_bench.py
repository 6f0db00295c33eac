"""The bench measures what it says: every row is there, with figures. How fast a machine is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archief.reports.declaration import reports
from scripts import bench, bench_works
from scripts.bench import ROWS

BENCH = str(Path(__file__).resolve().parents[2] / "scripts/bench.py")
TARGETS = 20
"""Ratios that the project set itself before it began."""


@pytest.mark.bench
def test_every_row_of_the_bench_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process: starting one for each work is most of the time, and its own test."""
    monkeypatch.setattr(bench, "do", bench_works.measured)
    monkeypatch.setattr(bench_works, "STARTS", 1)
    monkeypatch.setattr(sys, "argv", [BENCH, "--events", "500", "--rounds", "1", "--folder", str(tmp_path), "--json"])
    bench.main()
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row.what.strip() for row in ROWS] == [row["what"] for row in rows]
    assert [] == [row for row in rows if "skipped" in row]
    assert [] == [row for row in rows if not (row["ratio"] > 0 and row["memory_bytes"] > 1_000_000 and row["ours"])]
    assert [] == [row for row in rows if (row["met"] is None) != (row["target"] is None)]


@pytest.mark.bench
def test_every_work_is_done_in_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, BENCH, "--only", "search", "--events", "500", "--rounds", "1", "--folder", str(tmp_path)]
    ran = subprocess.run([*command, "--json"], capture_output=True, check=False, text=True)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert [True, True] == [row["ratio"] > 0 for row in json.loads(ran.stdout)["rows"]]


def test_every_target_has_its_row() -> None:
    assert TARGETS == len([row for row in ROWS if row.target is not None and row.group != "report"])
    assert {f"report {name}" for name in reports()} == {
        row.ours for row in ROWS if row.target and row.group == "report"
    }


@pytest.mark.bench
def test_an_unknown_part_is_refused() -> None:
    command = [sys.executable, BENCH, "--only", "append,speed"]
    ran = subprocess.run(command, capture_output=True, check=False, text=True)
    assert 2 == ran.returncode
    assert "--only speed: there are append, verify, replay, search, report, destroy, startup" in ran.stderr
