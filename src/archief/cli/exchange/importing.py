"""``archief import sip``: takes over the records of another system, from a SIP of MDTO."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archief.cli import moment, records, writing
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.output import Progress, counted
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.writing import Writer
from archief.errors import ExtraMissingError, MalformedError, RefusedError, UnsoundPackageError

if TYPE_CHECKING:
    from archief.draft import Draft
    from archief.exports.package import Package
    from archief.exports.takeover import Incoming, Shipment, Taking

EVENTS_MAX = 3_000
"""Events in one append; records are never split."""

TOLD_MAX = 20

import_ = Family(
    "import", help="Take over the records of another system.", members={"sip": "exchange.importing:sip"}
)  # fmt: skip


@verb(
    "sip",
    example="""
    archief import sip overdracht --source vorig-zaaksysteem --dry-run
    archief import sip overdracht.zip --source vorig-zaaksysteem --yes
    """,
    exits=(*LETTER_WRITES, ExtraMissingError, UnsoundPackageError),
)
@click.argument("package", type=click.Path(path_type=Path), metavar="FOLDER|ZIP")
@click.option("--source", required=True, metavar="CODE", help="The system it comes from, as a code.")
@writing_options(yes=True)
def sip(session: Session, *, package: Path, source: str, accept_clock: bool, yes: bool, dry_run: bool) -> None:
    """Take over the records of a SIP of MDTO: dossiers, letters, their files and all that is said of them.

    A package in which `archief check sip` finds an error is refused. Files and metadata files go into the archive
    untouched, identifications and history are kept, and go out again with `archief export sip`. Nothing is concluded:
    classify and close the dossiers, and set limits on openness, by the commands for it. Typed again, it passes over
    what came from this very package and goes on.
    """
    from archief.exports import package as packages  # noqa: PLC0415 - heavy, and few take over
    from archief.exports import wrapping  # noqa: PLC0415 - as above

    _demand_sound(session, package)
    with packages.opened(package) as outer, writing.writer(session, accept_clock=accept_clock) as made:
        _take_over(made, package, wrapping.unwrapped(outer).inner, source, yes=yes, dry_run=dry_run)


def _demand_sound(session: Session, package: Path) -> None:
    """Refuse what the linter finds an error in."""
    from archief.exports.lint import lint  # noqa: PLC0415 - heavy

    with Progress(session.output, "files checked") as progress:
        found = lint(package, progress=progress)
    if found.counts["error"]:
        raise UnsoundPackageError(
            f"{counted(found.counts['error'], 'error')} found; nothing was taken over", where=str(package),
            remedy=f"see `archief check sip {package}`, and have it made again",
        )  # fmt: skip


def _take_over(made: Writer, place: Path, inner: Package, source: str, *, yes: bool, dry_run: bool) -> None:
    from archief.exports import takeover  # noqa: PLC0415 - heavy

    try:
        shipment = takeover.read(inner)
        here = _here(made, shipment)
        today = moment.today(made.session).isoformat()
        taking = takeover.Taking(inner, shipment, source, today, made.session.entropy, here)
        fresh = [one for one in shipment.records if one.folder not in here]
        told, more = _told(shipment, fresh, len(here))
        if not fresh:
            made.session.output.note("every record of this package is here already")
            if made.session.output.json:
                made.session.output.members({"test": made.journal.authority.test, "known": True, **more})
            return
        _append(made, taking, fresh, (told, more), yes=yes, dry_run=dry_run)
    except OSError as error:
        raise MalformedError(
            f"a file of the package cannot be read: {(error.strerror or 'refused').lower()}", where=str(place)
        ) from None


def _append(
    made: Writer,
    taking: Taking,
    fresh: Sequence[Incoming],
    said: tuple[list[str], dict[str, Any]],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    told, more = said
    output = made.session.output
    if dry_run:
        made.check(next(_parts(taking, fresh)))
        if output.json:
            output.members({"test": made.journal.authority.test, "dry_run": True, **more})
            return
        for line in (*told, *_proposed(fresh, taking.streams)):
            output.line(line)
        output.note("a dry run: nothing was appended")
        return
    made.session.confirm(f"Take over {counted(len(fresh), 'record')}?", yes=yes)
    appended = None
    for part in _parts(taking, fresh):
        appended = made.append(part)
    assert appended is not None, "there is something to take over"
    told += _proposed(fresh, taking.streams)
    writing.tell(made, appended, writing.signed_head(made), told, streams=False, more=more)


def _parts(taking: Taking, fresh: Sequence[Incoming]) -> Iterator[list[Draft]]:
    """The events, so many at a time."""
    part: list[Draft] = []
    for record in fresh:
        part += taking.drafts(record)
        if len(part) >= EVENTS_MAX:
            yield part
            part = []
    if part:
        yield part


def _here(made: Writer, shipment: Shipment) -> dict[str, str]:
    """The records of a package that came from it already, by folder.

    Raises:
        RefusedError: some are here, and came another way.
    """
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(made.session, made.log) as database:
        rows = database.execute("select seq from event where type = 'record_imported.v1' order by seq").fetchall()
        streams = {
            stream for (stream,) in database.execute("select distinct cast(stream as varchar) from event").fetchall()
        }
    known: dict[tuple[str, str], tuple[str, str | None]] = {(stream, made.origin): (stream, None) for stream in streams}
    for one in records.read(made.log, [seq for (seq,) in rows]):
        for given in one.data.identifications if one.data is not None else ():
            known[given.kenmerk, given.bron] = (one.event.stream, one.data.sip_sha256)
    here: dict[str, str] = {}
    others: list[str] = []
    for record in shipment.records:
        found = [known[one] for one in sorted(record.ids & known.keys())]
        if any(digest != shipment.sha256 for _, digest in found):
            others.append(f"{record.folder or 'the package itself'} (stream {found[0][0]})")
        elif found:
            here[record.folder] = found[0][0]
    if others:
        more = f" and {len(others) - TOLD_MAX:,} more" if len(others) > TOLD_MAX else ""
        raise RefusedError(
            f"{counted(len(others), 'record')} of the package are here already: {', '.join(others[:TOLD_MAX])}{more}",
            remedy="an identification is given once: have a package made without them",
        )
    return here


def _told(shipment: Shipment, fresh: Sequence[Incoming], passed: int) -> tuple[list[str], dict[str, Any]]:
    dossiers = sum(one.is_dossier for one in fresh)
    limited = [one.folder for one in fresh if one.is_limited]
    more: dict[str, Any] = {
        "sip_number": shipment.number,
        "sip_sha256": shipment.sha256,
        "dossiers": dossiers,
        "letters": len(fresh) - dossiers,
        "passed_over": passed,
        "limited": limited,
    }
    letters = counted(len(fresh) - dossiers, "letter")
    told = [f"{counted(dossiers, 'dossier')} and {letters} of {shipment.number or 'a package'}"]
    told += [f"  {passed:,} were here already"] if passed else []
    if limited:
        shown = ", ".join(limited[:TOLD_MAX]) + (" and more" if len(limited) > TOLD_MAX else "")
        told.append(f"  limited by their metadata: {shown}; decide on each: archief restrict set")
    more["dossiers_said"] = [{"folder": one.folder, **one.said._asdict()} for one in fresh if one.is_dossier]
    told += ["  the dossiers are open and not classified: archief dossier classify, close"] if dossiers else []
    return told, more


def _proposed(fresh: Sequence[Incoming], streams: Mapping[str, str]) -> list[str]:
    """What the metadata say of each dossier, as commands to paste for whoever agrees.

    Args:
        fresh: the records.
        streams: of each folder, once it has one.
    """
    lines = []
    for one in fresh:
        if not one.is_dossier:
            continue
        said, name = one.said, shlex.quote(one.said.number or streams.get(one.folder, "STREAM"))
        listed = f", {said.row} of {said.of}" if said.row is not None else ""
        lines.append(
            f"  its metadata say of {said.number or one.folder or 'the package itself'}: {said.waardering}{listed}"
        )
        if said.list is not None:
            row = f"--list {said.list} --row {shlex.quote(said.row or '')}"
            lines.append(f'    archief dossier classify {name} {row} --reason "zoals overgenomen"')
        if said.closed is not None:
            lines.append(f"    archief dossier close {name} --date {said.closed}")
    shown = lines[: 3 * TOLD_MAX]
    return [*shown, "  and more: see --json"] if len(shown) < len(lines) else shown
