"""``archief destroy``: a destruction from proposal to authorisation, each step by another person."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import click

from archief.cli import moment, names, retained, writing
from archief.cli.drafting import present
from archief.cli.output import counted
from archief.cli.records import Record
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.transfer import handover
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.errors import RefusedError, UsageError
from archief.events.retention import EXCEPTED_MAX
from archief.rules import destruction
from archief.rules.destruction import WAITING_DAYS
from archief.rules.rounds import Round, rounds_of

BASIS = "archiefwet-1995:3"
"""By what the zorgdrager destroys records; a copy goes because the record went: the basis of the transfer."""

LIVE = ("proposed", "reviewed", "consented", "authorised", "started")

destroy = Family(
    "destroy",
    help="Destruction: proposed, reviewed, consented to, authorised by different persons, and carried out.",
    members={
        "propose": "destruction.proposing:propose",
        "review": "destruction.destroying:review",
        "consent": "destruction.destroying:consent",
        "authorise": "destruction.destroying:authorise",
        "cancel": "destruction.cancelling:cancel",
        "erase": "destruction.erasing:erase",
        "execute": "destruction.executing:execute",
        "again": "destruction.executing:again",
    },
)


class Case(NamedTuple):
    """A destruction that somebody takes a step in."""

    made: Writer
    known: Retained
    record: Record
    rounds: Sequence[Round]

    @property
    def current(self) -> Round:
        """Its last round."""
        return self.rounds[-1]

    @property
    def person(self) -> str:
        """Who takes the step: the person whose key signs it."""
        return self.made.person or ""

    @property
    def left(self) -> int:
        """Of how many of its records the destruction is announced and not done."""
        return self.made.journal.authority.destructions.left(self.record.stream)

    def demand_free(self, session: Session) -> None:
        """Refuse a step on records that may not be destroyed any more.

        Raises:
            RefusedError: a hold came, a date moved, a record changed after the consent.
        """
        today = moment.today(session)
        standings = self.known.standings(self.current.remaining, today)
        found = destruction.record_objections(self.current, standings, today)
        if found:
            others = len({one.record for one in found}) - 1
            more = f"; {counted(others, 'record')} more may not be destroyed" if others else ""
            raise RefusedError(
                f"{found[0].why}{more}",
                where=f"record {(found[0].record or '')[:8]}",
                remedy="before the consent except it (archief destroy review); after it cancel, and propose anew",
            )

    def finish(self, name: str, facts: Mapping[str, object], reason: str | None, *, dry_run: bool, told: str) -> None:
        """Append the step."""
        version = self.known.happened(self.record)[-1].event.stream_seq
        data = {"reason": reason} if reason else None
        with typed_at(options_of(facts, ["reason"])):
            one = draft(
                name, self.record.stream, {"proposal": self.current.proposed.seq, **facts}, data, expect_version=version
            )
        writing.finish(self.made, [one], dry_run=dry_run, told=[told])


@contextlib.contextmanager
def at_hand(session: Session, text: str, *, accept_clock: bool) -> Iterator[Case]:
    """The destruction that a person means, to take a step in."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        record = known.record(text, "destruction")
        yield Case(made, known, record, rounds(known, record))


def rounds(known: Retained, record: Record) -> list[Round]:
    """The rounds of a destruction, with the persons whose keys signed."""
    return rounds_of((one.event, one.person, one.key) for one in known.happened(record))


