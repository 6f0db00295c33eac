"""Which position in the log a person means with a day (``--on``, ``--until``) or a size."""

from __future__ import annotations

import bisect
import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from archief.errors import NotFoundError, UsageError
from archief.events import envelope
from archief.log import Log
from archief.rules.town_hall import day_of, zone
from archief.storage.base import Segment

if TYPE_CHECKING:
    from archief.cli.session import Session

SIZE_DIGITS_MAX = 16
"""No log is longer."""


class Position(NamedTuple):
    """A position in the log, at a commit.

    Attributes:
        size: the number of entries up to and with that commit.
        time: when it was appended.
    """

    size: int
    time: str


def of(log: Log, text: str) -> Position:
    """The position of a day or a size.

    Args:
        log: the archive.
        text: a day such as 2021-04-15: the last commit whose time is not after the end of that day in Amsterdam; or a
            number of entries, which must end with a commit.

    Raises:
        UsageError: neither a day nor a size.
        NotFoundError: the log has nothing by then, or no commit ends there.
    """
    if text.isascii() and text.isdigit() and len(text) <= SIZE_DIGITS_MAX:
        return _of_size(log, int(text))
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "neither a day nor a number of entries", where=text[:40], remedy="write a day as 2021-04-15"
        ) from None
    return _of_time(log, end_of(day), text)


def end_of(day: dt.date) -> str:
    """The last second of a day in Amsterdam, in UTC as commits write it.

    Raises:
        ExtraMissingError: this machine has no time zone data.
    """
    if day.year >= dt.MAXYEAR:
        return f"{dt.MAXYEAR}-12-31T23:59:59Z"
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone())
    return (midnight.astimezone(dt.UTC) - dt.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def today(session: Session) -> dt.date:
    """The day in Amsterdam."""
    return day_of(session.clock())


def day(text: str, option: str) -> dt.date:
    """A day that a person typed.

    Args:
        text: what was typed.
        option: where.

    Raises:
        UsageError: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("not a day", where=option, remedy="write a day as 2021-04-15") from None


def day_passed(session: Session, text: str, option: str) -> dt.date:
    """A day on which something happened, as a person typed it: today at the latest.

    Args:
        session: the surroundings.
        text: what was typed.
        option: where.

    Raises:
        UsageError: it is no day, or still to come.
    """
    found = day(text, option)
    if found > today(session):
        raise UsageError("a day that is still to come", where=option, remedy="record it when it has happened")
    return found


def day_asked(session: Session, text: str | None, option: str) -> dt.date:
    """The day of which is asked what is due: today, or an earlier one that a person typed.

    Args:
        session: the surroundings.
        text: what was typed; None or empty for today.
        option: where.

    Raises:
        UsageError: it is no day, or still to come.
    """
    now = today(session)
    found = day(text, option) if text else now
    if found > now:
        raise UsageError("a day that is still to come", where=option, remedy="what is due is asked of today at most")
    return found


def _of_size(log: Log, size: int) -> Position:
    if not 0 < size <= log.size:
        raise NotFoundError(f"the log has {log.size} entries", where=f"size {size}", remedy="name a smaller number")
    commit = log.commit_of(size - 1)
    if commit.seq != size - 1:
        raise NotFoundError(
            f"entry {size - 1} is not a commit",
            where=f"size {size}",
            remedy=f"the commit ends at size {commit.seq + 1}",
        )
    return Position(size, commit.time)


def _of_time(log: Log, last: str, text: str) -> Position:
    """Find by halves: commits stand in the order of their times."""
    segments = log.storage.log_segments()
    found = None
    at = bisect.bisect_right(range(len(segments)), last, key=lambda number: _first_time(log, segments, number)) - 1
    while at >= 0 and found is None:
        found = _last_before(log, segments[at], last)
        at -= 1
    if found is None:
        first = next(log.commits())
        raise NotFoundError(f"the log begins on {first.time[:10]}", where=text, remedy="name a later day")
    return found


def _first_time(log: Log, segments: list[Segment], number: int) -> str:
    """The time of the first commit at or after the beginning of a segment."""
    for segment in segments[number:]:
        content = log.storage.read(segment)
        end = content.find(envelope.COMMIT_END + b"\n")
        if end >= 0:
            start = content.rfind(b"\n", 0, end) + 1
            return envelope.decode_commit(content[start : end + len(envelope.COMMIT_END)], segment.name).time
    return "9999"


def _last_before(log: Log, segment: Segment, last: str) -> Position | None:
    found = None
    for number, entry in enumerate(log.storage.read(segment).split(b"\n")[:-1]):
        if envelope.is_commit(entry) and segment.first + number < log.size:
            commit = envelope.decode_commit(entry, segment.name)
            if commit.time <= last:
                found = Position(commit.seq + 1, commit.time)
    return found
