"""Verify an archive: every byte of it that the format knows, and that nothing else is there (format.md §5-6).

Whole segments are shared out over processes (:mod:`scan`), put together in order (:mod:`fold`), and compared with
what is public, remembered and demanded. Finds all faults, not the first. Writes nothing in the archive but its cache;
with a memory it keeps the head and a receipt when the archive is sound.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from archief.commit_facts import Line
from archief.errors import (
    ArchiefError,
    ForkError,
    MalformedError,
    NoArchiveError,
    ProofError,
    RollbackError,
    TailError,
)
from archief.events import envelope
from archief.heads import Anchor, Head, Heads, Receipt
from archief.index import Index, digest_of
from archief.memory import check_extension, check_memory
from archief.rules.authority import Authority
from archief.storage import base
from archief.storage.base import Segment, Storage, Tail
from archief.stored_tree import StoredTree
from archief.tlog import merkle
from archief.verification import public, scan
from archief.verification.fault import Fault, Grade, Report
from archief.verification.fold import Fold
from archief.verification.stretch import Scan, Stretch

Progress = Callable[[int, int], None]
"""Called with entries done and entries in all."""

UNFINISHED = ("loose-tail", "torn", "payload-loose")
"""What an append under way looks like to somebody who reads without a lock."""

BUSY_SECONDS, BUSY_LOOKS = 0.2, 4
"""How long, and how often, verification looks whether such an append ends."""

SEGMENTS_FOR_PROCESSES = 4
"""Below this many segments starting processes costs more than it gains."""


def verify(
    storage: Storage,
    *,
    version: str,
    heads: Heads | None = None,
    against: Sequence[Head] = (),
    since: bool = False,
    index: Path | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Verify an archive.

    Args:
        storage: where it is.
        version: of the program, for the receipt.
        heads: what this machine remembers; takes the head and the receipt when nothing is wrong.
        against: heads from elsewhere (a letter, last year's report) that the log must extend.
        since: go on from the receipt of the last whole verification, if there is one and what it says of authority can
            be had again; else from the first entry.
        index: the index that is kept for appends, where that can be had without reading the log; a cache, and checked.
        processes: how many to use for whole segments.
        progress: told how far it is.

    Raises:
        NoArchiveError: there is no log at all.
    """
    report = Report()
    tail, segments, stop = _end(storage, report)
    receipt = _receipt(heads, tail) if since else None
    paths = sorted(storage.public_paths())
    begun = _begin_at(storage, receipt, index, report) if receipt is not None else None
    if begun is None:
        receipt, fold = None, Fold(report, Authority())
        for found in _scans(storage, segments, stop, paths, processes, progress):
            fold.take(found)
    else:
        fold = begun
        _go_on(storage, fold, stop)
    fold.finish()
    tree = StoredTree(storage, max(report.size, 1))
    if receipt is None:
        report.faults += public.check_upper_tiles(storage, paths, fold, tree)
        report.faults += _still_there(storage, fold)
        report.faults += _strange(storage, fold)
    report.faults += public.strange_paths(paths, stop)
    report.faults += _loose_payloads(storage, segments)
    report.faults += public.check_heads(storage, paths, fold, tree)
    report.faults += public.check_rest(storage, fold, documents=receipt is None)
    report.origin, report.test = fold.authority.origin, fold.authority.test
    report.root = fold.roots.get(report.size, merkle.EMPTY_ROOT).hex()
    _compare(storage, report, heads, against, fold.authority.former_origins)
    _forgive_busy_writer(storage, report, tail)
    _keep(fold, heads, version)
    return report


# the end


