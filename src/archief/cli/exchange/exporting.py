"""``archief export``: packages for the records office. It writes files and appends nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archief.cli import authority, drafting, exported, moment, outfile, records, state
from archief.cli.output import Progress, counted
from archief.cli.session import Session, version
from archief.cli.verbs import Family, verb
from archief.errors import (
    AmbiguousError,
    CorruptError,
    ExtraMissingError,
    LossError,
    NoArchiveError,
    NotFoundError,
    ProofError,
    RefusedError,
    SignatureError,
    UsageError,
    WriteFailedError,
)
from archief.log import Log

if TYPE_CHECKING:
    from archief.exports.sip import Written

LIST_BYTES_MAX = 64 * 1024 * 1024
EXPORTS = (NoArchiveError, NotFoundError, AmbiguousError, ExtraMissingError, LossError, CorruptError, WriteFailedError)

export = Family(
    "export",
    help="Write files for others: a package for the records office. Appends nothing.",
    members={
        "sip": "exchange.exporting:sip",
        "evidence": "exchange.exporting:evidence",
        "documents": "exchange.documents:documents",
        "snapshot": "exchange.snapshots:snapshot",
    },
)


@verb(
    "sip",
    example="""
    archief export sip D-2021-04 --out overbrenging --location "Archief gemeente Voorbeeld, serie 3"
    archief export sip 2021-00017 --out brief --profile bagit
    archief export sip --due --out overbrenging-2041
    archief check sip overbrenging
    """,
    exits=(*EXPORTS, RefusedError),
)
@click.argument("wanted", metavar="[DOSSIER|RECORD]...", nargs=-1)
@click.option("--records", "listed", metavar="FILE|-", help="Records, one a line; instead of naming them.")
@click.option("--due", is_flag=True, help="Every dossier that is due for transfer today and that no hold keeps here.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="A new or empty folder.")
@click.option(
    "--profile",
    type=click.Choice(["mdto-sip", "norm", "bagit", "e-ark"]),
    default="mdto-sip",
    help="mdto-sip: metadata files end in .mdto.xml, as tools look for it; norm: in .MDTO.xml, as the norm prints it;"
    " bagit: mdto-sip in a BagIt 1.0 bag; e-ark: mdto-sip as the representation of an E-ARK SIP (METS).",
)
@click.option("--location", default="", metavar="TEXT", help="Of what it will be part in the records office (pakbon).")
@click.option("--contact", default="", metavar="TEXT", help="Whom the records office can ask (pakbon).")
def sip(
    session: Session,
    *,
    wanted: tuple[str, ...],
    listed: str | None,
    due: bool,
    out: Path,
    profile: str,
    location: str,
    contact: str,
) -> None:
    """Write dossiers with their letters, or letters, as a SIP of MDTO: what a records office takes in.

    Metadata lie beside each file, with the event log and its proofs, the meetings as ORI-A, the pakbon. Files go along
    untouched. A dossier needs a classification; everything that is missing is told at once. The folder appears whole or
    not at all; the same state gives the same bytes; a run that was stopped goes on when it is typed again.
    """
    from archief.exports import mdto, package_forms, proofs, selection  # noqa: PLC0415 - heavy, and few commands export
    from archief.exports import sip as sips  # noqa: PLC0415 - as above
    from archief.intake import pronom  # noqa: PLC0415 - as above

    mdto.library()
    pronom.demand()
    outfile.folder(session, out, "--out")
    log = session.log()
    test = session.is_test(log)
    day = moment.today(session)
    streams = _streams(session, log, wanted, listed, day if due else None)
    prover = proofs.Prover(log, proofs.newest_head(log, authority.of(session, log)))
    wish = sips.Wish(streams, location, contact, norm=profile == "norm")
    key = sips.key(log, prover, wish, profile, version())
    with state.connection(session, log) as database:
        chosen = selection.select(database, streams, day)
        with (
            exported.noted(session, log.origin, log.size, "sip", out, chosen.streams),
            package_forms.folder(out, key, profile, version()) as form,
            Progress(session.output, "records written") as progress,
        ):
            made = sips.write(form.target, log, database, prover, wish, chosen, progress)
            form.close(made)
    _tell(session, log, out, made, test=test)
    if made.undecided:
        session.output.warn(
            f"{counted(made.undecided, 'letter')} in it without a decision on keeping (waardering N, nader te bepalen):"
            " put each in a dossier that is classified: archief dossier file, classify"
        )


def _tell(session: Session, log: Log, out: Path, made: Written, *, test: bool) -> None:
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        session.output.members(
            {
                "test": test,
                "position": position,
                "folder": str(out),
                "number": made.number,
                "sha256": made.hash,
                "informatieobjecten": made.informatieobjecten,
                "bestanden": made.bestanden,
                "bytes": made.content_bytes,
            }
        )
        return
    session.output.line(str(out))
    session.output.fields(
        [
            ("pakbon", made.number),
            ("sha256", made.hash),
            ("informatieobjecten", made.informatieobjecten),
            ("bestanden", made.bestanden),
            ("content", counted(made.content_bytes, "byte")),
        ],
        indent="  ",
    )
    session.output.note(f"before it is sent: archief check sip {out}")


@verb(
    "evidence",
    example="""
    archief export evidence 2021-00017 --out bewijs
    archief export evidence 2021-00017 --out bewijs.zip
    archief check bundle bewijs.zip --vkey voorbeeld.vkeys
    """,
    exits=(*EXPORTS, SignatureError, ProofError),
)
@click.argument("wanted", metavar="RECORD")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER|ZIP", help="New; or an empty folder."
)
def evidence(session: Session, *, wanted: str, out: Path) -> None:
    """Write the evidence of one record, for somebody who has no archive and trusts nobody.

    Its events, payloads and documents, the keys, roles and decisions that they rest on, a proof of each, a readable
    page and check.py: one file that checks it all with Python and the package cryptography. Of a destroyed record it
    proves that it was there, what was decided and that it was destroyed.
    """
    from archief.exports import evidence as bundles  # noqa: PLC0415 - few commands export
    from archief.exports import proofs, target  # noqa: PLC0415 - as above

    packed = out.suffix.lower() == ".zip"
    (outfile.target if packed else outfile.folder)(session, out, "--out")
    log = session.log()
    test = session.is_test(log)
    known = authority.of(session, log)
    prover = proofs.Prover(log, proofs.newest_head(log, known))
    (stream,) = records.streams(session, log, [wanted])
    with state.connection(session, log) as database:
        files = bundles.make(log, database, prover, known, stream)
    with exported.noted(session, log.origin, log.size, "evidence", out, [stream]):
        if packed:
            outfile.write(session, out, bundles.packed(files))
        else:
            with target.folder(out) as folder:
                for path, content in sorted(files.items()):
                    folder.put(path, content)
    head = prover.head.head
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        told = {"stream": stream, "out": str(out), "files": len(files)}
        session.output.members(
            {"test": test, "position": position, **told, "head": {"size": head.size, "root": head.root.hex()}}
        )
        return
    session.output.line(str(out))
    session.output.fields(
        [("record", stream), ("files", len(files)), ("head", f"size {head.size:,}, root {head.root.hex()}")],
        indent="  ",
    )
    session.output.note("elsewhere: python3 check.py --vkey FILE (from `archief checkpoint --vkeys`, by another way)")


def _streams(session: Session, log: Log, wanted: tuple[str, ...], listed: str | None, due: dt.date | None) -> list[str]:
    """The records that are meant, each once, in the order in which they were named."""
    if [bool(wanted), listed is not None, due is not None].count(True) != 1:
        raise UsageError("which records?", remedy="name them, or give a list with --records, or --due")
    if due is not None:
        from archief.exports import selection  # noqa: PLC0415 - only who asks for it pays

        with state.connection(session, log) as database:
            found = selection.due(database, due)
        if not found:
            raise NotFoundError("nothing is due for transfer", where="--due", remedy="see `archief explain DOSSIER`")
        return found
    if listed is not None:
        with drafting.opened(listed) as stream:
            raw = stream.read(LIST_BYTES_MAX + 1)
        if len(raw) > LIST_BYTES_MAX:
            raise UsageError("a list longer than 64 MB", where=listed)
        wanted = tuple(line.strip() for line in raw.decode("utf-8", "replace").splitlines() if line.strip())
    return records.streams(session, log, wanted)
