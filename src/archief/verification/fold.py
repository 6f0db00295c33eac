"""The stretches of a log put together again, in order: the tree, authority, time, what may be absent.

Knows what ``scan`` found in each stretch and what the whole log must say. Opens nothing.
"""

from __future__ import annotations

import array
from collections.abc import Iterable, Sequence
from typing import TypeVar

from archief import canonical, keys
from archief.commit_facts import Line
from archief.errors import ArchiefError, SignatureError
from archief.events import envelope
from archief.events.envelope import Event
from archief.rules import signing
from archief.rules.authority import Authority, Judgement
from archief.tlog import merkle
from archief.verification.fault import Fault, Grade, Report
from archief.verification.stretch import InnerSignature, Scan, SeenCommit

ALLOWED_MAX = 10_000
"""So many answers of authority are remembered: who appends what repeats."""

T = TypeVar("T", bound="tuple[int, bytes] | InnerSignature")


class Fold:
    """What is known of a log up to the end of the last stretch taken in.

    Args:
        report: takes the faults and counts.
        authority: what holds at the beginning: empty, or what held at a receipt.
        frontier: the tree at the beginning.
        time: the time of the last commit before it.

    Attributes:
        authority_lines: what authority rests on, as the index keeps it.
    """

    def __init__(
        self, report: Report, authority: Authority, frontier: merkle.Frontier | None = None, time: str = ""
    ) -> None:
        self.report = report
        self.authority = authority
        self.frontier = frontier or merkle.Frontier()
        self.segment_roots: list[bytes] = []
        self.rows: list[bytes] = []
        self.roots: dict[int, bytes] = {}
        self.documents: set[str] = set()
        self.absent: list[tuple[int, str, int]] = []
        self._documents_missing: list[tuple[int, str, int, Fault]] = []
        self.authority_lines: list[Line] = []
        self._sealed_root = self.frontier.root()
        self._open_leaves: list[bytes] = []
        self._open_tags: tuple[str, ...] = ()
        self._open_looked: list[tuple[int, bytes]] = []
        self._open_signatures: list[InnerSignature] = []
        self._time = time
        self._commits_of: dict[str, array.array[int]] = {}
        self._lost = 0
        self._allowed: set[tuple[str, ...]] = set()  # key, origin and types that authority allows as it is now

    def take(self, scan: Scan, *, continued: bool = False) -> None:
        """Take in the next stretch.

        Args:
            scan: what was found in it.
            continued: its frontier was begun at this fold's, so that its roots are those of the whole tree.
        """
        report = self.report
        report.faults += scan.faults
        report.events += scan.events
        report.payloads += scan.payloads
        report.commits += len(scan.commits)
        self.absent += scan.absent
        self._documents_missing += scan.documents_missing
        report.documents += len(scan.documents)
        self._documents(scan.documents)
        looked_at = signed_at = 0
        before = merkle.Frontier() if continued else self.frontier
        for seen in scan.commits:
            tags, leaves = seen.tags, None
            if seen.inner_root is None and seen.commit.base.size < scan.begin:
                tags = tuple(dict.fromkeys((*self._open_tags, *seen.tags)))
                leaves = [*self._open_leaves, *scan.leaves_head]
                base_root = self._sealed_root
            else:
                base_root = _join_root(before, seen.inner_root)
            self._tree(seen, base_root, leaves, scan)
            looked, looked_at = _upto(scan.looked, looked_at, seen.commit.seq)
            signed, signed_at = _upto(scan.signatures, signed_at, seen.commit.seq)
            if self._open_looked or self._open_signatures:
                looked, signed = [*self._open_looked, *looked], [*self._open_signatures, *signed]
                self._open_looked, self._open_signatures = [], []
            self._authority(seen, tags, looked, signed, scan)
        self._open_looked += scan.looked[looked_at:]
        self._open_signatures += scan.signatures[signed_at:]
        self._end(scan, before, continued=continued)

    def _documents(self, registered: Iterable[str]) -> None:
        """Documents are of one record each: the destruction of one would take the other's away."""
        for document in registered:
            if document in self.documents:
                self._fault(
                    "document-twice",
                    "finding",
                    f"documents/{document[:2]}/{document}.bin",
                    "a document is registered twice",
                    remedy="find out who appended the second entry; neither record is destroyed until that is known",
                )
            self.documents.add(document)

    def finish(self) -> None:
        """Judge what needs the whole log."""
        destructions = self.authority.destructions
        for seq, stream, stream_seq in self.absent:
            if seq >= self.report.size:
                continue  # not committed: the loose tail is named as such
            if destructions.cover(seq, stream, stream_seq):
                self.report.gone(seq, stream, destructions)
            else:
                self._fault(
                    "payload-missing",
                    "loss",
                    f"payload/{seq - seq % envelope.SEGMENT_ENTRIES:012d}.jsonl",
                    "a payload is missing and no destruction covers it",
                    entry=seq,
                    remedy="bring it back from a back-up",
                )
        for seq, stream, stream_seq, fault in self._documents_missing:
            if not self.authority.destructions.cover(seq, stream, stream_seq):
                self.report.faults.append(fault)
        if self._open_leaves:
            self._fault(
                "loose-tail",
                "finding",
                f"log/{self._segment(self.report.size):012d}.jsonl",
                f"{len(self._open_leaves)} entries after the last commit, left by an interrupted append",
                entry=self.report.size,
                remedy="the next append moves them to recovered/",
            )
        for key in self.authority.keys.values():
            if key.suspect_from is not None and key.revoked is not None:
                self._suspect(key.public.id, key.suspect_from, key.revoked)

    # one commit

    def _tree(self, seen: SeenCommit, base_root: bytes, leaves: Sequence[bytes] | None, scan: Scan) -> None:
        commit, name = seen.commit, scan.segment.name
        if leaves is not None:
            if len(leaves) != commit.events:
                self._fault(
                    "unsealed",
                    "corruption",
                    name,
                    "the commit does not seal all entries since the one before",
                    line=seen.line,
                    entry=commit.seq,
                    expected=f"{len(leaves)} events",
                    found=f"{commit.events} events",
                )
            elif merkle.root(leaves).hex() != commit.root:
                self._fault(
                    "commit-root",
                    "corruption",
                    name,
                    f"the commit does not seal its events: one of entries {commit.base.size} to {commit.seq - 1} was"
                    " changed",
                    line=seen.line,
                    entry=commit.seq,
                    expected=commit.root,
                    found=merkle.root(leaves).hex(),
                )
        if base_root.hex() == commit.base.root:
            self.roots[commit.base.size] = base_root
            return
        self._lost += 1
        if self._lost == 1:
            self._fault(
                "base-root",
                "corruption",
                name,
                "the entries before this commit are not those that it was signed over"
                " (later commits that say the same are not repeated)",
                line=seen.line,
                entry=commit.seq,
                expected=commit.base.root,
                found=base_root.hex(),
            )

    def _authority(
        self,
        seen: SeenCommit,
        tags: Sequence[str],
        looked: Sequence[tuple[int, bytes]],
        signed: Sequence[InnerSignature],
        scan: Scan,
    ) -> None:
        commit, name = seen.commit, scan.segment.name
        self.report.size = commit.seq + 1
        if commit.time < self._time:
            self._fault(
                "time-disorder",
                "finding",
                name,
                "the commit's time is before the previous one's",
                line=seen.line,
                entry=commit.seq,
                expected=f"{self._time} or later",
                found=commit.time,
            )
        self._time = max(self._time, commit.time)
        events = [envelope.decode_event(entry) for _, entry in looked]
        judgement = self._judge(seen, tags, events)
        for reason in judgement.unauthorised:
            self._fault(
                "unauthorised",
                "finding",
                name,
                f"an unauthorised commit, which replay skips: {reason}",
                line=seen.line,
                entry=commit.seq,
            )
        if judgement.unauthorised:
            self.report.unauthorised.append(commit.seq)
        if not seen.signed:
            self._late_signature(seen, name)
        self._commits_of.setdefault(commit.key, array.array("Q")).append(commit.seq)
        if looked:
            self.authority_lines += [(seq, entry, "") for seq, entry in looked]
            self.authority_lines.append((commit.seq, canonical.encode_struct(commit), " ".join(sorted(tags))))
        if not judgement.unauthorised:
            for one in signed:
                self._inner_signature(one, commit.base.size, name)

    def _judge(self, seen: SeenCommit, tags: Sequence[str], events: Sequence[Event]) -> Judgement:
        """As ``Authority.admit``, for a commit of whose events only some are at hand."""
        asked = (seen.commit.key, seen.commit.origin, *tags)
        if not events and asked in self._allowed:
            return Judgement()
        reasons = self.authority.judge(seen.commit.key, seen.commit.origin, tags)
        if reasons:
            return Judgement(reasons)
        judgement = self.authority.take(seen.commit, events)
        if events or len(self._allowed) == ALLOWED_MAX:
            self._allowed.clear()
        elif not judgement.unauthorised:
            self._allowed.add(asked)
        return judgement

    def _late_signature(self, seen: SeenCommit, name: str) -> None:
        public = self.authority.public_key(seen.commit.key)
        if public is None:
            return  # an unknown key: the commit is unauthorised already
        try:
            keys.verify(public, seen.message, canonical.base64_decode(seen.commit.sig))
        except ArchiefError as error:
            self._fault("commit-signature", "corruption", name, error.what, line=seen.line, entry=seen.commit.seq)

    def _inner_signature(self, one: InnerSignature, base_size: int, name: str) -> None:
        try:
            if one.entry:
                signing.check_inner_signature(envelope.decode_event(one.entry), self.authority, base_size, None)
                return
            signing.check_signatory(one.key, one.signatory, self.authority, one.seq)
        except SignatureError as error:
            self._fault("inner-signature", "corruption", name, error.what, entry=one.seq)
        except ArchiefError as error:
            self._fault("inner-signature", "finding", name, error.what, entry=one.seq)

    # the end of a stretch

    def _end(self, scan: Scan, before: merkle.Frontier, *, continued: bool) -> None:
        """The tree after this stretch, and what is open at its end."""
        count = scan.end - scan.begin
        if scan.commits:
            self._open_leaves, self._open_tags = list(scan.leaves_tail), scan.tags_tail
            self._sealed_root = _join(before, scan.sealed).root() if not continued else scan.sealed.root()
        else:
            self._open_leaves += scan.leaves_tail
            self._open_tags = tuple(dict.fromkeys((*self._open_tags, *scan.tags_tail)))
        own = scan.sealed.copy()
        own.extend(scan.leaves_tail)
        if not continued and count == envelope.SEGMENT_ENTRIES:
            self.segment_roots.append(own.root())
        else:
            self.rows = scan.rows
        self.frontier = own if continued else _join(before, own)
        self.roots[self.report.size] = self._sealed_root

    def _suspect(self, key: str, suspect_from: int, revoked: int) -> None:
        for seq in self._commits_of.get(key, ()):
            if suspect_from <= seq < revoked:
                self._fault(
                    "suspect",
                    "finding",
                    f"log/{self._segment(seq):012d}.jsonl",
                    f"a commit by key {key[:8]}, which was later revoked as suspect from entry {suspect_from} on",
                    entry=seq,
                )

    @staticmethod
    def _segment(seq: int) -> int:
        return seq - seq % envelope.SEGMENT_ENTRIES

    def _fault(
        self,
        kind: str,
        grade: Grade,
        file: str,
        what: str,
        *,
        line: int | None = None,
        entry: int | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.report.faults.append(
            Fault(
                kind=kind,
                grade=grade,
                file=file,
                what=what,
                line=line,
                entry=entry,
                expected=expected,
                found=found,
                remedy=remedy,
            )
        )


def _upto(found: Sequence[T], begin: int, seq: int) -> tuple[Sequence[T], int]:
    """What was found from place ``begin`` on in entries before ``seq``, and the place where that ends."""
    end = begin
    while end < len(found) and found[end][0] < seq:
        end += 1
    return found[begin:end], end


def _join(before: merkle.Frontier, own: merkle.Frontier) -> merkle.Frontier:
    """The frontier of a tree and the stretch after it, which begins at a multiple of a segment's entries."""
    if own.size != envelope.SEGMENT_ENTRIES:
        size = before.size + own.size
        if size.bit_count() != len(before.peaks) + len(own.peaks):
            return own  # entries are missing or too many: a fault that was named already
        return merkle.Frontier(size, [*before.peaks, *own.peaks])
    peaks, node, count = list(before.peaks), own.root(), before.size // envelope.SEGMENT_ENTRIES
    while count & 1:
        node = merkle.node_hash(peaks.pop(), node)
        count >>= 1
    return merkle.Frontier(before.size + own.size, [*peaks, node])


def _join_root(before: merkle.Frontier, inner: bytes | None) -> bytes:
    """The root of a tree and the part of a stretch after it whose own root is ``inner``; empty for none."""
    if not inner:
        return before.root()
    root = inner
    for peak in reversed(before.peaks):
        root = merkle.node_hash(peak, root)
    return root
