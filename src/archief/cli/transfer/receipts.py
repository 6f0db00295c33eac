"""``archief transfer answer|receipt|reject|declare``: what the records office says of a package, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

from archief.cli import drafting, headfile, keyring, moment, outfile, writing
from archief.cli.drafting import present
from archief.cli.output import counted
from archief.cli.retention.dossiers import DECIDES
from archief.cli.session import Session
from archief.cli.transfer import transferring
from archief.cli.transfer.transferring import PACKAGE_EXITS, Case
from archief.cli.verbs import F, verb, writing_options
from archief.cli.wording import draft, options_of, typed_at
from archief.errors import (
    KeyMissingError,
    MalformedError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    SignatureError,
    UsageError,
)
from archief.law import roles
from archief.rules import transfer as rules
from archief.rules.town_hall import day_of
from archief.storage.base import NewDocument

if TYPE_CHECKING:
    from archief.cli.declaring import Kept
    from archief.rules.receipts import Verdict

ANSWERS = (*PACKAGE_EXITS, SignatureError)
STEPS = {"accepted": "receipt", "rejected": "reject"}


class _Answer(NamedTuple):
    """An answer of the records office, whatever it came as.

    Attributes:
        date: its day.
        reasons: why it was rejected.
        facts: how it was signed.
        data: the receipt itself.
        documents: the papers it came as.
    """

    date: str
    reasons: Sequence[str]
    facts: dict[str, Any]
    data: dict[str, Any]
    documents: Sequence[NewDocument] = ()


@verb(
    "answer",
    example="""
    archief --as depot transfer answer overbrenging-2041 --accepted --out ontvangst.note
    archief --as depot transfer answer overbrenging-2041 --rejected --reason "Bewaartermijn ontbreekt." \\
      --out weigering.note
    """,
    exits=(KeyMissingError, PassphraseError, NotFoundError, MalformedError, RefusedError),
)
@click.argument("package", type=click.Path(path_type=Path), metavar="FOLDER|ZIP")
@click.option("--accepted/--rejected", "accepted", required=True, default=None, help="What the records office says.")
@click.option("--reason", "reasons", multiple=True, metavar="TEXT", help="Why it is rejected; one each time.")
@click.option("--date", "day", metavar="DATE", help="The day of the receipt; today without it.")
@click.option("--name", metavar="NAME", help="The name beside the signature; that of the key without it.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Where the receipt goes.")
def answer(
    session: Session,
    *,
    package: Path,
    accepted: bool,
    reasons: tuple[str, ...],
    day: str | None,
    name: str | None,
    out: Path,
) -> None:
    """Sign the receipt of a package, as the records office. Needs the package and a key, and no archive.

    The package is hashed anew and held against its pakbon: what is signed for is what was received. Send the file back
    to whom the package is from, who records it with `archief transfer receipt` or `archief transfer reject`.
    """
    from archief.exports import delivery  # noqa: PLC0415 - few commands read packages
    from archief.exports import package as packages  # noqa: PLC0415 - as above
    from archief.rules import receipts  # noqa: PLC0415 - as above

    if accepted == bool(reasons):
        raise UsageError("a rejection has its reasons, an acceptance has none", where="--reason", remedy="see --help")
    date = moment.day(day, "--date") if day else moment.today(session)
    outfile.target(session, out, "--out")
    with packages.opened(package) as opened:
        found = delivery.delivered(opened, str(package))
    verdict: Verdict = "accepted" if accepted else "rejected"
    told = receipts.Receipt(found.origin, found.number, found.sha256, verdict, date.isoformat(), reasons)
    here = keyring.chosen(session)
    key = keyring.opened(session, here).keys[0]
    outfile.write(session, out, receipts.signed(told, name or here.name.replace("+", "-"), key))
    if session.output.json:
        members = {"out": str(out), "number": told.number, "sha256": told.sha256, "verdict": verdict}
        session.output.members({**members, "date": told.date, "key": key.public.id})
        return
    session.output.line(str(out))
    pairs = [("package", told.number), ("sha256", told.sha256), ("verdict", verdict), ("date", told.date)]
    session.output.fields([*pairs, ("key", key.public.id)], indent="  ")


def _their_answer(command: F) -> F:
    """The options by which an answer of the records office is given: a signed note, or a paper and what it says."""
    options = (
        click.option("--note", "note_", type=click.Path(path_type=Path), metavar="FILE", help="Their signed receipt."),
        click.option(
            "--document",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Their paper or e-mail; an archivaris confirms it.",
        ),
        click.option("--number", metavar="NUMBER", help="With --document: the package's number as it stands there."),
        click.option("--sha256", metavar="HASH", help="With --document: the package's SHA-256, if it stands there."),
        click.option("--date", "day", metavar="DATE", help="With --document: its day."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@verb(
    "receipt",
    example="""
    archief --as archivaris transfer receipt 7c0f9f3c --note ontvangst.note
    archief --as archivaris transfer receipt 7c0f9f3c --document ontvangst.pdf --number SIP-6f1de0b2a9c4d715 \\
      --date 2041-02-17
    """,
    exits=ANSWERS,
)
@click.argument("transfer_", metavar="TRANSFER")
@_their_answer
@click.option(
    "--keep/--no-keep", default=True, help="The copy here stays for use (it does); or it is not needed any more."
)
@click.option("--remark", metavar="TEXT", help="Remarks; stands in the payload.")
@writing_options()
def receipt(
    session: Session,
    *,
    transfer_: str,
    note_: Path | None,
    document: Path | None,
    number: str | None,
    sha256: str | None,
    day: str | None,
    keep: bool,
    remark: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Record that the records office took the package: from here on the care is theirs, and the copy here is read-only.

    A signed receipt must be of a key of the records office, and about the very package that was offered. The verklaring
    van overbrenging is drawn up with it and kept as a record of its own. That the copy is destroyed later is a decision
    of its own.
    """
    with transferring.case(session, transfer_, accept_clock=accept_clock) as found:
        rules.check_step(found.current, "accepted")
        found.demand_free(moment.today(session))
        said = _answered(session, found, note_, document, (number, sha256, day), "accepted")
        facts = {**said.facts, "export": found.current.export, "date": said.date, **({"kept": True} if keep else {})}
        declared = _declared(session, found, facts)
        if declared is not None:
            facts["declaration"] = declared.stream
        data = {**said.data, **present({"note": remark})}
        with typed_at(options_of(facts, data, note="--remark")):
            one = draft(
                "transfer_accepted", found.record.stream, facts, data,
                documents=said.documents, expect_version=found.version,
            )  # fmt: skip
        told = [
            f"accepted: the care of {counted(len(found.current.records), 'record')} has moved to the records office"
        ]
        if declared is not None:
            told.append(f"verklaring van overbrenging: record {declared.stream}")
            if declared.without_pdf:
                session.output.warn(f"the verklaring has no PDF: {declared.without_pdf}")
        drafts = [*([declared.record] if declared is not None else []), one]
        more = {"declaration": declared.stream if declared is not None else None}
        writing.finish(found.made, drafts, dry_run=dry_run, told=told, more=more)
        if not dry_run:
            _tell_next(session, found.record.stream, declared=declared is not None, keep=keep)


