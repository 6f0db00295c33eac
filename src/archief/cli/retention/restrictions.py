"""``archief restrict``: limits on the openness of a letter or dossier (Archiefwet 1995, 15)."""

from __future__ import annotations

import click

from archief.cli import retained, writing
from archief.cli.drafting import present
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.errors import NotFoundError

restrict = Family(
    "restrict",
    help="Limits on openness: ground, term, decision.",
    members={"set": "retention.restrictions:set_", "lift": "retention.restrictions:lift"},
)


@verb(
    "set",
    example="""
    archief restrict set 2021-00017 --ground archiefwet-1995:15.1.a --end 2096-01-01 --reason "persoonlijke levenssfeer"
    """,
    exits=DECIDES,
)
@click.argument("record", metavar="RECORD")
@click.option("--ground", required=True, metavar="CODE", help="The ground in the law: archiefwet-1995:15.1.a, b or c.")
@click.option("--begin", metavar="DATE", help="First day it holds; from transfer on without it.")
@click.option("--end", metavar="DATE", help="First day it holds no longer.")
@click.option("--term", metavar="TERM", help="Its length (P75Y), where no end date is known yet.")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@click.option("--decision", metavar="TEXT", help="The decision it rests on; stands in the payload.")
@click.option("--advice", metavar="TEXT", help="Advice of the archive's keeper; stands in the payload.")
@writing_options()
def set_(
    session: Session,
    *,
    record: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
    **given: str | None,
) -> None:
    """Limit the openness of a letter or dossier, on a ground and for a term."""
    facts = {name: given[name] for name in ("ground", "begin", "end", "term")}
    data = present({name: given[name] for name in ("reason", "decision", "advice")})
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        stream = known.record(record, "letter", "dossier").stream
        with typed_at(options_of(facts, data)):
            one = draft("openness_restricted", stream, present(facts), data or None)
        writing.finish(made, [one], dry_run=dry_run)


@verb(
    "lift",
    example="""
    archief restrict lift 2021-00017 --entry 61 --date 2031-01-01 --reason "besluit op verzoek"
    """,
    exits=DECIDES,
)
@click.argument("record", metavar="RECORD")
@click.option("--entry", type=click.IntRange(min=0), metavar="N", help="Which limit, by its entry; the only one.")
@click.option("--date", "day", metavar="DATE", help="First day it holds no longer; at once without it.")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def lift(
    session: Session,
    *,
    record: str,
    entry: int | None,
    day: str | None,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """End a limit on openness before its term."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        stream = known.record(record, "letter", "dossier").stream
        query = "select seq from restriction where stream = cast(? as uuid) and lifted_seq is null order by seq"
        limits = [seq for (seq,) in known.rows(query, stream)]
        if entry is None and len(limits) == 1:
            entry = limits[0]
        if entry not in limits:
            told = ", ".join(map(str, limits))
            raise NotFoundError(
                "this record has no such limit on openness" if limits else "this record has no limit on openness",
                where=record,
                remedy=f"name one with --entry: {told}" if limits else "see `archief list --kind restrictions`",
            )
        facts = {"restriction": entry, "date": day}
        with typed_at(options_of(facts, ["reason"], restriction="--entry")):
            one = draft("restriction_lifted", stream, present(facts), {"reason": reason} if reason else None)
        writing.finish(made, [one], dry_run=dry_run)
