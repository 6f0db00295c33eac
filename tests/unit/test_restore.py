"""What comes back from a back-up: all that the newest log still allows, and nothing that it says is gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archief.backups import restoring
from archief.draft import draft
from archief.errors import CorruptError, ForkError, NotFoundError, TailError
from archief.log import Log
from archief.storage import base
from tests.backups import (
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
    restore,
    template,
)
from tests.founding import Founded, faults

__all__ = ["made", "place", "template"]

PAYLOAD, LOG = "payload/000000000000.jsonl", "log/000000000000.jsonl"


def changed(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def test_what_comes_back_is_the_archive_byte_for_byte(made: Founded, place: Path, tmp_path: Path) -> None:
    brought = restore(place, tmp_path / "terug")
    assert (5, 1, []) == (brought.payloads, brought.documents, brought.missing)
    assert files(tmp_path / "events") == files(tmp_path / "terug")
    assert [] == faults(local(tmp_path / "terug"))


def test_a_plain_copy_of_an_archive_will_do(made: Founded, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "events", tmp_path / "usb")
    restore(tmp_path / "usb", tmp_path / "terug")
    assert files(tmp_path / "events") == files(tmp_path / "terug")


def test_what_was_destroyed_after_the_back_up_stays_destroyed(made: Founded, place: Path, tmp_path: Path) -> None:
    seqs = destroy(made, letter_of(made))
    made.sign_head()
    brought = restore(place, tmp_path / "terug", [tmp_path / "events"])
    assert (len(seqs), 1, []) == (brought.left_out, len(brought.destroyed), brought.missing)
    assert [] == anywhere(SUBJECT.encode(), tmp_path / "terug") + anywhere(SECRET[:20], tmp_path / "terug")
    assert files(tmp_path / "events") == files(tmp_path / "terug")


def test_with_the_log_alone_what_came_after_the_back_up_is_told_as_missing(
    made: Founded, place: Path, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "events" / "documents")
    later = made.append(made.letter("Later"), made.letter("Later"))
    shutil.rmtree(tmp_path / "events" / "payload")
    brought = restore(place, tmp_path / "terug", [tmp_path / "events"])
    assert list(later.seqs) == brought.missing
    assert {"loss"} == {fault.grade for fault in brought.faults}
    assert made.journal.size == Log(local(tmp_path / "terug")).size, "the newest log came back"


def test_what_the_back_up_lacks_comes_from_another_place(made: Founded, place: Path, tmp_path: Path) -> None:
    backup(made.storage, tmp_path / "tweede")
    changed(place / "archive" / PAYLOAD, b"Blijft", b"Blijfd")
    changed(next((place / "archive" / "documents").glob("*/*.bin")), SECRET[:8], b"Beste ra")
    brought = restore(place, tmp_path / "terug", [tmp_path / "tweede"])
    assert ({"payload-changed", "document-changed"}, []) == ({fault.kind for fault in brought.faults}, brought.missing)
    assert files(tmp_path / "events") == files(tmp_path / "terug")


def test_a_destruction_under_way_is_no_loss(made: Founded, place: Path, tmp_path: Path) -> None:
    destroy(made, letter_of(made), close=False)
    (tmp_path / "events" / "log").rename(tmp_path / "log")
    (tmp_path / "rest").mkdir()
    (tmp_path / "log").rename(tmp_path / "rest" / "log")
    brought = restore(place, tmp_path / "terug", [tmp_path / "rest"])
    assert 0 == brought.left_out, "it is not closed: it goes on with `destroy execute`"
    assert anywhere(SUBJECT.encode(), tmp_path / "terug")


def test_the_newest_log_counts_wherever_it_lies_and_the_newest_head(made: Founded, place: Path, tmp_path: Path) -> None:
    other = tmp_path / "tweede"
    made.append(draft("role_granted.v1", made.archivaris.stream, {"role": "griffie"}))
    made.sign_head()
    backup(made.storage, other)
    shutil.rmtree(other / "archive" / "payload")
    brought = restore(place, tmp_path / "terug", [other])
    assert ([], made.journal.size) == (brought.missing, Log(local(tmp_path / "terug")).size)
    assert made.storage.read_public("checkpoint") == (tmp_path / "terug" / "public" / "checkpoint").read_bytes()


def test_two_histories_are_not_mixed(template: Founded, made: Founded, place: Path, tmp_path: Path) -> None:
    other = again(template, tmp_path / "ander")
    other.append(other.letter("Anders"))
    made.append(made.letter("Later"), made.letter("Later"))
    backup(made.storage, place)
    with pytest.raises(ForkError, match="another history"):
        restore(place, tmp_path / "terug", [tmp_path / "ander"])
    assert not (tmp_path / "terug").exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "kind"),
    [
        (PAYLOAD, b"Blijft", b"Blijfd", "payload-changed"),
        (PAYLOAD, b"}\n", b"} ", "payload-changed"),
        ("documents", SECRET[:8], b"Beste ra", "document-changed"),
    ],
)
def test_damage_in_the_back_up_is_named_and_the_rest_comes_back(
    place: Path, tmp_path: Path, name: str, old: bytes, new: bytes, kind: str
) -> None:
    path = place / "archive" / name
    path = next(path.glob("*/*.bin")) if path.is_dir() else path
    changed(path, old, new)
    brought = restore(place, tmp_path / "terug")
    assert kind in {fault.kind for fault in brought.faults}
    assert {str(path)} == {fault.file for fault in brought.faults}
    assert brought.missing
    report = faults(local(tmp_path / "terug"))
    assert len(brought.missing) == len(report)
    assert all("missing" in one for one in report), "nothing damaged came back"


def test_a_log_that_is_damaged_stops_it_and_another_copy_of_it_helps(
    made: Founded, place: Path, tmp_path: Path
) -> None:
    log = place / "archive" / LOG
    changed(log, b'"role":"behandelaar"', b'"role":"archivaris2"')
    with pytest.raises((CorruptError, TailError)):
        restore(place, tmp_path / "terug")
    assert not list(tmp_path.glob("terug*"))
    made.append(made.letter("Later"))
    restore(place, tmp_path / "terug", [tmp_path / "events"])
    assert files(tmp_path / "events") == files(tmp_path / "terug")


def test_a_log_whose_end_cannot_be_read_is_passed_over(made: Founded, place: Path, tmp_path: Path) -> None:
    log = place / "archive" / LOG
    log.write_bytes(b"\n".join(line for line in log.read_bytes().split(b"\n") if b"commit.v1" not in line))
    best, failed = restoring.newest([place, tmp_path / "events"])
    assert ([place], tmp_path / "events") == (list(failed), best.place)


def test_a_damaged_tile_is_left_out_and_a_damaged_head_too(place: Path, tmp_path: Path) -> None:
    tile = next((place / "archive" / "public" / "tile").rglob("*.p/*"))
    tile.write_bytes(bytes(len(tile.read_bytes())))
    changed(place / "archive" / "public" / "checkpoint", b"\n12\n", b"\n13\n")
    brought = restore(place, tmp_path / "terug")
    assert ["public/checkpoint", tile.relative_to(place / "archive").as_posix()] == brought.dropped
    assert not (tmp_path / "terug" / "public" / "checkpoint").exists()
    assert [] == faults(local(tmp_path / "terug"))


def test_a_back_up_killed_between_its_parts_comes_back_as_far_as_its_log(
    made: Founded, place: Path, tmp_path: Path
) -> None:
    old = (place / "archive" / LOG).read_bytes()
    made.append(made.letter("Later", [b"bijlage"]))
    backup(made.storage, place)
    (place / "archive" / LOG).write_bytes(old)
    brought = restore(place, tmp_path / "terug")
    assert (5, 1, []) == (brought.payloads, brought.documents, brought.missing)
    assert [] == faults(local(tmp_path / "terug"))
    assert 12 == base.read_tail(local(tmp_path / "terug")).size


def test_a_folder_without_a_log_is_no_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no back-up"):
        restore(tmp_path, tmp_path / "terug")
