"""The one place through which events enter the log: what it lets in, what it refuses, and what it leaves behind."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from archief import keys, publishing
from archief.draft import Draft, draft, new_stream
from archief.errors import (
    ArchiefError,
    ClockError,
    ConflictError,
    MalformedError,
    NotFoundError,
    RefusedError,
    SignatureError,
)
from archief.events import envelope
from archief.journal import CLOCK_LEAD_SECONDS, Journal
from archief.keys import MlDsaSigningKey, PublicKey
from archief.log import Log
from archief.storage.base import NewDocument
from archief.storage.memory import MemoryStorage
from archief.tlog import merkle
from tests.faults.steps import Steps
from tests.founding import (
    Founded,
    edited,
    enrolment,
    faults,
    folder,
    found,
    recomputed_root,
    refuses,
    rotated,
)

SEGMENT = envelope.SEGMENT_ENTRIES
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def archive() -> Founded:
    return found(MemoryStorage())


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
