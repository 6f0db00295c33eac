"""A letter as a PDF that lasts and that everybody can read, in the municipality's layout (``typesetting``).

Does not know where letters are kept.

    pdf = rendition(letter, dt.datetime(2021, 1, 14, tzinfo=dt.UTC))
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from archief import canonical
from archief.errors import MalformedError
from archief.events.letters import LetterData
from archief.render import typesetting

OURS = Path(__file__).resolve().parent / "template"
"""The layout that comes with archief."""

SOURCE_BYTES_MAX = 1024 * 1024
"""More text than this is no letter: it is some three hundred pages, which take seconds."""


def rendition(letter: LetterData, moment: dt.datetime, template: Path = OURS) -> bytes:
    """Make the PDF of a letter; the letter's data are attached to it as ``brief.json`` (AFRelationship: Source).

    Args:
        letter: as it reads. Its files are no part of it.
        moment: what the PDF says of when it was made, with a time zone; of the letter, not of a clock.
        template: the folder of the layout.

    Raises:
        MalformedError: the letter has a character that the template's fonts cannot show, or is too long.
        NotFoundError: the template is not there.
        UsageError: it fails.
        ExtraMissingError: typst or the font is not installed.
    """
    given = source(letter)
    if len(given) > SOURCE_BYTES_MAX:
        raise MalformedError(f"a letter of {len(given):,} bytes; the limit is {SOURCE_BYTES_MAX:,}", where="letter")
    return typesetting.typeset(template, "letter", given, msgspec.to_builtins(letter), moment)


def source(letter: LetterData) -> bytes:
    """The data that a rendition is made from, and that is attached to it: the letter as canonical JSON."""
    return canonical.encode(msgspec.structs.replace(letter, documents=[]))
