"""``archief meeting`` and ``archief commitment``: the council's chain of meetings, agendas and promises."""

from __future__ import annotations

import datetime as dt

import click

from archief.cli import moment, names, records, writing
from archief.cli.drafting import present
from archief.cli.letters import at_hand
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.draft import new_stream
from archief.errors import RefusedError, UsageError
from archief.law import meetings

meeting = Family(
    "meeting",
    help="Meetings of the council, and letters on their agendas.",
    members={"plan": "letters.meetings:plan", "table": "letters.meetings:table"},
)
commitment = Family(
    "commitment",
    help="Promises to the council (toezeggingen) and promised papers.",
    members={"make": "letters.meetings:make", "settle": "letters.meetings:settle"},
)


@verb(
    "plan",
    example="""
    archief meeting plan informatiebijeenkomst 2021-01-27 --begin 19:30 --end 21:30 --letter 2021-01477 \\
      --inferred year --wording "op 27 januari van 19:30 tot uiterlijk 21:30"
    """,
    exits=LETTER_WRITES,
)
@click.argument("form")
@click.argument("date")
@click.option("--title", metavar="TEXT", help="What it is about; without it the subject of the letter, or the form.")
@click.option("--begin", metavar="TIME", help="When it begins, as 19:30.")
@click.option("--end", metavar="TIME", help="When it ends.")
@click.option("--place", metavar="TEXT", help="Where.")
@click.option("--letter", "record", metavar="RECORD", help="The letter that announces it.")
@click.option("--follows", metavar="MEETING", help="The meeting that it is the next step after.")
@click.option("--inferred", multiple=True, metavar="CODE", help="What was concluded, not read: year, date, time.")
@click.option("--wording", metavar="TEXT", help="The source's own words for it.")
@click.option("--note", metavar="TEXT", help="Remarks.")
@writing_options()
def plan(
    session: Session,
    *,
    form: str,
    date: str,
    title: str | None,
    begin: str | None,
    end: str | None,
    place: str | None,
    record: str | None,
    follows: str | None,
    inferred: tuple[str, ...],
    wording: str | None,
    note: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Plan a meeting: FORM (informatiebijeenkomst, raadsronde, raadsvergadering …) on DATE.

    Which forms there are on a day is dated data; a form that is not in it then is told, and planned.
    """
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record) if record is not None else None
        facts = {
            "kind": form,
            "date": date,
            "letter": letter.stream if letter is not None else None,
            "follows": _stream(made, follows, "meeting_planned.v1", "meeting") if follows else None,
        }
        subject = letter.fields.get("subject") if letter is not None else None
        data = {
            "title": title or subject or form,
            "begin_time": begin,
            "end_time": end,
            "place": place,
            "inferred": list(inferred),
            "wording": wording,
            "note": note,
        }
        with typed_at(options_of(facts, data, kind="FORM", date="DATE", begin_time="--begin", end_time="--end")):
            one = draft("meeting_planned", new_stream(session.entropy), present(facts), present(data))
        if begin and end and end <= begin:
            session.output.warn(f"it ends at {end} and begins at {begin}: is that past midnight?")
        day = dt.date.fromisoformat(date)
        if not meetings.exists(form, day):
            session.output.warn(f"there is no {form} on {date}; there are: {', '.join(meetings.on(day))}")
        concluded = f" (inferred: {', '.join(inferred)})" if inferred else ""
        told = [f"{form} {date}{concluded}"]
        writing.finish(made, [one], dry_run=dry_run, told=told)


@verb(
    "table",
    example="""
    archief meeting table 2021-00017 5b1e9f3c --item 4 --agenda-item "Ingekomen stukken"
    """,
    exits=LETTER_WRITES,
)
@click.argument("record", metavar="RECORD")
@click.argument("meeting_", metavar="MEETING")
@click.option("--item", type=click.IntRange(min=0), metavar="N", help="Number of the agenda item.")
@click.option("--agenda-item", metavar="TEXT", help="Title of the agenda item.")
@click.option("--note", metavar="TEXT", help="Remarks.")
@writing_options()
def table(
    session: Session,
    *,
    record: str,
    meeting_: str,
    item: int | None,
    agenda_item: str | None,
    note: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Put a letter on the agenda of a meeting (MEETING: its stream id, or the beginning of it)."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        facts = {"meeting": _stream(made, meeting_, "meeting_planned.v1", "meeting"), "item": item}
        data = present({"agenda_item": agenda_item, "note": note})
        with typed_at(options_of(facts, data)):
            one = draft("letter_tabled", letter.stream, present(facts), data or None)
        writing.finish(made, [one], dry_run=dry_run)


@verb(
    "make",
    example="""
    archief commitment make "De raad ontvangt het uitvoeringsplan." --due 2021-06-20 --due-wording "vóór de zomer" \\
      --by "wethouder Jansen" --role wethouder --letter 2021-11557 --made-before 2021-04-15
    """,
    exits=LETTER_WRITES,
)
@click.argument("text")
@click.option("--kind", metavar="CODE", default="toezegging", help="toezegging (usual), or papers that were promised.")
@click.option("--made", "made_on", metavar="DATE", help="Day it was made.")
@click.option("--made-before", metavar="DATE", help="It was made before this day, where the day is not known.")
@click.option("--due-from", metavar="DATE", help="First day of the period it is due in.")
@click.option("--due", metavar="DATE", help="Last day of that period.")
@click.option("--due-wording", metavar="TEXT", help='The period in its own words, such as "vóór de zomer".')
@click.option("--by", "promised_by", metavar="TEXT", help="Who promised, by name and office; an enrolled person too.")
@click.option("--role", metavar="CODE", help="The office of who promised.")
@click.option("--to", "promised_to", metavar="TEXT", help="To whom.")
@click.option("--meeting", "meeting_", metavar="MEETING", help="The meeting it was made in.")
@click.option("--letter", "record", metavar="RECORD", help="The letter that makes it, or refers to it.")
@click.option("--inferred", multiple=True, metavar="CODE", help="What was concluded, not read: year, due_end.")
@writing_options()
def make(
    session: Session,
    *,
    text: str,
    kind: str,
    made_on: str | None,
    made_before: str | None,
    due_from: str | None,
    due: str | None,
    due_wording: str | None,
    promised_by: str | None,
    role: str | None,
    promised_to: str | None,
    meeting_: str | None,
    record: str | None,
    inferred: tuple[str, ...],
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Record a promise to the council, as it was worded, and when it is due."""
    if made_on and made_before:
        raise UsageError("the day it was made, or a day it was made before", where="--made", remedy="leave one out")
    with writing.writer(session, accept_clock=accept_clock) as made:
        facts = {
            "kind": kind,
            "made": moment.day_passed(session, made_on, "--made").isoformat() if made_on else None,
            "made_before": made_before,
            "due_begin": due_from,
            "due_end": (moment.day(due, "--due") + dt.timedelta(days=1)).isoformat() if due else None,
            "promised_by": _enrolled(made, promised_by),
            "role": role,
            "meeting": _stream(made, meeting_, "meeting_planned.v1", "meeting") if meeting_ else None,
            "letter": at_hand.letter(made, record).stream if record else None,
        }
        data = {
            "text": text,
            "due_wording": due_wording,
            "promised_by": promised_by,
            "promised_to": promised_to,
            "inferred": list(inferred),
        }
        named = {"due_begin": "--due-from", "due_end": "--due", "promised_by": "--by", "promised_to": "--to"}
        with typed_at(options_of(facts, data, text="TEXT", **named)):
            one = draft("commitment_made", new_stream(session.entropy), present(facts), present(data))
        writing.finish(made, [one], dry_run=dry_run, told=[f"{kind}{f', due by {due}' if due else ''}"])


@verb(
    "settle",
    example="""
    archief commitment settle 5b1e9f3c --letter 2021-11557 --date 2021-05-18
    """,
    exits=LETTER_WRITES,
)
@click.argument("commitment_", metavar="COMMITMENT")
@click.option(
    "--result", type=click.Choice(["settled", "partly", "lapsed"]), default="settled", help="How it ended (settled)."
)
@click.option("--letter", "record", metavar="RECORD", help="The letter that settles it.")
@click.option("--date", metavar="DATE", help="When.")
@click.option("--note", metavar="TEXT", help="Remarks.")
@writing_options()
def settle(
    session: Session,
    *,
    commitment_: str,
    result: str,
    record: str | None,
    date: str | None,
    note: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Record that a promise was kept, kept in part, or lapsed (COMMITMENT: its stream id, or the beginning of it)."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        stream = _stream(made, commitment_, "commitment_made.v1", "commitment")
        letter = at_hand.letter(made, record).stream if record else None
        passed = moment.day_passed(session, date, "--date").isoformat() if date else None
        facts = {"result": result, "date": passed, "letter": letter}
        with typed_at(options_of(facts, ["note"])):
            one = draft("commitment_settled", stream, present(facts), {"note": note} if note else None)
        writing.finish(made, [one], dry_run=dry_run)


def _stream(made: Writer, text: str, opened_by: str, what: str) -> str:
    """The stream of a meeting or a promise.

    Raises:
        NotFoundError: nothing answers to it.
        RefusedError: it is something else.
    """
    log = made.log
    record = records.find(made.session, log, text)
    if records.read(log, record.seqs[:1])[0].event.type != opened_by:
        raise RefusedError(f"this is no {what}", where=text, remedy=f"see `archief list --kind {what}s`")
    return record.stream


def _enrolled(made: Writer, text: str | None) -> str | None:
    """The stream of who promised, when a person of that name is enrolled; most are not."""
    if text is None:
        return None
    known = names.of_persons(made.journal.authority, made.log)
    found = [stream for stream, name in known.items() if name.casefold() == text.casefold()]
    return found[0] if len(found) == 1 else None
