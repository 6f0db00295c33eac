"""What this machine wrote outside of the archive is known from its first byte on, until nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archief.cli import exported
from archief.cli.exported import Exported, Sought
from archief.cli.session import Session
from archief.errors import WriteFailedError
from archief.exports import target

ORIGIN = "archief.example.nl/1"
ONE, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session({"HOME": str(tmp_path), "ARCHIEF_STATE": str(tmp_path / "state")})


def holding(session: Session, stream: str = ONE, opened: int = 3) -> list[Exported]:
    return list(exported.holding(session, ORIGIN, Sought([stream], opened)))


def test_a_copy_is_known_by_its_records_and_one_of_all_by_the_time_it_was_made(
    session: Session, tmp_path: Path
) -> None:
    with exported.noted(session, ORIGIN, 12, "evidence", tmp_path / "bewijs", [ONE]):
        (tmp_path / "bewijs").mkdir()
    with exported.noted(session, ORIGIN, 12, "report", tmp_path / "rapport.html", None):
        (tmp_path / "rapport.html").write_text("alle brieven")
    assert ["evidence", "report"] == [one.kind for one in holding(session)]
    assert ["report"] == [one.kind for one in holding(session, OTHER, opened=11)]
    assert [] == holding(session, OTHER, opened=12)


def write(session: Session, place: Path, *steps: Callable[[], object]) -> None:
    """Write a folder, with something that happens in between."""
    with exported.noted(session, ORIGIN, 12, "sip", place, [ONE]), target.folder(place) as made:
        made.put("Z-1/brief.txt", b"Geachte")
        for step in steps:
            step()
        made.put("Z-2/brief.txt", b"Geachte")


def test_it_is_known_while_it_is_written_and_forgotten_when_nothing_of_it_is_left(
    session: Session, tmp_path: Path
) -> None:
    place, seen = tmp_path / "sip", []

    def fail() -> None:
        seen.extend(holding(session))
        assert [tmp_path / "sip.unfinished"] == seen[0].leftovers
        raise WriteFailedError("the disk is full")

    with pytest.raises(WriteFailedError):
        write(session, place, fail)
    assert [True] == [one.unfinished for one in seen]
    assert [] == holding(session)


def test_a_run_that_was_killed_stays_known_until_its_leftovers_are_gone(session: Session, tmp_path: Path) -> None:
    place = tmp_path / "sip"

    def killed() -> None:
        (tmp_path / "sip.unfinished").rename(tmp_path / "sip.0a1b2c3d.tmp")
        (tmp_path / "sip.unfinished.vanmij").mkdir()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(session, place, killed)
    (found,) = holding(session)
    assert [tmp_path / "sip.0a1b2c3d.tmp"] == found.leftovers
    for left in found.leftovers:
        target.throw_away(left)
    with exported.noted(session, ORIGIN, 13, "sip", place, [OTHER]), target.folder(place) as made:
        made.put("pakbon.xml", b"<pakbon/>")
    assert [] == holding(session)
    assert [True] == [exported.stands(one) for one in holding(session, OTHER)]


def test_a_writer_whose_folder_was_taken_away_ends_in_an_error(session: Session, tmp_path: Path) -> None:
    place = tmp_path / "sip"

    def taken_away() -> None:
        for left in target.leftovers(place):
            target.throw_away(left)

    with pytest.raises(WriteFailedError):
        write(session, place, taken_away)
    assert not any(tmp_path.glob("sip*"))


def test_what_somebody_put_in_its_place_is_not_taken_for_it(session: Session, tmp_path: Path) -> None:
    place = tmp_path / "brief.pdf"
    with exported.noted(session, ORIGIN, 12, "rendition", place, [ONE]):
        place.write_bytes(b"%PDF-1.7")
    (found,) = holding(session)
    assert exported.stands(found)
    place.unlink()
    place.write_bytes(b"iets anders van iemand")
    assert not exported.stands(found)


def test_a_file_that_is_written_over_is_known_once(session: Session, tmp_path: Path) -> None:
    place = tmp_path / "rapport.csv"
    for size in (12, 13):
        with exported.noted(session, ORIGIN, size, "report", place, None):
            place.write_text(f"stand {size}")
    assert [13] == [one.size for one in holding(session)]


def test_a_destroyed_record_is_forgotten_and_copies_of_the_whole_archive_are_not(
    session: Session, tmp_path: Path
) -> None:
    for kind, streams in (("evidence", [ONE]), ("sip", [ONE, OTHER]), ("report", None)):
        with exported.noted(session, ORIGIN, 12, kind, tmp_path / kind, streams):  # type: ignore[arg-type]
            (tmp_path / kind).write_text("x")
    exported.forget(session, ORIGIN, [ONE])
    assert ["report"] == [one.kind for one in holding(session)]
    assert ["sip", "report"] == [one.kind for one in holding(session, OTHER)]
