"""What people install is the wheel, not the checkout: it is built, installed on its own and started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.wheel, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
# Taken before a test gets its own home: pip's cache is the one thing a test may share.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("ARCHIEF_", "PYTHON"))}


def _pip(python: Path | str, *arguments: str) -> None:
    pins = str(ROOT / "constraints.txt")
    ran = subprocess.run(
        [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        env=ENVIRONMENT | {"PIP_CONSTRAINT": pins, "PIP_BUILD_CONSTRAINT": pins},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "checkout"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    _pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(copy))
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_source(wheel: Path) -> None:
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert set() == wanted - set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_the_licence(wheel: Path) -> None:
    assert any(name.endswith("LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def test_the_installed_wheel_starts(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=True)
    _pip(place / "bin" / "python", "install", str(wheel))
    ran = subprocess.run(
        [place / "bin" / "archief", "--version"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] in ran.stdout
