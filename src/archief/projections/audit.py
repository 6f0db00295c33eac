"""Rules as queries over the state: ``audits/*.sql``. Any row is a violation; what breaks no rule gives no row.

A file begins with what it demands and on what ground, how bad a violation is, and what to do then; the query follows.
It may name ``$day`` (the day it looks from) and ``$known`` (the words that the program's own lists have).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archief.law import codes, roles, rule_sets
from archief.projections import tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEVERITIES = ("grave", "serious", "minor")
"""From worst to mildest, as in ``finding_opened``: what cannot be right, what breaks the law, what waits to be done."""


class Rule(NamedTuple):
    """A rule.

    Attributes:
        says: what it demands and its ground.
        severity: one of :data:`SEVERITIES`.
        remedy: what to do about a violation.
        query: rows of stream, seq and what is wrong.
    """

    says: str
    severity: str
    remedy: str
    query: str


class Violation(NamedTuple):
    """A rule that is broken.

    Attributes:
        rule: its name.
        says: the rule and its ground, as its file says.
        severity: how bad it is.
        stream: the record it is about; None when it is about no single one.
        seq: the entry it is about; None when it is about no single one.
        what: what is wrong, one sentence. Never content of a record.
        remedy: what to do.
    """

    rule: str
    says: str
    severity: str
    stream: str | None
    seq: int | None
    what: str
    remedy: str


@functools.cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its name."""
    found = {}
    for name, text in tables.audits().items():
        says, severity, remedy, query = text.split("\n", 3)
        found[name] = Rule(
            says.removeprefix("-- "), severity.removeprefix("-- severity: "), remedy.removeprefix("-- remedy: "), query
        )
    return found


def parameters(query: str, day: dt.date) -> dict[str, object]:
    """What a rule's query asks to be given.

    Args:
        query: the rule's query.
        day: the day it looks from.
    """
    given: dict[str, object] = {"day": day, "known": _known()}
    return {name: value for name, value in given.items() if f"${name}" in query}


def audit(connection: DuckDBPyConnection, day: dt.date, only: Collection[str] = ()) -> list[Violation]:
    """Ask the rules.

    Args:
        connection: a state, from ``Projector.connect``.
        day: the day from which terms are judged (peildatum).
        only: the names of the rules to ask; all of them when there is none.

    Returns:
        Everything that is wrong, by rule and entry.
    """
    found = []
    for name, rule in rules().items():
        if only and name not in only:
            continue
        for stream, seq, what in connection.execute(rule.query, parameters(rule.query, day)).fetchall():
            owner = None if stream is None else str(stream)
            found.append(Violation(name, rule.says, rule.severity, owner, seq, what, rule.remedy))
    return found


@functools.cache
def _known() -> list[str]:
    """The words of the lists, of the roles and of the rule sets: no name of a person."""
    words = {word for one in codes.lists().values() for word in one.words}
    return sorted({*words, *roles.ROLES, *rule_sets.LAWS, *rule_sets.LISTS})
