"""One stretch of the log, line by line: the work that is shared out over processes.

Reads a segment's entries and payload lines once. Checks each line's form, its place in the order, its commitment, the
documents it names, the root over each commit's events and each commit's signature. What needs the rest of the log (the
root at a commit's base, authority, lawful absence) goes back to ``whole`` in small pieces.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from archief import canonical, keys
from archief.errors import ArchiefError, MalformedError
from archief.events import envelope
from archief.events.envelope import Commit
from archief.events.letters import LetterSignedFacts
from archief.keys import PublicKey
from archief.rules.signing import LETTER_SIGNED
from archief.storage import base
from archief.stored_tree import WIDTH, split
from archief.tlog import merkle, tiles
from archief.verification.documents import DOCUMENT_MISSING, check_document
from archief.verification.fault import Fault, Grade
from archief.verification.kinds import Kind, explain_event, explain_payload, kind_of
from archief.verification.stretch import InnerSignature, Scan, SeenCommit, Stretch

COMMITMENT = re.compile(r"[0-9a-f]{64}")
_SEQ_END = re.compile(rb'"seq":([0-9]{1,16})\}\Z')


def scan(stretch: Stretch) -> Scan:
    """Look at one stretch. Runs in a worker process; garbage collection is off meanwhile (nothing here is cyclic)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return _Scanner(stretch).run()
    finally:
        if enabled:
            gc.enable()


