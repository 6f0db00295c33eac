"""``archief transfer``: from a proposal to a package that the records office holds."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from archief.cli import drafting, exported, moment, outfile, retained, writing
from archief.cli.drafting import present
from archief.cli.exchange.exporting import EXPORTS
from archief.cli.output import Progress, counted
from archief.cli.records import Record
from archief.cli.retained import Retained
from archief.cli.retention.dossiers import DECIDES
from archief.cli.retention.holds import parted
from archief.cli.session import Session, version
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.cli.writing import Writer
from archief.draft import new_stream
from archief.errors import RefusedError, UsageError
from archief.rules import transfer as rules
from archief.rules.lifecycle import CARE_TYPES
from archief.rules.retention import MISSING
from archief.rules.transfer import Transfer

PACKAGE_EXITS = tuple(dict.fromkeys((*DECIDES, *EXPORTS)))

transfer = Family(
    "transfer",
    help="Transfer to the records office: proposed, exported, offered, then accepted or rejected by its receipt.",
    members={
        "propose": "transfer.transferring:propose",
        "export": "transfer.transferring:export",
        "offer": "transfer.transferring:offer",
        "answer": "transfer.receipts:answer",
        "receipt": "transfer.receipts:receipt",
        "reject": "transfer.receipts:reject",
        "declare": "transfer.receipts:declare",
    },
)


class Case(NamedTuple):
    """A transfer that somebody takes a step in.

    Attributes:
        made: the open archive and who signs.
        known: its state.
        record: the transfer's stream.
        current: the transfer as it stands.
    """

    made: Writer
    known: Retained
    record: Record
    current: Transfer

    @property
    def version(self) -> int:
        """Its newest version, which the step follows."""
        return self.known.happened(self.record)[-1].event.stream_seq

    def package(self) -> tuple[str, str]:
        """Number and SHA-256 of the newest package.

        Raises:
            RefusedError: its words are gone.
        """
        for one in reversed(self.known.happened(self.record)):
            if one.event.seq == self.current.export and one.data is not None:
                return one.data.sip_number, one.data.sip_sha256
        raise RefusedError("what its package was is not there any more", where=f"entry {self.current.export}")

    def demand_free(self, day: dt.date) -> None:
        """Refuse a step on records that a hold keeps here, or that are gone.

        Raises:
            RefusedError: there are such.
        """
        records, others = list(self.current.records), "propose the others: archief transfer propose --again"
        if self.current.status == "offered":
            others = "have the package refused (archief transfer reject), and then " + others
        held = [one for one in self.known.blocks(records, day) if one.kind == "hold"]
        if held:
            raise RefusedError(
                f"it stays here: {held[0].told()}",
                where=f"record {held[0].record[:8]}",
                remedy=f"lift it (archief hold lift), or {others}",
            )
        gone = [one for one in records if one in self.made.journal.authority.destructions.destroyed]
        if gone:
            raise RefusedError(
                f"{counted(len(gone), 'record')} of it destroyed since it was proposed",
                where=f"record {gone[0][:8]}",
                remedy=others,
            )

    def demand_unchanged(self) -> None:
        """Refuse to offer a package that is older than its records.

        Raises:
            RefusedError: something happened to one of them since that only who has the care of it may do.
        """
        exported = next(one for one in self.known.happened(self.record) if one.event.seq == self.current.export)
        rows = self.known.rows(
            "select cast(stream as varchar), seq, type from event where seq >= $1 and list_contains($2, type)"
            " and stream in (select cast(unnest($3::varchar[]) as uuid)) order by seq limit 1",
            exported.event.facts.size,
            sorted(CARE_TYPES),
            list(self.current.records),
        )
        for stream, seq, tag in rows:
            raise RefusedError(
                f"it was changed after its package was made ({tag}, entry {seq})",
                where=f"record {stream[:8]}",
                remedy="make a new package: archief transfer export",
            )


@contextlib.contextmanager
def case(session: Session, text: str, *, accept_clock: bool) -> Iterator[Case]:
    """Open a transfer for a step."""
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        record = known.record(text, "transfer")
        yield Case(made, known, record, made.journal.authority.transfers.known[record.stream])


@verb(
    "propose",
    example="""
    archief transfer propose --due --title "Overbrenging 2041"
    archief transfer propose Z-2 --title "Fietsplan" --agreement "Afspraak 2026-04" --reason "de dienst is opgeheven"
    """,
    exits=DECIDES,
)
@click.argument("wanted", metavar="[DOSSIER|LETTER]...", nargs=-1)
@click.option("--due", is_flag=True, help="Every dossier whose time has come, with its letters.")
@click.option("--on", "day", metavar="DATE", help="The day they must be due on (peildatum); today without it.")
@click.option("--again", metavar="TRANSFER", help="A next round of a transfer, with another list.")
@click.option("--title", required=True, metavar="TEXT", help="What the list is called; stands in the payload.")
@click.option("--agreement", metavar="TEXT", help="With the records office, to take what is not due yet.")
@click.option("--reason", metavar="TEXT", help="Why now, why these; stands in the payload. Early, it is needed.")
@writing_options()
def propose(
    session: Session,
    *,
    wanted: tuple[str, ...],
    due: bool,
    day: str | None,
    again: str | None,
    title: str,
    agreement: str | None,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Put records forward for transfer: what is due under the rules in force, or earlier by agreement.

    A dossier goes with its letters. What a hold keeps here, and what another transfer lists already, stays out.
    """
    if bool(wanted) == due:
        raise UsageError("name records, or give --due for all that are due", where="RECORD", remedy="see --help")
    if agreement is not None and (due or reason is None):
        raise UsageError(
            "an agreement is about named records, and has a reason",
            where="--agreement",
            remedy="name the records, and give --agreement TEXT --reason TEXT",
        )
    reference = moment.day_asked(session, day, "--on")
    with writing.writer(session, accept_clock=accept_clock) as made, retained.reading(session, made.log) as known:
        stream, version = new_stream(session.entropy), None
        transfers = made.journal.authority.transfers
        if again is not None:
            record = known.record(again, "transfer")
            rules.check_step(transfers.known[record.stream], "proposed")
            stream, version = record.stream, known.happened(record)[-1].event.stream_seq
        listed = {one: by for one, by in transfers.under_way().items() if by != stream}
        if due:
            chosen, early = _due(known, listed, reference), False
        else:
            chosen, early = _named(known, wanted, listed, reference, agreed=agreement is not None)
        facts = {"reference_date": reference.isoformat(), **({"early": True} if early else {})}
        data = present({"title": title, "agreement": agreement, "reason": reason})
        with typed_at(options_of((), data)):
            drafts = parted("transfer_proposed", stream, chosen, facts, data)
        drafts[0] = drafts[0]._replace(expect_version=version)
        told = f"proposed: {counted(len(chosen), 'record')}" + (", before they are due" if early else "")
        writing.finish(made, drafts, dry_run=dry_run, told=[told])


