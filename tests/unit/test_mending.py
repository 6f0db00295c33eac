"""What the doctor mends because its bytes are known, and what it leaves to a back-up."""

from __future__ import annotations

from pathlib import Path

import pytest

from archief import keys, publishing
from archief.cli.main import run
from archief.cli.session import Session
from archief.draft import draft, new_stream
from archief.errors import ArchiveInUseError, TailError
from archief.journal import Journal
from archief.storage.local import LocalStorage
from archief.tlog import note
from tests.founding import Founded, enrolled_key, faults, folder, found

PAYLOADS = f"payload/{0:012d}.jsonl"


@pytest.fixture
def archive(tmp_path: Path) -> Founded:
    archive = found(folder(tmp_path / "archive"))
    archive.append(archive.letter())
    archive.sign_head()
    return archive


def repair(tmp_path: Path) -> int:
    return run(
        ["--archive", str(tmp_path / "archive"), "doctor", "--repair", "--yes"], Session({"HOME": str(tmp_path)})
    )


@pytest.mark.parametrize("end", [b"", b"\x0b", b"x"])
def test_a_newline_that_must_stand_at_the_end_is_put_back(archive: Founded, tmp_path: Path, end: bytes) -> None:
    archive.journal.close()
    path = tmp_path / "archive" / PAYLOADS
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + end)
    with pytest.raises(TailError, match="last payload line is damaged") as caught:
        Journal(folder(tmp_path / "archive")).open()
    assert "doctor --repair" in caught.value.remedy
    assert 0 == repair(tmp_path)
    assert whole == path.read_bytes()
    assert [] == faults(archive.storage)


def test_a_line_that_was_changed_too_is_left_as_it_is(archive: Founded, tmp_path: Path) -> None:
    archive.journal.close()
    path = tmp_path / "archive" / PAYLOADS
    changed = path.read_bytes()[:-1].replace(b"Uitkomst", b"Uitkomsd") + b"\x0b"
    path.write_bytes(changed)
    assert 0 != repair(tmp_path)
    assert changed == path.read_bytes()


def test_a_payload_of_an_append_that_was_interrupted_is_not_completed(archive: Founded, tmp_path: Path) -> None:
    archive.journal.close()
    path = tmp_path / "archive" / PAYLOADS
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1].replace(b'"seq":7', b'"seq":9'))
    assert "" == LocalStorage(tmp_path / "archive").mend()
    assert 0 == repair(tmp_path)
    assert whole == path.read_bytes()


def test_a_head_is_kept_by_one_writer_at_a_time_and_every_line_stays(archive: Founded, tmp_path: Path) -> None:
    cosigners = [keys.generate("rekenkamer", "cosigner", archive.entropy).keys[0] for _ in range(2)]
    for key in cosigners:
        person = new_stream(archive.entropy)
        named = draft("person_enrolled.v1", person, {}, {"name": "Rekenkamer"})
        archive.append(named, enrolled_key(person, key, archive.journal.authority.origin, "cosigner"))
    raw = archive.sign_head()
    one, two = (publishing.cosign_head(raw, key, 1_610_000_000) for key in cosigners)
    with (
        archive.journal.writing(),
        Journal(LocalStorage(tmp_path / "archive", wait_seconds=0.1)) as other,
        pytest.raises(ArchiveInUseError),
    ):
        publishing.keep_head(other, one)
    other = Journal(folder(tmp_path / "archive"))
    path = publishing.keep_head(archive.journal, one)
    assert path == publishing.keep_head(other, two)
    other.close()
    kept = archive.storage.read_public(path) or b""
    assert {line.key_id for line in note.parse_note(kept).lines} == {
        line.key_id for head in (one, two) for line in note.parse_note(head).lines
    }


def cut(tmp_path: Path, *more: str) -> int:
    session = Session({"HOME": str(tmp_path / "a machine that never saw it")})
    return run(["--archive", str(tmp_path / "archive"), "doctor", "--cut-tail", *more, "--yes"], session)


def spoil(tmp_path: Path) -> bytes:
    """Flip a bit in the signature of the last commit, on a machine without memory. Gives the log as it is then."""
    path = tmp_path / "archive" / f"log/{0:012d}.jsonl"
    before, mark, last = path.read_bytes().rpartition(b'"sig":"')
    path.write_bytes(before + mark + bytes([last[0] ^ 1]) + last[1:])
    return path.read_bytes()


def test_a_tail_is_cut_a_commit_at_a_time_and_kept(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    for _ in range(3):
        archive.append(archive.letter())
    archive.journal.close()
    whole = spoil(tmp_path)
    cut(tmp_path)
    assert 11 == whole.count(b"\n") - 2 == len((tmp_path / "archive" / f"log/{0:012d}.jsonl").read_bytes().splitlines())
    left = spoil(tmp_path)
    assert TailError.exit_code == cut(tmp_path)
    assert left == (tmp_path / "archive" / f"log/{0:012d}.jsonl").read_bytes()
    cut(tmp_path, "--cut-more")
    kept = b"".join(content for _, content in archive.storage.recovered())
    assert 4 == kept.count(b"\n")
    left = (tmp_path / "archive" / f"log/{0:012d}.jsonl").read_bytes()
    assert whole.startswith(left)
    assert whole.endswith(list(archive.storage.recovered())[-1][1])


def test_damage_before_the_last_commit_cuts_nothing(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    archive.append(archive.letter())
    archive.append(archive.letter())
    archive.journal.close()
    path = tmp_path / "archive" / f"log/{0:012d}.jsonl"
    changed = path.read_bytes().replace(b'"role":"archivaris"', b'"role":"authoriser"', 1)
    path.write_bytes(changed)
    assert 0 != cut(tmp_path)
    assert changed == path.read_bytes()
