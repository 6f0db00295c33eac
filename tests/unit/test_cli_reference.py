"""The pages of the command line: what they say that ``--json`` prints is what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archief.cli import reference
from archief.cli.main import run
from archief.cli.session import Session
from archief.errors import ArchiefError, FindingsError
from archief.keys import Cost
from tests.cli import transcript
from tests.founding import seeded

Printed = Callable[..., Any]

COMMANDS = {
    "key new": ["key", "new", "nieuw"],
    "key list": ["key", "list"],
    "person list": ["person", "list"],
    "append": ["--as", "jansen", "append", "--from", "letters.jsonl"],
    "events": ["events"],
    "explain": ["explain", "2021-00017"],
    "rules list": ["rules", "list"],
    "render": ["render", "2021-00018", "--out", "brief.pdf"],
    "show": ["show", "2021-00018"],
    "history": ["history", "2021-00018"],
    "list": ["list"],
    "sql": ["sql", "select kind, count(*) as letters from letter group by kind"],
    "replay": ["replay"],
    "report": ["report", "register"],
    "search": ["search", "fietsen"],
    "audit": ["audit"],
    "verify": ["verify"],
    "finding list": ["finding", "list"],
    "prove": ["prove", "8"],
    "check proof": ["check", "proof", "8.tlog-proof", "--checkpoint", "head"],
    "backup": ["--as", "archivaris", "backup", "kopie"],
    "restore": ["--as", "archivaris", "restore", "kopie", "--log", "events", "--into", "terug"],
    "export sip": ["export", "sip", "2021-00017", "--out", "sip"],
    "transfer answer": ["--as", "jansen", "transfer", "answer", "sip", "--accepted", "--out", "ontvangst.note"],
    "check sip": ["check", "sip", "sip"],
    "export snapshot": ["export", "snapshot", "--out", "momentopname"],
    "check snapshot": ["check", "snapshot", "momentopname"],
    "export evidence": ["export", "evidence", "2021-00017", "--out", "bundle"],
    "export documents": ["export", "documents", "2021-00017", "--out", "stukken"],
    "check bundle": ["check", "bundle", "bundle"],
    "checkpoint": ["checkpoint", "--out", "head"],
    "timestamp": ["timestamp", "--verify"],
    "doctor": ["doctor"],
}


FIRST = {
    "check sip": "export sip",
    "transfer answer": "export sip",
    "check bundle": "export evidence",
    "check snapshot": "export snapshot",
    "restore": "backup",
}
"""What another command makes first."""

FINDS = {"audit": FindingsError.exit_code}
"""What ends with findings has printed them too."""


@pytest.fixture
def printed(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Printed:
    monkeypatch.chdir(tmp_path)
    transcript.begin("dossiers.txt", kept)
    line = {"type": "letter_registered", "facts": {"kind": "brief"}, "data": {"number": "1"}}
    (tmp_path / "letters.jsonl").write_text(json.dumps(line))
    entropy = seeded("reference")

    def ran(*words: str) -> Any:
        environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
        session = Session(environ, lambda: transcript.BEGIN.replace(day=9), entropy, Cost(log2_n=10))
        capsys.readouterr()
        assert run([*words, "--json"], session) in {0, FINDS.get(words[0])}
        return json.loads(capsys.readouterr().out)

    return ran


def members(told: Any, found: Any, path: str = "$") -> list[str]:
    """Where the two have other members. A shape's empty list, and a column of a table, say nothing."""
    if isinstance(told, dict) and isinstance(found, dict) and told and found:
        if path in {
            "$.letters[0]",
            "$.rows[0]",
            "$.parts[0].rows[0]",
            "$.tables",
            "$.letter.fields",
            "$.events[0].data",
            "$.events[0].facts",
        }:
            return []
        wrong = [f"{path}.{name}" for name in told.keys() ^ found.keys()]
        return wrong + [
            one for name in told.keys() & found.keys() for one in members(told[name], found[name], f"{path}.{name}")
        ]
    if isinstance(told, list) and isinstance(found, list) and told and found:
        return members(told[0], found[0], f"{path}[0]")
    return []


def test_every_shape_is_of_a_command_that_is_tried() -> None:
    assert set(reference.shapes()) == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_as_the_page_says(command: str, printed: Printed) -> None:
    if command == "check proof":
        printed("checkpoint", "--out", "head")
        printed("prove", "8")
    if command in FIRST:
        printed(*COMMANDS[FIRST[command]])
    assert [] == members(reference.shapes()[command], printed(*COMMANDS[command]))


def test_every_command_stands_in_the_page_with_its_example() -> None:
    page = reference.cli_markdown()
    for name in ("archief append", "archief check proof", "archief key enrol"):
        assert f"\n### {name}\n" in page
        assert f"```sh\n{name} " in page


def test_every_error_stands_in_the_page_with_its_transcript() -> None:
    page = reference.errors_markdown({"refused": "$ archief append"})
    assert [] == [
        one.code for one in ArchiefError.__subclasses__() if f"\n## {one.code} ({one.exit_code})\n" not in page
    ]
    assert "```console\n$ archief append\n```" in page
