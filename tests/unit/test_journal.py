"""The one place through which events enter the log: what it lets in, what it refuses, and what it leaves behind."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from archief import keys, publishing
from archief.draft import Draft, draft, new_commit_id, new_stream
from archief.errors import (
    ArchiefError,
    ClockError,
    ConflictError,
    CorruptError,
    MalformedError,
    NotFoundError,
    RefusedError,
    RollbackError,
    SignatureError,
    TailError,
)
from archief.events import envelope
from archief.heads import Heads
from archief.journal import CLOCK_LEAD_SECONDS, Journal
from archief.keys import MlDsaSigningKey, PublicKey
from archief.log import Log
from archief.storage.base import NewDocument
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from archief.tlog import merkle
from tests.faults.steps import Steps
from tests.founding import (
    START,
    Founded,
    edited,
    enrolment,
    faults,
    folder,
    found,
    founding,
    recomputed_root,
    rotated,
    unfounded,
)

SEGMENT = envelope.SEGMENT_ENTRIES
BITS = [0, 2, 5, *(pytest.param(bit, marks=pytest.mark.slow) for bit in (1, 3, 4, 6, 7))]
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


def refuses(archive: Founded, kind: type[ArchiefError], *drafts: Draft, **how: Any) -> ArchiefError:
    """The error of an append, that left no trace; the archive goes on as if nothing was tried."""
    storage = archive.storage
    before = archive.journal.size, archive.journal.root(), recomputed_root(storage), list(storage.document_ids())
    with pytest.raises(kind) as caught:
        archive.append(*drafts, **how)
    assert before == (
        archive.journal.size, archive.journal.root(), recomputed_root(storage), list(storage.document_ids())
    )  # fmt: skip
    assert [] == faults(storage)
    return caught.value


# founding and appending


def test_an_archive_is_founded_by_its_first_commit(archive: Founded) -> None:
    log = Log(archive.storage)
    tags = [log.event(seq).type for seq in range(6)]
    assert ["archive_founded.v1", "person_enrolled.v1", "key_enrolled.v1", *["role_granted.v1"] * 3] == tags
    commit = log.last_commit
    assert (0, merkle.EMPTY_ROOT.hex(), 6, 6) == (commit.base.size, commit.base.root, commit.events, commit.seq)
    assert archive.archivaris.key.public.id == commit.key
    assert [] == faults(archive.storage)


def test_an_append_tells_where_its_events_are(archive: Founded) -> None:
    done = archive.append(archive.letter(), archive.letter())
    assert (range(7, 9), 10, 9, False) == (done.seqs, done.size, done.commit.seq, done.known)
    assert [Log(archive.storage).event(seq).stream for seq in done.seqs] == list(done.streams)


def test_each_commit_seals_all_history_before_it(archive: Founded) -> None:
    roots = [(0, merkle.EMPTY_ROOT.hex()), (archive.journal.size, archive.journal.root().hex())]
    for count in (1, 3, 300):
        archive.append(*(archive.letter() for _ in range(count)))
        assert archive.journal.root().hex() == recomputed_root(archive.storage)
        roots.append((archive.journal.size, archive.journal.root().hex()))
    commits = list(Log(archive.storage).commits())
    assert roots[:-1] == [(commit.base.size, commit.base.root) for commit in commits]
    for commit in commits:
        events = list(Log(archive.storage).entries(commit.base.size, commit.seq))
        assert merkle.root(merkle.leaf_hashes(events)).hex() == commit.root


def test_versions_of_a_stream_count_up(archive: Founded) -> None:
    stream = archive.append(archive.letter()).streams[0]
    assert 0 == archive.journal.stream_version(stream)
    archive.append(edited(stream, "a"), edited(stream, "b"))
    archive.append(edited(stream, "c"))
    log = Log(archive.storage)
    assert [1, 2, 3] == [log.event(seq).stream_seq for seq in (9, 10, 12)]
    assert 3 == archive.journal.stream_version(stream)
    assert -1 == archive.journal.stream_version(new_stream(archive.entropy))


def test_the_same_seed_makes_the_same_archive() -> None:
    first, second = (found(MemoryStorage()) for _ in range(2))
    for archive in (first, second):
        archive.append(archive.letter(documents=[b"a"]))
    assert first.storage.__dict__ == second.storage.__dict__


def test_every_salt_is_another(archive: Founded) -> None:
    archive.append(*(archive.letter("Dezelfde") for _ in range(20)))
    log = Log(archive.storage)
    assert 20 == len({log.event(seq).payload for seq in range(7, 27)})


# streams


def test_a_writer_who_saw_an_older_version_conflicts(archive: Founded) -> None:
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "eerst", expect_version=0))
    for version in (0, 2, -1):
        error = refuses(archive, ConflictError, edited(stream, "later", expect_version=version))
        assert "is at version 1" in error.what
    archive.append(edited(stream, "later", expect_version=1))


def test_a_stream_is_opened_once_by_what_opens_it(archive: Founded) -> None:
    letter = archive.letter()
    assert "needs a stream that exists" in refuses(archive, NotFoundError, edited(letter.stream, "x")).what
    archive.append(letter)
    assert "begins a stream" in refuses(archive, ConflictError, letter).what
    twin = archive.letter()
    refuses(archive, ConflictError, twin, twin)
    archive.append(twin, edited(twin.stream, "in dezelfde commit"))


def test_an_event_belongs_to_its_kind_of_stream(archive: Founded) -> None:
    stream = archive.append(archive.letter()).streams[0]
    reopened = draft("dossier_reopened.v1", stream)
    assert "this stream is a letter" in refuses(archive, RefusedError, reopened).what
    assert "is a dossier" in refuses(archive, RefusedError, edited(archive.dossier(), "x")).what
    archive.append(draft("openness_restricted.v1", stream, {"begin": "2021-01-14", "ground": "woo:5.1"}))


# limits


@pytest.mark.parametrize("count", [0, 16_001])
def test_a_commit_holds_one_to_sixteen_thousand_events(archive: Founded, count: int) -> None:
    letter = archive.letter()
    assert "1 to 16,000" in refuses(archive, RefusedError, *[letter] * count).what


def test_an_append_over_the_seam_of_two_real_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = found(folder(tmp_path / "archive"))
    dossier = archive.dossier()
    archive.append(*[draft("dossier_reopened.v1", dossier)] * 999)
    archive.append(*[draft("dossier_reopened.v1", dossier)] * (SEGMENT - 3 - archive.journal.size))
    assert SEGMENT - 2 == archive.journal.size
    opened: dict[int, str] = {}
    made: list[str] = []

    def watch(when: str, name: str, args: tuple[Any, ...], result: Any) -> None:
        if when == "after" and name in ("open", "create"):
            opened[result] = Path(args[0]).name
        elif when == "after" and name in ("write", "sync") and opened.get(args[0], "").endswith("jsonl"):
            made.append(f"{name} {opened[args[0]]}")

    archive.journal.storage.close()  # so that its files are opened again, and watched
    with Steps(monkeypatch, watch=watch):
        archive.append(*(archive.letter() for _ in range(5)))
    second = f"{SEGMENT:012d}.jsonl"
    order = ["write 000000000000.jsonl", "sync 000000000000.jsonl", f"write {second}", f"sync {second}"]
    assert order * 2 == made, "payloads, then entries; the earlier segment synced before the later is written"
    archive.append(archive.letter())
    assert [] == faults(archive.storage)
    archive.journal.close()
    journal = Journal(folder(tmp_path / "archive"))
    journal.open()
    assert archive.journal.root() == journal.root()


def test_the_largest_commit_spans_two_segments(archive: Founded) -> None:
    dossier = archive.dossier()
    reopened = draft("dossier_reopened.v1", dossier)
    archive.append(*[reopened] * 16_000)
    archive.append(*[reopened] * 16_000)
    assert [0, SEGMENT] == [segment.first for segment in archive.storage.log_segments()]
    assert archive.journal.root().hex() == recomputed_root(archive.storage)
    again = Journal(archive.storage)
    again.open()
    assert (archive.journal.root(), 32_000 - 1) == (again.root(), again.stream_version(dossier) - 1)
    assert [] == faults(archive.storage)


def test_a_payload_of_a_mebibyte_goes_in_and_not_a_byte_more(archive: Founded) -> None:
    body = ["x" * 100_000] * 10
    empty = _long(archive.stream, body).data or b""
    room = envelope.PAYLOAD_BYTES_MAX - len(envelope.encode_payload(empty, bytes(32), archive.journal.size))
    archive.append(_long(new_stream(archive.entropy), [*body, "y" * (room - 3)]))
    error = refuses(archive, MalformedError, _long(new_stream(archive.entropy), [*body, "y" * (room - 1)]))
    assert "event 1" == error.where
    assert "1,048,576" in error.what


def _long(stream: str, body: list[str]) -> Draft:
    return draft("letter_registered.v1", stream, {"kind": "brief"}, {"body": body})


def test_an_entry_is_65535_bytes_at_most(archive: Founded) -> None:
    largest = draft("timestamp_obtained.v1", archive.stream, {"root": "0" * 64, "size": 7, "token": "A" * 64_000})
    archive.append(largest)
    bare = len(envelope.encode_event(b"", None, archive.journal.size, archive.stream, 2, largest.tag))
    room = envelope.ENTRY_BYTES_MAX - bare
    fits, too_long = (largest._replace(facts=b"{" + b" " * (length - 2) + b"}") for length in (room, room + 1))
    archive.journal.check([fits], archive.archivaris.key, archive.now)
    assert "65,535" in refuses(archive, MalformedError, too_long).what


def test_a_key_whose_signatures_no_commit_holds_writes_nothing(archive: Founded) -> None:
    class Twin(MlDsaSigningKey):
        """Calls itself by another key's name."""

        def __init__(self, public: PublicKey) -> None:
            super().__init__(bytes(32))
            self.public = public

    signer = Twin(archive.archivaris.key.public)
    before = recomputed_root(archive.storage)
    with pytest.raises(MalformedError):
        archive.journal.append([archive.letter()], signer, archive.now, archive.entropy)
    assert before == recomputed_root(archive.storage)


