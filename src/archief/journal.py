"""The waist: the one place through which events enter the log (format.md §2 and §6).

An append is 1 to 16,000 events and the commit that seals them, signed by a person. Under the lock the writer looks at
the log's end, proves to itself that tiles and log fold to the root that the last commit sealed, judges whether this
person may do this here and now, and hands everything to the storage in one call. When :meth:`Journal.append` returns,
it stays. Tiles follow; checkpoints follow when a holder of the log key asks for one (``publishing``).
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from archief import admission, canonical, keys
from archief.commit_facts import Line
from archief.draft import Draft, new_commit_id, seal_commit, write_events
from archief.errors import (
    ClockError,
    ConflictError,
    CorruptError,
    MalformedError,
    RefusedError,
    RollbackError,
    SignatureError,
    WriteFailedError,
)
from archief.events import envelope
from archief.events.envelope import Commit
from archief.heads import Anchor, Head, Heads
from archief.index import Index, Position, Stream, confirm
from archief.keys import Entropy, SigningKey
from archief.log import tail_entries
from archief.memory import check_memory, signed_size
from archief.references import POINTING_TYPES, References
from archief.rules import signing
from archief.rules.authority import AUTHORITY_TYPES, OUTCOME_REMEDY, Authority
from archief.storage import base
from archief.storage.base import Storage, Tail
from archief.stored_tree import GrowingRows, StoredTree
from archief.tlog import merkle

CLOCK_LEAD_SECONDS = 300
"""How far the last commit may lie ahead of the writer's clock (format.md §2)."""

_AUTHORITY = frozenset(AUTHORITY_TYPES)
_NAMING = frozenset({"archive_founded.v1", "log_continued.v1"})
_LOOKED_INTO = _AUTHORITY | POINTING_TYPES | {signing.LETTER_SIGNED}


class Appended(NamedTuple):
    """What an append did.

    Attributes:
        commit: the commit.
        seqs: the entry indices of its events.
        streams: the stream of each event.
        size: the log's size with this commit.
        known: True when the commit was there already: the retry of an append whose outcome was unknown.
    """

    commit: Commit
    seqs: range
    streams: tuple[str, ...]
    size: int
    known: bool = False


class Admitted(NamedTuple):
    """Events that may be appended.

    Attributes:
        drafts: as they will be written, with the numbers that were drawn for them.
        tags: their types, each once.
        origin: the log's name: the one it has, or the one that they give it.
        versions: what is known of each stream before them.
        streams: what is known of each stream after them.
        issued: series and year of each number that they take.
    """

    drafts: Sequence[Draft]
    tags: frozenset[str]
    origin: str
    versions: dict[str, Stream]
    streams: dict[str, Stream]
    issued: list[tuple[str, int]]


