"""``archief destroy propose``: the list that a destruction begins with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import click

from archief.cli import moment, retained, writing
from archief.cli.destruction.destroying import LIVE, rounds
from archief.cli.drafting import present
from archief.cli.output import counted
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.retention.holds import parted
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.writing import Writer
from archief.draft import new_stream
from archief.errors import RefusedError, UsageError
from archief.rules import destruction
from archief.rules.retention import MISSING


@verb(
    "propose",
    example="""
    archief destroy propose --due --on 2027-01-01 --title "Vernietigingslijst 2027"
    archief destroy propose Z-2021-0412 --title "Losse brieven 2021"
    archief destroy propose --copies 7c0f9f3c --title "Kopieën na overbrenging 2041"
    """,
    exits=DECIDES,
)
@click.argument("dossiers", metavar="[DOSSIER…]", nargs=-1)
@click.option("--due", is_flag=True, help="Everything whose time has come: the yearly run.")
@click.option("--copies", metavar="TRANSFER", help="The copies that an accepted transfer left here, not the records.")
@click.option("--on", "day", metavar="DATE", help="The day they must be due on (peildatum); today without it.")
@click.option("--again", metavar="DESTRUCTION", help="A next round, after a refusal or a cancellation.")
@click.option("--title", required=True, metavar="TEXT", help="What the list is called.")
@click.option(
    "--reason",
    metavar="TEXT",
    help="Why now, why these; stands in the payload. Copies that were kept for use need one.",
)
@writing_options()
def propose(
    session: Session,
    *,
    dossiers: tuple[str, ...],
    due: bool,
    copies: str | None,
    day: str | None,
    again: str | None,
    title: str,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Put dossiers that are due forward for destruction, with the letters that are in no other dossier.

    What a hold or exemption blocks, and what another proposal already lists, stays out, and is told. Of what was
    transferred the copies go, with --copies: whatever their waardering, the records are with the records office.
    """
    if (bool(dossiers), due, copies is not None).count(True) != 1:
        raise UsageError(
            "name dossiers, or give --due for all that are due, or --copies TRANSFER",
            where="DOSSIER",
            remedy="see --help",
        )
    reference = moment.day_asked(session, day, "--on")
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        stream, version = new_stream(session.entropy), None
        if again is not None:
            record = known.record(again, "destruction")
            destruction.check_propose(rounds(known, record))
            stream, version = record.stream, known.happened(record)[-1].event.stream_seq
        facts = {"reference_date": reference.isoformat()}
        if copies is not None:
            facts["transfer"] = left_by = _transfer(made, known, copies, reason)
            chosen = _copies(session, known, left_by, reference)
        else:
            chosen = _records(known, dossiers, reference)
            _tell_left_out(session, known, chosen, reference)
        count = sum(kind == "dossier" for kind in chosen.values())
        drafts = parted(
            "destruction_proposed", stream, list(chosen), facts, present({"title": title, "reason": reason})
        )
        drafts[0] = drafts[0]._replace(expect_version=version)
        which = "the copies of " if copies is not None else ""
        told = f"proposed: {which}{counted(count, 'dossier')}, {counted(len(chosen) - count, 'letter')}"
        writing.finish(made, drafts, dry_run=dry_run, told=[told])


def _records(known: Retained, dossiers: Sequence[str], day: dt.date) -> dict[str, str]:
    """The named dossiers, or all that are due, with their letters: stream and kind."""
    found, listed = _due(known, day), _listed(known)
    wanted = [known.record(text, "dossier").stream for text in dossiers] or None
    if wanted is not None:
        _check_wanted(known, wanted, found, listed, day)
    chosen = _chosen(known, found, listed, wanted)
    if not chosen:
        raise RefusedError(
            f"nothing is due on {day} that is neither blocked nor in another proposal",
            where="--due",
            remedy="see `archief explain RECORD`, and `archief list --kind retention`",
        )
    return chosen


def _transfer(made: Writer, known: Retained, text: str, reason: str | None) -> str:
    """The transfer whose copies may go: accepted, with its verklaring, and a reason where they were kept for use."""
    record = known.record(text, "transfer")
    current = made.journal.authority.transfers.known[record.stream]
    where = f"transfer {record.stream[:8]}"
    if current.accepted is None:
        raise RefusedError(
            f"it is {current.status}, not accepted: what is here is the record, not a copy",
            where=where,
            remedy="see `archief show`",
        )
    if current.declaration is None:
        raise RefusedError(
            "it has no verklaring van overbrenging yet",
            where=where,
            remedy=f"let an archivaris draw it up: archief transfer declare {record.stream[:8]}",
        )
    if reason is None and not made.journal.authority.transfers.kept.isdisjoint(current.records):
        raise RefusedError(
            "its copies were kept for use", where=where, remedy="say why they need not be any more: --reason TEXT"
        )
    return record.stream


