"""``archief export snapshot`` and ``archief check snapshot``: the whole state at one moment, as files."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from archief.cli import authority, exported, headfile, moment, outfile, state
from archief.cli.exchange.exporting import EXPORTS
from archief.cli.output import Progress, counted
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import MalformedError, NotFoundError, ProofError, SignatureError
from archief.log import Log
from archief.rules.town_hall import day_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from archief.exports.snapshot import Level, Wish
    from archief.exports.snapshot_manifest import Manifest

SHOWS = (
    "It shows: the files are those of its manifest, which names a state that the head covers, {by}.",
    "It does not show: that tables are true: no key signs them (the archive shows it: --archive), or what followed.",
)
AGAIN = "It shows: these are the bytes that the archive at hand gives for that state, {by}."


@verb(
    "snapshot",
    example="""
    archief export snapshot --out momentopname
    archief export snapshot --out jaar-2025.zip --on 2025-12-31 --level internal
    archief check snapshot jaar-2025.zip --vkey voorbeeld.vkeys
    """,
    exits=(*EXPORTS, SignatureError, ProofError),
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER|ZIP", help="New; or an empty folder."
)
@click.option(
    "--on", "day", metavar="DATE", help="The state at the end of that day (Europe/Amsterdam); now without it."
)
@click.option(
    "--level",
    type=click.Choice(["open", "internal"]),
    default="open",
    help="open: no persons, nothing that a limit on openness holds on, nothing that we did not send; internal: all.",
)
def snapshot(session: Session, *, out: Path, day: str | None, level: Level) -> None:
    """Write the whole state as files: Parquet, CSV, SQLite, what each column means, the signed head, a readme in Dutch.

    For the records office, or a researcher. The same state gives the same bytes. What is not in it is said and counted
    in LEESMIJ.txt; of what was destroyed only that it was, whatever the day asked for. Text and files of letters are
    not in it: `archief export sip`.
    """
    from archief.exports import snapshot as snapshots  # noqa: PLC0415 - few commands export
    from archief.exports import target, zip_file  # noqa: PLC0415 - as above

    packed = out.suffix.lower() == ".zip"
    (outfile.target if packed else outfile.folder)(session, out, "--out")
    log = session.log()
    test = session.is_test(log)
    with (
        _ready(session, log, day, level, test=test) as ready,
        exported.noted(session, log.origin, ready.wish.position.size, "snapshot", out, None) as noting,
        (zip_file.packed if packed else target.folder)(out) as made,
        Progress(session.output, "tables written") as progress,
    ):
        manifest, noting.streams = snapshots.write(made, ready.path, ready.wish, progress)
    _tell(session, manifest, out)


def _tell(session: Session, manifest: Manifest, out: Path) -> None:
    position, output = manifest.position, session.output
    rows = sum(one.rows for one in manifest.tables)
    if output.json:
        output.members(
            {
                "test": manifest.test,
                "position": {"origin": position.origin, "size": position.size, "time": position.time},
                "root": position.root,
                "level": manifest.level,
                "out": str(out),
                "tables": len(manifest.tables),
                "rows": rows,
                "files": len(manifest.files) + 1,
                "tables_left_out": manifest.tables_left_out,
                "records_left_out": manifest.records_left_out,
            }
        )
        return
    output.line(str(out))
    output.fields(
        [
            ("state", f"size {position.size:,}, {position.time}"),
            ("level", manifest.level),
            ("tables", f"{len(manifest.tables):,} with {counted(rows, 'row')}"),
            ("tables left out", ", ".join(manifest.tables_left_out) or None),
            *((f"left out: {why.replace('_', ' ')}", f"{count:,}") for why, count in manifest.records_left_out.items()),
        ],
        indent="  ",
    )
    output.note(
        f"elsewhere: archief check snapshot {out} --vkey FILE (from `archief checkpoint --vkeys`, by another way)"
    )


class _Ready(NamedTuple):
    """What a snapshot is made from, at hand.

    Attributes:
        wish: what is asked.
        path: the state file.
    """

    wish: Wish
    path: Path


@contextlib.contextmanager
def _ready(session: Session, log: Log, day: str | None, level: Level, *, test: bool) -> Iterator[_Ready]:
    """Make ready what a snapshot of a day, or of now, is made from.

    Raises:
        NotFoundError: no signed head covers that state.
        ArchiefError: the log is not sound.
    """
    from archief.exports import holdings, proofs  # noqa: PLC0415 - few commands export
    from archief.exports import snapshot as snapshots  # noqa: PLC0415 - as above
    from archief.exports.snapshot_manifest import Position  # noqa: PLC0415 - as above

    position = moment.of(log, day) if day else moment.Position(log.size, log.last_commit.time)
    head = proofs.newest_head(log, authority.of(session, log))
    if head.head.size < position.size:
        raise NotFoundError(
            f"no signed head covers that state yet (the newest has {head.head.size} entries)",
            where=log.storage.place,
            remedy="sign one: `archief checkpoint` (by a holder of the log key)",
        )
    judged = day_of(position.time)
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(state.connection(session, log))
        path = state.projector(session, log, None).path
        if position.size < log.size:
            cache = session.cache_folder(log.origin)
            path = (
                Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="snapshot.", dir=cache))) / "state.duckdb"
            )
            state.replay(session, log, until=position.size, into=path)
        wish = snapshots.Wish(
            level,
            holdings.archive(log).organisation,
            test,
            Position(origin=log.origin, size=position.size, root=log.root(position.size).hex(), time=position.time),
            _destructions(log, database, position.size),
            judged,
            snapshots.limited(database, judged),
            head.raw,
            headfile.extends(log, position.size, head.head.size),
        )
        yield _Ready(wish, path)


def _destructions(log: Log, database: DuckDBPyConnection, size: int) -> int:
    """The size of the log up to which erasures are in a state: its own, or where the last erasure after it closed."""
    from archief.projections.staging import ERASING  # noqa: PLC0415 - is imported by then

    places = ", ".join("?" * len(ERASING))
    ((last,),) = database.execute(f"select max(seq) from event where type in ({places})", list(ERASING)).fetchall()  # noqa: S608 - values are bound
    return size if last is None or last < size else log.commit_of(last).seq + 1


@verb(
    "snapshot",
    example="""
    archief check snapshot momentopname --vkey voorbeeld.vkeys
    archief check snapshot jaar-2025.zip --checkpoint jaarverslag-2025.checkpoint
    archief --archive events check snapshot momentopname
    """,
    exits=(NotFoundError, MalformedError, SignatureError, ProofError),
)
@click.argument("place", type=click.Path(path_type=Path), metavar="FOLDER|ZIP")
@click.option(
    "--vkey", "vkeys", multiple=True, metavar="KEY|FILE", help="The log's keys: a key or a file with one a line."
)
@click.option("--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="A head that you trust.")
def check(session: Session, *, place: Path, vkeys: tuple[str, ...], checkpoint: Path | None) -> None:
    """Check a snapshot: every file against its manifest, the manifest against the signed head.

    Keys, or a head that you trust, come by another way than the snapshot. Where the archive is named (--archive), its
    own keys judge the head, and the same snapshot is made again from it and compared file by file.
    """
    from archief.exports import package, snapshot_check  # noqa: PLC0415 - few commands check snapshots

    log = session.log() if session.named else None
    with package.opened(place) as opened:
        manifest = snapshot_check.files(opened, str(place))
        raw = snapshot_check.read(opened, "checkpoint")
        proof = headfile.consistency(snapshot_check.read(opened, "checkpoint.consistency"), f"{place}: consistency")
    signed, cosigned = _judge(session, log, raw, manifest, vkeys, str(place))
    head = headfile.parse(raw, str(place))
    snapshot_check.leads(manifest, proof.origin, proof.old.size, proof.old.root, str(place))
    snapshot_check.ends(head, proof.origin, proof.new.size, proof.new.root, str(place))
    if checkpoint is not None:
        trusted = headfile.parse(headfile.read(checkpoint), str(checkpoint))
        snapshot_check.trusts(manifest, head, trusted, str(checkpoint))
    again = _again(session, log, manifest, str(place)) if log is not None else None
    told: dict[str, Any] = {
        "position": {
            "origin": manifest.position.origin, "size": manifest.position.size, "time": manifest.position.time
        },
        "root": manifest.position.root,
        "level": manifest.level,
        "files": len(manifest.files) + 1,
        "head": {"size": head.size, "root": head.root.hex()},
        "signed": signed,
        "cosigned": cosigned,
        "trusted": checkpoint is not None,
        "archive": again,
        "shows": _shows(again, signed=signed, trusted=checkpoint is not None),
    }  # fmt: skip
    if session.output.json:
        session.output.members({"test": manifest.test, **told})
        return
    _tell_checked(session, manifest, told)


def _shows(again: str | None, *, signed: bool, trusted: bool) -> list[str]:
    """What the check shows, and what it does not."""
    if signed:
        by = "as the log's keys signed it"
    else:
        by = "as your head says" if trusted else "for whose head nobody vouches yet"
    return [AGAIN.format(by=by)] if again == "same" else [SHOWS[0].format(by=by), SHOWS[1]]


def _judge(
    session: Session, log: Log | None, raw: bytes, manifest: Manifest, vkeys: tuple[str, ...], where: str
) -> tuple[bool, list[str]]:
    """Whether the log's keys signed the head, as far as they are known; and who cosigned it."""
    from archief import publishing  # noqa: PLC0415 - needs the other signature types
    from archief.tlog import checkpoint as heads  # noqa: PLC0415 - as above

    if vkeys:
        ours, others = headfile.log_keys(headfile.verifiers(vkeys), manifest.position.origin)
        opened = heads.open_checkpoint(raw, manifest.position.origin, ours, others, where)
        headfile.demand_no_doubt(opened, where)
    elif log is not None:
        opened = publishing.open_head(raw, authority.of(session, log), where)
    else:
        return False, []
    return True, [one.name for one in opened.cosignatures]


