"""The verklaring van vernietiging of an execution: its facts out of the log (``declaring`` keeps it).

Everything in it is read off facts, codes and counts, so that it says nothing of what was destroyed, and says the same
when an interrupted execution is gone on with after the records are gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archief.cli import records
from archief.cli.records import Happened
from archief.cli.retained import Retained
from archief.law import roles
from archief.law.retention_list import order_of
from archief.rules.adoption import RuleSets
from archief.rules.authority import Authority
from archief.rules.rounds import Round
from archief.rules.town_hall import day_of

if TYPE_CHECKING:
    from archief.render.declarations.destruction import Category, Vernietiging
    from archief.render.declarations.paper import System

METHOD = "erased-and-rebuilt"


class Line(NamedTuple):
    """What is said of one record.

    Attributes:
        kind: dossier or letter.
        stream: its id.
        dossier: of a letter, the dossier that decided its date.
        list, row: what it was classified under.
        first, last: a dossier's first and last day; the day a letter was registered.
        start: when its term began.
        action: from when it could be destroyed.
        letters: how many letters of the destruction are in a dossier.
    """

    kind: str
    stream: str
    dossier: str | None
    list: str | None
    row: str | None
    first: dt.date | None
    last: dt.date | None
    start: dt.date | None
    action: dt.date | None
    letters: int


class Specification(NamedTuple):
    """What is known before anything is erased, and known again afterwards.

    Attributes:
        destruction: its stream.
        organisation: whose archive it is.
        lines: the records.
        rules: the lists they were judged by.
        current: the round.
        days: of each entry of the destruction its day in the town hall.
        basis: the ground in the law.
        decision: the decision's reference.
        copies: where the records themselves are, when copies of what was transferred go.
    """

    destruction: str
    organisation: str
    lines: Sequence[Line]
    rules: RuleSets
    current: Round
    days: Mapping[int, dt.date]
    basis: str
    decision: str | None
    copies: Left | None = None


class Left(NamedTuple):
    """Of what the destroyed copies are left: a transfer, by its receipt.

    Attributes:
        transfer: its stream.
        entry: of the receipt that accepts it.
        accepted: the day of that receipt.
        sip_number: number on the pakbon; None where that is gone.
        declaration: the record that holds the verklaring van overbrenging.
    """

    transfer: str
    entry: int
    accepted: dt.date
    sip_number: str | None
    declaration: str | None


class Counts(NamedTuple):
    """How much was erased.

    Attributes:
        payloads_of, documents_of: per record.
        payloads, documents: in all.
    """

    payloads_of: Mapping[str, int]
    documents_of: Mapping[str, int]
    payloads: int
    documents: int


class Executed(NamedTuple):
    """An execution at its end.

    Attributes:
        started, verified: when the erasing began, and when it was checked that nothing is left, in UTC.
        starter, closer: the persons whose keys sign its beginning and its end.
        started_seq: the entry that announced it.
        head: size and root of the log now.
    """

    started: dt.datetime
    verified: dt.datetime
    starter: str
    closer: str
    started_seq: int
    head: tuple[int, str]


def specification(
    known: Retained, current: Round, happened: Sequence[Happened], streams: Sequence[str]
) -> Specification:
    """What a certificate says of the records and the decisions.

    Args:
        known: the state before anything of them was destroyed.
        current: the round.
        happened: the events of the destruction.
        streams: the records.
    """
    from archief.projections import tables  # noqa: PLC0415 - is imported by then

    query = tables.read("destruction", "specification.sql")
    rows = known.database.execute(query, {"records": list(streams)}).fetchall()
    founded = records.read(known.log, [0])[0]
    seq = current.authorisation.seq if current.authorisation is not None else -1
    authorised = next(one for one in happened if one.event.seq == seq)
    return Specification(
        authorised.event.stream,
        founded.data.organisation if founded.data is not None else known.log.origin,
        [Line(*row) for row in rows],
        known.rules(),
        current,
        {one.event.seq: day_of(one.time) for one in happened},
        authorised.event.facts.basis,
        authorised.data.decision if authorised.data is not None else None,
        _left(known, current.transfer) if current.transfer is not None else None,
    )


def _left(known: Retained, transfer: str) -> Left:
    """By which receipt the records went whose copies go."""
    query = (
        "select cast(stream as varchar), accepted_seq, accepted, sip_number, cast(declaration as varchar) from transfer"
        " where stream = cast(? as uuid) and accepted_seq is not null"
    )
    return Left(*known.rows(query, transfer)[0])


def drawn_up(
    made: Specification, counts: Counts, done: Executed, authority: Authority, systems: Sequence[System]
) -> Vernietiging:
    """The facts of the certificate.

    Args:
        made: records and decisions.
        counts: what was erased.
        done: when, and by whom.
        authority: who holds which role.
        systems: where it was erased, and where it could not be.
    """
    from archief.render.declarations.destruction import Copies, Item, Kept, Vernietiging  # noqa: PLC0415 - who executes pays
    from archief.render.declarations.paper import Act, Head, Span  # noqa: PLC0415 - as above

    def act(step: str, person: str, day: dt.date, seq: int | None) -> Act:
        allowed = roles.roles_for(step)
        held = authority.roles.get(person, {})
        return Act(step=step, role=next((one for one in allowed if one in held), allowed[0]), day=day, entry=seq)

    acts = [act(one.step, one.person, made.days[one.seq], one.seq) for one in made.current.acts]
    acts.append(act("destruction_started", done.starter, day_of(done.started), done.started_seq))
    acts.append(act("records_destroyed", done.closer, day_of(done.verified), None))
    items = [
        Item(
            stream=line.stream, kind=line.kind, row=line.row or "", dossier=line.dossier,
            period=Span(begin=line.first, end=line.last), start=line.start, action=line.action, letters=line.letters,
            payloads=counts.payloads_of.get(line.stream, 0), documents=counts.documents_of.get(line.stream, 0),
        )
        for line in made.lines
    ]  # fmt: skip
    size, root = done.head
    return Vernietiging(
        organisation=made.organisation,
        origin=authority.origin,
        destruction=made.destruction,
        time=done.verified,
        basis=made.basis,
        decision=made.decision,
        reference_date=made.current.reference_date,
        categories=_categories(made, counts),
        items=items,
        records=len(made.lines),
        payloads=counts.payloads,
        documents=counts.documents,
        acts=acts,
        started=done.started,
        verified=done.verified,
        method=METHOD,
        systems=list(systems),
        kept=[Kept(stream=stream, ground=ground) for stream, ground in made.current.excepted.items()],
        head=Head(size=size, root=root),
        copies=Copies(**made.copies._asdict()) if made.copies is not None else None,
        test=authority.test,
    )


def _categories(made: Specification, counts: Counts) -> list[Category]:
    """The rows of lists that the records were destroyed by, each with how much; for copies none: no row says so."""
    from archief.render.declarations.destruction import Category  # noqa: PLC0415 - only who executes pays
    from archief.render.declarations.paper import Span  # noqa: PLC0415 - as above

    grouped: dict[tuple[str, str], list[Line]] = {}
    for line in made.lines:
        if line.list and line.row and made.copies is None:
            grouped.setdefault((line.list, line.row), []).append(line)
    found = []
    for (code, nummer), lines in sorted(grouped.items(), key=lambda one: (one[0][0], order_of(one[0][1]))):
        known = made.rules.list(code)
        row = known.row(nummer)
        days = [line for line in lines if line.kind == "dossier"]
        begins, ends = [one.first for one in days if one.first], [one.last for one in days if one.last]
        found.append(
            Category(
                list_title=known.title,
                list_edition=known.edition or None,
                list_source=known.source or None,
                row=nummer,
                name=row.name,
                waardering=row.waardering,
                bewaartermijn=row.bewaartermijn,
                procestermijn=row.procestermijn or None,
                records=len(lines),
                payloads=sum(counts.payloads_of.get(line.stream, 0) for line in lines),
                documents=sum(counts.documents_of.get(line.stream, 0) for line in lines),
                period=Span(begin=min(begins, default=None), end=max(ends, default=None)),
            )
        )
    return found
