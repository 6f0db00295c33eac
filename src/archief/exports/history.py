"""The events of records as they stand in the log: decoded, held against their commitments, with the bytes themselves.

Lines are found by entry through the projections' reader, a batch of records at a time, so that ten thousand records
need no more memory than a few hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from archief.errors import LossError, MalformedError, NotFoundError
from archief.events import envelope
from archief.events.envelope import Event
from archief.log import Log
from archief.projections.lines import Lines

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Payload = Literal["present", "absent", "none"]


class Happened(NamedTuple):
    """An event, what it says, and its bytes.

    Attributes:
        event: as it stands in the log.
        entry: its bytes.
        data: its payload's data; None when it has none or it is gone.
        payload: whether it is there.
        payload_line: its bytes; None when it is not there.
        commit: the entry of the commit that seals it.
        time: when that commit was made.
        person: the stream of whoever made it; empty where nobody is known.
    """

    event: Event
    entry: bytes
    data: Any
    payload: Payload
    payload_line: bytes | None
    commit: int
    time: str
    person: str

    @property
    def name(self) -> str:
        """Its type without the version."""
        return self.event.type.rpartition(".v")[0]


History = Sequence[Happened]


def of(log: Log, database: DuckDBPyConnection, streams: Sequence[str]) -> dict[str, History]:
    """The events of some records, each in order.

    Args:
        log: the archive.
        database: its state.
        streams: the records.

    Raises:
        LossError: a payload is not the one that was committed to.
        NotFoundError: an entry is not where it should be.
    """
    rows = database.execute(
        "select cast(stream as varchar), seq, commit_seq, strftime(time, '%Y-%m-%dT%H:%M:%SZ'),"
        " coalesce(cast(person as varchar), '') from event"
        " where stream in (select cast(unnest(?) as uuid)) order by seq",
        [list(streams)],
    ).fetchall()
    seqs = [row[1] for row in rows]
    entries, payloads = entries_of(log, seqs), payload_lines_of(log, seqs)
    found: dict[str, list[Happened]] = {stream: [] for stream in streams}
    for stream, seq, commit, time, person in rows:
        found[stream].append(_read(seq, entries[seq], payloads.get(seq), (commit, time, person)))
    return dict(found)


def entries_of(log: Log, seqs: Iterable[int]) -> Mapping[int, bytes]:
    """Entries by their index.

    Raises:
        NotFoundError: one of them is not there.
    """
    wanted = sorted(set(seqs))
    lines = Lines(log.storage, "log")
    found = {lines.seq_of(line): line.removesuffix(b"\n") for line in lines.pick(wanted)}
    for seq in wanted:
        if seq not in found:
            raise NotFoundError("it is not where it should be", where=f"entry {seq}", remedy="run `archief verify`")
    return found


def payload_lines_of(log: Log, seqs: Iterable[int]) -> Mapping[int, bytes]:
    """Payload lines by their entry's index; those that are not there are left out."""
    lines = Lines(log.storage, "payload")
    return {lines.seq_of(line): line.removesuffix(b"\n") for line in lines.pick(sorted(set(seqs)))}


def _read(seq: int, entry: bytes, line: bytes | None, appended: tuple[int, str, str]) -> Happened:
    event = envelope.decode_event(entry, f"entry {seq}")
    if event.seq != seq:
        raise MalformedError("an entry that names another place", where=f"entry {seq}", remedy="run `archief verify`")
    if event.payload is None:
        return Happened(event, entry, None, "none", None, *appended)
    if line is None:
        return Happened(event, entry, None, "absent", None, *appended)
    if envelope.commitment(line) != event.payload:
        raise LossError(
            "the payload is not the one that was committed to", where=f"entry {seq}", remedy="run `archief verify`"
        )
    data = envelope.decode_payload(event.type, line, f"payload of entry {seq}").data
    return Happened(event, entry, data, "present", line, *appended)
