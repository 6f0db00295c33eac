"""A back-up holds what the archive holds, no more and no less, and says when it cannot."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from archief import canonical
from archief.backups import folder as folders
from archief.backups.copying import Copying
from archief.backups.folder import Folder
from archief.cli.care import backups
from archief.cli.session import Session
from archief.draft import draft
from archief.errors import (
    ArchiveInUseError,
    ConflictError,
    CorruptError,
    ForkError,
    MalformedError,
    NotFoundError,
    RollbackError,
    UsageError,
    WriteFailedError,
)
from archief.log import Log
from archief.storage.base import Erased
from archief.storage.local import LocalStorage
from archief.storage.memory import MemoryStorage
from tests.backups import (
    NAME,
    SECRET,
    SUBJECT,
    again,
    anywhere,
    backup,
    destroy,
    files,
    letter_of,
    local,
    made,
    place,
    template,
)
from tests.founding import Founded, faults, found

__all__ = ["made", "place", "template"]

PAYLOAD, LOG = "payload/000000000000.jsonl", "log/000000000000.jsonl"


def flip(path: Path, at: int = -40) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_back_up_is_the_archive_byte_for_byte_and_verifies(made: Founded, place: Path, tmp_path: Path) -> None:
    assert files(tmp_path / "events") == files(place / "archive")
    assert [] == faults(local(place / "archive"))
    manifest = Folder(place).manifest
    assert manifest is not None
    assert (made.journal.size, made.journal.root().hex(), 5, 1) == (
        manifest.size, manifest.root, manifest.payloads, manifest.documents
    )  # fmt: skip


def test_a_second_run_copies_what_changed_and_nothing_else(made: Founded, place: Path) -> None:
    before = {one: one.stat().st_ino for one in (place / "archive").rglob("*") if one.is_file()}
    told = backup(made.storage, place)
    assert (0, 0, 0) == (told.copied_payloads, told.copied_documents, told.copied_bytes)
    assert before == {one: one.stat().st_ino for one in (place / "archive").rglob("*") if one.is_file()}
    made.append(made.letter("Nieuw", [b"bijlage"]))
    more = backup(made.storage, place)
    assert (1, 1) == (more.copied_payloads, more.copied_documents)
    assert all(number == one.stat().st_ino for one, number in before.items() if one.suffix == ".bin")
    assert [] == faults(local(place / "archive"))


def test_a_dry_run_counts_and_writes_nothing(made: Founded, tmp_path: Path) -> None:
    told = backup(made.storage, tmp_path / "kopie", dry=True)
    assert (5, 1) == (told.copied_payloads, told.copied_documents)
    assert not (tmp_path / "kopie").exists()


def test_an_append_under_way_does_not_get_into_a_back_up(made: Founded, tmp_path: Path) -> None:
    payload, log = tmp_path / "events" / PAYLOAD, tmp_path / "events" / LOG
    stop = made.journal.size
    payload.write_bytes(payload.read_bytes() + b'{"data":{},"salt":"%s","seq":%d}\n' % (b"A" * 43 + b"=", stop))
    log.write_bytes(log.read_bytes() + b'{"facts":{}')
    backup(local(tmp_path / "events"), tmp_path / "kopie")
    assert [] == faults(local(tmp_path / "kopie" / "archive"))


def test_what_is_destroyed_is_erased_from_the_back_up(made: Founded, place: Path) -> None:
    assert anywhere(SUBJECT.encode(), place)
    (document,) = made.storage.document_ids()
    destroy(made, letter_of(made))
    told = backup(made.storage, place)
    assert 3 == told.erased, "two payloads and a document"
    assert [] == anywhere(SUBJECT.encode(), place) + anywhere(SECRET[:20], place)
    assert document not in set(local(place / "archive").document_ids())
    assert [] == faults(local(place / "archive"))


def test_what_was_put_back_though_destroyed_gets_into_no_back_up(made: Founded, tmp_path: Path) -> None:
    path = tmp_path / "events" / PAYLOAD
    before = path.read_bytes()
    destroy(made, letter_of(made))
    path.write_bytes(before + b"".join(line for line in path.read_bytes().splitlines(True) if line not in before))
    assert anywhere(SUBJECT.encode(), path.parent)
    backup(local(tmp_path / "events"), tmp_path / "kopie")
    assert [] == anywhere(SUBJECT.encode(), tmp_path / "kopie")


def test_payloads_of_entries_are_erased_in_a_back_up_on_request(made: Founded, place: Path) -> None:
    seqs = destroy(made, letter_of(made))
    assert Erased(2, 1) == folders.erase(place, seqs)
    assert [] == anywhere(SUBJECT.encode(), place) + anywhere(SECRET[:20], place)
    assert Erased(0, 0) == folders.erase(place, seqs), "again changes nothing"
    backup(made.storage, place)
    assert [] == faults(local(place / "archive"))


def test_what_a_reader_of_the_copy_kept_of_it_goes(made: Founded, place: Path) -> None:
    (place / "archive" / "cache").mkdir()
    (place / "archive" / "cache" / "state.duckdb").write_bytes(SECRET)
    folders.erase(place, destroy(made, letter_of(made)))
    assert [] == anywhere(SECRET[:20], place)


def test_erasing_where_no_back_up_is_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path / "weg", tmp_path):
        with pytest.raises(NotFoundError, match="no back-up"):
            folders.erase(folder, [1])


@pytest.mark.parametrize("name", [PAYLOAD, LOG, "public/checkpoint"])
def test_damage_in_the_back_up_is_mended_by_the_next(made: Founded, place: Path, name: str) -> None:
    flip(place / "archive" / name)
    told = backup(made.storage, place)
    assert told.mended == [name] or name.startswith("public")
    assert [] == faults(local(place / "archive"))


def test_a_document_that_was_cut_in_the_back_up_is_copied_again(made: Founded, place: Path) -> None:
    (document,) = (place / "archive" / "documents").glob("*/*.bin")
    document.write_bytes(b"half")
    told = backup(made.storage, place)
    assert [f"documents/{document.parent.name}/{document.name}"] == told.mended
    assert SECRET == document.read_bytes()


def test_what_is_damaged_or_gone_in_the_archive_is_named_and_stays_whole_in_the_back_up(
    made: Founded, place: Path, tmp_path: Path
) -> None:
    good = files(place / "archive")
    events = tmp_path / "events"
    payload = (events / PAYLOAD).read_bytes()
    at = payload.index(b"Blijft")
    (events / PAYLOAD).write_bytes(payload.replace(b"Blijft", b"Blijfd"))
    (document,) = (events / "documents").glob("*/*.bin")
    document.unlink()
    told = backup(local(events), place)
    assert {"payload-missing", "document-missing"} == {fault.kind for fault in told.faults}
    assert all("the back-up has it" in fault.what for fault in told.faults)
    assert payload[:at].count(b"\n") + 1 in [fault.line for fault in told.faults]
    assert good == files(place / "archive")


def test_an_archive_whose_log_is_damaged_is_not_copied(made: Founded, place: Path, tmp_path: Path) -> None:
    good = files(place)
    flip(tmp_path / "events" / LOG, 200)
    with pytest.raises(CorruptError, match="the last commit"):
        backup(local(tmp_path / "events"), place)
    assert good == files(place)


def test_a_back_up_that_is_ahead_is_left_alone(template: Founded, made: Founded, place: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    again(template, older)
    made.append(made.letter("Later"))
    backup(made.storage, place)
    good = files(place)
    with pytest.raises(RollbackError, match="ahead"):
        backup(local(older), place)
    assert good == files(place)


def test_a_back_up_of_another_history_is_left_alone(
    template: Founded, made: Founded, place: Path, tmp_path: Path
) -> None:
    other = again(template, tmp_path / "other")
    other.append(other.letter("Anders"))
    made.append(made.letter("Later"))
    backup(made.storage, place)
    good = files(place)
    other.append(other.letter("Nog een"))
    with pytest.raises(ForkError, match="another history"):
        backup(other.storage, place)
    assert good == files(place)


def test_a_copy_that_somebody_appended_to_is_left_alone(made: Founded, place: Path) -> None:
    from archief.journal import Journal

    stray = Journal(LocalStorage(place / "archive"))
    made.append(made.letter("In de kopie"), journal=stray)
    stray.close()
    with pytest.raises(RollbackError, match="ahead"):
        backup(made.storage, place)
    made.append(made.letter("Later"), made.letter("Later"))
    with pytest.raises(ForkError):
        backup(made.storage, place)


def test_a_back_up_of_another_archive_is_left_alone(place: Path) -> None:
    manifest = Folder(place).manifest
    assert manifest is not None
    path = place / "backup.json"
    path.write_bytes(path.read_bytes().replace(b"voorbeeld.nl/5f0c91d2", b"voorbeeld.nl/00000000"))
    with pytest.raises(ForkError, match="the back-up is of"):
        backup(found(MemoryStorage()).storage, place)


def test_a_folder_that_is_no_back_up_or_a_damaged_one_is_left_alone(place: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no back-up"):
        Folder(tmp_path / "events")
    (place / "backup.json").write_bytes(b"{}")
    with pytest.raises(MalformedError, match="description"):
        Folder(place)


@pytest.mark.parametrize(
    "other",
    [{"id": "Jan Jansen"}, {"id": ""}, {"root": "zz"}, {"expires": "gisteren"}, {"expires": "20270101"}, {"size": -1}],
)
def test_a_description_that_says_what_none_says_is_damaged(place: Path, other: dict[str, Any]) -> None:
    path = place / "backup.json"
    path.write_bytes(canonical.encode({**json.loads(path.read_bytes()), **other}) + b"\n")
    with pytest.raises(MalformedError, match="description"):
        Folder(place)


@pytest.mark.parametrize("name", ["", "log", "payload", "documents", "public", "cache"])
def test_a_back_up_with_a_link_in_place_of_a_folder_changes_nothing_elsewhere(
    made: Founded, place: Path, tmp_path: Path, name: str
) -> None:
    stray = tmp_path / "elsewhere" / "ab" / "ab3f19c2ab3f19c2ab3f19c2ab3f19c2.bin"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    (tmp_path / "elsewhere" / "x.tmp").write_bytes(b"x")
    (place / "archive" / name).exists() and (place / "archive" / name).rename(tmp_path / "moved")
    (place / "archive" / name).symlink_to(tmp_path / "elsewhere")
    before = files(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="a link stands"):
        backup(made.storage, place)
    assert before == files(tmp_path / "elsewhere")


def test_a_copy_of_a_back_up_is_one_more_and_one_that_was_moved_is_the_same(
    made: Founded, place: Path, tmp_path: Path
) -> None:
    session = Session({"ARCHIEF_STATE": str(tmp_path / "state"), "HOME": str(tmp_path)})
    manifest, log = Folder(place).manifest, Log(made.storage)
    assert manifest is not None

    def places() -> set[str]:
        known = backups.known(session, log, made.journal.authority, dt.date(2026, 3, 2))
        return {Path(one.place).name for one in known}

    backups.note(session, manifest, place)
    shutil.copytree(place, tmp_path / "twin")
    backups.note(session, manifest, tmp_path / "twin")
    assert {place.name, "twin"} == places()
    (tmp_path / "twin").rename(tmp_path / "moved")
    backups.note(session, manifest, tmp_path / "moved")
    assert {place.name, "moved"} == places()


def test_two_do_not_use_one_back_up_at_once(made: Founded, place: Path) -> None:
    with Folder(place).locked(), pytest.raises(ArchiveInUseError):
        backup(made.storage, place)


def test_a_disk_that_gives_back_something_else_is_not_trusted(
    made: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "digest_of", lambda path: "00")
    with pytest.raises(WriteFailedError, match="does not read back"):
        backup(made.storage, tmp_path / "kopie")


def test_a_log_that_went_on_under_a_new_name_keeps_its_back_up(made: Founded, place: Path) -> None:
    facts = {
        "origin": "archief.voorbeeld.nl/77aa01b3",
        "origin_old": made.journal.authority.origin,
        "size": made.journal.size,
        "root": made.journal.root().hex(),
    }
    made.append(draft("log_continued.v1", made.stream, facts))
    backup(made.storage, place)
    manifest = Folder(place).manifest
    assert manifest is not None
    assert ("archief.voorbeeld.nl/77aa01b3", NAME) == (manifest.origin, manifest.id)


def test_what_is_destroyed_while_it_is_copied_is_no_loss_and_the_next_run_knows(
    made: Founded, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Copying._payloads

    def slow(self: Copying, part: Any) -> None:
        monkeypatch.undo()
        destroy(made, letter_of(made))
        copied(self, part)

    monkeypatch.setattr(Copying, "_payloads", slow)
    with pytest.raises(ConflictError, match="while it was copied"):
        backup(made.storage, place)
    assert [] == backup(made.storage, place).faults
    assert [] == anywhere(SUBJECT.encode(), place)


def test_people_append_while_it_is_copied(made: Founded, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied, size = Copying._payloads, made.journal.size

    def slow(self: Copying, part: Any) -> None:
        made.append(made.letter("Ondertussen", [b"bijlage"]))
        made.sign_head()
        copied(self, part)

    monkeypatch.setattr(Copying, "_payloads", slow)
    told = backup(made.storage, place)
    assert (size, []) == (told.size, told.faults)
    assert [] == faults(local(place / "archive"))
    assert [] == anywhere(b"Ondertussen", place)
