"""What the journal asks of a place where bytes live (format.md §4), so that a folder and an object store look alike.

There is one verb that makes the log grow, :meth:`Storage.append_commit`: all of it or nothing that counts. Everything
that can be made again (tiles, the newest checkpoint) goes through :meth:`Storage.write_public`. Knows names, sizes and
bytes, and what the end of a log looks like; refuses to know what an event means.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, Protocol

import msgspec

from archief.errors import ConflictError, MalformedError, TailError
from archief.events import envelope
from archief.tlog import merkle

PIECE_BYTES = 1024 * 1024
BACKWARD_BYTES = 64 * 1024
"""How much is read first when a log is read from its end."""

_SEQ_MARK = b'"seq":'
_PAYLOAD_END = re.compile(rb'"salt":"[A-Za-z0-9+/=]{44}","seq":([0-9]{1,16})\}[^}]?\Z', re.DOTALL)


class Segment(NamedTuple):
    """One file or object of entries or payload lines.

    Attributes:
        first: the lowest entry index that may stand in it.
        name: how the storage calls it, for reading and for error messages.
        size_bytes: its length when it was listed.
    """

    first: int
    name: str
    size_bytes: int


class Tail(NamedTuple):
    """The committed end of a log.

    Attributes:
        size: the number of entries up to and with the last commit.
        commit: the last commit's entry; empty when the log is empty.
        segment: the segment in which it ends; None when the log is empty.
        end_bytes: where in that segment the last commit's newline ends.
    """

    size: int
    commit: bytes
    segment: Segment | None
    end_bytes: int


class NewDocument(NamedTuple):
    """A document on its way into the archive.

    Attributes:
        id: 32 random hex digits.
        open: gives a fresh binary stream over its bytes.
        sha256: the digest that stands in the payload; what is copied must have it.
    """

    id: str
    open: Callable[[], BinaryIO]
    sha256: str


class Erased(NamedTuple):
    """What was taken away for good.

    Attributes:
        payloads: payload lines.
        documents: documents.
        segments: the payload segments that were written anew, by name.
    """

    payloads: int
    documents: int
    segments: Sequence[str] = ()


class Storage(Protocol):
    """A place for one archive. Reading needs no lock and no write access."""

    place: str
    """How a person calls this place: a folder or an address."""

    def log_segments(self) -> list[Segment]:
        """The log's segments in order."""

    def payload_segments(self) -> list[Segment]:
        """The payload segments, by the first entry whose payload may stand in them."""

    def read(self, segment: Segment, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes ``start`` to ``stop`` of a segment; fewer when it is shorter."""

    def document_ids(self) -> Iterator[str]:
        """The ids of all documents that are here."""

    def open_document(self, document: str) -> BinaryIO:
        """A stream over a document's bytes. Raises NotFoundError when it is not here."""

    def public_paths(self) -> Iterator[str]:
        """The paths of all public files (checkpoints, tiles), relative to ``public/``."""

    def read_public(self, path: str) -> bytes | None:
        """A public file whole; None when it is not here."""

    def write_public(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Put a public file in place whole. ``durable`` False for what can be made again."""

    def remove_public(self, path: str) -> None:
        """Take away a public file that is no longer needed (a partial tile)."""

    def recovered(self) -> Iterator[tuple[str, bytes]]:
        """The names and bytes of cut tails."""

    def strangers(self) -> Iterator[str]:
        """Names of files that the format does not know."""

    def writing(self, floor: int = 0) -> contextlib.AbstractContextManager[Tail]:
        """Be the only writer, for the length of the ``with``; what an interrupted append left behind is cleared first.

        Args:
            floor: a size that was remembered or signed; nothing below it is ever cut.

        Raises:
            ArchiveInUseError: somebody else keeps writing.
            TailError: clearing would cut below ``floor``.
        """

    def append_commit(
        self,
        expected_size: int,
        payloads: Sequence[tuple[int, bytes]],
        documents: Sequence[NewDocument],
        entries: Sequence[bytes],
    ) -> None:
        """Append one commit; when this returns, it stays. Only inside :meth:`writing`.

        Args:
            expected_size: the log's size in entries, as the writer saw it.
            payloads: (entry index, payload line) without newline, in order.
            documents: what the payloads register.
            entries: event entries and their commit, without newlines; the first gets index ``expected_size``.

        Raises:
            ConflictError: the log is not ``expected_size`` entries long, or a document's id is in use.
            WriteFailedError: the disk refused; the commit does not count.
        """

    def cut_tail(self, size: int) -> str:
        """Move all entries from index ``size`` on into ``recovered/``, on a person's word; what they register goes.

        Gives the name kept under. Takes the lock itself where it is not held.

        Raises:
            NotFoundError: there is no such entry.
        """

    def erase(self, payloads: Collection[int], documents: Collection[str]) -> Erased:
        """Take payload lines and documents away for good; what is not here is passed over. Only inside :meth:`writing`.

        Documents first, then every segment that holds one of these lines is put in place whole without them: whatever
        fails, each segment is the old one or the new one, and the same call again finishes it.

        Args:
            payloads: entry indices.
            documents: ids.

        Raises:
            WriteFailedError: the disk refused; some may be gone.
        """

    def close(self) -> None:
        """Let go of open files."""


def read_tail(storage: Storage) -> Tail:
    """Find the committed end of a log: the last newline-ended commit line. Reads backwards, a few blocks.

    Raises:
        TailError: the last line that ends as a commit ends is no commit line.
    """
    for segment in reversed(storage.log_segments()):
        buffer, start = b"", segment.size_bytes
        while start > 0:
            step = min(max(BACKWARD_BYTES, len(buffer)), start)  # twice as much each time
            start -= step
            buffer = storage.read(segment, start, start + step) + buffer
            found = _last_commit(buffer, whole=start == 0)
            if found is not None:
                entry, end = found
                try:
                    commit = envelope.decode_commit(entry)
                except MalformedError as error:
                    raise damaged_commit(f"{storage.place}/{segment.name}", error.what) from None
                return Tail(commit.seq + 1, entry, segment, start + end)
    return Tail(0, b"", None, 0)


def _last_commit(buffer: bytes, *, whole: bool) -> tuple[bytes, int] | None:
    """The last complete commit line in a segment's last bytes, and where its newline ends."""
    end = buffer.rfind(envelope.COMMIT_END + b"\n")
    if end < 0:
        return None
    start = buffer.rfind(b"\n", 0, end) + 1
    if start == 0 and not whole:
        return None  # the line may begin in an earlier block
    stop = end + len(envelope.COMMIT_END)
    return buffer[start:stop], stop + 1


def loose_segments(tail: Tail, segments: Iterable[Segment]) -> list[Segment]:
    """The segments that hold something beyond the committed end."""
    if tail.segment is None:
        return list(segments)
    last = tail.segment.first
    return [
        segment
        for segment in segments
        if segment.first > last or (segment.first == last and segment.size_bytes > tail.end_bytes)
    ]


def damaged_commit(where: str, why: str) -> TailError:
    """What to tell a person about a last commit that is complete but wrong."""
    return TailError(
        f"the last commit is complete but does not verify ({why}): it may be an acknowledged commit with a flipped bit",
        where=where,
        remedy="restore the segment from a back-up, or look at it with `archief verify` and cut it with"
        " `archief doctor --cut-tail`",
    )


def refuse_damaged_commit(tail: Tail, loose: Iterable[bytes], place: str) -> None:
    """Refuse to take a damaged commit line for the loose end of an interrupted append.

    An interrupted append leaves whole event lines, perhaps a beginning of a commit line. A commit's members in a line
    that is ended, or in one with a byte after its end, come from an append that was completed once.

    Args:
        tail: the committed end.
        loose: the contents of the segments that hold something beyond it.
        place: the storage's name, for the message.

    Raises:
        TailError: there is such a line.
    """
    for content in loose:
        start = tail.end_bytes if tail.commit and content[: tail.end_bytes].endswith(tail.commit + b"\n") else 0
        lines = content[start:].split(b"\n")
        for index, line in enumerate(lines):
            ended = index + 1 < len(lines) or (envelope.COMMIT_END in line and not line.endswith(envelope.COMMIT_END))
            if ended and line.startswith(b'{"base":{') and b'"sig":"' in line:
                raise damaged_commit(place, "its end is damaged")


def refuse_doubtful_commit(storage: Storage, tail: Tail) -> None:
    """Demand, before anything is cut, that the last commit stands where it says and seals the events before it.

    A flipped digit in it would make acknowledged payloads look like those of an interrupted append.

    Raises:
        TailError: it does not.
    """
    if tail.segment is None:
        return
    place = f"{storage.place}/{tail.segment.name}"
    commit = envelope.decode_commit(tail.commit)
    lines = storage.read(tail.segment, 0, tail.end_bytes).count(b"\n")
    if tail.segment.first + lines != tail.size or commit.base.size + commit.events != commit.seq:
        raise damaged_commit(place, "it is not the entry that it says")
    try:
        events = entry_lines(storage, commit.base.size, commit.seq)
    except MalformedError as error:
        raise damaged_commit(place, error.what) from None
    if merkle.root(merkle.leaf_hashes(events)).hex() != commit.root:
        raise damaged_commit(place, "it does not seal the entries before it")


def loose_payloads(storage: Storage, tail: Tail) -> list[tuple[Segment, int]]:
    """The payload segments that hold lines beyond the committed end, last one first, and how many bytes of each stay.

    Raises:
        TailError: what looks loose may be an acknowledged payload with a flipped bit, or part of the log is gone.
    """
    if not tail.size and next(iter(storage.public_paths()), None) is not None and storage.payload_segments():
        raise TailError(
            "the log is gone, and payloads and public files are not",
            where=storage.place,
            remedy="bring the log back before anything is appended",
        )
    loose = []
    for segment in reversed(storage.payload_segments()):
        end = storage.read(segment, max(segment.size_bytes - BACKWARD_BYTES, 0))
        if end.endswith(b"\n") and payload_seq(end) < tail.size:
            break
        content = storage.read(segment)
        keep = payloads_from(content, tail.size)
        if not content.endswith(b"\n") and 0 <= payload_seq(content) < tail.size:
            raise _damaged_payload(storage, segment)
        loose.append((segment, keep))
        if keep:
            break
    if loose:
        refuse_doubtful_commit(storage, tail)
        _refuse_doubtful_payloads(storage, tail, loose)
    return loose


def _refuse_doubtful_payloads(storage: Storage, tail: Tail, loose: Sequence[tuple[Segment, int]]) -> None:
    """Refuse to cut more than one append leaves behind, or a line that was damaged after it was acknowledged.

    A payload of the last commit cannot have been erased yet: where its line is not, the damaged one is it.
    """
    for segment, _ in loose:
        content = storage.read(segment)
        if payload_seq(content, content.rfind(b"\n") + 1) >= tail.size + envelope.EVENTS_MAX:
            raise TailError(
                f"the log ends at entry {tail.size}, and there are more payloads beyond it than one append leaves",
                where=f"{storage.place}/{segment.name}",
                remedy="part of the log is gone: bring it back before anything is appended",
            )
    segment, keep = loose[-1]
    content = storage.read(segment)
    line, ended, _ = content[keep:].partition(b"\n")
    first = max(payload_seq(content, keep) + 1, segment.first)
    if first >= tail.size:
        return
    head = line[: line.rfind(_SEQ_MARK)] if ended else b""
    sealed_from = envelope.decode_commit(tail.commit).base.size
    for seq, entry in enumerate(entry_lines(storage, first, tail.size), first):
        held = b'"payload":null,"seq":' not in entry and not envelope.is_commit(entry)
        if held and (seq >= sealed_from or envelope.commitment(head + b'"seq":%d}' % seq).encode() in entry):
            raise _damaged_payload(storage, segment)


def _damaged_payload(storage: Storage, segment: Segment) -> TailError:
    return TailError(
        "the last payload line is damaged, and it belongs to an acknowledged commit",
        where=f"{storage.place}/{segment.name}",
        remedy="`archief doctor --repair` mends its end when nothing else is damaged; else restore the segment from a"
        " back-up; `archief verify` names the line",
    )


def missing_newline(storage: Storage, tail: Tail) -> tuple[Segment, int] | None:
    """Where the last payload line of all should end, and does not: another byte stands there, or none.

    Only of a line that its event commits to: then nothing else can have stood there.
    """
    segments = storage.payload_segments()
    content = storage.read(segments[-1]) if segments else b"\n"
    seq = payload_seq(content)
    if content.endswith(b"\n") or not 0 <= seq < tail.size:
        return None
    end = content.rindex(b"}") + 1
    line = content[content.rfind(b"\n", 0, end) + 1 : end]
    committed = b'"payload":"%b","seq":%d,' % (envelope.commitment(line).encode(), seq)
    return (segments[-1], end) if committed in entry_lines(storage, seq, seq + 1)[0] else None


def payloads_from(content: bytes, seq: int) -> int:
    """Where in a payload segment the lines of entries from ``seq`` on begin, a torn last line among them."""
    start = content.rfind(b"\n") + 1
    while start:
        begin = content.rfind(b"\n", 0, start - 1) + 1
        if payload_seq(content, start) < seq:
            break
        start = begin
    return start


def payload_seq(content: bytes, stop: int | None = None) -> int:
    """The entry index at the end of the last of some payload lines, also where its newline is another byte; or -1."""
    stop = len(content) if stop is None else stop
    found = _PAYLOAD_END.search(content, max(stop - 128, 0), stop)
    return int(found.group(1)) if found else -1


def entry_lines(storage: Storage, first: int, stop: int) -> list[bytes]:
    """The entries ``first`` to ``stop`` (exclusive), by counting lines in their segments.

    Raises:
        MalformedError: a segment holds fewer lines than the log's size says.
    """
    entries: list[bytes] = []
    for segment in segments_between(storage.log_segments(), first, stop):
        lines = storage.read(segment).split(b"\n")
        limit = min(stop - segment.first, len(lines) - 1, envelope.SEGMENT_ENTRIES)
        entries += lines[max(first - segment.first, 0) : limit]
    if len(entries) != max(stop - first, 0):
        raise MalformedError(f"entries {first} to {stop - 1} are not all there", where=storage.place)
    return entries


def kept_lines(lines: Iterable[bytes], gone: Collection[int]) -> Iterator[bytes]:
    """The payload lines that stay when some are erased, joined to pieces; what is no payload line stays too.

    Args:
        lines: each with its newline.
        gone: the entry indices of those that go.
    """
    piece: list[bytes] = []
    size_bytes = 0
    for line in lines:
        if payload_seq(line) in gone:
            continue
        piece.append(line)
        size_bytes += len(line)
        if size_bytes >= PIECE_BYTES:
            yield b"".join(piece)
            piece, size_bytes = [], 0
    yield b"".join(piece)


def held_lines(lines: Iterable[bytes], wanted: Collection[int]) -> int:
    """How many payload lines of certain entries are among these."""
    return sum(payload_seq(line) in wanted for line in lines)


def line_start(content: bytes, line: int) -> int:
    """Where a line begins, counted from 0; the length of the content when there are fewer, 0 below 0."""
    start = 0
    for _ in range(line):
        found = content.find(b"\n", start)
        if found < 0:
            return len(content)
        start = found + 1
    return start


def registered(payloads: Iterable[bytes]) -> list[str]:
    """The ids of the documents that whole payload lines register; what cannot be read registers nothing."""
    found: list[str] = []
    for line in b"".join(payloads).split(b"\n"):
        with contextlib.suppress(msgspec.DecodeError, UnicodeError):
            found += [document.id for document in _registering.decode(line).data.documents]
    return found


class _Registered(msgspec.Struct):
    id: str


class _RegisteringData(msgspec.Struct):
    documents: list[_Registered] = []


class _RegisteringLine(msgspec.Struct):
    data: _RegisteringData


_registering = msgspec.json.Decoder(_RegisteringLine)


def segments_between(segments: Sequence[Segment], first: int, stop: int) -> Iterable[Segment]:
    """The segments in which entries ``first`` to ``stop`` (exclusive) can stand."""
    for index, segment in enumerate(segments):
        following = segments[index + 1].first if index + 1 < len(segments) else stop
        following = min(following, segment.first + envelope.SEGMENT_ENTRIES)  # a payload segment may be absent
        if segment.first < stop and following > first:
            yield segment


def refuse_known_documents(documents: Sequence[NewDocument], known: Callable[[str], bool]) -> None:
    """Refuse to write a document twice: clearing a failed append away would delete the first.

    Raises:
        ConflictError: an id is in use already.
    """
    ids = [document.id for document in documents]
    taken = next((one for one, times in collections.Counter(ids).items() if times > 1 or known(one)), None)
    if taken is not None:
        raise ConflictError("a document of that id is here already", where=f"document {taken}")


def copy_document(document: NewDocument) -> Iterator[bytes]:
    """A new document's bytes in pieces, checked against its digest after the last.

    Raises:
        MalformedError: the file changed after its digest was taken.
    """
    digest = hashlib.sha256()
    with document.open() as stream:
        while piece := stream.read(PIECE_BYTES):
            digest.update(piece)
            yield piece
    if digest.hexdigest() != document.sha256:
        raise MalformedError("the file changed while it was read", remedy="run the command again")
