"""Pipes, links and names that nobody expects in an archive: named, never waited for, never followed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from archief.cli.main import run
from archief.cli.session import Session
from archief.errors import ArchiefError
from archief.journal import Journal
from archief.keys import Cost
from archief.storage.local import LocalStorage
from archief.verification import scan
from archief.verification.whole import verify
from tests.cli import transcript
from tests.founding import Founded, folder, found

ENVIRON = {"HOME": ".", "ARCHIEF_KEYS": "keys", "ARCHIEF_STATE": "state", "ARCHIEF_PASSPHRASE": "geheim"}
DOCUMENT = "ab" * 16


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """Whatever waits for a pipe is ended."""

    def ended(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ended)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def archive(tmp_path: Path) -> Founded:
    archive = found(folder(tmp_path / "archive"), index=tmp_path / "archive" / "cache" / "index.sqlite")
    archive.append(archive.letter("Fietsenstalling", [b"Geachte raadsleden"]))
    archive.sign_head()
    archive.journal.close()
    return archive


@pytest.mark.parametrize(
    "name",
    [
        f"recovered/{8:012d}.{'0' * 64}.tail",
        "public/checkpoint",
        f"public/checkpoints/{11:012d}",
        "public/tile/0/000",
        "public/checkpoint.0.tmp",
        f"documents/ab/{DOCUMENT}.bin",
        f"log/{16_384:012d}.jsonl",
        f"payload/{0:012d}.jsonl",
        f"payload/{16_384:012d}.jsonl",
        "log/stranger",
        "stranger",
        "cache/index.sqlite",
        "lock",
    ],
)
def test_a_pipe_anywhere_is_not_waited_for(archive: Founded, tmp_path: Path, name: str) -> None:
    path = tmp_path / "archive" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    report = verify(LocalStorage(tmp_path / "archive"), version="test")
    assert name in {"lock", "cache/index.sqlite", "public/checkpoint.0.tmp"} or report.faults
    index = tmp_path / "archive" / "cache" / "index.sqlite"
    try:
        with Journal(folder(tmp_path / "archive"), index=index) as journal:
            archive.append(archive.letter(), journal=journal)
            archive.append(*(archive.letter() for _ in range(8)), journal=journal)
    except (ArchiefError, OSError):
        assert "cache" not in name


def test_a_segment_that_is_a_link_is_not_written_to(archive: Founded, tmp_path: Path) -> None:
    segment = tmp_path / "archive" / "log" / f"{0:012d}.jsonl"
    segment.rename(tmp_path / "elsewhere")
    segment.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    with pytest.raises(ArchiefError), Journal(folder(tmp_path / "archive")) as journal:
        archive.append(archive.letter(), journal=journal)
    assert before == (tmp_path / "elsewhere").read_bytes()


def test_an_entry_index_of_five_thousand_digits_is_none(archive: Founded, tmp_path: Path) -> None:
    line = b'{"data":{},"salt":"","seq":' + b"9" * 5_000 + b"}"
    assert -1 == scan.seq_of(line)
    payload = tmp_path / "archive" / "payload" / f"{0:012d}.jsonl"
    payload.write_bytes(line + b"\n" + payload.read_bytes())
    report = verify(LocalStorage(tmp_path / "archive"), version="test")
    assert {"payload-stray"} == {fault.kind for fault in report.faults}


NO_TEXT = [
    ("show", "\udcff"),
    ("list", "--type", "\udcff"),
    ("--json", "sql", "select '\udcff'"),
    ("--json", "prove", "\udcff"),
    ("prove", "9" * 5_000),
    ("replay", "--until", "9" * 5_000, "--into", "past"),
    ("replay", "--into", "\udcff/x"),
    ("--json", "--archive", "\udcff", "list"),
    ("--as", "\udcff", "person", "add", "\udcff"),
    ("check", "proof", "\udcff", "--vkey", "\udcff"),
    ("\udcff",),
]


@pytest.mark.slow
def test_a_word_that_is_no_text_is_a_mistake_of_a_person(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    transcript.begin("letters.txt", kept)
    ended = {words: run(words, Session(ENVIRON, cost=Cost(log2_n=10))) for words in NO_TEXT}
    assert {} == {words: code for words, code in ended.items() if code in (0, 1)}


def test_a_stranger_whose_name_is_no_text_is_named(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    transcript.begin("letters.txt", kept)
    try:
        (tmp_path / "events" / "log" / "\udcff\x1b[2J").write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    for json in ([], ["--json"]):
        assert run([*json, "verify"], Session(ENVIRON)) not in (0, 1)
        printed = "".join(capsys.readouterr()).replace("\n", "")
        assert printed.isprintable()
        assert "udcff" in printed
