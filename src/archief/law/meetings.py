"""Which forms of meetings the council has on a day: the table of ``meetings.toml``, read at first use.

>>> import datetime as dt
>>> exists("stadsronde", dt.date(2016, 1, 5)), exists("stadsronde", dt.date(2022, 1, 4))
(True, False)
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import NamedTuple

from archief.law import files


class Form(NamedTuple):
    """A form of meeting.

    Attributes:
        name: its word.
        valid_from: first day it exists; None where nobody wrote it down.
        valid_until: first day it exists no longer; None: until now.
        source: where that was read.
    """

    name: str
    valid_from: dt.date | None
    valid_until: dt.date | None
    source: str

    def holds(self, day: dt.date) -> bool:
        """Whether it exists on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day < self.valid_until
        )


def exists(name: str, day: dt.date) -> bool:
    """Whether a form exists on a day; of a form that the table does not know nobody says no.

    Args:
        name: the form.
        day: the day of the meeting.
    """
    known = [one for one in forms() if one.name == name]
    return not known or any(one.holds(day) for one in known)


def on(day: dt.date) -> list[str]:
    """The forms that exist on a day."""
    return [one.name for one in forms() if one.holds(day)]


@functools.cache
def forms() -> tuple[Form, ...]:
    """Read the whole table."""
    found = files.table("meetings")["form"]
    return tuple(Form(one["name"], one.get("valid_from"), one.get("valid_until"), one["source"]) for one in found)