@verb(
    "review",
    example="""
    archief destroy review 5b1e9f3c --approve
    archief destroy review 5b1e9f3c --approve --except Z-2021-0413=still-in-use --reason "loopt nog een bezwaar"
    """,
    exits=DECIDES,
)
@click.argument("destruction_", metavar="DESTRUCTION")
@click.option("--approve/--refuse", "approved", required=True, default=None, help="What the content owner says.")
@click.option(
    "--except",
    "exceptions",
    multiple=True,
    metavar="RECORD=GROUND",
    help="A record that must stay: still-in-use, longer-case, hold, exemption, other.",
)
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload. An exception or a refusal needs one.")
@writing_options()
def review(
    session: Session,
    *,
    destruction_: str,
    approved: bool,
    exceptions: tuple[str, ...],
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Review a proposal as the content owner: approve it, except records, or refuse it.

    With a dossier its letters stay; with a letter the dossiers that it is in.
    """
    if (exceptions or not approved) and not reason:
        raise UsageError("an exception or a refusal has a reason", where="--reason", remedy="give it with --reason")
    if exceptions and not approved:
        raise UsageError("what is refused is refused whole", where="--except", remedy="approve with exceptions")
    with at_hand(session, destruction_, accept_clock=accept_clock) as case:
        excepted = _excepted(case, exceptions)
        destruction.check_review(case.current, case.person, excepted)
        items = [{"stream": stream, "ground": ground} for stream, ground in sorted(excepted.items())]
        version = case.known.happened(case.record)[-1].event.stream_seq
        drafts = []
        for first in range(0, max(len(items), 1), EXCEPTED_MAX):
            part = items[first : first + EXCEPTED_MAX]
            facts = {
                "proposal": case.current.proposed.seq,
                "result": "approved" if approved else "refused",
                "excepted": part,
            }
            data = {"reason": reason, "reasons": [reason] * len(part) if part else None} if reason else {}
            with typed_at(options_of(["excepted"], ["reason"], excepted="--except")):
                drafts.append(draft("destruction_reviewed", case.record.stream, present(facts), present(data) or None))
        drafts[0] = drafts[0]._replace(expect_version=version)
        left = len(case.current.remaining) - len(set(case.current.remaining) & set(excepted))
        told = f"approved: {counted(left, 'record')} of {len(case.current.records):,}" if approved else "refused"
        writing.finish(case.made, drafts, dry_run=dry_run, told=[told])


def _excepted(case: Case, exceptions: Sequence[str]) -> dict[str, str]:
    """The records that stay: those named, and what goes with them."""
    found: dict[str, str] = {}
    proposed = set(case.current.records)
    for one in exceptions:
        name, equals, ground = one.rpartition("=")
        if not equals:
            raise UsageError("not of the form RECORD=GROUND", where="--except", remedy="write Z-1=still-in-use")
        record = case.known.record(name, "letter", "dossier")
        if record.stream not in proposed:
            raise RefusedError("this record is not proposed", where=name, remedy="see `archief show` of the proposal")
        found[record.stream] = ground
        query = (
            "select cast(stream as varchar) from filing where dossier = cast($1 as uuid)"
            " union select cast(dossier as varchar) from filing where stream = cast($1 as uuid)"
        )
        for (other,) in case.known.rows(query, record.stream):
            if other in proposed:
                found.setdefault(other, ground)
    return found


@verb(
    "consent",
    example="""
    archief destroy consent 5b1e9f3c --reason "lijst gezien en akkoord"
    """,
    exits=DECIDES,
)
@click.argument("destruction_", metavar="DESTRUCTION")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def consent(
    session: Session,
    *,
    destruction_: str,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Consent as archivaris to the list as it was reviewed."""
    with at_hand(session, destruction_, accept_clock=accept_clock) as case:
        destruction.check_consent(case.current, case.person)
        case.demand_free(session)
        told = f"consent to the destruction of {counted(len(case.current.remaining), 'record')}"
        case.finish("destruction_consented", {}, reason, dry_run=dry_run, told=told)


@verb(
    "authorise",
    example="""
    archief destroy authorise 5b1e9f3c --decision "Besluit 2027-03"
    """,
    exits=DECIDES,
)
@click.argument("destruction_", metavar="DESTRUCTION")
@click.option("--decision", required=True, metavar="TEXT", help="The decision's reference; stands in the payload.")
@click.option(
    "--basis", metavar="CODE", help="The legal basis (archiefwet-1995:3; of copies of what was transferred, 12)."
)
@click.option("--mandate", metavar="MANDATE", help="The mandate it is decided under.")
@click.option(
    "--waiting-days", type=click.IntRange(0, 3_650), default=WAITING_DAYS, metavar="N", help="Days to wait (7)."
)
@click.option("--note", metavar="TEXT", help="Remarks; stands in the payload.")
@writing_options()
def authorise(
    session: Session,
    *,
    destruction_: str,
    decision: str,
    basis: str | None,
    mandate: str | None,
    waiting_days: int,
    note: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Decide that the reviewed list is destroyed after a waiting period. Until then it can be cancelled."""
    with at_hand(session, destruction_, accept_clock=accept_clock) as case:
        destruction.check_authorise(case.current, case.person)
        case.demand_free(session)
        earliest = moment.today(session) + dt.timedelta(days=waiting_days)
        facts = {
            "proposal": case.current.proposed.seq,
            "basis": basis or (BASIS if case.current.transfer is None else handover.BASIS),
            "earliest": earliest.isoformat(),
            "mandate": names.mandate(case.made.journal.authority, mandate) if mandate else None,
        }
        version = case.known.happened(case.record)[-1].event.stream_seq
        data = present({"decision": decision, "note": note})
        with typed_at(options_of(facts, data)):
            one = draft("destruction_authorised", case.record.stream, present(facts), data, expect_version=version)
        told = f"{counted(len(case.current.remaining), 'record')} may be destroyed from {earliest} on"
        writing.finish(case.made, [one], dry_run=dry_run, told=[told])