def _again(session: Session, log: Log, manifest: Manifest, where: str) -> str:
    """Make the same snapshot from the archive itself, and compare; ``same``, or ``erased`` when that cannot be.

    Raises:
        ProofError: the archive gives another.
    """
    from archief.exports import snapshot as snapshots  # noqa: PLC0415 - few commands check snapshots
    from archief.exports import snapshot_check, target  # noqa: PLC0415 - as above

    position = manifest.position
    if position.origin != log.origin or position.size > log.size or log.root(position.size).hex() != position.root:
        raise ProofError(
            "it is not of the archive that you named", where=where, remedy="name its own archive with --archive"
        )
    with _ready(session, log, str(position.size), manifest.level, test=manifest.test) as ready:
        if ready.wish.destructions != manifest.destructions:
            return "erased"
        cache = session.cache_folder(log.origin)
        with (
            tempfile.TemporaryDirectory(prefix="snapshot.", dir=cache) as beside,
            target.folder(Path(beside) / "again") as made,
            Progress(session.output, "tables written") as progress,
        ):
            found, _ = snapshots.write(made, ready.path, ready.wish, progress)
    snapshot_check.same(manifest, found, where)
    return "same"


def _tell_checked(session: Session, manifest: Manifest, told: dict[str, Any]) -> None:
    output, position = session.output, manifest.position
    output.line(f"snapshot of {position.origin}, size {position.size:,}, {position.time}, level {manifest.level}")
    compared = {
        "same": "the same snapshot, made again, has the same bytes",
        "erased": "not compared: since it was made, records in the archive were erased",
    }
    output.fields(
        [
            ("files", f"{told['files']:,}, each as the manifest says"),
            ("head", f"size {told['head']['size']:,}, root {told['head']['root']}"),
            ("signed", "by the log's keys" if told["signed"] else "not judged: no keys were given (--vkey)"),
            ("cosigned by", ", ".join(told["cosigned"]) or "nobody known"),
            ("archive", compared.get(told["archive"] or "")),
        ],
        indent="  ",
    )
    for line in told["shows"]:
        output.line(line)
    if told["archive"] == "erased":
        output.warn("this copy may hold what was erased since: destroy it, and ask for a new one")
