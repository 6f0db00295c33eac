"""``archief append --from``: many events, a thousand in a commit, and how an interrupted run goes on.

Before a commit is written for the first time its id stands in a file in the state folder, with how far the input was
read. The file holds no content: the input's name and its beginning are kept as digests under a random key. A run that
finds this file checks that the input still begins the same, asks the log for the one commit whose outcome is unknown,
and goes on behind it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple

import msgspec

from archief import canonical, durable
from archief.cli import drafting, writing
from archief.cli.output import Progress, counted
from archief.cli.session import Session
from archief.cli.wording import draft, told
from archief.cli.writing import Writer
from archief.draft import Draft, new_commit_id, new_stream
from archief.errors import ArchiefError, Interrupted, MalformedError, RefusedError, UsageError

LINE_BYTES_MAX = 4 * 1024 * 1024
KEY_BYTES = 32
FAULTS_SHOWN_MAX = 20


class Resume(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How far a run came.

    Attributes:
        origin: the log.
        key: random; what the digest is made with.
        digest: of the input's first ``done_bytes`` bytes.
        done_bytes, done_lines, done_events: appended and acknowledged.
        commit: the id of the commit after those; drawn before its first try.
        commit_lines: the lines in it.
        size: the log's size before its first try.
    """

    origin: str
    key: str
    digest: str
    done_bytes: int = 0
    done_lines: int = 0
    done_events: int = 0
    commit: str | None = None
    commit_lines: int = 0
    size: int = 0


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the input."""

    type: str
    stream: str | None = None
    expect_version: Annotated[int, msgspec.Meta(ge=0)] | None = None
    facts: dict[str, Any] = {}
    data: dict[str, Any] | None = None
    documents: list[str] = []


class _Chunk(NamedTuple):
    """Lines that make one commit, and where they end."""

    first_line: int
    lines: list[bytes]
    size_bytes: int


class _Totals(NamedTuple):
    events: int
    commits: int
    lines: int


def append_from(session: Session, source: str, *, chunk: int, restart: bool, accept_clock: bool, dry_run: bool) -> None:
    """Append the events of a file.

    Args:
        session: the surroundings.
        source: the file, or ``-``.
        chunk: events in one commit.
        restart: forget what was appended of it before.
        accept_clock: append though the last commit is ahead of this clock.
        dry_run: look at every line, append nothing.

    Raises:
        MalformedError: a line is not an event; nothing of its commit is appended, what came before stays.
        Interrupted: Ctrl-C; what was acknowledged stays.
    """
    total = _count_lines(source)
    with writing.writer(session, accept_clock=accept_clock) as made:
        run = _Run(made, source, chunk)
        with drafting.opened(source) as stream:
            if dry_run:
                run.look(stream)
                return
            run.begin(stream, restart=restart)
            try:
                totals = run.append(stream, total)
            except KeyboardInterrupt:
                raise Interrupted(
                    f"interrupted; {counted(run.kept.done_lines, 'line')} appended, and they stay",
                    where=run.name,
                    remedy=_AGAIN,
                ) from None
            except ArchiefError as error:
                kept = f"{counted(run.kept.done_lines, 'line')} before it appended"
                error.remedy = "; ".join(filter(None, (error.remedy, kept, f"correct it and {_AGAIN}")))
                raise
        head = writing.signed_head(made) if totals.commits else None
        _tell(made, totals, run.kept, head)


_AGAIN = "run the same command again: it goes on where it stopped"


class _Run:
    """One run over one input."""

    def __init__(self, made: Writer, source: str, chunk: int) -> None:
        self.made = made
        self.name = "standard input" if source == "-" else source
        self.chunk = chunk
        self.stdin = source == "-"
        self.folder = Path(source).parent if not self.stdin else Path()
        place = "-" if self.stdin else os.path.realpath(source)
        name = hashlib.sha256(f"{made.origin}\n{place}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path = made.session.state_folder / "resume" / f"{name}.json"
        key = made.session.entropy(KEY_BYTES).hex()
        self.digest = _digest(key)
        self.kept = Resume(origin=made.origin, key=key, digest=self.digest.hexdigest())

    # going on

    def begin(self, stream: BinaryIO, *, restart: bool) -> None:
        """Skip what was appended before, after checking that it is the same input."""
        for left_behind in self.path.parent.glob(f"{self.path.name}.*{durable.TEMPORARY_SUFFIX}"):
            durable.remove(left_behind)  # a run was killed; nobody else writes this name while the archive is locked
        if restart or not self.path.exists():
            return
        try:
            kept = msgspec.json.decode(self.path.read_bytes(), type=Resume)
        except msgspec.DecodeError:
            raise MalformedError(
                "the file that says how far the last run came is damaged",
                where=str(self.path),
                remedy="look with `archief history` what was appended, then give --restart",
            ) from None
        digest = _digest(kept.key)
        left = kept.done_bytes
        while left and (piece := stream.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
        if left or digest.hexdigest() != kept.digest:
            raise MalformedError(
                f"the first {kept.done_lines:,} lines are not those that were appended before",
                where=self.name,
                remedy="bring the input back to what it was; or, if it is another one, give --restart",
            )
        self.kept, self.digest = kept, digest
        if kept.done_lines:
            self.made.session.output.note(f"going on behind line {kept.done_lines:,}")

    def append(self, stream: BinaryIO, total: int) -> _Totals:
        """Append what is left of the input, a commit at a time."""
        events = commits = 0
        with Progress(self.made.session.output, "lines appended") as progress:
            for chunk in self._chunks(stream):
                drafts = self._drafts(chunk)
                appended = self._commit(chunk, drafts)
                events, commits = events + appended, commits + bool(appended)
                progress(self.kept.done_lines, total)
        if self.stdin:
            durable.remove(self.path)
        return _Totals(events, commits, self.kept.done_lines)

    def _chunks(self, stream: BinaryIO) -> Iterator[_Chunk]:
        """Lines by commit. The commit whose outcome is unknown is cut as it was the first time."""
        number = self.kept.done_lines + 1
        wanted = self.kept.commit_lines if self.kept.commit else self.chunk
        while True:
            lines: list[bytes] = []
            size_bytes = 0
            while len(lines) < wanted:
                line = stream.readline(LINE_BYTES_MAX + 1)
                if len(line) > LINE_BYTES_MAX:
                    raise MalformedError(
                        f"a line of more than {LINE_BYTES_MAX:,} bytes", where=f"{self.name}:{number + len(lines)}"
                    )
                if not line:
                    break
                lines.append(line)
                size_bytes += len(line)
            if lines:
                yield _Chunk(number, lines, size_bytes)
            if len(lines) < wanted:
                return
            number += len(lines)
            wanted = self.chunk

    def _commit(self, chunk: _Chunk, drafts: Sequence[Draft]) -> int:
        """Append one commit and keep how far we came. Gives the number of events."""
        made = self.made
        for line in chunk.lines:
            self.digest.update(line)
        if drafts:
            known = self.kept.commit is not None
            if not known:
                commit = new_commit_id(made.session.clock(), made.session.entropy)
                self._keep(commit=commit, commit_lines=len(chunk.lines), size=made.journal.size)
            try:
                made.append(drafts, commit_id=self.kept.commit, retry_from=self.kept.size if known else None)
            except ArchiefError as error:
                place = f"{self.name}:{chunk.first_line}-{chunk.first_line + len(chunk.lines) - 1}"
                error.where = f"{place}: {error.where}" if error.where else place
                raise
        self._keep(
            digest=self.digest.hexdigest(),
            done_bytes=self.kept.done_bytes + chunk.size_bytes,
            done_lines=self.kept.done_lines + len(chunk.lines),
            done_events=self.kept.done_events + len(drafts),
            commit=None,
            commit_lines=0,
            size=0,
        )
        return len(drafts)

    def _keep(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Resume
        self.kept = msgspec.structs.replace(self.kept, **changes)
        durable.make_folder(self.path.parent, mode=0o700)
        durable.replace(self.path, canonical.encode(self.kept) + b"\n", mode=0o600)

    # lines

    def look(self, stream: BinaryIO) -> None:
        """Look at every line (``--dry-run``): its form, and whether this key may append it."""
        faults: list[ArchiefError] = []
        events = lines = 0
        tags: dict[str, int] = {}
        for chunk in self._chunks(stream):
            for number, line in enumerate(chunk.lines, chunk.first_line):
                lines = number
                try:
                    one = self._draft(line, number)
                except ArchiefError as error:
                    faults.append(error)
                    continue
                if one is not None:
                    events += 1
                    tags.setdefault(one.tag, number)
        reasons = self.made.journal.authority.judge(self.made.key.public.id, self.made.origin, tags)
        if reasons:
            raise RefusedError("; ".join(reasons), where=self.name, remedy="use another key with --as")
        output = self.made.session.output
        if faults:
            for fault in faults[:FAULTS_SHOWN_MAX]:
                output.note(str(fault))
            many = f"{counted(len(faults), 'line')} of {lines:,}"
            raise MalformedError(f"{many} cannot be appended; the first is told above", where=self.name)
        if output.json:
            test = self.made.journal.authority.test
            output.members({"test": test, "dry_run": True, "lines": lines, "events": events})
        else:
            output.line(
                f"{counted(events, 'event')} in {counted(lines, 'line')}: well-formed;"
                " streams and versions are checked when appending"
            )
            output.note("a dry run: nothing was appended")

    def _drafts(self, chunk: _Chunk) -> list[Draft]:
        made = (self._draft(line, number) for number, line in enumerate(chunk.lines, chunk.first_line))
        return [one for one in made if one is not None]

    def _draft(self, raw: bytes, number: int) -> Draft | None:
        """The event of a line; None for an empty one."""
        where = f"{self.name}:{number}"
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if not raw.strip():
            return None
        word = "TYPE"
        try:
            line = msgspec.convert(drafting.parsed(raw, where), _Line)
            event_type = drafting.appendable(line.type)
            word = event_type.name
            refs, documents = drafting.documents(
                [self.folder / name for name in line.documents], self.made.session.entropy
            )
            data = drafting.with_documents(event_type, line.data, refs)
            return draft(
                event_type.tag,
                line.stream or self._stream(event_type.opens, event_type.stream, event_type.name),
                line.facts,
                data,
                documents=documents,
                expect_version=line.expect_version,
            )
        except msgspec.ValidationError as error:
            what, _, path = str(error).partition(" - at `$.")
            place = f"{where}: {path.rstrip('`')}" if path else where
            raise MalformedError(told(what[:1].lower() + what[1:])[0], where=place) from None
        except ArchiefError as error:
            if isinstance(error, MalformedError) and not error.remedy:
                error.remedy = f"see `archief events {word}`"
            if not error.where.startswith(where):
                error.where = f"{where}: {error.where}" if error.where else where
            raise

    def _stream(self, opens: bool, kind: str, name: str) -> str:  # noqa: FBT001 - what the type says
        if kind == "archive":
            return self.made.journal.authority.archive
        if not opens:
            raise UsageError(f"{name} needs a stream", where="stream")
        return new_stream(self.made.session.entropy)


def _digest(key: str) -> Any:  # noqa: ANN401 - hashlib's object
    return hashlib.blake2b(key=bytes.fromhex(key), digest_size=32)


def _count_lines(source: str) -> int:
    """How many lines a file has, for the progress line; 0 for standard input."""
    if source == "-":
        return 0
    with drafting.opened(source) as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(1 << 20), b""))


def _tell(made: Writer, totals: _Totals, kept: Resume, head: dict[str, Any] | None) -> None:
    output = made.session.output
    if output.json:
        output.members(
            {
                "test": made.journal.authority.test,
                "lines": totals.lines,
                "events": totals.events,
                "commits": totals.commits,
                "size": made.journal.size,
                "head": head,
            }
        )
        return
    if not totals.commits:
        output.line(f"nothing to append: {counted(kept.done_lines, 'line')} appended before, and nothing after them")
        output.note("--restart appends them again")
        return
    output.line(f"appended {counted(totals.events, 'event')} in {counted(totals.commits, 'commit')}")
    output.note(f"the log has {made.journal.size:,} entries")
    writing.tell_head(made.session.output, head)
