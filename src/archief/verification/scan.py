"""One stretch of the log, line by line: the work that is shared out over processes.

Reads a segment's entries and payload lines once. Checks each line's form, its place in the order, its commitment, the
documents it names, the root over each commit's events and each commit's signature. What needs the rest of the log (the
root at a commit's base, authority, lawful absence) goes back to ``whole`` in small pieces.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from archief import canonical, keys
from archief.errors import ArchiefError, MalformedError
from archief.events import catalogue, envelope
from archief.events.base import DocumentRef
from archief.events.envelope import Commit, Event
from archief.index import is_authority
from archief.keys import PublicKey
from archief.rules.signing import LETTER_SIGNED
from archief.storage import base
from archief.stored_tree import WIDTH, split
from archief.tlog import merkle, tiles
from archief.verification.fault import Fault, Grade
from archief.verification.stretch import InnerSignature, Scan, SeenCommit, Stretch


def scan(stretch: Stretch) -> Scan:
    """Look at one stretch. Runs in a worker process; garbage collection is off meanwhile (nothing here is cyclic)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return _Scanner(stretch).run()
    finally:
        if enabled:
            gc.enable()


def enrolled_keys(found: Scan) -> dict[str, PublicKey]:
    """The keys enrolled in a stretch, by id: a key's id is its hash, so they need no more trust than a candidate."""
    known: dict[str, PublicKey] = {}
    for _, entry in found.looked:
        if entry.endswith(b'"key_enrolled.v1"}'):
            fact = envelope.decode_event(entry).facts.key
            public = PublicKey(fact.type, canonical.base64_decode(fact.public))
            known[public.id] = public
    return known