def _end(storage: Storage, report: Report) -> tuple[Tail | None, list[Segment], int]:
    """The committed end, the segments, and up to where complete lines are looked at.

    The committed end is read first: what somebody appends meanwhile lies behind it.

    Raises:
        NoArchiveError: there is no segment.
    """
    tail, segments, failed = _look(storage)
    if not segments:
        raise NoArchiveError(
            "there is no archive here",
            where=storage.place,
            remedy="name one with --archive, or found one with `archief init`",
        )
    last = segments[-1]
    stop = last.first + storage.read(last, 0, last.size_bytes).count(b"\n")
    if tail is None or failed is not None:
        what, remedy = (failed.what, failed.remedy) if failed is not None else ("the end cannot be read", "")
        report.faults.append(Fault(kind="tail", grade="corruption", file=last.name, what=what, remedy=remedy))
        return None, segments, stop
    loose = base.loose_segments(tail, segments)
    if not loose and stop != tail.size and tail.segment is not None and tail.segment.first == last.first:
        _lines(report, last, f"{tail.size - last.first} lines", f"{stop - last.first} lines")
    torn = storage.read(last, max(last.size_bytes - 1, 0), last.size_bytes) != b"\n"
    if torn:
        report.faults.append(
            Fault(
                kind="torn",
                grade="finding",
                file=last.name,
                line=stop - last.first + 1,
                what="the last line has no end: an append was interrupted",
                remedy="the next append moves it to recovered/",
            )
        )
    return tail, segments, stop


def _look(storage: Storage) -> tuple[Tail | None, list[Segment], TailError | None]:
    """The committed end, the segments as long as they are a moment later, and what is wrong with the end.

    Once more when somebody committed between the two looks: that commit is no loose end.
    """
    while True:
        failed: TailError | None = None
        tail: Tail | None = None
        segments: list[Segment] = []
        try:
            tail = base.read_tail(storage)
            segments = storage.log_segments()
            loose = base.loose_segments(tail, segments)
            base.refuse_damaged_commit(tail, (storage.read(segment) for segment in loose), storage.place)
        except TailError as error:
            failed = error
        with contextlib.suppress(TailError):
            if failed is not None and tail is not None and base.read_tail(storage).size > tail.size:
                continue
        return tail, segments or storage.log_segments(), failed


def _lines(report: Report, segment: Segment, expected: str, found: str) -> None:
    report.faults.append(
        Fault(
            kind="lines",
            grade="corruption",
            file=segment.name,
            expected=expected,
            found=found,
            what="the segment has not the number of lines that its last commit says",
        )
    )


def _loose_payloads(storage: Storage, segments: Sequence[Segment]) -> Iterator[Fault]:
    """Payload segments beyond the log: nobody committed to anything in them."""
    known = {segment.first for segment in segments}
    for segment in storage.payload_segments():
        if segment.first not in known:
            what = "a payload segment beyond the log's end"
            yield Fault(kind="payload-loose", grade="finding", file=segment.name, what=what)


def _forgive_busy_writer(storage: Storage, report: Report, tail: Tail | None) -> None:
    """What lay behind the last commit while somebody was appending is no fault: look whether the log has grown."""
    if tail is None or not any(fault.kind in UNFINISHED for fault in report.faults):
        return
    for _ in range(BUSY_LOOKS):
        with contextlib.suppress(TailError):
            if base.read_tail(storage).size > tail.size:
                report.faults = [fault for fault in report.faults if fault.kind not in UNFINISHED]
                return
        time.sleep(BUSY_SECONDS / BUSY_LOOKS)


# whole segments


def _scans(
    storage: Storage,
    segments: Sequence[Segment],
    stop: int,
    paths: Sequence[str],
    processes: int,
    progress: Progress | None,
) -> Iterator[Scan]:
    """What is found in each segment, in order. The first goes ahead of the others: most keys are enrolled in it."""
    lowest = public.lowest_tiles(paths)
    stretches = [
        Stretch(
            storage, segment, segment.first, min(stop, _next(segments, number, stop)), {}, lowest.get(segment.first, [])
        )
        for number, segment in enumerate(segments)
    ]
    with contextlib.ExitStack() as working:
        pool = None
        if processes > 1 and len(stretches) > SEGMENTS_FOR_PROCESSES:
            pool = working.enter_context(_workers(processes))
        first = scan.scan(stretches[0])
        rest = [stretch._replace(keys=first.keys) for stretch in stretches[1:]]
        found = map(scan.scan, rest) if pool is None else _shared_out(pool, rest, processes)
        for one in itertools.chain([first], found):
            if progress is not None:
                progress(one.end, stop)
            yield one


