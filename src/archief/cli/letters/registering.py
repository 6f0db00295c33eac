"""``archief register`` and ``archief receive``: letters of our own and from outside enter the register."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archief.cli import drafting, moment, records, writing
from archief.cli.letters import numbers, reading, registration
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.letters.registration import Registration, Wanted
from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.writing import Writer
from archief.errors import (
    ExtraMissingError,
    FileTooLargeError,
    LockedFileError,
    NoTextError,
    ReadingStoppedError,
    UnreadableFileError,
    UsageError,
)

if TYPE_CHECKING:
    from archief.intake.reading import Reading

REGISTERS = (
    *LETTER_WRITES,
    ExtraMissingError,
    UnreadableFileError,
    LockedFileError,
    NoTextError,
    FileTooLargeError,
    ReadingStoppedError,
)

F = TypeVar("F", bound=Callable[..., Any])


def _options(function: F) -> F:
    """The options that both commands take."""
    for option in (
        click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path)),
        click.option(
            "--from-folder",
            "folder",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Register every file of a folder, each as a record; what is there already is passed over.",
        ),
        click.option(
            "--set", "sets", multiple=True, metavar="NAME=VALUE", help="A field, over what was read; may be repeated."
        ),
        click.option("--data", metavar="FILE", help="A file with fields as a JSON object; - is standard input."),
        click.option(
            "--document",
            "documents",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A file that belongs to it, kept and not read; may be repeated.",
        ),
        click.option("--kind", metavar="CODE", help="The kind of letter; without it what the letter calls itself."),
        click.option("--organ", metavar="CODE", help="The organ whose letter it is (archiefvormer)."),
        click.option("--number", metavar="TEXT", help="Take this number over; without it a series issues one."),
        click.option("--series", metavar="CODE", help="The series that issues the number, when there are several."),
    ):
        function = option(function)
    return function


@verb(
    "register",
    example="""
    archief register brief.pdf
    archief register brief.pdf --set subject="Fietsenstalling station" --yes
    archief register --kind brief --organ college --set subject=Fietsenstalling --set date=2021-01-14
    archief register --from-folder uitgaand --yes
    """,
    exits=REGISTERS,
)
@_options
@writing_options(yes=True)
def register(
    session: Session,
    *,
    kind: str | None,
    organ: str | None,
    folder: Path | None,
    accept_clock: bool,
    **typed: Any,  # noqa: ANN401 - the options of both
) -> int:
    """Register letters of our own: read the FILE, show what was understood, ask, and append.

    What was typed counts over what was read; --set NAME= leaves a field out. The file is kept as it is, with what
    format it has and who says so. Without a FILE the record is made of flags alone. Several files, or a folder, are
    registered one by one: one that fails does not stop the others, and the same command again goes on where it stopped.
    Meetings and promises that the text announces are proposed as commands to paste; nothing of it is appended unasked.
    """
    facts = {"kind": kind, "organ": organ}
    return _run(session, received=False, facts=facts, folder=folder, accept_clock=accept_clock, **typed)


@verb(
    "receive",
    example="""
    archief receive ingekomen.eml
    archief receive brief.pdf --sender "Fietsersbond Voorbeeld" --channel post --date 2021-02-03 --yes
    archief receive --from-folder ingekomen --channel post --yes
    """,
    exits=REGISTERS,
)
@_options
@click.option("--sender", metavar="NAME", help="Who sent it.")
@click.option("--channel", metavar="CODE", help="How it came: post, email, portal, ris, desk.")
@click.option("--date", metavar="DATE", help="Day it came in; without it: today.")
@writing_options(yes=True)
def receive(
    session: Session,
    *,
    kind: str | None,
    organ: str | None,
    sender: str | None,
    channel: str | None,
    date: str | None,
    sets: tuple[str, ...],
    folder: Path | None,
    accept_clock: bool,
    **typed: Any,  # noqa: ANN401 - the options of both
) -> int:
    """Register letters from outside: as `archief register`, with who sent them, when they came and how."""
    came = moment.day_passed(session, date, "--date").isoformat() if date is not None else None
    facts = {"kind": kind, "organ": organ, "channel": channel, "date": came}
    sets = (*([f"data.sender={sender}"] if sender else []), *sets)
    return _run(session, received=True, facts=facts, sets=sets, folder=folder, accept_clock=accept_clock, **typed)


def _run(
    session: Session,
    *,
    received: bool,
    facts: Mapping[str, str | None],
    files: tuple[Path, ...],
    folder: Path | None,
    sets: tuple[str, ...],
    data: str | None,
    documents: tuple[Path, ...],
    number: str | None,
    series: str | None,
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    wanted = Wanted(
        received,
        sets,
        drafting.data_from(data) if data is not None else None,
        number,
        series,
        {name: value for name, value in facts.items() if value is not None},
        documents,
    )
    if folder is not None or len(files) > 1:
        if folder is not None and files:
            raise UsageError("a folder and files beside it", where="--from-folder", remedy="give one of the two")
        if number or documents:
            raise UsageError(
                "several letters have no number or file in common",
                where="--number" if number else "--document",
                remedy="register that letter by itself",
            )
        from archief.cli.letters import intray  # noqa: PLC0415 - only who registers many pays

        return intray.register(session, wanted, folder or files, accept_clock=accept_clock, yes=yes, dry_run=dry_run)
    found = read(files[0]) if files else None
    with writing.writer(session, accept_clock=accept_clock) as made:
        if found is not None:
            registration.refuse_stored(made, found, files[0].name)
        one = registration.made(made, wanted, found)
        made.check([one.draft])
        _register(made, one, found, ask=bool(files) and not yes, dry_run=dry_run)
    return 0


def read(path: Path) -> Reading:
    """Read a file in a process of its own.

    Raises:
        ArchiefError: it cannot be read.
    """
    reading.demand_extra()
    from archief.intake import process  # noqa: PLC0415 - only who has a file pays

    with process.Reader() as reader:
        return reader.read(path)


def _register(made: Writer, one: Registration, found: Reading | None, *, ask: bool, dry_run: bool) -> None:
    output = made.session.output
    warnings = found.warnings if found is not None else []
    if not output.json:
        _show(made, one, found)
    for warning in warnings if not output.json else ():
        output.warn(warning)
    numbers.warn_of_number(made, one.taken_over)
    if one.data.get("date", "") > moment.today(made.session).isoformat():
        output.warn(f"the letter's date, {one.data['date']}, is still to come")
    proposals = found.proposals if found is not None else {}
    more: dict[str, Any] = {"number": one.taken_over, "warnings": warnings, "proposals": proposals}
    if dry_run:
        if output.json:
            writing.tell_dry(made, [one.draft], more=more)
        else:
            output.note("a dry run: nothing was appended")
        return
    if ask:
        made.session.confirm("Register it like this?", yes=False)
    appended = made.append([one.draft])
    more["number"] = number_of(made, appended.seqs[0])
    told = [f"number {more['number']}"] if more["number"] else []
    writing.tell(made, appended, writing.signed_head(made), told, more=more)
    record = more["number"] or appended.streams[0]
    key = made.session.options.as_key
    program = shlex.join(["archief", "--as", key]) if key else "archief"
    for line in proposed(record, proposals, one.data.get("date")):
        output.note(f"it announces: {program}{line.removeprefix('archief')}")


def number_of(made: Writer, seq: int) -> str | None:
    """The number that a letter got.

    Args:
        made: the open archive.
        seq: the entry that registers it.
    """
    data = records.read(made.session.log(), [seq])[0].data
    number: str | None = getattr(data, "number", None)
    return number


def _show(made: Writer, one: Registration, found: Reading | None) -> None:
    """What will be registered, with a mark where the reading is not sure."""
    output = made.session.output
    day = {"date": "received"}  # the letter has a date of its own
    pairs: list[tuple[str, object]] = [(day.get(name, name), value) for name, value in one.facts.items()]
    for name, value in one.data.items():
        if name in ("documents", "message", "body", "fields_raw"):
            continue
        text = reading.shown(value)
        was_read = found is not None and found.data.get(name) == value
        pairs.append((name, reading.marked(text, name, found) if was_read and found is not None else text))
    pairs += [(name, counted(len(one.data[name]), "paragraph")) for name in ("message", "body") if name in one.data]
    output.fields(pairs, indent="  ")
    for ref in one.data.get("documents", []):
        what = ref.get("pronom") or "format not identified"
        output.line(f"  file {ref['name']}, {ref['media_type']}, {what}, {ref['size']:,} bytes")


# what a text announces


def proposed(record: str, proposals: Mapping[str, Sequence[Mapping[str, Any]]], day: str | None) -> Iterator[str]:
    """The meetings and promises that a text announces, as commands to paste.

    Args:
        record: the letter.
        proposals: what reading proposes.
        day: the letter's date: what it says was promised before it, was made before that.
    """
    for one in proposals.get("meetings", ()):
        words = ["archief", "meeting", "plan", one["form"], one["date"], "--letter", record]
        words += _given(one, begin="--begin", end="--end", text="--wording")
        yield shlex.join([*words, *_inferred(one)])
    for one in proposals.get("commitments", ()):
        words = ["archief", "commitment", "make", one["text"], "--letter", record]
        words += _given(one, due="--due-wording", due_begin="--due-from", due_end="--due")
        if day is not None:
            words += ["--made-before" if one.get("made") else "--made", day]
        yield shlex.join([*words, *_inferred(one)])
    for one in proposals.get("papers", ()):
        words = ["archief", "commitment", "make", one["what"], "--kind", "papers", "--letter", record]
        yield shlex.join([*words, "--due-from", one["date"], "--due", one["date"], *_inferred(one)])


def _given(one: Mapping[str, Any], **options: str) -> list[str]:
    return [word for name, option in options.items() if one.get(name) for word in (option, str(one[name]))]


def _inferred(one: Mapping[str, Any]) -> list[str]:
    return [word for name in one.get("inferred", ()) for word in ("--inferred", name)]