class _Scanner:
    """The state of one scan."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self.storage = stretch.storage
        self.keys = dict(stretch.keys)
        self.segment = stretch.segment
        self.name = stretch.segment.name
        self.out = Scan(stretch.segment, stretch.begin, stretch.begin)
        self.payload_name = f"payload/{stretch.segment.first:012d}.jsonl"
        self.payload_lines: list[bytes] = []
        self.payload_at = 0
        self.payload_first_line = 1
        self.entries: list[bytes] = []
        self.leaves: list[bytes] = []
        self.suspects: set[int] = set()
        self.origin = ""

    def run(self) -> Scan:
        """Read, look at every line, then at the tree."""
        entries, first_line = self._entries()
        self._read_payloads()
        out = self.out
        self.entries = entries
        self.leaves = merkle.leaf_hashes(entries)
        tags: list[str] = []
        commits: list[tuple[int, Commit, tuple[str, ...], bytes]] = []
        seq, begin, decoders = out.begin, out.begin, _Decoders()
        for number, entry in enumerate(entries):
            tag = entry[entry.rfind(b'"type":"') + 8 : -2]
            line = first_line + number
            if tag == b"commit.v1":
                commit = self._commit(entry, seq, line)
                if commit is not None:
                    commits.append((line, commit, tuple(dict.fromkeys(tags)), entry))
                tags = []
            else:
                text = self._event(entry, tag, seq, line, decoders)
                if text:
                    tags.append(text)
            seq += 1
        self._stray_payloads()
        out.end = seq
        self._tree(commits, begin, tuple(dict.fromkeys(tags)))
        return out

    # reading

    def _entries(self) -> tuple[list[bytes], int]:
        stretch = self.stretch
        content = self.storage.read(self.segment)
        lines = content.split(b"\n")
        torn = lines.pop()
        limit = max(stretch.stop - self.segment.first, 0)
        if torn and len(lines) < limit:
            self.fault("torn", "corruption", "the last line has no end", line=len(lines) + 1)
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

    def _event(self, entry: bytes, tag: bytes, seq: int, line: int, decoders: _Decoders) -> str:
        out = self.out
        out.events += 1
        try:
            kind = decoders[tag]
            event = kind.event(entry)
            if canonical.encode_struct(event) != entry:
                raise MalformedError("not in canonical form (a key twice, unsorted keys, white space or escapes)")
            if event.seq != seq:
                raise MalformedError(f"the entry calls itself {event.seq}, it stands at {seq}")
            if len(entry) > envelope.ENTRY_BYTES_MAX:
                raise MalformedError(f"an entry of {len(entry):,} bytes; the limit is {envelope.ENTRY_BYTES_MAX:,}")
            if (kind.looked or event.stream_seq == 0) and not envelope.STREAM_PATTERN.fullmatch(event.stream):
                raise MalformedError("the stream id is not a UUIDv4")
            if event.payload is None and kind.known.payload == "required":
                raise MalformedError("this event type needs a payload")
        except (msgspec.DecodeError, UnicodeError, ArchiefError) as error:
            self.suspects.add(seq)
            what = _plain(error)
            self.fault("malformed", "corruption", what, line=line, entry=seq)
            self._skip_payload(seq)
            return ""
        if event.payload is not None:
            self._payload(event, kind)
        if kind.looked:
            self._look(event, entry, kind.tag)
        return kind.tag

    def _payload(self, event: Event, kind: _Kind) -> None:
        """Compare an event's commitment with the payload line that stands next; payload lines are in entry order."""
        out, seq = self.out, event.seq
        lines, at = self.payload_lines, self.payload_at
        end = b'"seq":%d}' % seq
        while at < len(lines) and not lines[at].endswith(end):
            found = seq_of(lines[at])
            if found >= seq:
                break
            at = self._stray(at)
        self.payload_at = at
        if at == len(lines) or not lines[at].endswith(end):
            out.absent.append((seq, event.stream, event.stream_seq))
            return
        line = lines[at]
        self.payload_at = at + 1
        out.payloads += 1
        number = self.payload_first_line + at
        found_commitment = envelope.commitment(line)
        if found_commitment != event.payload:
            self.payload_fault(
                "payload-changed",
                "corruption",
                "the payload is not the one that was committed to",
                line=number,
                entry=seq,
                expected=event.payload,
                found=found_commitment,
            )
            return
        try:
            payload = kind.payload(line)
            if canonical.encode_struct(payload) != line:
                raise MalformedError("not in canonical form (a key twice, unsorted keys, white space or escapes)")
            if len(canonical.base64_decode(payload.salt)) != envelope.SALT_BYTES:
                raise MalformedError("the salt is not 32 bytes")
        except (msgspec.DecodeError, UnicodeError, ArchiefError) as error:
            what = _plain(error)
            self.payload_fault("malformed", "corruption", what, line=number, entry=seq)
            return
        if kind.documents:
            for document in payload.data.documents or ():
                self._document(document, seq)

    def _document(self, document: DocumentRef, seq: int) -> None:
        out = self.out
        out.documents.append(document.id)
        file = f"documents/{document.id[:2]}/{document.id}.bin"
        digest, size_bytes = hashlib.sha256(), 0
        try:
            with self.storage.open_document(document.id) as stream:
                while piece := stream.read(base.PIECE_BYTES):
                    digest.update(piece)
                    size_bytes += len(piece)
        except (ArchiefError, OSError):
            out.faults.append(
                Fault(
                    kind="document-missing",
                    grade="loss",
                    file=file,
                    entry=seq,
                    what="a document is missing",
                    expected=document.sha256,
                    remedy="bring it back from a back-up: its payload is here, so no destruction covers it",
                )
            )
            return
        if digest.hexdigest() != document.sha256 or size_bytes != document.size:
            out.faults.append(
                Fault(
                    kind="document-changed",
                    grade="corruption",
                    file=file,
                    entry=seq,
                    what="a document is not the one that was registered",
                    expected=document.sha256,
                    found=digest.hexdigest(),
                )
            )

    def _look(self, event: Event, entry: bytes, tag: str) -> None:
        """Keep what authority rests on; check an inner signature whose key is known."""
        out = self.out
        if tag == LETTER_SIGNED:
            known = self.keys.get(event.facts.key)
            left = entry
            if known is not None:
                left = b"" if self._inner_signature_holds(event, known) else entry
            out.signatures.append(InnerSignature(event.seq, event.facts.key, event.facts.signatory, left))
            return
        out.looked.append((event.seq, entry))
        if tag == "key_enrolled.v1":
            try:
                raw = canonical.base64_decode(event.facts.key.public)
                public = PublicKey.checked(event.facts.key.type, raw)
            except ArchiefError:
                return  # the fold over authority names it
            self.keys.setdefault(public.id, public)

    def _inner_signature_holds(self, event: Event, known: PublicKey) -> bool:
        facts = event.facts
        # The origin is the one of the log at that entry; without it the check is left to the fold.
        origin = self.origin
        if not origin:
            return False
        message = envelope.letter_message(
            origin, event.stream, facts.covers, facts.role, facts.on_behalf_of, facts.basis
        )
        try:
            keys.verify(known, message, canonical.base64_decode(facts.signature))
        except ArchiefError:
            return False
        return True

    def _commit(self, entry: bytes, seq: int, line: int) -> Commit | None:
        self._skip_payload(seq)
        try:
            commit = envelope.decode_commit(entry)
            if commit.seq != seq:
                raise MalformedError(f"the commit calls itself entry {commit.seq}, it stands at {seq}")
            if commit.base.size + commit.events != seq:
                raise MalformedError("the commit's base and number of events do not reach up to it")
        except ArchiefError as error:
            self.suspects.add(seq)
            self.fault("malformed", "corruption", error.what, line=line, entry=seq)
            return None
        self.origin = commit.origin
        return commit

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

    def _tree(
        self, commits: Sequence[tuple[int, Commit, tuple[str, ...], bytes]], begin: int, tags_tail: tuple[str, ...]
    ) -> None:
        """Roots over each commit's events, signatures, and the root of this stretch before each commit's base."""
        out, leaves = self.out, self.leaves
        if self.suspects:
            self._mend(range(begin, begin + len(leaves)))
        frontier, grown, sealed = self.stretch.start or merkle.Frontier(), begin, begin
        for line, commit, tags, entry in commits:
            events_from = commit.base.size
            inner = None
            if events_from >= begin:
                if events_from != sealed:
                    self.fault(
                        "unsealed",
                        "corruption",
                        f"the commit seals entries from {events_from} on",
                        line=line,
                        entry=commit.seq,
                        expected=f"from {sealed}",
                        found=f"from {events_from}",
                    )
                events = leaves[events_from - begin : commit.seq - begin]
                if merkle.root(events).hex() != commit.root:
                    self._name_changed(range(events_from, commit.seq), commit, line)
                if grown <= events_from:
                    frontier.extend(leaves[grown - begin : events_from - begin])
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
        out.tags_tail = tags_tail
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
                        "entry-changed",
                        "corruption",
                        "the entry is not the one that was sealed",
                        line=seq - self.segment.first + 1,
                        entry=seq,
                        expected=stored[seq].hex(),
                        found=self.leaves[seq - begin].hex(),
                    )
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
            if named.level == 0:
                expected = b"".join(self.leaves[here])
            else:
                expected = tiles.encode_bundle(self.entries[here])
            if self.storage.read_public(path) != expected:
                self.tile_fault(path, "the tile does not hold the hashes of its entries")

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


