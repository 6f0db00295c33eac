"""``archief mandate``: who may act in the name of an organ, on what basis, how long."""

from __future__ import annotations

import click

from archief.cli import names, writing
from archief.cli.drafting import present
from archief.cli.people.persons import WRITES
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.draft import new_stream
from archief.errors import AmbiguousError, MalformedError, NotFoundError

mandate = Family(
    "mandate",
    help="Mandates: an organ lets persons act in its name.",
    members={"grant": "people.mandates:grant", "end": "people.mandates:end"},
)


@verb(
    "grant",
    example="""
    archief mandate grant "Waarneming directie" --holder "B. Jansen" --role directeur --on-behalf-of college \\
      --basis gemeentewet:59a.2 --kind waarneming --begin 2021-04-01 --end 2021-09-01
    """,
    exits=(*WRITES, MalformedError, NotFoundError, AmbiguousError),
)
@click.argument("title")
@click.option(
    "--holder", "holders", multiple=True, required=True, metavar="PERSON", help="Who holds it; may be repeated."
)
@click.option("--role", required=True, metavar="CODE", help="The office it lets them fill, such as directeur.")
@click.option("--on-behalf-of", required=True, metavar="CODE", help="The organ: college, raad, burgemeester.")
@click.option("--basis", required=True, metavar="CODE", help="The legal basis, such as gemeentewet:59a.2.")
@click.option("--kind", metavar="CODE", help="mandaat, machtiging, volmacht, waarneming, loco.")
@click.option("--begin", required=True, metavar="DATE", help="First day; authority counts from this entry on.")
@click.option("--end", metavar="DATE", help="First day it holds no longer.")
@click.option("--decision", metavar="TEXT", help="The decision it rests on; stands in the payload.")
@click.option("--scope", metavar="TEXT", help="What it covers and what not; stands in the payload.")
@writing_options()
def grant(
    session: Session,
    *,
    title: str,
    holders: tuple[str, ...],
    role: str,
    on_behalf_of: str,
    basis: str,
    kind: str | None,
    begin: str,
    end: str | None,
    decision: str | None,
    scope: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Let persons act in the name of an organ."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        facts = {
            "basis": basis,
            "begin": begin,
            "end": end,
            "holders": [names.person(made.journal.authority, made.log, holder) for holder in holders],
            "kind": kind,
            "on_behalf_of": on_behalf_of,
            "role": role,
        }
        data = {"title": title, "decision": decision, "scope": scope}
        with typed_at(options_of(facts, data, title="TITLE")):
            one = draft("mandate_granted", new_stream(session.entropy), present(facts), present(data))
        writing.finish(made, [one], dry_run=dry_run, told=[f"mandate {title}"])


@verb(
    "end",
    example="""
    archief mandate end 5b1e9f3c --end 2021-07-01 --reason "directeur is terug"
    """,
    exits=(*WRITES, MalformedError, NotFoundError, AmbiguousError),
)
@click.argument("mandate_", metavar="MANDATE")
@click.option("--end", "day", required=True, metavar="DATE", help="First day it holds no longer.")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def end(
    session: Session,
    *,
    mandate_: str,
    day: str,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """End a mandate otherwise or earlier than it said."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        stream = names.mandate(made.journal.authority, mandate_)
        with typed_at({"facts.end": "--end", "data.reason": "--reason"}):
            one = draft("mandate_ended", stream, {"end": day}, {"reason": reason} if reason else None)
        writing.finish(made, [one], dry_run=dry_run)
