"""``archief export documents``: the files of one record, as they were registered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archief.cli import account, authority, exported, moment, outfile, records, state
from archief.cli.exchange.exporting import EXPORTS
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import NotFoundError, RefusedError
from archief.log import Log

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from archief.exports.holdings import File


@verb(
    "documents",
    example="""
    archief export documents 2021-00017 --out stukken
    (cd stukken && sha256sum -c SHA256SUMS)
    """,
    exits=(*EXPORTS, RefusedError),
)
@click.argument("wanted", metavar="RECORD")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="A new or empty folder.")
def documents(session: Session, *, wanted: str, out: Path) -> None:
    """Write the files of a letter, or of another record, as they were registered: every original, rendition and
    converted version, under its own name, with its SHA-256.

    Each is held against what was registered before the folder appears. A name that a system would refuse is made to
    fit. The metadata, the history and proofs are not among them: see `archief export sip` and `archief export
    evidence`.
    """
    from archief.exports import originals, target  # noqa: PLC0415 - few commands export

    outfile.folder(session, out, "--out")
    log = session.log()
    test = session.is_test(log)
    (stream,) = records.streams(session, log, [wanted])
    with state.connection(session, log) as database:
        files = _files(session, log, database, stream, wanted)
        limited = _is_limited(database, stream, moment.today(session))
    with exported.noted(session, log.origin, log.size, "documents", out, [stream]), target.folder(out) as folder:
        given = originals.write(folder, log, files)
    if limited:
        session.output.warn("a limit on openness holds on it: not everybody may see these files")
    if session.output.json:
        position = {"origin": log.origin, "size": log.size, "time": log.last_commit.time}
        told = [
            {
                "path": path, "name": file.name, "entry": file.seq, "type": file.type, "document": file.id,
                "media_type": file.media_type, "bytes": file.size, "sha256": file.sha256,
            }
            for path, file in given
        ]  # fmt: skip
        session.output.members(
            {"test": test, "position": position, "stream": stream, "out": str(out), "limited": limited, "files": told}
        )
        return
    session.output.line(str(out))
    rows = [(file.seq, file.type, path, file.size, file.sha256) for path, file in given]
    session.output.table(("ENTRY", "WHAT", "FILE", "BYTES", "SHA256"), rows)


def _files(session: Session, log: Log, database: DuckDBPyConnection, stream: str, wanted: str) -> list[File]:
    """The record's files.

    Raises:
        RefusedError: they were destroyed.
        NotFoundError: it has none.
    """
    from archief.exports import holdings  # noqa: PLC0415 - few commands export

    files = holdings.files(database, [stream])[stream]
    destructions = authority.of(session, log).destructions
    if stream in destructions.destroyed:
        raise RefusedError(
            f"its files were destroyed: {account.gone(destructions, stream)}",
            where=wanted,
            remedy="what is left of it: `archief export evidence`",
        )
    if not files:
        raise NotFoundError(
            "there are no files with this record",
            where=wanted,
            remedy="the files of a dossier are those of its letters: `archief show` names them; make a letter's PDF"
            " with `archief render`",
        )
    return files


def _is_limited(database: DuckDBPyConnection, stream: str, day: dt.date) -> bool:
    """Whether a limit on openness holds on a record, or on a dossier that it is in."""
    from archief.exports import snapshot  # noqa: PLC0415 - few commands export

    rows = database.execute(
        "select cast(dossier as varchar) from filing where stream = cast(? as uuid)", [stream]
    ).fetchall()
    return not {stream, *(dossier for (dossier,) in rows)}.isdisjoint(snapshot.limited(database, day))
