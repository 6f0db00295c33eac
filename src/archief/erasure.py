"""Erasing what a destruction covers: finding it, taking it away, and looking that nothing is left (format.md §6).

Stands beside the journal: everything happens under the writer's lock, and nothing is erased that the log's own events
do not cover at that moment. Knows streams, payload lines and documents; who may destroy what is decided before; what
was made from the payloads (state, search index, exports) is cleared by whoever made it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from archief.errors import LossError, RefusedError
from archief.events import envelope
from archief.journal import Journal
from archief.rules.destructions import Destructions
from archief.storage import base
from archief.storage.base import Erased, Segment, Storage

Progress = Callable[[int, int], None]
"""Told how many segments are done, and of how many."""

_STREAM = b'"stream":"'
_ID_BYTES = 36
_NO_PAYLOAD = b'"payload":null,"seq":'
_DOCUMENTS = b'"documents":['


class Held(NamedTuple):
    """Whose a payload line is.

    Attributes:
        stream: the record.
        stream_seq: which of its events.
    """

    stream: str
    stream_seq: int


@dataclass
class Here:
    """What is in the archive of certain streams, and what stands in the way of knowing it.

    Attributes:
        payloads: the entries whose payload lines are here.
        documents: the documents that these register, each with its stream.
        segments: per payload segment that holds such lines, how many, and its length in bytes.
        opened: the first entry of any of these streams; None where there is none.
        versions: the newest ``stream_seq`` of every stream that was asked for.
        committed: how many payloads each stream has had, but for those that were erased one by one.
        unreadable: payload lines that do not say whose they are, by segment and line.
        orphans: documents that no payload line registers.
        shared: documents of these that a payload line of another record registers too.
        lost: entries whose payload is gone though no destruction covers it.
    """

    payloads: dict[int, Held] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    segments: dict[str, tuple[int, int]] = field(default_factory=dict)
    opened: int | None = None
    versions: dict[str, int] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)

    def count(self, streams: Collection[str]) -> tuple[int, int]:
        """How many payloads and documents are here of some of the streams."""
        wanted = frozenset(streams)
        return (
            sum(held.stream in wanted for held in self.payloads.values()),
            sum(stream in wanted for stream in self.documents.values()),
        )


def find(
    storage: Storage, destructions: Destructions, streams: Collection[str], *, destroyed_only: bool = False
) -> Here:
    """Look what is here of some streams. Reads every line once, a segment in memory at a time.

    Args:
        storage: the archive.
        destructions: what may be gone, and must be.
        streams: whose payloads.
        destroyed_only: only payloads that must be gone.
    """
    found = Here()
    ids = {stream.encode(): stream for stream in streams}
    payloads = {segment.first: segment for segment in storage.payload_segments()}
    others: set[str] = set()
    for segment in storage.log_segments():
        lines = storage.read(segment).split(b"\n")[:-1]
        mine = _mine(lines, segment.first, ids, found)
        for seq, held in mine.items():
            if (seq, held.stream) not in destructions.erased:
                found.committed[held.stream] = found.committed.get(held.stream, 0) + 1
        if destroyed_only:
            mine = {seq: held for seq, held in mine.items() if destructions.demand(seq, *held)}
        there = _look(storage, payloads.get(segment.first), mine, others, found)
        found.lost += _lost(lines, segment.first, there, destructions)
    found.shared = sorted(others & found.documents.keys())
    found.orphans = [one for one in storage.document_ids() if one not in others and one not in found.documents]
    return found


def _mine(lines: Sequence[bytes], first: int, ids: Mapping[bytes, str], found: Here) -> dict[int, Held]:
    """The entries of a log segment that are of these streams and have a payload."""
    mine: dict[int, Held] = {}
    for seq, line in enumerate(lines, first):
        at = line.rfind(_STREAM) + len(_STREAM)
        stream = ids.get(line[at : at + _ID_BYTES])
        if stream is None or envelope.is_commit(line):
            continue
        event = envelope.decode_event(line, f"entry {seq}")
        found.opened = seq if found.opened is None else found.opened
        found.versions[stream] = event.stream_seq
        if event.payload is not None:
            mine[seq] = Held(stream, event.stream_seq)
    return mine


def _look(
    storage: Storage, segment: Segment | None, mine: Mapping[int, Held], others: set[str], found: Here
) -> set[int]:
    """Which payload lines are in a segment, and what documents they register. Gives the entries that have one.

    Args:
        storage: the archive.
        segment: of payloads; None where there is none.
        mine: the entries that are looked for.
        others: takes the documents that other lines register.
        found: takes what is found.
    """
    there: set[int] = set()
    if segment is None:
        return there
    lines = 0
    for number, line in enumerate(io.BytesIO(storage.read(segment)), 1):
        seq = base.payload_seq(line)
        if seq < 0:
            found.unreadable.append(f"{segment.name}:{number}")
            continue
        there.add(seq)
        documents = base.registered([line]) if _DOCUMENTS in line else []
        held = mine.get(seq)
        if held is None:
            others.update(documents)
            continue
        lines += 1
        found.payloads[seq] = held
        found.documents |= dict.fromkeys(documents, held.stream)
    if lines:
        found.segments[segment.name] = lines, segment.size_bytes
    return there


def _lost(lines: Sequence[bytes], first: int, there: Collection[int], destructions: Destructions) -> Iterator[int]:
    """The entries that commit to a payload which is neither there nor covered."""
    for seq, line in enumerate(lines, first):
        if seq in there or line.rfind(_NO_PAYLOAD) >= 0 or envelope.is_commit(line):
            continue
        event = envelope.decode_event(line, f"entry {seq}")
        if not destructions.cover(seq, event.stream, event.stream_seq):
            yield seq


def erase(journal: Journal, found: Here, progress: Progress | None = None) -> Erased:
    """Take away what was found: documents first, then payload lines, a segment at a time under the lock.

    Others may append between two segments. What is gone already is passed over: the same call again finishes it.

    Args:
        journal: the archive.
        found: what is here of streams that a destruction covers.
        progress: told how far it is.

    Raises:
        RefusedError: no destruction covers one of the payloads; nothing was erased.
        WriteFailedError: the disk refused; some may be gone.
    """
    by_segment: dict[int, list[int]] = {}
    for seq in found.payloads:
        by_segment.setdefault(seq - seq % envelope.SEGMENT_ENTRIES, []).append(seq)
    with journal.writing():
        _demand_cover(journal, found)
        documents = journal.storage.erase((), found.documents).documents
    payloads = 0
    segments: list[str] = []
    for number, first in enumerate(sorted(by_segment), 1):
        with journal.writing():
            erased = journal.storage.erase(by_segment[first], ())
        payloads += erased.payloads
        segments += erased.segments
        if progress is not None:
            progress(number, len(by_segment))
    return Erased(payloads, documents, segments)


def _demand_cover(journal: Journal, found: Here) -> None:
    """Refuse to erase what the log does not say is being destroyed, or destroyed."""
    for seq, held in found.payloads.items():
        if not journal.authority.destructions.cover(seq, *held):
            raise RefusedError(
                "no destruction covers this payload; it is not erased",
                where=f"entry {seq}",
                remedy="a destruction is proposed, reviewed, consented to and authorised first: archief destroy --help",
            )


def demand_absence(journal: Journal, streams: Collection[str]) -> Here:
    """Look that nothing is left of streams that are being destroyed.

    Gives what is known of them, so with no payload and no document.

    Raises:
        LossError: a line or document stands in the way of knowing it.
        RefusedError: something is still here.
    """
    with journal.writing():
        found = find(journal.storage, journal.authority.destructions, streams)
        demand_readable(found)
        if found.payloads:
            raise RefusedError(
                f"{len(found.payloads)} payloads are still here",
                where=next(iter(found.segments)),
                remedy="run the same command again",
            )
        return found


def demand_readable(found: Here) -> None:
    """Refuse to erase, or to say that nothing is left, while something cannot be told whose it is.

    Raises:
        LossError: a payload line cannot be read, or a document is registered nowhere.
        RefusedError: a document is another record's too, which would lose it.
    """
    if found.shared:
        raise RefusedError(
            "a document of these is registered by a record that stays, too: that would lose it",
            where=f"document {found.shared[0]}",
            remedy="find out who appended the second entry: archief history; except this record meanwhile",
        )
    for where, what in (
        *((f"{one}", "a payload line that does not say whose it is") for one in found.unreadable),
        *((f"document {one}", "a document that no payload registers") for one in found.orphans),
    ):
        raise LossError(
            f"{what}: whether it is of a record to be destroyed cannot be told",
            where=where,
            remedy="run `archief verify`, and bring it back from a back-up or take it out of the archive first",
        )


def find_destroyed(journal: Journal, streams: Collection[str] | None = None) -> Here:
    """What the log says is destroyed, and is here all the same: it came back with a back-up.

    Args:
        journal: the archive.
        streams: only of these records; None for all.
    """
    with journal.writing():
        destructions = journal.authority.destructions
        gone = {*destructions.destroyed, *(stream for _, stream in destructions.erased)}
        wanted = gone if streams is None else gone & set(streams)
        found = find(journal.storage, destructions, wanted, destroyed_only=True) if gone else Here()
        if streams is None and not found.lost and not found.unreadable:
            # Every payload that is gone is gone lawfully: what none of the others registers was destroyed with them.
            found.documents |= dict.fromkeys(found.orphans, "")
        return found
