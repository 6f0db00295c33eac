"""``archief explain``: the date of a dossier or letter, step by step, each with the entry, list and row it rests on."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import click

from archief.cli import account, authority, moment, retained
from archief.cli.output import Output
from archief.cli.retained import Block, Retained
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import AmbiguousError, LossError, NoArchiveError, NotFoundError, UsageError
from archief.law import rule_sets
from archief.law.retention_list import RetentionList
from archief.rules import dossiers, retention
from archief.rules.adoption import RuleSets
from archief.rules.retention import MISSING, Derivation, Simulation


class _Part(NamedTuple):
    """A dossier of what is explained.

    Attributes:
        stream: the dossier.
        title: what it is called.
        filed: entry that put the letter in it; None when a dossier is explained.
        derivation: what becomes of it.
    """

    stream: str
    title: str
    filed: int | None
    derivation: Derivation


class _Explained(NamedTuple):
    """What is told of a record; ``destroyed`` is the entry that says that it is."""

    stream: str
    kind: str
    destroyed: int | None
    whole: Derivation
    parts: list[_Part]
    blocks: list[Block]
    findings: list[str]


@verb(
    "explain",
    example="""
    archief explain 2021-00017
    archief explain Z-2021-0412 --on 2026-01-01
    archief explain Z-2021-0412 --as-if archiefwet-2026
    """,
    exits=(NoArchiveError, NotFoundError, AmbiguousError, LossError),
)
@click.argument("record", metavar="RECORD")
@click.option(
    "--as-if", "as_if", metavar="LIST", help="Simulate another list, with another row as LIST:ROW; or another law."
)
@click.option("--on", "day", metavar="DATE", help="As it was at the end of that day, and due or not on that day.")
def explain(session: Session, *, record: str, as_if: str | None, day: str | None) -> None:
    """Explain when a letter or dossier is destroyed or transferred, and what that rests on.

    A letter is judged by its dossiers: B beats V, then the longest counts. What is missing is said, nothing is guessed.
    """
    log = session.log()
    test = session.is_test(log)
    position = moment.of(log, day) if day else moment.Position(log.size, log.last_commit.time)
    looked_from = moment.today(session)
    if day and not day.isdigit():
        looked_from = moment.day(day, "--on")
    with retained.reading(session, log, position.size) as known:
        told = _explained(known, record, as_if, looked_from)
    if session.output.json:
        session.output.members(
            {
                "test": test,
                "position": {"origin": log.origin, "size": position.size, "time": position.time},
                "stream": told.stream,
                "kind": told.kind,
                "on": looked_from,
                "as_if": as_if,
                **_plain(told.whole),
                "destroyed": told.destroyed,
                "due": told.destroyed is None and told.whole.due(looked_from),
                "blocked": [block._asdict() for block in told.blocks],
                "findings": told.findings,
                "dossiers": [_plain_part(part) for part in told.parts],
            }
        )
        return
    stub = ""
    if told.destroyed is not None:
        stub = account.gone(authority.of(session, log).destructions, told.stream)
    _show(session.output, told, looked_from, as_if, stub)
    session.output.note(f"position {position.size} of {log.origin}, {position.time}")


def _explained(known: Retained, text: str, as_if: str | None, day: dt.date) -> _Explained:
    found = known.record(text, "letter", "dossier")
    rules = known.rules()
    events = [one.event for one in known.happened(found)]
    destroyed = next((event.seq for event in events if event.type == "record_destroyed.v1"), None)
    findings: list[str] = []
    if known.kind(found) == "dossier":
        filed: dict[str, int | None] = {found.stream: None}
        others = known.letters_in(found.stream)
        findings += _old_letters(known, rules, found.stream)
    else:
        filed = dict(dossiers.filed(events).items())
        others = [found.stream]
        findings += _made_before(known, rules, found.stream, list(filed))
    parts = []
    for stream, seq in filed.items():
        there = known.dossier(stream)
        if there is None or there.destroyed is None or len(filed) == 1:
            supposed = _simulation(rules, as_if, there.classification.row if there and there.classification else "")
            parts.append(_Part(stream, known.title(stream), seq, known.derive(there, rules, supposed)))
    whole = retention.combine([part.derivation for part in parts])
    return _Explained(
        found.stream, known.kind(found), destroyed, whole, parts, known.blocks([*filed, *others], day), findings
    )  # fmt: skip


def _simulation(rules: RuleSets, as_if: str | None, row: str) -> Simulation | None:
    """What ``--as-if`` supposes: a law, a list with the same row, or LIST:ROW."""
    if as_if is None:
        return None
    law = rule_sets.laws().get(as_if)
    if law is not None:
        return Simulation(law=law)
    code, _, nummer = ("", "", "") if as_if in {**rules.lists, **rule_sets.lists()} else as_if.rpartition(":")
    known = _list(rules, code or as_if)
    if not (code or row):
        raise UsageError(
            "the dossier is not classified, so a row must be named", where="--as-if", remedy=f"write {as_if}:ROW"
        )
    return Simulation(row=(known, known.row(nummer if code else row)))


def _list(rules: RuleSets, code: str) -> RetentionList:
    """An adopted list; or one that the program brings along, for a simulation that is enough."""
    return rule_sets.lists()[code] if code in rule_sets.LISTS and code not in rules.lists else rules.list(code)


def _old_letters(known: Retained, rules: RuleSets, dossier: str) -> list[str]:
    """A finding when letters of a dossier are older than the list that it is classified under."""
    there = known.dossier(dossier)
    adopted = rules.lists.get(there.classification.list) if there is not None and there.classification else None
    if adopted is None or adopted.begin is None:
        return []
    query = (
        "select count(*) from filing join retention_letter as letter using (stream)"
        " where filing.dossier = cast(? as uuid) and letter.made < ?"
    )
    ((count,),) = known.rows(query, dossier, adopted.begin)
    return [f"{count} of its letters are of before {adopted.begin}, when the list began"] if count else []


def _made_before(known: Retained, rules: RuleSets, letter: str, filed: list[str]) -> list[str]:
    """A finding when a letter is older than the list of its dossier."""
    made = known.rows("select made from retention_letter where stream = cast(? as uuid)", letter)
    if not made:
        return []
    found = []
    for dossier in filed:
        there = known.dossier(dossier)
        adopted = rules.lists.get(there.classification.list) if there is not None and there.classification else None
        if adopted is not None and not adopted.covers(made[0][0]):
            found.append(f"the letter is of {made[0][0]}; {adopted.rules.code} is not of that time")
    return found


# for people


def _show(output: Output, told: _Explained, day: dt.date, as_if: str | None, stub: str) -> None:
    output.line(output.styled(f"{told.kind} {told.stream}", bold=True))
    whole = told.whole
    if as_if:
        output.line(f"simulated: as if {as_if} held")
    output.line(f"  {_outcome(whole)}")
    if told.destroyed is not None:
        output.line(f"  {stub}, entry {told.destroyed}")
    elif whole.action is not None:
        blocked = ", but blocked" if told.blocks and whole.outcome == "destroy" else ""
        output.line(f"  on {day}: {'due' if whole.due(day) else 'not due'}{blocked}")
    for said in dict.fromkeys(block.told() for block in told.blocks):
        output.line(f"  {said}")
    for finding in told.findings:
        output.line(f"  finding: {finding}")
    for part in told.parts:
        output.line()
        filed = f", filed by entry {part.filed}" if part.filed is not None else ""
        output.line(f"dossier {part.title} ({part.stream[:8]}{filed}): {_outcome(part.derivation)}")
        rows = [(step.day, step.what, step.seq, step.source) for step in part.derivation.steps]
        output.table(("DATE", "STEP", "ENTRY", "SOURCE"), rows, cut=False)


def _outcome(one: Derivation) -> str:
    if one.missing:
        return f"{one.waardering or 'no waardering'}; no date: {MISSING[one.missing]}"
    latest = f", at the latest on {one.latest}" if one.latest is not None else ""
    return f"{one.waardering}; {one.outcome} from {one.action}{latest}"


def _plain(one: Derivation) -> dict[str, Any]:
    return {
        "waardering": one.waardering,
        "outcome": one.outcome,
        "brondatum": one.brondatum,
        "begin_date": one.start,
        "action_date": one.action,
        "latest_date": one.latest,
        "missing": one.missing or None,
    }


def _plain_part(part: _Part) -> dict[str, Any]:
    steps = [
        {"what": step.what, "date": step.day, "entry": step.seq, "source": step.source or None}
        for step in part.derivation.steps
    ]
    return {"stream": part.stream, "title": part.title, "filed": part.filed, **_plain(part.derivation), "steps": steps}
