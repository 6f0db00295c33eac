"""``archief show`` and ``archief history``: one record as it is, and everything that happened to it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from archief.cli import account, moment, records
from archief.cli.output import Output, counted
from archief.cli.records import Happened
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import AmbiguousError, LossError, NoArchiveError, NotFoundError
from archief.events import catalogue
from archief.log import Log

if TYPE_CHECKING:
    from archief.rules.authority import Authority

READS = (NoArchiveError, NotFoundError, AmbiguousError, LossError)


class _Found:
    """A record's events up to a position, and who is who."""

    def __init__(self, session: Session, record: str, day: str | None) -> None:
        self.log: Log = session.log()
        self.test = session.is_test(self.log)
        self.position = moment.of(self.log, day) if day else moment.Position(self.log.size, self.log.last_commit.time)
        self.record = records.find(session, self.log, record)
        self.stream = self.record.stream
        self.happened: Sequence[Happened] = records.happened(self.log, self.record, self.position.size)
        if not self.happened:
            raise NotFoundError("the record was not there yet", where=day or "", remedy="name a later day")
        self.session = session

    def gone(self, one: Happened) -> str:
        """What stands where an event's words stood; empty when they are there or never were."""
        if one.payload != "absent":
            return ""
        event = one.event
        destructions = self.authority.destructions
        if not destructions.cover(event.seq, event.stream, event.stream_seq):
            return account.MISSING
        if destructions.by_itself(event.seq, event.stream):
            return account.ERASED
        return account.gone(destructions, event.stream)

    @functools.cached_property
    def marks(self) -> dict[int, str]:
        """What stands where words stood, by entry."""
        return {one.event.seq: self.gone(one) for one in self.happened if self.gone(one)}

    @functools.cached_property
    def authority(self) -> Authority:
        """What says whether words may be gone, and whose care it is."""
        from archief.cli import authority  # noqa: PLC0415 - history does not ask

        return authority.of(self.session, self.log)

    @property
    def transferred(self) -> dict[str, Any] | None:
        """By which entry its care moved to the records office, and in which transfer; None while it is ours."""
        transfers = self.authority.transfers
        entry = transfers.accepted.get(self.stream)
        if entry is None or entry >= self.position.size:
            return None
        return {"entry": entry, "transfer": transfers.under[self.stream]}

    def demand_cover(self) -> None:
        """Fail after all was shown, when words are gone that no destruction covers.

        Raises:
            LossError: they are.
        """
        lost = [one.event.seq for one in self.happened if self.gone(one) == account.MISSING]
        if lost:
            raise LossError(
                "a payload is missing and no destruction covers it",
                where=f"entry {lost[0]}",
                remedy="run `archief verify`, and bring it back from a back-up",
            )

    @property
    def kind(self) -> str:
        """What the stream is: the kind of the type that opened it."""
        return catalogue.of_tag(self.happened[0].event.type).stream

    def name(self, person: str) -> str:
        """The name of a person; the beginning of the stream id when it is destroyed."""
        return self.record.names.get(person) or f"person {person[:8]}"

    def who(self, one: Happened) -> str:
        """Who appended an event."""
        return self.name(one.person) if one.person else f"key {one.key[:8]}"

    @property
    def members(self) -> dict[str, Any]:
        """What every answer says."""
        position = {"origin": self.log.origin, "size": self.position.size, "time": self.position.time}
        return {"test": self.test, "position": position, "stream": self.stream, "kind": self.kind}