def _due(known: Retained, listed: dict[str, str], day: dt.date) -> list[str]:
    """Everything that is due, in no other transfer and under no hold."""
    from archief.projections import tables  # noqa: PLC0415 - is imported by then

    rows = known.database.execute(tables.read("transfer", "due.sql"), {"day": day}).fetchall()
    chosen = [stream for _, stream in rows if stream not in listed]
    if not chosen:
        raise RefusedError(
            f"nothing is due for transfer on {day} that no hold keeps here and no other transfer lists",
            where="--due",
            remedy="see `archief list --kind retention`; earlier goes by --agreement",
        )
    return chosen


def _named(
    known: Retained, wanted: Sequence[str], listed: dict[str, str], day: dt.date, *, agreed: bool
) -> tuple[list[str], bool]:
    """The records that were named, dossiers with their letters; and whether one of them is not due yet."""
    chosen: dict[str, None] = {}
    early = False
    for text in wanted:
        record = known.record(text, "letter", "dossier")
        kind = known.kind(record)
        members = known.letters_in(record.stream) if kind == "dossier" else []
        table = "retention" if kind == "dossier" else "retention_letter"
        query = f"select outcome, action_date, missing from {table} where stream = cast(? as uuid)"  # noqa: S608 - names of ours
        rows = known.rows(query, record.stream)
        if not rows:
            raise RefusedError("it was transferred or destroyed before", where=text, remedy="see `archief history`")
        outcome, action, missing = rows[0]
        if outcome != "transfer":
            why = MISSING[missing] if missing else f"it is not kept for ever: to be destroyed from {action} on"
            raise RefusedError(why, where=text, remedy=f"see `archief explain {record.stream[:8]}`")
        if action > day and not agreed:
            raise RefusedError(
                f"it is due from {action} on",
                where=text,
                remedy="earlier goes by agreement with the records office: --agreement TEXT --reason TEXT",
            )
        early = early or action > day
        _refuse_taken(known, text, [record.stream, *members], listed, day)
        chosen |= dict.fromkeys([record.stream, *_still_here(known, members)])
    return list(chosen), early


