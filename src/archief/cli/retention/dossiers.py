"""``archief dossier``: open, fill, classify, close and reopen dossiers."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from archief.cli import moment, retained, writing
from archief.cli.drafting import present
from archief.cli.people.persons import WRITES
from archief.cli.records import Record
from archief.cli.retained import Retained
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.draft import new_stream
from archief.errors import AmbiguousError, ConflictError, MalformedError, NotFoundError, RefusedError
from archief.law.retention_list import RetentionList, Row
from archief.rules import dossiers
from archief.rules.dossiers import AFLEIDINGSWIJZEN, Closing, Dossier
from archief.rules.retention import MISSING

DECIDES = (*WRITES, MalformedError, NotFoundError, AmbiguousError, ConflictError)

dossier = Family(
    "dossier",
    help="Dossiers: the letters of one matter, valued and closed together.",
    members={
        "open": "retention.dossiers:open_",
        "file": "retention.dossiers:file",
        "unfile": "retention.dossiers:unfile",
        "classify": "retention.dossiers:classify",
        "close": "retention.dossiers:close",
        "reopen": "retention.dossiers:reopen",
    },
)


@verb(
    "open",
    example="""
    archief dossier open "Fietsenstalling station" --number Z-2021-0412 --date 2021-01-04 --organ college
    """,
    exits=(*WRITES, MalformedError),
)
@click.argument("title")
@click.option("--number", metavar="TEXT", help="The dossier's or case's number; the dossier can be named by it.")
@click.option("--date", "day", metavar="DATE", help="Its first day; today without it.")
@click.option("--organ", metavar="CODE", help="Whose dossier it is (archiefvormer): college, raad.")
@click.option("--ordering", metavar="CODE", help="Version of the ordering structure it is placed in.")
@click.option("--place", metavar="CODE", help="Its place in that structure.")
@click.option("--description", metavar="TEXT", help="What it is about.")
@click.option("--keyword", "keywords", multiple=True, metavar="TEXT", help="A word to find it by; may be repeated.")
@writing_options()
def open_(
    session: Session,
    *,
    title: str,
    number: str | None,
    day: str | None,
    organ: str | None,
    ordering: str | None,
    place: str | None,
    description: str | None,
    keywords: tuple[str, ...],
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Open a dossier. The list that holds on its first day is the one it will be classified under."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        facts = {
            "date": (moment.day_passed(session, day, "--date") if day else moment.today(session)).isoformat(),
            "organ": organ,
            "ordering": ordering,
            "place": place,
        }
        data = {"title": title, "number": number, "description": description, "keywords": list(keywords)}
        with typed_at(options_of(facts, data, title="TITLE", keywords="--keyword")):
            one = draft("dossier_opened", new_stream(session.entropy), present(facts), present(data))
        writing.finish(made, [one], dry_run=dry_run, told=[f"dossier {title}"])


@verb(
    "file",
    example="""
    archief dossier file Z-2021-0412 2021-00017 2021-00018
    """,
    exits=DECIDES,
)
@click.argument("dossier_", metavar="DOSSIER")
@click.argument("letters", metavar="LETTER…", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def file(
    session: Session,
    *,
    dossier_: str,
    letters: tuple[str, ...],
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Put letters in an open dossier. A letter may be in several: B beats V, then the longest term counts."""
    _move(session, "letter_filed", dossier_, letters, reason, accept_clock=accept_clock, dry_run=dry_run)