class _Scanner:
    """The state of one scan."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self.storage = stretch.storage
        self.keys = dict(stretch.keys)
        self.segment = stretch.segment
        self.name = stretch.segment.name
        self.out = Scan(stretch.segment, stretch.begin, stretch.begin, keys=self.keys)
        self.payload_name = f"payload/{stretch.segment.first:012d}.jsonl"
        self.payload_lines: list[bytes] = []
        self.payload_at = 0
        self.payload_first_line = 1
        self.entries: list[bytes] = []
        self.kinds: dict[bytes, Kind | None] = {}
        self.streams: set[str] = set()
        self.tags: dict[str, None] = {}
        self.commits: list[tuple[int, Commit, tuple[str, ...], bytes]] = []
        self.leaves: list[bytes] = []
        self.suspects: set[int] = set()
        self.origin = ""

    def run(self) -> Scan:
        """Read, look at every line, then at the tree."""
        lines, first_line = self._entries()
        self._read_payloads()
        self._lines(lines, first_line)
        self._stray_payloads()
        self.leaves = merkle.leaf_hashes(self.entries)
        self.out.end = self.out.begin + len(self.entries)
        self._tree(self.out.begin)
        return self.out

    # reading

    def _entries(self) -> tuple[list[bytes], int]:
        stretch = self.stretch
        content = self.storage.read(self.segment)
        lines = content.split(b"\n")
        torn = lines.pop()
        limit = max(stretch.stop - self.segment.first, 0)
        full = len(lines) >= envelope.SEGMENT_ENTRIES
        if torn and (full or len(lines) < limit):
            self.fault("torn", "corruption", "the last line has no end", line=len(lines) + 1)
        if len(lines) > envelope.SEGMENT_ENTRIES:
            self.fault(
                "lines",
                "corruption",
                "lines after the last entry that this segment can hold",
                line=envelope.SEGMENT_ENTRIES + 1,
                expected=f"{envelope.SEGMENT_ENTRIES} lines",
                found=f"{len(lines)} lines",
            )
        limit = min(limit, envelope.SEGMENT_ENTRIES)
        skip = stretch.begin - self.segment.first
        return lines[skip:limit], skip + 1

    def _read_payloads(self) -> None:
        parts = base.segments_between(self.storage.payload_segments(), self.segment.first, self.stretch.stop)
        content = b""
        for part in parts:
            if part.first < self.segment.first + envelope.SEGMENT_ENTRIES:
                content += self.storage.read(part)
        lines = content.split(b"\n")
        if lines.pop():
            self.payload_fault("torn", "corruption", "the last payload line has no end", line=len(lines) + 1)
        if self.stretch.begin > self.segment.first:
            keep = len(lines)
            while keep and seq_of(lines[keep - 1]) >= self.stretch.begin:
                keep -= 1
            self.payload_first_line, lines = keep + 1, lines[keep:]
        self.payload_lines = lines

    # lines

    def _lines(self, lines: Sequence[bytes], first_line: int) -> None:  # noqa: C901, PLR0912 - the one hot loop
        """Look at every line once. The common road is short: whatever is odd goes to a method of its own."""
        out, entries, kinds, tags, streams = self.out, self.entries, self.kinds, self.tags, self.streams
        payload_lines, begun = self.payload_lines, hashlib.sha256(envelope.PAYLOAD_PREFIX)
        for number, entry in enumerate(lines, first_line):
            tag = entry[entry.rfind(b'"type":"') + 8 : -2]
            kind = kinds.get(tag)
            if kind is None:
                if tag == b"commit.v1":
                    self._commit(entry, number)
                    continue
                kind = kinds[tag] = kind_of(tag)
            event = kind.read(entry) if kind is not None else None
            if kind is None or event is None or len(entry) > envelope.ENTRY_BYTES_MAX:
                self._damaged(entry, kind, number)
                continue
            if event.stream not in streams:
                if not envelope.STREAM_PATTERN.fullmatch(event.stream):
                    self._damaged(entry, kind, number)
                    continue
                streams.add(event.stream)
            seq = event.seq
            if seq != out.begin + len(entries) and not self._shifted(seq, number):
                continue
            if event.stream_seq > seq:
                what = "a version of its stream beyond the log's length"
                self.fault("malformed", "corruption", what, line=number, entry=seq)
            entries.append(entry)
            tags[kind.tag] = None
            out.events += 1
            if event.payload is not None:
                at = self.payload_at
                line = payload_lines[at] if at < len(payload_lines) else b""
                digest = begun.copy()
                digest.update(line)
                if digest.hexdigest() == event.payload:
                    self.payload_at = at + 1
                    self._payload(kind, line, seq, at)
                elif not self._odd_payload(entry, kind, event, number):
                    continue
            elif kind.required:
                self.fault("malformed", "corruption", "this event type needs a payload", line=number, entry=seq)
            if kind.looked:
                self._look(entry, kind, event)

    def _payload(self, kind: Kind, line: bytes, seq: int, at: int) -> None:
        """Check what stands in a payload line that is the one committed to."""
        out = self.out
        out.payloads += 1
        payload = kind.read_payload(line)
        if payload is None or payload.seq != seq or len(line) > envelope.PAYLOAD_BYTES_MAX:
            what = explain_payload(kind.tag, line)
            self.payload_fault("malformed", "corruption", what, line=self.payload_first_line + at, entry=seq)
        elif kind.documents and payload.data.documents:
            for document in payload.data.documents:
                out.documents.append(document.id)
                for fault in check_document(self.storage, document, seq):
                    self._document_fault(fault)

    def _document_fault(self, fault: Fault) -> None:
        """A document may be gone before its payload while a destruction is carried out: the fold knows."""
        if fault.kind != DOCUMENT_MISSING:
            self.out.faults.append(fault)
            return
        event = envelope.decode_event(self.entries[-1])
        self.out.documents_missing.append((event.seq, event.stream, event.stream_seq, fault))

    def _damaged(self, entry: bytes, kind: Kind | None, line: int) -> None:
        """Name a line that is no event; its payload line, if there is one, is passed over."""
        seq = self.out.begin + len(self.entries)
        what = "not an event type that this version of archief knows"
        if len(entry) > envelope.ENTRY_BYTES_MAX:
            what = f"an entry of {len(entry):,} bytes; the limit is {envelope.ENTRY_BYTES_MAX:,}"
        elif kind is not None:
            what = explain_event(entry)
        self.suspects.add(seq)
        self.fault("malformed", "corruption", what, line=line, entry=seq)
        self.entries.append(entry)
        self.out.events += 1
        self._skip_payload(seq)

    def _shifted(self, own_seq: int, line: int) -> bool:
        """A line that is not where it says it stands: entries are missing, or it is there twice (then pass over it)."""
        seq = self.out.begin + len(self.entries)
        if not seq < own_seq < self.segment.first + envelope.SEGMENT_ENTRIES:
            self.fault(
                "entry-stray", "corruption", "an entry out of its place, or twice", line=line, entry=seq,
                expected=f"entry {seq}", found=f"entry {own_seq}",
            )  # fmt: skip
            return False
        self.fault(
            "entries-missing", "corruption", f"entries {seq} to {own_seq - 1} are missing", line=line, entry=seq,
            expected=f"entry {seq}", found=f"entry {own_seq}",
        )  # fmt: skip
        for missing in range(seq, own_seq):
            self.suspects.add(missing)
            self.entries.append(b"")
            self._skip_payload(missing)
        return True

    def _odd_payload(self, entry: bytes, kind: Kind, event: Any, number: int) -> bool:  # noqa: ANN401
        """The payload line that stands next is not the one committed to: strays before it, changed, or absent.

        False when what should be a commitment is none: then the event cannot be believed.
        """
        lines, at, seq, end = self.payload_lines, self.payload_at, event.seq, b',"seq":%d}' % event.seq
        if not COMMITMENT.fullmatch(event.payload):
            self.suspects.add(seq)
            self.fault("malformed", "corruption", explain_event(entry), line=number, entry=seq)
            self._skip_payload(seq)
            return False
        while at < len(lines) and not lines[at].endswith(end) and seq_of(lines[at]) < seq:
            at = self._stray(at)
        self.payload_at = at
        if at == len(lines) or not lines[at].endswith(end):
            self.out.absent.append((seq, event.stream, event.stream_seq))
            return True
        self.payload_at = at + 1
        found = envelope.commitment(lines[at])
        if found == event.payload:
            self._payload(kind, lines[at], seq, at)
            return True
        self.out.payloads += 1
        self.payload_fault(
            "payload-changed", "corruption", "the payload is not the one that was committed to",
            line=self.payload_first_line + at, entry=seq, expected=event.payload, found=found,
        )  # fmt: skip
        return True

    def _look(self, entry: bytes, kind: Kind, event: Any) -> None:  # noqa: ANN401
        """Keep what authority rests on; check an inner signature whose key is known."""
        facts, seq = event.facts, event.seq
        if kind.tag == LETTER_SIGNED:
            known = self.keys.get(facts.key)
            before = all(covered.seq < seq for covered in facts.covers)  # the fold says why when not
            holds = before and known is not None and self._inner_signature_holds(event.stream, facts, known)
            self.out.signatures.append(InnerSignature(seq, facts.key, facts.signatory, b"" if holds else entry))
            return
        self.out.looked.append((seq, entry))
        if kind.tag == "key_enrolled.v1":
            with contextlib.suppress(ArchiefError):  # the fold over authority names a key that is refused
                raw = canonical.base64_decode(facts.key.public)
                public = PublicKey.checked(facts.key.type, raw)
                self.keys.setdefault(public.id, public)

    def _inner_signature_holds(self, stream: str, facts: LetterSignedFacts, known: PublicKey) -> bool:
        """Whether it verifies under the log's name as the last commit gave it; if not, the fold looks again."""
        if not self.origin:
            return False
        message = envelope.letter_message(
            self.origin, stream, facts.covers, facts.role, facts.on_behalf_of, facts.basis
        )
        try:
            keys.verify(known, message, canonical.base64_decode(facts.signature))
        except ArchiefError:
            return False
        return True

    def _commit(self, entry: bytes, line: int) -> None:
        seq = self.out.begin + len(self.entries)
        try:
            commit = envelope.decode_commit(entry)
            if commit.base.size + commit.events != commit.seq:
                raise MalformedError("the commit's base and number of events do not reach up to it")
        except ArchiefError as error:
            self.suspects.add(seq)
            self.fault("malformed", "corruption", error.what, line=line, entry=seq)
            self.entries.append(entry)
            return
        if commit.seq != seq and not self._shifted(commit.seq, line):
            return
        self._skip_payload(commit.seq)
        self.entries.append(entry)
        self.commits.append((line, commit, tuple(self.tags), entry))
        self.tags.clear()
        self.origin = commit.origin

    def _skip_payload(self, seq: int) -> None:
        """Pass over payload lines of an entry that has none, or whose event cannot be read."""
        at = self.payload_at
        while at < len(self.payload_lines) and seq_of(self.payload_lines[at]) <= seq:
            if seq_of(self.payload_lines[at]) == seq and seq in self.suspects:
                at += 1
                continue
            at = self._stray(at)
        self.payload_at = at

    def _stray(self, at: int) -> int:
        """Name a payload line that belongs to no event here."""
        found = seq_of(self.payload_lines[at])
        self.payload_fault(
            "payload-stray",
            "corruption",
            "a payload line that belongs to no entry here, twice or out of order",
            line=self.payload_first_line + at,
            found=f"seq {found}" if found >= 0 else "no seq",
        )
        return at + 1

    def _stray_payloads(self) -> None:
        """Payload lines after the last entry: left by an interrupted append when the log is not longer."""
        while self.payload_at < len(self.payload_lines):
            found = seq_of(self.payload_lines[self.payload_at])
            if found < self.stretch.stop:
                self.payload_at = self._stray(self.payload_at)
                continue
            self.payload_fault(
                "payload-loose",
                "finding",
                "a payload line beyond the log's end, left by an interrupted append",
                line=self.payload_first_line + self.payload_at,
                found=f"seq {found}",
                remedy="the next append clears it away; `archief doctor --repair` does it now",
            )
            self.payload_at += 1

    # the tree

    def _tree(self, begin: int) -> None:
        """Roots over each commit's events, signatures, and the root of this stretch before each commit's base."""
        out, leaves = self.out, self.leaves
        if self.suspects:
            self._mend(range(begin, begin + len(leaves)))
        frontier, grown, sealed = self.stretch.start or merkle.Frontier(), begin, begin
        for line, commit, tags, entry in self.commits:
            events_from = commit.base.size
            inner = None
            if events_from >= begin:
                if events_from != sealed:
                    self.fault(
                        "unsealed", "corruption", f"the commit seals entries from {events_from} on", line=line,
                        entry=commit.seq, expected=f"from {sealed}", found=f"from {events_from}",
                    )  # fmt: skip
                events = leaves[events_from - begin : commit.seq - begin]
                if (merkle.root(events) if len(events) != 1 else events[0]).hex() != commit.root:
                    self._name_changed(range(events_from, commit.seq), commit, line)
                if grown <= events_from:
                    _extend(frontier, leaves[grown - begin : events_from - begin])
                    grown = events_from
                    inner = frontier.root() if frontier.size else b""
            else:
                out.leaves_head = leaves[: commit.seq - begin]
            public = self.keys.get(commit.key)
            message = envelope.commit_message(entry)
            if public is not None:
                self._signature(public, message, commit, line)
            out.commits.append(
                SeenCommit(commit, line, tags, inner, public is not None, b"" if public is not None else message)
            )
            sealed = commit.seq + 1
        frontier.extend(leaves[grown - begin : sealed - begin])
        out.sealed = frontier
        out.leaves_tail = leaves[sealed - begin :]
        out.tags_tail = tuple(self.tags)
        if len(leaves) < envelope.SEGMENT_ENTRIES and begin == self.segment.first:
            full = range(0, len(leaves) - WIDTH + 1, WIDTH)
            out.rows = [merkle.root(leaves[at : at + WIDTH]) for at in full]
        self._tiles(begin)

    def _signature(self, public: PublicKey, message: bytes, commit: Commit, line: int) -> None:
        try:
            keys.verify(public, message, canonical.base64_decode(commit.sig))
        except ArchiefError as error:
            self.fault("commit-signature", "corruption", error.what, line=line, entry=commit.seq)
            self.suspects.add(commit.seq)
            self._mend(range(commit.seq, commit.seq + 1))

    def _name_changed(self, events: range, commit: Commit, line: int) -> None:
        """A commit's events are not those it sealed: the tiles tell which, when they are there."""
        begin = self.out.begin
        stored = self._stored(events)
        changed = [seq for seq in events if stored.get(seq, self.leaves[seq - begin]) != self.leaves[seq - begin]]
        mended = [stored.get(seq, self.leaves[seq - begin]) for seq in events]
        if changed and merkle.root(mended).hex() == commit.root:
            for seq in changed:
                if seq not in self.suspects:
                    self.fault(
                        "entry-changed", "corruption", "the entry is not the one that was sealed",
                        line=seq - self.segment.first + 1, entry=seq,
                        expected=stored[seq].hex(), found=self.leaves[seq - begin].hex(),
                    )  # fmt: skip
                self.leaves[seq - begin] = stored[seq]
            return
        self.out.broken = True
        self.fault(
            "commit-root",
            "corruption",
            f"the commit does not seal its events: one of entries {events.start} to {events.stop - 1} was changed",
            line=line,
            entry=commit.seq,
            expected=commit.root,
            found=merkle.root(self.leaves[events.start - begin : events.stop - begin]).hex(),
        )

    def _mend(self, entries: range) -> None:
        """Put the leaf hashes that the tiles kept in place of those of damaged lines, so that later faults show
        apart.
        """
        stored = self._stored(entries)
        for seq in self.suspects:
            if seq in stored:
                self.leaves[seq - self.out.begin] = stored[seq]

    def _stored(self, entries: range) -> dict[int, bytes]:
        """The leaf hashes that the lowest tiles hold for some entries."""
        found: dict[int, bytes] = {}
        for path in self.stretch.tile_paths:
            named = tiles.parse_path(path)
            first = named.index * WIDTH
            if named.level == 0 and first < entries.stop and first + WIDTH > entries.start:
                for offset, leaf in enumerate(split(self.storage.read_public(path) or b"")):
                    found.setdefault(first + offset, leaf)
        return found

    def _tiles(self, begin: int) -> None:
        """Compare the lowest tiles with the leaves."""
        for path in self.stretch.tile_paths:
            named = tiles.parse_path(path)
            first = named.index * WIDTH
            if first < begin or first + named.width > begin + len(self.leaves):
                if first + named.width > self.stretch.stop:
                    self.tile_fault(path, "a tile beyond the log's end")
                continue
            here = slice(first - begin, first - begin + named.width)
            expected = b"".join(self.leaves[here]) if named.level == 0 else tiles.encode_bundle(self.entries[here])
            if self.storage.read_public(path) != expected:
                what = "the tile does not hold the hashes" if named.level == 0 else "the bundle does not hold the lines"
                self.tile_fault(path, f"{what} of its entries")

    # faults

    def fault(self, kind: str, grade: Grade, what: str, **place: Any) -> None:  # noqa: ANN401
        """Note a fault in the log segment."""
        self.out.faults.append(Fault(kind=kind, grade=grade, file=self.name, what=what, **place))

    def payload_fault(self, kind: str, grade: Grade, what: str, **place: Any) -> None:  # noqa: ANN401
        """Note a fault in the payload segment."""
        self.out.faults.append(Fault(kind=kind, grade=grade, file=self.payload_name, what=what, **place))

    def tile_fault(self, path: str, what: str) -> None:
        """Note a fault in a tile."""
        self.out.faults.append(
            Fault(
                kind="tile",
                grade="corruption",
                file=f"public/{path}",
                what=what,
                remedy="tiles can be made again: `archief doctor --repair`",
            )
        )


def _extend(frontier: merkle.Frontier, leaves: Sequence[bytes]) -> None:
    """Add leaves in the quicker way: a few one by one."""
    if len(leaves) > 8:
        frontier.extend(leaves)
        return
    for leaf in leaves:
        frontier.append(leaf)


def seq_of(line: bytes) -> int:
    """The entry that a payload line belongs to; -1 when it does not say."""
    found = _SEQ_END.search(line, max(len(line) - 32, 0))
    return int(found[1]) if found else -1
