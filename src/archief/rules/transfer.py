"""Transfer to the records office: proposed, exported, offered, then accepted or rejected (Archiefwet 1995, 12). Pure.

A fold over the events of transfers, and with it the rule of their order. The duty of care moves at one place only: a
receipt that accepts the very package that was offered. After a rejection the package is mended, exported and offered
again; all that was tried stays.

>>> [status for status in FOLLOWS if may_follow(status, "offered")]
['accepted', 'rejected']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from archief.errors import RefusedError
from archief.events.envelope import Event

Status = Literal["proposed", "exported", "offered", "accepted", "rejected"]

FOLLOWS: Mapping[Status, frozenset[Status]] = {
    "proposed": frozenset({"proposed", "exported", "rejected"}),
    "exported": frozenset({"proposed", "exported", "rejected"}),
    "offered": frozenset({"exported"}),
    "accepted": frozenset({"offered"}),
    "rejected": frozenset({"offered"}),
}
"""After which status each step comes. A first proposal opens a transfer; a later one begins its next round."""

DECLARED = "transfer_declared.v1"
"""The type that names the verklaring of an accepted transfer that had none. It moves nothing."""

TRANSFER_TYPES = (*(f"transfer_{status}.v1" for status in FOLLOWS), DECLARED)

NEXT: Mapping[Status, str] = {
    "proposed": "make its package: archief transfer export",
    "exported": "hand it over and record that: archief transfer offer",
    "offered": "record the answer: archief transfer receipt, or archief transfer reject",
    "accepted": "the records are the records office's",
    "rejected": "mend it and make a new package: archief transfer export",
}
"""What a person does next."""

ROLE = "records_office"
"""The role of whom a receipt is signed by."""


class Transfer(NamedTuple):
    """A transfer as it stands.

    Attributes:
        stream: which one.
        proposed: entry of its round's first proposal.
        status: the last step.
        records: letters and dossiers.
        parts: how many parts of the list are still to come.
        export: entry of the newest package; None while there is none.
        rejections: how often the records office refused.
        accepted: entry of the receipt that accepts it.
        declaration: the record that holds its verklaring van overbrenging.
    """

    stream: str
    proposed: int
    status: Status
    records: tuple[str, ...]
    parts: int = 0
    export: int | None = None
    rejections: int = 0
    accepted: int | None = None
    declaration: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self.status == "accepted"


@dataclass
class Transfers:
    """All transfers at one position in the log.

    Attributes:
        known: by stream.
        accepted: the records whose care has moved, with the entry of the receipt.
        under: of each of these the transfer.
        kept: of these, whose copy stays here for use.
        offered: the records that the records office was offered and did not answer on yet.
    """

    known: dict[str, Transfer] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    under: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    offered: set[str] = field(default_factory=set)

    def copy(self) -> Transfers:
        """An independent copy."""
        return Transfers(dict(self.known), dict(self.accepted), dict(self.under), set(self.kept), set(self.offered))

    def under_way(self) -> dict[str, str]:
        """The records that a transfer lists which has not ended, with that transfer."""
        return {record: one.stream for one in self.known.values() if not one.ended for record in one.records}

    def apply(self, event: Event) -> None:
        """Take an event of an authorised commit into account; other types change nothing.

        Raises:
            RefusedError: it is not its turn, or it is about another package than the one that was offered.
        """
        if event.type not in TRANSFER_TYPES:
            return
        if event.type == "transfer_proposed.v1":
            self.known[event.stream] = self._proposed(event)
            return
        if event.type == DECLARED:
            self.known[event.stream] = _declared(self.known.get(event.stream), event)
            return
        status: Status = next(one for one in FOLLOWS if event.type == f"transfer_{one}.v1")
        self.known[event.stream] = moved = _moved(self.known.get(event.stream), event, status)
        if status == "offered":
            self.offered |= set(moved.records)
        else:
            self.offered -= set(moved.records)
        if status == "accepted":
            self._refuse_accepted(moved.records, f"entry {event.seq}")
            self.accepted |= dict.fromkeys(moved.records, event.seq)
            self.under |= dict.fromkeys(moved.records, event.stream)
            if event.facts.kept:
                self.kept |= set(moved.records)

    def _proposed(self, event: Event) -> Transfer:
        facts, before, where = event.facts, self.known.get(event.stream), f"entry {event.seq}"
        if facts.part == 1:
            if before is not None:
                check_step(before, "proposed", where)
            records: tuple[str, ...] = ()
            seq, rejections = event.seq, before.rejections if before is not None else 0
        elif before is None or before.status != "proposed" or before.parts != facts.parts - facts.part + 1:
            raise RefusedError("a part of a list comes after the part before it", where=where)
        else:
            records, seq, rejections = before.records, before.proposed, before.rejections
        found = (*records, *facts.streams)
        if len(set(found)) != len(found):
            raise RefusedError("a record stands in the list twice", where=where)
        self._refuse_accepted(facts.streams, where)
        return Transfer(event.stream, seq, "proposed", found, facts.parts - facts.part, None, rejections)

    def _refuse_accepted(self, records: Sequence[str], where: str) -> None:
        gone = [record for record in records if record in self.accepted]
        if gone:
            raise RefusedError(
                f"{len(gone)} of its records were transferred before (entry {self.accepted[gone[0]]})", where=where
            )


def may_follow(step: Status, before: Status) -> bool:
    """Whether a step may come after another."""
    return before in FOLLOWS[step]


def check_step(current: Transfer, step: Status, where: str = "") -> None:
    """Refuse a step whose turn it is not.

    Raises:
        RefusedError: it is not.
    """
    place = where or f"transfer {current.stream[:8]}"
    if current.parts:
        raise RefusedError(f"{current.parts} parts of its list are missing", where=place)
    if not may_follow(step, current.status):
        raise RefusedError(
            f"this transfer is {current.status}, not {' or '.join(sorted(FOLLOWS[step]))}",
            where=place,
            remedy=NEXT[current.status],
        )


def check_declare(current: Transfer, where: str = "") -> None:
    """Refuse a verklaring of what was not accepted, or a second one.

    Raises:
        RefusedError: so it is.
    """
    place = where or f"transfer {current.stream[:8]}"
    if current.accepted is None:
        raise RefusedError(f"this transfer is {current.status}, not accepted", where=place, remedy=NEXT[current.status])
    if current.declaration is not None:
        raise RefusedError(
            f"its verklaring van overbrenging is record {current.declaration}",
            where=place,
            remedy=f"see `archief show {current.declaration[:8]}`",
        )


def _moved(current: Transfer | None, event: Event, status: Status) -> Transfer:
    where = f"entry {event.seq}"
    if current is None:
        raise RefusedError("there is no such transfer", where=where)
    check_step(current, status, where)
    if status == "exported":
        return current._replace(status=status, export=event.seq)
    if event.facts.export != current.export:
        raise RefusedError(
            f"it is about the package of entry {event.facts.export}, the newest one is of entry {current.export}",
            where=where,
        )
    if status == "accepted":
        return current._replace(status=status, accepted=event.seq, declaration=event.facts.declaration)
    return current._replace(status=status, rejections=current.rejections + (status == "rejected"))


def _declared(current: Transfer | None, event: Event) -> Transfer:
    where = f"entry {event.seq}"
    if current is None:
        raise RefusedError("there is no such transfer", where=where)
    check_declare(current, where)
    if event.facts.acceptance != current.accepted:
        raise RefusedError(f"it was accepted by entry {current.accepted}, not {event.facts.acceptance}", where=where)
    return current._replace(declaration=event.facts.declaration)
