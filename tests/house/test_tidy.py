"""The house rules, kept by a test and not by a reviewer. Each refusal says what to use instead."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "archief"
PYTHON = sorted(path for folder in ("src", "scripts", "tests") for path in (ROOT / folder).rglob("*.py"))
MODULES = sorted(SOURCE.rglob("*.py"))

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 500
FILE_BYTES_MAX = 1_000_000
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

# A call -> the parts of the house that may make it, and what the others use instead.
BANNED_CALLS: dict[str, tuple[tuple[str, ...], str]] = {
    "datetime.now": (("cli",), "an argument `now`: only cli/ reads the clock"),
    "datetime.datetime.now": (("cli",), "an argument `now`: only cli/ reads the clock"),
    "datetime.utcnow": ((), "an argument `now`"),
    "datetime.datetime.utcnow": ((), "an argument `now`"),
    "datetime.today": (("cli",), "an argument `today`: only cli/ reads the clock"),
    "date.today": (("cli",), "an argument `today`: only cli/ reads the clock"),
    "datetime.date.today": (("cli",), "an argument `today`: only cli/ reads the clock"),
    "time.time": (("cli",), "an argument `now`: only cli/ reads the clock"),
    "time.time_ns": (("cli",), "an argument `now`: only cli/ reads the clock"),
    "os.urandom": (("cli",), "an argument `entropy`: only cli/ draws it"),
    "secrets.token_bytes": (("cli",), "an argument `entropy`: only cli/ draws it"),
    "uuid.uuid4": (("cli",), "an argument `entropy`: only cli/ draws it"),
    "os.getenv": (("cli",), "an argument: only cli/ reads the environment"),
    "os.environ": (("cli",), "an argument: only cli/ reads the environment"),
    "print": (("cli",), "a value that cli/ shows"),
    "input": (("cli",), "an argument: only cli/ asks a person"),
    "sys.exit": (("cli",), "an error of archief.errors"),
    "hash": ((), "hashlib.sha256: hash() differs in each process"),
    "eval": ((), "a decoder"),
    "exec": ((), "a function"),
    "os.chdir": ((), "an absolute path"),
}
WRITING_FLOORS = ("durable.py", "storage", "cli")
WRITING_METHODS = {"write_text", "write_bytes"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=_name(path))


@cache
def _files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _allowed(path: Path, floors: tuple[str, ...]) -> bool:
    return path.relative_to(SOURCE).parts[0] in floors


def _banned(path: Path) -> Iterator[str]:
    """Lines ``file:line: call: use … instead`` for one module of the house."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call | ast.Attribute):
            called = _dotted(node.func if isinstance(node, ast.Call) else node)
            # A function named but not called (an entropy source handed on) is banned as well, a bare name is not.
            floors, instead = BANNED_CALLS.get(called, (None, ""))
            if floors is not None and not _allowed(path, floors):
                yield f"{_name(path)}:{node.lineno}: {called}: use {instead}"
        if isinstance(node, ast.Call) and not _allowed(path, WRITING_FLOORS) and _writes(node):
            yield f"{_name(path)}:{node.lineno}: writes a file: use archief.durable"


def _writes(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Attribute) and node.func.attr in WRITING_METHODS:
        return True
    if not (isinstance(node.func, ast.Name | ast.Attribute) and _dotted(node.func).split(".")[-1] == "open"):
        return False
    values = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    modes = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return any(re.fullmatch(r"[rwaxbt+]{1,4}", mode) and set(mode) & set("wax+") for mode in modes)


def test_functions_fit_on_a_screen() -> None:
    too_long = [
        f"{_name(path)}:{node.lineno}: {node.name} has {length} lines: split it (at most {FUNCTION_LINES_MAX})"
        for path in PYTHON
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert [] == too_long


def test_modules_stay_short() -> None:
    too_long = [
        f"{_name(path)} has {length} lines: split it by its nouns (at most {MODULE_LINES_MAX})"
        for path in PYTHON
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > MODULE_LINES_MAX
    ]
    assert [] == too_long


def test_a_module_is_a_noun_of_the_domain() -> None:
    vague = [_name(path) for path in PYTHON if BANNED_NAMES & {path.stem, *path.relative_to(ROOT).parts}]
    assert [] == vague


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_says_what_it_knows(path: Path) -> None:
    assert ast.get_docstring(_tree(path)), f"{_name(path)} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_makes_no_banned_call(path: Path) -> None:
    assert [] == list(_banned(path))


def test_a_banned_call_is_found_with_its_replacement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "journal.py"
    module.write_text("now = datetime.now(UTC)\npath.write_bytes(b'')\nopen(path, 'wb')\nopen(path)\n")
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    found = "\n".join(_banned(module))
    assert ["1", "2", "3"] == sorted(set(re.findall(r"journal\.py:(\d)", found)))
    assert "an argument `now`" in found
    assert "use archief.durable" in found


def test_no_file_is_a_blob() -> None:
    large = [f"{_name(path)}: {size} bytes" for path in _files() if (size := path.stat().st_size) > FILE_BYTES_MAX]
    assert [] == large


# In pieces, so that this file does not name them.
HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb." + "debian.org",
    "proxy.golang" + ".org",
)
PLACES = re.compile(r"(?<![\w./~-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me/[a-z]+")) + r")/")


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in _files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{_name(path)}: {host}" for host in HOSTS if host in text]
        found += [f"{_name(path)}: {match.group()}" for match in PLACES.finditer(text)]
    assert [] == found


def test_constraints_are_pins_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [] == [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.]*", line)]
    assert sorted(lines, key=lambda line: line.split("==")[0]) == lines


def test_a_change_is_one_file_of_a_known_kind() -> None:
    names = [path.name for path in (ROOT / "changelog.d").iterdir()]
    assert [] == [name for name in names if not re.fullmatch(r"TEMPLATE\.md|[a-z0-9-]+\.(change|format|law)\.md", name)]
