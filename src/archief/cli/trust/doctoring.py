"""``archief doctor``: look at everything around the archive, and mend what can be made again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

from archief.cli.output import counted
from archief.cli.session import Session
from archief.cli.trust import examining, verifying
from archief.cli.trust.examining import Finding
from archief.cli.verbs import verb
from archief.errors import (
    ArchiefError,
    CorruptError,
    FindingsError,
    NoArchiveError,
    NotFoundError,
    RollbackError,
    TailError,
    UsageError,
)
from archief.events import envelope
from archief.heads import Heads, Incident
from archief.log import Log
from archief.storage.base import Storage
from archief.stored_tree import GrowingRows
from archief.tlog import merkle

COLORS = {"ok": "green", "warning": "yellow", "problem": "red"}


@verb(
    "doctor",
    example="""
    archief doctor
    archief doctor --repair
    """,
    exits=(NoArchiveError, CorruptError, TailError, FindingsError),
)
@click.option(
    "--repair", is_flag=True, help="Make tiles, index and cache again; clear what an interrupted append left."
)
@click.option("--cut-tail", is_flag=True, help="Move a last commit that does not verify into recovered/. Asks first.")
@click.option(
    "--cut-more", is_flag=True, help="With --cut-tail: though the commit after it was cut already. One at a time."
)
@click.option(
    "--accept-head", is_flag=True, help="Accept that the archive is not what this machine remembers. Asks first."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Look only.")
def doctor(
    session: Session, *, repair: bool, cut_tail: bool, cut_more: bool, accept_head: bool, yes: bool, dry_run: bool
) -> None:
    """Look at what is around the archive: keys, people, heads, memory. Says what to do, changes nothing by itself.

    It does not replace `archief verify`, which reads every byte.
    """
    if dry_run:
        repair = cut_tail = accept_head = False
    if cut_tail:
        _cut_tail(session, more=cut_more, yes=yes)
    if accept_head:
        _accept_head(session, yes=yes)
    if repair:
        _repair(session, yes=yes)
    found = list(_look(session))
    if session.output.json:
        session.output.members({"findings": [one._asdict() for one in found]})
    else:
        for one in found:
            if one.level != "ok" or not session.output.quiet:
                word = session.output.styled(one.level.ljust(7), fg=COLORS[one.level])
                session.output.line(f"{word}  {one.what}")
                if one.next:
                    session.output.line(f"         next: {one.next}")
    problems = [one for one in found if one.level == "problem"]
    if problems:
        raise FindingsError(
            f"{counted(len(problems), 'problem')} found; the first: {problems[0].what}",
            where=str(session.archive),
            remedy=problems[0].next,
        )


def _look(session: Session) -> Iterator[Finding]:
    yield from examining.keys(session)
    try:
        log = session.log()
        session.is_test(log)
    except TailError as error:
        yield Finding("problem", str(error), error.remedy)
        return
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        functools.partial(examining.archive, session, log),
        functools.partial(examining.memory, session, log),
        functools.partial(examining.leftovers, log),
    )
    for look in looks:
        try:
            yield from look()
        except ArchiefError as error:
            yield Finding("problem", str(error), error.remedy)


# mending


def _repair(session: Session, *, yes: bool) -> None:
    """Make again what can be made again, after the log itself has been verified."""
    mended = session.storage().mend()
    if mended:
        session.output.note(f"{mended}: the newline at its end is put back")
    with session.journal():
        pass  # opening clears what an interrupted append left behind
    log = session.log()
    _forget_cache(session.cache_folder(log.origin))
    _write_tiles(log)
    report = verifying.verified(session, since=False)
    stray = [fault for fault in report.faults if fault.kind in ("document-stray", "stranger")]
    if stray and len(stray) == len(report.faults):
        names = ", ".join(fault.file for fault in stray[:5])
        session.confirm(f"Delete {counted(len(stray), 'file')} that the archive does not know ({names})?", yes=yes)
        for fault in stray:
            (session.archive / fault.file).unlink()
    session.output.note("tiles, index and cache are made again")


def _forget_cache(folder: Path) -> None:
    for pattern in ("index.sqlite*", "state.duckdb*"):
        for path in folder.glob(pattern):
            path.unlink()


def _write_tiles(log: Log) -> None:
    """Write every tile anew out of the entries; what differs or is not of this log's goes."""
    rows = GrowingRows([], 0)
    wanted: dict[str, bytes] = {}
    kept: set[str] = set()
    leaves: list[bytes] = []

    def write(made: dict[str, bytes]) -> None:
        for path, data in made.items():
            kept.add(path)
            if log.storage.read_public(path) != data:
                log.storage.write_public(path, data, durable=False)

    signed = _signed_size(log)
    for number, entry in enumerate(log.entries()):
        leaves.append(merkle.leaf_hash(entry))
        if number + 1 in (signed, log.size) or len(leaves) == envelope.SEGMENT_ENTRIES:
            wanted = dict(rows.extend(leaves))
            leaves = []
            write(wanted)
            if number + 1 in (signed, log.size):
                write(dict(rows.partial()))
    for path in list(log.storage.public_paths()):
        if path.startswith("tile/") and not path.startswith("tile/entries/") and path not in kept:
            log.storage.remove_public(path)


