"""``archief destroy execute`` and ``archief destroy again``: what was decided on is erased, wherever this reaches.

In order: everything is asked again → destruction_started → documents, payload lines → what was made from them → looked
that nothing is left → record_destroyed for each record → the certificate, with records_destroyed that closes. Each step
can be done twice: whatever was interrupted, the same command goes on with it and ends in the same state.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import click

from archief import erasure
from archief.cli import declaring, moment, records, retained, state, writing
from archief.cli.care import backups
from archief.cli.destruction import certificate, derived
from archief.cli.destruction.certificate import METHOD, Counts, Executed, Specification
from archief.cli.destruction.derived import Reached
from archief.cli.destruction.destroying import rounds
from archief.cli.exported import Exported, Sought
from archief.cli.output import Progress, counted
from archief.cli.records import Happened, Record
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.erasure import Here
from archief.errors import CorruptError, LossError, RefusedError
from archief.rules import destruction
from archief.rules.destruction import Objection
from archief.rules.rounds import Round
from archief.rules.town_hall import day_of
from archief.storage.base import Erased

BATCH = 1_000
"""So many records are closed in one commit."""

OBJECTIONS_SHOWN_MAX = 20

STARTED, CLOSED = "destruction_started.v1", "records_destroyed.v1"


@dataclass
class Case:
    """A destruction that is carried out.

    Attributes:
        made: the open archive and key.
        record: its stream.
        current: its round.
        started: the events that announced its execution; empty before.
        streams: the records.
        size: of the log when everything was asked.
        specification: what its certificate says of them.
        here: what is here of them.
        reached: the copies elsewhere.
    """

    made: Writer
    record: Record
    current: Round
    started: Sequence[Happened]
    streams: Sequence[str]
    size: int
    specification: Specification
    here: Here
    reached: Reached

    @property
    def authorisation(self) -> int:
        """The entry that it rests on."""
        assert self.current.authorisation is not None
        return self.current.authorisation.seq

    @property
    def sought(self) -> Sought:
        """The records, as their copies are looked for."""
        return Sought(self.streams, self.here.opened or 0)


class Done(NamedTuple):
    """What an execution came to."""

    certificate: str
    counts: Counts
    without_pdf: str
    exports: Sequence[Exported]
    backups: Sequence[str]


@verb(
    "execute",
    example="""
    archief destroy execute 5b1e9f3c --dry-run
    archief destroy execute 5b1e9f3c --yes
    """,
    exits=(*DECIDES, CorruptError, LossError),
)
@click.argument("destruction_", metavar="DESTRUCTION")
@click.option(
    "--delete-exports",
    is_flag=True,
    help="Delete the exports with these records that were made on this machine; without it the certificate names them.",
)
@writing_options(yes=True)
def execute(
    session: Session, *, destruction_: str, delete_exports: bool, accept_clock: bool, yes: bool, dry_run: bool
) -> None:
    """Carry an authorised destruction out, once its waiting period is over. This cannot be undone.

    Everything is asked again first: dates, holds, exemptions, dossiers that stay, changes since the consent, roles and
    keys. Interrupted, the same command goes on. --dry-run shows what would be erased, and where.
    """
    with derived.alone(session), writing.writer(session, accept_clock=accept_clock) as made:
        case = _case(session, made, destruction_)
        if dry_run:
            _tell_plan(case, delete_exports=delete_exports)
            return
        session.confirm(
            f"Erase {counted(len(case.streams), 'record')} for ever"
            f" ({counted(len(case.here.payloads), 'payload')}, {counted(len(case.here.documents), 'document')})?",
            yes=yes or bool(case.started),
        )
        done = _carried_out(case, delete_exports=delete_exports)
        head = writing.signed_head(made)
        derived.follow_backups(session, made, done.backups)
        with state.connection(session, made.log):  # verified whole, and made anew without what was erased
            pass
        _tell_done(case, done, head)


# before


def _case(session: Session, made: Writer, text: str) -> Case:
    """The destruction at hand, when it may be carried out."""
    log = made.log
    with retained.reading(session, log, log.size) as known:
        record = known.record(text, "destruction")
        happened = known.happened(record)
        current = rounds(known, record)[-1]
        seq = current.authorisation.seq if current.authorisation is not None else -1
        mine = [one for one in happened if getattr(one.event.facts, "authorisation", None) == seq]
        started = [one for one in mine if one.event.type == STARTED]
        closed = next((one for one in mine if one.event.type == CLOSED), None)
        streams = _announced(started) or current.remaining
        if closed is not None:
            _refuse_closed(session, made, streams, closed)
        if not started:
            _recheck(session, made, known, current)
    before = log.commit_of(started[0].event.seq).base.size if started else log.size
    with retained.reading(session, log, before) as known:
        if started and (objections := announced_against(known, current, started[0])):
            raise RefusedError(
                f"its execution was announced although {objections[0].why}",
                where=_where(objections[0].record, current),
                remedy="what is here stays here; find out who announced it (archief history), and cancel the round:"
                " archief destroy cancel",
            )
        specified = certificate.specification(known, current, happened, streams)
    with made.journal.writing():
        here = erasure.find(made.log.storage, made.journal.authority.destructions, streams)
    erasure.demand_readable(here)
    reached = derived.reached(session, made, Sought(streams, here.opened or 0))
    return Case(made, record, current, started, streams, log.size, specified, here, reached)


def _announced(started: Sequence[Happened]) -> list[str]:
    return [stream for one in started for stream in one.event.facts.streams]


def _refuse_closed(session: Session, made: Writer, streams: Sequence[str], closed: Happened) -> None:
    """A destruction that was closed is not carried out again; what its run had no time for is done."""
    derived.forget_exports(session, made.origin, streams)
    raise RefusedError(
        f"it was carried out already; its certificate is record {closed.event.facts.certificate}",
        where=f"entry {closed.event.seq}",
        remedy="what a back-up brought back is erased by `archief destroy again`",
    )


def _recheck(session: Session, made: Writer, known: Retained, current: Round) -> None:
    """Ask everything again.

    Raises:
        RefusedError: it may not be carried out, or not yet; the first reasons are told.
    """
    today = moment.today(session)
    standings = known.standings(current.remaining, today)
    found = destruction.recheck(current, standings, made.journal.authority, today)
    if not found:
        return
    waiting = current.earliest is not None and today < current.earliest and len(found) == 1
    for one in found[1:OBJECTIONS_SHOWN_MAX]:
        session.output.note(f"{_where(one.record, current)}: {one.why}")
    raise RefusedError(
        found[0].why + (f"; and {len(found) - 1} more reasons" if len(found) > 1 else ""),
        where=_where(found[0].record, current),
        remedy="run it on that day; until then it can be cancelled: archief destroy cancel"
        if waiting
        else "see `archief show`; cancel the round, and propose anew: archief destroy cancel",
    )


def announced_against(known: Retained, current: Round, started: Happened) -> list[Objection]:
    """Ask of an execution that goes on what still can be asked: another program may have announced it unasked.

    Dates are left out: they rest on payloads, which may be gone by now.

    Args:
        known: the state just before the announcement.
        current: the round.
        started: the announcement.

    Returns:
        Against what it was announced.
    """
    day = day_of(started.time)
    standings = known.standings(current.remaining, day)
    dated = {record: standing._replace(action=day) for record, standing in standings.items()}
    return destruction.record_objections(current, dated, day)


def _where(record: str | None, current: Round) -> str:
    return f"record {record[:8]}" if record is not None else f"round of entry {current.proposed.seq}"


# carrying it out


def _carried_out(case: Case, *, delete_exports: bool) -> Done:
    """All steps, those that were done before passed over."""
    made, session = case.made, case.made.session
    if not case.started:
        _announce(case)
    with Progress(session.output, "segments written anew") as progress:
        erasure.erase(made.journal, case.here, progress)
    derived.clear(session, made.origin)
    derived.delete_unfinished(session, made.origin, case.sought)
    if delete_exports:
        derived.delete_exports(session, made.origin, case.sought)
    reached = derived.erase_backups(session, made, backups.payloads_of(made.log, case.streams))
    gone = _demand_absence(case)
    _close_records(case, gone)
    return _close(case, gone, reached)


def _announce(case: Case) -> None:
    """Append destruction_started: from here on payloads of these records may be gone.

    Raises:
        ConflictError: something was appended since everything was asked, such as a hold.
    """
    made = case.made
    appended = made.append(_announcement(case), expect_size=case.size)
    commit = appended.commit
    case.started = [
        one._replace(time=commit.time, key=commit.key, person=made.person or "")
        for one in records.read(made.log, appended.seqs)
    ]


def _announcement(case: Case) -> list[Draft]:
    pieces = [case.streams[first : first + BATCH] for first in range(0, len(case.streams), BATCH)]
    documents_of: dict[str, int] = {}
    for stream in case.here.documents.values():
        documents_of[stream] = documents_of.get(stream, 0) + 1
    drafts = []
    for part, piece in enumerate(pieces, 1):
        payloads, documents = case.here.count(piece)
        facts: dict[str, Any] = {"authorisation": case.authorisation, "documents": documents, "payloads": payloads}
        if documents:
            facts["documents_of"] = [documents_of.get(stream, 0) for stream in piece]
        if len(pieces) > 1:
            facts |= {"part": part, "parts": len(pieces)}
        drafts.append(draft("destruction_started", case.record.stream, {**facts, "streams": list(piece)}))
    return drafts


def _demand_absence(case: Case) -> Here:
    """Look that nothing is left: no payload line, no document, nothing that was made from them."""
    gone = erasure.demand_absence(case.made.journal, case.streams)
    left = derived.standing(case.made.session, case.made.origin)
    if left:
        raise RefusedError(
            f"{left[0]} was made again meanwhile", where=str(case.made.session.archive), remedy="run it again"
        )
    return gone


def _close_records(case: Case, gone: Here) -> None:
    """Append record_destroyed for every record that has none yet."""
    made = case.made
    left = [stream for stream in case.streams if stream not in made.journal.authority.destructions.destroyed]
    facts = {"authorisation": case.authorisation, "destruction": case.record.stream}
    with Progress(made.session.output, "records closed") as progress:
        for first in range(0, len(left), BATCH):
            drafts = [
                draft(
                    "record_destroyed",
                    stream,
                    {**facts, "last_stream_seq": gone.versions[stream]},
                    expect_version=gone.versions[stream],
                )
                for stream in left[first : first + BATCH]
            ]
            made.append(drafts)
            progress(first + len(drafts), len(left))


def _close(case: Case, gone: Here, reached: Sequence[str]) -> Done:
    """Draw up the certificate, and append its record together with what closes the execution."""
    made, session = case.made, case.made.session
    authority, facts = made.journal.authority, [one.event.facts for one in case.started]
    counts = Counts(
        gone.committed,
        {stream: count for one in facts for stream, count in zip(one.streams, one.documents_of, strict=False)},
        sum(one.payloads for one in facts),
        sum(one.documents for one in facts),
    )
    done = Executed(
        dt.datetime.fromisoformat(case.started[0].time),
        session.clock().replace(microsecond=0),
        case.started[0].person,
        made.person or "",
        case.started[0].event.seq,
        (made.journal.size, made.journal.root().hex()),
    )
    copies = derived.reached(session, made, case.sought)
    systems = derived.systems(copies, reached)
    kept = declaring.kept(
        session, certificate.drawn_up(case.specification, counts, done, authority, derived.in_dutch(systems))
    )
    closing = {
        "authorisation": case.authorisation, "certificate": kept.stream, "documents": counts.documents,
        "method": METHOD, "payloads": counts.payloads, "records": len(case.streams),
    }  # fmt: skip
    data = {"systems": [one.fact() for one in systems]}
    made.append([kept.record, draft("records_destroyed", case.record.stream, closing, data)])
    derived.forget_exports(session, made.origin, case.streams)
    case.reached = copies
    return Done(kept.stream, counts, kept.without_pdf, [one for one in copies.exports if not one.deleted], reached)


# again


@verb(
    "again",
    example="""
    archief destroy again --dry-run
    archief destroy again 5b1e9f3c
    """,
    exits=(*DECIDES, CorruptError, LossError),
)
@click.argument("destruction_", metavar="[DESTRUCTION]", required=False)
@writing_options(yes=True)
def again(session: Session, *, destruction_: str | None, accept_clock: bool, yes: bool, dry_run: bool) -> None:
    """Erase again what the log says is destroyed and is here all the same: it came back with a back-up.

    Nothing is decided anew and nothing appended: the certificate stands.
    """
    with derived.alone(session), writing.writer(session, accept_clock=accept_clock) as made:
        streams = None if destruction_ is None else _destroyed_by(session, made, destruction_)
        here = erasure.find_destroyed(made.journal, streams)
        told = f"{counted(len(here.payloads), 'payload')}, {counted(len(here.documents), 'document')}"
        if dry_run:
            if session.output.json:
                session.output.members({"test": made.journal.authority.test, "dry_run": True, **_numbers(here)})
                return
            session.output.line(f"would be erased again: {told}")
            _tell_segments(session, here)
            return
        if here.payloads or here.documents:
            session.confirm(f"Erase again for ever: {told}?", yes=yes)
        erased = destroyed_again(session, made, here)
        if session.output.json:
            session.output.members(
                {"test": made.journal.authority.test, "payloads": erased.payloads, "documents": erased.documents}
            )
            return
        session.output.line(f"erased again: {told}" if here.payloads or here.documents else "nothing to erase again")


def destroyed_again(session: Session, made: Writer, here: Here | None = None) -> Erased:
    """Erase again what the log says is destroyed, and all that was made from it; also after a restore.

    Args:
        session: the surroundings.
        made: the open archive.
        here: what was found; None looks for all of it.

    Raises:
        WriteFailedError: the disk refused; run it again.
    """
    found = here if here is not None else erasure.find_destroyed(made.journal)
    with Progress(session.output, "segments written anew") as progress:
        erased = erasure.erase(made.journal, found, progress)
    if erased.payloads or erased.documents:
        derived.clear(session, made.origin)
    return erased


def _destroyed_by(session: Session, made: Writer, text: str) -> list[str]:
    """The records that a destruction destroyed."""
    with retained.reading(session, made.log) as known:
        happened = known.happened(known.record(text, "destruction"))
    streams = _announced([one for one in happened if one.event.type == STARTED])
    if not streams:
        raise RefusedError("this destruction was not carried out", where=text, remedy="see `archief show`")
    return streams


# telling


def _numbers(here: Here) -> dict[str, Any]:
    segments = [
        {"file": name, "payloads": lines, "size": size} for name, (lines, size) in sorted(here.segments.items())
    ]
    return {"payloads": len(here.payloads), "documents": sorted(here.documents), "segments": segments}


def _tell_segments(session: Session, here: Here) -> None:
    if here.segments:
        rows = [(name, f"{lines:,}", f"{size:,}") for name, (lines, size) in sorted(here.segments.items())]
        session.output.table(("FILE", "LINES", "SIZE"), rows)
    for document in sorted(here.documents):
        session.output.line(f"documents/{document[:2]}/{document}.bin")


def _tell_plan(case: Case, *, delete_exports: bool) -> None:
    """What would be erased, and where."""
    made, output = case.made, case.made.session.output
    drafts = [] if case.started else _announcement(case)
    if drafts:
        made.check(drafts)
    exports = [
        {"kind": one.kind, "place": one.place, "time": one.time, "deleted": delete_exports}
        for one in case.reached.exports
    ]
    if output.json:
        output.members(
            {
                "test": made.journal.authority.test, "dry_run": True, "destruction": case.record.stream,
                "records": list(case.streams), **_numbers(case.here),
                "files": [str(path) for path in (*case.reached.files, *case.reached.unfinished)], "exports": exports,
                "backups": derived.planned(case.reached),
            }
        )  # fmt: skip
        return
    kinds = [line.kind for line in case.specification.lines]
    output.line(
        f"would be erased: {counted(kinds.count('dossier'), 'dossier')}, {counted(kinds.count('letter'), 'letter')}:"
        f" {counted(len(case.here.payloads), 'payload')}, {counted(len(case.here.documents), 'document')}"
    )
    _tell_segments(made.session, case.here)
    for path in case.reached.files:
        output.line(f"made from payloads, and made anew: {path}")
    for path in case.reached.unfinished:
        output.line(f"left by an export that was stopped, deleted: {path}")
    for one in exports:
        fate = "deleted" if delete_exports else "not under this system: named on the certificate"
        output.line(f"export ({one['kind']}) of {one['time']}, {one['place']}: {fate}")
    derived.tell_planned(made.session, case.reached)
    output.note("a dry run: nothing was appended, and nothing erased")


def _tell_done(case: Case, done: Done, head: dict[str, Any] | None) -> None:
    made, output = case.made, case.made.session.output
    if done.without_pdf:
        output.warn(f"the certificate is kept as a page and as data, without a PDF: {done.without_pdf}")
    if output.json:
        output.members(
            {
                "test": made.journal.authority.test, "destruction": case.record.stream,
                "certificate": done.certificate, "records": len(case.streams), "payloads": done.counts.payloads,
                "documents": done.counts.documents, "exports": [one.place for one in done.exports],
                "size": made.journal.size, "head": head,
            }
        )  # fmt: skip
        return
    output.line(
        f"destroyed: {counted(len(case.streams), 'record')}, {counted(done.counts.payloads, 'payload')},"
        f" {counted(done.counts.documents, 'document')}"
    )
    output.line(f"certificate {done.certificate}")
    for one in done.exports:
        output.note(f"not under this system: the export ({one.kind}) of {one.time}, written to {one.place}")
    derived.tell_away(made.session, case.reached, done.backups)
    writing.tell_head(output, head)
