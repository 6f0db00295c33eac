"""What a machine remembers outlives the archive's own word, and an archive that contradicts it is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archief.errors import CorruptError, ForkError, MalformedError, RollbackError, TailError
from archief.heads import Head, Heads, Incident, Receipt
from archief.journal import Journal
from archief.memory import check_extension, signed_size
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.founding import ORIGIN, Founded, folder, found

HEAD = Head(origin=ORIGIN, root="0" * 64, size=7)
OTHER = "archief.voorbeeld.nl/77aa01b3"


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "state" / "seen")


def head(size: int, root: str = "0" * 64, note: str | None = None) -> Head:
    return Head(origin=ORIGIN, root=root, size=size, note=note)


# the memory itself


def test_nothing_is_remembered_of_a_log_never_seen(heads: Heads) -> None:
    assert heads.recall(ORIGIN) is None
    assert heads.receipt(ORIGIN) is None
    assert [] == heads.incidents(ORIGIN)


def test_a_head_is_remembered_per_log(heads: Heads) -> None:
    heads.remember(HEAD)
    assert HEAD == heads.recall(ORIGIN)
    assert HEAD == Heads(heads.folder).recall(ORIGIN)
    assert heads.recall(OTHER) is None


def test_the_memory_is_private(heads: Heads) -> None:
    heads.remember(HEAD)
    (path,) = heads.folder.rglob("*.json")
    assert (0o600, 0o700) == (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777)


@pytest.mark.parametrize(
    ("known", "new", "kept"),
    [
        (None, head(7), head(7)),
        (head(7), head(9), head(9)),
        (head(9), head(7), head(9)),
        (head(7, note="n"), head(7), head(7, note="n")),
        (head(7), head(7, note="n"), head(7, note="n")),
        (head(7, note="n"), head(8), head(8)),
        (head(9), head(7, note="n"), head(9)),
    ],
)
def test_the_memory_never_goes_back(heads: Heads, known: Head | None, new: Head, kept: Head) -> None:
    if known is not None:
        heads.remember(known)
    heads.remember_unless_known(new)
    assert kept == heads.recall(ORIGIN)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"origin":"o","root":"r","size":"7"}'])
def test_a_damaged_memory_is_never_taken_for_an_empty_one(heads: Heads, content: bytes) -> None:
    heads.remember(HEAD)
    (path,) = heads.folder.rglob("*.json")
    path.write_bytes(content)
    with pytest.raises(MalformedError, match="damaged"):
        heads.recall(ORIGIN)


def test_a_receipt_is_kept_apart_from_the_head(heads: Heads) -> None:
    receipt = Receipt(origin=ORIGIN, root="1" * 64, size=5, version="0.1.0")
    heads.remember(HEAD)
    heads.keep_receipt(receipt)
    assert (HEAD, receipt) == (heads.recall(ORIGIN), heads.receipt(ORIGIN))


def test_incidents_are_kept_once_and_per_log(heads: Heads) -> None:
    incident = Incident(kind="rollback", remembered=head(9), found=head(7))
    fork = Incident(kind="fork", remembered=head(9), found=head(9, "1" * 64))
    assert heads.keep_incident(incident) == heads.keep_incident(incident)
    heads.keep_incident(fork)
    assert [incident, fork] == heads.incidents(ORIGIN)
    assert [] == heads.incidents(OTHER)


# archives that contradict it


@pytest.fixture
def archive(tmp_path: Path, heads: Heads) -> Founded:
    archive = found(folder(tmp_path / "archive"), heads=heads)
    archive.append(archive.letter("Eerste"))
    archive.append(archive.letter("Tweede"))
    archive.journal.close()
    shutil.copytree(tmp_path / "archive", tmp_path / "copy")
    return archive


def reopen(archive: Founded, path: Path, heads: Heads | None) -> None:
    archive.journal = Journal(folder(path), heads=heads)
    archive.journal.open()


def test_closing_remembers_the_head(archive: Founded, heads: Heads) -> None:
    assert Head(origin=ORIGIN, root=archive.journal.root().hex(), size=archive.journal.size) == heads.recall(ORIGIN)


def test_an_archive_that_grew_elsewhere_is_accepted(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    reopen(archive, tmp_path / "copy", None)
    for _ in range(3):
        archive.append(archive.letter())
    archive.journal.close()
    reopen(archive, tmp_path / "copy", heads)
    archive.journal.close()
    assert archive.journal.size == getattr(heads.recall(ORIGIN), "size", 0)


def test_an_old_copy_is_a_rollback(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    reopen(archive, tmp_path / "archive", heads)
    archive.append(archive.letter("Derde"))
    archive.journal.close()
    payload = (tmp_path / "copy/payload/000000000000.jsonl").read_bytes()
    with pytest.raises(RollbackError) as caught:
        reopen(archive, tmp_path / "copy", heads)
    assert "kept in" in caught.value.remedy
    (incident,) = heads.incidents(ORIGIN)
    assert ("rollback", 13, 11) == (incident.kind, incident.remembered.size, incident.found.size)
    assert payload == (tmp_path / "copy/payload/000000000000.jsonl").read_bytes()
    with pytest.raises(RollbackError):
        archive.append(archive.letter())


def test_a_removed_last_commit_is_a_rollback_and_its_payloads_stay(
    archive: Founded, heads: Heads, tmp_path: Path
) -> None:
    path = tmp_path / "archive/log/000000000000.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]))
    payload = (tmp_path / "archive/payload/000000000000.jsonl").read_bytes()
    with pytest.raises(RollbackError):
        reopen(archive, tmp_path / "archive", heads)
    assert payload == (tmp_path / "archive/payload/000000000000.jsonl").read_bytes()


def test_another_history_of_the_same_length_is_a_fork(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    reopen(archive, tmp_path / "archive", heads)
    archive.append(archive.letter("Derde"))
    archive.journal.close()
    reopen(archive, tmp_path / "copy", None)
    archive.append(archive.letter("Een andere derde"))
    archive.journal.close()
    with pytest.raises(ForkError):
        reopen(archive, tmp_path / "copy", heads)
    assert ["fork"] == [incident.kind for incident in heads.incidents(ORIGIN)]


def test_another_history_that_is_longer_is_a_fork(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    reopen(archive, tmp_path / "archive", heads)
    archive.append(archive.letter("Derde"))
    archive.journal.close()
    reopen(archive, tmp_path / "copy", None)
    for number in range(5):
        archive.append(archive.letter(f"Een andere derde {number}"))
    archive.journal.close()
    with pytest.raises(ForkError):
        reopen(archive, tmp_path / "copy", heads)


def test_a_log_founded_again_under_the_same_name_is_refused(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    again = found(folder(tmp_path / "again"), seed="another")
    for _ in range(4):
        again.append(again.letter())
    again.journal.close()
    with pytest.raises(ForkError):
        reopen(again, tmp_path / "again", heads)


def test_a_commit_line_that_was_appended_again_is_refused(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    path = tmp_path / "archive/log/000000000000.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for again in (lines[-1], b"".join(lines[-2:]), lines[6], b"".join(lines[:7])):
        path.write_bytes(whole + again)
        for memory in (heads, None):
            with pytest.raises((TailError, CorruptError)):
                reopen(archive, tmp_path / "archive", memory)
        assert whole + again == path.read_bytes()


def test_a_commit_that_was_removed_from_the_middle_is_refused(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    path = tmp_path / "archive/log/000000000000.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:7] + lines[9:]))
    for memory in (heads, None):
        with pytest.raises((TailError, CorruptError)):
            reopen(archive, tmp_path / "archive", memory)


def test_a_loose_tail_below_what_is_remembered_is_not_cut(archive: Founded, heads: Heads, tmp_path: Path) -> None:
    path = tmp_path / "archive/log/000000000000.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TailError, match="remembered or signed"):
        reopen(archive, tmp_path / "archive", heads)
    reopen(archive, tmp_path / "archive", None)
    assert 9 == archive.journal.size


def test_a_log_below_its_own_signed_head_is_refused_by_machines_that_remember_nothing(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    old = (tmp_path / "archive/log/000000000000.jsonl").read_bytes()
    archive.append(archive.letter())
    archive.sign_head()
    archive.journal.close()
    payload = (tmp_path / "archive/payload/000000000000.jsonl").read_bytes()
    (tmp_path / "archive/log/000000000000.jsonl").write_bytes(old)
    with pytest.raises(RollbackError, match="head of 9 was signed"):
        reopen(archive, tmp_path / "archive", None)
    assert payload == (tmp_path / "archive/payload/000000000000.jsonl").read_bytes()
    (tmp_path / "archive/log/000000000000.jsonl").unlink()
    with pytest.raises((RollbackError, TailError)):
        reopen(archive, tmp_path / "archive", None)
    assert payload == (tmp_path / "archive/payload/000000000000.jsonl").read_bytes()


@pytest.mark.parametrize("raw", [b"", b"\xff\n", b"nonsense", b"a\n1\nb\n\n"])
def test_an_unreadable_head_signs_nothing(raw: bytes) -> None:
    storage = MemoryStorage()
    storage.write_public("checkpoint", raw)
    assert 0 == signed_size(storage)


def test_every_earlier_head_is_extended_and_no_other(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    seen = [Head(origin=ORIGIN, root=archive.journal.root().hex(), size=archive.journal.size)]
    for number in range(40):
        archive.append(*(archive.letter() for _ in range(number % 13 + 1)))
        seen.append(Head(origin=ORIGIN, root=archive.journal.root().hex(), size=archive.journal.size))
    commit = archive.journal.last_commit
    assert commit is not None
    storage = LocalStorage(tmp_path / "archive")
    for earlier, following in zip(seen, [*seen[1:], seen[-1]], strict=True):
        check_extension(storage, earlier, commit, seen[-1])
        if earlier != following:
            with pytest.raises(ForkError):
                check_extension(storage, Head(origin=ORIGIN, root=following.root, size=earlier.size), commit, seen[-1])
    with pytest.raises(RollbackError):
        check_extension(storage, head(seen[-1].size + 1), commit, seen[-1])
    check_extension(storage, head(0), commit, seen[-1])
    with pytest.raises(ForkError):
        check_extension(storage, Head(origin=OTHER, root=seen[0].root, size=seen[0].size), commit, seen[-1])