@verb(
    "show",
    example="""
    archief show 2021-00017
    archief show 5b1e9f3c --on 2021-04-15
    """,
    exits=READS,
)
@click.argument("record", metavar="RECORD")
@click.option("--on", "day", metavar="DATE", help="As it was at the end of that day (Europe/Amsterdam).")
def show(session: Session, *, record: str, day: str | None) -> None:
    """Show a record: a letter with its fields, documents, signatures and dispatches; a dossier with its letters; a
    destruction or transfer with its rounds; any other stream by its events.
    """
    found = _Found(session, record, day)
    output = session.output
    if found.kind in ("dossier", "destruction", "transfer"):
        _show_page(output, found)
        found.demand_cover()
        return
    if found.kind != "letter":
        if output.json:
            output.members({**found.members, "events": [_event(found, one) for one in found.happened]})
        else:
            _show_events(output, found)
        found.demand_cover()
        return
    told = account.letter(found.happened, found.name) | {"transferred": found.transferred}
    if output.json:
        output.members({**found.members, "letter": told, "events": len(found.happened)})
    else:
        _show_letter(output, found, told)
    found.demand_cover()


@verb(
    "history",
    example="""
    archief history 2021-00017
    """,
    exits=READS,
)
@click.argument("record", metavar="RECORD")
@click.option("--on", "day", metavar="DATE", help="Up to the end of that day (Europe/Amsterdam).")
def history(session: Session, *, record: str, day: str | None) -> None:
    """Show everything that happened to a record: entry, version of the record, time, who appended it, what.

    The last VERSION is the number for `archief append --expect-version`.
    """
    found = _Found(session, record, day)
    output = session.output
    if output.json:
        output.members({**found.members, "events": [_event(found, one) for one in found.happened]})
    else:
        rows = [
            (one.event.seq, one.event.stream_seq, one.time, found.who(one), one.event.type, found.gone(one))
            for one in found.happened
        ]
        output.line(f"{found.kind} {found.stream}")
        output.table(("ENTRY", "VERSION", "TIME", "WHO", "WHAT", ""), rows)
        _foot(output, found)
    found.demand_cover()


def _event(found: _Found, one: Happened) -> dict[str, Any]:
    return {
        "seq": one.event.seq,
        "stream_seq": one.event.stream_seq,
        "type": one.event.type,
        "time": one.time,
        "key": one.key,
        "who": found.who(one),
        "facts": msgspec.to_builtins(one.event.facts),
        "payload": one.payload,
        "data": msgspec.to_builtins(one.data) if one.data is not None else None,
    }


# for people


def _foot(output: Output, found: _Found) -> None:
    position = f"position {found.position.size} of {found.log.origin}, {found.position.time}"
    version = found.happened[-1].event.stream_seq
    now = f"; --expect-version {version} appends to what is shown" if found.position.size == found.log.size else ""
    output.note(f"{counted(len(found.happened), 'event')}{now}; {position}")


def _show_events(output: Output, found: _Found) -> None:
    output.line(output.styled(f"{found.kind} {found.stream}", bold=True))
    for one in found.happened:
        output.line(f"{one.event.type}, entry {one.event.seq}, {one.time}, by {found.who(one)}")
        values = msgspec.to_builtins(one.event.facts)
        if one.data is not None:
            values |= msgspec.to_builtins(one.data)
        output.fields(list(values.items()), indent="  ")
        if found.gone(one):
            output.line(f"  {found.gone(one)}")
    _foot(output, found)


def _show_page(output: Output, found: _Found) -> None:
    """A record that has a page of its own."""
    from archief.cli.views import pages  # noqa: PLC0415 - who shows a letter does not pay for dossiers and destructions

    tells = {"dossier": pages.dossier, "destruction": pages.rounds, "transfer": pages.transfer}
    page = tells[found.kind](found.session, found.log, found.position.size, found.happened)
    if output.json:
        events = [_event(found, one) for one in found.happened]
        output.members({**found.members, found.kind: page, "events": events})
        return
    if found.kind == "dossier":
        pages.show_dossier(output, page, found.stream)
    else:
        shown = pages.show_transfer if found.kind == "transfer" else pages.show_rounds
        shown(output, page, found.stream, found.name)
    _foot(output, found)