class _Kind:
    """How lines of one event type are read."""

    def __init__(self, tag: bytes) -> None:
        self.tag = tag.decode("ascii", "replace")
        known = catalogue.TYPES.get(self.tag)
        if known is None:
            raise MalformedError(
                "not an event type that this version of archief knows", remedy="install a newer archief"
            )
        self.known = known
        self.event = envelope.event_decoder(self.tag).decode
        self.payload = envelope.payload_decoder(self.tag).decode if known.data is not None else _no_payload
        self.looked = is_authority(self.tag) or self.tag == LETTER_SIGNED
        self.documents = known.documents


class _Decoders(dict[bytes, _Kind]):
    """The kinds met so far."""

    def __missing__(self, tag: bytes) -> _Kind:
        kind = self[tag] = _Kind(tag)
        return kind


def _no_payload(line: bytes) -> Any:  # noqa: ANN401, ARG001 - stands in for a decoder
    raise MalformedError("a payload for an event type that has none")


def seq_of(line: bytes) -> int:
    """The entry that a payload line belongs to; -1 when it does not say."""
    start = line.rfind(b'"seq":')
    digits = line[start + 6 : -1]
    return int(digits) if start >= 0 and line.endswith(b"}") and digits.isdigit() else -1


def _plain(error: Exception) -> str:
    """What is wrong, without a value: a decoder's message names a path and a type."""
    if isinstance(error, ArchiefError):
        return error.what
    return "not UTF-8" if isinstance(error, UnicodeError) else str(error)
