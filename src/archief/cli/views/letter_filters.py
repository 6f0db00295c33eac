"""Which letters a person means: the options that ``list`` and ``search`` share."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from archief.cli import moment, records
from archief.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KINDS = ("raadsinformatiebrief", "rondebriefje", "brief")
"""The kinds of letters that every archive knows; an archive may have others."""

STATUSES = ("registered", "received", "signed", "dispatched", "withdrawn", "destroyed")
"""What can become of a letter (projections/letter.sql)."""

COUNT = click.IntRange(min=0, max=1_000_000_000)
"""How many rows a person may ask for: more than any archive holds, and what the database takes."""

_CONDITIONS = {
    "kind": "letter.kind = $kind",
    "year": "year(letter.date) = $year",
    "begin": "letter.date >= $begin",
    "end": "letter.date <= $end",
    "status": "letter.status = $status",
    "dossier": "letter.stream in (select filing.stream from filing where filing.dossier = cast($dossier as uuid))",
    "person": """(
        contains(lower(letter.handled_by), lower($person)) or letter.stream in (
            select signature.stream
            from signature
            left join person on person.stream = signature.signatory
            where contains(lower(concat_ws(' ', signature.name_shown, person.name)), lower($person))
        )
    )""",
}


class Filters(NamedTuple):
    """What was asked for; None where nothing was."""

    kind: str | None = None
    year: int | None = None
    begin: dt.date | None = None
    end: dt.date | None = None
    status: str | None = None
    person: str | None = None
    dossier: str | None = None

    def where(self, database: DuckDBPyConnection) -> tuple[str, dict[str, Any]]:
        """A condition on the table ``letter``, and its values by name; of our own words only.

        Raises:
            UsageError: no letter is of that kind.
            NotFoundError: no dossier answers to that.
            AmbiguousError: several do.
        """
        if self.kind is not None and self.kind not in KINDS:
            _demand_kind(database, self.kind)
        given = {name: value for name, value in self._asdict().items() if value is not None}
        if self.dossier is not None:
            given["dossier"] = _dossier(database, self.dossier)
        return " and ".join(_CONDITIONS[name] for name in given) or "true", given


def options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the filters, as its argument ``filters``."""

    @functools.wraps(function)
    def filtered(*args: Any, **options: Any) -> None:  # noqa: ANN401 - click's
        typed = {"--from": options.pop("begin"), "--to": options.pop("end")}
        begin, end = (moment.day(text, option) if text is not None else None for option, text in typed.items())
        values = {name: options.pop(name) for name in ("kind", "year", "status", "person", "dossier")}
        if begin and end and begin > end:
            raise UsageError("the first day comes after the last", where="--from, --to", remedy="turn them round")
        function(*args, filters=Filters(begin=begin, end=end, **values), **options)

    for option in (
        click.option("--dossier", metavar="DOSSIER", help="Letters in this dossier: its number, or its id."),
        click.option("--person", metavar="NAME", help="Letters that somebody of this name handled or signed."),
        click.option("--status", type=click.Choice(STATUSES), metavar="WORD", help=f"{', '.join(STATUSES)}."),
        click.option("--to", "end", metavar="DATE", help="Dated on this day or before."),
        click.option("--from", "begin", metavar="DATE", help="Dated on this day or later."),
        click.option("--year", type=click.IntRange(1000, 9999), metavar="YEAR", help="Dated in this year."),
        click.option("--type", "kind", metavar="CODE", help=f"Letters of this kind: {', '.join(KINDS)}."),
    ):
        filtered = option(filtered)
    return filtered


def _demand_kind(database: DuckDBPyConnection, wanted: str) -> None:
    """Refuse a kind that no letter has: most likely it is mistyped."""
    kinds = [row[0] for row in database.execute("select distinct kind from letter where kind is not null").fetchall()]
    if wanted not in kinds:
        words = sorted({*KINDS, *kinds})
        raise UsageError("no letter is of that kind", where="--type", remedy=f"choose one of: {', '.join(words)}")


def _dossier(database: DuckDBPyConnection, text: str) -> str:
    """The stream of the dossier that is meant: by its number, its stream id or the beginning of one."""
    query = (
        "select id from (select cast(stream as varchar) as id, number from dossier)"
        " where number = $1 or (length($1) >= $2 and starts_with(id, $1)) order by id"
    )
    found = database.execute(query, [text, records.PREFIX_DIGITS_MIN]).fetchall()
    return records.only(text, [row[0] for row in found], "dossier", "see `archief list --kind dossiers`")
