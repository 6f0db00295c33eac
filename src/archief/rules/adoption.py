"""Which archive law and which retention lists hold in an archive, for records of which day. Pure.

A rule set holds because an event adopted it: the founding (then with its own period), or ``rule_set_adopted`` (with the
period that the event says, and for an imported list with its rows). The last adoption of a code counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archief.errors import NotFoundError
from archief.events.envelope import Event
from archief.law import rule_sets
from archief.law.retention_list import RetentionList, Row
from archief.law.rule_sets import ArchiveLaw

ADOPTING = ("archive_founded.v1", "rule_set_adopted.v1")


class Adopted(NamedTuple):
    """A rule set that an event adopted.

    Attributes:
        seq: the event.
        begin: first day of the records it is for; None while nobody has fixed one: then it holds for none.
        end: first day of those it is not for any more.
        rules: what it says.
        changed: the program's file is another one than was adopted.
    """

    seq: int
    begin: dt.date | None
    end: dt.date | None
    rules: RetentionList | ArchiveLaw
    changed: bool = False

    def covers(self, day: dt.date) -> bool:
        """Whether it holds for what was made on a day."""
        return self.begin is not None and self.begin <= day and (self.end is None or day < self.end)


@dataclass
class RuleSets:
    """The rule sets that an archive adopted, by code."""

    lists: dict[str, Adopted] = field(default_factory=dict)
    laws: dict[str, Adopted] = field(default_factory=dict)

    def list_on(self, day: dt.date) -> Adopted | None:
        """The retention list for what was made on a day; of several the one that began last."""
        return _newest(self.lists.values(), day)

    def law_on(self, day: dt.date) -> Adopted | None:
        """The archive law for what was made on a day."""
        return _newest(self.laws.values(), day)

    def list(self, code: str) -> RetentionList:
        """An adopted list by its code.

        Raises:
            NotFoundError: none of that code was adopted; near ones are named.
        """
        known = self.lists.get(code)
        if known is not None and isinstance(known.rules, RetentionList):
            return known.rules
        if code in rule_sets.LISTS:
            raise NotFoundError(
                "the archive has not adopted this list", where=code, remedy=f"adopt it: archief rules adopt {code}"
            )
        import difflib  # noqa: PLC0415 - only a mistake needs it

        names = [*self.lists, *rule_sets.LISTS]
        close = difflib.get_close_matches(code, names, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(dict.fromkeys(close))}? " if close else ""
        raise NotFoundError(
            "no such retention list", where=code[:64], remedy=f"{hint}import one: archief rules import FILE.csv --help"
        )


def fold(happened: Iterable[tuple[Event, Any]]) -> RuleSets:
    """Fold the events of the archive's stream.

    Args:
        happened: events in order, each with its data (None when it has none or it is gone); others than ``ADOPTING``
            change nothing.
    """
    found = RuleSets()
    for event, data in happened:
        if event.type == "archive_founded.v1":
            for code in event.facts.rule_sets:
                rules = _shipped(code)
                if rules is not None:
                    _put(found, Adopted(event.seq, rules.begin, getattr(rules, "end", None), rules))
        elif event.type == "rule_set_adopted.v1":
            _adopt(found, event, data)
    return found


def _adopt(found: RuleSets, event: Event, data: Any) -> None:  # noqa: ANN401 - RuleSetAdoptedData
    facts = event.facts
    begin = dt.date.fromisoformat(facts.begin)
    end = dt.date.fromisoformat(facts.end) if facts.end is not None else None
    rows = {one.nummer: _row(one) for one in (data.rows if data is not None else ())}
    if rows:
        rules: RetentionList | ArchiveLaw | None = RetentionList(
            facts.rule_set, facts.edition or "", data.title or "", data.source or "", begin, end, rows
        )
    else:
        rules = _shipped(facts.rule_set)
    if rules is not None:
        changed = not rows and facts.hash is not None and facts.hash != rule_sets.hash_of(facts.rule_set)
        _put(found, Adopted(event.seq, begin, end, rules, changed))


def _row(one: Any) -> Row:  # noqa: ANN401 - ListRow
    return Row(*(getattr(one, name) or "" for name in Row._fields))


def _shipped(code: str) -> RetentionList | ArchiveLaw | None:
    if code in rule_sets.LISTS:
        return rule_sets.lists()[code]
    return rule_sets.laws().get(code)


def _put(found: RuleSets, adopted: Adopted) -> None:
    into: Mapping[str, Adopted] = found.lists if isinstance(adopted.rules, RetentionList) else found.laws
    assert isinstance(into, dict)
    into[adopted.rules.code] = adopted


def _newest(adopted: Iterable[Adopted], day: dt.date) -> Adopted | None:
    holding = [one for one in adopted if one.covers(day)]
    return max(holding, key=lambda one: (one.begin or dt.date.min, one.seq), default=None)
