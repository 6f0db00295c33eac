"""``archief void``: a spoiled number falls away, and the count stays right. And which series issues a number."""

from __future__ import annotations

import contextlib

import click

from archief.cli import records, writing
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.draft import new_stream
from archief.errors import AmbiguousError, ArchiefError, NotFoundError, UsageError
from archief.rules.numbering import SET_UP


@verb(
    "void",
    example="""
    archief void 2021-00018 --reason "stempel verschreven"
    """,
    exits=LETTER_WRITES,
)
@click.argument("number")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is not used; stands in the payload.")
@click.option("--series", metavar="CODE", help="Its series, when several write numbers like this.")
@writing_options()
def void(
    session: Session,
    *,
    number: str,
    reason: str,
    series: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Void the number that comes next: it counts as issued, and no letter has it.

    A series issues its numbers in order, so no later one can be voided. The number of a letter that is there is not
    voided: the letter is withdrawn, and the number stays used.
    """
    with writing.writer(session, accept_clock=accept_clock) as made:
        known = made.journal.authority.numbering
        found = [one for one in known.read(number) if series in (None, one[0])]
        if not found:
            names = ", ".join(known.names())
            raise NotFoundError(
                "no series of this archive issues such a number",
                where=number,
                remedy=f"its series: {names}" if names else f"set one up: {SET_UP}",
            )
        if len({name for name, _, _ in found}) > 1:
            raise AmbiguousError(
                f"several series write numbers like this: {', '.join(name for name, _, _ in found)}",
                where=number,
                remedy="name it with --series",
            )
        name, year, _ = found[0]
        facts, data = {"series": name, "year": year}, {"number": number, "reason": reason}
        with typed_at(options_of(facts, data, number="NUMBER")):
            one = draft("number_voided", new_stream(session.entropy), facts, data)
            writing.finish(made, [one], dry_run=dry_run, told=[f"number {number} is void"])


def series_of(made: Writer, typed: str | None) -> str | None:
    """The series that issues a letter's number: the one that was named, or the only one there is.

    Args:
        made: the open archive.
        typed: its name; None when none was typed.

    Raises:
        UsageError: there are several, or none of that name.
    """
    names = made.journal.authority.numbering.names()
    if typed is None and len(names) <= 1:
        return names[0] if names else None
    if typed is None:
        raise UsageError(f"several series issue numbers: {', '.join(names)}", where="--series", remedy="name one")
    if typed not in names:
        raise UsageError(
            "there is no such series",
            where="--series",
            remedy=f"there are: {', '.join(names)}" if names else f"set it up: {SET_UP}",
        )
    return typed


def warn_of_number(made: Writer, number: str | None) -> None:
    """Tell when another record has a number. One that was taken over need not be the only one, so go on.

    Args:
        made: the open archive.
        number: the number; None for none.
    """
    with contextlib.suppress(ArchiefError):  # a damaged payload elsewhere is what `verify` is for
        for stream in records.numbered(made.log, number) if number else ():
            made.session.output.warn(f"record {stream[:8]} has this number too; see `archief show {stream[:8]}`")
