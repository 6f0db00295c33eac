"""The letter that a command is about: found by what a person typed, read out of the log, and as it is now."""

from __future__ import annotations

from typing import Any, NamedTuple

from archief.cli import account, records
from archief.cli.records import Happened
from archief.cli.writing import Writer
from archief.errors import NotFoundError, RefusedError

OPENING = ("letter_registered.v1", "letter_received.v1")


class Letter(NamedTuple):
    """A letter at hand.

    Attributes:
        stream: its id.
        version: the newest ``stream_seq`` that was seen; whoever writes names it, so that nobody writes unseen.
        happened: its events.
        told: what they come down to, as ``show --json`` prints it.
    """

    stream: str
    version: int
    happened: list[Happened]
    told: dict[str, Any]

    @property
    def fields(self) -> dict[str, Any]:
        """What it says, field by field."""
        fields: dict[str, Any] = self.told["fields"]
        return fields

    @property
    def received(self) -> bool:
        """Whether it came from outside."""
        return self.happened[0].event.type == "letter_received.v1"


def letter(made: Writer, text: str) -> Letter:
    """The letter that a person means.

    Args:
        made: the open archive.
        text: its number, its stream id, or the beginning of that.

    Raises:
        NotFoundError: nothing answers to it.
        AmbiguousError: several do.
        RefusedError: it is no letter.
        LossError: a payload is not the one that was committed to.
    """
    log = made.log
    record = records.find(made.session, log, text)
    happened = records.happened(log, record)
    if not happened:
        raise NotFoundError("there is nothing in this stream", where=text, remedy="see `archief history`")
    if happened[0].event.type not in OPENING:
        kind = happened[0].event.type.rpartition(".v")[0]
        raise RefusedError(f"this is no letter; it began with {kind}", where=text, remedy="see `archief list`")
    told = account.letter(happened, lambda person: record.names.get(person, person))
    return Letter(record.stream, happened[-1].event.stream_seq, happened, told)
