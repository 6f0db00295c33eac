"""``archief append``: any event of the catalogue, from flags or in bulk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archief.cli.session import Session
from archief.cli.verbs import complete_types, verb, writing_options
from archief.errors import (
    AmbiguousError,
    ArchiveInUseError,
    ClockError,
    ConflictError,
    KeyMissingError,
    MalformedError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    UsageError,
    WriteFailedError,
)

if TYPE_CHECKING:
    from archief.cli.writing import Writer
    from archief.draft import Draft
    from archief.events.base import EventType

CHUNK_EVENTS = 1_000


@verb(
    "append",
    example="""
    archief append letter_registered --set kind=brief --set number=2021-00017 --document brief.pdf
    archief append letter_edited --stream 2021-00017 --set subject="Fietsenstalling station"
    archief append --from letters.jsonl
    """,
    exits=(
        NoArchiveError,
        KeyMissingError,
        PassphraseError,
        RefusedError,
        WriteFailedError,
        ArchiveInUseError,
        ClockError,
        MalformedError,
        ConflictError,
        NotFoundError,
        AmbiguousError,
    ),
)
@click.argument("type_", metavar="[TYPE]", required=False, shell_complete=complete_types)
@click.option("--stream", metavar="RECORD", help="The record: register number, stream id, or the beginning of one.")
@click.option(
    "--set", "sets", multiple=True, metavar="NAME=VALUE", help="A field of the facts or the data; may be repeated."
)
@click.option("--data", metavar="FILE", help="A file with the data as a JSON object; - is standard input.")
@click.option(
    "--document",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file that belongs to it; may be repeated.",
)
@click.option(
    "--expect-version",
    type=click.IntRange(min=0),
    metavar="N",
    help="Refuse when the record's newest VERSION (in `archief history`; its first event is 0) is not N.",
)
@click.option("--from", "source", metavar="FILE", help="One event a line (JSON); - is standard input.")
@click.option(
    "--chunk", type=click.IntRange(1, 16_000), default=CHUNK_EVENTS, help="With --from: events in one commit (1,000)."
)
@click.option("--restart", is_flag=True, help="With --from: forget what was appended of this file before.")
@writing_options()
def append(
    session: Session,
    *,
    type_: str | None,
    stream: str | None,
    sets: tuple[str, ...],
    data: str | None,
    files: tuple[Path, ...],
    expect_version: int | None,
    source: str | None,
    chunk: int,
    restart: bool,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Append an event of any type, or many from a file.

    TYPE is one of `archief events`; without a version it is the newest. A type that opens a stream gets a new one.
    What erases is not appended by hand, but by its own command (archief destroy).
    NAME is a field as `archief events TYPE` shows it; a list takes one member each time, a nested field is written with
    dots, and JSON is taken where a field is not a text or a number.

    With --from, lines look like {"type":…,"stream":…,"facts":{…},"data":{…},"documents":["brief.pdf"]}; paths of
    documents are relative to the file. A thousand lines make one commit. When a run stops half-way, the same command
    goes on where it stopped; nothing is appended twice.
    """
    if (source is None) == (type_ is None):
        raise UsageError("give a TYPE, or a file with --from", remedy="see `archief append --help`")
    if source is not None:
        if stream or sets or data or files or expect_version is not None:
            raise UsageError("with --from everything stands in the file", where="--from")
        from archief.cli.entries import bulk  # noqa: PLC0415 - only who appends many pays

        bulk.append_from(session, source, chunk=chunk, restart=restart, accept_clock=accept_clock, dry_run=dry_run)
        return
    from archief.cli import keyring  # noqa: PLC0415 - so that the keys are being opened while the rest is imported

    keyring.begin_opening(session)
    from archief.cli import drafting, writing  # noqa: PLC0415 - as above
    from archief.cli.wording import draft, needed  # noqa: PLC0415 - as above

    event_type = drafting.appendable(type_ or "")
    typed = drafting.typed(event_type, sets, drafting.data_from(data) if data is not None else None)
    refs, documents = drafting.documents(files, session.entropy)
    payload = drafting.with_documents(event_type, typed.data, refs)
    if payload is None and event_type.payload == "required" and "series" not in typed.facts:
        raise needed(event_type.name, drafting.fields_of(event_type.data))
    with writing.writer(session, accept_clock=accept_clock) as made:
        wanted = _stream(made, event_type, stream)
        facts = _completed(made, event_type, wanted, typed.facts)
        one: Draft = draft(event_type.tag, wanted, facts, payload, documents=documents, expect_version=expect_version)
        number = (payload or {}).get("number")
        if number and event_type.stream == "letter" and event_type.opens and "series" not in facts:
            from archief.cli.letters import numbers  # noqa: PLC0415 - only who types a number pays

            numbers.warn_of_number(made, number)
        writing.finish(made, [one], dry_run=dry_run)


def _stream(made: Writer, event_type: EventType, text: str | None) -> str:
    """The stream an event goes to."""
    from archief.cli import names, records  # noqa: PLC0415 - not every event names a stream
    from archief.draft import new_stream  # noqa: PLC0415 - is imported already

    if text is None:
        if event_type.stream == "archive":
            return made.journal.authority.archive
        if event_type.opens:
            return new_stream(made.session.entropy)
        raise UsageError(f"{event_type.name} needs a record", where="--stream", remedy="name it with --stream RECORD")
    if records.is_stream(text):
        return text
    if event_type.stream == "person":
        return names.person(made.journal.authority, made.log, text)
    if event_type.stream == "mandate":
        return names.mandate(made.journal.authority, text)
    return records.find(made.session, made.log, text).stream


def _completed(made: Writer, event_type: EventType, stream: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with what the program works out: the inner signature of a letter."""
    if event_type.name != "letter_signed":
        return facts
    from archief.cli.letters import signing  # noqa: PLC0415 - only who signs a letter pays

    return signing.completed(made, stream, facts)