def _refuse_taken(known: Retained, text: str, streams: Sequence[str], listed: dict[str, str], day: dt.date) -> None:
    """Refuse what a hold keeps here, or another transfer lists already."""
    held = [one for one in known.blocks(streams, day) if one.kind == "hold"]
    if held:
        raise RefusedError(f"it stays here: {held[0].told()}", where=text, remedy="lift it first: archief hold lift")
    other = next((listed[one] for one in streams if one in listed), None)
    if other is not None:
        raise RefusedError(
            f"transfer {other[:8]} lists it already", where=text, remedy=f"see `archief show {other[:8]}`"
        )


def _still_here(known: Retained, letters: Sequence[str]) -> list[str]:
    """The letters that are neither destroyed nor transferred."""
    query = (
        "select cast(stream as varchar) from retention_letter"
        " where stream in (select cast(unnest($1::varchar[]) as uuid)) order by 1"
    )
    return [stream for (stream,) in known.rows(query, list(letters))]


class _Dry(Exception):  # noqa: N818 - never seen outside this module
    """Leaves a package that is made for a dry run: nothing of it stays."""


@verb(
    "export",
    example="""
    archief transfer export 7c0f9f3c --out overbrenging-2041 --location "Archief gemeente Voorbeeld, serie 3"
    """,
    exits=PACKAGE_EXITS,
)
@click.argument("transfer_", metavar="TRANSFER")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="A new or empty folder.")
@click.option(
    "--profile",
    type=click.Choice(["mdto-sip", "norm", "bagit", "e-ark"]),
    default="mdto-sip",
    help="The form of the package, as of archief export sip.",
)
@click.option("--location", default="", metavar="TEXT", help="Of what it will be part in the records office (pakbon).")
@click.option("--contact", default="", metavar="TEXT", help="Whom the records office can ask (pakbon).")
@writing_options()
def export(
    session: Session,
    *,
    transfer_: str,
    out: Path,
    profile: str,
    location: str,
    contact: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Write the package of a transfer (as `archief export sip` does), and record its number and hash.

    After a rejection the records are mended and a new package is written; the old one stays in the trail.
    """
    outfile.folder(session, out, "--out")
    with case(session, transfer_, accept_clock=accept_clock) as found, contextlib.suppress(_Dry):
        rules.check_step(found.current, "exported")
        found.demand_free(moment.today(session))
        wish = (profile, location, contact)
        _write_package(session, found, out, wish, dry_run=dry_run)


def _write_package(session: Session, found: Case, out: Path, wanted: tuple[str, str, str], *, dry_run: bool) -> None:
    from archief.exports import mdto, package_forms, pakbon, proofs, selection  # noqa: PLC0415 - heavy, and few commands export
    from archief.exports import sip as sips  # noqa: PLC0415 - as above
    from archief.intake import pronom  # noqa: PLC0415 - as above

    mdto.library()
    pronom.demand()
    log, (profile, location, contact) = found.known.log, wanted
    prover = proofs.Prover(log, proofs.newest_head(log, found.made.journal.authority))
    wish = sips.Wish(list(found.current.records), location, contact, norm=profile == "norm", transfer=True)
    key = sips.key(log, prover, wish, profile, version())
    chosen = selection.select(found.known.database, wish.streams, moment.today(session))
    _demand_listed(found, chosen.streams)
    with (
        exported.noted(session, log.origin, log.size, "transfer", out, chosen.streams),
        package_forms.folder(out, key, profile, version()) as form,
    ):
        with Progress(session.output, "records written") as progress:
            made = sips.write(form.target, log, found.known.database, prover, wish, chosen, progress)
        form.close(made)
        refs, documents = drafting.documents([form.target.folder / pakbon.NAME], session.entropy)
        facts = {
            "profile": "mdto-sip" if profile == "norm" else profile,
            "size": prover.head.head.size,
            "root": prover.head.head.root.hex(),
            "records": made.informatieobjecten,
            "files": made.bestanden,
            "bytes": made.content_bytes,
        }
        data = {"sip_number": made.number, "sip_sha256": made.hash, "sip_name": out.name, "documents": refs}
        one = draft(
            "transfer_exported", found.record.stream, facts, data, documents=documents, expect_version=found.version
        )
        told = [f"{out}", f"  pakbon  {made.number}", f"  sha256  {made.hash}"]
        more: dict[str, Any] = {"folder": str(out), "number": made.number, "sha256": made.hash}
        writing.finish(found.made, [one], dry_run=dry_run, told=told, more=more)
        if dry_run:
            raise _Dry


def _demand_listed(found: Case, streams: Sequence[str]) -> None:
    """Refuse a package that is not of the records that were proposed: nobody saw on the list what was filed later.

    Raises:
        RefusedError: a letter was filed in its dossiers, or taken out of them, since.
    """
    listed, now = {*found.current.records}, {*streams}
    told = [
        f"{counted(len(those), 'record')} {what} since it was proposed"
        for those, what in ((now - listed, "came into its dossiers"), (listed - now, "left its dossiers"))
        if those
    ]
    if told:
        raise RefusedError(
            "; ".join(told),
            where=f"record {min(now ^ listed)[:8]}",
            remedy="propose them as they are now: archief transfer propose --again",
        )


@verb(
    "offer",
    example="""
    archief transfer offer 7c0f9f3c --channel upload --recipient "Regionaal archief"
    """,
    exits=DECIDES,
)
@click.argument("transfer_", metavar="TRANSFER")
@click.option("--channel", required=True, metavar="CODE", help="How it was handed over: upload, carrier, email, desk.")
@click.option("--date", "day", metavar="DATE", help="When; today without it.")
@click.option("--recipient", metavar="TEXT", help="To whom; stands in the payload.")
@click.option("--note", metavar="TEXT", help="Remarks; stands in the payload.")
@writing_options()
def offer(
    session: Session,
    *,
    transfer_: str,
    channel: str,
    day: str | None,
    recipient: str | None,
    note: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Record that the newest package was handed to the records office. The duty of care does not move yet."""
    today = moment.today(session)
    date = moment.day_passed(session, day, "--date") if day else today
    with case(session, transfer_, accept_clock=accept_clock) as found:
        rules.check_step(found.current, "offered")
        found.demand_free(today)
        found.demand_unchanged()
        number, _ = found.package()
        facts = {"export": found.current.export, "channel": channel, "date": date.isoformat()}
        data = present({"recipient": recipient, "note": note})
        with typed_at(options_of(facts, data)):
            one = draft("transfer_offered", found.record.stream, facts, data or None, expect_version=found.version)
        writing.finish(found.made, [one], dry_run=dry_run, told=[f"offered: {number}"])
