"""Which payloads may be gone, and which must be: what the log says of destructions (format.md §6).

A fold over the events of destructions. Four eyes, order, waiting period and list are demanded here of every step, by
the checks of ``destruction``: a step that breaks them makes its commit unauthorised, whoever wrote it. So does the
destruction of a record under a hold, or of what is no letter or dossier. Due dates are not looked at: they rest on
payloads, which may be gone; who executes asks them again. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archief.errors import RefusedError
from archief.events.envelope import Event
from archief.rules import destruction, rounds
from archief.rules.blocks import BLOCK_TYPES, Blocks
from archief.rules.rounds import Act, Round
from archief.rules.town_hall import day_of

if TYPE_CHECKING:
    from archief.rules.authority import Authority

PAYLOAD_ERASED = "payload_erased.v1"
"""The type that erases single payloads."""

DESTRUCTION_TYPES = (
    "destruction_proposed.v1",
    "destruction_reviewed.v1",
    "destruction_consented.v1",
    "destruction_authorised.v1",
    "destruction_cancelled.v1",
    "destruction_started.v1",
    "record_destroyed.v1",
    "records_destroyed.v1",
    PAYLOAD_ERASED,
    *BLOCK_TYPES,
)


@dataclass
class Destructions:
    """What may be absent at one position in the log.

    Attributes:
        rounds: per destruction its rounds, in order.
        authorised: the entries of authorisations in force, each with its destruction.
        executing: records whose erasure was announced, and neither done nor cancelled, with the destruction.
        destroyed: records that are destroyed, up to which of their events.
        under: of each of these the destruction.
        erased: single payloads that are erased: entry and stream.
        certificates: the records that hold certificates.
        blocks: holds and exemptions.
    """

    rounds: dict[str, list[Round]] = field(default_factory=dict)
    authorised: dict[int, str] = field(default_factory=dict)
    executing: dict[str, str] = field(default_factory=dict)
    destroyed: dict[str, int] = field(default_factory=dict)
    under: dict[str, str] = field(default_factory=dict)
    erased: set[tuple[int, str]] = field(default_factory=set)
    certificates: set[str] = field(default_factory=set)
    blocks: Blocks = field(default_factory=Blocks)

    def copy(self) -> Destructions:
        """An independent copy."""
        # A round and a list of rounds are replaced, never changed.
        return Destructions(
            dict(self.rounds),
            dict(self.authorised),
            dict(self.executing),
            dict(self.destroyed),
            dict(self.under),
            set(self.erased),
            set(self.certificates),
            self.blocks.copy(),
        )

    def cover(self, seq: int, stream: str, stream_seq: int) -> bool:
        """Whether this payload may be gone."""
        return self.demand(seq, stream, stream_seq) or stream in self.executing

    def demand(self, seq: int, stream: str, stream_seq: int) -> bool:
        """Whether this payload must be gone."""
        return (seq, stream) in self.erased or stream_seq <= self.destroyed.get(stream, -1)

    def by_itself(self, seq: int, stream: str) -> bool:
        """Whether this payload was erased by itself, and its record was not destroyed since."""
        return (seq, stream) in self.erased and stream not in self.destroyed

    def certificate(self, stream: str) -> str | None:
        """The record that holds the certificate of a record's destruction; None while it is not closed."""
        rounds_ = self.rounds.get(self.under.get(stream, ""), [])
        return rounds_[-1].certificate if rounds_ else None

    def of_copy(self, stream: str) -> bool:
        """Whether what was destroyed of a record is its copy: the record itself is the records office's."""
        rounds_ = self.rounds.get(self.under.get(stream, ""), [])
        return bool(rounds_) and rounds_[-1].transfer is not None

    def apply(self, event: Event, act: Act, authority: Authority, time: str) -> None:
        """Take an event of an authorised commit into account.

        Args:
            event: the event, one of ``DESTRUCTION_TYPES``.
            act: whose it is.
            authority: persons, roles and keys that hold at its position.
            time: of its commit, in UTC.

        Raises:
            RefusedError: it is not what may come next, or not this person's to do.
        """
        match event.type:
            case "record_destroyed.v1":
                self._destroy(event)
            case "payload_erased.v1":
                self._erase(event, authority, time)
            case tag if tag in BLOCK_TYPES:
                self.blocks.apply(event)
            case _:
                self._step(event, act, authority, time)

    def _step(self, event: Event, act: Act, authority: Authority, time: str) -> None:
        stream, facts = event.stream, event.facts
        before = self.rounds.get(stream, [])
        if act.step == "destruction_proposed":
            destruction.check_part(before, facts, act.person)
            self._demand_records(facts.streams, authority, f"entry {event.seq}")
            destruction.check_care(facts.streams, facts.transfer, authority.transfers, f"entry {event.seq}")
        else:
            self._check_answer(before, event, act, authority, time)
        made = rounds.after(before, event, act)
        match act.step:
            case "destruction_authorised":
                self.authorised[event.seq] = stream
            case "destruction_cancelled" if (authorisation := made[-1].authorisation) is not None:
                del self.authorised[authorisation.seq]
                self.executing = {record: one for record, one in self.executing.items() if one != stream}
            case "destruction_started":
                self.executing |= dict.fromkeys(facts.streams, stream)
            case "records_destroyed":
                self.certificates.add(facts.certificate)
        self.rounds[stream] = made

    def _check_answer(self, before: list[Round], event: Event, act: Act, authority: Authority, time: str) -> None:
        facts, where = event.facts, f"entry {event.seq}"
        if not before:
            raise RefusedError("this destruction was not proposed", where=where)
        current = before[-1]
        if getattr(facts, "proposal", current.proposed.seq) != current.proposed.seq:
            raise RefusedError(f"entry {facts.proposal} does not begin the last round of this destruction", where=where)
        match act.step:
            case "destruction_reviewed":
                excepted = [item.stream for item in facts.excepted]
                destruction.check_review(current, act.person, excepted, facts.streams)
            case "destruction_consented":
                destruction.check_consent(current, act.person)
            case "destruction_authorised":
                destruction.check_authorise(current, act.person)
            case "destruction_cancelled":
                destruction.check_cancel(current, self.left(event.stream))
            case "destruction_started":
                destruction.check_start(current, facts, authority, _day(time, where))
                destruction.check_care(facts.streams, current.transfer, authority.transfers, where)
                gone = sum(record in self.executing or record in self.destroyed for record in facts.streams)
                if gone:
                    raise RefusedError(f"{gone} of its records are destroyed already, or about to be", where=where)
                self._demand_records(facts.streams, authority, where)
                self._demand_free(facts.streams, time, where)
            case "records_destroyed":
                destruction.check_close(current, facts, self.left(event.stream))

    def left(self, stream: str) -> int:
        """Of how many records of a destruction the erasure is announced and not done."""
        return sum(one == stream for one in self.executing.values())

    def _destroy(self, event: Event) -> None:
        facts, where = event.facts, f"entry {event.seq}"
        named = self.authorised.get(facts.authorisation)
        if named is None:
            raise RefusedError(f"entry {facts.authorisation} is no authorisation of a destruction", where=where)
        if self.executing.get(event.stream) != named or facts.destruction not in (None, named):
            raise RefusedError("the destruction of this record was not announced under it", where=where)
        destruction.check_announced(self.rounds[named][-1])
        if facts.last_stream_seq != event.stream_seq - 1:
            raise RefusedError(
                f"the destruction of a record covers all of its events before it, up to {event.stream_seq - 1}",
                where=where,
            )
        self.destroyed[event.stream] = facts.last_stream_seq
        self.under[event.stream] = named
        del self.executing[event.stream]

    def _demand_records(self, streams: Iterable[str], authority: Authority, where: str) -> None:
        """Refuse the destruction of what is no letter or dossier, and of a certificate."""
        if foreign := sum(self._is_foreign(stream, authority) for stream in streams):
            raise RefusedError(
                f"{foreign} of its records are no letter and no dossier, or hold a certificate, which is kept for ever",
                where=where,
            )

    def _is_foreign(self, stream: str, authority: Authority) -> bool:
        return (
            stream == authority.archive
            or stream in self.certificates
            or stream in self.rounds
            or stream in self.blocks.on
            or stream in authority.persons
            or stream in authority.mandates
            or stream in authority.transfers.known
        )

    def _demand_free(self, streams: Iterable[str], time: str, where: str, *, holds_only: bool = False) -> None:
        """Refuse to destroy what a hold or exemption keeps on the day of the commit."""
        placed = self.blocks.among(streams)
        if not placed:
            return
        day = _day(time, where)
        kept = sum(any((one.hold or not holds_only) and one.on(day) for one in blocks) for blocks in placed.values())
        if kept:
            raise RefusedError(
                f"{kept} of its records are under a hold{'' if holds_only else ' or an exemption'}",
                where=where,
                remedy="lift the hold first: archief hold lift",
            )

    def _erase(self, event: Event, authority: Authority, time: str) -> None:
        where, seqs = f"entry {event.seq}", event.facts.seqs
        if event.stream == authority.archive or event.stream in self.certificates:
            raise RefusedError(
                "the archive's own rules and controls, and certificates, are not erased (Archiefbesluit 1995 8)",
                where=where,
            )
        if any(seq >= event.seq for seq in seqs):
            raise RefusedError("a payload is erased after it was written, not before", where=where)
        if event.stream in self.destroyed or event.stream in self.executing:
            raise RefusedError("this record is destroyed whole, or about to be", where=where)
        again = [seq for seq in seqs if (seq, event.stream) in self.erased]
        if again:
            raise RefusedError(f"the payload of entry {again[0]} is erased already", where=where)
        self._demand_free([event.stream], time, where, holds_only=True)
        self.erased |= {(seq, event.stream) for seq in seqs}
        if event.facts.certificate is not None:
            self.certificates.add(event.facts.certificate)


def check_erased(event: Event, commitment: Callable[[int], tuple[str, str | None]]) -> None:
    """Refuse the erasure of payloads that are not there to be erased.

    Args:
        event: a ``payload_erased``.
        commitment: gives the stream and the commitment of an entry; an empty stream where there is none.

    Raises:
        RefusedError: an entry is none of this stream's, or has no payload.
    """
    for seq in event.facts.seqs:
        stream, payload = commitment(seq)
        if stream != event.stream or payload is None:
            raise RefusedError(
                f"entry {seq} is no event of this stream with a payload",
                where="facts.seqs",
                remedy=f"see `archief history {event.stream[:8]}`",
            )


def _day(time: str, where: str) -> dt.date:
    try:
        return day_of(time)
    except ValueError:
        raise RefusedError(f"{time} is no time", where=where) from None
