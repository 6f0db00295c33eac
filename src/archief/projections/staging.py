"""From lines of the log to ``event``, the relation that every projection reads.

Temporary tables in memory (entries, the words of their payloads, the commits that seal them) and a view over them. A
full run fills them chunk by chunk from whole files; a catch-up fills them with the new lines and with all earlier lines
of the streams that these touch, so that the same projections give the same rows. Nothing here is kept.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archief.events import envelope
from archief.events.envelope import Commit
from archief.projections import tables
from archief.projections.lines import Lines, named
from archief.projections.tables import Projection
from archief.storage.base import Storage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ERASING = ("destruction_started.v1", "record_destroyed.v1", "records_destroyed.v1", "payload_erased.v1")
"""After these, words may be gone that a state made earlier still holds."""

NEAR_ENTRIES = 16 * envelope.SEGMENT_ENTRIES
"""How far back the earlier events of a stream are looked for first."""

_DATA_LINE = re.compile(r"^.*\[data\]\n", re.MULTILINE)
_FACT_LINE = re.compile(r'^ +"(\w+)": .*,\n', re.MULTILINE)
_KEY_ID = (
    "try(sha256(unhex(printf('%02x', try_cast(facts ->> '$.key.type' as integer)))"
    " || from_base64(facts ->> '$.key.public')))"
)
_SEAL = """
create or replace temp table seal as
select
    entry.seq, entry.time, entry.key, cast(null as uuid) as person,
    entry.seq not in (select unnest($1::bigint[])) as authorised