# documents


def test_documents_are_copied_as_they_are(archive: Founded) -> None:
    contents = [b"", b"brief", bytes(range(256)) * 10_000]
    archive.append(archive.letter(documents=contents))
    log = Log(archive.storage)
    registered = log.documents(log.event(7))
    for document, content in zip(registered, contents, strict=True):
        with log.storage.open_document(document.id) as stream:
            assert content == stream.read()
    assert {document.id for document in registered} == set(archive.storage.document_ids())


def test_a_document_that_changes_while_it_is_read_stops_the_append(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    content = b"brief"
    letter = archive.letter(documents=[content])
    changed = letter._replace(
        documents=(NewDocument(letter.documents[0].id, lambda: io.BytesIO(b"andere"), letter.documents[0].sha256),)
    )
    assert "changed while it was read" in refuses(archive, MalformedError, changed).what
    archive.append(letter)


def test_a_draft_registers_exactly_its_documents(archive: Founded) -> None:
    facts, document = archive.document(b"brief")
    other = archive.document(b"andere")[1]
    wrong = document._replace(sha256=hashlib.sha256(b"x").hexdigest())
    for documents in ((), (other,), (document, other), (wrong,)):
        with pytest.raises(MalformedError, match="not those that the payload registers"):
            draft(
                "letter_registered.v1",
                new_stream(archive.entropy),
                {"kind": "brief"},
                {"documents": [facts]},
                documents=documents,
            )


def test_the_same_documents_twice_do_not_cost_the_first(archive: Founded) -> None:
    letter = archive.append(archive.letter()).streams[0]
    facts, document = archive.document(b"bijlage")
    attached = draft("document_attached.v1", letter, {}, {"documents": [facts]}, documents=[document])
    archive.append(attached)
    assert "already" in refuses(archive, ConflictError, attached).what


# the clock


def test_a_commit_has_the_writers_time(archive: Founded) -> None:
    archive.now = dt.datetime(2021, 6, 1, 14, 0, 59, 999_999, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert "2021-06-01T12:01:00Z" == archive.append(archive.letter()).commit.time


@pytest.mark.parametrize("behind", [1, CLOCK_LEAD_SECONDS - 1, CLOCK_LEAD_SECONDS])
def test_a_clock_a_little_behind_takes_the_last_commits_time(archive: Founded, behind: int) -> None:
    last = archive.append(archive.letter()).commit.time
    now = archive.now - dt.timedelta(seconds=behind)
    done = archive.journal.append([archive.letter()], archive.archivaris.key, now, archive.entropy)
    assert last == done.commit.time


def test_a_clock_more_than_five_minutes_behind_is_refused_unless_accepted(archive: Founded) -> None:
    last = archive.append(archive.letter()).commit.time
    now = archive.now - dt.timedelta(seconds=CLOCK_LEAD_SECONDS + 1)
    with pytest.raises(ClockError, match="301 seconds ahead") as caught:
        archive.journal.append([archive.letter()], archive.archivaris.key, now, archive.entropy)
    assert "--accept-clock" in caught.value.remedy
    journal = archive.journal
    done = journal.append([archive.letter()], archive.archivaris.key, now, archive.entropy, accept_clock=True)
    assert last == done.commit.time
    assert [] == faults(archive.storage)


# several writers


def test_two_journals_take_turns(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    stream = archive.append(archive.letter(), journal=other).streams[0]
    for number in range(6):
        archive.append(edited(stream, f"{number}"), journal=(archive.journal, other)[number % 2])
    assert archive.journal.size == other.size - 2 == Log(archive.storage).size - 2
    assert 6 == other.stream_version(stream)
    person = archive.enrol("griffie")
    archive.append(draft("meeting_planned.v1", new_stream(archive.entropy), *_meeting()), by=person, journal=other)
    assert [] == faults(archive.storage)


def _meeting() -> tuple[dict[str, Any], dict[str, Any]]:
    return {"date": "2021-02-02", "kind": "raadsronde"}, {"title": "Raadsronde"}


def test_a_journal_learns_of_keys_and_revocations_of_another(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    other.open()
    person = archive.enrol("behandelaar")
    archive.append(archive.letter(), by=person, journal=other)
    archive.append(draft("key_revoked.v1", person.stream, {"key": person.key.public.id}))
    with pytest.raises(RefusedError, match="was revoked"):
        archive.append(archive.letter(), by=person, journal=other)
    assert archive.journal.authority == other.authority


def test_a_journal_opened_before_the_founding_learns_of_it(tmp_path: Path) -> None:
    archive = unfounded(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    other.open()
    archive.append(*founding(archive.entropy, archive.log_keys, archive.stream, archive.archivaris))
    archive.append(archive.letter(), journal=other)
    assert 9 == other.size


def test_two_who_found_at_once_make_one_archive(tmp_path: Path) -> None:
    first = unfounded(folder(tmp_path / "archive"), seed="a")
    second = unfounded(folder(tmp_path / "archive"), seed="b")
    second.journal.open()
    first.append(*founding(first.entropy, first.log_keys, first.stream, first.archivaris))
    with pytest.raises(RefusedError):
        second.append(*founding(second.entropy, second.log_keys, second.stream, second.archivaris))
    assert [] == faults(first.storage)


def test_a_stream_that_another_moved_on_conflicts(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    stream = archive.append(archive.letter()).streams[0]
    archive.append(edited(stream, "een"), journal=other)
    with pytest.raises(ConflictError):
        archive.append(edited(stream, "twee", expect_version=0))


def test_a_forged_commit_of_another_is_not_caught_up_with(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    other.open()
    archive.append(archive.letter())
    path = tmp_path / "archive/log/000000000000.jsonl"
    whole = path.read_bytes()
    at = whole.rfind(b'"sig":"') + 20
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    authority, size = other.authority.copy(), other.size
    for _ in range(2):
        with pytest.raises(TailError):
            archive.append(archive.letter(), journal=other)
        assert (authority, size) == (other.authority, other.size)
    path.write_bytes(whole)
    archive.append(archive.letter(), journal=other)
    assert [] == faults(archive.storage)


def test_a_log_that_was_cut_or_rewritten_while_it_was_open_is_refused(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    other = Journal(folder(tmp_path / "archive"))
    archive.append(archive.letter())
    archive.append(archive.letter())
    other.open()
    LocalStorage(tmp_path / "archive").cut_tail(9)
    with pytest.raises(RollbackError, match="while it was open"):
        archive.append(archive.letter(), journal=other)
    third = Journal(folder(tmp_path / "archive"))
    archive.append(archive.letter(), journal=third)
    for journal in (other, archive.journal):
        with pytest.raises(RollbackError, match="while it was open"):
            archive.append(archive.letter(), journal=journal)
    assert [] == faults(archive.storage)


# retries


def test_a_retry_with_the_same_id_is_one_commit(archive: Founded) -> None:
    commit_id, size = new_commit_id(START, archive.entropy), archive.journal.size
    drafts = [archive.letter(), archive.letter()]
    first = archive.append(*drafts, commit_id=commit_id)
    archive.append(archive.letter())
    again = archive.append(*drafts, commit_id=commit_id, retry_from=size)
    assert (first.commit, first.seqs, first.streams, True) == (again.commit, again.seqs, again.streams, again.known)
    assert 1 == [commit.id for commit in Log(archive.storage).commits()].count(commit_id)


def test_a_retry_is_known_without_saying_from_where_when_it_is_the_last(archive: Founded) -> None:
    commit_id = new_commit_id(START, archive.entropy)
    letter = archive.letter()
    archive.append(letter, commit_id=commit_id)
    assert archive.append(letter, commit_id=commit_id).known


def test_a_retry_that_is_not_there_is_an_append(archive: Founded) -> None:
    done = archive.append(archive.letter(), commit_id=new_commit_id(START, archive.entropy), retry_from=3)
    assert not done.known


def test_an_id_that_belongs_to_another_append_conflicts(archive: Founded) -> None:
    commit_id, size = new_commit_id(START, archive.entropy), archive.journal.size
    person = archive.enrol("behandelaar")
    archive.append(archive.letter(), commit_id=commit_id)
    for drafts, by in (([archive.letter(), archive.letter()], None), ([archive.letter()], person)):
        error = refuses(archive, ConflictError, *drafts, by=by, commit_id=commit_id, retry_from=size)
        assert "another append" in error.what


def test_ids_are_of_that_moment_and_random(archive: Founded) -> None:
    ids = [new_commit_id(START, archive.entropy) for _ in range(50)]
    assert 50 == len(set(ids))
    for one in ids:
        assert envelope.COMMIT_ID_PATTERN.fullmatch(one)
        assert int(START.timestamp()) * 1000 == int(one.replace("-", "")[:12], 16)
        assert envelope.STREAM_PATTERN.fullmatch(new_stream(archive.entropy))


# trying without doing


def test_a_check_refuses_what_an_append_would_and_writes_nothing(archive: Founded) -> None:
    journal, key = archive.journal, archive.archivaris.key
    before = recomputed_root(archive.storage)
    journal.check([archive.letter()], key, archive.now)
    with pytest.raises(NotFoundError):
        journal.check([edited(new_stream(archive.entropy), "x")], key, archive.now)
    with pytest.raises(RefusedError):
        journal.check([archive.letter()], archive.new_key(), archive.now)
    with pytest.raises(ClockError):
        journal.check([archive.letter()], key, archive.now - 10 * MINUTE)
    elsewhere = enrolment(archive.archivaris, "archief.voorbeeld.nl/77aa01b3", key=archive.new_key())[1]
    with pytest.raises(SignatureError):
        journal.check([elsewhere], key, archive.now)
    assert before == recomputed_root(archive.storage)


# opening


def test_a_journal_opens_where_another_closed(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    for count in (1, 255, 256, 1_000):
        archive.append(*(archive.letter() for _ in range(count)))
        archive.journal.close()
        root, authority = archive.journal.root(), archive.journal.authority
        archive.journal = Journal(folder(tmp_path / "archive"))
        archive.journal.open()
        assert (root, authority) == (archive.journal.root(), archive.journal.authority)


@pytest.mark.parametrize("lost", ["all", "half", "wrong"])
def test_tiles_that_are_lost_or_wrong_lose_nothing(tmp_path: Path, lost: str) -> None:
    archive = found(folder(tmp_path / "archive"))
    for _ in range(4):
        archive.append(*(archive.letter() for _ in range(300)))
    archive.journal.close()
    for number, path in enumerate(sorted((tmp_path / "archive/public").rglob("*"))):
        if path.is_file() and (lost != "half" or number % 2):
            path.write_bytes(bytes(len(path.read_bytes()))) if lost == "wrong" else path.unlink()
    journal = Journal(folder(tmp_path / "archive"))
    archive.append(archive.letter(), journal=journal)
    assert journal.root().hex() == recomputed_root(archive.storage)


def test_the_tiles_of_an_append_that_was_killed_before_them_are_written_later(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    archive.append(*(archive.letter() for _ in range(600)))
    archive.journal.close()
    tiles = tmp_path / "archive/public/tile"
    expected = {path: path.read_bytes() for path in tiles.rglob("*") if path.is_file()}
    assert expected
    for path in expected:
        path.unlink()
    Journal(folder(tmp_path / "archive")).open()
    assert expected == {path: path.read_bytes() for path in tiles.rglob("*") if path.is_file()}


@pytest.mark.parametrize("bit", BITS)
def test_a_flipped_bit_anywhere_in_the_last_commit_stops_the_opening(archive: Founded, bit: int) -> None:
    archive.append(archive.letter())
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    whole, payload = storage.log[0], storage.payload[0]
    for at in range(len(whole) - len(Log(storage).tail.commit) - 1, len(whole)):
        storage.log[0] = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        with pytest.raises((TailError, CorruptError)):
            Journal(storage).open()
        assert payload == storage.payload[0]
        assert {} == storage.kept


@pytest.mark.parametrize("bit", BITS)
def test_a_flipped_bit_anywhere_in_what_it_seals_stops_the_opening(archive: Founded, bit: int) -> None:
    archive.append(archive.letter(), archive.letter())
    storage = archive.storage
    assert isinstance(storage, MemoryStorage)
    whole = storage.log[0]
    begin = whole.rfind(b"\n", 0, whole.rfind(b'"letter_registered'))
    end = len(whole) - len(Log(storage).tail.commit) - 1
    for at in range(begin, end, 3):
        storage.log[0] = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        with pytest.raises((TailError, CorruptError)):
            Journal(storage).open()


def test_opening_again_after_a_refusal_starts_afresh(tmp_path: Path) -> None:
    archive = found(folder(tmp_path / "archive"))
    person = archive.enrol("behandelaar")
    archive.append(draft("key_revoked.v1", person.stream, {"key": person.key.public.id}))
    archive.journal.close()
    path = tmp_path / "archive/log/000000000000.jsonl"
    whole = path.read_bytes()
    journal = Journal(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen"))
    path.write_bytes(whole.replace(b'"events":1', b'"events":2'))
    with pytest.raises((TailError, CorruptError)):
        journal.open()
    path.write_bytes(whole)
    journal.open()
    assert archive.journal.authority == journal.authority
    assert archive.journal.root() == journal.root()


def test_closing_twice_or_unopened_is_no_error(tmp_path: Path) -> None:
    journal = Journal(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen"))
    journal.close()
    with found(folder(tmp_path / "archive"), heads=Heads(tmp_path / "seen")).journal as journal:
        pass
    journal.close()


# heads


def test_a_head_is_signed_by_the_log_keys_of_the_moment(archive: Founded) -> None:
    archive.sign_head()
    old = archive.log_keys
    archive.log_keys = keys.generate("x", "log", archive.entropy)
    with pytest.raises(ArchiefError, match="not the log's keys"):
        archive.sign_head()
    archive.append(rotated(archive, list(archive.log_keys.keys)))
    raw = archive.sign_head()
    opened = publishing.open_head(raw, archive.journal.authority)
    assert (archive.journal.size, archive.journal.root()) == (opened.head.size, opened.head.root)
    with pytest.raises(ArchiefError, match="not the log's keys"):
        publishing.sign_head(archive.journal, old.keys)
    assert [] == faults(archive.storage)
