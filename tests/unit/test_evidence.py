"""An evidence bundle is checked by an outsider with Python and cryptography only, and any change in it is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archief import publishing
from archief.cli.main import run
from archief.cli.session import Session
from archief.draft import draft, new_stream
from archief.errors import LossError, NotFoundError
from archief.events import envelope
from archief.exports import evidence, evidence_check, proofs, target
from archief.exports.evidence_page import Seen
from archief.exports.evidence_proofs import Refused, consistency
from archief.law import roles
from archief.tlog import head as tlog_head
from archief.tlog import merkle, note
from tests.destroying import STEPS, accepted, case
from tests.exporting import Exported, export_archive
from tests.founding import Person, enrolment

pytestmark = pytest.mark.slow

Files = dict[str, bytes]
SECRET = "Fietsenstalling"


def make(made: Exported, stream: str) -> Files:
    log, known = made.log, made.archive.journal.authority
    prover = proofs.Prover(log, proofs.newest_head(log, known))
    with made.connected() as database:
        return evidence.make(log, database, prover, known, stream)


def check(files: Files, vkeys: list[str] | None = None, trusted: bytes | None = None) -> Seen:
    return evidence_check.check(list(files), files.__getitem__, vkeys or [], trusted)


def resealed(files: Files) -> Files:
    """With a manifest that fits again: what somebody does who means it."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        path: hashlib.sha256(content).hexdigest() for path, content in files.items() if path != "manifest.json"
    }
    packed = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return {**files, "manifest.json": packed}


def vkeys(made: Exported) -> list[str]:
    known = made.archive.journal.authority
    return [note.verifier(known.origin, key.type, key.public).vkey for key in known.log_keys]


def destroy(made: Exported, stream: str, *, closed: bool = True, **listed: str) -> None:
    """A lawful destruction of a record, and its erasure from the disk."""
    archive = made.archive
    decided = case(archive, stream)
    facts = decided.facts("destruction_proposed", **listed)
    title = draft("destruction_proposed", decided.stream, facts, {"title": f"Lijst met {SECRET}"})
    decided.proposal = archive.append(title, by=decided.proposer).seqs[0]
    for step in list(STEPS)[1:]:
        decided.take(step)
    archive.append(decided.started(documents=2, payloads=6))
    erase(made, stream)
    if closed:
        archive.append(decided.destroyed(stream))
    archive.sign_head()


