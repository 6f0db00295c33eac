"""``archief destroy cancel``: a round of a destruction ends before anything is erased."""

from __future__ import annotations

import contextlib

import click

from archief import erasure
from archief.cli import retained
from archief.cli.destruction import derived, destroying, executing
from archief.cli.destruction.destroying import Case
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.errors import RefusedError
from archief.rules import destruction


@verb(
    "cancel",
    example="""
    archief destroy cancel 5b1e9f3c --ground changed --reason "er is een Woo-verzoek binnengekomen"
    """,
    exits=DECIDES,
)
@click.argument("destruction_", metavar="DESTRUCTION")
@click.option("--ground", required=True, metavar="CODE", help="Why: refused, changed, hold, mistaken.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def cancel(
    session: Session,
    *,
    destruction_: str,
    ground: str,
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Stop a round before anything is erased. It stays visible; a next round may follow.

    An execution that was announced is stopped too, while all is here still; or when it was announced against the rules.
    """
    with contextlib.ExitStack() as stack:
        case = stack.enter_context(destroying.at_hand(session, destruction_, accept_clock=accept_clock))
        if case.current.status == "started":
            stack.enter_context(derived.alone(session))
            _demand_whole(session, case)
        facts, told = {"ground": ground}, "the round is cancelled"
        destruction.check_cancel(case.current, case.left)
        case.finish("destruction_cancelled", facts, reason, dry_run=dry_run, told=told)


def _demand_whole(session: Session, case: Case) -> None:
    """Refuse to stop an execution in its midst; one that was announced against the rules is stopped all the same.

    Raises:
        RefusedError: something is erased already, as was decided.
    """
    log, current = case.made.log, case.current
    with case.made.journal.writing():
        here = erasure.find(log.storage, case.made.journal.authority.destructions, current.erasing)
    if len(here.payloads) == sum(here.committed.values()) and here.documents.keys() <= set(log.storage.document_ids()):
        return
    started = next(one for one in case.known.happened(case.record) if one.event.seq == current.started)
    with retained.reading(session, log, log.commit_of(started.event.seq).base.size) as known:
        objections = executing.announced_against(known, current, started)
    if not objections:
        raise RefusedError(
            "its execution has begun: something is erased already",
            where=f"entry {started.event.seq}",
            remedy="go on with it: archief destroy execute",
        )
    session.output.warn(f"it was begun although {objections[0].why}; what is erased is lost: see `archief verify`")
