"""``archief destroy erase``: single payloads are erased under a decision (AVG), the rest of the record stays.

In order: asked whether it may → payload_erased → documents, payload lines → what was made from them → looked that
nothing is left → the verklaring van wissing, a record of its own. Each step can be done twice: the same command goes on
with what was interrupted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from archief import erasure
from archief.cli import account, declaring, moment, records, retained, state, writing
from archief.cli.declaring import Kept
from archief.cli.destruction import derived
from archief.cli.destruction.certificate import METHOD
from archief.cli.destruction.derived import Reached
from archief.cli.drafting import present
from archief.cli.exported import Sought
from archief.cli.output import Progress, counted
from archief.cli.records import Happened, Record
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.draft import Draft, new_stream
from archief.errors import CorruptError, LossError, RefusedError
from archief.events import catalogue
from archief.reports import dutch
from archief.rules import erasures
from archief.rules.town_hall import day_of

ERASED = "payload_erased.v1"
ROLE = "archivaris"


@dataclass
class Case:
    """An erasure at hand.

    Attributes:
        made: the open archive and key.
        record: the record.
        happened: its events.
        organisation: whose archive it is.
        entries: what is to be erased.
        announced: the event that says so; None before.
        reached: the copies elsewhere.
        erased: labels of the back-ups in which it is erased.
    """

    made: Writer
    record: Record
    happened: Sequence[Happened]
    organisation: str
    entries: list[int]
    announced: Happened | None
    reached: Reached
    erased: Sequence[str] = ()

    def of(self, entry: int) -> Happened:
        """One of its events."""
        return next(one for one in self.happened if one.event.seq == entry)


@verb(
    "erase",
    example="""
    archief destroy erase 2021-00018 --entry 43 --ground avg:17 --decision "AVG 2027-04" --reason "op verzoek" --dry-run
    archief destroy erase 2021-00018 --entry 43 --ground avg:16 --corrected 61 --decision "AVG 2027-05" --reason fout
    """,
    exits=(*DECIDES, CorruptError, LossError),
)
@click.argument("record", metavar="RECORD")
@click.option(
    "--entry",
    "entries",
    type=click.IntRange(min=1),
    multiple=True,
    required=True,
    metavar="N",
    help="An entry whose payload is erased, with its files: ENTRY in `archief history`. May be repeated.",
)
@click.option("--ground", required=True, metavar="CODE", help="avg:17 (erasure) or avg:16 (rectification).")
@click.option("--by", "decided_by", default="request", metavar="CODE", help="Who decided: request, court or own.")
@click.option("--decision", required=True, metavar="TEXT", help="The decision's reference, without a name.")
@click.option("--decided", metavar="DATE", help="The day of the decision.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the payload.")
@click.option(
    "--corrected",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="Of a rectification, an entry that says it right now. May be repeated.",
)
@writing_options(yes=True)
def erase(
    session: Session,
    *,
    record: str,
    entries: tuple[int, ...],
    corrected: tuple[int, ...],
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
    **given: str | None,
) -> None:
    """Erase single payloads of a record under a decision; the record stays. This cannot be undone.

    What an erased event said counts no more: of each field the last word that is left counts. Interrupted, the same
    command goes on. --dry-run shows what would be erased, and what nothing says any more afterwards.
    """
    with derived.alone(session), writing.writer(session, accept_clock=accept_clock) as made:
        case = _case(session, made, record, sorted(set(entries)), corrected, str(given["ground"]))
        drafted = None if case.announced is not None else _announcement(session, case, corrected, given)
        if drafted is not None:
            made.check([drafted])
        if dry_run:
            _tell_plan(case)
            return
        session.confirm(f"Erase {counted(len(case.entries), 'payload')} for ever?", yes=yes or drafted is None)
        kept = _carried_out(case, drafted)
        head = writing.signed_head(made)
        derived.follow_backups(session, made, case.erased)
        with state.connection(session, made.log):  # verified whole, and made anew without what was erased
            pass
        _tell_done(case, kept, head)


# before


def _case(session: Session, made: Writer, text: str, entries: list[int], corrected: Sequence[int], ground: str) -> Case:
    """The erasure at hand, when it may be carried out."""
    with retained.reading(session, made.log) as known:
        record = records.found(known.database, text)
        happened = known.happened(record)
        announced = _announced(known, happened, entries)
        if announced is None:
            today = moment.today(session)
            holds = [one.told() for one in known.blocks(_beside(known, record.stream), today) if one.kind == "hold"]
            facts = msgspec.to_builtins(happened[0].event.facts)
            erasures.check_record(known.kind(record), certificate=facts.get("kind") == "verklaring", holds=holds)
            states = {one.event.seq: one.payload for one in happened}
            erasures.check_entries(states, entries)
            erasures.check_correction(ground, states, entries, corrected)
    organisation = declaring.organisation(made.log)
    with made.journal.writing():
        erasure.demand_readable(erasure.find(made.log.storage, made.journal.authority.destructions, [record.stream]))
    reached = derived.reached(session, made, Sought([record.stream], happened[0].event.seq))
    return Case(made, record, happened, organisation, entries, announced, reached)


def _beside(known: Retained, stream: str) -> list[str]:
    """A record and the dossiers that it is in: a hold on these is on it too."""
    query = "select cast(dossier as varchar) from filing where stream = cast(? as uuid)"
    return [stream, *(dossier for (dossier,) in known.rows(query, stream))]


def _announced(known: Retained, happened: Sequence[Happened], entries: list[int]) -> Happened | None:
    """The event of an erasure that was interrupted; None when this is a new one.

    Raises:
        RefusedError: it was carried out, or another one erased some of it.
    """
    for one in happened:
        if one.event.type != ERASED or set(one.event.facts.seqs).isdisjoint(entries):
            continue
        facts, where = one.event.facts, f"entry {one.event.seq}"
        if sorted(facts.seqs) != entries:
            again = min(set(facts.seqs) & set(entries))
            raise RefusedError(f"the payload of entry {again} is erased already", where=where)
        if facts.certificate is None or known.rows(
            "select 1 from event where stream = cast(? as uuid) limit 1", facts.certificate
        ):
            raise RefusedError(
                f"it was carried out already; its certificate is record {facts.certificate}",
                where=where,
                remedy="what a back-up brought back is erased by `archief destroy again`",
            )
        return one
    return None


def _announcement(session: Session, case: Case, corrected: Sequence[int], given: dict[str, str | None]) -> Draft:
    """The event that says what is erased, on what ground."""
    documents = [len(getattr(case.of(entry).data, "documents", ())) for entry in case.entries]
    facts = {
        "seqs": case.entries,
        "ground": given["ground"],
        "decision": given["decided_by"],
        "decided": given["decided"],
        "certificate": new_stream(session.entropy),
        "corrected": sorted(set(corrected)),
        "documents_of": documents if any(documents) else [],
    }
    data = {"decision": given["decision"], "reason": given["reason"]}
    with typed_at(options_of(["ground", "decided", "decision"], ["reason"], decision="--by")):
        return draft(
            "payload_erased",
            case.record.stream,
            present(facts),
            data,
            expect_version=case.happened[-1].event.stream_seq,
        )


# carrying it out


def _carried_out(case: Case, drafted: Draft | None) -> Kept:
    """All steps, those that were done before passed over."""
    made, session = case.made, case.made.session
    journal, stream = made.journal, case.record.stream
    if drafted is not None:
        appended = made.append([drafted])
        commit = appended.commit
        (said,) = records.read(made.log, appended.seqs)
        case.announced = said._replace(time=commit.time, key=commit.key, person=made.person or "")
    here = erasure.find(made.log.storage, journal.authority.destructions, [stream], destroyed_only=True)
    with Progress(session.output, "segments written anew") as progress:
        erasure.erase(journal, here, progress)
    derived.clear(session, made.origin)
    derived.delete_unfinished(session, made.origin, Sought([stream], case.happened[0].event.seq))
    case.erased = derived.erase_backups(session, made, case.entries)
    _demand_absence(case)
    assert case.announced is not None
    kept = declaring.kept(session, _declared(case, case.announced), case.announced.event.facts.certificate)
    made.append([kept.record])
    return kept


def _demand_absence(case: Case) -> None:
    """Look that nothing is left: no payload line, no document, nothing that was made from them."""
    made = case.made
    with made.journal.writing():
        destructions, stream = made.journal.authority.destructions, case.record.stream
        left = erasure.find(made.log.storage, destructions, [stream], destroyed_only=True)
        erasure.demand_readable(left)
    standing = derived.standing(made.session, made.origin)
    if left.payloads or standing:
        what = f"{len(left.payloads)} payloads are still here" if left.payloads else f"{standing[0]} was made again"
        raise RefusedError(what, where=str(made.session.archive), remedy="run the same command again")


def _declared(case: Case, announced: Happened) -> Any:  # noqa: ANN401 - the declaration's class is imported here
    """The facts of the verklaring van wissing, out of what the log says of the erasure."""
    from archief.render.declarations.erasure import Erased, Wissing  # noqa: PLC0415 - only who erases pays
    from archief.render.declarations.paper import Act, Head  # noqa: PLC0415 - as above

    made, facts = case.made, announced.event.facts
    documents_of = facts.documents_of or [0] * len(facts.seqs)
    erased = [
        Erased(entry=entry, what=_what(case.of(entry)), day=_day(case.of(entry)), documents=documents)
        for entry, documents in zip(facts.seqs, documents_of, strict=True)
    ]
    return Wissing(
        organisation=case.organisation,
        origin=made.origin,
        record=case.record.stream,
        entry=announced.event.seq,
        time=made.session.clock().replace(microsecond=0),
        ground=facts.ground,
        decided_by=facts.decision,
        decided=dt.date.fromisoformat(facts.decided) if facts.decided is not None else None,
        decision=announced.data.decision if announced.data is not None else None,
        erased=erased,
        corrected=list(facts.corrected),
        acts=[Act(step="payload_erased", role=ROLE, day=_day(announced), entry=announced.event.seq)],
        systems=derived.in_dutch(derived.systems(case.reached, case.erased)),
        method=METHOD,
        head=Head(size=made.journal.size, root=made.journal.root().hex()),
        test=made.journal.authority.test,
    )


def _what(one: Happened) -> str:
    """What kind of event it was, in Dutch."""
    return dutch.word("event", catalogue.of_tag(one.event.type).name)


def _day(one: Happened) -> dt.date:
    return day_of(one.time)


# telling


def _lost(case: Case) -> dict[str, str]:
    """Of a letter, the fields that the erasure changes: ``gone``, or ``earlier`` where an older word counts again."""
    if case.happened[0].event.type not in ("letter_registered.v1", "letter_received.v1"):
        return {}
    left = [
        one._replace(data=None, payload="absent") if one.event.seq in case.entries else one for one in case.happened
    ]
    before, after = (account.letter(list(which), str)["fields"] for which in (case.happened, left))
    return {
        name: "gone" if name not in after else "earlier" for name, value in before.items() if after.get(name) != value
    }


def _tell_plan(case: Case) -> None:
    """What would be erased, and what it would leave."""
    made, output = case.made, case.made.session.output
    documents = [one.id for entry in case.entries for one in getattr(case.of(entry).data, "documents", ())]
    lost = _lost(case)
    exports = [{"kind": one.kind, "place": one.place, "time": one.time} for one in case.reached.exports]
    if output.json:
        output.members(
            {
                "test": made.journal.authority.test, "dry_run": True, "stream": case.record.stream,
                "entries": case.entries, "documents": documents, "fields": lost,
                "files": [str(path) for path in (*case.reached.files, *case.reached.unfinished)], "exports": exports,
                "backups": derived.planned(case.reached),
            }
        )  # fmt: skip
        return
    for entry in case.entries:
        output.line(f"would be erased: payload of entry {entry}, {case.of(entry).event.type}")
    for document in documents:
        output.line(f"would be erased: documents/{document[:2]}/{document}.bin")
    for name, fate in lost.items():
        output.line(f"{name}: {'nothing says it any more' if fate == 'gone' else 'an earlier word counts again'}")
    for path in case.reached.files:
        output.line(f"made from payloads, and made anew: {path}")
    for path in case.reached.unfinished:
        output.line(f"left by an export that was stopped, deleted: {path}")
    for one in case.reached.exports:
        output.line(f"export ({one.kind}) of {one.time}, {one.place}: not under this system: named on the certificate")
    derived.tell_planned(made.session, case.reached)
    output.note("a dry run: nothing was appended, and nothing erased")


def _tell_done(case: Case, kept: Kept, head: dict[str, Any] | None) -> None:
    made, output = case.made, case.made.session.output
    assert case.announced is not None
    facts = case.announced.event.facts
    documents = sum(facts.documents_of)
    if kept.without_pdf:
        output.warn(f"the certificate is kept as a page and as data, without a PDF: {kept.without_pdf}")
    if output.json:
        output.members(
            {
                "test": made.journal.authority.test, "stream": case.record.stream, "entries": case.entries,
                "documents": documents, "certificate": kept.stream, "size": made.journal.size, "head": head,
            }
        )  # fmt: skip
        return
    output.line(f"erased: {counted(len(case.entries), 'payload')}, {counted(documents, 'document')}")
    output.line(f"certificate {kept.stream}")
    for one in case.reached.exports:
        output.note(f"export ({one.kind}) of {one.time} was written to {one.place}")
    derived.tell_away(made.session, case.reached, case.erased)
    writing.tell_head(output, head)