def _show_letter(output: Output, found: _Found, told: dict[str, Any]) -> None:
    fields = told["fields"]
    body = fields.pop("body", [])
    fields.pop("fields_order", None)  # the rows stand in it
    output.line(output.styled(f"letter {found.stream}", bold=True))
    received = f"{told['date']} by {told['channel']}" if told.get("channel") else None
    pairs = [
        ("kind", told.get("kind")),
        ("status", told["status"]),
        ("received", received),
        ("version", f"{told['version']} of its content"),
        ("transferred", _moved(told["transferred"])),
    ]
    if found.marks:
        pairs.append(("content", ", ".join(sorted(set(found.marks.values())))))
    output.fields([*pairs, *((name, _shown(value)) for name, value in fields.items())], indent="  ")
    for paragraph in body:
        output.line()
        output.line(_wrapped(paragraph), lines=True)
    if body:
        output.line()
    for document in told["documents"]:
        output.line(
            f"document {document['name']}, {document['media_type']}, {document['size']:,} bytes, id {document['id']}"
        )
    for one in told["signatures"]:
        output.line(_signature(one))
    for one in told["dispatches"]:
        to = ", ".join(person["name"] for person in one.get("recipients", [])) or found.marks[one["entry"]]
        output.line(f"dispatched {one['date']} by {one['channel']} to {to}")
    for one in told["annotations"]:
        output.line(f"annotation ({one['kind']}): {one.get('text') or found.marks[one['entry']]}")
    for one in told["erasures"]:
        output.line(_erasure(one))
    for one in told["relations"]:
        output.line(f"{one['relation']} {_other(found, one['other'])}")
    _foot(output, found)


def _moved(transferred: dict[str, Any] | None) -> str | None:
    return f"entry {transferred['entry']}; what is here is a copy" if transferred is not None else None


def _other(found: _Found, stream: str) -> str:
    """Another record as a person names it: by its number, when it has one."""
    from archief.cli import state  # noqa: PLC0415 - only a letter with relations asks

    with state.connection(found.session, found.log) as known:
        row = known.execute("select number from letter where stream = cast(? as uuid)", [stream]).fetchone()
    return f"{row[0]} ({stream[:8]})" if row is not None and row[0] else stream


def _shown(value: Any) -> Any:  # noqa: ANN401 - any field of a letter
    """Lists and maps of a letter's fields, one member a line."""
    if isinstance(value, list):
        lines = [", ".join(filter(None, one.values())) if isinstance(one, dict) else one for one in value]
        return "\n".join(lines)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {member}" for key, member in value.items())
    return value


def _signature(one: dict[str, Any]) -> str:
    parts = [f"signed by {one['name']}, {one['role']}"]
    if one["on_behalf_of"]:
        parts.append(f"namens {one['on_behalf_of']}")
    if one["mede_namens"]:
        parts.append(f"mede namens {', '.join(one['mede_namens'])}")
    parts.append(f"{one['basis']}, level {one['level']}")
    version = "this version" if one["current"] else "an earlier version"
    parts.append("this version before a file was converted" if one["converted_since"] else version)
    if one["note"]:
        parts.append(one["note"])
    if one["deviation"]:
        parts.append(f"deviation: {one['deviation']}")
    return "; ".join(parts)


def _erasure(one: dict[str, Any]) -> str:
    """What was erased by itself, by whose decision."""
    entries = ", ".join(map(str, one["seqs"]))
    decision = f" ({one['reference']})" if one["reference"] else ""
    where = f"; certificate {one['certificate']}" if one.get("certificate") else ""
    corrected = f"; now said by entry {', '.join(map(str, one['corrected']))}" if one.get("corrected") else ""
    return f"erased: entry {entries}, {one['ground']}, decided by {one['decision']}{decision}{corrected}{where}"


def _wrapped(paragraph: str) -> str:
    import shutil  # noqa: PLC0415 - only who reads a letter pays
    import textwrap  # noqa: PLC0415 - as above

    from archief.cli.output import printable  # noqa: PLC0415 - beside its use

    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    lines = printable(paragraph, lines=True).split("\n")
    return "\n".join(textwrap.fill(line, width) for line in lines)
