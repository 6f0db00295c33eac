"""``archief dispatch``: a letter goes out: when, how, to whom, and exactly which files. And what became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from archief.cli import moment, writing
from archief.cli.letters import at_hand, standing
from archief.cli.letters.at_hand import Letter
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.draft import Draft
from archief.errors import RefusedError, UsageError

RESULTS = ("delivered", "read", "returned", "failed")
ID_DIGITS_MIN = 4
_ADDRESSED = re.compile(r"(.*\S)\s*<([^<>]+)>\s*")


@verb(
    "dispatch",
    example="""
    archief dispatch 2021-00017 --channel email --to "De leden van de raad <griffie@example.nl>"
    archief dispatch 2021-00017 --channel post --date 2021-01-14 --to "A. Jansen" --document brief.pdf
    archief dispatch 2021-00017 --report delivered
    """,
    exits=LETTER_WRITES,
)
@click.argument("record", metavar="RECORD")
@click.option("--channel", metavar="CODE", help="post, email, portal, ris, desk.")
@click.option(
    "--to",
    "recipients",
    multiple=True,
    metavar="NAME",
    help='To whom: "NAME" or "NAME <ADDRESS>"; may be repeated. Without it: the addressee.',
)
@click.option("--date", metavar="DATE", help="Day it was sent, apart from the letter's date; without it: today.")
@click.option(
    "--document",
    "sent",
    multiple=True,
    metavar="NAME",
    help="A file that went out, by its name or id; may be repeated. Without it: the only one there is.",
)
@click.option("--deviation", metavar="TEXT", help="Why it goes out though signatures are missing; it is recorded.")
@click.option("--note", metavar="TEXT", help="Remarks; stand in the payload.")
@click.option("--report", type=click.Choice(RESULTS), help="Do not send: say what became of the last dispatch.")
@click.option("--expect-version", type=click.IntRange(min=0), metavar="N", help="Refuse when its VERSION is not N.")
@writing_options(yes=True)
def dispatch(
    session: Session,
    *,
    record: str,
    channel: str | None,
    recipients: tuple[str, ...],
    date: str | None,
    sent: tuple[str, ...],
    deviation: str | None,
    note: str | None,
    report: str | None,
    expect_version: int | None,
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Record that a letter went out. From here on its content is read-only.

    Asks before a letter goes out that is not signed as the law wants, unless a reason is given. With --report it
    records what post, mail or portal reported of the last dispatch.
    """
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        version = letter.version if expect_version is None else expect_version
        if report is not None:
            if channel or date or sent or deviation:
                raise UsageError(
                    "a report is about a dispatch that was recorded",
                    where="--report",
                    remedy="leave --channel, --date, --document and --deviation out",
                )
            one = _reported(letter, report, recipients, note, version)
            writing.finish(made, [one], dry_run=dry_run)
            return
        if channel is None:
            raise UsageError("how does it go out", where="--channel", remedy="for example --channel email")
        day = moment.today(session)
        data: dict[str, Any] = {
            "recipients": _recipients(letter, recipients),
            "documents_sent": _documents(letter, sent),
            "deviation": deviation,
            "note": note,
        }
        data = {name: value for name, value in data.items() if value}
        sent_on = moment.day_passed(session, date, "--date") if date is not None else day
        facts = {"channel": channel, "date": sent_on.isoformat()}
        with typed_at(options_of(facts, data, recipients="--to", documents_sent="--document")):
            one = draft("letter_dispatched", letter.stream, facts, data, expect_version=version)
        made.check([one])
        stands = standing.of(letter, made.journal.authority, day)
        if stands.missing and deviation is None and not dry_run:
            session.output.warn(standing.told(stands))
            question = "It is not signed as the law wants, and no reason is given. Send it?"
            session.confirm(question, yes=yes, instead="have it signed (`archief sign`), or say why: --deviation TEXT")
        _warn_of_days(session, letter, facts["date"])
        told = [_sentence(facts, data), standing.told(stands)]
        writing.finish(made, [one], dry_run=dry_run, told=list(filter(None, told)), more=standing.members(stands))


def _warn_of_days(session: Session, letter: Letter, date: str) -> None:
    """Say what is odd about a day: it cannot be taken back once it is recorded."""
    before = [one["date"] for one in letter.told["dispatches"]]
    if before:
        session.output.warn(f"it went out before, on {', '.join(before)}: this is another dispatch")
    if date < letter.fields.get("date", ""):
        session.output.warn(f"{date} is before the letter's own date, {letter.fields['date']}")


def _sentence(facts: dict[str, str], data: dict[str, Any]) -> str:
    to = ", ".join(one["name"] for one in data["recipients"])
    return f"dispatched {facts['date']} by {facts['channel']} to {to}"


def _recipients(letter: Letter, typed: Sequence[str]) -> list[dict[str, str]]:
    """To whom: as typed, or the letter's own addressee."""
    if not typed:
        addressee = letter.fields.get("addressee")
        if not addressee:
            raise UsageError("to whom does it go; the letter names no addressee", where="--to", remedy="give --to NAME")
        return [{"name": addressee}]
    found = []
    for one in typed:
        addressed = _ADDRESSED.fullmatch(one)
        found.append({"name": addressed[1], "address": addressed[2]} if addressed else {"name": one})
    return found


def _documents(letter: Letter, typed: Sequence[str]) -> list[dict[str, str]]:
    """The exact files: as typed, or the only one there is."""
    there = letter.told["documents"]
    if not typed:
        if len(there) > 1:
            raise UsageError(
                f"the letter has {len(there)} files; which of them went out must be said",
                where="--document",
                remedy="name each by its name or id (`archief show` lists them)",
            )
        return [{"id": one["id"], "sha256": one["sha256"]} for one in there]
    found = []
    for text in typed:
        begun = text if len(text) >= ID_DIGITS_MIN else "-"
        named = [one for one in there if one["name"] == text or one["id"].startswith(begun)]
        if len(named) != 1:
            raise UsageError(
                f"{len(named) or 'none'} of the letter's files answer{'' if named else 's'} to that",
                where="--document",
                remedy="name it by its id (`archief show` lists them)",
            )
        found.append({"id": named[0]["id"], "sha256": named[0]["sha256"]})
    return found


def _reported(letter: Letter, result: str, recipients: Sequence[str], note: str | None, version: int) -> Draft:
    """What became of the last dispatch."""
    dispatches = letter.told["dispatches"]
    if not dispatches:
        raise RefusedError(
            "the letter was not dispatched; there is nothing to report of", where=letter.stream,
            remedy="record the dispatch first, without --report",
        )  # fmt: skip
    if len(recipients) > 1:
        raise UsageError("a report is about one recipient", where="--to", remedy="record one for each")
    known = [one["name"] for one in dispatches[-1].get("recipients", [])]
    if recipients and known and recipients[0] not in known:
        raise UsageError("the last dispatch did not go to them", where="--to", remedy="see `archief show` for to whom")
    data = {"recipient": recipients[0] if recipients else None, "report": note}
    facts = {"dispatch": dispatches[-1]["entry"], "result": result}
    present = {name: text for name, text in data.items() if text}
    return draft("delivery_reported", letter.stream, facts, present or None, expect_version=version)
