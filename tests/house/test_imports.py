"""The command line starts fast: what is heavy is imported where it is used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"asyncio", "duckdb", "jinja2", "lxml", "numpy", "obstore", "pandas", "pyarrow", "pyhanko", "rich", "ssl"}


def _imported(statement: str) -> set[str]:
    program = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout))


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    assert set() == HEAVY & _imported("import archief.cli.main")


@pytest.mark.parametrize("module", ["archief.journal", "archief.events.catalogue", "archief.tlog.proof"])
def test_the_log_needs_no_database_and_no_terminal(module: str) -> None:
    assert set() == (HEAVY | {"click"}) & _imported(f"import {module}")
