"""``archief hold`` and ``archief exempt``: what may not be destroyed, for now or by a criterion of the list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import click

from archief.cli import retained, writing
from archief.cli.drafting import present
from archief.cli.output import counted
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.sql import asked
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.draft import Draft, new_stream
from archief.errors import NotFoundError, RefusedError, UsageError
from archief.events.base import STREAMS_MAX

hold = Family(
    "hold",
    help="Holds: records that may not be destroyed for now.",
    members={"place": "retention.holds:place", "lift": "retention.holds:lift"},
)


@verb(
    "place",
    example="""
    archief hold place 2021-00017 Z-2021-0412 --ground woo:4.1a --end 2027-01-01 --reason "Woo-verzoek in behandeling"
    archief hold place --query "select stream from letter where handled_by = 'P. Bakker'" --ground litigation \\
      --reason "beroep loopt"
    """,
    exits=DECIDES,
)
@click.argument("names", metavar="RECORD…", nargs=-1)
@click.option("--query", metavar="SQL", help="Records that a query finds now: one column, stream. Later ones are not.")
@click.option("--ground", required=True, metavar="CODE", help="woo:4.1a, litigation, own.")
@click.option("--begin", metavar="DATE", help="First day it holds; at once without it.")
@click.option("--end", metavar="DATE", help="First day it holds no longer; until it is lifted without it.")
@click.option("--title", metavar="TEXT", help="What it is called.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def place(
    session: Session,
    *,
    names: tuple[str, ...],
    query: str | None,
    ground: str,
    begin: str | None,
    end: str | None,
    title: str | None,
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Let records not be destroyed for now.

    On a dossier it holds for the letters in it: those in it now, wherever they are filed later, and those filed later.
    """
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        named = _streams(known, names, query)
        _demand_here(made, named)
        inside = _letters_inside(made, known, named)
        streams = [*named, *inside]
        facts = {"ground": ground, "begin": begin, "end": end}
        data = {"reason": reason, "title": title, "query": query}
        with typed_at(options_of(facts, data)):
            drafts = parted("hold_placed", new_stream(session.entropy), streams, present(facts), present(data))
        writing.finish(made, drafts, dry_run=dry_run, told=[_told(len(named), len(inside))])