def _tell_next(session: Session, transfer: str, *, declared: bool, keep: bool) -> None:
    """Say what is still to be done of an accepted transfer."""
    if not declared:
        session.output.note(
            f"an archivaris draws its verklaring van overbrenging up: archief transfer declare {transfer[:8]}"
        )
    if not keep:
        session.output.note(
            "the copies here are not needed any more; put them forward:"
            f' archief destroy propose --copies {transfer[:8]} --title "Kopieën na overbrenging"'
        )


def _declared(session: Session, found: Case, facts: dict[str, Any]) -> Kept | None:
    """The verklaring van overbrenging; None when who records the receipt may register nothing (the records office)."""
    from archief.cli import declaring  # noqa: PLC0415 - who accepts pays
    from archief.cli.transfer import handover  # noqa: PLC0415 - who accepts pays

    held = found.made.journal.authority.roles.get(found.made.person or "", {})
    if not roles.may_append("letter_registered", held):
        return None
    return declaring.kept(session, handover.drawn_up(found, session.clock(), facts))


@verb(
    "declare",
    example="""
    archief --as archivaris transfer declare 7c0f9f3c
    """,
    exits=DECIDES,
)
@click.argument("transfer_", metavar="TRANSFER")
@writing_options()
def declare(
    session: Session,
    *,
    transfer_: str,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Draw the verklaring van overbrenging up afterwards, when the records office recorded its receipt itself.

    An archivaris does it. Recorded by an archivaris, `archief transfer receipt` draws it up at once.
    """
    from archief.cli import declaring  # noqa: PLC0415 - who declares pays
    from archief.cli.transfer import handover  # noqa: PLC0415 - who declares pays

    with transferring.case(session, transfer_, accept_clock=accept_clock) as found:
        rules.check_declare(found.current)
        answered = next(one for one in found.known.happened(found.record) if one.event.seq == found.current.accepted)
        declared = declaring.kept(
            session, handover.drawn_up(found, session.clock(), msgspec.structs.asdict(answered.event.facts))
        )
        facts = {"acceptance": found.current.accepted, "declaration": declared.stream}
        one = draft("transfer_declared", found.record.stream, facts, expect_version=found.version)
        if declared.without_pdf:
            session.output.warn(f"the verklaring has no PDF: {declared.without_pdf}")
        writing.finish(
            found.made,
            [declared.record, one],
            dry_run=dry_run,
            told=[f"verklaring van overbrenging: record {declared.stream}"],
            more={"declaration": declared.stream},
        )


@verb(
    "reject",
    example="""
    archief --as archivaris transfer reject 7c0f9f3c --ground metadata --note weigering.note
    archief --as archivaris transfer reject 7c0f9f3c --ground format --document weigering.pdf \\
      --number SIP-6f1de0b2a9c4d715 --date 2041-02-17 --reason "TIFF wordt niet aangenomen."
    """,
    exits=ANSWERS,
)
@click.argument("transfer_", metavar="TRANSFER")
@click.option(
    "--ground", required=True, metavar="CODE", help="Main reason: metadata, format, checksum, agreement, other."
)
@_their_answer
@click.option("--reason", "reasons", multiple=True, metavar="TEXT", help="With --document: a reason; one each time.")
@click.option("--remark", metavar="TEXT", help="Remarks; stands in the payload.")
@writing_options()
def reject(
    session: Session,
    *,
    transfer_: str,
    ground: str,
    note_: Path | None,
    document: Path | None,
    number: str | None,
    sha256: str | None,
    day: str | None,
    reasons: tuple[str, ...],
    remark: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Record that the records office refused the package, with its reasons. Mend it, export and offer it again."""
    if document is not None and not reasons:
        raise UsageError(
            "a rejection has its reasons", where="--reason", remedy="copy them from the document: --reason"
        )
    if note_ is not None and reasons:
        raise UsageError("a signed receipt has its own reasons", where="--reason", remedy="leave --reason out")
    with transferring.case(session, transfer_, accept_clock=accept_clock) as found:
        rules.check_step(found.current, "rejected")
        said = _answered(session, found, note_, document, (number, sha256, day), "rejected")
        facts = {**said.facts, "export": found.current.export, "date": said.date, "ground": ground}
        data = {**said.data, **present({"note": remark}), "reasons": [*said.reasons, *reasons]}
        with typed_at(options_of(facts, data, note="--remark", reasons="--reason")):
            one = draft(
                "transfer_rejected", found.record.stream, facts, data,
                documents=said.documents, expect_version=found.version,
            )  # fmt: skip
        told = ["rejected:", *(f"  {one}" for one in data["reasons"])]
        writing.finish(found.made, [one], dry_run=dry_run, told=told)


def _answered(
    session: Session,
    found: Case,
    note_: Path | None,
    document: Path | None,
    typed: tuple[str | None, str | None, str | None],
    verdict: Verdict,
) -> _Answer:
    """The answer that a person brings, held against the package that was offered."""
    if (note_ is None) == (document is None):
        raise UsageError("what says so?", where="--note", remedy="give their receipt: --note FILE, or --document FILE")
    if note_ is not None:
        if any(typed):
            raise UsageError(
                "a signed receipt says number, hash and date itself", where="--note", remedy="leave the others out"
            )
        return _from_note(found, note_, verdict)
    assert document is not None, "one of the two"
    return _from_document(session, found, document, typed)


def _from_note(found: Case, path: Path, verdict: Verdict) -> _Answer:
    from archief.rules import receipts  # noqa: PLC0415 - few commands read receipts

    raw, where = headfile.read(path), str(path)
    said = receipts.parse(raw, where)
    authority = found.made.journal.authority
    key = receipts.signer(raw, authority.keys, where)
    authority.check_receipt_key(key, where)
    receipts.demand_about(said, found.made.origin, *found.package(), where)
    _demand_day(found, said.date, where)
    if said.verdict != verdict:
        raise RefusedError(
            f"the receipt says {said.verdict}",
            where=where,
            remedy=f"record it with `archief transfer {STEPS[said.verdict]}`",
        )
    facts = {"form": "signed_note", "key": key}
    return _Answer(said.date, said.reasons, facts, {"receipt": raw.decode()})


def _from_document(
    session: Session, found: Case, path: Path, typed: tuple[str | None, str | None, str | None]
) -> _Answer:
    from archief.rules import receipts  # noqa: PLC0415 - few commands read receipts

    number, sha256, day = typed
    if number is None or day is None:
        raise UsageError(
            "which package, and when?", where="--document", remedy="copy them from it: --number NUMBER --date DATE"
        )
    date = moment.day(day, "--date").isoformat()
    known_number, known_sha256 = found.package()
    verdict: Verdict = "accepted"
    told = receipts.Receipt(found.made.origin, number, sha256 or known_sha256, verdict, date)
    receipts.demand_about(told, found.made.origin, known_number, known_sha256, "--document")
    _demand_day(found, date, "--date")
    refs, documents = drafting.documents([path], session.entropy)
    return _Answer(date, (), {"form": "document"}, {"documents": refs}, documents)


def _demand_day(found: Case, day: str, where: str) -> None:
    """Refuse a receipt of before its package was made, or of a day that has not come.

    Raises:
        RefusedError: it is.
    """
    made = next(one.time for one in found.known.happened(found.record) if one.event.seq == found.current.export)
    first, last = day_of(made), moment.today(found.made.session)
    if not first.isoformat() <= day <= last.isoformat():
        raise RefusedError(
            f"the receipt is of {day}; its package was made on {first}, and today is {last}",
            where=where,
            remedy="ask for a receipt with the right day",
        )
