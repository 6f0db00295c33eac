"""A dossier as its events make it, and what may happen to it next. Pure.

What a term is counted from may be a date of a person's and stands in the payload; with that it is gone, and is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.errors import RefusedError
from archief.events.envelope import Event
from archief.law.term import Term

if TYPE_CHECKING:
    from archief.law.retention_list import Row
    from archief.rules.adoption import RuleSets

CLASSIFIED = "dossier_classified.v1"

AFLEIDINGSWIJZEN = (
    "afgehandeld",
    "ander_datumkenmerk",
    "eigenschap",
    "gerelateerde_zaak",
    "hoofdzaak",
    "ingangsdatum_besluit",
    "termijn",
    "vervaldatum_besluit",
    "zaakobject",
)
"""The nine ways to find the brondatum (RGBZ, gemma-zaken "Archiveren")."""

RECORDED = ("ander_datumkenmerk", "eigenschap", "ingangsdatum_besluit", "vervaldatum_besluit", "zaakobject")
"""Those by which it is a date that somebody writes down."""

OF_ANOTHER = ("gerelateerde_zaak", "hoofdzaak")
"""Those by which it is the closing of another dossier."""


class Classification(NamedTuple):
    """The decision under which row of which list a dossier falls."""

    seq: int
    list: str
    row: str
    waardering: str
    afleidingswijze: str
    brondatum: dt.date | None
    kenmerk: str | None
    related: str | None
    termijn: Term | None
    procestermijn: Term | None
    procestermijn_end: dt.date | None


class Closing(NamedTuple):
    """The last day of a dossier, and dates that became known with it."""

    seq: int
    day: dt.date
    brondatum: dt.date | None
    procestermijn_end: dt.date | None


@dataclass
class Dossier:
    """A dossier at one position in the log.

    Attributes:
        stream: its id.
        seq: entry that opened it.
        opened: its first day.
        classification: the last one; None while there is none.
        closing: None while it is open.
        reopened: entry that opened it again, when it is open because of that.
        destroyed: entry that says it is destroyed.
    """

    stream: str
    seq: int
    opened: dt.date
    classification: Classification | None = None
    closing: Closing | None = None
    reopened: int | None = None
    destroyed: int | None = None

    def noted(self, name: str) -> tuple[dt.date | None, int | None]:
        """A date that classification or closing wrote down, the later of the two: the date, and the entry.

        Args:
            name: ``brondatum`` or ``procestermijn_end``.
        """
        said = [one for one in (self.classification, self.closing) if one is not None and getattr(one, name)]
        last = max(said, key=lambda one: one.seq, default=None)
        return (getattr(last, name), last.seq) if last is not None else (None, None)


def fold(happened: Iterable[tuple[Event, Any]]) -> Dossier | None:
    """A dossier out of its events in order; None when they open none.

    Args:
        happened: each event with its payload's data; None where that has none, or is gone.
    """
    found: Dossier | None = None
    for event, data in happened:
        facts = event.facts
        if event.type == "dossier_opened.v1":
            found = Dossier(event.stream, event.seq, dt.date.fromisoformat(facts.date))
        elif found is None:
            return None
        elif event.type == "dossier_classified.v1":
            found.classification = _classification(event.seq, facts, data)
        elif event.type == "dossier_closed.v1":
            day = dt.date.fromisoformat(facts.date)
            found.closing = Closing(event.seq, day, _day(data, "brondatum"), _day(data, "procestermijn_end"))
            found.reopened = None
        elif event.type == "dossier_reopened.v1":
            found.closing, found.reopened = None, event.seq
        elif event.type == "record_destroyed.v1":
            found.destroyed = event.seq
    return found


def filed(events: Iterable[Event]) -> dict[str, int]:
    """The dossiers that a letter is in, each with the entry that put it there.

    Args:
        events: the letter's, in order.
    """
    found: dict[str, int] = {}
    for event in events:
        if event.type == "letter_filed.v1":
            found.setdefault(event.facts.dossier, event.seq)
        elif event.type == "letter_unfiled.v1":
            found.pop(event.facts.dossier, None)
    return found


def _classification(seq: int, facts: Any, data: Any) -> Classification:  # noqa: ANN401 - of DossierClassified
    return Classification(
        seq, facts.list, facts.row, facts.waardering, facts.afleidingswijze or "afgehandeld", _day(data, "brondatum"),
        facts.kenmerk, facts.related, _term(facts.termijn), _term(facts.procestermijn),
        _day(data, "procestermijn_end"),
    )  # fmt: skip


def _day(data: Any, name: str) -> dt.date | None:  # noqa: ANN401 - CountedFrom
    text = getattr(data, name, None)
    return dt.date.fromisoformat(text) if text is not None else None


def _term(text: str | None) -> Term | None:
    return Term.parse(text) if text is not None else None


# what may happen next


def check_alive(dossier: Dossier) -> None:
    """Refuse what would touch a destroyed dossier.

    Raises:
        RefusedError: it is destroyed.
    """
    if dossier.destroyed is not None:
        raise RefusedError(f"the dossier is destroyed (entry {dossier.destroyed})", where=_where(dossier))


def check_letter(events: Iterable[Event]) -> None:
    """Refuse to move a letter that is destroyed.

    Args:
        events: the letter's.

    Raises:
        RefusedError: it is destroyed.
    """
    gone = next((event for event in events if event.type == "record_destroyed.v1"), None)
    if gone is not None:
        raise RefusedError(f"the letter is destroyed (entry {gone.seq})", where=f"letter {gone.stream[:8]}")


def check_open(dossier: Dossier) -> None:
    """Refuse what only an open dossier takes: a letter in, a letter out, a closing.

    Raises:
        RefusedError: it is closed or destroyed.
    """
    check_alive(dossier)
    if dossier.closing is not None:
        raise RefusedError(
            f"the dossier is closed since {dossier.closing.day} (entry {dossier.closing.seq}): it is read-only",
            where=_where(dossier),
            remedy=f"open it again: archief dossier reopen {dossier.stream[:8]} --reason …",
        )


def check_closed(dossier: Dossier) -> None:
    """Refuse to reopen what is open.

    Raises:
        RefusedError: it is open or destroyed.
    """
    check_alive(dossier)
    if dossier.closing is None:
        raise RefusedError("the dossier is open", where=_where(dossier), remedy="there is nothing to reopen")


def check_row(row: Row) -> None:
    """Refuse a row that nothing is classified under any more.

    Raises:
        RefusedError: it has lapsed.
    """
    if row.lapsed:
        raise RefusedError(
            f"row {row.nummer} has lapsed",
            where=row.nummer,
            remedy=f"choose another row ({row.bijzonderheid})" if row.bijzonderheid else "choose another row",
        )


def check_classification(facts: Any, rules: RuleSets) -> None:  # noqa: ANN401 - DossierClassifiedFacts
    """Refuse a classification under a list or row that is not there, or not what the facts say.

    Args:
        facts: the decision.
        rules: what the archive adopted by then.

    Raises:
        NotFoundError: the archive has not adopted the list, or it has no such row.
        RefusedError: the row has lapsed, or is of another waardering.
    """
    row = rules.list(facts.list).row(facts.row)
    check_row(row)
    if row.waardering != facts.waardering:
        raise RefusedError(
            f"row {row.nummer} of {facts.list} says {row.waardering}, not {facts.waardering}",
            where="facts.waardering",
            remedy=f"classify with {row.waardering}, or under another row",
        )


def _where(dossier: Dossier) -> str:
    return f"dossier {dossier.stream[:8]}"
