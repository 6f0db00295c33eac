"""Which payloads may be gone, and which must be: what the log says of destructions (format.md §6).

A fold over the events of destructions. Knows proposals, authorisations and what was carried out under them; the four
eyes, waiting periods and holds of a destruction are another rule's. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archief.errors import RefusedError
from archief.events.envelope import Event

DESTRUCTION_TYPES = (
    "destruction_proposed.v1",
    "destruction_reviewed.v1",
    "destruction_authorised.v1",
    "destruction_cancelled.v1",
    "destruction_started.v1",
    "record_destroyed.v1",
    "payload_erased.v1",
)


@dataclass
class Destructions:
    """What may be absent at one position in the log.

    Attributes:
        proposed: per destruction the records that it may reach: proposed, and not excepted by a reviewer.
        authorised: the entries of authorisations in force, each with its destruction.
        executing: records whose erasure was announced and not closed, with the destruction.
        destroyed: records that are destroyed, up to which of their events.
        erased: single payloads that are erased, with their stream.
    """

    proposed: dict[str, frozenset[str]] = field(default_factory=dict)
    authorised: dict[int, str] = field(default_factory=dict)
    executing: dict[str, str] = field(default_factory=dict)
    destroyed: dict[str, int] = field(default_factory=dict)
    erased: dict[int, str] = field(default_factory=dict)

    def copy(self) -> Destructions:
        """An independent copy."""
        return Destructions(
            dict(self.proposed), dict(self.authorised), dict(self.executing), dict(self.destroyed), dict(self.erased)
        )

    def cover(self, seq: int, stream: str, stream_seq: int) -> bool:
        """Whether this payload may be gone."""
        return self.demand(seq, stream, stream_seq) or stream in self.executing

    def demand(self, seq: int, stream: str, stream_seq: int) -> bool:
        """Whether this payload must be gone."""
        return self.erased.get(seq) == stream or stream_seq <= self.destroyed.get(stream, -1)

    def apply(self, event: Event) -> None:
        """Take an event of an authorised commit into account.

        Raises:
            RefusedError: it goes beyond what was proposed and authorised.
        """
        where, facts, stream = f"entry {event.seq}", event.facts, event.stream
        match event.type:
            case "destruction_proposed.v1":
                self.proposed[stream] = self.proposed.get(stream, frozenset()) | set(facts.streams)
            case "destruction_reviewed.v1":
                excepted = {item.stream for item in facts.excepted}
                self.proposed[stream] = self.proposed.get(stream, frozenset()) - excepted
            case "destruction_authorised.v1":
                self.authorised[event.seq] = stream
            case "destruction_cancelled.v1":
                self.authorised = {seq: one for seq, one in self.authorised.items() if one != stream}
            case "destruction_started.v1":
                self._start(event, where)
            case "record_destroyed.v1":
                self._destroy(event, where)
            case "payload_erased.v1":
                if any(seq >= event.seq for seq in facts.seqs):
                    raise RefusedError("a payload is erased after it was written, not before", where=where)
                self.erased |= dict.fromkeys(facts.seqs, stream)

    def _start(self, event: Event, where: str) -> None:
        facts = event.facts
        if self.authorised.get(facts.authorisation) != event.stream:
            raise RefusedError(
                f"entry {facts.authorisation} is no authorisation in force of this destruction", where=where
            )
        beyond = set(facts.streams) - self.proposed.get(event.stream, frozenset())
        if beyond:
            raise RefusedError(
                f"{len(beyond)} of its records were not proposed, or a reviewer excepted them", where=where
            )
        self.executing |= dict.fromkeys(facts.streams, event.stream)

    def _destroy(self, event: Event, where: str) -> None:
        facts = event.facts
        destruction = self.authorised.get(facts.authorisation)
        if destruction is None:
            raise RefusedError(f"entry {facts.authorisation} is no authorisation of a destruction", where=where)
        if self.executing.get(event.stream) != destruction:
            raise RefusedError("the destruction of this record was not announced under it", where=where)
        if facts.last_stream_seq >= event.stream_seq:
            raise RefusedError("a destruction covers events before it, not later ones", where=where)
        self.destroyed[event.stream] = facts.last_stream_seq
        del self.executing[event.stream]
