"""The reports of the sample archive, byte for byte, whatever time zone and language the machine is set to.

``python -m tests.golden.test_reports`` writes them anew.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.reports import declaration
from tests.founding import seeded

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent / "reports"
RECORD = "2021-11557"
PAGES = ("toetsing", "levensloop")
"""Of these the page is kept too; of every report its data."""

SETTINGS = ({"TZ": "Pacific/Auckland", "LC_ALL": "C"}, {"TZ": "America/New_York", "LC_ALL": "C.UTF-8"})


def write(folder: Path) -> None:
    """Write every report of the sample archive."""
    with tempfile.TemporaryDirectory() as elsewhere:
        environ = {"HOME": elsewhere, "ARCHIEF_STATE": elsewhere, "ARCHIEF_ARCHIVE": str(ROOT / "events")}
        for name, report in declaration.reports().items():
            for form in ("json", "html") if name in PAGES else ("json",):
                words = ["report", name, *([RECORD] if report.record else []), "--format", form]
                session = Session(environ, lambda: dt.datetime.now(dt.UTC), seeded("golden"))
                assert 0 == run([*words, "--out", str(folder / f"{name}.{form}"), "-q"], session)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS, ids=lambda each: each["TZ"])
def test_the_sample_archive_gives_these_bytes(settings: dict[str, str], tmp_path: Path) -> None:
    given = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    subprocess.run([sys.executable, "-m", "tests.golden.test_reports", str(tmp_path)], env=given, check=True, cwd=ROOT)
    expected, actual = contents(HERE), contents(tmp_path)
    assert set(expected) == set(actual)
    assert [] == [name for name in expected if expected[name] != actual[name]]


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else HERE
    for old in target.iterdir():
        old.unlink()
    write(target)
