"""Every storage keeps the same promises: one class of tests, run for a folder and for memory."""

from __future__ import annotations

import contextlib
import hashlib
import io
from pathlib import Path

import pytest

from archief.errors import (
    ArchiefError,
    ArchiveInUseError,
    ConflictError,
    MalformedError,
    NotFoundError,
    RefusedError,
    TailError,
)
from archief.storage import base
from archief.storage.base import NewDocument, Segment, Storage
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.founding import faults, found
from tests.lines import (
    FIRST_LOG,
    FIRST_PAYLOAD,
    SEGMENT,
    again,
    append,
    document,
    event,
    fill,
    log_of,
    overwrite,
    payloads_of,
    tail_of,
)

BITS = [0, 2, *(pytest.param(bit, marks=pytest.mark.slow) for bit in (1, 3, 4, 5, 6, 7))]


@pytest.fixture(params=["folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path, wait_seconds=0.2) if request.param == "folder" else MemoryStorage()


class TestEveryStorage:
    """What the journal asks of any storage."""

    def test_a_new_one_is_empty(self, storage: Storage) -> None:
        assert base.Tail(0, b"", None, 0) == base.read_tail(storage) == tail_of(storage)
        assert [] == storage.log_segments() == storage.payload_segments()
        assert [] == [*storage.document_ids(), *storage.public_paths(), *storage.recovered(), *storage.strangers()]

    def test_what_is_appended_is_read_back(self, storage: Storage) -> None:
        with storage.writing():
            entries = append(storage, 0, 2, [document(b"brief")])
        assert b"".join(entry + b"\n" for entry in entries) == log_of(storage)
        assert [Segment(0, FIRST_LOG, len(log_of(storage)))] == storage.log_segments()
        assert entries == base.entry_lines(storage, 0, 3)
        assert entries[1:2] == base.entry_lines(storage, 1, 2)
        assert ["ab" * 16] == list(storage.document_ids())
        with storage.open_document("ab" * 16) as stream:
            assert b"brief" == stream.read()

    def test_the_tail_is_the_last_commit(self, storage: Storage) -> None:
        with storage.writing():
            entries = append(storage, 0, 2)
        tail = base.read_tail(storage)
        assert (3, entries[-1], len(log_of(storage))) == (tail.size, tail.commit, tail.end_bytes)
        assert tail.size == tail_of(again(storage)).size

    def test_bytes_are_read_from_and_to(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
        segment, whole = storage.log_segments()[0], log_of(storage)
        assert whole[5:9] == storage.read(segment, 5, 9)
        assert whole[5:] == storage.read(segment, 5)
        assert b"" == storage.read(segment, 9, 5)
        assert whole == storage.read(segment, 0, len(whole) + 100)

    def test_a_writer_who_saw_another_size_is_refused(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
            before = log_of(storage), payloads_of(storage)
            for size in (0, 1, 3):
                with pytest.raises(ConflictError):
                    append(storage, size)
        assert before == (log_of(storage), payloads_of(storage))

    def test_several_appends_under_one_lock(self, storage: Storage) -> None:
        with storage.writing():
            for first in range(0, 20, 2):
                append(storage, first)
        assert 20 == base.read_tail(storage).size
        assert 20 == tail_of(again(storage)).size

    def test_nobody_appends_without_the_lock(self, storage: Storage) -> None:
        with pytest.raises(RefusedError):
            append(storage, 0)
        with storage.writing():
            append(storage, 0)
        with pytest.raises(RefusedError):
            append(storage, 2)

    def test_writing_twice_at_once_is_refused(self, storage: Storage) -> None:
        with storage.writing(), pytest.raises(ArchiveInUseError), storage.writing():
            pass
        with storage.writing():
            append(storage, 0)

    def test_the_lock_is_given_back_after_an_error(self, storage: Storage) -> None:
        with pytest.raises(ZeroDivisionError), storage.writing():
            raise ZeroDivisionError
        with again(storage).writing():
            pass

    def test_entries_cross_the_seam_between_segments(self, storage: Storage) -> None:
        with storage.writing():
            entries = fill(storage, SEGMENT - 1) + append(storage, SEGMENT - 1, 2)
        assert [0, SEGMENT] == [segment.first for segment in storage.log_segments()]
        assert [0, SEGMENT] == [segment.first for segment in storage.payload_segments()]
        assert entries == base.entry_lines(storage, 0, SEGMENT + 2)
        assert entries[SEGMENT - 2 : SEGMENT + 1] == base.entry_lines(storage, SEGMENT - 2, SEGMENT + 1)
        assert SEGMENT + 2 == base.read_tail(storage).size == tail_of(again(storage)).size

    def test_a_commit_alone_in_a_segment_is_the_tail(self, storage: Storage) -> None:
        with storage.writing():
            fill(storage, SEGMENT + 1)
        assert [0, SEGMENT] == [segment.first for segment in storage.log_segments()]
        assert [0] == [segment.first for segment in storage.payload_segments()]
        later = again(storage)
        with later.writing() as tail:
            assert SEGMENT + 1 == tail.size
            append(later, SEGMENT + 1)
        assert [0, SEGMENT] == [segment.first for segment in later.payload_segments()]

    def test_a_document_that_changed_while_it_was_read_leaves_nothing(self, storage: Storage) -> None:
        with storage.writing(), pytest.raises(MalformedError, match="changed while it was read"):
            append(storage, 0, 1, [document(b"brief", "0" * 64)])
        assert (b"", b"", []) == (log_of(storage), payloads_of(storage), list(storage.document_ids()))
        with storage.writing():
            append(storage, 0, 1, [document(b"brief")])
        assert ["ab" * 16] == list(storage.document_ids())

    def test_a_document_that_cannot_be_read_leaves_nothing(self, storage: Storage) -> None:
        def gone() -> io.BytesIO:
            raise FileNotFoundError(2, "no such file", "brief.pdf")

        with storage.writing(), pytest.raises((OSError, ArchiefError)):
            append(storage, 0, 1, [document(b"a", name="cd" * 16), NewDocument("ab" * 16, gone, "0" * 64)])
        assert [] == list(storage.document_ids())

    def test_a_document_is_never_overwritten(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0, 1, [document(b"brief")])
        with storage.writing(), pytest.raises(ConflictError, match="document"):
            append(storage, 2, 1, [document(b"another")])
        with storage.writing(), pytest.raises(ConflictError, match="document"):
            append(storage, 2, 1, [document(b"a", name="cd" * 16), document(b"b", name="cd" * 16)])
        with storage.open_document("ab" * 16) as stream:
            assert b"brief" == stream.read()
        assert 2 == base.read_tail(storage).size

    def test_a_document_that_is_not_here_is_not_found(self, storage: Storage) -> None:
        with pytest.raises(NotFoundError):
            storage.open_document("ab" * 16)

    def test_public_files_come_and_go(self, storage: Storage) -> None:
        for path in ("checkpoint", "tile/0/000.p/5", "tile/0/x001/000", "checkpoints/000000000042"):
            assert storage.read_public(path) is None
            storage.write_public(path, path.encode(), durable=path == "checkpoint")
            storage.write_public(path, path.encode() + b"!")
            assert path.encode() + b"!" == storage.read_public(path)
        assert ["checkpoint", "checkpoints/000000000042", "tile/0/000.p/5", "tile/0/x001/000"] == sorted(
            storage.public_paths()
        )
        storage.remove_public("tile/0/000.p/5")
        storage.remove_public("tile/0/000.p/5")
        assert storage.read_public("tile/0/000.p/5") is None
        storage.write_public("tile/0/000", b"full")
        assert [] == list(storage.strangers())

    # what an interrupted append leaves

    @pytest.mark.parametrize("left", [b"{", b'{"base":{"root":"0', b"\0\0\0"])
    def test_a_loose_tail_is_moved_to_recovered(self, storage: Storage, left: bytes) -> None:
        with storage.writing():
            append(storage, 0)
        whole, loose = log_of(storage), event(2)[0] + b"\n" + left
        overwrite(storage, FIRST_LOG, whole + loose)
        later = again(storage)
        assert 2 == tail_of(later).size
        assert whole == log_of(later)
        name = f"recovered/{2:012d}.{hashlib.sha256(loose).hexdigest()}.tail"
        assert [(name, loose)] == list(later.recovered())
        assert 2 == tail_of(again(later)).size

    def test_a_commit_without_its_newline_does_not_count(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
            whole = log_of(storage)
            append(storage, 2)
        overwrite(storage, FIRST_LOG, log_of(storage)[:-1])
        assert 2 == tail_of(again(storage)).size
        assert whole == log_of(storage)

    def test_a_first_commit_that_was_interrupted_leaves_nothing(self, storage: Storage) -> None:
        overwrite(storage, FIRST_LOG, event(0)[0] + b"\n")
        overwrite(storage, FIRST_PAYLOAD, event(0)[1] + b"\n" + event(1)[1][:20])
        assert 0 == tail_of(storage).size
        assert [] == storage.log_segments() == storage.payload_segments()

    def test_a_loose_tail_over_two_segments_is_moved_whole(self, storage: Storage) -> None:
        with storage.writing():
            fill(storage, SEGMENT - 1)
        whole = log_of(storage)
        overwrite(storage, FIRST_LOG, whole + event(SEGMENT - 1)[0] + b"\n")
        overwrite(storage, f"log/{SEGMENT:012d}.jsonl", event(SEGMENT)[0] + b"\n{")
        overwrite(storage, f"payload/{SEGMENT:012d}.jsonl", event(SEGMENT)[1] + b"\n")
        assert SEGMENT - 1 == tail_of(again(storage)).size
        assert whole == log_of(storage)
        assert [0] == [segment.first for segment in storage.payload_segments()]
        ((_, kept),) = storage.recovered()
        assert event(SEGMENT - 1)[0] + b"\n" + event(SEGMENT)[0] + b"\n{" == kept

    @pytest.mark.parametrize("torn", [b"", b"{", b'{"data":{"subject":"x"},"salt":"AA'])
    @pytest.mark.parametrize("lines", [0, 1, 3])
    def test_payload_lines_beyond_the_log_are_cut(self, storage: Storage, torn: bytes, lines: int) -> None:
        with storage.writing():
            append(storage, 0)
        whole = payloads_of(storage)
        loose = b"".join(event(2 + number)[1] + b"\n" for number in range(lines))
        overwrite(storage, FIRST_PAYLOAD, whole + loose + torn)
        assert 2 == tail_of(again(storage)).size
        assert whole == payloads_of(storage)

    # what no interrupted append leaves: nothing is cut

    @pytest.mark.parametrize("bit", BITS)
    def test_a_flipped_bit_anywhere_in_the_last_commit_cuts_no_payload(self, storage: Storage, bit: int) -> None:
        with storage.writing():
            append(storage, 0)
            append(storage, 2)
        log, payload = log_of(storage), payloads_of(storage)
        for at in range(len(log) - len(base.read_tail(storage).commit) - 1, len(log)):
            overwrite(storage, FIRST_LOG, log[:at] + bytes([log[at] ^ 1 << bit]) + log[at + 1 :])
            later = again(storage)
            with contextlib.suppress(TailError):
                tail_of(later)
            assert payload == payloads_of(later), f"byte {at}"
            assert [] == list(later.recovered()), f"byte {at}"
            later.close()

    @pytest.mark.parametrize("bit", BITS)
    def test_a_flipped_bit_anywhere_in_the_last_payload_line_cuts_nothing(self, storage: Storage, bit: int) -> None:
        with storage.writing():
            append(storage, 0, 39)
            append(storage, 40)
        payload = payloads_of(storage)
        for at in range(payload.rfind(b"\n", 0, -1) + 1, len(payload)):
            damaged = payload[:at] + bytes([payload[at] ^ 1 << bit]) + payload[at + 1 :]
            overwrite(storage, FIRST_PAYLOAD, damaged)
            later = again(storage)
            with contextlib.suppress(TailError):
                tail_of(later)
            assert damaged == payloads_of(later), f"byte {at}"
            later.close()

    @pytest.mark.parametrize("lost", [1, 2, 10, 60, 100])
    def test_a_payload_line_of_the_last_commit_that_lost_its_end_is_not_cut(self, storage: Storage, lost: int) -> None:
        with storage.writing():
            append(storage, 0)
            append(storage, 2)
        payload = payloads_of(storage)[:-lost]
        overwrite(storage, FIRST_PAYLOAD, payload)
        with pytest.raises(TailError, match="acknowledged"):
            tail_of(again(storage))
        assert payload == payloads_of(storage)

    def test_a_payload_line_that_lost_its_newline_is_not_written_on(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
        overwrite(storage, FIRST_PAYLOAD, payloads_of(storage)[:-1])
        with pytest.raises(TailError, match="acknowledged"):
            tail_of(again(storage))

    @pytest.mark.parametrize("ending", [b'"type":"commit.v2"}\n', b'"type":"commit.v1"]\n', b'"type":"commit.v1"}x'])
    def test_a_commit_with_a_damaged_end_stops_the_opening(self, storage: Storage, ending: bytes) -> None:
        with storage.writing():
            append(storage, 0)
            append(storage, 2)
        whole = log_of(storage).removesuffix(b'"type":"commit.v1"}\n') + ending
        overwrite(storage, FIRST_LOG, whole)
        with pytest.raises(TailError):
            tail_of(again(storage))
        assert whole == log_of(storage)

    def test_nothing_is_cut_below_what_is_remembered(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
            append(storage, 2)
        payload = payloads_of(storage)
        overwrite(storage, FIRST_LOG, log_of(storage)[:-5])
        with pytest.raises(TailError, match="remembered or signed"):
            tail_of(again(storage), floor=4)
        assert payload == payloads_of(storage)

    def test_a_log_that_was_rolled_back_keeps_its_payloads(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
            whole = log_of(storage)
            append(storage, 2)
        payload = payloads_of(storage)
        overwrite(storage, FIRST_LOG, whole)
        assert 2 == tail_of(again(storage), floor=4).size
        assert payload == payloads_of(storage)

    def test_more_payloads_than_one_append_leaves_are_not_cut(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
            whole = log_of(storage)
            append(storage, 2, 9_000)
            append(storage, 9_003, 7_100)
        payload = payloads_of(storage)
        overwrite(storage, FIRST_LOG, whole)
        with pytest.raises(TailError, match="more payloads"):
            tail_of(again(storage))
        assert payload == payloads_of(storage)

    def test_payloads_without_any_log_are_not_cut_from_an_archive_that_was_published(self, storage: Storage) -> None:
        with storage.writing():
            append(storage, 0)
        storage.write_public("checkpoint", b"")
        payload = payloads_of(storage)
        if isinstance(storage, LocalStorage):
            (storage.folder / FIRST_LOG).unlink()
        elif isinstance(storage, MemoryStorage):
            storage.log.clear()
        with pytest.raises(TailError, match="log is gone"):
            tail_of(again(storage))
        assert payload == payloads_of(storage)

    # a person's word

    def test_a_cut_tail_is_kept_and_its_payloads_and_documents_go(self, storage: Storage) -> None:
        archive = found(storage)
        keep = archive.append(archive.letter("Eerste", [b"one"]))
        size, kept = archive.journal.size, list(storage.document_ids())
        archive.append(archive.letter("Tweede", [b"two"]), archive.letter("Derde", [b"three", b"four"]))
        archive.journal.close()
        log = log_of(storage)
        overwrite(storage, FIRST_LOG, log[:-30] + b"!" + log[-29:])
        later = again(storage)
        with pytest.raises(TailError):
            tail_of(later)
        assert 4 == len(list(later.document_ids()))
        name = later.cut_tail(size)
        assert [name] == [one for one, _ in later.recovered()]
        assert kept == list(later.document_ids())
        assert keep.size == base.read_tail(later).size
        assert [] == faults(later)

    @pytest.mark.parametrize("size", [2, 5, 20_000])
    def test_a_tail_that_is_not_there_is_not_cut(self, storage: Storage, size: int) -> None:
        with storage.writing():
            append(storage, 0)
        whole = log_of(storage)
        with pytest.raises(NotFoundError):
            storage.cut_tail(size)
        assert whole == log_of(storage)

    def test_a_tail_over_the_seam_is_cut(self, storage: Storage) -> None:
        with storage.writing():
            fill(storage, SEGMENT - 1)
            whole = log_of(storage)
            append(storage, SEGMENT - 1, 4)
        storage.cut_tail(SEGMENT - 1)
        assert whole == log_of(storage)
        assert SEGMENT - 1 == tail_of(again(storage)).size
        assert [0] == [segment.first for segment in storage.payload_segments()]
