"""A text as a PDF that lasts, line by line as it stands: for a file that is nothing but text, such as a .txt or a mail.

pdf = plain_text("Bericht", [("Van", "A. Jansen")], ["Geachte raadsleden,"], moment)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from archief import canonical
from archief.errors import MalformedError
from archief.render import typesetting

TEMPLATE = Path(__file__).resolve().parent / "plain"
BYTES_MAX = 1024 * 1024
"""More text than this is some three hundred pages, which take seconds."""

TAB = 8
"""So wide is a tab."""


def plain_text(title: str, fields: Sequence[tuple[str, str]], lines: Sequence[str], moment: dt.datetime) -> bytes:
    """Make the PDF of a text.

    Args:
        title: what it is; the PDF's title.
        fields: names and values above it, such as who sent it.
        lines: the text.
        moment: what the PDF says of when it was made, with a time zone; of the text, not of a clock.

    Raises:
        MalformedError: a character that the font cannot show, or too long.
        ExtraMissingError: typst or the font is not installed.
    """
    value = {
        "fields": [list(field) for field in fields],
        "lines": [line.expandtabs(TAB).rstrip() for line in lines],
        "title": title,
    }
    given = canonical.encode(value)
    if len(given) > BYTES_MAX:
        raise MalformedError(f"a text of {len(given):,} bytes; the limit is {BYTES_MAX:,}", where="text")
    return typesetting.typeset(TEMPLATE, "text", given, value, moment)