@verb(
    "unfile",
    example="""
    archief dossier unfile Z-2021-0412 2021-00018 --reason "hoort bij een andere zaak"
    """,
    exits=DECIDES,
)
@click.argument("dossier_", metavar="DOSSIER")
@click.argument("letters", metavar="LETTER…", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def unfile(
    session: Session,
    *,
    dossier_: str,
    letters: tuple[str, ...],
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Take letters out of an open dossier that they were put in by mistake."""
    _move(session, "letter_unfiled", dossier_, letters, reason, accept_clock=accept_clock, dry_run=dry_run)


def _move(
    session: Session,
    name: str,
    dossier_: str,
    letters: tuple[str, ...],
    reason: str | None,
    *,
    accept_clock: bool,
    dry_run: bool,
) -> None:
    """Put letters in a dossier or take them out."""
    inward = name == "letter_filed"
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        record, there = _dossier(known, dossier_)
        dossiers.check_open(there)
        drafts = []
        for text in letters:
            letter = known.record(text, "letter")
            happened = known.happened(letter)
            dossiers.check_letter(one.event for one in happened)
            if (record.stream in dossiers.filed(one.event for one in happened)) is inward:
                raise RefusedError(
                    "the letter is in that dossier already" if inward else "the letter is not in that dossier",
                    where=text,
                    remedy="see `archief list --dossier`",
                )
            version, facts = happened[-1].event.stream_seq, {"dossier": record.stream}
            with typed_at(options_of([], ["reason"])):
                drafts.append(
                    draft(name, letter.stream, facts, {"reason": reason} if reason else None, expect_version=version)
                )
        writing.finish(made, drafts, dry_run=dry_run)


@verb(
    "classify",
    example="""
    archief dossier classify Z-2021-0412 --row 20.1 --reason "losse informerende brief, hoort bij geen andere zaak"
    archief dossier classify Z-2021-0413 --row 16.1 --afleidingswijze vervaldatum_besluit --kenmerk contract \\
      --brondatum 2026-12-31 --reason "raamovereenkomst"
    """,
    exits=DECIDES,
)
@click.argument("dossier_", metavar="DOSSIER")
@click.option("--list", "list_", metavar="LIST", help="The list; without it the one in force when it was opened.")
@click.option("--row", "nummer", required=True, metavar="ROW", help="Its row, such as 20.1 (archief rules list LIST).")
@click.option("--reason", required=True, metavar="TEXT", help="Why this row; stands in the payload.")
@click.option("--afleidingswijze", type=click.Choice(AFLEIDINGSWIJZEN), help="How the brondatum is found.")
@click.option(
    "--brondatum",
    metavar="DATE",
    help="The brondatum, where the afleidingswijze asks for a date; stands in the payload.",
)
@click.option("--kenmerk", metavar="CODE", help="Which date, property or object it is derived from.")
@click.option("--related", metavar="DOSSIER", help="The related or main dossier.")
@click.option("--termijn", metavar="TERM", help="The term, for the afleidingswijze termijn (P2Y).")
@click.option("--procestermijn", metavar="TERM", help="The estimated length of the procestermijn (P10Y).")
@click.option("--procestermijn-end", metavar="DATE", help="The day on which the procestermijn ends.")
@writing_options()
def classify(
    session: Session,
    *,
    dossier_: str,
    list_: str | None,
    nummer: str,
    reason: str,
    brondatum: str | None,
    procestermijn_end: str | None,
    related: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
    **given: str | None,
) -> None:
    """Decide under which row of which retention list a dossier falls. The last decision counts; it needs a reason."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        record, there = _dossier(known, dossier_)
        dossiers.check_alive(there)
        chosen, row = _row(session, known, there, list_, nummer)
        facts: dict[str, Any] = {
            "list": chosen.code,
            "row": row.nummer,
            "waardering": row.waardering,
            "related": known.record(related, "dossier").stream if related else None,
            **given,
        }
        data = {"reason": reason, "brondatum": brondatum, "procestermijn_end": procestermijn_end}
        version = known.happened(record)[-1].event.stream_seq
        with typed_at(options_of(facts, data)):
            one = draft("dossier_classified", record.stream, present(facts), present(data), expect_version=version)
        told = f"row {row.nummer} of {chosen.code}: {row.name}, {row.waardering} {row.bewaartermijn}".rstrip()
        writing.finish(made, [one], dry_run=dry_run, told=[told])


def _row(
    session: Session, known: Retained, there: Dossier, list_: str | None, nummer: str
) -> tuple[RetentionList, Row]:
    """The list and the row that a person means; a list of another time is told."""
    rules = known.rules()
    proposed = rules.list_on(there.opened)
    if list_ is None:
        if proposed is None:
            raise NotFoundError(
                f"no retention list that the archive adopted holds for a dossier of {there.opened}",
                where=f"dossier {there.stream[:8]}",
                remedy="adopt one (archief rules adopt) or import one (archief rules import); see `archief rules list`",
            )
        list_ = proposed.rules.code
    chosen = rules.list(list_)
    row = chosen.row(nummer)
    dossiers.check_row(row)
    if not rules.lists[list_].covers(there.opened):
        session.output.warn(
            f"{list_} does not hold for a dossier of {there.opened}: this is a finding, and gives no date;"
            f" {f'{proposed.rules.code} holds' if proposed else 'no list that was adopted holds'}"
        )
    return chosen, row


@verb(
    "close",
    example="""
    archief dossier close Z-2021-0412 --date 2021-06-30
    """,
    exits=DECIDES,
)
@click.argument("dossier_", metavar="DOSSIER")
@click.option("--date", "day", metavar="DATE", help="Its last day; today without it.")
@click.option("--brondatum", metavar="DATE", help="The brondatum, where it is known only now.")
@click.option("--procestermijn-end", metavar="DATE", help="The end of the procestermijn, where it is known only now.")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def close(
    session: Session,
    *,
    dossier_: str,
    day: str | None,
    brondatum: str | None,
    procestermijn_end: str | None,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Close a dossier: it becomes read-only, and its term starts."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        record, there = _dossier(known, dossier_)
        dossiers.check_open(there)
        last = moment.day_passed(session, day, "--date") if day else moment.today(session)
        if last < there.opened:
            raise RefusedError(
                f"a dossier that was opened on {there.opened} is not closed before",
                where="--date",
                remedy="give a later day",
            )
        facts = {"date": last.isoformat()}
        data = {"reason": reason, "brondatum": brondatum, "procestermijn_end": procestermijn_end}
        happened = known.happened(record)
        with typed_at(options_of(facts, data)):
            one = draft(
                "dossier_closed", record.stream, facts, present(data) or None,
                expect_version=happened[-1].event.stream_seq,
            )  # fmt: skip
        ended = procestermijn_end and moment.day(procestermijn_end, "--procestermijn-end")
        begun = brondatum and moment.day(brondatum, "--brondatum")
        closing = Closing(happened[-1].event.seq + 1, last, begun or None, ended or None)
        found = known.derive(dataclasses.replace(there, closing=closing), known.rules())
        when = f"{found.outcome} from {found.action}" if found.action else f"no date: {MISSING[found.missing]}"
        writing.finish(made, [one], dry_run=dry_run, told=[when])


@verb(
    "reopen",
    example="""
    archief dossier reopen Z-2021-0412 --reason "er kwam nog een vraag"
    """,
    exits=DECIDES,
)
@click.argument("dossier_", metavar="DOSSIER")
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def reopen(
    session: Session,
    *,
    dossier_: str,
    reason: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Open a closed dossier again; its term stops, and starts again at the next closing."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        record, there = _dossier(known, dossier_)
        dossiers.check_closed(there)
        version = known.happened(record)[-1].event.stream_seq
        with typed_at(options_of([], ["reason"])):
            one = draft("dossier_reopened", record.stream, {}, {"reason": reason}, expect_version=version)
        writing.finish(made, [one], dry_run=dry_run)


def _dossier(known: Retained, text: str) -> tuple[Record, Dossier]:
    """The dossier that a person means, and how it stands."""
    record = known.record(text, "dossier")
    there = known.dossier(record.stream)
    assert there is not None, "a dossier's stream opens with its opening"
    return record, there
