"""A state file that somebody else made is not believed further than its form, its owner and its mode go."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from archief.log import Log
from archief.projections import state, tables
from archief.projections.projector import Projector
from archief.storage.local import LocalStorage
from tests.founding import folder, found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "archive"
    made = found(folder(path))
    made.append(made.letter("Een"))
    made.journal.close()
    projector(path).replay()
    return path


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> Path:
    """An archive with a letter and a current state."""
    shutil.copytree(template, tmp_path / "archive")
    assert "current" == projector(tmp_path / "archive").status().kind
    return tmp_path / "archive"


def projector(archive: Path) -> Projector:
    return Projector(Log(LocalStorage(archive)), archive / "cache")


def forge(archive: Path, *statements: str) -> None:
    with duckdb.connect(archive / "cache" / "state.duckdb") as connection:
        for statement in statements:
            connection.execute(statement)


def subjects(archive: Path) -> list[tuple[str]]:
    with projector(archive).connect() as connection:
        return connection.execute("select upper(subject) from letter").fetchall()


def test_the_comments_name_every_column_that_a_state_has(archive: Path) -> None:
    with state.open_file(archive / "cache" / "state.duckdb") as connection:
        assert tables.expected() == tables.held(connection)


@pytest.mark.parametrize(
    "statements",
    [
        ("alter table letter rename to kept", "create view letter as select * from kept"),
        ("create table extra (name varchar)",),
        ("create view extra as select 1 as name",),
        ("alter table letter add column extra varchar",),
        ("alter table role drop column role",),
        ("create schema other", "create table other.letter as select * from letter"),
        (
            "drop table voided_number",
            "create table voided_number (stream uuid, seq bigint, number varchar, reason varchar as ('forged'))",
        ),
        ("alter table state rename to kept", "create view state as select * from kept"),
        ("drop table state",),
        ("delete from state",),
        ("update state set size = -1",),
        ("alter table state alter column size type varchar",),
    ],
)
def test_a_state_of_another_form_is_damaged(archive: Path, statements: tuple[str, ...]) -> None:
    forge(archive, *statements)
    assert "damaged" == projector(archive).status().kind


def test_a_damaged_state_is_made_again(archive: Path) -> None:
    forge(archive, "alter table letter rename to kept", "create view letter as select 'forged' as subject")
    assert [("EEN",)] == subjects(archive)
    assert "current" == projector(archive).status().kind


def test_functions_that_a_state_brings_along_are_not_what_a_question_means(archive: Path) -> None:
    forge(archive, "create macro upper(text) as 'FORGED'", "create macro count() as 42")
    assert [("EEN",)] == subjects(archive)
    with projector(archive).connect() as connection:
        assert [(1,)] == connection.execute("select count(*) from letter").fetchall()


def test_a_state_that_others_may_write_is_made_again_and_closed_to_them(archive: Path) -> None:
    path = archive / "cache" / "state.duckdb"
    path.chmod(0o666)
    assert "damaged" == projector(archive).status().kind
    before = os.umask(0)
    try:
        assert [("EEN",)] == subjects(archive)
    finally:
        os.umask(before)
    assert not path.stat().st_mode & stat.S_IWOTH
    assert "current" == projector(archive).status().kind


@pytest.mark.slow
@pytest.mark.parametrize("name", ["state.duckdb", "state.duckdb.wal"])
def test_what_is_no_plain_file_is_not_opened(archive: Path, tmp_path: Path, name: str) -> None:
    path = archive / "cache" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert [("EEN",)] == subjects(archive)
    path.unlink(missing_ok=True)
    (tmp_path / "elsewhere").write_bytes(b"")
    path.symlink_to(tmp_path / "elsewhere")
    assert [("EEN",)] == subjects(archive)
    assert "current" == projector(archive).status().kind


def test_a_question_reaches_nothing_else_and_holds_no_more_memory_than_is_allowed(archive: Path) -> None:
    with projector(archive).connect() as connection:
        with pytest.raises(duckdb.PermissionException):
            connection.execute("select * from read_text('/etc/hostname')")
        with pytest.raises(duckdb.Error, match="locked"):
            connection.execute("set memory_limit = '100GB'")
        with pytest.raises(duckdb.Error):
            connection.execute("insert into letter (number) values ('1')")
        (limit,) = connection.execute("select current_setting('memory_limit')").fetchone() or ("",)
        assert "953.6 MiB" == limit


def test_a_folder_for_one_person_gets_a_file_for_one_person(archive: Path) -> None:
    (archive / "cache").chmod(0o700)
    projector(archive).replay(full=True)
    assert 0o600 == stat.S_IMODE((archive / "cache" / "state.duckdb").stat().st_mode)
