"""A folder or a ZIP that is written appears whole, by one writer, and takes away nothing of anybody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from archief.errors import UsageError
from archief.exports import target, zip_file


def test_what_somebody_put_beside_it_stays(tmp_path: Path) -> None:
    mine = tmp_path / "sip.unfinished" / "mine.txt"
    mine.parent.mkdir()
    mine.write_bytes(b"x")
    with target.folder(tmp_path / "sip") as made:
        made.put("a.txt", b"a")
    assert [b"x"] == [path.read_bytes() for path in mine.parent.iterdir()]
    assert ["a.txt"] == [path.name for path in (tmp_path / "sip").iterdir()]


def test_two_do_not_write_one_folder_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "WAIT_SECONDS", 0.01)
    with target.folder(tmp_path / "sip") as made:
        made.put("a.txt", b"a")
        with pytest.raises(UsageError, match="somebody else"), target.folder(tmp_path / "sip"):
            pass
        made.put("b.txt", b"b")
    assert ["a.txt", "b.txt"] == sorted(path.name for path in (tmp_path / "sip").iterdir())
    assert ["sip"] == [path.name for path in tmp_path.iterdir()]


def test_a_zip_takes_away_nothing_of_anybody_else(tmp_path: Path) -> None:
    mine = tmp_path / "a.zip.unfinished" / "mine.txt"
    mine.parent.mkdir()
    mine.write_bytes(b"x")
    with zip_file.packed(tmp_path / "a.zip") as made:
        made.put("a.txt", b"a")
    assert ["a.zip", "a.zip.unfinished"] == sorted(path.name for path in tmp_path.iterdir())
    assert [mine] == list(mine.parent.iterdir())
