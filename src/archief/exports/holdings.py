"""What the projections say of letters, their files and the people in them, as exports need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archief.errors import LossError
from archief.log import Log

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Archive(NamedTuple):
    """Whose archive it is.

    Attributes:
        origin: the log's name.
        organisation: the zorgdrager; the log's name where nobody knows any more.
        test: whether it is a test archive.
    """

    origin: str
    organisation: str
    test: bool


class Letter(NamedTuple):
    """A letter as it reads now; the columns of the projection ``letter``, dates as text.

    ``number_is_unique``: no other letter has its number (those that were taken over may repeat).
    """

    stream: str
    number: str | None
    status: str
    kind: str | None
    organ: str | None
    organisation: str | None
    sender: str | None
    addressee: str | None
    subject: str | None
    handled_by: str | None
    date: str | None
    number_is_unique: bool


class File(NamedTuple):
    """A file of a record; the columns of the projection ``document``."""

    stream: str
    seq: int
    time: str
    id: str
    name: str
    media_type: str
    pronom: str | None
    sha256: str
    size: int


class Signature(NamedTuple):
    """An ondertekening; the columns of the projection ``signature`` that a description needs."""

    stream: str
    seq: int
    signatory: str
    role: str
    name_shown: str | None


def archive(log: Log) -> Archive:
    """Whose archive this is, by its first event."""
    founded = log.event(0)
    try:
        data = log.payload(founded)
    except LossError:
        data = None
    return Archive(log.origin, data.organisation if data is not None else log.origin, bool(founded.facts.test))


def letters(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, Letter]:
    """Letters by their stream; a stream that is no letter is left out."""
    rows = database.execute(
        "select cast(stream as varchar), number, status, kind, organ, organisation, sender, addressee, subject,"
        " handled_by, cast(date as varchar),"
        " (select count(*) from letter as other where other.number = letter.number) = 1"
        " from letter where stream in (select cast(unnest(?) as uuid))",
        [list(streams)],
    ).fetchall()
    return {row[0]: Letter(*row) for row in rows}


def files(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, list[File]]:
    """The files of each record that are still here, in the order of their entries."""
    rows = database.execute(
        "select cast(stream as varchar), seq, strftime(time, '%Y-%m-%dT%H:%M:%SZ'), id, name, media_type, pronom,"
        " sha256, size from document where stream in (select cast(unnest(?) as uuid)) order by seq, id",
        [list(streams)],
    ).fetchall()
    found: dict[str, list[File]] = {stream: [] for stream in streams}
    for row in rows:
        found[row[0]].append(File(*row))
    return found


def signatures(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, list[Signature]]:
    """The signatures under the present version of each record, in order."""
    rows = database.execute(
        "select cast(stream as varchar), seq, cast(signatory as varchar), role, name_shown from signature"
        " where current and stream in (select cast(unnest(?) as uuid)) order by seq",
        [list(streams)],
    ).fetchall()
    found: dict[str, list[Signature]] = {stream: [] for stream in streams}
    for row in rows:
        found[row[0]].append(Signature(*row))
    return found


def names(database: DuckDBPyConnection) -> Mapping[str, str]:
    """The names of the people that the log knows, by stream; those that are erased are left out."""
    rows = database.execute("select cast(stream as varchar), name from person where name is not null").fetchall()
    return dict(rows)
