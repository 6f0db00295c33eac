"""Verification names every kind of fault by its own word, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from archief import canonical, keys, publishing
from archief.draft import draft, new_commit_id, new_stream
from archief.errors import CorruptError, FindingsError, ForkError, LossError, RollbackError
from archief.events import envelope
from archief.heads import Head, Heads
from archief.journal import Journal
from archief.keys import SigningKey
from archief.log import Log
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from archief.tlog import checkpoint, merkle, note
from archief.tlog.head import Checkpoint
from archief.verification.fault import Report
from archief.verification.sample import verify_sample
from archief.verification.whole import verify
from tests.destroying import Case, decide
from tests.founding import Founded, Person, edited, enrolled_key, folder, found, small_archive


def kinds(report: Report) -> list[str]:
    """The words of the faults, each once, in order."""
    return list(dict.fromkeys(fault.kind for fault in report.faults))


def verified(archive: Founded) -> Report:
    return verify(archive.storage, version="test")


def force(
    archive: Founded,
    entries: Sequence[bytes],
    payloads: Sequence[tuple[int, bytes]] = (),
    *,
    by: SigningKey | None = None,
    time: str = "2021-01-14T12:00:00Z",
    base: envelope.Base | None = None,
) -> None:
    """Append what no journal would: entries of any bytes under a well-made commit."""
    log, signer = Log(archive.storage), by or archive.archivaris.key
    commit = envelope.Commit(
        base=base or envelope.Base(root=log.root().hex(), size=log.size),
        events=len(entries),
        id=new_commit_id(archive.now, archive.entropy),
        key=signer.public.id,
        origin=log.origin,
        root=merkle.root(merkle.leaf_hashes(entries)).hex(),
        seq=log.size + len(entries),
        sig="",
        time=time,
        type="commit.v1",
    )
    message = envelope.commit_message(canonical.encode_struct(commit))
    commit = msgspec.structs.replace(commit, sig=canonical.base64_encode(signer.sign(message)))
    with archive.storage.writing():
        archive.storage.append_commit(log.size, payloads, [], [*entries, canonical.encode_struct(commit)])


def letter_entry(archive: Founded, data: bytes) -> tuple[bytes, tuple[int, bytes]]:
    """A registration with data of any bytes, well committed to."""
    seq = Log(archive.storage).size
    line = envelope.encode_payload(data, archive.entropy(32), seq)
    stream = new_stream(archive.entropy)
    held = envelope.commitment(line)
    return envelope.encode_event(b'{"kind":"brief"}', held, seq, stream, 0, "letter_registered.v1"), (seq, line)


def rewrite(storage: MemoryStorage, change: list[tuple[bytes, bytes]], kind: str = "log") -> None:
    """Replace bytes in the first segment; each must be there."""
    kept = storage.log if kind == "log" else storage.payload
    for old, new in change:
        assert old in kept[0]
        kept[0] = kept[0].replace(old, new, 1)


@pytest.fixture
def memory() -> Founded:
    archive = found(MemoryStorage())
    archive.append(archive.letter("Fietsenstalling", [b"Geachte raadsleden"]), archive.letter("Jeugdhulp"))
    archive.sign_head()
    return archive


def store(archive: Founded) -> MemoryStorage:
    assert isinstance(archive.storage, MemoryStorage)
    return archive.storage


def test_a_sound_archive_has_no_fault_and_its_parts_are_counted(memory: Founded) -> None:
    report = verified(memory)
    assert report.faults == []
    size = Log(memory.storage).size
    assert (report.size, report.events, report.commits) == (size, size - 2, 2)
    assert (report.payloads, report.documents, report.head_size) == (4, 1, size)
    assert report.root == Log(memory.storage).root().hex()


def test_swapped_payloads_are_two_changed_payloads(memory: Founded) -> None:
    storage = store(memory)
    *others, one, two = storage.payload[0].splitlines()
    first, second = msgspec.json.decode(one), msgspec.json.decode(two)
    first["data"], second["data"] = second["data"], first["data"]
    lines = [*others, canonical.encode(first), canonical.encode(second)]
    storage.payload[0] = b"".join(line + b"\n" for line in lines)
    report = verified(memory)
    assert [fault.kind for fault in report.faults][:2] == ["payload-changed", "payload-changed"]
    assert report.faults[0].line == len(others) + 1
    assert report.faults[0].entry == first["seq"]
    assert isinstance(report.error("here"), CorruptError)


@pytest.mark.parametrize(
    "data",
    [
        b'{"subject":"een","subject":"twee"}',
        b'{"subject": "een"}',
        b'{"subject":"\\u00e9\\u00e9n"}',
        b'{"subject":12}',
        b'{"no_such_field":"x"}',
    ],
)
def test_a_payload_with_two_meanings_is_malformed_though_it_was_committed_to(memory: Founded, data: bytes) -> None:
    entry, payload = letter_entry(memory, data)
    force(memory, [entry], [payload])
    assert kinds(verified(memory)) == ["malformed"]


def test_an_entry_with_a_key_twice_is_malformed_though_it_was_sealed(memory: Founded) -> None:
    entry, payload = letter_entry(memory, b'{"subject":"een"}')
    force(memory, [entry.replace(b'{"kind":"brief"}', b'{"kind":"brief","kind":"rondebriefje"}')], [payload])
    report = verified(memory)
    assert kinds(report) == ["malformed"]
    assert report.faults[0].file == "log/000000000000.jsonl"
    assert report.faults[0].line == report.size - 1


def test_an_unknown_event_type_asks_for_a_newer_program(memory: Founded) -> None:
    entry, payload = letter_entry(memory, b"{}")
    force(memory, [entry.replace(b"letter_registered.v1", b"letter_registered.v9")], [payload])
    report = verified(memory)
    assert report.faults[0].kind == "malformed"
    assert "does not know" in report.faults[0].what or "knows" in report.faults[0].what


def test_a_removed_commit_leaves_entries_missing(memory: Founded) -> None:
    archive = memory
    archive.append(archive.letter())
    archive.append(archive.letter())
    lines = store(archive).log[0].splitlines(keepends=True)
    store(archive).log[0] = b"".join(lines[:-4] + lines[-2:])
    found_kinds = kinds(verified(archive))
    assert "entries-missing" in found_kinds


def test_a_replayed_commit_is_an_entry_out_of_its_place(memory: Founded) -> None:
    lines = store(memory).log[0].splitlines(keepends=True)
    store(memory).log[0] += lines[-2] + lines[-1]
    assert kinds(verified(memory))[0] in ("entry-stray", "lines")


def test_a_commit_of_a_revoked_key_is_unauthorised_however_it_is_dated(memory: Founded) -> None:
    clerk = memory.enrol("behandelaar")
    letter = memory.append(memory.letter(), by=clerk).streams[0]
    memory.append(draft("key_revoked.v1", clerk.stream, {"key": clerk.key.public.id}))
    assert verified(memory).faults == []
    seq = Log(memory.storage).size
    line = envelope.encode_payload(b'{"subject":"achteraf"}', memory.entropy(32), seq)
    entry = envelope.encode_event(b"{}", envelope.commitment(line), seq, letter, 1, "letter_edited.v1")
    force(memory, [entry], [(seq, line)], by=clerk.key, time="2021-01-14T08:00:00Z")
    report = verified(memory)
    assert kinds(report) == ["time-disorder", "unauthorised"]
    assert report.unauthorised == [seq + 1]
    assert isinstance(report.error("here"), FindingsError)


def test_a_commit_without_the_role_is_unauthorised_and_named_with_the_role_it_needs(memory: Founded) -> None:
    griffier = memory.enrol("auditor")
    entry, payload = letter_entry(memory, b'{"subject":"een"}')
    force(memory, [entry], [payload], by=griffier.key)
    report = verified(memory)
    assert kinds(report) == ["unauthorised"]
    assert "letter_registered needs the role" in report.faults[0].what


def test_a_commit_of_an_unknown_key_is_unauthorised(memory: Founded) -> None:
    entry, payload = letter_entry(memory, b'{"subject":"een"}')
    force(memory, [entry], [payload], by=memory.new_key())
    report = verified(memory)
    assert kinds(report) == ["unauthorised"]
    assert "was not enrolled" in report.faults[0].what


def test_a_commit_over_another_base_is_not_of_this_history(memory: Founded) -> None:
    entry, payload = letter_entry(memory, b'{"subject":"een"}')
    other = envelope.Base(root="ab" * 32, size=Log(memory.storage).size)
    force(memory, [entry], [payload], base=other)
    assert kinds(verified(memory)) == ["base-root"]


def test_a_forged_commit_signature_is_named(memory: Founded) -> None:
    storage = store(memory)
    last = storage.log[0].splitlines()[-1]
    commit = envelope.decode_commit(last)
    forged = msgspec.structs.replace(commit, sig=canonical.base64_encode(bytes(64)))
    rewrite(storage, [(last, canonical.encode_struct(forged))])
    assert "commit-signature" in kinds(verified(memory))


def test_commits_since_a_suspected_moment_are_flagged_though_they_stay_valid(memory: Founded) -> None:
    clerk = memory.enrol("behandelaar")
    memory.append(memory.letter(), by=clerk)
    suspect = Log(memory.storage).size
    memory.append(memory.letter(), by=clerk)
    memory.append(draft("key_revoked.v1", clerk.stream, {"key": clerk.key.public.id, "suspect_from": suspect}))
    report = verified(memory)
    assert [(fault.kind, fault.entry) for fault in report.faults] == [("suspect", suspect + 1)]
    assert report.unauthorised == []


def test_an_absent_payload_is_the_loss_of_a_record(memory: Founded) -> None:
    storage = store(memory)
    storage.payload[0] = b"".join(storage.payload[0].splitlines(keepends=True)[:-1])
    report = verified(memory)
    assert kinds(report) == ["payload-missing"]
    assert isinstance(report.error("here"), LossError)


def erase(archive: Founded, letter: str) -> None:
    """Take the payload lines and documents of a letter away, as a destruction does."""
    storage, log = store(archive), Log(archive.storage)
    for seq, entry in enumerate(log.entries()):
        if not envelope.is_commit(entry) and envelope.decode_event(entry).stream == letter:
            for document in log.documents(envelope.decode_event(entry)):
                storage.documents.pop(document.id)
            line = log.payload_line(seq)
            if line is not None:
                rewrite(storage, [(line + b"\n", b"")], "payload")


def destruction(archive: Founded, letter: str) -> Case:
    """A destruction up to its start."""
    made = decide(archive, letter)
    archive.append(made.started(), by=made.proposer)
    return made


def test_a_lawfully_destroyed_payload_is_counted_and_no_fault(memory: Founded) -> None:
    letter = memory.append(memory.letter("Weg ermee", [b"bijlage"])).streams[0]
    made = destruction(memory, letter)
    erase(memory, letter)
    assert verified(memory).faults == [], "between the start and the close, either is right"
    memory.append(made.destroyed(letter))
    report = verified(memory)
    assert report.faults == []
    assert report.destroyed == 1


def test_a_document_may_go_before_its_payload_while_a_destruction_is_carried_out(memory: Founded) -> None:
    appended = memory.append(memory.letter("Weg ermee", [b"bijlage"]))
    (document,) = Log(memory.storage).documents(Log(memory.storage).event(appended.seqs[0]))
    content = store(memory).documents.pop(document.id)
    assert kinds(verified(memory)) == ["document-missing"]
    store(memory).documents[document.id] = content
    destruction(memory, appended.streams[0])
    del store(memory).documents[document.id]
    assert verified(memory).faults == []


def test_a_payload_that_is_there_though_destroyed_is_a_finding_with_its_remedy(memory: Founded) -> None:
    letter = memory.append(memory.letter("Teruggekomen")).streams[0]
    memory.append(destruction(memory, letter).destroyed(letter))
    report = verified(memory)
    assert kinds(report) == ["payload-present"]
    assert "destroy again" in (report.faults[0].remedy or "")


def test_a_missing_changed_or_unnamed_document_is_named(tmp_path: Path) -> None:
    archive = small_archive(tmp_path / "archive")
    (document,) = (archive / "documents").glob("*/*.bin")
    content = document.read_bytes()
    document.write_bytes(b"x" + content[1:])
    assert kinds(verify(LocalStorage(archive), version="test")) == ["document-changed"]
    document.unlink()
    report = verify(LocalStorage(archive), version="test")
    assert kinds(report) == ["document-missing"]
    assert isinstance(report.error("here"), LossError)
    document.write_bytes(content)
    stray = archive / "documents" / "ab" / f"{'ab' * 16}.bin"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"niemand kent mij")
    assert kinds(verify(LocalStorage(archive), version="test")) == ["document-stray"]


def test_a_file_that_the_format_does_not_know_is_a_finding(tmp_path: Path) -> None:
    archive = small_archive(tmp_path / "archive")
    (archive / "log" / "notes.txt").write_text("hallo")
    (archive / "public" / "link").symlink_to("checkpoint")
    report = verify(LocalStorage(archive), version="test")
    assert [(fault.kind, fault.file) for fault in report.faults] == [
        ("stranger", "log/notes.txt"),
        ("stranger", "public/link"),
    ]


def test_a_wrong_tile_is_named_and_can_be_made_again(memory: Founded) -> None:
    path = next(path for path in memory.storage.public_paths() if path.startswith("tile/0"))
    store(memory).public[path] = bytes(len(store(memory).public[path]))
    report = verified(memory)
    assert [(fault.kind, fault.file) for fault in report.faults] == [("tile", f"public/{path}")]
    assert "doctor --repair" in (report.faults[0].remedy or "")


def test_a_head_beyond_the_log_is_a_rollback_and_one_of_another_root_a_fork(memory: Founded) -> None:
    authority = memory.journal.authority
    size = Log(memory.storage).size
    for head_size, kind, error in ((size + 5, "rollback", RollbackError), (size, "fork", ForkError)):
        head = Checkpoint(authority.origin, head_size, bytes(32))
        store(memory).public["checkpoint"] = checkpoint.sign_checkpoint(head, memory.log_keys.keys)
        report = verified(memory)
        assert kinds(report) == [kind]
        assert isinstance(report.error("here"), error)


def test_a_head_with_only_one_of_the_logs_signatures_is_a_fault(memory: Founded) -> None:
    raw = store(memory).public["checkpoint"]
    parsed = note.parse_note(raw)
    store(memory).public["checkpoint"] = note.format_note(parsed.text, parsed.lines[:1])
    assert kinds(verified(memory)) == ["head-signature"]


def test_an_unknown_signature_line_on_a_head_is_named_and_a_cosigners_is_counted(memory: Founded) -> None:
    cosigner = keys.generate("toezicht", "cosigner", memory.entropy).keys[0]
    raw = publishing.cosign_head(store(memory).public["checkpoint"], cosigner, 1_610_000_000)
    store(memory).public["checkpoint"] = raw
    assert kinds(verified(memory)) == ["head-line"]
    auditor = memory.enrol("auditor")
    memory.append(enrolled_key(auditor.stream, cosigner, memory.journal.authority.origin, "cosigner"))
    report = verified(memory)
    assert (report.faults, report.cosignatures) == ([], 1)


def signed(
    archive: Founded, by: Person, letter: str, seq: int, held: str | None, message_role: str = "wethouder"
) -> bytes:
    """The entry of a letter_signed; with another role in the message than in the facts its signature is wrong."""
    log = Log(archive.storage)
    covers = [{"commitment": held, "seq": seq}]
    facts = {
        "basis": "gemeentewet:169",
        "covers": covers,
        "key": by.key.public.id,
        "level": "none",
        "role": "wethouder",
        "signatory": by.stream,
        "signature": "",
    }
    item = msgspec.convert(covers, list[msgspec.defstruct("Cover", [("commitment", str), ("seq", int)])])  # type: ignore[misc]
    message = envelope.letter_message(log.origin, letter, item, message_role, None, "gemeentewet:169")
    facts["signature"] = canonical.base64_encode(by.key.sign(message))
    return envelope.encode_event(canonical.encode(facts), None, log.size, letter, 1, "letter_signed.v1")


def test_an_inner_signature_over_something_else_is_named(memory: Founded) -> None:
    wethouder = memory.enrol("ondertekenaar")
    appended = memory.append(memory.letter())
    held = Log(memory.storage).event(appended.seqs[0]).payload
    entry = signed(memory, wethouder, appended.streams[0], appended.seqs[0], held, "burgemeester")
    force(memory, [entry], by=wethouder.key)
    assert kinds(verified(memory)) == ["inner-signature"]


def test_a_right_inner_signature_is_no_fault(memory: Founded) -> None:
    wethouder = memory.enrol("ondertekenaar")
    appended = memory.append(memory.letter())
    held = Log(memory.storage).event(appended.seqs[0]).payload
    force(memory, [signed(memory, wethouder, appended.streams[0], appended.seqs[0], held)], by=wethouder.key)
    assert verified(memory).faults == []


def test_verification_goes_on_from_its_receipt_and_finds_what_came_after(tmp_path: Path) -> None:
    heads, place = Heads(tmp_path / "state"), tmp_path / "archive"
    archive = found(folder(place))
    archive.append(archive.letter())
    first = verify(archive.storage, version="test", heads=heads)
    archive.append(archive.letter(), archive.letter())
    second = verify(archive.storage, version="test", heads=heads, since=True)
    assert (second.since, second.events, second.faults) == (first.size, 2, [])
    assert second.root == Log(archive.storage).root().hex()
    later = archive.append(edited(archive.append(archive.letter()).streams[0], "Anders"))
    archive.journal.close()
    segment = place / "payload" / "000000000000.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b"Anders", b"ANDERS"))
    third = verify(LocalStorage(place), version="test", heads=heads, since=True)
    assert [(fault.kind, fault.entry) for fault in third.faults] == [("payload-changed", later.seqs[0])]


def test_a_receipt_of_another_past_is_refused(tmp_path: Path) -> None:
    heads = Heads(tmp_path / "state")
    archive = found(MemoryStorage())
    verify(archive.storage, version="test", heads=heads)
    other = found(MemoryStorage(), seed="een ander")
    other.append(other.letter())
    with pytest.raises(ForkError):
        verify(other.storage, version="test", heads=heads, since=True)


def test_a_remembered_head_makes_rollback_and_fork_show(tmp_path: Path) -> None:
    heads = Heads(tmp_path / "state")
    archive = found(MemoryStorage())
    early = (dict(store(archive).log), dict(store(archive).payload))
    archive.append(archive.letter())
    verify(archive.storage, version="test", heads=heads)
    store(archive).log, store(archive).payload = dict(early[0]), dict(early[1])
    assert kinds(verified(archive)) == [], "by itself a cut log looks sound"
    assert kinds(verify(archive.storage, version="test", heads=heads)) == ["rollback"]
    fresh = Journal(archive.storage)
    archive.append(archive.letter("Een andere geschiedenis"), archive.letter(), journal=fresh)
    assert kinds(verify(archive.storage, version="test", heads=heads)) == ["fork"]
    assert len(heads.incidents(archive.journal.authority.origin)) == 2


def test_a_head_from_elsewhere_is_compared(memory: Founded) -> None:
    origin, size = memory.journal.authority.origin, Log(memory.storage).size
    right = Head(origin=origin, root=Log(memory.storage).root().hex(), size=size)
    memory.append(memory.letter())
    assert verify(memory.storage, version="test", against=[right]).faults == []
    wrong = Head(origin=origin, root="ab" * 32, size=size)
    assert kinds(verify(memory.storage, version="test", against=[wrong])) == ["fork"]
    longer = Head(origin=origin, root="ab" * 32, size=size + 50)
    assert kinds(verify(memory.storage, version="test", against=[longer])) == ["rollback"]


def test_a_sample_looks_at_as_many_as_asked_and_finds_a_changed_one(memory: Founded) -> None:
    report = verify_sample(memory.storage, 1_000, random.Random(1).randrange)
    assert report.faults == []
    assert report.events + report.commits == Log(memory.storage).last_commit.base.size
    rewrite(store(memory), [(b"S. de Vries", b"S. de Wries")], "payload")
    assert kinds(verify_sample(memory.storage, 1_000, random.Random(1).randrange)) == ["payload-changed"]


def test_several_faults_are_all_found_each_in_its_place(memory: Founded) -> None:
    storage = store(memory)
    rewrite(storage, [(b"Fietsenstalling", b"Fietsenstallinh"), (b"Jeugdhulp", b"Jeugdhelp")], "payload")
    rewrite(storage, [(b'"role":"behandelaar"', b'"role":"ondertekenaar"')])
    report = verified(memory)
    assert [fault.kind for fault in report.faults if fault.kind == "payload-changed"] == ["payload-changed"] * 2
    assert "entry-changed" in kinds(report)
