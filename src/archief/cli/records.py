"""How a person names a record, and reading a record's events out of the log in one go.

RECORD is a register number, a stream id, or the beginning of one. Numbers and beginnings are looked up in the
projections; content is read from the log's own lines and checked against what the events commit to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from archief.cli.session import Session
from archief.errors import AmbiguousError, LossError, NotFoundError
from archief.events import envelope
from archief.events.envelope import Commit, Event
from archief.log import Log
from archief.storage import base

PREFIX_DIGITS_MIN = 4
CANDIDATES_MAX = 10
_PREFIX = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")

Payload = Literal["present", "absent", "none"]


class Happened(NamedTuple):
    """An event with what surrounds it.

    Attributes:
        event: as it stands in the log.
        data: its payload's data; None when it has none or it is gone.
        payload: whether it is there.
        commit: who appended it and when.
    """

    event: Event
    data: Any
    payload: Payload
    commit: Commit


def is_stream(text: str) -> bool:
    """Whether a text is a whole stream id."""
    return envelope.STREAM_PATTERN.fullmatch(text) is not None


def resolve(session: Session, log: Log, text: str) -> str:
    """The stream that a person means.

    Args:
        session: where the projections are.
        log: the archive.
        text: a register number, a stream id, or the beginning of one.

    Raises:
        NotFoundError: nothing answers to it.
        AmbiguousError: several do; their stream ids are named.
    """
    if is_stream(text):
        return text
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(session, log) as database:
        found = [
            row[0]
            for row in database.execute(
                "select cast(stream as varchar) from letter where number = ?", [text]
            ).fetchall()
        ]
        if not found and len(text) >= PREFIX_DIGITS_MIN and _PREFIX.fullmatch(text):
            query = (
                "select distinct cast(stream as varchar) as id from event where starts_with(id, ?) order by id limit ?"
            )
            found = [row[0] for row in database.execute(query, [text, CANDIDATES_MAX + 1]).fetchall()]
    return only(text, sorted(found))


def only(text: str, found: Sequence[str], what: str = "record", remedy: str = "see `archief list`") -> str:
    """The one that answers.

    Args:
        text: what was typed.
        found: what answers to it.
        what: what kind of thing is sought.
        remedy: where to look, when none does.

    Raises:
        NotFoundError: none does.
        AmbiguousError: several do.
    """
    if not found:
        raise NotFoundError(
            f"no {what} answers to that", where=text, remedy=f"{remedy}; the beginning of an id has 4 digits at least"
        )
    if len(found) > 1:
        more = " and more" if len(found) > CANDIDATES_MAX else ""
        raise AmbiguousError(
            f"several {what}s answer to that: {', '.join(found[:CANDIDATES_MAX])}{more}",
            where=text,
            remedy="type the stream id, or more of it",
        )
    return found[0]


def seqs_of(session: Session, log: Log, stream: str) -> list[int]:
    """The entries of a stream, in order.

    Args:
        session: where the projections are.
        log: the archive.
        stream: the stream.

    Raises:
        NotFoundError: there is no such stream.
    """
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(session, log) as database:
        rows = database.execute(
            "select seq from event where stream = cast(? as uuid) order by seq", [stream]
        ).fetchall()
    if not rows:
        raise NotFoundError("there is no such stream", where=stream, remedy="see `archief list`")
    return [row[0] for row in rows]


def read(log: Log, seqs: Iterable[int]) -> list[Happened]:
    """Read events with their payloads and commits; each segment is read once.

    Raises:
        LossError: a payload is not the one that was committed to.
        MalformedError: bytes that are not an event's.
    """
    wanted = sorted(seqs)
    if not wanted:
        return []
    events = {seq: envelope.decode_event(entry, f"entry {seq}") for seq, entry in _entries(log, wanted).items()}
    lines = _payload_lines(log, [seq for seq, event in events.items() if event.payload is not None])
    commits = _commits(log, wanted)
    return [_happened(events[seq], lines.get(seq), commits[seq]) for seq in wanted]


def _happened(event: Event, line: bytes | None, commit: Commit) -> Happened:
    if event.payload is None:
        return Happened(event, None, "none", commit)
    if line is None:
        return Happened(event, None, "absent", commit)
    if envelope.commitment(line) != event.payload:
        raise LossError(
            "the payload is not the one that was committed to",
            where=f"entry {event.seq}",
            remedy="run `archief verify`",
        )
    data = envelope.decode_payload(event.type, line, f"payload of entry {event.seq}").data
    return Happened(event, data, "present", commit)


def _entries(log: Log, wanted: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for segment, seqs in _by_segment(log.storage.log_segments(), wanted):
        lines = log.storage.read(segment).split(b"\n")
        found |= {seq: lines[seq - segment.first] for seq in seqs if seq - segment.first < len(lines) - 1}
    return found


def _payload_lines(log: Log, wanted: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for segment, seqs in _by_segment(log.storage.payload_segments(), wanted):
        content = log.storage.read(segment)
        for seq in seqs:
            end = b',"seq":%d}\n' % seq
            at = content.find(end)
            if at >= 0:
                found[seq] = content[content.rfind(b"\n", 0, at) + 1 : at + len(end) - 1]
    return found


def _commits(log: Log, wanted: Sequence[int]) -> dict[int, Commit]:
    """The commit that sealed each entry: the first commit line at or after it."""
    found: dict[int, Commit] = {}
    stops = sorted({seq + 1 + envelope.EVENTS_MAX for seq in wanted})
    last: Commit | None = None
    for seq in wanted:
        if last is None or seq > last.seq:
            last = _commit_from(log, seq, stops[-1])
        found[seq] = last
    return found


def _commit_from(log: Log, seq: int, stop: int) -> Commit:
    for segment in base.segments_between(log.storage.log_segments(), seq, min(stop, log.size)):
        content = log.storage.read(segment)
        at = _offset(content, max(seq - segment.first, 0))
        end = content.find(envelope.COMMIT_END + b"\n", at)
        if end >= 0:
            start = content.rfind(b"\n", 0, end) + 1
            return envelope.decode_commit(content[start : end + len(envelope.COMMIT_END)], segment.name)
    raise NotFoundError("no commit follows it", where=f"entry {seq}", remedy="run `archief verify`")


def _offset(content: bytes, line: int) -> int:
    offset = 0
    for _ in range(line):
        offset = content.find(b"\n", offset) + 1
    return offset


def _by_segment(segments: Sequence[base.Segment], wanted: Sequence[int]) -> Iterable[tuple[base.Segment, list[int]]]:
    for number, segment in enumerate(segments):
        stop = segments[number + 1].first if number + 1 < len(segments) else None
        here = [seq for seq in wanted if seq >= segment.first and (stop is None or seq < stop)]
        if here:
            yield segment, here
