"""A SIP out of the archive: our linter passes it, its bytes are the same every time, it is whole or not there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief import canonical, durable
from archief.errors import CorruptError, LossError, NotFoundError, UsageError, WriteFailedError
from archief.events import envelope
from archief.exports import lint, mdto, names, proofs, selection, sip, target
from archief.tlog import head as tlog_head
from archief.tlog import merkle
from archief.tlog import note as tlog_note
from tests.exporting import Exported, export_archive

DAY = dt.date(2041, 1, 1)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    archive = export_archive(tmp_path_factory.mktemp("made"))
    with archive.connected():  # its state is there before a test lets the disk be full
        return archive


def write(made: Exported, place: Path, streams: Sequence[str] | None = None, *, norm: bool = False) -> sip.Written:
    log = made.log
    prover = proofs.Prover(log, proofs.newest_head(log, made.archive.journal.authority))
    wish = sip.Wish(made.streams if streams is None else streams, "Archief Voorbeeld", norm=norm)
    with made.connected() as database, target.folder(place, "key") as folder:
        return sip.write(folder, log, database, prover, wish, selection.select(database, wish.streams, DAY))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_our_own_linter_and_the_schema_pass_it(made: Exported, tmp_path: Path, shared: Path) -> None:
    write(made, tmp_path / "sip")
    xsd = shared / "data" / "mdto" / "xsd" / "MDTO-XML1.0.1.xsd"
    told = lint.lint(tmp_path / "sip", xsd=xsd)
    assert [] == [one for one in told.findings if one.severity != "note"]
    assert (3, 8) == (told.informatieobjecten, told.bestanden)


def test_the_profile_of_the_norm_passes_with_a_note_about_its_capitals(made: Exported, tmp_path: Path) -> None:
    write(made, tmp_path / "sip", norm=True)
    told = lint.lint(tmp_path / "sip")
    assert 0 == told.counts["error"]
    assert "name-capitals" in {one.rule for one in told.findings}
    assert (tmp_path / "sip" / "2021-00017" / "2021-00017.MDTO.xml").is_file()


def test_the_same_state_gives_the_same_bytes(made: Exported, tmp_path: Path) -> None:
    first, second = write(made, tmp_path / "one"), write(made, tmp_path / "two")
    assert first == second
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_files_go_along_untouched_under_names_that_are_unique(made: Exported, tmp_path: Path) -> None:
    write(made, tmp_path / "sip")
    written = files(tmp_path / "sip")
    assert written["2021-00017/Brief-aan-de-raad.pdf"] == written["2021-00018/Brief-aan-de-raad-2.pdf"]
    assert b"Geachte raadsleden,\n" == written["2021-00017/bijlage.txt"]


def test_the_event_log_is_proved_up_to_the_head_and_to_each_commit(made: Exported, tmp_path: Path) -> None:
    write(made, tmp_path / "sip")
    told = json.loads((tmp_path / "sip" / "2021-00017" / "2021-00017-gebeurtenissen.json").read_bytes())
    head = tlog_head.parse_head(tlog_note.parse_note(told["checkpoint"].encode()).text)
    commits = {one["seq"]: one for one in told["commits"]}
    for one in [*told["entries"], *told["commits"]]:
        proof = [canonical.base64_decode(step) for step in one["proof"]]
        leaf = merkle.leaf_hash(one["entry"].encode())
        merkle.verify_inclusion(leaf, one["seq"], head.size, proof, head.root)
    for one in told["entries"]:
        commit = envelope.decode_commit(commits[one["commit"]]["entry"].encode())
        proof = [canonical.base64_decode(step) for step in one["commit_proof"]]
        leaf, index = merkle.leaf_hash(one["entry"].encode()), one["seq"] - commit.base.size
        merkle.verify_inclusion(leaf, index, commit.events, proof, bytes.fromhex(commit.root))
        if one["payload"] is not None:
            assert json.loads(one["entry"])["payload"] == envelope.commitment(one["payload"].encode())
    assert 6 == len(told["entries"])


def test_numbers_and_file_names_that_collide_are_kept_apart(tmp_path: Path) -> None:
    made = export_archive(tmp_path / "a")
    made.letter(number="2021/00017")
    made.letter(number="2021-00017")
    made.letter(number="CON")
    made.archive.sign_head()
    write(made, tmp_path / "sip")
    folders = {path.name for path in (tmp_path / "sip").iterdir()}
    assert {"2021-00017", "2021-00017-2", "2021-00017-3", "bestand-CON"} <= folders
    assert 0 == lint.lint(tmp_path / "sip").counts["error"]


def test_a_folder_with_something_in_it_is_refused_and_an_empty_one_is_taken(made: Exported, tmp_path: Path) -> None:
    (tmp_path / "sip").mkdir()
    write(made, tmp_path / "sip")
    with pytest.raises(UsageError):
        write(made, tmp_path / "sip")


def test_a_full_disk_leaves_nothing_that_looks_like_a_sip(
    made: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0

    def full(descriptor: int, data: bytes) -> None:
        nonlocal written
        written += 1
        if written > 9:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write", full)
    with pytest.raises(WriteFailedError, match="no space left"):
        write(made, tmp_path / "sip")
    assert [] == list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_not_taken_for_a_sip(made: Exported, tmp_path: Path) -> None:
    (tmp_path / "sip.unfinished" / target.PACKAGE).mkdir(parents=True)
    (tmp_path / "sip.unfinished" / target.PACKAGE / "half").write_bytes(b"x")
    write(made, tmp_path / "sip")
    assert ["sip"] == [path.name for path in tmp_path.iterdir()]


def test_all_records_that_cannot_go_are_named_before_anything_is_written(made: Exported, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        write(made, tmp_path / "sip", [made.streams[0], made.archive.stream, made.signer.stream])
    assert made.archive.stream in str(caught.value)
    assert made.signer.stream in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def test_a_document_that_is_gone_or_changed_ends_the_export(tmp_path: Path) -> None:
    made = export_archive(tmp_path / "a")
    document = min((tmp_path / "a" / "archive" / "documents").rglob("*.bin"))
    content = document.read_bytes()
    document.write_bytes(b"x" + content[1:])
    with pytest.raises(CorruptError):
        write(made, tmp_path / "sip")
    document.unlink()
    with pytest.raises(LossError):
        write(made, tmp_path / "sip")
    assert not (tmp_path / "sip").exists()


def test_an_entry_beyond_the_signed_head_is_not_exported_without_proof(tmp_path: Path) -> None:
    made = export_archive(tmp_path / "a")
    made.letter(number="2021-00019")
    with pytest.raises(NotFoundError, match="no signed head covers"):
        write(made, tmp_path / "sip")


@pytest.mark.slow
def test_many_records_are_written_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip, "BATCH", 7)
    made = export_archive(tmp_path / "a")
    for number in range(40):
        made.letter(number=f"2022-{number:05}")
    made.archive.sign_head()
    assert 43 == write(made, tmp_path / "sip").informatieobjecten
    assert 0 == lint.lint(tmp_path / "sip").counts["error"]


@given(st.text(max_size=400))
def test_a_cleaned_name_is_one_that_the_linter_takes(name: str) -> None:
    made = names.clean(name)
    assert [] == list(names.faults(made))
    assert names.sidecar(made) is None
    assert names.clean(made) == made


def test_every_metadata_file_reads_back(made: Exported, tmp_path: Path) -> None:
    write(made, tmp_path / "sip")
    for name, content in files(tmp_path / "sip").items():
        if names.sidecar(name):
            assert content == mdto.write(mdto.read(content))
