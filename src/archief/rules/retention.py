"""The date on which a dossier or letter is destroyed or transferred, step by step. Pure; the reference for the SQL.

Action date = brondatum (nine afleidingswijzen) + procestermijn (five kinds) + bewaartermijn. What is kept for ever (B)
is transferred by the archive law that held when its dossier was opened. Each step cites what it rests on. What is
missing is said by a word of ``MISSING``; nothing is guessed. ``projections/retention.sql`` gives the same dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, NamedTuple

from archief.law.retention_list import RetentionList, Row
from archief.law.rule_sets import ArchiveLaw
from archief.law.term import Term, after
from archief.rules.adoption import Adopted, RuleSets
from archief.rules.dossiers import AFLEIDINGSWIJZEN, OF_ANOTHER, Classification, Dossier

MISSING = {
    "unfiled": "the letter is in no dossier; an unfiled letter is never due",
    "unclassified": "the dossier is not classified: archief dossier classify",
    "unknown_list": "the archive has not adopted the list that it is classified under",
    "unknown_row": "the list has no such row",
    "lapsed": "the row has lapsed: classify the dossier under another",
    "waardering_differs": "the classification says another waardering than the row",
    "other_time": "the list is not of the dossier's time: adopt or import the one that held when it was opened",
    "law": "no archive law that the archive adopted held when the dossier was opened",
    "open": "the dossier is open; closing it starts the term",
    "afleidingswijze": "the afleidingswijze is none of the nine",
    "brondatum": "the brondatum is not recorded; classify or close the dossier with --brondatum",
    "termijn": "the afleidingswijze is termijn, and no term is recorded; classify with --termijn",
    "related": "the other dossier is not closed or not named; classify with --related or --brondatum",
    "procestermijn": "the length of the procestermijn is not recorded; classify with --procestermijn",
    "procestermijn_end": "the end of the procestermijn is not recorded; classify or close with --procestermijn-end",
    "calendar": "the date lies beyond the year 9999",
}
"""Why there is no date, by the word that stands in tables and JSON."""


class Step(NamedTuple):
    """A step of a derivation.

    Attributes:
        what: in words.
        day: the date that it leads to.
        seq: the event that it rests on.
        source: the list or law it rests on, with its edition and the row.
    """

    what: str
    day: dt.date | None = None
    seq: int | None = None
    source: str = ""


class Derivation(NamedTuple):
    """What becomes of a dossier or letter, and when.

    Attributes:
        waardering: B or V; None when nobody has said it.
        outcome: transfer or destroy; None while something is missing.
        brondatum: the date that terms are counted from.
        start: the day on which the bewaartermijn begins.
        action: from this day on it is transferred or destroyed; None while something is missing.
        latest: by this day it is transferred.
        missing: a word of ``MISSING``; empty when nothing is.
        steps: how it was worked out.
    """

    waardering: str | None
    outcome: Literal["transfer", "destroy"] | None = None
    brondatum: dt.date | None = None
    start: dt.date | None = None
    action: dt.date | None = None
    latest: dt.date | None = None
    missing: str = ""
    steps: tuple[Step, ...] = ()

    def due(self, day: dt.date) -> bool:
        """Whether its time has come on a day."""
        return self.action is not None and self.action <= day


class Simulation(NamedTuple):
    """What a derivation supposes instead of what the log says: another row, or another law."""

    row: tuple[RetentionList, Row] | None = None
    law: ArchiveLaw | None = None


class _Missing(Exception):  # noqa: N818 - never leaves this module
    """A derivation that ends early: which word of ``MISSING``."""


class _Working:
    """A derivation while it is worked out."""

    def __init__(self, dossier: Dossier, rules: RuleSets, related: dt.date | None, as_if: Simulation) -> None:
        self.dossier = dossier
        self.rules = rules
        self.related = related
        self.as_if = as_if
        self.steps = [Step("the dossier was opened", dossier.opened, dossier.seq)]
        self.waardering: str | None = None
        self.brondatum: dt.date | None = None
        self.start: dt.date | None = None

    def step(self, what: str, day: dt.date | None = None, seq: int | None = None, source: str = "") -> None:
        self.steps.append(Step(what, day, seq, source))


def derive(
    dossier: Dossier, rules: RuleSets, related: dt.date | None = None, *, as_if: Simulation | None = None
) -> Derivation:
    """Work out what becomes of a dossier.

    Args:
        dossier: as its events make it.
        rules: what the archive adopted.
        related: the last day of the related or main dossier, when it is closed.
        as_if: another row or law than the log says, for a simulation.
    """
    working = _Working(dossier, rules, related, as_if or Simulation())
    try:
        row = _row(working)
        if working.waardering == "B":
            return _transfer(working)
        return _destroy(working, row)
    except _Missing as missing:
        word = str(missing)
        return Derivation(
            working.waardering, None, working.brondatum, working.start, missing=word,
            steps=(*working.steps, Step(f"no date: {MISSING[word]}")),
        )  # fmt: skip


def combine(derivations: Sequence[Derivation]) -> Derivation:
    """What becomes of a letter, from what becomes of each dossier that it is in: B beats V, then the longest counts.

    Something missing in one of them leaves the letter without a date, but for V's beside a B.
    """
    if not derivations:
        return Derivation(None, missing="unfiled", steps=(Step(f"no date: {MISSING['unfiled']}"),))
    kept = [one for one in derivations if one.waardering == "B"]
    count = kept or list(derivations)
    missing = min((one.missing for one in count if one.missing), default="")
    if missing:
        said = {one.waardering for one in count}
        waardering = said.pop() if len(said) == 1 else None
        return Derivation(waardering, missing=missing, steps=(Step(f"no date: {MISSING[missing]}"),))
    longest = max(count, key=lambda one: one.action or dt.date.min)
    latest = max((one.latest for one in count if one.latest is not None), default=None)
    return longest._replace(latest=latest, steps=())


def _row(working: _Working) -> Row:
    """The row that the dossier is judged by; finds the waardering on the way."""
    if working.as_if.row is not None:
        known, row = working.as_if.row
        working.waardering = row.waardering or None
        working.step(f"simulated: {_told(row)}", source=_cite(known, row))
        if row.lapsed:
            raise _Missing("lapsed")
        return row
    decision = working.dossier.classification
    if decision is None:
        raise _Missing("unclassified")
    working.waardering = decision.waardering
    adopted = working.rules.lists.get(decision.list)
    if adopted is None or not isinstance(adopted.rules, RetentionList):
        working.step(f"classified under {decision.list}, row {decision.row}", seq=decision.seq)
        raise _Missing("unknown_list")
    row = adopted.rules.rows.get(decision.row) or Row(decision.row)
    working.step(f"classified: {_told(row)}", seq=decision.seq, source=_cite(adopted.rules, row))
    if decision.row not in adopted.rules.rows:
        raise _Missing("unknown_row")
    if row.lapsed:
        raise _Missing("lapsed")
    if row.waardering != decision.waardering:
        working.waardering = "B"  # until it is settled nothing is destroyed
        raise _Missing("waardering_differs")
    if not adopted.covers(working.dossier.opened):
        raise _Missing("other_time")
    working.step(f"that list is for records {_period(adopted)}", seq=adopted.seq, source=_cite(adopted.rules))
    return row


def _transfer(working: _Working) -> Derivation:
    law = working.as_if.law
    if law is None:
        adopted = working.rules.law_on(working.dossier.opened)
        if adopted is None or not isinstance(adopted.rules, ArchiveLaw):
            raise _Missing("law")
        law = adopted.rules
        working.step(f"that law holds for records {_period(adopted)}", seq=adopted.seq, source=_cite(law))
    else:
        working.step("simulated: another archive law", source=_cite(law))
    if law.counted_from == "closed":
        working.start = _closed(working)
    else:
        working.start = working.dossier.opened
        working.step("the term of transfer is counted from the dossier's first day", working.start, source=_cite(law))
    action = _after(working, working.start, law.after, "transfer from", _cite(law))
    latest = _after(working, working.start, law.within, "transfer at the latest", _cite(law))
    return Derivation("B", "transfer", None, working.start, action, latest, "", tuple(working.steps))


def _destroy(working: _Working, row: Row) -> Derivation:
    decision = working.dossier.classification
    closed = _closed(working)
    working.brondatum = _brondatum(working, decision, closed)
    working.start = _procestermijn(working, decision, row, working.brondatum)
    action = _after(
        working, working.start, Term.parse(row.bewaartermijn), f"bewaartermijn {row.bewaartermijn}: destroy from"
    )
    return Derivation(
        "V", "destroy", working.brondatum, working.start, action, None, "", tuple(working.steps)
    )  # fmt: skip


def _closed(working: _Working) -> dt.date:
    closing = working.dossier.closing
    if closing is None:
        if working.dossier.reopened is not None:
            working.step("the dossier was reopened", seq=working.dossier.reopened)
        raise _Missing("open")
    working.step("the dossier was closed", closing.day, closing.seq)
    return closing.day


def _brondatum(working: _Working, decision: Classification | None, closed: dt.date) -> dt.date:
    """The date that terms are counted from, by one of the nine afleidingswijzen."""
    way = decision.afleidingswijze if decision is not None else "afgehandeld"
    recorded, seq = working.dossier.noted("brondatum")
    if way not in AFLEIDINGSWIJZEN:
        raise _Missing("afleidingswijze")
    if way == "afgehandeld":
        working.step("brondatum, afleidingswijze afgehandeld: the last day", closed)
        return closed
    if way == "termijn":
        term = decision.termijn if decision is not None else None
        if term is None:
            raise _Missing("termijn")
        return _after(working, closed, term, "brondatum, afleidingswijze termijn: a term after the last day")
    if recorded is None and way in OF_ANOTHER:
        if working.related is None:
            raise _Missing("related")
        working.step(f"brondatum, afleidingswijze {way}: the other dossier's last day", working.related)
        return working.related
    if recorded is None:
        raise _Missing("brondatum")
    about = f" ({decision.kenmerk})" if decision is not None and decision.kenmerk else ""
    working.step(f"brondatum, afleidingswijze {way}{about}: as recorded", recorded, seq)
    return recorded


def _procestermijn(working: _Working, decision: Classification | None, row: Row, brondatum: dt.date) -> dt.date:
    """The day on which the bewaartermijn begins, by one of the five kinds of procestermijn."""
    way = decision.afleidingswijze if decision is not None else "afgehandeld"
    length = decision.procestermijn if decision is not None else None
    seq = decision.seq if decision is not None else None
    kind = row.procestermijn
    if kind == "nihil":
        working.step("procestermijn nihil: the bewaartermijn begins at once", brondatum)
        return brondatum
    if kind in ("bestaansduur_procesobject", "vast_te_leggen_datum"):
        # By these ways the brondatum itself is the end of what the case was about.
        if way in ("afgehandeld", "termijn", "ingangsdatum_besluit") or working.dossier.noted("procestermijn_end")[0]:
            return _until(working, kind, brondatum)
        working.step(f"procestermijn {kind}: it ended on the brondatum", brondatum)
        return brondatum
    if kind == "samengevoegd_met_bewaartermijn":
        if way in ("afgehandeld", "termijn"):
            raise _Missing("brondatum")  # the list names another day to count from, such as a date of birth
        working.step("procestermijn samengevoegd_met_bewaartermijn: counted from the brondatum", brondatum)
        return brondatum
    # ingeschatte_bestaansduur_procesobject; or none in the list: then what the classification decided
    if length is not None:
        return _after(working, brondatum, length, "procestermijn, as the classification estimates it", seq=seq)
    if kind:
        if way != "termijn":
            raise _Missing("procestermijn")
        working.step(f"procestermijn {kind}: the term that led to the brondatum", brondatum)
        return brondatum
    if working.dossier.noted("procestermijn_end")[0] is None:
        raise _Missing("procestermijn")
    return _until(working, "that the list does not name", brondatum)


def _until(working: _Working, kind: str, brondatum: dt.date) -> dt.date:
    """A procestermijn up to a recorded date; one before the brondatum adds nothing."""
    end, seq = working.dossier.noted("procestermijn_end")
    if end is None:
        raise _Missing("procestermijn_end")
    begin = max(brondatum, end)
    working.step(f"procestermijn {kind}: it ended on {end}; the later of that and the brondatum", begin, seq)
    return begin


def _after(working: _Working, day: dt.date, term: Term, what: str, source: str = "", seq: int | None = None) -> dt.date:
    end = after(day, term)
    if end is None:
        raise _Missing("calendar")
    working.step(what, end, seq, source)
    return end


def _told(row: Row) -> str:
    """A row in one line."""
    term = f" {row.bewaartermijn}, procestermijn {row.procestermijn or '-'}" if row.waardering == "V" else ""
    return f"row {row.nummer}{f' ({row.name})' if row.name else ''}: {row.waardering or 'lapsed'}{term}"


def _cite(rules: RetentionList | ArchiveLaw, row: Row | None = None) -> str:
    parts = [rules.code, rules.edition, f"row {row.nummer}" if row is not None else ""]
    return ", ".join(filter(None, parts))


def _period(adopted: Adopted) -> str:
    end = f" and before {adopted.end}" if adopted.end is not None else ""
    return f"from {adopted.begin}{end}" if adopted.begin is not None else "of no day yet"
