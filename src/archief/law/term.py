"""Terms of the law (P20Y, P1Y6M, P28D) and the day on which they end.

A term in years or months ends on the day of the same number; where the last month has no such day, on its last day
(European Convention on the Calculation of Time-Limits, Basel 1972, art. 4 lid 2): a year after 29 February is 28
February. Months are added before days.

>>> after(dt.date(2020, 2, 29), Term.parse("P1Y"))
datetime.date(2021, 2, 28)
>>> after(dt.date(2021, 1, 31), Term.parse("P1M1D"))
datetime.date(2021, 3, 1)
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from archief.errors import MalformedError

_FORM = re.compile(r"P(?=[0-9])(?:([0-9]{1,3})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})D)?")


class Term(NamedTuple):
    """A term.

    Attributes:
        months: years are twelve of them.
        days: beside the months.
    """

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> Term:
        """Read an ISO 8601 duration of years, months and days.

        Raises:
            MalformedError: another form: weeks, hours, fractions, words.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise MalformedError("not a term", remedy="write years, months, days as P7Y, P1Y6M or P28D")
        years, months, days = (int(part or 0) for part in found.groups())
        return cls(12 * years + months, days)


def after(day: dt.date, term: Term) -> dt.date | None:
    """The day on which a term ends that began on ``day``; None when no calendar has it (beyond the year 9999)."""
    import calendar  # noqa: PLC0415 - an append reckons no term

    months = day.year * 12 + day.month - 1 + term.months
    year, month = divmod(months, 12)
    if year > dt.MAXYEAR:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    try:
        return dt.date(year, month + 1, min(day.day, last)) + dt.timedelta(days=term.days)
    except OverflowError:
        return None
