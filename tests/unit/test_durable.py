"""What is written stays or is told to have failed; nothing half-written stands under its final name."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from archief import durable
from archief.errors import WriteFailedError


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The system calls that matter, in the order they are made."""
    made: list[str] = []

    def watched(name: str, function: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            made.append(name)
            return function(*args, **named)

        return call

    for name in ("write", "fsync", "replace", "ftruncate", "unlink", "mkdir", "pwrite"):
        monkeypatch.setattr(os, name, watched(name, getattr(os, name)))
    monkeypatch.setattr(durable, "sync", watched("sync", durable.sync))
    return made


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def fail(monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, name, failing)


def test_a_new_file_is_synced_and_then_its_folder(tmp_path: Path, calls: list[str]) -> None:
    durable.write_new(tmp_path / "a", b"content")
    assert ["write", "sync", "fsync"] == calls
    assert b"content" == (tmp_path / "a").read_bytes()


def test_a_new_file_is_not_written_over_another(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"first")
    with pytest.raises(WriteFailedError, match="file exists"):
        durable.write_new(tmp_path / "a", b"second")
    assert b"first" == (tmp_path / "a").read_bytes()


def test_a_file_is_replaced_whole(tmp_path: Path, calls: list[str]) -> None:
    (tmp_path / "a").write_bytes(b"first")
    durable.replace(tmp_path / "a", b"second", mode=0o600)
    assert ["write", "sync", "replace", "fsync"] == calls
    assert b"second" == (tmp_path / "a").read_bytes()
    assert 0o600 == (tmp_path / "a").stat().st_mode & 0o777
    assert ["a"] == names(tmp_path)


def test_what_can_be_made_again_is_not_waited_for(tmp_path: Path, calls: list[str]) -> None:
    durable.replace(tmp_path / "a", b"tile", durable=False)
    assert ["write", "replace"] == calls


def test_an_unfinished_file_can_lie_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "unfinished").mkdir()
    fail(monkeypatch, "unlink", errno.EIO)
    with monkeypatch.context() as patch:
        fail(patch, "replace", errno.EIO)
        with pytest.raises(WriteFailedError):
            durable.replace(tmp_path / "a", b"tile", unfinished=tmp_path / "unfinished")
    assert ["unfinished"] == names(tmp_path)
    assert [durable.TEMPORARY_SUFFIX] == [path.suffix for path in (tmp_path / "unfinished").iterdir()]


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_replacement_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / "a").write_bytes(b"first")
    with monkeypatch.context() as patch:
        fail(patch, step, errno.EIO)
        with pytest.raises(WriteFailedError):
            durable.replace(tmp_path / "a", b"second")
    assert b"first" == (tmp_path / "a").read_bytes()
    assert ["a"] == names(tmp_path)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free space"),
        (errno.EDQUOT, "free space"),
        (errno.EROFS, "write access"),
        (errno.EACCES, "write access"),
        (errno.EIO, "check the disk"),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, remedy: str) -> None:
    with monkeypatch.context() as patch:
        fail(patch, "write", code)
        with pytest.raises(WriteFailedError) as caught:
            durable.write_new(tmp_path / "a", b"content")
    assert remedy in caught.value.remedy
    assert str(tmp_path / "a") == caught.value.where


def test_all_is_written_when_the_system_takes_a_little_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    taken: list[int] = []

    def little(descriptor: int, data: memoryview) -> int:
        taken.append(len(data))
        return write(descriptor, data[: max(len(data) // 3, 1)])

    content = os.urandom(2 * durable.PIECE_BYTES + 5)
    monkeypatch.setattr(os, "write", little)
    durable.write_new(tmp_path / "a", content)
    assert content == (tmp_path / "a").read_bytes()
    assert durable.PIECE_BYTES == max(taken)


def test_each_new_folder_is_synced_into_its_parent(tmp_path: Path, calls: list[str]) -> None:
    durable.make_folder(tmp_path / "a" / "b")
    durable.make_folder(tmp_path / "a" / "b")
    assert ["mkdir", "fsync", "mkdir", "fsync"] == calls


def test_a_file_is_cut_and_synced(tmp_path: Path, calls: list[str]) -> None:
    (tmp_path / "a").write_bytes(b"content")
    durable.truncate(tmp_path / "a", 3)
    assert (["ftruncate", "sync"], b"con") == (calls, (tmp_path / "a").read_bytes())


def test_a_deleted_file_is_synced_away(tmp_path: Path, calls: list[str]) -> None:
    (tmp_path / "a").write_bytes(b"content")
    durable.remove(tmp_path / "a")
    assert (["unlink", "fsync"], []) == (calls, names(tmp_path))


def test_what_is_not_there_is_deleted_without_error(tmp_path: Path) -> None:
    durable.remove(tmp_path / "a")
    durable.remove(tmp_path / "no folder" / "a")


def test_a_settled_file_is_the_same_and_synced(tmp_path: Path, calls: list[str]) -> None:
    content = os.urandom(durable.PIECE_BYTES + 7)
    (tmp_path / "a").write_bytes(content)
    durable.settle(tmp_path / "a", 5)
    assert content == (tmp_path / "a").read_bytes()
    assert ["pwrite", "pwrite", "sync", "fsync"] == calls
    durable.settle(tmp_path / "a", len(content))
    assert content == (tmp_path / "a").read_bytes()


@pytest.mark.parametrize(
    "act",
    [
        lambda path: durable.truncate(path, 0),
        lambda path: durable.replace(path / "b", b""),
        lambda path: durable.write_new(path / "b", b""),
        lambda path: durable.make_folder(path / "b"),
        durable.settle,
    ],
    ids=["truncate", "replace", "write_new", "make_folder", "settle"],
)
def test_every_refusal_is_one_error(tmp_path: Path, act: Any) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteFailedError):
        act(tmp_path / "file" / "a")
