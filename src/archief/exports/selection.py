"""Which records a package holds, and what keeps them from going: told all at once, before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archief.errors import NotFoundError, RefusedError
from archief.exports import holdings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOLD_MAX = 100
"""So many reasons are told; the others are counted."""

_UNFIT = {
    "unclassified": "waardering and informatiecategorie: nobody classified it",
    "unknown_list": "waardering: the archive adopted no retention list of its classification",
    "unknown_row": "informatiecategorie: its retention list has no such row",
    "lapsed": "informatiecategorie: the row of its retention list has lapsed",
    "waardering_differs": "waardering: its classification and the row of the list differ",
    "other_time": "informatiecategorie: it was opened when that retention list did not hold",
}


class Unit(NamedTuple):
    """A record of a package.

    Attributes:
        stream: the record.
        dossier: the dossier in whose folder it lies; None for one at the top.
        is_dossier: whether it is one itself.
    """

    stream: str
    dossier: str | None
    is_dossier: bool


class Selection(NamedTuple):
    """The records of a package.

    Attributes:
        units: all of them; a dossier stands before its letters.
        letters: the letters in the folder of each dossier.
        elsewhere: the letters of each dossier that lie in the folder of another: every object has one place.
    """

    units: list[Unit]
    letters: dict[str, list[str]]
    elsewhere: dict[str, list[str]]

    @property
    def streams(self) -> list[str]:
        """The records: the dossiers, their letters, the letters alone."""
        return [unit.stream for unit in self.units]


def due(database: DuckDBPyConnection, day: dt.date) -> list[str]:
    """The dossiers that are due for transfer on a day, and that no hold keeps here.

    Args:
        database: the state.
        day: the day on which they are judged (peildatum).
    """
    rows = database.execute(
        "select cast(stream as varchar) from retention where outcome = 'transfer' and action_date <= ?"
        " order by action_date, stream",
        [day],
    ).fetchall()
    streams = [stream for (stream,) in rows]
    letters = holdings.letters_in(database, streams)
    held = _held(database, [*streams, *(one for those in letters.values() for one in those)], day)
    return [stream for stream in streams if held.isdisjoint([stream, *letters[stream]])]


def select(database: DuckDBPyConnection, wanted: Sequence[str], day: dt.date) -> Selection:
    """Choose the records of a package.

    Args:
        database: the state.
        wanted: dossiers, which bring their letters, and letters.
        day: the day on which holds are judged.

    Raises:
        NotFoundError: some are neither letter nor dossier, or are destroyed; all of them are named.
        RefusedError: a hold rests on some, or mandatory metadata are missing; everything is named.
    """
    if not wanted:
        raise NotFoundError("no records were named", remedy="name one, or a list with --records")
    known = holdings.dossiers(database, wanted)
    inside = holdings.letters_in(database, list(known))
    loose = [stream for stream in dict.fromkeys(wanted) if stream not in known]
    _refuse_others(database, loose)
    place = _places(database, inside)
    chosen = Selection([], {}, {})
    for stream in dict.fromkeys(wanted):
        if stream in known:
            chosen.units.append(Unit(stream, None, is_dossier=True))
            chosen.letters[stream] = [one for one in inside[stream] if place[one] == stream]
            chosen.elsewhere[stream] = [one for one in inside[stream] if place[one] != stream]
            chosen.units.extend(Unit(one, stream, is_dossier=False) for one in chosen.letters[stream])
    chosen.units.extend(Unit(stream, None, is_dossier=False) for stream in loose if stream not in place)
    _refuse_unfit(database, chosen, day)
    return chosen


def _places(database: DuckDBPyConnection, inside: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The dossier in whose folder each letter lies: the first that is kept for ever, else the first."""
    valued = holdings.valuations(database, list(inside))
    kept = [stream for stream in inside if stream in valued and valued[stream].waardering == "B"]
    place: dict[str, str] = {}
    for stream in dict.fromkeys([*kept, *inside]):
        for letter in inside[stream]:
            place.setdefault(letter, stream)
    return place


def _refuse_others(database: DuckDBPyConnection, streams: Sequence[str]) -> None:
    rows = database.execute(
        "select cast(stream as varchar) from letter"
        " where destroyed_seq is null and stream in (select cast(unnest(?) as uuid))",
        [list(streams)],
    ).fetchall()
    letters = {stream for (stream,) in rows}
    wrong = [stream for stream in streams if stream not in letters]
    if wrong:
        raise NotFoundError(
            f"no letters or dossiers, or destroyed: {_listed(wrong, ', ')}",
            remedy="leave them out; what is left of a destroyed record: `archief export evidence`",
        )


def _refuse_unfit(database: DuckDBPyConnection, chosen: Selection, day: dt.date) -> None:
    held = _held(database, [unit.stream for unit in chosen.units], day)
    if held:
        raise RefusedError(
            f"a hold rests on: {_listed(sorted(held), ', ')}",
            remedy="leave them out, or lift it: `archief hold lift`",
        )
    lacking = _lacking(database, chosen)
    if lacking:
        raise RefusedError(
            f"mandatory metadata are missing: {_listed(lacking, '; ')}",
            remedy="mend them all, then run it again: `archief dossier classify`, `archief dossier file`,"
            " `archief restrict set`",
        )


def _lacking(database: DuckDBPyConnection, chosen: Selection) -> list[str]:
    """What a dossier and its letters lack. Letters alone are described as they are: nothing decides on them yet."""
    streams = list(chosen.letters)
    valued, known = holdings.valuations(database, streams), holdings.dossiers(database, streams)
    whole = {unit.stream: unit for unit in chosen.units if unit.is_dossier or unit.dossier is not None}
    letters = holdings.letters(database, [stream for stream, unit in whole.items() if not unit.is_dossier])
    rows = database.execute(
        "select cast(stream as varchar), seq from restriction where lifted_seq is null and end_date is null"
        " and term is null and stream in (select cast(unnest(?) as uuid)) order by seq",
        [list(whole)],
    ).fetchall()
    endless: dict[str, list[int]] = {}
    for stream, seq in rows:
        endless.setdefault(stream, []).append(seq)
    found = []
    for stream, unit in whole.items():
        if unit.is_dossier:
            why = _UNFIT.get((valued[stream].missing if stream in valued else None) or "")
            if why is not None:
                found.append(f"{stream}: {why}")
            if not known[stream].title and not known[stream].number:
                found.append(f"{stream}: naam")
            if not chosen.letters[stream] and not chosen.elsewhere[stream]:
                found.append(f"{stream}: bevatOnderdeel: there is no letter in it")
        elif not letters[stream].subject and not letters[stream].number:
            found.append(f"{stream}: naam")
        found += [f"{stream}: beperkingGebruikTermijn of entry {seq}" for seq in endless.get(stream, ())]
    return found


def _held(database: DuckDBPyConnection, streams: Sequence[str], day: dt.date) -> set[str]:
    rows = database.execute(
        "select distinct cast(record as varchar) from block where kind = 'hold' and lifted_seq is null"
        " and (begin_date is null or begin_date <= $2) and (end_date is null or end_date > $2)"
        " and record in (select cast(unnest($1::varchar[]) as uuid))",
        [list(streams), day],
    ).fetchall()
    return {record for (record,) in rows}


def _listed(texts: Sequence[str], between: str) -> str:
    more = f"{between}and {len(texts) - TOLD_MAX:,} more" if len(texts) > TOLD_MAX else ""
    return between.join(texts[:TOLD_MAX]) + more
