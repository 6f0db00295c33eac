"""The day in the town hall: laws and letters count in days, and a day ends at midnight in Amsterdam."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from archief.errors import ExtraMissingError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ZONE = "Europe/Amsterdam"


def zone() -> ZoneInfo:
    """The town hall's time zone.

    Raises:
        ExtraMissingError: this machine has no time zone data.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - only who names a day pays

    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        raise ExtraMissingError(
            "this machine has no time zone data, and a day ends at midnight in Amsterdam",
            where=ZONE,
            remedy="install tzdata (the system's package, or pip install tzdata), or name a number of entries",
        ) from None


def day_of(moment: dt.datetime | str) -> dt.date:
    """The day it is in the town hall.

    Args:
        moment: with a time zone, or as commits write it.

    Raises:
        ExtraMissingError: this machine has no time zone data.
    """
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    return moment.astimezone(zone()).date()