class Journal:
    """One archive, for appending. Cheap to open: the log's end, the tiles' right edge, and an index that is thrown
    away at will.

    Args:
        storage: where the archive is.
        heads: what this machine remembers; None remembers nothing (tests).
        index: the file for the index of streams; None keeps it in memory.
    """

    def __init__(self, storage: Storage, *, heads: Heads | None = None, index: Path | None = None) -> None:
        self.storage = storage
        self.authority = Authority()
        self.size = 0
        self.last_commit: Commit | None = None
        self._heads = heads
        self._index = Index(index)
        self._opened = False
        self._opened_at = 0
        self._tail_entry = b""
        self._rows = GrowingRows([], 0)
        self._frontier = merkle.Frontier()
        self._floor = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Look at the log's end now, not at the first append: clear what an interrupted append left, check memory.

        Raises:
            ArchiefError: the end does not verify, or is not an extension of what is remembered.
        """
        with self.writing():
            pass

    def close(self) -> None:
        """Remember the head, write out the index, let go of files."""
        try:
            self.remember()
        finally:
            self._index.close()
            self.storage.close()

    def root(self) -> bytes:
        """The root over all entries."""
        return self._frontier.root()

    def stream_version(self, stream: str) -> int:
        """The newest ``stream_seq`` of a stream; -1 when there is none."""
        return self._streams({stream})[stream].version

    def remember(self, note: str | None = None) -> None:
        """Let this machine remember the head, outside the archive; with the signed note when there is one."""
        if self._heads is None or not self.size or not self._opened:
            return
        head = Head(origin=self.authority.origin, root=self.root().hex(), size=self.size, note=note)
        self._heads.remember_unless_known(head)
        with contextlib.suppress(MalformedError):  # a damaged index is made again by who opens it next
            digest = self._index.digest(self.size)
            self._heads.keep_anchor(Anchor(digest=digest, origin=head.origin, size=self.size))

    def append(
        self,
        drafts: Sequence[Draft],
        signer: SigningKey,
        now: dt.datetime,
        entropy: Entropy,
        *,
        commit_id: str | None = None,
        retry_from: int | None = None,
        expect_size: int | None = None,
        accept_clock: bool = False,
    ) -> Appended:
        """Append events and their commit.

        Args:
            drafts: 1 to 16,000 events, in order.
            signer: the person's key.
            now: the writer's clock, in UTC.
            entropy: fresh random bytes: salts, and the commit id when none is given.
            commit_id: the id drawn for this commit before its first try.
            retry_from: the log's size before the first try; when given, the commit is looked for from there on.
            expect_size: the log's size that the writer looked at, where anything in it counts.
            accept_clock: append although the previous commit lies more than five minutes ahead of ``now``.

        Raises:
            RefusedError: a rule forbids it.
            ConflictError: somebody else wrote to the stream or the log first, or the id is another commit's.
            ClockError: this machine's clock is behind the log.
            WriteFailedError: the disk refused; the outcome may be unknown, retry with the same id.
        """
        if not 1 <= len(drafts) <= envelope.EVENTS_MAX:
            raise RefusedError(f"a commit holds 1 to {envelope.EVENTS_MAX:,} events, not {len(drafts):,}")
        commit_id = commit_id or new_commit_id(now, entropy)
        with self.writing():
            if (known := self._find(commit_id, retry_from)) is not None:
                return self._known(known, drafts, signer)
            if expect_size is not None and expect_size != self.size:
                raise ConflictError(
                    f"the log has {self.size} entries, not {expect_size}: somebody else wrote first",
                    where=self.storage.place,
                    remedy="run the same command again: it looks at what is there now",
                )
            admitted = self._admit(drafts, signer)
            drafts = admitted.drafts
            time = self._time(now, accept_clock=accept_clock)
            payloads, entries = write_events(drafts, self.size, admitted.versions, entropy)
            leaves = merkle.leaf_hashes(entries)
            head = envelope.Base(root=self.root().hex(), size=self.size)
            commit, entry = seal_commit(head, leaves, signer, commit_id, time, admitted.origin)
            self._check_events(admitted, entries, signer, now, time)
            documents = [document for one in drafts for document in one.documents]
            self.storage.append_commit(self.size, payloads, documents, [*entries, entry])
            first = self.size
            self._advance(admitted, entries, leaves, commit, entry)
        return Appended(commit, range(first, first + len(drafts)), tuple(one.stream for one in drafts), self.size)

    def check(
        self, drafts: Sequence[Draft], signer: SigningKey, now: dt.datetime, *, accept_clock: bool = False
    ) -> None:
        """Everything an append would refuse, without appending (``--dry-run``).

        Raises:
            ArchiefError: as :meth:`append`.
        """
        with self.writing():
            admitted = self._admit(drafts, signer)
            time = self._time(now, accept_clock=accept_clock)
            _, entries = write_events(admitted.drafts, self.size, admitted.versions, bytes)
            self._check_events(admitted, entries, signer, now, time)

    # judging

    def _origin_of(self, drafts: Sequence[Draft], tags: frozenset[str]) -> str:
        """The log's name for a commit: the one it has, or the one that its own events give it."""
        if tags.isdisjoint(_NAMING):
            return self.authority.origin
        return next(str(msgspec.json.decode(one.facts)["origin"]) for one in drafts if one.tag in _NAMING)

    def _judge(self, tags: Iterable[str], origin: str, signer: SigningKey) -> None:
        reasons = self.authority.judge(signer.public.id, origin, tags)
        if reasons:
            raise RefusedError(
                "; ".join(reasons),
                where=f"key {signer.public.id[:8]}",
                remedy="use another key with --as, or let an archivaris grant the role (`archief role grant`)",
            )

    def _admit(self, drafts: Sequence[Draft], signer: SigningKey) -> Admitted:
        """The events as they will be written, once this person may append them and they fit what is there."""
        tags = dict.fromkeys(one.tag for one in drafts)
        among = frozenset(tags)
        origin = self._origin_of(drafts, among)
        self._judge(tags, origin, signer)
        known = self._streams({one.stream for one in drafts})
        streams = admission.fit(drafts, known, self.authority, self.size)
        issued: list[tuple[str, int]] = []
        if not among.isdisjoint(admission.NUMBERED_TYPES):
            drafts, issued = admission.draw(drafts, self.authority, self._index.issued())
        return Admitted(drafts, among, origin, known, streams, issued)

    def _check_events(
        self, admitted: Admitted, entries: Sequence[bytes], signer: SigningKey, now: dt.datetime, time: str
    ) -> None:
        """What only a look into the facts can tell: enrolments, inner signatures, what they point to."""
        if admitted.tags.isdisjoint(_LOOKED_INTO):
            return
        written = zip(admitted.drafts, entries, strict=True)
        looked = [envelope.decode_event(entry) for one, entry in written if one.tag in _LOOKED_INTO]
        references = References(self.storage, self.size, admitted.drafts, entries)
        trial = self.authority.copy()
        for event in looked:
            if event.type == signing.LETTER_SIGNED:
                signing.check_inner_signature(event, trial, self.size, references.commitment)
                signing.check_mandate(event, trial, now)
                continue
            if event.type in POINTING_TYPES:
                references.check(event, trial)
            trial.apply(event, signer.public.id, time)
        if faults := trial.outcome_faults(self.authority, signer.public.id):
            raise RefusedError("; ".join(faults), where=f"key {signer.public.id[:8]}", remedy=OUTCOME_REMEDY)

    def _time(self, now: dt.datetime, *, accept_clock: bool) -> str:
        time = f"{now.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        if self.last_commit is None or self.last_commit.time <= time:
            return time
        previous = dt.datetime.fromisoformat(self.last_commit.time)
        lead_seconds = (previous - now).total_seconds()
        if lead_seconds > CLOCK_LEAD_SECONDS and not accept_clock:
            raise ClockError(
                f"the last commit is of {self.last_commit.time}, {lead_seconds:.0f} seconds ahead of this clock",
                where=f"entry {self.size - 1}",
                remedy="set the clock; or, when the clock is right, append with --accept-clock",
            )
        return self.last_commit.time

    # writing

    def _advance(
        self,
        admitted: Admitted,
        entries: Sequence[bytes],
        leaves: list[bytes],
        commit: Commit,
        entry: bytes,
    ) -> None:
        """Take an acknowledged append into account; tiles are written, and losing them loses nothing."""
        drafts = admitted.drafts
        held: list[Line] = []
        if not admitted.tags.isdisjoint(_AUTHORITY):
            numbered = enumerate(zip(drafts, entries, strict=True), self.size)
            held = [(seq, line, "") for seq, (one, line) in numbered if one.tag in _AUTHORITY]
            self.authority.take(commit, [envelope.decode_event(line) for _, line, _ in held])
            held.append((commit.seq, entry, " ".join(sorted(admitted.tags))))
        self._index.note(admitted.streams, admitted.issued, held, Position(commit.seq + 1, entry))
        self._write_tiles(self._grow([*leaves, merkle.leaf_hash(entry)], commit, entry))

    def _grow(self, leaves: list[bytes], commit: Commit, entry: bytes) -> list[tuple[str, bytes]]:
        """Take a commit's leaves into the tree; gives the tiles that this fills."""
        filled = self._frontier.extend(leaves)
        self.size, self.last_commit, self._tail_entry = commit.seq + 1, commit, entry
        return list(self._rows.extend(leaves, filled))

    def _write_tiles(self, made: Iterable[tuple[str, bytes]], *, missing: bool = False) -> None:
        """Write tiles, or those of them that whoever appended did not write."""
        with contextlib.suppress(WriteFailedError):
            for path, data in made:
                if not missing or self.storage.read_public(path) != data:
                    self.storage.write_public(path, data, durable=False)

    # looking

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, knowing the log as it is now.

        Raises:
            ArchiefError: its end does not verify, or is no extension of what is remembered.
        """
        if not self._opened:
            tail = base.read_tail(self.storage)
            origin = envelope.decode_commit(tail.commit).origin if tail.commit else ""
            remembered = self._heads.recall(origin) if self._heads is not None and origin else None
            self._floor = max(signed_size(self.storage), remembered.size if remembered is not None else 0)
        with self.storage.writing(max(self._floor, self.size)) as tail:
            if not self._opened:
                self._load(tail)
            elif tail.size != self.size or tail.commit != self._tail_entry:
                self._catch_up(tail)
            yield

    def _load(self, tail: Tail) -> None:
        """Look at the log's end for the first time: index, authority, the last commit, right edge, memory."""
        made: list[tuple[str, bytes]] = []
        if not tail.size:
            self._index.clear()
            self._index.open()
        else:
            commit = envelope.decode_commit(tail.commit)
            begin = commit.base.size - commit.base.size % 256
            within = commit.base.size - begin
            try:
                entries = tail_entries(self.storage, tail, begin)
            except MalformedError as error:
                raise base.damaged_commit(self.storage.place, error.what) from None
            self._check_sealed(commit, entries[within:-1])
            self._load_index(tail)
            self._check_signature(commit, tail.commit, self.authority)
            self._rows = self._edge(commit, merkle.leaf_hashes(entries[:within]))
            self._frontier = self._rows.frontier()
            made = self._grow(merkle.leaf_hashes(entries[within:]), commit, tail.commit)
            if self._heads is not None:
                found = Head(origin=commit.origin, root=self.root().hex(), size=self.size)
                check_memory(self._heads, self.storage, commit, found, self.authority.former_origins)
        if tail.size < self._floor:
            raise RollbackError(
                f"the archive has {tail.size} entries, but a head of {self._floor} was signed",
                where=self.storage.place,
                remedy="bring back the newest copy; `archief verify` tells more",
            )
        self._opened, self._opened_at = True, self.size
        self._write_tiles(made, missing=True)

    def _load_index(self, tail: Tail) -> None:
        """Read the index and what it has not seen yet: authority, as this machine or the log itself warrants it."""
        anchor = None
        if self._heads is not None:
            anchor = self._heads.anchor(envelope.decode_commit(tail.commit).origin)
        self.authority = self._index.follow(self.storage, tail, anchor)

    def _streams(self, streams: set[str]) -> dict[str, Stream]:
        """What is known of streams; where it was kept in the index, the log is asked whether it is so."""
        try:
            found = self._index.streams(streams)
            confirm(self.storage, [(stream, one) for stream, one in found.items() if 0 <= one.seq < self._opened_at])
        except MalformedError:
            self._index.clear()
            self._load_index(base.read_tail(self.storage))
            found = self._index.streams(streams)
        return found

    def _edge(self, commit: Commit, row: list[bytes]) -> GrowingRows:
        """The tree's right edge at a commit's base, proved by folding it to the root that the commit sealed."""
        size = commit.base.size
        for from_log in (False, True):
            tree = StoredTree(self.storage, size, from_log=from_log)
            if row:
                tree.seed(size // 256, row)
            rows = GrowingRows.read(tree, size)
            if rows.frontier().root().hex() == commit.base.root:
                return rows
        raise CorruptError(
            "the entries before the last commit are not those that it sealed",
            where=f"entries 0 to {size - 1}",
            remedy="run `archief verify`: it names the place",
        )

    def _check_sealed(self, commit: Commit, events: Sequence[bytes]) -> None:
        """Check a commit that somebody else appended, or the last one, against its events."""
        if (
            commit.seq != commit.base.size + len(events)
            or commit.events != len(events)
            or commit.root != merkle.root(merkle.leaf_hashes(events)).hex()
        ):
            where = f"{self.storage.place}, entry {commit.seq}"
            raise base.damaged_commit(where, "it does not seal the entries before it")

    def _check_signature(self, commit: Commit, entry: bytes, authority: Authority) -> None:
        """Check a commit's signature. One of an unknown key may have a flipped bit in the key's id."""
        where = f"{self.storage.place}, entry {commit.seq}"
        public = authority.public_key(commit.key)
        if public is None:
            raise base.damaged_commit(where, f"key {commit.key[:8]} was not enrolled")
        try:
            message = envelope.commit_message(entry)
            keys.verify(public, message, canonical.base64_decode(commit.sig, where), where)
        except (SignatureError, MalformedError) as error:
            raise base.damaged_commit(where, error.what) from None

    def _catch_up(self, tail: Tail) -> None:
        """Take in what somebody else appended since."""
        if tail.size <= self.size:
            raise RollbackError(
                "the log was cut or rewritten while it was open",
                where=self.storage.place,
                remedy="run `archief verify`, then the same command again",
            )
        entries = tail_entries(self.storage, tail, self.size)
        begin = 0
        for number, entry in enumerate(entries):
            if not envelope.is_commit(entry):
                continue
            commit, events = envelope.decode_commit(entry), entries[begin:number]
            authority = self._judged(commit, events)
            if commit.base.size != self.size or commit.base.root != self.root().hex():
                raise base.damaged_commit(f"{self.storage.place}, entry {commit.seq}", "it is of another history")
            self._check_sealed(commit, events)
            self._check_signature(commit, entry, authority)
            self.authority = authority
            self._index.add(self.size, [*events, entry])
            leaves = merkle.leaf_hashes(entries[begin : number + 1])
            self._write_tiles(self._grow(leaves, commit, entry), missing=True)
            begin = number + 1

    def _judged(self, commit: Commit, events: Sequence[bytes]) -> Authority:
        """What authority says after a commit that somebody else appended."""
        tags = [envelope.tag_of(event) for event in events]
        looked = [event for event, tag in zip(events, tags, strict=True) if tag in _AUTHORITY]
        if not looked or self.authority.judge(commit.key, commit.origin, tags):
            return self.authority
        authority = self.authority.copy()
        authority.take(commit, [envelope.decode_event(event) for event in looked])
        return authority

    def _find(self, commit_id: str, since: int | None) -> Commit | None:
        """A commit by its id: from entry ``since`` on, or the last one."""
        if self.last_commit is not None and self.last_commit.id == commit_id:
            return self.last_commit
        if since is None:
            return None
        needle = f'"id":"{commit_id}"'.encode()
        for entry in tail_entries(self.storage, base.read_tail(self.storage), since):
            if needle in entry and envelope.is_commit(entry):
                return envelope.decode_commit(entry)
        return None

    def _known(self, commit: Commit, drafts: Sequence[Draft], signer: SigningKey) -> Appended:
        """The answer to a retry whose commit is there already."""
        entries = base.entry_lines(self.storage, commit.base.size, commit.seq)
        events = [envelope.decode_event(entry) for entry in entries]
        if commit.key != signer.public.id or [event.type for event in events] != [one.tag for one in drafts]:
            raise ConflictError("that commit id belongs to another append", where=f"entry {commit.seq}")
        streams = tuple(event.stream for event in events)
        return Appended(commit, range(commit.base.size, commit.seq), streams, self.size, known=True)