def _next(segments: Sequence[Segment], number: int, stop: int) -> int:
    return segments[number + 1].first if number + 1 < len(segments) else stop


@contextlib.contextmanager
def _workers(processes: int) -> Iterator[concurrent.futures.Executor]:
    """Several processes, which start while the first segment is looked at: each is given something small to do.

    Fresh ones, not forked ones: a fork with threads about can hang.
    """
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, mp_context=context) as pool:
        for _ in range(processes):
            pool.submit(scan.seq_of, b"")
        yield pool


def _shared_out(pool: concurrent.futures.Executor, stretches: Sequence[Stretch], processes: int) -> Iterator[Scan]:
    """Scan in several processes; a few stretches are under way at once, so that memory stays bounded."""
    waiting = collections.deque(stretches)
    under_way: collections.deque[concurrent.futures.Future[Scan]] = collections.deque()
    while waiting or under_way:
        while waiting and len(under_way) < 2 * processes:
            under_way.append(pool.submit(scan.scan, waiting.popleft()))
        yield under_way.popleft().result()


# from a receipt on


def _receipt(heads: Heads | None, tail: Tail | None) -> Receipt | None:
    """The receipt of this log's last whole verification, if the log still extends it."""
    if heads is None or tail is None or not tail.size:
        return None
    receipt = heads.receipt(envelope.decode_commit(tail.commit).origin)
    return receipt if receipt is not None and 0 < receipt.size <= tail.size else None


def _begin_at(storage: Storage, receipt: Receipt, index: Path | None, report: Report) -> Fold | None:
    """Where a receipt left off; None when not all that it said can be had again. Of the bytes before it nothing is
    believed that does not lead to its root or has not its digest.

    Raises:
        ForkError: the log does not extend it.
    """
    size = receipt.size
    tree = StoredTree(storage, size)
    if tree.root().hex() != receipt.root:
        tree = StoredTree(storage, size, from_log=True)
    if tree.root().hex() != receipt.root:
        raise ForkError(
            f"the first {size} entries are not those that were verified before",
            where=storage.place,
            remedy="run `archief verify` without --since: it names the place",
        )
    with contextlib.suppress(MalformedError, ProofError):
        last = base.entry_lines(storage, size - 1, size)[0]
        path = merkle.inclusion_proof(size - 1, size, tree)
        merkle.verify_inclusion(merkle.leaf_hash(last), size - 1, size, path, bytes.fromhex(receipt.root))
        lines, authority = _authority_at(storage, receipt, index)
        fold = Fold(report, authority, merkle.frontier(size, tree), envelope.decode_commit(last).time)
        fold.authority_lines, fold.roots[size] = lines, bytes.fromhex(receipt.root)
        report.since = report.size = size
        return fold
    return None


def _authority_at(storage: Storage, receipt: Receipt, path: Path | None) -> tuple[list[Line], Authority]:
    """What held at a receipt: out of the index, else out of the log; either has the receipt's digest.

    Raises:
        MalformedError: neither has.
    """
    index = Index(path)
    try:
        position = index.open()
        with contextlib.suppress(MalformedError):
            if position.size >= receipt.size and index.digest(receipt.size) == receipt.authority:
                return list(index.authority(receipt.size)), index.fold(receipt.size)
        index.clear()
        index.open()
        for segment in base.segments_between(storage.log_segments(), 0, receipt.size):
            index.add(segment.first, storage.read(segment).split(b"\n")[:-1][: receipt.size - segment.first])
        if index.digest(receipt.size) != receipt.authority:
            raise MalformedError("authority rests on entries that are not those that were verified before")
        return list(index.authority()), index.fold()
    finally:
        index.close()