def _copies(session: Session, known: Retained, transfer: str, day: dt.date) -> dict[str, str]:
    """The copies of a transfer that may be destroyed on a day: stream and kind, dossiers first."""
    from archief.projections import tables  # noqa: PLC0415 - is imported by then

    query = tables.read("destruction", "copies.sql")
    rows = known.database.execute(query, {"transfer": transfer, "day": day}).fetchall()
    listed = _listed(known)
    chosen = {str(stream): kind for _, kind, stream in rows if str(stream) not in listed}
    query = "select count(*) from handed_over where transfer = cast(? as uuid) and destroyed_seq is null"
    ((here,),) = known.rows(query, transfer)
    why = "a hold is on it, a dossier that stays holds it, or another proposal lists it"
    if not chosen:
        raise RefusedError(
            f"of {counted(here, 'copy')} none may go: {why}" if here else "its copies are destroyed already",
            where=f"transfer {transfer[:8]}",
            remedy="see `archief list --kind blocks`, and `archief list --kind destructions`",
        )
    if here > len(chosen):
        session.output.note(f"{counted(here - len(chosen), 'copy')} not in this proposal: {why}")
    return chosen


def _due(known: Retained, day: dt.date) -> dict[str, str]:
    """The records that may be destroyed on a day: stream and kind, dossiers first."""
    from archief.projections import tables  # noqa: PLC0415 - is imported by then

    rows = known.database.execute(tables.read("destruction", "due.sql"), {"day": day}).fetchall()
    return {str(stream): kind for _, kind, stream in rows}


def _listed(known: Retained) -> dict[str, str]:
    """The records that a proposal under way lists already, with that destruction."""
    live = ", ".join(f"'{status}'" for status in LIVE)
    query = f"select distinct cast(stream as varchar) from destruction where status in ({live})"  # noqa: S608 - words of ours
    found: dict[str, str] = {}
    for (stream,) in known.rows(query):
        current = rounds(known, known.record(stream, "destruction"))[-1]
        found |= dict.fromkeys(current.remaining, stream)
    return found


def _check_wanted(
    known: Retained, wanted: Sequence[str], found: Mapping[str, str], listed: Mapping[str, str], day: dt.date
) -> None:
    """Refuse a named dossier that may not go, and say why."""
    for stream in wanted:
        where = f"dossier {stream[:8]}"
        if stream in listed:
            raise RefusedError(
                f"destruction {listed[stream][:8]} lists it already", where=where, remedy="see `archief show`"
            )
        if stream in found:
            continue
        derived = known.derive(known.dossier(stream), known.rules())
        blocks = known.blocks([stream, *known.letters_in(stream)], day)
        why = MISSING[derived.missing] if derived.missing else f"it is due from {derived.action} on"
        if derived.outcome == "transfer":
            gone = known.rows(
                "select seq, cast(transfer as varchar) from handed_over where stream = cast(? as uuid)", stream
            )
            if gone:
                raise RefusedError(
                    f"it was transferred (entry {gone[0][0]}); what is here is a copy",
                    where=where,
                    remedy=f"that goes by a decision of its own: archief destroy propose --copies {gone[0][1][:8]}",
                )
            why = "it is kept for ever"
        elif derived.due(day) and blocks:
            why = blocks[0].told()
        raise RefusedError(why, where=where, remedy=f"see `archief explain {stream[:8]}`")


def _chosen(
    known: Retained, found: Mapping[str, str], listed: Mapping[str, str], wanted: Sequence[str] | None
) -> dict[str, str]:
    """Of what is due: the wanted dossiers that no other proposal lists, and the letters that are in these only."""
    dossiers = [
        stream
        for stream, kind in found.items()
        if kind == "dossier" and stream not in listed and (wanted is None or stream in wanted)
    ]
    rows = known.rows(
        "select cast(filing.stream as varchar) from filing join dossier on dossier.stream = filing.dossier"
        " left join (select cast(unnest($1::varchar[]) as uuid) as stream) as chosen on chosen.stream = filing.dossier"
        " where dossier.destroyed_seq is null group by filing.stream having count(chosen.stream) = count(*) order by 1",
        dossiers,
    )
    letters = [stream for (stream,) in rows if stream in found and stream not in listed]
    return {**dict.fromkeys(dossiers, "dossier"), **dict.fromkeys(letters, "letter")}


def _tell_left_out(session: Session, known: Retained, chosen: Mapping[str, str], day: dt.date) -> None:
    """Tell what is due and stays out of the proposal."""
    ((ripe,),) = known.rows("select count(*) from retention where outcome = 'destroy' and action_date <= ?", day)
    rows = known.rows(
        "select cast(stream as varchar) from filing where dossier in (select cast(unnest($1::varchar[]) as uuid))",
        [stream for stream, kind in chosen.items() if kind == "dossier"],
    )
    staying = len({stream for (stream,) in rows} - set(chosen))
    left = ripe - sum(kind == "dossier" for kind in chosen.values())
    if left:
        session.output.note(f"{counted(left, 'dossier')} due on {day} not in this proposal: `archief explain` says why")
    if staying:
        session.output.note(f"{counted(staying, 'letter')} left out: in another dossier too")
