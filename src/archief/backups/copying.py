"""A back-up brought up to date: what is new copied, what was destroyed erased, what was written read again.

The source decides only as far as the log vouches for it. What is damaged or missing there, with no destruction that
covers it, is named, and what the back-up has of it stays. Documents go first, then payload lines, then the log and its
heads, as in an append: a back-up that was killed half-way is continued by the next.
"""

from __future__ import annotations

import collections
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from archief import durable
from archief.backups import heads, payloads
from archief.backups.folder import Folder, Manifest, Piece, pieces_of
from archief.backups.payloads import Cover, Reference
from archief.errors import (
    ArchiefError,
    ConflictError,
    ForkError,
    MalformedError,
    NotFoundError,
    RollbackError,
    TailError,
)
from archief.events import envelope
from archief.log import Log
from archief.rules.authority import Authority
from archief.storage import base
from archief.storage.base import Segment
from archief.verification.fault import Fault, Grade, Report

Progress = Callable[[int, int], None]

_AHEAD = "bring it back with `archief restore`, or name another folder for the back-up"


@dataclass
class Made:
    """What a back-up did.

    Attributes:
        size, root: the log that it holds now.
        payloads, documents, bytes: how many it holds.
        copied_payloads, copied_documents, copied_bytes: how many of them are new, or were written again.
        erased: payloads and documents that were destroyed, and are gone from it now.
        mended: files that were damaged in the back-up and are whole again.
        faults: what is damaged or missing in the archive itself.
    """

    size: int = 0
    root: str = ""
    payloads: int = 0
    documents: int = 0
    bytes: int = 0
    copied_payloads: int = 0
    copied_documents: int = 0
    copied_bytes: int = 0
    erased: int = 0
    mended: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Whose(NamedTuple):
    """What a new target is called, and what is written down of it."""

    id: str
    time: str
    expires: str | None


class _Part(NamedTuple):
    """One payload segment in both places."""

    name: str
    first: int
    entries: Sequence[bytes]
    source: Segment | None


