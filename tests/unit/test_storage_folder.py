"""What only a folder must be asked, and the small parts that all storages share."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from archief.errors import (
    ArchiveInUseError,
)
from archief.storage import base
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.faults.steps import Killed, Steps
from tests.founding import Founded, faults, found
from tests.lines import (
    FIRST_LOG,
    FIRST_PAYLOAD,
    SEGMENT,
    again,
    append,
    commit,
    document,
    event,
    fill,
    log_of,
    tail_of,
)


class TestFolder:
    """What only a folder must be asked."""

    def test_it_travels_to_another_process_without_its_lock(self, tmp_path: Path) -> None:
        storage = LocalStorage(tmp_path)
        with storage.writing():
            append(storage, 0)
        twin = pickle.loads(pickle.dumps(storage))
        assert log_of(storage) == log_of(twin)
        with twin.writing():
            append(twin, 2)

    def test_two_writers_wait_for_each_other_and_then_give_up(self, tmp_path: Path) -> None:
        first, second = LocalStorage(tmp_path), LocalStorage(tmp_path, wait_seconds=0.05)
        with first.writing(), pytest.raises(ArchiveInUseError, match="another process"), second.writing():
            pass
        with second.writing():
            append(second, 0)
        with first.writing() as tail:
            assert 2 == tail.size

    def test_a_lock_file_that_was_deleted_keeps_nobody_in(self, tmp_path: Path) -> None:
        first, second = LocalStorage(tmp_path), LocalStorage(tmp_path, wait_seconds=0.05)
        with first.writing():
            append(first, 0)
        (tmp_path / "lock").unlink()
        with second.writing(), pytest.raises(ArchiveInUseError), LocalStorage(tmp_path, wait_seconds=0.05).writing():
            pass
        first._lock.wait_seconds = 0.05
        with second.writing(), pytest.raises(ArchiveInUseError), first.writing():
            pass

    def test_an_append_of_another_length_or_content_is_noticed(self, tmp_path: Path) -> None:
        first, second = LocalStorage(tmp_path), LocalStorage(tmp_path)
        with first.writing():
            append(first, 0)
            append(first, 2)
        second.cut_tail(2)
        with second.writing():
            entry = event(2, "y")[0]
            entries = [entry, commit(2, [entry])]
            second.append_commit(2, [(2, event(2, "y")[1])], [], entries)
        with first.writing() as tail:
            assert entries[-1] == tail.commit

    def test_a_payload_segment_that_was_replaced_is_opened_again(self, tmp_path: Path) -> None:
        first = LocalStorage(tmp_path)
        with first.writing():
            append(first, 0)
        path = tmp_path / FIRST_PAYLOAD
        twin = path.with_suffix(".new")
        twin.write_bytes(path.read_bytes())
        twin.replace(path)
        with first.writing():
            append(first, 2)
        assert 2 == len(path.read_bytes().splitlines())

    def test_the_documents_of_a_killed_append_are_deleted(self, tmp_path: Path) -> None:
        storage = LocalStorage(tmp_path)
        with storage.writing():
            append(storage, 0, 1, [document(b"brief", name="cd" * 16)])
        (tmp_path / "documents/ab").mkdir()
        (tmp_path / f"documents/ab/{'ab' * 16}.bin").write_bytes(b"half of")
        (tmp_path / "lock").write_bytes(b'{"documents":["%b","%b"],"size":2}' % (b"ab" * 16, b"ef" * 16))
        assert 2 == tail_of(again(storage)).size
        assert ["cd" * 16] == list(storage.document_ids())

    def test_a_stale_mark_deletes_no_document_that_counts(self, tmp_path: Path) -> None:
        storage = LocalStorage(tmp_path)
        with storage.writing():
            fill(storage, SEGMENT - 1, [document(b"brief")])
            append(storage, SEGMENT - 1, 3)
        (tmp_path / "lock").write_bytes(b'{"documents":["%b"],"size":0}' % (b"ab" * 16))
        assert SEGMENT + 3 == tail_of(again(storage)).size
        assert ["ab" * 16] == list(storage.document_ids())

    @pytest.mark.parametrize("mark", [b"{", b'{"documents":["../../../../etc/passwd"],"size":9}', b"\0\0", b"[]"])
    def test_a_damaged_mark_deletes_nothing(self, tmp_path: Path, mark: bytes) -> None:
        storage = LocalStorage(tmp_path)
        with storage.writing():
            append(storage, 0, 1, [document(b"brief")])
        (tmp_path / "lock").write_bytes(mark)
        assert 2 == tail_of(again(storage)).size
        assert ["ab" * 16] == list(storage.document_ids())
        assert b"" == (tmp_path / "lock").read_bytes()

    def test_temporary_files_are_deleted(self, tmp_path: Path) -> None:
        storage = LocalStorage(tmp_path)
        with storage.writing():
            append(storage, 0)
        names = ("public/checkpoint.0a.tmp", "payload/000000000000.jsonl.0a.tmp", "recovered/x.tail.0a.tmp")
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"")
        assert sorted(names) == sorted(storage.strangers())
        tail_of(again(storage))
        assert [] == list(storage.strangers())

    def test_an_unfinished_tile_is_deleted_by_the_next_writer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = LocalStorage(tmp_path)
        with Steps(monkeypatch, 10, "killed before") as steps, pytest.raises(Killed):
            storage.write_public("tile/0/x001/000", b"tile", durable=False)
        assert "replace" == steps.made[-1]
        assert 1 == len(list(storage.strangers()))
        tail_of(again(storage))
        assert [] == list(storage.strangers()) == list(storage.public_paths())

    def test_strangers_are_named(self, tmp_path: Path) -> None:
        storage = LocalStorage(tmp_path)
        with storage.writing():
            append(storage, 0, 1, [document(b"brief")])
        outside = tmp_path.parent / "outside"
        outside.mkdir()
        strange = {
            "notes.txt",
            "log/0.jsonl",
            "log/sub/000000000000.jsonl",
            f"documents/cd/{'ab' * 16}.bin",
            "public/index.html",
            "public/tile/64/000",
            "recovered/x",
        }
        for name in strange:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"")
        (tmp_path / "documents/ee").symlink_to(outside)
        (tmp_path / f"documents/ab/{'ab' * 15}cd.bin").symlink_to(outside)
        linked = {"documents/ee", f"documents/ab/{'ab' * 15}cd.bin"}
        assert strange | linked | {"log/sub"} == set(storage.strangers())
        assert {"checkpoint"} >= set(storage.public_paths())

    def test_a_folder_with_a_segments_name_is_no_segment(self, tmp_path: Path) -> None:
        (tmp_path / FIRST_LOG).mkdir(parents=True)
        (tmp_path / "public/checkpoint").mkdir(parents=True)
        storage = LocalStorage(tmp_path)
        assert [] == storage.log_segments()
        assert storage.read_public("checkpoint") is None


def test_a_tail_is_found_behind_many_megabytes_of_loose_lines() -> None:
    storage = MemoryStorage()
    with storage.writing():
        append(storage, 0)
    storage.log[0] += (b"x" * 60_000 + b"\n") * 200
    assert 2 == base.read_tail(storage).size
    assert 2 == tail_of(storage).size


def test_lines_are_counted_from_any_place() -> None:
    assert [0, 0, 2, 5, 6, 6] == [base.line_start(b"a\nbc\nd", line) for line in (-1, 0, 1, 2, 3, 9)]


def test_only_what_a_payload_registers_is_a_document_of_it() -> None:
    line = b'{"data":{"documents":[{"id":"a","name":"b"}],"source":"c"},"salt":"","seq":1}\n'
    assert ["a"] == base.registered([line, b'{"data":{"subject":"d"}}\n', b"torn \xff", b'{"data":[]}\n'])


def test_the_archive_of_a_test_is_sound(tmp_path: Path) -> None:
    archive: Founded = found(LocalStorage(tmp_path))
    archive.append(archive.letter("Eerste", [b"one"]))
    archive.sign_head()
    archive.journal.close()
    assert [] == faults(archive.storage)
