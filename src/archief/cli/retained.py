"""What an archive knows of retention at one position: rule sets, dossiers, the letters in them, and what blocks them.

For commands that explain or decide. Which records belong together is looked up in the projections; what decides a date
is read from the log's own entries, so that every step can cite its entry.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archief.cli import records, state
from archief.cli.records import Happened, Record
from archief.cli.session import Session
from archief.errors import NotFoundError, RefusedError
from archief.events import catalogue
from archief.log import Log
from archief.rules import adoption, dossiers, retention
from archief.rules.adoption import RuleSets
from archief.rules.destruction import Standing
from archief.rules.dossiers import Dossier
from archief.rules.retention import Derivation, Simulation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Block(NamedTuple):
    """A hold or exemption that holds on a record on a day."""

    stream: str
    record: str
    seq: int
    kind: str
    ground: str
    end: dt.date | None

    def told(self) -> str:
        """In words."""
        until = f", until {self.end}" if self.end is not None else ", until it is lifted"
        return f"{self.kind} {self.stream[:8]} ({self.ground}, entry {self.seq}){until if self.kind == 'hold' else ''}"


class Retained:
    """An archive's retention at one position.

    Args:
        log: the archive.
        database: the state at that position.
    """

    def __init__(self, log: Log, database: DuckDBPyConnection) -> None:
        self.log = log
        self.database = database

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - cells of any type
        """Ask the state; stream ids come out as text."""
        return self.database.execute(query, list(values)).fetchall()

    def rules(self) -> RuleSets:
        """The rule sets that the archive adopted."""
        tags = ", ".join(f"'{tag}'" for tag in adoption.ADOPTING)
        seqs = [seq for (seq,) in self.rows(f"select seq from event where type in ({tags})")]  # noqa: S608 - words of ours
        return adoption.fold((one.event, one.data) for one in records.read(self.log, seqs))

    def record(self, text: str, *kinds: str) -> Record:
        """The record that a person means.

        Args:
            text: a number, a stream id or the beginning of one.
            kinds: what it may be.

        Raises:
            NotFoundError: nothing answers to it.
            AmbiguousError: several do.
            RefusedError: it is something else.
        """
        found = records.found(self.database, text)
        kind = self.kind(found)
        if kind not in kinds:
            raise RefusedError(
                f"this is a {kind}, not a {' or '.join(kinds)}", where=text, remedy=f"name a {' or '.join(kinds)}"
            )
        return found

    def kind(self, record: Record) -> str:
        """What a record is: the kind of the type that opened it."""
        ((tag,),) = self.rows("select type from event where seq = ?", record.seqs[0])
        return catalogue.of_tag(tag).stream

    def happened(self, record: Record) -> list[Happened]:
        """Its events."""
        return records.happened(self.log, record)

    def dossier(self, stream: str) -> Dossier | None:
        """A dossier by its id; None when there is none."""
        try:
            record = records.found(self.database, stream)
        except NotFoundError:
            return None
        return dossiers.fold((one.event, one.data) for one in self.happened(record))

    def title(self, stream: str) -> str:
        """What a dossier is called: its number or title; the beginning of its id when that is gone."""
        found = self.rows("select number, title from dossier where stream = cast(? as uuid)", stream)
        said = " ".join(filter(None, found[0])) if found else ""
        return said or stream[:8]

    def letters_in(self, dossier: str) -> list[str]:
        """The letters in a dossier, in the order of their entries."""
        query = "select cast(stream as varchar) from filing where dossier = cast(? as uuid) order by seq"
        return [letter for (letter,) in self.rows(query, dossier)]

    def derive(self, dossier: Dossier | None, rules: RuleSets, as_if: Simulation | None = None) -> Derivation:
        """What becomes of a dossier."""
        if dossier is None:
            return Derivation(None, missing="unclassified")
        related = dossier.classification.related if dossier.classification is not None else None
        other = self.dossier(related) if related is not None else None
        closed = other.closing.day if other is not None and other.closing is not None else None
        return retention.derive(dossier, rules, closed, as_if=as_if)

    def blocks(self, streams: Iterable[str], day: dt.date) -> list[Block]:
        """What blocks one of these records on a day."""
        query = (
            "select cast(stream as varchar), cast(record as varchar), seq, kind, ground, end_date from block"
            " where record in (select cast(unnest($1::varchar[]) as uuid)) and lifted_seq is null"
            " and (begin_date is null or begin_date <= $2) and (end_date is null or end_date > $2) order by seq, record"
        )
        return [Block(*row) for row in self.rows(query, list(streams), day)]

    def standings(self, streams: Sequence[str], day: dt.date) -> dict[str, Standing]:
        """How records that are to be destroyed stand on a day: due, blocked, kept longer elsewhere, changed."""
        from archief.projections import tables  # noqa: PLC0415 - is imported by then

        query = tables.read("destruction", "standing.sql")
        rows = self.database.execute(query, {"records": list(streams)}).fetchall()
        copies = {record for record, *_, transfer in rows if transfer is not None}
        together = self.rows(
            "select cast(stream as varchar), cast(dossier as varchar) from filing"
            " where stream in (select cast(unnest($1::varchar[]) as uuid))"
            " or dossier in (select cast(unnest($1::varchar[]) as uuid))",
            list(streams),
        )
        beside: dict[str, set[str]] = {stream: {stream} for stream in streams}
        for letter, dossier in together:
            beside.setdefault(letter, set()).add(dossier)
            beside.setdefault(dossier, set()).add(letter)
        told: dict[str, list[str]] = {}
        for (record,) in self.rows(
            "select cast(stream as varchar) from letter"
            " where kind = 'verklaring' and stream in (select cast(unnest($1::varchar[]) as uuid))",
            list(streams),
        ):
            told[record] = ["it is a certificate or declaration, which is kept for ever"]
        for block in self.blocks({one for those in beside.values() for one in those}, day):
            # An exempted record is kept for ever: where it was transferred, by the records office.
            if block.kind == "hold" or block.record not in copies:
                told.setdefault(block.record, []).append(block.told())
        return {
            record: Standing(
                action,
                tuple(dict.fromkeys(why for one in sorted(beside[record]) for why in told.get(one, ()))),
                tuple(longer),
                seq,
                gone,
                transfer,
            )
            for record, action, longer, seq, gone, transfer in rows
        }


@contextlib.contextmanager
def reading(session: Session, log: Log, size: int | None = None) -> Iterator[Retained]:
    """Open what the archive knows of retention.

    Args:
        session: the surroundings.
        log: the archive.
        size: a position in the past; the log's end without it.

    Raises:
        ArchiefError: the log is not sound.
    """
    with state.at(session, log, log.size if size is None else size) as database:
        yield Retained(log, database)
