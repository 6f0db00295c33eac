"""What is erased is gone for good, whatever else stands in its segment stays, and a failure leaves old or new."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from archief.errors import RefusedError, WriteFailedError
from archief.storage import base
from archief.storage.base import Storage
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.faults.steps import HOWS, How, Killed, Steps
from tests.founding import folder
from tests.lines import FIRST_PAYLOAD, SEGMENT, again, append, document, event, fill, overwrite, payloads_of, tail_of


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path, wait_seconds=0.2) if request.param == "folder" else MemoryStorage()


def seqs_of(storage: Storage) -> list[int]:
    return [base.payload_seq(line + b"\n") for line in payloads_of(storage).split(b"\n")[:-1]]


class TestEveryStorage:
    """What whoever carries a destruction out asks of any storage."""

    def test_lines_and_documents_go_and_the_rest_stays(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 5, [document(b"weg"), document(b"blijft", name="cd" * 16)])
            erased = storage.erase({1, 3, 99}, {"ab" * 16, "ef" * 16})
        assert base.Erased(2, 1, [FIRST_PAYLOAD]) == erased
        assert [0, 2, 4] == seqs_of(storage)
        assert ["cd" * 16] == list(storage.document_ids())
        assert [event(seq)[1] for seq in (0, 2, 4)] == payloads_of(storage).split(b"\n")[:-1]

    def test_erasing_again_changes_nothing(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 3, [document(b"weg")])
            storage.erase({1}, {"ab" * 16})
            before = payloads_of(storage)
            assert base.Erased(0, 0, []) == storage.erase({1}, {"ab" * 16})
        assert before == payloads_of(storage)

    def test_a_segment_without_lines_is_no_segment(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 2)
            storage.erase({0, 1}, ())
        assert [] == storage.payload_segments()
        assert 3 == tail_of(again(storage)).size

    def test_only_the_segments_that_hold_one_are_written(self, storage: Storage) -> None:
        with storage.writing():
            fill(storage, SEGMENT + 3)
            erased = storage.erase({5, SEGMENT + 1}, ())
            assert [FIRST_PAYLOAD, f"payload/{SEGMENT:012d}.jsonl"] == list(erased.segments)
            assert [FIRST_PAYLOAD] == list(storage.erase({6}, ()).segments)

    def test_the_next_append_goes_into_the_new_segment(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 3)
            storage.erase({0}, ())
            append(storage, 4)
        assert [1, 2, 4] == seqs_of(storage)
        with storage.writing():
            append(storage, 6)
        assert [1, 2, 4, 6] == seqs_of(again(storage))

    def test_what_is_no_payload_line_stays(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 3)
            lines = payloads_of(storage).split(b"\n")
            overwrite(storage, FIRST_PAYLOAD, b"\n".join([lines[0], b'{"data":"\r', *lines[1:]]))
            storage.erase({1}, ())
        assert b"\n".join([lines[0], b'{"data":"\r', lines[2], b""]) == payloads_of(storage)

    def test_nobody_erases_without_the_lock(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 3)
        with pytest.raises(RefusedError):
            storage.erase({0}, ())


def _filled(path: Path) -> LocalStorage:
    storage = folder(path)
    with storage.writing():
        append(storage, 0, 5, [document(b"weg"), document(b"ook weg", name="cd" * 16)])
    return storage


def _erase(storage: LocalStorage) -> None:
    with storage.writing():
        storage.erase({1, 3}, {"ab" * 16, "cd" * 16})


@pytest.mark.parametrize("how", HOWS)
def test_erasing_that_fails_at_any_step_leaves_old_or_new_and_is_finished_by_the_next(
    how: How, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = _filled(tmp_path / "counted")
    with Steps(monkeypatch) as counted:
        _erase(ready)
    for at in range(len(counted.made)):
        storage = _filled(tmp_path / str(at))
        with (
            Steps(monkeypatch, at, how),
            contextlib.suppress(WriteFailedError, Killed, KeyboardInterrupt),
        ):
            _erase(storage)
        if how.startswith("killed") or how == "torn":
            storage.close()
            storage = LocalStorage(tmp_path / str(at), wait_seconds=0.2)
        assert seqs_of(storage) in ([0, 1, 2, 3, 4], [0, 2, 4]), f"step {at}"
        if len(seqs_of(storage)) < 5:
            assert [] == list(storage.document_ids()), "documents go first"
        _erase(storage)
        assert [0, 2, 4] == seqs_of(storage), f"step {at}"
        assert [] == [*storage.document_ids(), *storage.strangers()], f"step {at}"
        with storage.writing():
            append(storage, 6)
        assert [0, 2, 4, 6] == seqs_of(again(storage)), f"step {at}"


def test_a_full_disk_says_so_and_leaves_the_old_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = _filled(tmp_path / "archive")
    before = payloads_of(storage)
    ready = _filled(tmp_path / "counted")
    with Steps(monkeypatch) as counted:
        _erase(ready)
    at = len(counted.made) - 1 - counted.made[::-1].index("write")
    with Steps(monkeypatch, at, "full"), pytest.raises(WriteFailedError, match="no space left") as caught:
        _erase(storage)
    assert "free space" in (caught.value.remedy or "")
    assert before == payloads_of(storage)
    assert [] == list(storage.strangers())