@verb(
    "lift",
    example="""
    archief hold lift 5b1e9f3c --reason "verzoek afgehandeld"
    """,
    exits=DECIDES,
)
@click.argument("hold_", metavar="HOLD")
@click.argument("names", metavar="[RECORD…]", nargs=-1)
@click.option("--ground", metavar="CODE", help="Why, as a code: handled, withdrawn, mistaken.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def lift(
    session: Session,
    *,
    hold_: str,
    names: tuple[str, ...],
    ground: str | None,
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """End a hold; with RECORD for those records only, and the letters in a dossier."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        found = known.record(hold_, "hold")
        rows = known.rows(
            "select cast(record as varchar) from block where stream = cast(? as uuid) and lifted_seq is null",
            found.stream,
        )
        held = {record for (record,) in rows}
        streams = [known.record(name, "letter", "dossier").stream for name in names]
        if not held or not set(streams) <= held:
            raise NotFoundError(
                "the hold is lifted already" if not held else "the hold is not on that record",
                where=hold_,
                remedy="see `archief list --kind blocks`",
            )
        streams += _freed_with(known, streams, held)
        facts = {"streams": streams, "ground": ground}
        version = known.happened(found)[-1].event.stream_seq
        with typed_at(options_of(facts, ["reason"])):
            one = draft("hold_lifted", found.stream, present(facts), {"reason": reason}, expect_version=version)
        told = [f"{counted(len(streams or held), 'record')} free of this hold"]
        writing.finish(made, [one], dry_run=dry_run, told=told)


@verb(
    "exempt",
    example="""
    archief exempt Z-2021-0412 --ground own --reason "bijzondere gebeurtenis voor de gemeente" --decision "B&W 2026-12"
    """,
    exits=DECIDES,
)
@click.argument("names", metavar="RECORD…", nargs=-1, required=True)
@click.option("--ground", required=True, metavar="CODE", help="The criterion of the list.")
@click.option("--begin", metavar="DATE", help="First day it holds; at once without it.")
@click.option("--end", metavar="DATE", help="First day it holds no longer; for ever without it.")
@click.option("--decision", metavar="TEXT", help="The decision it rests on; stands in the payload.")
@click.option("--reason", required=True, metavar="TEXT", help="Why the criterion is met; stands in the payload.")
@writing_options()
def exempt(
    session: Session,
    *,
    names: tuple[str, ...],
    ground: str,
    begin: str | None,
    end: str | None,
    decision: str | None,
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Keep records though their list says V: uitzondering van vernietiging (Archiefbesluit 5 lid 1 e)."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        streams = _streams(known, names, None)
        _demand_here(made, streams)
        facts = {"ground": ground, "begin": begin, "end": end}
        data = {"reason": reason, "decision": decision}
        with typed_at(options_of(facts, data)):
            drafts = parted("exemption_granted", new_stream(session.entropy), streams, present(facts), present(data))
        writing.finish(made, drafts, dry_run=dry_run, told=[f"exemption of {counted(len(streams), 'record')}"])


def _streams(known: Retained, names: tuple[str, ...], query: str | None) -> list[str]:
    """The records that a person means, by name or by what a query finds now."""
    if bool(names) == bool(query):
        raise UsageError("name records, or give a --query that finds them", where="RECORD", remedy="see --help")
    if query is None:
        return list(dict.fromkeys(known.record(name, "letter", "dossier").stream for name in names))
    columns, rows = asked(known.database, query)
    if columns != ["stream"]:
        raise UsageError("a query of a hold gives one column, stream", where="--query", remedy="select stream from …")
    wanted = sorted({str(stream) for (stream,) in rows})
    there = known.rows(
        "select cast(stream as varchar) from (select stream from letter union all select stream from dossier)"
        " where cast(stream as varchar) in (select unnest($1::varchar[])) order by stream",
        wanted,
    )
    if not wanted or len(there) != len(wanted):
        raise NotFoundError(
            "the query finds nothing" if not wanted else "the query finds what is no letter and no dossier",
            where="--query",
            remedy="try it with `archief sql`",
        )
    return [stream for (stream,) in there]


def _letters_inside(made: Writer, known: Retained, named: Sequence[str]) -> list[str]:
    """The letters in these dossiers, so that the log itself says of each that it is held."""
    gone = made.journal.authority.destructions
    rows = known.rows(
        "select distinct cast(stream as varchar) from filing"
        " where dossier in (select cast(unnest($1::varchar[]) as uuid))"
        " and stream not in (select cast(unnest($1::varchar[]) as uuid)) order by 1",
        list(named),
    )
    return [letter for (letter,) in rows if letter not in gone.destroyed and letter not in gone.executing]


def _freed_with(known: Retained, dossiers: Sequence[str], held: Collection[str]) -> list[str]:
    """The letters that a hold leaves with these dossiers: in none of the others that it is on."""
    rows = known.rows(
        "select cast(stream as varchar) from filing where cast(stream as varchar) in (select unnest($1::varchar[]))"
        " and cast(dossier as varchar) in (select unnest($1::varchar[])) group by stream"
        " having bool_and(cast(dossier as varchar) in (select unnest($2::varchar[]))) order by 1",
        sorted(held), list(dossiers),
    )  # fmt: skip
    return [letter for (letter,) in rows if letter not in dossiers]


def _told(records: int, inside: int) -> str:
    within = f", and on {counted(inside, 'letter')} in {'it' if records == 1 else 'them'}" if inside else ""
    return f"hold on {counted(records, 'record')}{within}"


def _demand_here(made: Writer, streams: Sequence[str]) -> None:
    """Refuse to keep what is destroyed, or about to be: whoever asks for it must know.

    Raises:
        RefusedError: so it is.
    """
    destructions = made.journal.authority.destructions
    gone = [one for one in streams if one in destructions.destroyed or one in destructions.executing]
    if gone:
        raise RefusedError(
            f"{counted(len(gone), 'record')} of these {'is' if len(gone) == 1 else 'are'} destroyed, or about to be:"
            " nothing can be kept of it",
            where=f"record {gone[0][:8]}",
            remedy="leave it out; a destruction that was begun and has erased nothing yet is stopped by"
            " `archief destroy cancel`",
        )


def parted(name: str, stream: str, streams: list[str], facts: dict[str, Any], data: dict[str, Any]) -> list[Draft]:
    """Events that list records: one for each thousand; only the first has words.

    Args:
        name: the event type.
        stream: the stream of the hold, exemption or destruction.
        streams: the records.
        facts: facts of every part.
        data: what the first says; a type whose payload is required says it in each.
    """
    pieces = [streams[first : first + STREAMS_MAX] for first in range(0, len(streams), STREAMS_MAX)]
    every = name == "exemption_granted"
    return [
        draft(
            name,
            stream,
            {**facts, "streams": piece, **({"part": part, "parts": len(pieces)} if len(pieces) > 1 else {})},
            data if part == 1 or every else None,
        )
        for part, piece in enumerate(pieces, 1)
    ]
