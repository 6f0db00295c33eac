"""What enters the register: a file that was read, and what a person typed, made into one event."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.cli import drafting, moment
from archief.cli.letters import numbers
from archief.cli.wording import draft, options_of, options_of_sets, typed_at
from archief.cli.writing import Writer
from archief.draft import Draft, new_stream
from archief.errors import RefusedError, UsageError
from archief.events import catalogue
from archief.events.base import EventType
from archief.law import codes
from archief.storage.base import NewDocument

if TYPE_CHECKING:
    from archief.intake.reading import File, Reading

ORGANS = {"raadsinformatiebrief": "college", "rondebriefje": "raad"}
"""Whose letter it is where the kind says so: the college informs the council (Gemeentewet 169), the griffie's form is
the council's own."""

KINDS = {"e-mail": "email"}
"""What a file calls itself, and the word for it."""

OF_OTHERS = ("sender", "sender_address", "sender_email", "message_id", "message")
"""What only a letter from outside has."""


class Wanted(NamedTuple):
    """What a person typed.

    Attributes:
        received: it came from outside.
        sets: NAME=VALUE, over what was read.
        data: fields from a file, over what was read.
        number: a number to take over.
        series: the series that issues one.
        facts: kind, organ, channel, date, where they were typed.
        files: files that belong to it beside the one that is read.
    """

    received: bool
    sets: tuple[str, ...] = ()
    data: dict[str, Any] | None = None
    number: str | None = None
    series: str | None = None
    facts: Mapping[str, str] = {}
    files: tuple[Path, ...] = ()

    @property
    def event_type(self) -> EventType:
        """The event that it becomes."""
        return catalogue.newest("letter_received" if self.received else "letter_registered")


class Registration(NamedTuple):
    """What will be registered.

    Attributes:
        draft: the event.
        facts, data: what it says.
        taken_over: the number, where a series issues none.
    """

    draft: Draft
    facts: dict[str, Any]
    data: dict[str, Any]
    taken_over: str | None


def made(writer: Writer, wanted: Wanted, reading: Reading | None) -> Registration:
    """Make the event.

    Args:
        writer: the open archive.
        wanted: what was typed; it counts over what was read.
        reading: what was read; None without a file.

    Raises:
        MalformedError: a field does not take its value.
        UsageError: there is nothing to register, or two ways to its number.
        NotFoundError: a file is not there.
    """
    session, event_type = writer.session, wanted.event_type
    typed = drafting.typed(event_type, wanted.sets, wanted.data)
    fields = event_type.data.__struct_fields__ if event_type.data is not None else ()
    read = {name: value for name, value in reading.data.items() if name in fields} if reading is not None else {}
    data = {name: value for name, value in {**read, **(typed.data or {})}.items() if value not in ("", [], {})}
    facts = {**_facts(wanted, data, moment.today(session).isoformat()), **wanted.facts, **typed.facts}
    _number(writer, wanted, facts, data)
    refs, documents = _files(writer, reading.files if reading is not None else [])
    more_refs, more = drafting.documents(wanted.files, session.entropy)
    if refs or more_refs:
        data["documents"] = [*data.get("documents", []), *refs, *more_refs]
    if reading is None and not (data or wanted.files):
        raise UsageError(
            "nothing to register", remedy="name a FILE, or give fields with --set, such as --set subject=…"
        )
    options = options_of(wanted.facts, ["number"]) | {"data.sender": "--sender"} | options_of_sets(wanted.sets)
    with typed_at(options):
        one = draft(event_type.tag, new_stream(session.entropy), facts, data, documents=[*documents, *more])
    return Registration(one, facts, data, data.get("number") if "series" not in facts else None)


def _facts(wanted: Wanted, data: Mapping[str, Any], today: str) -> dict[str, Any]:
    """What follows from what it calls itself: kind, whose it is; of a letter from outside, when and how it came."""
    known = codes.of(f"{wanted.event_type.name}.kind")
    called = str(data.get("doc_type", "")).lower()
    called = KINDS.get(called, called)
    kind = called if known is not None and called in known.words else "brief"
    facts = {"kind": kind}
    organ = ORGANS.get(wanted.facts.get("kind", kind))
    if wanted.received:
        facts |= {"date": today, **({"channel": "email"} if "message_id" in data else {})}
    elif organ is not None:
        facts["organ"] = organ
    return facts


def _number(writer: Writer, wanted: Wanted, facts: dict[str, Any], data: dict[str, Any]) -> None:
    """The number: one that is taken over, or the next one of a series; without a series that of the letter itself."""
    if wanted.number == "":
        raise UsageError("no number", where="--number", remedy="leave it out: a series issues one, if there is one")
    number = wanted.number or data.get("number")
    if number and (wanted.series or "series" in facts):
        raise UsageError("a number is taken over, or a series issues it", where="--number", remedy="leave one out")
    if number:
        data["number"] = number
        return
    series = facts.get("series") or numbers.series_of(writer, wanted.series)
    if series is not None:
        facts |= {"series": series, "year": facts.get("year", moment.today(writer.session).year)}
    elif not wanted.received and data.get("our_reference"):
        data["number"] = data["our_reference"]


def _files(writer: Writer, files: list[File]) -> tuple[list[dict[str, Any]], list[NewDocument]]:
    """The file that was read and those that came with it, untouched, each with what it is and who says so."""
    refs, new = [], []
    for file in files:
        name = writer.session.entropy(16).hex()
        ref = {
            "id": name,
            "media_type": file.media_type,
            "name": file.name,
            "sha256": file.sha256,
            "size": len(file.data),
            "pronom": file.pronom,
            "identified_by": file.identified_by,
        }
        refs.append({key: value for key, value in ref.items() if value != ""})
        new.append(NewDocument(name, lambda content=file.data: io.BytesIO(content), file.sha256))  # type: ignore[misc]
    return refs, new


# what is there already


def stored(writer: Writer) -> set[str]:
    """The SHA-256 of every file that is in the archive now."""
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(writer.session, writer.log) as database:
        return {digest for (digest,) in database.execute("select distinct sha256 from document").fetchall() if digest}


def refuse_stored(writer: Writer, reading: Reading, name: str) -> None:
    """Refuse a file that is in the archive already.

    Raises:
        RefusedError: it is.
    """
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(writer.session, writer.log) as database:
        query = "select cast(stream as varchar) from document where sha256 = ? order by seq limit 1"
        found = database.execute(query, [reading.files[0].sha256]).fetchone()
    if found is not None:
        raise RefusedError(
            "this very file is in the archive already (one file, one record)",
            where=name,
            remedy=f"see `archief show {found[0][:8]}`; without the file: archief register --set …",
        )