def _go_on(storage: Storage, fold: Fold, stop: int) -> None:
    """Verify what came after a receipt."""
    size = fold.report.size
    known = {key: enrolled.public for key, enrolled in fold.authority.keys.items()}
    for segment in base.segments_between(storage.log_segments(), size, stop):
        begin = max(segment.first, size)
        inside = begin > segment.first
        stretch = Stretch(
            storage,
            segment,
            begin,
            min(stop, segment.first + envelope.SEGMENT_ENTRIES),
            known,
            [],
            fold.frontier.copy() if inside else None,
        )
        fold.take(scan.scan(stretch), continued=inside)


# destroyed, and what is remembered


def _strange(storage: Storage, fold: Fold) -> Iterator[Fault]:
    """Erasures of what is no payload of their own stream. They erase nothing."""
    erased = sorted(fold.authority.destructions.erased)
    for segment in storage.log_segments() if erased else ():
        entries = storage.read(segment).split(b"\n")[:-1]
        for seq, stream in erased:
            if not 0 <= seq - segment.first < len(entries):
                continue
            with contextlib.suppress(MalformedError):
                event = envelope.decode_event(entries[seq - segment.first])
                if event.stream == stream and event.payload is not None:
                    continue
            yield Fault(
                kind="erased-strange",
                grade="finding",
                file=segment.name,
                entry=seq,
                what=f"stream {stream[:8]} erased the payload of this entry, which has none or is another stream's",
            )


def _still_there(storage: Storage, fold: Fold) -> Iterator[Fault]:
    """Payloads that a closed destruction or erasure says are gone, and that are there."""
    authority = fold.authority
    if not authority.destructions.destroyed and not authority.destructions.erased:
        return
    for segment in storage.payload_segments():
        lines = storage.read(segment).split(b"\n")[:-1]
        logs = [part for part in storage.log_segments() if part.first == segment.first]
        entries = storage.read(logs[0]).split(b"\n") if logs else []
        for number, line in enumerate(lines, 1):
            seq = scan.seq_of(line)
            if not 0 <= seq - segment.first < len(entries):
                continue
            with contextlib.suppress(ArchiefError):
                event = envelope.decode_event(entries[seq - segment.first])
                if authority.destructions.demand(seq, event.stream, event.stream_seq):
                    yield Fault(
                        kind="payload-present",
                        grade="finding",
                        file=segment.name,
                        line=number,
                        entry=seq,
                        what="a payload that was destroyed is here",
                        remedy="destroy it again: `archief destroy again`",
                    )


def _compare(
    storage: Storage,
    report: Report,
    heads: Heads | None,
    against: Sequence[Head],
    former: Sequence[tuple[str, int]],
) -> None:
    """Compare with heads from outside the archive."""
    if not report.size:
        return
    with contextlib.suppress(TailError):
        tail = base.read_tail(storage)
        commit = envelope.decode_commit(tail.commit)
        found = Head(origin=commit.origin, root=report.root, size=report.size)
        try:
            if heads is not None:
                check_memory(heads, storage, commit, found, former)
            for head in against:
                check_extension(storage, head, commit, found)
        except (RollbackError, ForkError) as error:
            grade: Grade = "rollback" if isinstance(error, RollbackError) else "fork"
            report.faults.append(
                Fault(kind=grade, grade=grade, file=storage.place, what=error.what, remedy=error.remedy)
            )


def _keep(fold: Fold, heads: Heads | None, version: str) -> None:
    """Remember the head and what authority rests on; keep a receipt when the bytes are sound."""
    report = fold.report
    if heads is None or report.gravest() not in (None, "finding") or not report.size:
        return
    origin, root, size = report.origin, report.root, report.size
    digest = digest_of(fold.authority_lines)
    heads.remember_unless_known(Head(origin=origin, root=root, size=size))
    heads.keep_anchor(Anchor(digest=digest, origin=origin, size=size))
    heads.keep_receipt(Receipt(authority=digest, origin=origin, root=root, size=size, version=version))