from entry
where entry.events is not null
"""
_OWNERS = f"""
insert into owner
select {_KEY_ID}, entry.stream, entry.seq
from (select * from entry where type = 'key_enrolled.v1') as entry
asof join seal on entry.seq < seal.seq
where seal.authorised
"""  # noqa: S608 - no value from outside
_PERSONS = """
update seal set person = first_owner.person
from (select key, arg_min(person, seq) as person from owner group by key) as first_owner
where first_owner.key = seal.key and seal.person is null
"""
_GONE = """
insert into gone
select entry.seq from entry anti join words using (seq) where entry.committed
"""
_COVERED = """
delete from words where seq in (
    select entry.seq
    from entry
    join entry as closing using (stream)
    asof join seal on closing.seq < seal.seq
    where
        closing.type = 'record_destroyed.v1'
        and entry.stream_seq <= cast(closing.facts ->> 'last_stream_seq' as bigint)
        and seal.authorised
    union all
    -- Its own stream's payloads only, whatever it says.
    select entry.seq
    from entry
    join (
        select erasing.stream, unnest(from_json(erasing.facts -> 'seqs', '["BIGINT"]')) as seq
        from (select * from entry where type = 'payload_erased.v1') as erasing
        asof join seal on erasing.seq < seal.seq
        where seal.authorised
    ) as erased on erased.stream = entry.stream and erased.seq = entry.seq
)
"""
_SKIPPED = """
insert into skipped
select stream, seq, stream_seq, type, commit_seq
from staged
where not authorised
order by seq
"""
_TOUCHED = """
create or replace temp table touched as
select distinct stream from entry where stream is not null
"""
_EARLIER = """
create or replace temp table earlier as
select seq, commit_seq, time, key, person
from event
where seq >= $1 and stream in (select stream from touched)
order by seq
"""
# A commit of this chunk may seal entries of the chunk before: it is there already.
_EARLIER_SEALS = """
insert into seal
select distinct commit_seq, time, key, person, true
from earlier
where commit_seq not in (select seq from seal)
"""
_EARLIER_COUNT = """
select coalesce(sum(count), 0)
from (select min(stream_seq) as count from entry where stream is not null group by stream)
"""


class Staging:
    """The temporary tables of one connection.

    Args:
        connection: a connection whose default database holds, or will hold, the state.
        storage: where the log is; None for a staging that stays empty.
    """

    def __init__(self, connection: DuckDBPyConnection, storage: Storage | None = None) -> None:
        self.connection = connection
        self._entries = Lines(storage, "log") if storage is not None else None
        self._payloads = Lines(storage, "payload") if storage is not None else None
        self._types: frozenset[str] = frozenset()
        self._defined = ""
        self._skips = False

    def define_event(self, wanted: Projection) -> None:
        """Make the view ``event`` with no more in it than a projection reads: nothing, when nothing concerns it."""
        text = tables.read("staging", "event.sql")
        if not self.concerns(wanted):
            text += "and false"
        else:
            text = _FACT_LINE.sub(lambda line: line.group() if line.group(1) in wanted.facts else "", text)
            text = text if wanted.reads_data else _DATA_LINE.sub("", text)
        if text != self._defined:
            self.connection.execute(text)
            self._defined = text

    def concerns(self, projection: Projection) -> bool:
        """Whether one of the staged events is of a type that a projection is about."""
        return not projection.types or not projection.types.isdisjoint(self._types)

    def undefine_event(self) -> None:
        """From here on ``event`` is the table of the state."""
        self.connection.execute("drop view if exists temp.event")
        self._defined = ""

    def clear(self) -> None:
        """Empty tables."""
        self.remember_owners(known=False)
        self._fill("entry", [], [], create=True)
        self.connection.execute(_SEAL, [[]])
        self._fill("words", [], [], create=True)
        self._put_together()

    def create_tables(self) -> None:
        """Make every table of the state from what is staged."""
        every = tables.projections().values()
        # First those that nothing concerns: they read the same nothing. Views last: they read each other.
        for each in sorted(every, key=lambda each: each.stored and not self.concerns(each), reverse=True):
            self.define_event(each)
            self.connection.execute(each.create)
        self.undefine_event()
        self.connection.execute("".join(each.comments for each in tables.projections().values()))

    def remember_owners(self, *, known: bool) -> None:
        """Begin with nobody's keys; or with those that the state knows."""
        self.connection.execute("create or replace temp table owner (key varchar, person uuid, seq bigint)")
        if known:
            self.connection.execute("insert into owner select id, stream, enrolled_seq from key")

    def load(self, first: int, stop: int, unauthorised: Collection[int], beyond: Commit | None = None) -> None:
        """Stage entries ``first`` to ``stop`` (exclusive), and what came before them in their streams.

        Args:
            first: the first entry to stage.
            stop: the entry after the last.
            unauthorised: the commits, by entry, whose events count for nothing.
            beyond: the commit that seals the last of these entries, when it stands at ``stop`` or later itself.
        """
        assert self._entries is not None
        assert self._payloads is not None
        self._fill("entry", *self._entries.stretch(first, stop), create=True)
        self.connection.execute(_SEAL, [sorted(unauthorised)])
        if beyond is not None:
            values = [beyond.seq, beyond.time, beyond.key, beyond.seq not in unauthorised]
            self.connection.execute("insert into seal select $1, $2::timestamp, $3, null, $4", values)
        self.connection.execute(_TOUCHED)
        self.connection.execute(_OWNERS)
        self.connection.execute(_PERSONS)
        self._skips = any(seq >= first for seq in unauthorised)
        earlier = self._load_earlier(first) if first else []
        files, rest = self._payloads.stretch(first, stop)
        self._fill("words", files, itertools.chain(rest, self._payloads.pick(earlier)), create=True)
        self._put_together()

    def note_skipped(self) -> None:
        """Write down which events are left out."""
        if self._skips:
            self.connection.execute(_SKIPPED)

    def _load_earlier(self, first: int) -> list[int]:
        """Stage the entries before ``first`` of the streams that are touched. Gives which."""
        assert self._entries is not None
        connection = self.connection
        self.undefine_event()
        # A stream's events mostly lie near each other: from the newest back, in ever longer steps, until all are there.
        # What an unauthorised commit appended is counted and never found; then everything has been looked at.
        expected, window = self._value(_EARLIER_COUNT), NEAR_ENTRIES
        while True:
            begin = max(first - window, 0)
            connection.execute(_EARLIER, [begin])
            if not begin or self._value("select count(*) from earlier") >= expected:
                break
            window *= 8
        seqs = [seq for (seq,) in connection.execute("select seq from earlier order by seq").fetchall()]
        if seqs:
            self._fill("entry", [], self._entries.pick(seqs), create=False)
            connection.execute(_EARLIER_SEALS)
        return seqs

    def _put_together(self) -> None:
        """Find which words are gone, drop those that a destruction covers but that are still there, and seal events."""
        found = self.connection.execute("select distinct type from entry").fetchall()
        self._types = frozenset(tag for (tag,) in found)
        if self.erases():
            self.connection.execute(_COVERED)
        self.connection.execute("create or replace temp table gone (seq bigint)")
        # All there, as is usual, is seen from two counts.
        if self._value("select count(*) filter (committed) - (select count(*) from words) from entry"):
            self.connection.execute(_GONE)
        self.connection.execute(tables.read("staging", "staged.sql"))
        self.connection.execute("drop table temp.entry")

    def erases(self) -> bool:
        """Whether something staged means that words may be gone that an earlier state holds."""
        return not self._types.isdisjoint(ERASING)

    def _value(self, query: str) -> int:
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def _fill(self, name: str, files: Sequence[Path], rest: Iterable[bytes], *, create: bool) -> None:
        """Read lines into a temporary table: whole files by their names, the rest through a pipe."""
        file = {"entry": "entry.sql", "words": "payload.sql"}[name]
        verb = f"create temp table {name} as" if create else f"insert into {name}"
        if create:  # first, so that two chunks are never in memory at once
            self.connection.execute(f"drop table if exists temp.{name}")
            self.connection.execute("drop table if exists temp.staged")
        with named(files, rest) as names:
            self.connection.execute(f"set variable {file.removesuffix('.sql')}_files = $1", [names])
            self.connection.execute(f"{verb}\n{tables.read('staging', file)}")