class Copying:
    """One run over one target, whose lock is held.

    Args:
        log: the archive.
        authority: what holds at its end.
        folder: the target.
        whose: its name, for a new one, and what to write down.
        dry: look only, write nothing.
        progress: told entries done and entries in all.
    """

    def __init__(
        self,
        log: Log,
        authority: Authority,
        folder: Folder,
        whose: Whose,
        *,
        dry: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.log = log
        self.source = log.storage
        self.authority = authority
        self.folder = folder
        self.whose = whose
        self.dry = dry
        self.progress = progress
        self.made = Made(size=log.size)
        self._pieces: dict[str, Piece] = {}
        self._present = frozenset(log.storage.document_ids())
        self._wanted: set[str] = set()

    def run(self) -> Made:
        """Bring the target up to date.

        Raises:
            CorruptError: the log of the archive is damaged; nothing was copied.
            ForkError, RollbackError: the target holds another log, or a longer one; nothing was copied.
            ConflictError: something was destroyed in the archive while it was copied.
            WriteFailedError: the target cannot be written, or gives something else back.
        """
        checkpoint = self._check()
        if not self.dry and self.folder.manifest is None:
            self.folder.keep(Manifest(id=self.whose.id, origin=self.log.origin, size=0, root="", time=self.whose.time))
        sources = {segment.first: segment for segment in self.source.payload_segments()}
        for first in range(0, self.log.size, envelope.SEGMENT_ENTRIES):
            stop = min(first + envelope.SEGMENT_ENTRIES, self.log.size)
            entries = base.entry_lines(self.source, first, stop)
            self._payloads(_Part(f"payload/{first:012d}.jsonl", first, entries, sources.get(first)))
            if self.progress is not None:
                self.progress(stop, self.log.size)
        if self.made.faults and base.read_tail(self.source).size > self.log.size:
            raise self._moved()  # what was destroyed meanwhile looks lost to who does not know of it yet
        self._strays()
        self._log()
        self._rest(checkpoint)
        if not self.dry:
            self._keep()
        return self.made

    # whether it may be

    def _check(self) -> bytes | None:
        """Judge source and target before anything is written. Gives the signed head to copy, if there is one."""
        log, known, mine = self.log, self.folder.manifest, self.folder.storage
        names = (log.origin, *(origin for origin, _ in self.authority.former_origins))
        if known is not None and known.origin not in names:
            raise ForkError(
                f"the back-up is of {known.origin}, this archive is {log.origin}",
                where=str(self.folder.place),
                remedy="name another folder: each archive has its own",
            )
        raw = self.source.read_public("checkpoint")
        head = heads.signed_head(raw, self.authority, "public/checkpoint") if raw is not None else None
        if raw is not None and head is None:
            self._fault("head", "corruption", "public/checkpoint", "the signed head is damaged; it is not copied")
        sizes = [known.size if known is not None else 0, head[0] if head is not None else 0]
        roots = heads.sealed_roots(log, sizes)
        self.made.root = roots[log.size]
        if head is not None and head[0] <= log.size:
            heads.demand_head(head, log, roots[head[0]])
        there = known.size if known is not None else 0
        if known is not None and there <= log.size and there and roots[there] != known.root:
            raise self._forked()
        try:
            tail = base.read_tail(mine)
        except TailError:  # damaged there; written again below
            tail = None
        found = tail.size if tail is not None else 0
        if max(there, found) > log.size:
            raise RollbackError(
                f"the back-up has {max(there, found)} entries, the archive {log.size}: it is ahead",
                where=str(self.folder.place),
                remedy=_AHEAD,
            )
        if tail is not None and found > there and log.entry(found - 1) != tail.commit:
            raise self._forked()
        return raw if head is not None and head[0] <= log.size else None

    def _moved(self) -> ConflictError:
        return ConflictError(
            "something was destroyed in the archive while it was copied",
            where=self.source.place,
            remedy="run the same command again: it goes on where this one stopped",
        )

    def _forked(self) -> ForkError:
        return ForkError(
            "the back-up holds another history of this archive",
            where=str(self.folder.place),
            remedy=f"find out which is right with `archief verify --archive {self.folder.archive}`; then {_AHEAD}",
        )

    # payloads and documents

    def _payloads(self, part: _Part) -> None:
        content = self.source.read(part.source) if part.source is not None else b""
        content = content[: base.payloads_from(content, self.log.size)]
        old = self.folder.bytes_of(part.name) or b""
        cover = payloads.cover(part.first, part.entries, self.authority.destructions)
        piece = Piece(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        known = self.folder.manifest
        if old == content and not cover.allowed and known is not None and known.payload.get(part.name) == piece:
            kept = dict(enumerate(content.split(b"\n")[:-1], part.first))  # as it was when each line was looked at
            self._documents(kept, cover)
        else:
            kept = self._merged(part, content, old, cover)
        fresh = payloads.joined(kept)
        if fresh == content and kept:
            self._pieces[part.name] = piece
        self.made.payloads += len(kept)
        self.made.bytes += len(fresh)

    def _merged(self, part: _Part, content: bytes, old: bytes, cover: Cover) -> dict[int, bytes]:
        """What a segment of the back-up holds from now on, by entry: written, with its documents."""
        mine = payloads.sift(part.first, part.entries, content, cover.demanded)
        theirs = payloads.sift(part.first, part.entries, old, cover.demanded) if old != content else mine
        kept, dropped = dict(mine.kept), dict(theirs.gone)
        for seq in payloads.wanted(part.first, part.entries):
            if seq in mine.kept or seq in mine.gone:
                continue
            if seq in cover.allowed:
                if seq in theirs.kept:
                    dropped[seq] = theirs.kept[seq]
                continue
            place = next((number for number, one in mine.damaged if one == seq), None)
            self._missing(part, seq, place, saved=seq in theirs.kept)
            if seq in theirs.kept:
                kept[seq] = theirs.kept[seq]
        self._documents(kept, cover)
        if payloads.joined(kept) != old:
            self._write_payloads(part, kept, dropped, old, damaged=bool(theirs.damaged))
        return kept

    def _write_payloads(
        self, part: _Part, kept: dict[int, bytes], dropped: dict[int, bytes], old: bytes, *, damaged: bool
    ) -> None:
        known = set(old.split(b"\n"))
        fresh = [line for line in kept.values() if line not in known]
        self.made.copied_payloads += len(fresh)
        self.made.copied_bytes += sum(len(line) + 1 for line in fresh)
        self.made.erased += len(dropped)
        if damaged:
            self.made.mended.append(part.name)
        if not self.dry:  # else the documents are counted as strays
            self.made.erased += self.folder.write_segment(part.name, kept, dropped)

    def _missing(self, part: _Part, seq: int, line: int | None, *, saved: bool) -> None:
        what = "a payload is missing and no destruction covers it"
        if line is not None:
            what = "the payload is not the one that was committed to"
        if saved:
            what += "; the back-up has it"
        grade: Grade = "loss" if line is None else "corruption"
        self._fault("payload-missing", grade, part.name, what, line=line, entry=seq)

    def _documents(self, kept: dict[int, bytes], cover: Cover) -> None:
        """Copy the documents that these payloads register and that are not there."""
        written: list[tuple[Path, Reference]] = []
        for seq, line in kept.items():
            for one in payloads.documents([line]):
                if one.id not in self._present and seq in cover.allowed:
                    continue  # erased already, its payload not yet: a destruction under way
                self._wanted.add(one.id)
                path = self.folder.storage.document_path(one.id)
                there = path.is_file() and not path.is_symlink() and path.stat().st_size == one.size
                if one.id not in self._present:
                    saved = "; the back-up has it" if there else ""
                    what = f"a document is missing and no destruction covers it{saved}"
                    self._fault("document-missing", "loss", _document_name(one), what, entry=seq)
                if not there and not (one.id in self._present and self._copy(path, one)):
                    continue
                if not there:
                    written.append((path, one))
                self.made.documents += 1
                self.made.bytes += one.size
        self.made.copied_documents += len(written)
        self.made.copied_bytes += sum(one.size for _, one in written)
        if written and not self.dry:
            os.sync()  # once for all of them; read again only after that
            for path, one in written:
                self.folder.demand(path, one.sha256)

    def _copy(self, path: Path, one: Reference) -> bool:
        """Copy a document; False when it is not the one that was registered."""
        mended, pieces = path.exists(), pieces_of(self.source, one)
        try:
            if self.dry:
                collections.deque(pieces, maxlen=0)
            else:
                durable.make_folder(path.parent)
                durable.replace_with(path, pieces, durable=False, unfinished=self.folder.place)
        except NotFoundError:
            raise self._moved() from None
        except MalformedError:
            what = "a document is not the one that was registered"
            self._fault("document-changed", "corruption", _document_name(one), what)
            return False
        if mended:
            self.made.mended.append(_document_name(one))
        return True

    def _strays(self) -> None:
        """Delete documents that no payload of the back-up registers: those of what was destroyed, or of a half run."""
        for document in list(self.folder.storage.document_ids()):
            if document not in self._wanted:
                self.made.erased += 1
                if not self.dry:
                    durable.remove(self.folder.storage.document_path(document))

    # the log and its heads

    def _log(self) -> None:
        """Copy the log up to its last commit. Read again, it is the bytes that folded to the sealed root."""
        for segment in self.source.log_segments():
            if segment.first >= self.log.size:
                continue
            tail = self.log.tail
            last = tail.segment is not None and tail.segment.first == segment.first
            content = self.source.read(segment, 0, tail.end_bytes if last else None)
            old = self.folder.bytes_of(segment.name)
            self.made.bytes += len(content)
            if old == content:
                continue
            if old is not None and not content.startswith(old):
                self.made.mended.append(segment.name)
            self.made.copied_bytes += len(content) - len(old or b"")
            if not self.dry:
                self.folder.put(segment.name, content)

    def _rest(self, checkpoint: bytes | None) -> None:
        """Copy cut tails, tiles and heads; tiles that are no longer served go."""
        for name, content in self.source.recovered():
            self._put(name, content)
        paths = heads.public_files(self.source, self.log.size)
        for path in paths:
            found = checkpoint if path == "checkpoint" else self.source.read_public(path)
            if found is not None:
                self._put(f"public/{path}", found)
        for path in set(self.folder.storage.public_paths()) - set(paths):
            if path.startswith("tile/") and not self.dry:
                self.folder.storage.remove_public(path)

    def _put(self, name: str, content: bytes) -> None:
        if self.folder.bytes_of(name) != content and not self.dry:
            if name.startswith("public/tile/"):
                self.folder.storage.write_public(name.removeprefix("public/"), content, durable=False)
            else:
                self.folder.put(name, content)

    def _keep(self) -> None:
        made, known = self.made, self.folder.manifest
        assert known is not None, "written before anything was copied"
        self.folder.keep(
            Manifest(
                id=known.id,
                origin=self.log.origin,
                size=made.size,
                root=made.root,
                time=self.whose.time,
                expires=self.whose.expires,
                payload=self._pieces,
                payloads=made.payloads,
                documents=made.documents,
                bytes=made.bytes,
            )
        )

    def _fault(
        self, kind: str, grade: Grade, file: str, what: str, line: int | None = None, entry: int | None = None
    ) -> None:
        remedy = "look at it with `archief verify`; `archief restore` brings back what an earlier back-up has of it"
        self.made.faults.append(
            Fault(kind=kind, grade=grade, file=file, what=what, line=line, entry=entry, remedy=remedy)
        )


def _document_name(one: Reference) -> str:
    return f"documents/{one.id[:2]}/{one.id}.bin"


def error_of(faults: Sequence[Fault], where: str) -> ArchiefError | None:
    """The error that a back-up ends with when something is wrong in the archive itself; None when nothing is."""
    return Report(faults=list(faults)).error(where)