def erase(made: Exported, stream: str) -> None:
    log, folder = made.log, made.path / "archive"
    events = [envelope.decode_event(one) for one in log.entries() if not envelope.is_commit(one)]
    gone = [event for event in events if event.stream == stream]
    for document in [one for event in gone for one in log.documents(event)]:
        (folder / "documents" / document.id[:2] / f"{document.id}.bin").unlink()
    path = folder / "payload" / "000000000000.jsonl"
    ends = tuple(b'"seq":%d}' % event.seq for event in gone)
    path.write_bytes(
        b"".join(line for line in path.read_bytes().splitlines(keepends=True) if line[:-1].endswith(ends) is False)
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_archive(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def files(made: Exported) -> Files:
    return make(made, made.streams[0])


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, Files]:
    made = export_archive(tmp_path_factory.mktemp("gone"))
    destroy(made, made.streams[0])
    return made, make(made, made.streams[0])


def test_a_bundle_shows_what_happened_to_its_record(made: Exported, files: Files) -> None:
    seen = check(files, vkeys(made))
    assert made.streams[0] == seen.stream
    assert ["letter_registered.v1", "letter_signed.v1", "letter_dispatched.v1"] == [
        one["type"] for one in seen.events[:3]
    ]
    assert {"present", "none"} == {one["payload"] for one in seen.events}, "a relation says nothing but facts"
    assert SECRET in files["LEESMIJ.html"].decode()
    assert "<station>" not in files["LEESMIJ.html"].decode()


def test_the_same_state_gives_the_same_bytes(made: Exported, files: Files) -> None:
    assert files == make(made, made.streams[0])
    assert evidence.packed(files) == evidence.packed(dict(reversed(files.items())))


@pytest.mark.parametrize("packed", [False, True])
def test_an_outsider_checks_it_with_python_and_cryptography_only(
    made: Exported, files: Files, tmp_path: Path, packed: bool
) -> None:
    place = tmp_path / "bewijs"
    with target.folder(place) as folder:
        for path, content in files.items():
            folder.put(path, content)
    program = place / "check.py"
    assert "import archief" not in program.read_text()
    assert "from archief" not in program.read_text()
    (tmp_path / "vkeys").write_text("\n".join(vkeys(made)))
    if packed:
        (tmp_path / "bewijs.zip").write_bytes(evidence.packed(files))
    words = [sys.executable, "-I", str(program), "--vkey", str(tmp_path / "vkeys")]
    words += [str(tmp_path / "bewijs.zip")] if packed else []
    ran = subprocess.run(words, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert (0, "") == (ran.returncode, ran.stderr)
    assert f"6 events of record {made.streams[0]}" in ran.stdout
    if not packed:
        (place / "payloads.jsonl").write_bytes(files["payloads.jsonl"].replace(b"P. Bakker", b"P. Pakker"))
        ran = subprocess.run(words, capture_output=True, check=False, cwd=tmp_path, text=True)
        assert (1, "") == (ran.returncode, ran.stdout)
        assert ran.stderr.startswith("refused: payloads.jsonl")


@settings(max_examples=150)
@given(data=st.data())
def test_every_changed_byte_is_refused(files: Files, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[path]) - 1))
    other = data.draw(st.integers(1, 255))
    content = bytearray(files[path])
    content[at] ^= other
    with pytest.raises(Refused):
        check({**files, path: bytes(content)})


PROVED = ("checkpoint", "entries.jsonl", "payloads.jsonl", "commit-proofs.json", "LEESMIJ.html")


@settings(max_examples=150)
@given(data=st.data())
def test_a_changed_byte_is_refused_also_with_a_manifest_that_fits(files: Files, data: st.DataObject) -> None:
    paths = [path for path in sorted(files) if path in PROVED or path.startswith(("proofs/", "documents/"))]
    path = data.draw(st.sampled_from(paths))
    at = data.draw(st.integers(0, len(files[path]) - 1))
    content = bytearray(files[path])
    content[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        check(resealed({**files, path: bytes(content)}))


def test_a_byte_that_is_cut_off_or_added_is_refused(files: Files) -> None:
    for path, content in files.items():
        for changed in (content[:-1], content + b"\n", content + b"{}"):
            with pytest.raises(Refused):
                check({**files, path: changed})


def without(files: Files, seq: int) -> Files:
    """Without an entry and all that belongs to it."""
    lines = [line for line in files["entries.jsonl"].splitlines(keepends=True) if json.loads(line)["seq"] != seq]
    held = [line for line in files["payloads.jsonl"].splitlines(keepends=True) if json.loads(line)["seq"] != seq]
    ways = {key: way for key, way in json.loads(files["commit-proofs.json"]).items() if key != str(seq)}
    changed = {path: content for path, content in files.items() if path != f"proofs/{seq}.tlog-proof"}
    return resealed(
        {
            **changed,
            "entries.jsonl": b"".join(lines),
            "payloads.jsonl": b"".join(held),
            "commit-proofs.json": json.dumps(ways, sort_keys=True, separators=(",", ":")).encode() + b"\n",
        }
    )


def seqs_of(files: Files, tag: str) -> list[int]:
    lines = [json.loads(line) for line in files["entries.jsonl"].splitlines()]
    return [line["seq"] for line in lines if line["type"] == tag]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [("letter_signed.v1", "proof"), ("role_granted.v1", "authority"), ("key_enrolled.v1", "authority"),
     ("commit.v1", "proof"), ("archive_founded.v1", "authority")],
)  # fmt: skip
def test_an_entry_that_is_left_out_is_missed(files: Files, tag: str, kind: str) -> None:
    refused = []
    for seq in seqs_of(files, tag):
        try:
            check(without(files, seq))
        except Refused as error:
            refused.append(error.kind)
    assert kind in refused


