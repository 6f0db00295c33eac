"""Bulk appends that stop anywhere go on where they stopped: no line lost, none appended twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from archief.cli.entries import bulk
from archief.cli.main import run
from archief.cli.session import Session
from archief.errors import WriteFailedError
from archief.journal import Appended, Journal
from archief.keys import Cost
from archief.log import Log
from archief.storage.local import LocalStorage
from tests.cli import transcript
from tests.founding import seeded

Append = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, and ten letters to append."""
    monkeypatch.chdir(tmp_path)
    transcript.begin("founded.txt", kept)
    lines = [
        {"type": "letter_registered", "facts": {"kind": "brief"}, "data": {"number": str(number)}}
        for number in range(10)
    ]
    (tmp_path / "letters.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return tmp_path


@pytest.fixture
def append(folder: Path) -> Append:
    entropy = seeded("bulk")

    def ran(*words: str) -> int:
        environ = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
        session = Session(environ, lambda: transcript.BEGIN.replace(hour=12), entropy, Cost(log2_n=10))
        return run(["--as", "jansen", "append", "--from", "letters.jsonl", "--chunk", "3", *words], session)

    return ran


def numbers() -> list[str]:
    """The numbers of the letters in the log, in order."""
    log = Log(LocalStorage(Path("events")))
    events = [log.event(one.base.size + at) for one in log.commits() for at in range(one.events)]
    return [log.payload(event).number for event in events if event.type == "letter_registered.v1"]


def dying(at: int, *, after: bool) -> Any:
    """Let the append number ``at`` fail, before it does anything or after it is acknowledged."""
    real, seen = Journal.append, iter(range(1, 100))

    def append(self: Journal, *drafts: Any, **how: Any) -> Appended:
        number = next(seen)
        if number == at and not after:
            raise WriteFailedError("the disk is full")
        made = real(self, *drafts, **how)
        if number == at:
            raise WriteFailedError("the answer got lost")
        return made

    return mock.patch.object(Journal, "append", append)


@pytest.mark.parametrize("after", [False, True], ids=["not written", "written, answer lost"])
@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_run_that_died_goes_on_without_loss_or_double(at: int, after: bool, append: Append) -> None:
    with dying(at, after=after):
        assert 3 == append()
    assert 0 == append()
    assert [str(number) for number in range(10)] == numbers()


def test_a_run_that_died_twice_at_the_same_commit_goes_on(append: Append) -> None:
    for _ in range(2):
        with dying(1, after=True):
            assert 3 == append()
    assert 0 == append()
    assert [str(number) for number in range(10)] == numbers()


def test_a_run_with_another_chunk_goes_on_at_the_same_commit(append: Append) -> None:
    with dying(2, after=True):
        assert 3 == append()
    assert 0 == append("--chunk", "4")
    assert [str(number) for number in range(10)] == numbers()


def test_a_run_again_appends_nothing(append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == append()
    assert 0 == append()
    assert 10 == len(numbers())
    assert "nothing to append" in capsys.readouterr().out


def test_a_restart_appends_everything_again(append: Append) -> None:
    assert 0 == append()
    assert 0 == append("--restart")
    assert 20 == len(numbers())


def test_lines_that_are_added_later_are_appended_later(append: Append) -> None:
    assert 0 == append()
    with Path("letters.jsonl").open("a") as file:
        file.write('{"type":"letter_registered","facts":{"kind":"brief"},"data":{"number":"10"}}\n')
    assert 0 == append()
    assert [str(number) for number in range(11)] == numbers()


def test_an_input_that_changed_in_what_was_appended_is_refused(append: Append) -> None:
    assert 0 == append()
    path = Path("letters.jsonl")
    path.write_text(path.read_text().replace('"0"', '"00"'))
    assert 20 == append()
    path.write_text("")
    assert 20 == append()
    assert 10 == len(numbers())


def test_a_malformed_line_stops_its_commit_only(append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("letters.jsonl")
    good = path.read_text()
    path.write_text(good.replace('"number": "4"', '"nummer": "4"'))
    assert 20 == append()
    assert ["0", "1", "2"] == numbers()
    assert "letters.jsonl:5: data" in capsys.readouterr().err
    path.write_text(good)
    assert 0 == append()
    assert [str(number) for number in range(10)] == numbers()


def test_the_resume_file_holds_no_content(append: Append) -> None:
    path = Path("letters.jsonl")
    path.write_text(path.read_text().replace('"0"', '"Geachte mevrouw Jansen"'))
    with dying(2, after=False):
        append()
    (kept,) = Path("state/resume").iterdir()
    assert "Jansen" not in kept.read_text()
    assert "letters" not in kept.read_text()
    assert 0o600 == kept.stat().st_mode & 0o777


def test_a_damaged_resume_file_is_named(append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    with dying(2, after=False):
        append()
    (kept,) = Path("state/resume").iterdir()
    kept.write_text("{")
    assert 20 == append()
    assert str(kept) in capsys.readouterr().err


def test_a_line_without_end_is_refused(append: Append, capsys: pytest.CaptureFixture[str]) -> None:
    Path("letters.jsonl").write_bytes(b" " * (bulk.LINE_BYTES_MAX + 1))
    assert 20 == append()
    assert "letters.jsonl:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("nonsense", "letters.jsonl:1: not JSON"),
        ("[]", "letters.jsonl:1: an object is expected, this is a list"),
        ('{"type":"letter_registered","type":"letter_edited"}', "letters.jsonl:1: type: the same key twice"),
        ('{"facts":{}}', "letters.jsonl:1: object missing required field `type`"),
        ('{"type":"letter_sent"}', "letters.jsonl:1: no event type letter_sent"),
        ('{"type":"letter_edited","data":{"subject":"x"}}', "letters.jsonl:1: stream: letter_edited needs a stream"),
        (
            '{"type":"letter_registered","facts":{"kind":1}}',
            "letters.jsonl:1: facts.kind: text is expected, this is a whole number",
        ),
        ('{"type":"letter_registered","facts":{"kind":"brief"},"extra":1}', "letters.jsonl:1: object contains unknown"),
        (
            '{"type":"letter_registered","facts":{"kind":"brief"},"data":{"subject":null}}',
            "letters.jsonl:1: data.subject: null",
        ),
        (
            '{"type":"letter_registered","facts":{"kind":"brief"},"data":{},"documents":["weg.pdf"]}',
            "letters.jsonl:1: weg.pdf: there is no such file",
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_named(
    line: str, named: str, append: Append, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("letters.jsonl").write_text(line)
    assert append() in {2, 20, 23}
    assert named in capsys.readouterr().err
    assert [] == numbers()


def test_documents_stand_beside_the_file(append: Append, folder: Path) -> None:
    below = folder / "below"
    below.mkdir()
    (below / "brief.txt").write_text("Geachte raadsleden")
    line = {
        "type": "letter_registered",
        "facts": {"kind": "brief"},
        "data": {"number": "x"},
        "documents": ["brief.txt"],
    }
    (below / "more.jsonl").write_text(json.dumps(line))
    assert 0 == append("--from", "below/more.jsonl")
    assert 1 == len(list(LocalStorage(Path("events")).document_ids()))


def test_what_a_killed_run_left_unfinished_is_swept_by_the_next(append: Append) -> None:
    assert 0 == append()
    (kept,) = Path("state/resume").glob("*.json")
    (kept.parent / f"{kept.name}.0a1b2c3d.tmp").write_bytes(b"{")
    (kept.parent / "another.json.0a1b2c3d.tmp").write_bytes(b"{")
    assert 0 == append()
    assert ["another.json.0a1b2c3d.tmp"] == [path.name for path in kept.parent.glob("*.tmp")]
