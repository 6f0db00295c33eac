"""An archive brought back: the newest log that is found, and of the back-up's payloads what that log still allows.

Log and heads hold no content, so the newest ones count, wherever they lie: they say what was destroyed after the
back-up was made. Such payloads are left out while copying and never lie in the folder that is opened again.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from archief import durable
from archief.backups import heads, payloads
from archief.backups.folder import ARCHIVE, pieces_of
from archief.backups.payloads import Reference
from archief.errors import ArchiefError, ForkError, MalformedError, NoArchiveError, NotFoundError, TailError
from archief.events import envelope
from archief.heads import Head
from archief.index import Index
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage import base
from archief.storage.base import Storage
from archief.storage.local import LocalStorage
from archief.verification import whole
from archief.verification.fault import Fault, Grade, Report

Progress = Callable[[int, int], None]

LEFT_OUT = frozenset({"tile", "head", "head-signature", "head-line", "recovered-changed"})
"""Kinds of faults of files that no record rests on: tiles are made again, of heads and cut tails there are others."""


class Source(NamedTuple):
    """A folder that has a log: a back-up, or what is left of an archive."""

    place: Path
    log: Log


@dataclass
class Brought:
    """What came back.

    Attributes:
        payloads, documents: how many.
        destroyed: records whose payloads the back-up still has, and that were destroyed since.
        left_out: payloads left out because of that.
        missing: entries whose payload, or one of whose documents, is wanting and not covered by a destruction.
        faults: what is damaged or missing in the back-up.
        dropped: tiles, heads and cut tails that were damaged, and are left out.
    """

    payloads: int = 0
    documents: int = 0
    left_out: int = 0
    destroyed: set[str] = field(default_factory=set)
    missing: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def archive_in(place: Path) -> LocalStorage:
    """The archive in a back-up, or in a copy of an archive.

    Raises:
        NotFoundError: there is none.
    """
    for folder in (place / ARCHIVE, place):
        if (folder / "log").is_dir():
            return LocalStorage(folder)
    raise NotFoundError(
        "there is no back-up there", where=str(place), remedy="name a folder that `archief backup` wrote"
    )


def newest(places: Sequence[Path]) -> tuple[Source, dict[Path, ArchiefError]]:
    """The longest log that is found, and which places have none that can be read.

    Args:
        places: where to look; the first is the back-up itself.

    Raises:
        ForkError: two of them are different histories.
        ArchiefError: none can be read: what is wrong with the first.
    """
    found: list[Source] = []
    failed: dict[Path, ArchiefError] = {}
    for place in places:
        storage = archive_in(place)
        try:
            found.append(Source(place, Log(storage)))
        except (TailError, NoArchiveError) as error:
            failed[place] = error
    if not found:
        raise next(iter(failed.values()))
    best = max(found, key=lambda one: one.log.size)
    for one in found:
        if best.log.entry(one.log.size - 1) != one.log.tail.commit:
            raise ForkError(
                f"{one.place} holds another history than {best.place}",
                where=one.log.storage.place,
                remedy="find out which is right (`archief verify --archive` each), and leave the other one out",
            )
    return best, failed


def authority_of(log: Log) -> Authority:
    """What holds at a log's end, out of the log alone.

    Raises:
        CorruptError: it is damaged.
    """
    index = Index(None)
    try:
        return index.follow(log.storage, log.tail, None)
    finally:
        index.close()


def signed_heads(storages: Sequence[Storage], authority: Authority) -> Iterator[tuple[bytes, Head]]:
    """The newest signed head in each place, as far as it is rightly signed."""
    for storage in storages:
        raw = storage.read_public("checkpoint")
        head = heads.signed_head(raw, authority, "public/checkpoint") if raw is not None else None
        if raw is not None and head is not None:
            yield raw, Head(origin=authority.origin, root=head[1], size=head[0], note=raw.decode())


class Restoring:
    """One restore.

    Args:
        back_up: the back-up whose payloads and documents come back.
        log: the log that comes back, the newest found.
        authority: what holds at its end.
        others: further places with logs and heads; what the back-up lacks is taken from there.
        progress: told entries done and entries in all.
    """

    def __init__(
        self,
        back_up: LocalStorage,
        log: Log,
        authority: Authority,
        others: Sequence[LocalStorage] = (),
        progress: Progress | None = None,
    ) -> None:
        self.back_up = back_up
        self.log = log
        self.authority = authority
        self.others = others
        self.progress = progress
        self.brought = Brought()

    def look(self) -> Brought:
        """Say what would come back; write nothing."""
        return self._bring(None)

    def build(self, folder: Path) -> Brought:
        """Fill an empty folder with the archive.

        Raises:
            CorruptError: the log is damaged.
            WriteFailedError: the disk refused.
        """
        for name in ("log", "payload", "documents", "public"):
            durable.make_folder(folder / name)
        return self._bring(folder)

    def _bring(self, folder: Path | None) -> Brought:
        heads.sealed_roots(self.log)
        self._log(folder)
        segments = [
            (storage, {segment.first: segment for segment in storage.payload_segments()})
            for storage in (self.back_up, *self.others)
        ]
        for first in range(0, self.log.size, envelope.SEGMENT_ENTRIES):
            stop = min(first + envelope.SEGMENT_ENTRIES, self.log.size)
            entries = base.entry_lines(self.log.storage, first, stop)
            contents = [storage.read(known[first]) if first in known else b"" for storage, known in segments]
            self._payloads(folder, first, entries, contents)
            if self.progress is not None:
                self.progress(stop, self.log.size)
        return self.brought

    # log and heads

    def _log(self, folder: Path | None) -> None:
        if folder is None:
            return
        log, tail = self.log, self.log.tail
        for segment in log.storage.log_segments():
            if segment.first < log.size:
                last = tail.segment is not None and tail.segment.first == segment.first
                _write(folder / segment.name, [log.storage.read(segment, 0, tail.end_bytes if last else None)])
        self._heads(folder, [log.storage, self.back_up, *self.others])

    def _heads(self, folder: Path, storages: Sequence[Storage]) -> None:
        """Bring back cut tails, tiles, the heads that were handed out, and the newest signed one."""
        log = self.log
        for storage in storages:
            for name, content in storage.recovered():
                if not (folder / name).exists():
                    _write(folder / name, [content])
            for path in heads.public_files(storage, log.size):
                file = folder / "public" / path
                kept = storage is log.storage or path.startswith("checkpoints/")
                if kept and path != "checkpoint" and not file.exists():
                    _write(file, [storage.read_public(path) or b""])
        signed = list(signed_heads(storages, self.authority))
        fitting = [(head.size, raw) for raw, head in signed if head.size <= log.size]
        if len(signed) < sum(storage.read_public("checkpoint") is not None for storage in storages):
            self.brought.dropped.append("public/checkpoint")  # of one of them; another may have come
        if fitting:
            _write(folder / "public" / "checkpoint", [max(fitting)[1]])

    # payloads and documents

    def _payloads(self, folder: Path | None, first: int, entries: Sequence[bytes], contents: Sequence[bytes]) -> None:
        """Bring the payloads of one segment back: those of the back-up, and what it lacks from the other places."""
        brought, name = self.brought, f"payload/{first:012d}.jsonl"
        cover = payloads.cover(first, entries, self.authority.destructions)
        found, *others = (payloads.sift(first, entries, content, cover.demanded) for content in contents)
        brought.left_out += len(found.gone)
        brought.destroyed.update(envelope.decode_event(entries[seq - first]).stream for seq in found.gone)
        kept: dict[int, bytes] = {}
        for seq in payloads.wanted(first, entries):
            if seq in found.kept:
                kept[seq] = found.kept[seq]
                continue
            place = next((number for number, one in found.damaged if one == seq), None)
            if place is not None:
                self._fault("payload-changed", "corruption", name, "a damaged payload", line=place, entry=seq)
            if seq in cover.allowed:
                continue  # destroyed, or being destroyed: it comes from nowhere else
            line = next((one.kept[seq] for one in others if seq in one.kept), None)
            if line is not None:
                kept[seq] = line
                continue
            if place is None:
                self._fault("payload-missing", "loss", name, "the back-up has not this payload", entry=seq)
            brought.missing.append(seq)
        for seq, line in kept.items():
            for one in payloads.documents([line]):
                self._document(folder, one, seq, covered=seq in cover.allowed)
        brought.payloads += len(kept)
        if folder is not None and kept:
            _write(folder / name, [payloads.joined(kept)])

    def _document(self, folder: Path | None, one: Reference, seq: int, *, covered: bool) -> None:
        name = f"documents/{one.id[:2]}/{one.id}.bin"
        for storage in (self.back_up, *self.others):
            pieces = pieces_of(storage, one)
            try:
                if folder is None:
                    collections.deque(pieces, maxlen=0)
                else:
                    _write(folder / name, pieces)
            except NotFoundError:
                continue
            except MalformedError:
                self._fault("document-changed", "corruption", name, "a damaged document", entry=seq, at=storage)
            else:
                self.brought.documents += 1
                return
        if covered:
            return  # its destruction was under way
        self._fault("document-missing", "loss", name, "the back-up has not this document", entry=seq)
        if not self.brought.missing or self.brought.missing[-1] != seq:
            self.brought.missing.append(seq)

    def _fault(
        self,
        kind: str,
        grade: Grade,
        file: str,
        what: str,
        *,
        line: int | None = None,
        entry: int | None = None,
        at: LocalStorage | None = None,
    ) -> None:
        remedy = "name another back-up with --log too: what this one lacks is taken from there"
        place = f"{(at or self.back_up).place}/{file}"
        self.brought.faults.append(
            Fault(kind=kind, grade=grade, file=place, what=what, line=line, entry=entry, remedy=remedy)
        )


def verified(folder: Path, brought: Brought, version: str, progress: Progress | None = None) -> Report:
    """Verify what was built, before it is called an archive. Damaged tiles, heads and cut tails go.

    Args:
        folder: what was built.
        brought: what is known to be missing; takes the names of the files that went.
        version: of the program.
        progress: told entries done and entries in all.

    Raises:
        ArchiefError: something is wrong that was not known.
    """
    report = whole.verify(LocalStorage(folder), version=version, progress=progress)
    for fault in report.faults:
        if fault.kind in LEFT_OUT and fault.file not in brought.dropped:
            (folder / fault.file).unlink(missing_ok=True)
            brought.dropped.append(fault.file)
    known = set(brought.missing)
    report.faults = [
        fault
        for fault in report.faults
        if fault.kind not in LEFT_OUT
        and not (fault.grade == "loss" and fault.entry is not None and fault.entry in known)
    ]
    if report.gravest() not in (None, "finding"):
        error = report.error(str(folder))
        assert error is not None, "a fault that is no finding is an error"
        error.remedy = "nothing was brought back; give another copy of the log with --log, or another back-up"
        raise error
    return report


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """A file of the folder that is built; all of them are synced at its end."""
    with durable.reported(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    durable.replace_with(path, pieces, durable=False)
