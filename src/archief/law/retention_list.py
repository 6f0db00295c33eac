"""Retention lists: the rows of a selectielijst, and the form in which a list comes from a file.

A file has a line for each row, below a line with the names of the columns (in any order; ``COLUMNS``). Nothing is
rounded, filled in or read into a text: what a row says and this form does not know stops the reading at that row.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archief.errors import MalformedError, NotFoundError
from archief.law.term import Term

PROCESTERMIJNEN = (
    "nihil",
    "bestaansduur_procesobject",
    "ingeschatte_bestaansduur_procesobject",
    "vast_te_leggen_datum",
    "samengevoegd_met_bewaartermijn",
)
"""The five kinds (selectielijst 2020, handreiking): how long a closed case is still of use to another."""

COLUMNS = (
    "nummer", "proces", "resultaat", "omschrijving", "waardering", "bewaartermijn", "procestermijn", "herkomst",
    "bijzonderheid",
)  # fmt: skip
"""The columns of a list; ``nummer`` and ``waardering`` must be there, an absent one is empty."""

TEXT_CHARS_MAX = 500
_NUMMER = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
_LEADS = re.compile(r"[0-9]+")


class Row(NamedTuple):
    """A row of a list: a result of a process.

    Attributes:
        nummer: its number in the list.
        proces: the process.
        resultaat: the process's result.
        omschrijving: the specific result; empty for the generic one.
        waardering: B, V, or empty for a row that has lapsed.
        bewaartermijn: an ISO 8601 duration; empty for B.
        procestermijn: one of five kinds; empty for B, and where the list says none.
        herkomst: the analysis or the law it comes from.
        bijzonderheid: what else decides the date, in a few words.
    """

    nummer: str
    proces: str = ""
    resultaat: str = ""
    omschrijving: str = ""
    waardering: str = ""
    bewaartermijn: str = ""
    procestermijn: str = ""
    herkomst: str = ""
    bijzonderheid: str = ""

    @property
    def lapsed(self) -> bool:
        """Whether nothing can be classified under it any more."""
        return not self.waardering

    @property
    def name(self) -> str:
        """Process and result in one line."""
        return ", ".join(filter(None, (self.proces, self.resultaat, self.omschrijving)))


class RetentionList(NamedTuple):
    """A list.

    Attributes:
        code: what events call it.
        edition: which text of it.
        title: its title.
        source: where it was published.
        begin: first day of the records that it is for; None when nobody knows.
        end: first day it is not for any more; None while it is.
        rows: the rows by number, in the list's order.
    """

    code: str
    edition: str
    title: str
    source: str
    begin: dt.date | None
    end: dt.date | None
    rows: Mapping[str, Row]

    def row(self, nummer: str) -> Row:
        """The row of a number.

        Raises:
            NotFoundError: there is none; near ones are named.
        """
        found = self.rows.get(nummer)
        if found is None:
            import difflib  # noqa: PLC0415 - only a mistake needs it

            close = difflib.get_close_matches(nummer, self.rows, n=3, cutoff=0.6)
            hint = f"did you mean {' or '.join(close)}? " if close else ""
            raise NotFoundError(
                f"{self.code} has no such row", where=nummer[:64], remedy=f"{hint}see `archief rules list {self.code}`"
            )
        return found

    def findings(self) -> list[tuple[str, str]]:
        """Rows from which no date can be computed as they stand: number, and what is missing."""
        return [
            (row.nummer, "no procestermijn")
            for row in self.rows.values()
            if row.waardering == "V" and not row.procestermijn
        ]


def read(text: str, where: str, processes: Mapping[str, str] | None = None) -> dict[str, Row]:
    """Read the rows of a list from lines of separated columns: comma, semicolon or tab, as the first line has it.

    Args:
        text: the file's text.
        where: the file, for messages.
        processes: names of the processes by number, for a file without the column ``proces``.

    Raises:
        MalformedError: a row that cannot be expressed; its line is named. Nothing of it is repeated.
    """
    import csv  # noqa: PLC0415 - an append reads no list

    lines = text.removeprefix("\ufeff").splitlines()
    head = lines[0] if lines else ""
    delimiter = max(",;\t", key=head.count)
    try:
        # Between tabs a quotation mark is a character like another.
        quoted = None if delimiter == "\t" else '"'
        table = csv.reader(lines, delimiter=delimiter, quotechar=quoted, strict=True)
        numbered = [(table.line_num, cells) for cells in table]
    except csv.Error:
        raise MalformedError("not lines of separated columns", where=where, remedy="save it as CSV in UTF-8") from None
    columns = numbered[0][1] if numbered else []
    _check_columns(columns, where)
    rows: dict[str, Row] = {}
    for number, cells in numbered[1:]:
        at = f"{where}:{number}"
        if len(cells) != len(columns):
            raise MalformedError(f"{len(cells)} columns; the first line names {len(columns)}", where=at)
        row = Row(**{name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=True)})
        if processes is not None:
            row = row._replace(proces=processes[row.nummer.partition(".")[0]])
        check(row, at)
        if row.nummer in rows:
            raise MalformedError("the same number as an earlier row", where=at, remedy="give each row its own number")
        rows[row.nummer] = row
    if not rows:
        raise MalformedError("no row in this list", where=where, remedy="a line for each row, below the names")
    return rows


def _check_columns(columns: Iterable[str], where: str) -> None:
    columns = list(columns)
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or len(set(columns)) != len(columns) or not {"nummer", "waardering"} <= set(columns):
        raise MalformedError(
            "the first line does not name the columns of a list",
            where=f"{where}:1",
            remedy=f"name them: {','.join(COLUMNS)}; nummer and waardering must be there",
        )


def check(row: Row, where: str) -> None:
    """Refuse a row that says what cannot be expressed, or contradicts itself.

    Raises:
        MalformedError: with the place.
    """
    if not _NUMMER.fullmatch(row.nummer):
        raise MalformedError(
            "nummer is not a code", where=where, remedy="lower-case letters, digits, _ . : and -, such as 20.1 or b.3"
        )
    if row.waardering not in ("", "B", "V"):
        raise MalformedError(
            "waardering is neither B nor V",
            where=where,
            remedy="a waardering with a condition is no row: split it into rows that are B or V; a lapsed row has none",
        )
    if row.procestermijn not in ("", *PROCESTERMIJNEN):
        raise MalformedError(
            "procestermijn is none of the five kinds", where=where, remedy=f"one of: {', '.join(PROCESTERMIJNEN)}"
        )
    if row.waardering != "V" and (row.bewaartermijn or row.procestermijn):
        raise MalformedError("a term, though the row is not V", where=where, remedy="only a V row has terms")
    if row.waardering == "V":
        try:
            Term.parse(row.bewaartermijn)
        except MalformedError as error:
            raise MalformedError(
                "bewaartermijn is not a term of years, months and days", where=where, remedy=error.remedy
            ) from None
    if max(map(len, row)) > TEXT_CHARS_MAX:
        raise MalformedError(f"a column of more than {TEXT_CHARS_MAX} characters", where=where)


def order_of(nummer: str) -> tuple[int, ...]:
    """Where a number stands among others: 19.1.6 before 19.1.10."""
    return tuple(int(part) for part in _LEADS.findall(nummer))
