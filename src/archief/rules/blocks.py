"""Holds and exemptions by the facts of the log: which records may not be destroyed on a day. Pure.

What the log itself demands of a destruction. A hold on a dossier names the letters that are in it then; that it keeps
those filed later too is asked by who executes, and by an audit. ``projections/block.sql`` says the same of one record.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from archief.events.envelope import Event

BLOCK_TYPES = ("hold_placed.v1", "hold_lifted.v1", "exemption_granted.v1")
"""The events that this fold looks at."""


class Block(NamedTuple):
    """A hold or exemption on a record.

    Attributes:
        hold: whether it is a hold.
        begin: the first day it holds; None: at once.
        end: the first day it holds no longer; None: until it is lifted.
    """

    hold: bool
    begin: dt.date | None
    end: dt.date | None

    def on(self, day: dt.date) -> bool:
        """Whether it holds on a day."""
        return (self.begin is None or self.begin <= day) and (self.end is None or self.end > day)


@dataclass
class Blocks:
    """All that is not lifted, at one position in the log.

    Attributes:
        on: per hold or exemption its records, each with what was placed on it last.
    """

    on: dict[str, dict[str, Block]] = field(default_factory=dict)

    def copy(self) -> Blocks:
        """An independent copy."""
        return Blocks(dict(self.on))  # the records of a hold are replaced, never changed

    def apply(self, event: Event) -> None:
        """Take an event of an authorised commit into account, one of ``BLOCK_TYPES``."""
        facts, before = event.facts, self.on.get(event.stream, {})
        if event.type == "hold_lifted.v1":
            lifted = frozenset(facts.streams or before)
            self.on[event.stream] = {record: block for record, block in before.items() if record not in lifted}
            return
        placed = Block(event.type == "hold_placed.v1", _day(facts.begin), _day(facts.end))
        self.on[event.stream] = before | dict.fromkeys(facts.streams, placed)

    def among(self, records: Iterable[str]) -> dict[str, list[Block]]:
        """The blocks on these records, whatever the day."""
        wanted, found = frozenset(records), dict[str, list[Block]]()
        for blocked in self.on.values():
            for record in wanted & blocked.keys():
                found.setdefault(record, []).append(blocked[record])
        return found


def _day(text: str | None) -> dt.date | None:
    """A day; what is none counts as not said, so that the hold holds."""
    with contextlib.suppress(ValueError):
        return dt.date.fromisoformat(text) if text else None
    return None