def _signed_size(log: Log) -> int:
    from archief.memory import signed_size  # noqa: PLC0415 - beside its use

    return signed_size(log.storage)


# a person's word


def _cut_tail(session: Session, *, more: bool, yes: bool) -> None:
    """Move the last commit into recovered/: the one that does not verify, and no other."""
    storage = session.storage()
    try:
        with session.journal():
            raise NotFoundError(
                "the end of the log verifies: there is nothing to cut",
                where=str(session.archive),
                remedy="nothing needs doing",
            )
    except TailError as error:  # what is wrong elsewhere is not mended by a shorter log
        session.output.note(str(error))
    size, end = _last_commit(storage)
    if not more and _was_cut_at(storage, end):
        raise TailError(
            "the commit after this one was cut already: with more damage than one commit's, the log itself is in doubt",
            where=storage.place,
            remedy="bring back a back-up; or, when there is none, cut one more with --cut-tail --cut-more",
        )
    session.confirm(
        f"Move all entries from {size} on into recovered/, and delete the text and files that they register? They may"
        " be an acknowledged commit with a damaged bit",
        yes=yes,
    )
    name = storage.cut_tail(size)
    session.output.note(f"the log ends at {counted(size, 'entry')}; what was cut is kept as {name}")
    session.output.note("if this machine remembers more: `archief doctor --accept-head`")


def _last_commit(storage: Storage) -> tuple[int, int]:
    """The sizes before and after the last line that is, or was, a commit."""
    ends: list[int] = []
    for segment in reversed(storage.log_segments()):
        lines = storage.read(segment).split(b"\n")[:-1]
        for number in range(len(lines) - 1, -1, -1):
            if _is_like_commit(lines[number]):
                ends.append(segment.first + number + 1)
                if len(ends) > 1:
                    return ends[1], ends[0]
    raise UsageError(
        "the first commit does not verify: nothing would be left", where=storage.place, remedy="restore a back-up"
    )


def _is_like_commit(line: bytes) -> bool:
    """Whether a line is a commit, or one that was damaged in one place or two."""
    return line.startswith(b'{"base":{') or envelope.is_commit(line) or (b'"sig":"' in line and b'"base":{' in line)


def _was_cut_at(storage: Storage, size: int) -> bool:
    """Whether a commit that followed the first ``size`` entries lies in recovered/: not only an append's loose end."""
    return any(
        name.startswith(f"recovered/{size:012d}.") and any(map(_is_like_commit, content.split(b"\n")))
        for name, content in storage.recovered()
    )


def _open_incidents(session: Session, log: Log) -> list[Incident]:
    return [one for one in examining.incidents(session, log) if not one.accepted]


def _settle(session: Session, log: Log, heads: Heads, *, yes: bool) -> bool:
    """Settle the incidents of other copies: the archive at hand is the one that this machine remembers."""
    open_ones = _open_incidents(session, log)
    for one in open_ones:
        copy = f"{one.kind} with a copy of {counted(one.found.size, 'entry')}"
        session.confirm(f"Settle the {copy}? The archive at hand is the one remembered", yes=yes)
        heads.keep_incident(msgspec.structs.replace(one, accepted=True))
        session.output.note(f"settled: a {copy}")
    return bool(open_ones)


def _accept_head(session: Session, *, yes: bool) -> None:
    log, heads = session.log(), session.heads()
    found = list(examining.conflicts(session, log))
    if not found and _settle(session, log, heads, yes=yes):
        return
    if not found:
        raise NotFoundError(
            "the archive extends what this machine remembers: there is nothing to accept",
            where=log.origin,
            remedy="nothing needs doing",
        )
    for one in found:
        session.output.note(str(one.error))
        sizes = f"({counted(one.found.size, 'entry')}) in place of the one remembered ({one.remembered.size:,})"
        session.confirm(f"Accept this archive {sizes}?", yes=yes)
        kind = "rollback" if isinstance(one.error, RollbackError) else "fork"
        incident = Incident(kind=kind, remembered=one.remembered, found=one.found, accepted=True)
        path = heads.keep_incident(incident)
        heads.remember(one.found)
        heads.forget_anchor(one.found.origin)
        for told in _open_incidents(session, log):
            if told.remembered == one.remembered:  # the same loss, as the refusals before told it
                heads.keep_incident(msgspec.structs.replace(told, accepted=True))
        session.output.note(f"accepted; both sides are kept in {path}")
    if any(one.found.origin == log.origin for one in found):
        session.output.note("when entries were lost, an archivaris records it with log_continued: see docs/format.md")
