"""The dates of retention: the Python that explains them and the SQL that lists them agree, on every row of the list."""

from __future__ import annotations

import calendar
import datetime as dt
import random
import uuid
from typing import Any

import pytest

from archief.law import rule_sets
from archief.law.term import Term
from archief.projections import state, tables
from archief.projections.staging import Staging
from archief.rules import retention
from archief.rules.adoption import Adopted, RuleSets
from archief.rules.dossiers import AFLEIDINGSWIJZEN, Classification, Closing, Dossier
from archief.rules.retention import Derivation

LIST = rule_sets.lists()["selectielijst-gemeenten-2020"]
LAWS = rule_sets.laws()
BEGIN_2026 = dt.date(2027, 1, 1)
RULES = RuleSets(
    lists={LIST.code: Adopted(2, dt.date(2020, 1, 1), dt.date(2030, 1, 1), LIST)},
    laws={
        "archiefwet-1995": Adopted(0, dt.date(1996, 1, 1), None, LAWS["archiefwet-1995"]),
        "archiefwet-2026": Adopted(3, BEGIN_2026, None, LAWS["archiefwet-2026"]),
    },
)
TERMS = ("P0D", "P28D", "P1M", "P6M", "P1Y", "P1Y6M", "P2Y1M30D", "P999Y")


def _day(draw: random.Random) -> dt.date:
    """A day; often the end of a month, 29 February, or one near the end of all calendars."""
    year = draw.choice((*range(1994, 2034), 2020, 2024, 9998)) if draw.random() < 0.98 else 9999
    month = draw.randint(1, 12) if draw.random() < 0.7 else 2
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, draw.choice((1, last, last, draw.randint(1, last))))


def _term(draw: random.Random) -> Term:
    return Term.parse(draw.choice(TERMS))


def _dossier(draw: random.Random, row: str, others: list[Dossier]) -> Dossier:
    """A dossier under a row, with anything recorded or not."""

    def maybe(value: Any) -> Any:
        return value if draw.random() < 0.5 else None

    stream = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    made = Dossier(stream, 10, _day(draw) if draw.random() < 0.3 else dt.date(2021, 3, 31))
    if draw.random() < 0.97:
        list_, row = ("lijst-1996", row) if draw.random() < 0.02 else (LIST.code, row)
        row = "99.9" if draw.random() < 0.02 else row
        known = LIST.rows.get(row)
        waardering = known.waardering if known and known.waardering and draw.random() < 0.97 else draw.choice("BV")
        related = draw.choice(others).stream if others and draw.random() < 0.7 else None
        made.classification = Classification(
            draw.choice((12, 15)), list_, row, waardering, draw.choice((*AFLEIDINGSWIJZEN, "afgehandeld", "onbekend")),
            maybe(_day(draw)), None, related, maybe(_term(draw)), maybe(_term(draw)), maybe(_day(draw)),
        )  # fmt: skip
    if draw.random() < 0.9:
        made.closing = Closing(14, _day(draw), maybe(_day(draw)), maybe(_day(draw)))
    return made


def _as_row(one: Dossier) -> dict[str, Any]:
    """A row of the table ``dossier``."""
    decision, closing = one.classification, one.closing
    return {
        "stream": one.stream,
        "opened": one.opened,
        "opened_seq": one.seq,
        "closed": closing and closing.day,
        "closed_seq": closing and closing.seq,
        "classified_seq": decision and decision.seq,
        "list": decision and decision.list,
        "row": decision and decision.row,
        "waardering": decision and decision.waardering,
        "afleidingswijze": decision and decision.afleidingswijze,
        "brondatum": one.noted("brondatum")[0],
        "related": decision and decision.related,
        "termijn_months": decision and decision.termijn and decision.termijn.months,
        "termijn_days": decision and decision.termijn and decision.termijn.days,
        "procestermijn_months": decision and decision.procestermijn and decision.procestermijn.months,
        "procestermijn_days": decision and decision.procestermijn and decision.procestermijn.days,
        "procestermijn_end": one.noted("procestermijn_end")[0],
    }


def _letters(draw: random.Random, dossiers: list[Dossier]) -> dict[str, list[str]]:
    """Letters, each in none to three dossiers."""
    made = {}
    for _ in range(len(dossiers) // 2):
        stream = str(uuid.UUID(int=draw.getrandbits(128), version=4))
        made[stream] = [one.stream for one in draw.sample(dossiers, draw.choice((0, 1, 1, 2, 3)))]
    return made


def _asked(dossiers: list[Dossier], letters: dict[str, list[str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the views say, by stream."""
    adopted = [
        {"seq": one.seq, "code": one.rules.code, "kind": kind, "imported": False, "current": True,
         "begin_date": one.begin, "end_date": one.end}
        for kind, known in (("list", RULES.lists), ("law", RULES.laws))
        for one in known.values()
    ]  # fmt: skip
    filings = [{"stream": letter, "dossier": each} for letter, filed in letters.items() for each in filed]
    with state.workshop(None) as connection:
        tables.make_meta(connection)
        staged = Staging(connection)
        staged.clear()
        staged.create_tables()
        tables._fill(connection, "rule_set", adopted)
        connection.execute(
            "update rule_set set after_months = shipped.after_months, within_months = shipped.within_months,"
            " counted_from = shipped.counted_from from shipped_rule_set as shipped where shipped.code = rule_set.code"
        )
        tables._fill(connection, "dossier", [_as_row(one) for one in dossiers])
        tables._fill(connection, "filing", filings)
        tables._fill(connection, "letter", [{"stream": letter} for letter in letters])
        columns = "stream::varchar, waardering, outcome, action_date, latest_date, missing"
        of_dossiers = connection.execute(
            f"select {columns}, brondatum, if(waardering = 'V' or missing is null, begin_date, null) from retention"
        ).fetchall()
        of_letters = connection.execute(f"select {columns} from retention_letter").fetchall()
    return {row[0]: row[1:] for row in of_dossiers}, {row[0]: row[1:] for row in of_letters}


def _expected(one: Derivation) -> tuple[Any, ...]:
    return one.waardering, one.outcome, one.action, one.latest, one.missing or None


def _compare(dates: int, seed: int) -> set[str]:
    """Compare both on every row, with so many random dossiers each. Gives the words for what was missing."""
    print(f"seed {seed}")
    draw = random.Random(seed)
    dossiers: list[Dossier] = []
    for row in LIST.rows:
        dossiers += [_dossier(draw, row, dossiers[-50:]) for _ in range(dates)]
    closed = {one.stream: one.closing.day if one.closing else None for one in dossiers}
    letters = _letters(draw, dossiers)
    of_dossiers, of_letters = _asked(dossiers, letters)
    derived = {}
    for one in dossiers:
        related = closed.get(one.classification.related or "") if one.classification else None
        found = derived[one.stream] = retention.derive(one, RULES, related)
        start = found.start if found.waardering == "V" or not found.missing else None
        assert (*_expected(found), found.brondatum, start) == of_dossiers[one.stream], one
    for letter, filed in letters.items():
        combined = retention.combine([derived[each] for each in filed])
        assert _expected(combined) == of_letters[letter], [derived[each] for each in filed]
    return {one.missing for one in derived.values()}


def test_python_and_sql_agree_on_every_row() -> None:
    words = _compare(4, 20200218)
    assert {*retention.MISSING, ""} - {"unfiled", "law"} == words - {"law"}, "a word that no case came to"


@pytest.mark.slow
def test_python_and_sql_agree_on_every_row_and_200_dates() -> None:
    _compare(200, random.SystemRandom().randrange(2**32))