def test_a_payload_that_is_kept_back_is_a_loss(made: Exported, files: Files) -> None:
    seq = seqs_of(files, "letter_dispatched.v1")[0]
    held = [line for line in files["payloads.jsonl"].splitlines(keepends=True) if json.loads(line)["seq"] != seq]
    with pytest.raises(Refused, match="no destruction covers it") as caught:
        check(resealed({**files, "payloads.jsonl": b"".join(held)}))
    assert "loss" == caught.value.kind


def test_keys_or_a_head_of_another_log_are_refused(made: Exported, files: Files) -> None:
    with pytest.raises(Refused, match="not those that you trust"):
        check(files, ["archief.voorbeeld.nl/00000000+00000000+AAAA"])
    check(files, trusted=files["checkpoint"])
    earlier = files["checkpoint"].replace(b"\n", b"0\n", 1)
    with pytest.raises(Refused, match="not the one that you trust"):
        check(files, trusted=earlier)


def test_the_table_of_roles_from_elsewhere_judges_and_not_the_one_in_the_bundle(files: Files) -> None:
    made_up = resealed({**files, "roles.json": b'{"letter_registered":["auditor"]}\n'})
    with pytest.raises(Refused, match="without a role"):
        check(made_up)
    evidence_check.check(list(made_up), made_up.__getitem__, known=roles.table())
    with pytest.raises(Refused, match="without a role"):
        evidence_check.check(list(files), files.__getitem__, known={"letter_signed": ["auditor"]})


def test_after_destruction_it_proves_existence_decision_and_destruction_without_content(
    gone: tuple[Exported, Files],
) -> None:
    made, files = gone
    seen = check(files, vkeys(made))
    assert seen.destroyed
    assert ["gone", "gone", "gone", "none", "gone", "gone", "none"] == [one["payload"] for one in seen.events]
    assert b"destruction_authorised" in files["entries.jsonl"]
    assert "Vernietiging gemachtigd" in files["LEESMIJ.html"].decode()
    assert [] == [path for path in files if path.startswith("documents/")]
    for word in (SECRET, "P. Bakker", "2021-00017", "stalling is open", "griffie@voorbeeld.nl", "Brief aan de raad"):
        assert [] == [path for path, content in files.items() if word.encode() in content]


def test_of_a_destroyed_copy_it_says_that_the_record_is_elsewhere(tmp_path: Path) -> None:
    made = export_archive(tmp_path)
    stream, transfer = made.streams[0], new_stream(made.archive.entropy)
    proposal = {"streams": [stream], "reference_date": "2020-01-01"}
    made.archive.append(draft("transfer_proposed", transfer, proposal))
    accepted(made.archive, transfer)
    destroy(made, stream, transfer=transfer)
    files = make(made, stream)
    assert transfer == check(files, vkeys(made)).transfer
    assert f"het stuk is overgebracht (overbrenging {transfer})" in files["LEESMIJ.html"].decode()


def test_in_the_midst_of_a_destruction_it_says_so(tmp_path: Path) -> None:
    made = export_archive(tmp_path)
    destroy(made, made.streams[0], closed=False)
    files = make(made, made.streams[0])
    assert ("", "") == (check(files, vkeys(made)).destroyed, check(files).transfer)
    assert "vernietiging begonnen, niet afgesloten" in files["LEESMIJ.html"].decode()


