"""``archief audit``: the rules that bytes alone do not show, asked of the state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from archief.cli import moment, state
from archief.cli.output import Output, counted
from archief.cli.session import Session
from archief.cli.trust import audit_runs
from archief.cli.verbs import verb
from archief.cli.wording import did_you_mean
from archief.errors import (
    FindingsError,
    KeyMissingError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    UsageError,
)
from archief.log import Log
from archief.rules.town_hall import day_of

if TYPE_CHECKING:
    from archief.projections.audit import Rule, Violation


def _complete(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    from archief.projections import audit  # noqa: PLC0415 - only a shell asks

    return [name for name in audit.rules() if name.startswith(begun)]


@verb(
    "audit",
    example="""
    archief audit
    archief audit --on 2021-04-15 --json
    archief audit --rule letter_in_dossier --rule commitment_in_time
    archief audit --list
    archief audit --record --as auditor
    """,
    exits=(NoArchiveError, NotFoundError, KeyMissingError, PassphraseError, RefusedError, FindingsError),
)
@click.option(
    "--on", "day", metavar="DATE", help="As it was at the end of that day (Europe/Amsterdam), judged from it."
)
@click.option(
    "--rule",
    "only",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete,
    help="Ask this rule only; may be repeated.",
)
@click.option("--list", "listed", is_flag=True, help="Print the rules, their grounds and what to do; ask nothing.")
@audit_runs.record_option
@audit_runs.dry_option
def audit(session: Session, *, day: str | None, only: tuple[str, ...], listed: bool, keep: bool, dry_run: bool) -> None:
    """Ask the rules that bytes alone do not show, such as that a letter went out signed as the law wants.

    Each rule is a query over the state; what it finds is a finding, with its entry, the rule's ground and what to do.
    Terms are judged from --on; without it from the day of the last commit. Whether the bytes are those that were signed
    is another question: archief verify.

    With --record the outcome stands in the log; the next audit then says what is new since, and what is gone.
    """
    if only and keep:
        raise UsageError("what is recorded is a whole audit", where="--rule", remedy="leave --rule or --record out")
    from archief.projections import audit as rules_over  # noqa: PLC0415 - a list of commands asks for less

    rules = chosen(rules_over.rules(), only)
    if listed:
        _list(session.output, rules)
        return
    log = session.log()
    test = session.is_test(log)
    position, reference = judged_from(log, day)
    with state.at(session, log, position.size) as database:
        found = rules_over.audit(database, reference, list(rules))
        last = audit_runs.last(database, log)
        adopted = database.execute("select distinct code from rule_set where current order by code").fetchall()
    recorded = None
    if keep:
        sets = [code for (code,) in adopted]
        recorded = audit_runs.record_audit(session, position.size, reference, len(rules), sets, found, dry=dry_run)
    output = session.output
    since = _since(last, rules, found)
    if output.json:
        output.members(
            {
                "test": test,
                "position": {"origin": log.origin, "size": position.size, "time": position.time},
                "reference_date": reference,
                "rules": _plain(rules),
                "findings": [
                    one._asdict() | {"new": since is None or audit_runs.place(one) in since.new} for one in found
                ],
                "since": since
                and {"entry": since.entry, "new": len(since.new), "gone": [_placed(one) for one in since.gone]},
                "recorded": recorded,
                **({"dry_run": True} if dry_run else {}),
            }
        )
    else:
        _tell(output, rules, found, since)
        output.note(
            f"{counted(len(rules), 'rule')}, judged from {reference};"
            f" position {position.size} of {log.origin}, {position.time}"
        )
        if recorded is not None:
            audit_runs.tell(output, recorded)
    if found:
        broken_rules = len({one.rule for one in found})
        raise FindingsError(
            f"{counted(len(found), 'finding')} by {counted(broken_rules, 'rule')}",
            where=str(session.archive),
            remedy="look at each with `archief history RECORD`; a correction is a new event, nothing is changed",
        )


def judged_from(log: Log, text: str | None) -> tuple[moment.Position, dt.date]:
    """The position and the day that ``--on`` means: a later day than the last commit's is a day all the same.

    Args:
        log: the archive.
        text: a day, or a size of the log; None for the end of the log and the day of its last commit.
    """
    if text is None:
        position = moment.Position(log.size, log.last_commit.time)
        return position, day_of(position.time)
    position = moment.of(log, text)
    return position, day_of(position.time) if text.isdigit() else dt.date.fromisoformat(text)


def chosen(rules: Mapping[str, Rule], only: Sequence[str]) -> Mapping[str, Rule]:
    """The rules of these names; all of them when none is named.

    Raises:
        NotFoundError: one of them is none.
    """
    for name in only:
        if name not in rules:
            raise NotFoundError(
                f"no such rule{did_you_mean(name, rules)}",
                where=f"--rule {name[:60]}",
                remedy="see `archief audit --list`",
            )
    return {name: rule for name, rule in rules.items() if not only or name in only}


def _plain(rules: Mapping[str, Rule]) -> dict[str, dict[str, str]]:
    return {name: {"says": one.says, "severity": one.severity, "remedy": one.remedy} for name, one in rules.items()}


def _list(output: Output, rules: Mapping[str, Rule]) -> None:
    if output.json:
        output.members({"rules": _plain(rules)})
        return
    for name, rule in rules.items():
        output.line(f"{output.styled(name, bold=True)} ({rule.severity})")
        output.line(f"  {rule.says}")
        output.line(f"  then: {rule.remedy}")


class _Since(NamedTuple):
    """What changed since the last audit that was recorded."""

    entry: int
    new: frozenset[audit_runs.Place]
    gone: list[audit_runs.Place]


def _since(last: audit_runs.Last | None, rules: Mapping[str, Rule], found: Sequence[Violation]) -> _Since | None:
    if last is None:
        return None
    now = frozenset(map(audit_runs.place, found))
    gone = [one for one in last.found - now if one[0] in rules]
    return _Since(last.seq, now - last.found, sorted(gone, key=str))


def _placed(one: audit_runs.Place) -> dict[str, object]:
    return dict(zip(("rule", "stream", "seq"), one, strict=True))


def _tell(output: Output, rules: Mapping[str, Rule], found: Sequence[Violation], since: _Since | None) -> None:
    """Every rule, what it found, and what of that is new."""
    for name, rule in rules.items():
        broken = [one for one in found if one.rule == name]
        mark = output.styled("ok   ", fg="green") if not broken else output.styled("FOUND", fg="red")
        output.line(f"{mark}  {name}: {rule.says}")
        for one in broken:
            place = f"entry {one.seq}" if one.seq is not None else f"stream {one.stream}"
            new = since is not None and audit_runs.place(one) in since.new
            output.line(f"       {place}: {one.what}{' (new)' if new else ''}")
        if broken:
            output.line(f"       then: {rule.remedy}")
    if since is not None:
        output.line(f"since the audit of entry {since.entry}: {len(since.new)} new, {len(since.gone)} gone")
        for name, stream, seq in since.gone:
            output.line(f"       gone: {name}, {f'entry {seq}' if seq is not None else f'stream {stream}'}")
