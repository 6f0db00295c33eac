"""How a person names a record, and reading a record's events out of the log.

RECORD is a register number, a stream id, or the beginning of one. Numbers, beginnings, and which entries belong to a
stream are looked up in the projections; what an event says is read from the log's own lines, and held against what it
commits to. Lines stand in the order of their entries, so one is found by halves, without reading its whole segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from archief import canonical
from archief.cli.session import Session
from archief.errors import AmbiguousError, LossError, NotFoundError
from archief.events import envelope
from archief.events.envelope import Event
from archief.log import Log
from archief.storage.base import Segment, Storage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PREFIX_DIGITS_MIN = 4
CANDIDATES_MAX = 10
PROBE_BYTES = 16 * 1024
"""How much is read to see where in a segment one stands."""

READ_BYTES = 128 * 1024
"""A stretch of this length is read and searched."""

NUMBER_BYTES_MAX = 64 * 1024 * 1024
"""So much of the payloads, the newest, is searched for a register number: some 30,000 letters."""

_PREFIX = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")
_ENTRY_SEQ = re.compile(rb'"seq":([0-9]{1,16}),"s(?:tream|ig)":"')
_PAYLOAD_SEQ = re.compile(rb',"seq":([0-9]{1,16})\}$')

Payload = Literal["present", "absent", "none"]


class Happened(NamedTuple):
    """An event with what it says.

    Attributes:
        event: as it stands in the log.
        data: its payload's data; None when it has none or it is gone.
        payload: whether it is there.
        time: when its commit was made; empty where nobody asked.
        key: the id of the key that signed its commit; empty where nobody asked.
        person: the stream of that key's owner; empty where nobody asked.
    """

    event: Event
    data: Any
    payload: Payload
    time: str = ""
    key: str = ""
    person: str = ""


class Record(NamedTuple):
    """What the projections know of a stream.

    Attributes:
        stream: its id.
        seqs: its entries, in order.
        appended: for each entry the time, key and person of its commit.
        names: the names of all persons, by stream.
    """

    stream: str
    seqs: list[int]
    appended: Mapping[int, tuple[str, str, str]]
    names: Mapping[str, str]


# which record


def is_stream(text: str) -> bool:
    """Whether a text is a whole stream id."""
    return envelope.STREAM_PATTERN.fullmatch(text) is not None


def find(session: Session, log: Log, text: str) -> Record:
    """The record that a person means, and what the projections know of it.

    Args:
        session: where the projections are.
        log: the archive.
        text: a register number, a stream id, or the beginning of one.

    Raises:
        NotFoundError: nothing answers to it.
        AmbiguousError: several do; their stream ids are named.
    """
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(session, log) as database:
        return found(database, text)


def found(database: DuckDBPyConnection, text: str) -> Record:
    """The record that a person means, by a state that is open.

    Args:
        database: the projections.
        text: as in :func:`find`.

    Raises:
        NotFoundError: nothing answers to it.
        AmbiguousError: several do; their stream ids are named.
    """
    stream = text if is_stream(text) else only(text, _answering(database, text))
    rows = database.execute(
        "select seq, strftime(time, '%Y-%m-%dT%H:%M:%SZ'), key, cast(person as varchar) from event"
        " where stream = cast(? as uuid) order by seq",
        [stream],
    ).fetchall()
    if not rows:
        raise NotFoundError("there is no such stream", where=stream, remedy="see `archief list`")
    names = database.execute("select cast(stream as varchar), name from person where name is not null").fetchall()
    appended = {seq: (time, key, person or "") for seq, time, key, person in rows}
    return Record(stream, list(appended), appended, dict(names))


def streams(session: Session, log: Log, texts: Iterable[str]) -> list[str]:
    """The streams that a person means, each once, in the order in which they were named.

    Args:
        session: where the projections are.
        log: the archive.
        texts: register numbers, stream ids, or beginnings of one.

    Raises:
        NotFoundError: nothing answers to one of them.
        AmbiguousError: several do.
    """
    from archief.cli import state  # noqa: PLC0415 - the projections need duckdb

    with state.connection(session, log) as database:
        found = [text if is_stream(text) else only(text, _answering(database, text)) for text in texts]
    return list(dict.fromkeys(found))


def _answering(database: DuckDBPyConnection, text: str) -> list[str]:
    """The streams that answer to a number or to the beginning of an id."""
    numbered = (
        "select cast(stream as varchar) as id from (select stream, number from letter union all"
        " select stream, number from dossier) where number = ? order by id"
    )
    answers = database.execute(numbered, [text]).fetchall()
    if not answers and len(text) >= PREFIX_DIGITS_MIN and _PREFIX.fullmatch(text):
        begun = "select distinct cast(stream as varchar) as id from event where starts_with(id, ?) order by id limit ?"
        answers = database.execute(begun, [text, CANDIDATES_MAX + 1]).fetchall()
    return [row[0] for row in answers]


def only(text: str, answers: Sequence[str], what: str = "record", remedy: str = "see `archief list`") -> str:
    """The one that answers.

    Args:
        text: what was typed.
        answers: what answers to it.
        what: what kind of thing is sought.
        remedy: where to look, when none does.

    Raises:
        NotFoundError: none does.
        AmbiguousError: several do.
    """
    if not answers:
        raise NotFoundError(
            f"no {what} answers to that", where=text, remedy=f"{remedy}; the beginning of an id has 4 digits at least"
        )
    if len(answers) > 1:
        more = " and more" if len(answers) > CANDIDATES_MAX else ""
        raise AmbiguousError(
            f"several {what}s answer to that: {', '.join(answers[:CANDIDATES_MAX])}{more}",
            where=text,
            remedy="type the stream id, or more of it",
        )
    return answers[0]


def numbered(log: Log, number: str) -> list[str]:
    """The streams whose newest payloads say a register number, without projections: they cost more than an append.

    Args:
        log: the archive; its newest ``NUMBER_BYTES_MAX`` of payloads are searched.
        number: the number.
    """
    left = NUMBER_BYTES_MAX
    seqs: list[int] = []
    needle = b'"number":' + canonical.encode(number)
    for segment in reversed(log.storage.payload_segments()):
        content = log.storage.read(segment, max(segment.size_bytes - left, 0), segment.size_bytes)
        at = content.find(needle)
        while at >= 0:
            if (found := _PAYLOAD_SEQ.search(content, at, content.find(b"\n", at))) is not None:
                seqs.append(int(found[1]))
            at = content.find(needle, at + 1)
        left -= len(content)
        if left <= 0 or len(seqs) >= CANDIDATES_MAX:
            break
    events = read(log, seqs[-CANDIDATES_MAX:])
    return list(dict.fromkeys(one.event.stream for one in events if getattr(one.data, "number", None) == number))


# what happened


def happened(log: Log, record: Record, stop: int | None = None) -> list[Happened]:
    """The events of a record, with who appended them.

    Args:
        log: the archive.
        record: which entries.
        stop: only entries below this one.

    Raises:
        LossError: a payload is not the one that was committed to.
    """
    said = read(log, [seq for seq in record.seqs if stop is None or seq < stop])
    return [Happened(one.event, one.data, one.payload, *record.appended[one.event.seq]) for one in said]


def read(log: Log, seqs: Iterable[int]) -> list[Happened]:
    """Read events with their payloads, in the order of their entries.

    Raises:
        LossError: a payload is not the one that was committed to.
        NotFoundError: there is no such entry where it should be.
        MalformedError: bytes that are not an event's.
    """
    logs, payloads = log.storage.log_segments(), log.storage.payload_segments()
    return [_read(log.storage, logs, payloads, seq) for seq in sorted(seqs)]


def _read(storage: Storage, logs: Sequence[Segment], payloads: Sequence[Segment], seq: int) -> Happened:
    line = _line(storage, _holding(logs, seq), seq, _ENTRY_SEQ, b'"seq":%d,"stream":"' % seq)
    event = envelope.decode_event(line, f"entry {seq}") if line is not None else None
    if event is None or event.seq != seq:
        raise NotFoundError("it is not where it should be", where=f"entry {seq}", remedy="run `archief verify`")
    if event.payload is None:
        return Happened(event, None, "none")
    line = _line(storage, _holding(payloads, seq), seq, _PAYLOAD_SEQ, b',"seq":%d}\n' % seq)
    if line is None:
        return Happened(event, None, "absent")
    if envelope.commitment(line) != event.payload:
        raise LossError(
            "the payload is not the one that was committed to", where=f"entry {seq}", remedy="run `archief verify`"
        )
    return Happened(event, envelope.decode_payload(event.type, line, f"payload of entry {seq}").data, "present")


def _holding(segments: Sequence[Segment], seq: int) -> Segment | None:
    """The last segment that begins at or below an entry."""
    return next((segment for segment in reversed(segments) if segment.first <= seq), None)


def _line(
    storage: Storage, segment: Segment | None, seq: int, number: re.Pattern[bytes], needle: bytes
) -> bytes | None:
    """The line of an entry, found by halves.

    Args:
        storage: where it is.
        segment: the file; None when there is none.
        seq: the entry.
        number: finds a line's entry number.
        needle: what stands in no line but the one that is sought.
    """
    if segment is None:
        return None
    low, high = 0, segment.size_bytes
    while high - low > READ_BYTES:
        middle = (low + high) // 2
        probe = storage.read(segment, middle, middle + PROBE_BYTES)
        start = probe.find(b"\n") + 1
        end = probe.find(b"\n", start)
        numbers = number.findall(probe, start, end) if 0 < start < end else []
        if not numbers or middle + start >= high:
            break  # a line longer than the probe: what is left is searched whole
        if int(numbers[-1]) <= seq:
            low = middle + start
        else:
            high = middle + start
    content = storage.read(segment, low, high)
    at = content.find(needle)
    if at < 0:
        return None
    return content[content.rfind(b"\n", 0, at) + 1 : content.find(b"\n", at + 1)]