@pytest.mark.parametrize("tag", ["destruction_authorised.v1", "destruction_started.v1"])
def test_a_destruction_without_its_decision_is_refused(gone: tuple[Exported, Files], tag: str) -> None:
    _, files = gone
    with pytest.raises(Refused) as caught:
        check(without(files, seqs_of(files, tag)[0]))
    assert "authority" == caught.value.kind


def test_a_loss_is_not_made_into_evidence(tmp_path: Path) -> None:
    made = export_archive(tmp_path)
    document = min((tmp_path / "archive" / "documents").rglob("*.bin"))
    held = document.read_bytes()
    document.unlink()
    with pytest.raises(LossError):
        [make(made, stream) for stream in made.streams]
    document.write_bytes(held)
    erase(made, made.streams[0])
    with pytest.raises(LossError, match="no destruction covers it"):
        make(made, made.streams[0])
    with pytest.raises(NotFoundError):
        make(made, "5b1e0000-0000-4000-8000-000000000000")


def test_cosignatures_and_timestamps_go_along(tmp_path: Path) -> None:
    made = export_archive(tmp_path)
    archive = made.archive
    cosigner = Person(new_stream(archive.entropy), archive.new_key())
    archive.append(*enrolment(cosigner, archive.journal.authority.origin, "cosigner"))
    archive.sign_head()
    head = publishing.newest_head(archive.storage, archive.journal.authority)
    assert head is not None
    token = b"\x30\x82" + hashlib.sha256(tlog_head.format_head(head.head)).digest()
    facts = {"root": head.head.root.hex(), "size": head.head.size, "token": base64.b64encode(token).decode()}
    archive.append(draft("timestamp_obtained.v1", archive.stream, facts))
    raw = publishing.cosign_head(archive.sign_head(), cosigner.key, 1_610_615_553)
    publishing.keep_head(archive.journal, raw)
    files = make(made, made.streams[0])
    seen = check(files, vkeys(made))
    assert [publishing.cosigner_name(cosigner.key.public)] == seen.cosigned
    assert [head.head.size] == seen.stamps
    with pytest.raises(Refused):
        check(resealed({**files, "timestamps.json": b"{}\n"}))


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_tree_extends_every_earlier_one_and_no_other(old: int, more: int) -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(old + more)]

    def reader(wanted: object) -> list[bytes]:
        return [merkle.root(leaves[index << level : (index + 1) << level]) for level, index in wanted]  # type: ignore[attr-defined]

    proof = merkle.consistency_proof(old, old + more, reader)
    before, after = merkle.root(leaves[:old]), merkle.root(leaves)
    consistency(old, old + more, before, after, proof, "")
    changes: list[Callable[[], None]] = [
        lambda: consistency(old, old + more, after, after, proof, ""),
        lambda: consistency(old, old + more, before, before, proof, ""),
        lambda: consistency(old, old + more, before, after, [*proof, before], ""),
        lambda: consistency(old, old + more, before, after, proof[:-1], ""),
    ]
    for change in changes:
        with pytest.raises(Refused):
            change()


def test_hostile_bundles_end_in_an_error_of_ours(files: Files, tmp_path: Path) -> None:
    place = tmp_path / "bewijs"
    with target.folder(place) as folder:
        for path, content in files.items():
            folder.put(path, content)
    session = Session({"HOME": str(tmp_path)})
    assert 0 == run(["check", "bundle", str(place)], session)
    for content in (
        b"",
        b"{}\n",
        b"[]\n",
        b'"x"\n',
        b"{" * 100_000,
        b"\xff",
        b'{"files":{},"form":"archief/evidence/v1","stream":1}\n',
    ):
        (place / "manifest.json").write_bytes(content)
        assert run(["check", "bundle", str(place)], session) in (20, 33, 34, 35)
    (place / "manifest.json").write_bytes(files["manifest.json"])
    (place / "los").symlink_to("/etc/passwd")
    assert 20 == run(["check", "bundle", str(place)], session)
