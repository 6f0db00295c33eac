"""Docs that cannot lie: what exists is named in its page, and each command shows an example to paste."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from archief import errors
from archief.cli.main import cli
from archief.events.catalogue import TYPES

ROOT = Path(__file__).resolve().parents[2]


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


COMMANDS = dict(_commands(cli))
ERRORS = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, errors.ArchiefError) and each is not errors.ArchiefError
]
PROJECTIONS = sorted(path.stem for path in (ROOT / "src" / "archief" / "projections").glob("*.sql"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented(name: str) -> None:
    assert re.search(rf"^#+ .*\barchief {name}\b", _page("cli.md"), re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does_and_shows_an_example(name: str) -> None:
    command = COMMANDS[name]
    told = f"{command.help or ''}\n{command.epilog or ''}"
    assert (command.help or "").strip()
    assert re.search(rf"\barchief\b.* ?\b{name}\b", told), f"the help of {name} has no example"


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_says_what_it_is_for(name: str) -> None:
    options = [each for each in COMMANDS[name].params if isinstance(each, click.Option) and not each.hidden]
    assert [] == [each.name for each in options if not each.help]


@pytest.mark.parametrize("tag", TYPES)
def test_an_event_is_documented(tag: str) -> None:
    assert tag in _page("events.md")


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: each.code)
def test_an_error_is_documented_with_its_exit_code(error: type[errors.ArchiefError]) -> None:
    lines = [line for line in _page("errors.md").splitlines() if error.code in line]
    assert any(re.search(rf"\b{error.exit_code}\b", line) for line in lines)


def test_there_are_projections() -> None:
    assert PROJECTIONS


@pytest.mark.parametrize("table", PROJECTIONS)
def test_a_projection_is_documented(table: str) -> None:
    assert re.search(rf"^#+ .*\b{table}\b", _page("data.md"), re.MULTILINE)


def test_what_the_engineers_page_names_is_there() -> None:
    named = {each for each in re.findall(r"`([\w./-]+)`", _page("engineer.md")) if "/" in each and "NAME" not in each}
    assert len(named) > 30
    assert [] == [each for each in sorted(named) if not _is_there(each)]


def _is_there(path: str) -> bool:
    return (ROOT / path).exists() or (ROOT / "src" / "archief" / "projections" / path).exists()


@pytest.mark.parametrize(
    "page", ["engineer.md", "format.md", "errors.md", "cli.md", "events.md", "data.md", "words.md"]
)
def test_a_page_exists_and_has_one_title(page: str) -> None:
    outside_code = re.sub(r"^```.*?^```", "", _page(page), flags=re.MULTILINE | re.DOTALL)
    assert 1 == len(re.findall(r"^# ", outside_code, re.MULTILINE))
