"""``archief audit``: the rules that bytes alone do not show, asked of the state."""

from __future__ import annotations

import click

from archief.cli import moment, state
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import FindingsError, NoArchiveError, NotFoundError


@verb(
    "audit",
    example="""
    archief audit
    archief audit --on 2021-04-15 --json
    """,
    exits=(NoArchiveError, NotFoundError, FindingsError),
)
@click.option("--on", "day", metavar="DATE", help="As it was at the end of that day (Europe/Amsterdam).")
def audit(session: Session, *, day: str | None) -> None:
    """Ask the rules that bytes alone do not show, such as that a letter went out signed as the law wants.

    Each rule is a query over the state; what it finds is a finding, with its entry and the rule's ground. Whether the
    bytes are those that were signed is another question: archief verify.
    """
    log = session.log()
    test = session.is_test(log)
    position = moment.of(log, day) if day is not None else moment.Position(log.size, log.last_commit.time)
    rules, found = state.audited(session, log, position.size if day is not None else None)
    output = session.output
    if output.json:
        output.members(
            {
                "test": test,
                "position": {"origin": log.origin, "size": position.size, "time": position.time},
                "rules": rules,
                "findings": [one._asdict() for one in found],
            }
        )
    else:
        for rule, ground in rules.items():
            broken = [one for one in found if one.rule == rule]
            mark = output.styled("ok   ", fg="green") if not broken else output.styled("FOUND", fg="red")
            output.line(f"{mark}  {rule}: {ground}")
            for one in broken:
                place = f"entry {one.seq}" if one.seq is not None else f"stream {one.stream}"
                output.line(f"       {place}: {one.what}")
        output.note(f"{counted(len(rules), 'rule')}; position {position.size} of {log.origin}, {position.time}")
    if found:
        broken_rules = len({one.rule for one in found})
        raise FindingsError(
            f"{counted(len(found), 'finding')} by {counted(broken_rules, 'rule')}",
            where=str(session.archive),
            remedy="look at each with `archief history RECORD`; a correction is a new event, nothing is changed",
        )
