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


class Dossier(NamedTuple):
    """A dossier as it stands now; columns of the projection ``dossier``, dates as text."""

    stream: str
    number: str | None
    title: str | None
    organ: str | None
    opened: str | None
    closed: str | None
    number_is_unique: bool


class Valuation(NamedTuple):
    """What is decided on how long a dossier, or a letter in dossiers, is kept.

    Attributes:
        waardering: ``B`` or ``V``; None where nothing decides it.
        list, edition, row: the row of the retention list that decides it.
        proces, resultaat, omschrijving: what that row is called.
        looptijd: its bewaartermijn, as an ISO 8601 duration.
        begin, end: the days between which that runs; None where nothing says them yet.
        missing: why there is no date: a word of rules/retention.py.
    """

    waardering: str | None = None
    list: str | None = None
    edition: str | None = None
    row: str | None = None
    proces: str | None = None
    resultaat: str | None = None
    omschrijving: str | None = None
    looptijd: str | None = None
    begin: str | None = None
    end: str | None = None
    missing: str | None = None


class Meeting(NamedTuple):
    """A meeting; columns of the projection ``meeting``, dates as text."""

    stream: str
    kind: str
    date: str
    begin_time: str | None
    end_time: str | None
    title: str | None
    place: str | None


class File(NamedTuple):
    """A file of a record; the columns of the projection ``document``."""

    stream: str
    seq: int
    type: str
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


def dossiers(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, Dossier]:
    """Dossiers by their stream; a stream that is no dossier, or a destroyed one, is left out."""
    rows = database.execute(
        "select cast(stream as varchar), number, title, organ, cast(opened as varchar), cast(closed as varchar),"
        " (select count(*) from dossier as other where other.number = dossier.number) = 1"
        " from dossier where destroyed_seq is null and stream in (select cast(unnest(?) as uuid))",
        [list(streams)],
    ).fetchall()
    return {row[0]: Dossier(*row) for row in rows}


def letters_in(database: DuckDBPyConnection, dossiers: Sequence[str]) -> dict[str, list[str]]:
    """The letters in each dossier that are not destroyed, in the order in which they were put there."""
    rows = database.execute(
        "select cast(filing.dossier as varchar), cast(filing.stream as varchar) from filing join letter using (stream)"
        " where letter.destroyed_seq is null and filing.dossier in (select cast(unnest(?) as uuid))"
        " order by filing.seq",
        [list(dossiers)],
    ).fetchall()
    found: dict[str, list[str]] = {dossier: [] for dossier in dossiers}
    for dossier, letter in rows:
        found[dossier].append(letter)
    return found


_VALUED = """
    list_row.edition, list_row.nummer, list_row.proces, list_row.resultaat, list_row.omschrijving,
    list_row.bewaartermijn, cast(retention.begin_date as varchar) as begin_date,
    cast(retention.action_date as varchar) as action_date
"""


def valuations(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, Valuation]:
    """What is decided on dossiers and letters, by stream; of a letter by the dossier of its that is kept longest."""
    told = (
        f"with told as (select retention.stream, retention.stream as record, retention.waardering, 0 as filed,"  # noqa: S608 - words of ours
        f" retention.missing, retention.list, {_VALUED} from retention"
        " left join list_row on list_row.list = retention.list and list_row.nummer = retention.row"
        " union all select retention.stream, letter.stream, letter.waardering, filing.seq, letter.missing,"
        f" retention.list, {_VALUED} from retention_letter as letter join filing on filing.stream = letter.stream"
        " join retention on retention.stream = filing.dossier and retention.waardering = letter.waardering"
        " left join list_row on list_row.list = retention.list and list_row.nummer = retention.row)"
        " select cast(record as varchar), waardering, list, edition, nummer, proces, resultaat, omschrijving,"
        " bewaartermijn, if(waardering = 'V', begin_date, null), if(waardering = 'V', action_date, null), missing"
        " from told where record in (select cast(unnest(?) as uuid))"
        " qualify row_number() over (partition by record order by action_date desc nulls first, filed) = 1"
    )
    rows = database.execute(told, [list(streams)]).fetchall()
    return {row[0]: Valuation(*row[1:]) for row in rows}


def meetings(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, Meeting]:
    """Meetings by their stream."""
    rows = database.execute(
        "select cast(stream as varchar), kind, cast(date as varchar), begin_time, end_time, title, place from meeting"
        " where stream in (select cast(unnest(?) as uuid))",
        [list(streams)],
    ).fetchall()
    return {row[0]: Meeting(*row) for row in rows}


def files(database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, list[File]]:
    """The files of each record that are still here, in the order of their entries."""
    rows = database.execute(
        "select cast(stream as varchar), seq, type, strftime(time, '%Y-%m-%dT%H:%M:%SZ'), id, name, media_type, pronom,"
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
