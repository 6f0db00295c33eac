"""``archief export``: packages for the records office. It writes files and appends nothing."""

from __future__ import annotations

from pathlib import Path

import click

from archief.cli import authority, drafting, exported, outfile, records, state
from archief.cli.output import Progress, counted
from archief.cli.session import Session
from archief.cli.verbs import Family, verb
from archief.errors import (
    AmbiguousError,
    CorruptError,
    ExtraMissingError,
    LossError,
    NoArchiveError,
    NotFoundError,
    ProofError,
    SignatureError,
    UsageError,
    WriteFailedError,
)
from archief.log import Log

LIST_BYTES_MAX = 64 * 1024 * 1024
EXPORTS = (NoArchiveError, NotFoundError, AmbiguousError, ExtraMissingError, LossError, CorruptError, WriteFailedError)

export = Family(
    "export",
    help="Write files for others: a package for the records office. Appends nothing.",
    members={"sip": "exporting:sip", "evidence": "exporting:evidence"},
)


@verb(
    "sip",
    example="""
    archief export sip 2021-00017 --out overbrenging --location "Archief gemeente Voorbeeld, serie 3"
    archief export sip --records brieven.txt --out overbrenging
    archief check sip overbrenging
    """,
    exits=EXPORTS,
)
@click.argument("wanted", metavar="[RECORD]...", nargs=-1)
@click.option("--records", "listed", metavar="FILE|-", help="Records, one a line; instead of naming them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="A new or empty folder.")
@click.option(
    "--profile",
    type=click.Choice(["mdto-sip", "norm"]),
    default="mdto-sip",
    help="How metadata files end: .mdto.xml, as tools look for it (mdto-sip), or .MDTO.xml, as the norm prints it.",
)
@click.option("--location", default="", metavar="TEXT", help="Of what it will be part in the records office (pakbon).")
@click.option("--contact", default="", metavar="TEXT", help="Whom the records office can ask (pakbon).")
def sip(
    session: Session,
    *,
    wanted: tuple[str, ...],
    listed: str | None,
    out: Path,
    profile: str,
    location: str,
    contact: str,
) -> None:
    """Write letters as a SIP of MDTO: metadata beside each file, the event log with proofs, the pakbon.

    Files go along untouched. The folder appears whole or not at all; the same state gives the same bytes.
    """
    from archief.exports import mdto, proofs, target  # noqa: PLC0415 - heavy, and no other command needs it
    from archief.exports import sip as sips  # noqa: PLC0415 - as above
    from archief.intake import pronom  # noqa: PLC0415 - as above

    mdto.library()
    pronom.demand()
    outfile.folder(session, out, "--out")
    log = session.log()
    test = session.is_test(log)
    streams = _streams(session, log, wanted, listed)
    prover = proofs.Prover(log, proofs.newest_head(log, authority.of(session, log)))
    wish = sips.Wish(streams, location, contact, norm=profile == "norm")
    with (
        state.connection(session, log) as database,
        target.folder(out) as folder,
        Progress(session.output, "records written") as progress,
    ):
        made = sips.write(folder, log, database, prover, wish, progress)
        # Written down first: a copy that nobody knows of is worse than a line about one that is not there.
        exported.note(session, log.origin, log.size, "sip", out, streams)
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
    if packed:
        exported.note(session, log.origin, log.size, "evidence", out, [stream])
        outfile.write(session, out, bundles.packed(files))
    else:
        with target.folder(out) as folder:
            for path, content in sorted(files.items()):
                folder.put(path, content)
            exported.note(session, log.origin, log.size, "evidence", out, [stream])
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


def _streams(session: Session, log: Log, wanted: tuple[str, ...], listed: str | None) -> list[str]:
    """The records that are meant, each once, in the order in which they were named."""
    if bool(wanted) == (listed is not None):
        raise UsageError("which records?", remedy="name them, or give a list with --records")
    if listed is not None:
        with drafting.opened(listed) as stream:
            raw = stream.read(LIST_BYTES_MAX + 1)
        if len(raw) > LIST_BYTES_MAX:
            raise UsageError("a list longer than 64 MB", where=listed)
        wanted = tuple(line.strip() for line in raw.decode("utf-8", "replace").splitlines() if line.strip())
    return records.streams(session, log, wanted)
