"""What an event points to: entries of its own stream, rows of adopted lists, the receipt that it claims. Held against
the log before it is written.

Asked under the lock of the append, of the few types that point to something. Verification knows bytes only; where the
log says otherwise all the same, an audit names it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archief.draft import Draft
from archief.errors import MalformedError
from archief.events import catalogue, envelope
from archief.events.envelope import Event
from archief.log import Log
from archief.rules import destructions, dossiers, lifecycle, receipts
from archief.rules.authority import Authority
from archief.storage import base, layout
from archief.storage.base import Storage

if TYPE_CHECKING:
    from archief.rules.adoption import RuleSets

POINTING_TYPES = frozenset(
    {destructions.PAYLOAD_ERASED, lifecycle.DELIVERY_REPORTED, dossiers.CLASSIFIED, *receipts.ANSWER_TYPES}
)
"""The types whose facts point to what must be there."""


class References:
    """What the events of one append may point to.

    Args:
        storage: where the log is.
        size: of the log before them.
        drafts: they.
        entries: they, as they will be written.
    """

    def __init__(self, storage: Storage, size: int, drafts: Sequence[Draft], entries: Sequence[bytes]) -> None:
        self._storage = storage
        self._size = size
        self._drafts = drafts
        self._entries = entries
        self._rules: dict[tuple[int, ...], RuleSets] = {}
        self._read: tuple[int, list[bytes]] = 0, []

    @functools.cached_property
    def _log(self) -> Log:
        return Log(self._storage)

    def event(self, seq: int) -> Event | None:
        """The event at an entry of the log or of this append; None for a commit, or where there is none."""
        if not 0 <= seq < self._size + len(self._entries):
            return None
        entry = self._written(seq) if seq < self._size else self._entries[seq - self._size]
        return None if envelope.is_commit(entry) else envelope.decode_event(entry, f"entry {seq}")

    def _written(self, seq: int) -> bytes:
        """An entry of the log. A thousand reports on one mailing point into one segment: the last one read is kept."""
        first = layout.segment_first(seq)
        if self._read[0] != first or not self._read[1]:
            stop = min(first + envelope.SEGMENT_ENTRIES, self._size)
            self._read = first, base.entry_lines(self._storage, first, stop)
        return self._read[1][seq - first]

    def commitment(self, seq: int) -> tuple[str, str | None]:
        """The stream and the commitment of an event."""
        event = self.event(seq)
        return (event.stream, event.payload) if event is not None else ("", None)

    def check(self, event: Event, authority: Authority) -> None:
        """Refuse an event that points to what is not there.

        Args:
            event: one of ``POINTING_TYPES``.
            authority: what holds before it.

        Raises:
            RefusedError: an entry is not of its stream or not what it should be; a row has lapsed; a receipt is not
                what the facts say.
            SignatureError: a receipt is signed by nobody whom the archive knows.
            NotFoundError: the archive has not adopted the list, or the list has no such row.
        """
        match event.type:
            case destructions.PAYLOAD_ERASED:
                destructions.check_erased(event, self.commitment)
            case lifecycle.DELIVERY_REPORTED:
                lifecycle.check_report(event, self.event(event.facts.dispatch))
            case dossiers.CLASSIFIED:
                dossiers.check_classification(event.facts, self._rule_sets(authority.adopting))
            case _:
                receipts.check_answer(event, self._data(event), authority.keys, self._package(event, authority.origin))

    def _rule_sets(self, adopting: tuple[int, ...]) -> RuleSets:
        """The rule sets that these entries adopted, with the rows that stand in their payloads."""
        from archief.rules import adoption  # noqa: PLC0415 - only who classifies pays

        if adopting not in self._rules:
            self._rules[adopting] = adoption.fold(self._adoptions(adopting))
        return self._rules[adopting]

    def _package(self, answer: Event, origin: str) -> tuple[str, str, str]:
        """Origin, number and SHA-256 of the package that an answer is about; empty ones where its words are gone."""
        exported = self.event(answer.facts.export)
        data = self._data(exported) if exported is not None and exported.stream == answer.stream else None
        return origin, getattr(data, "sip_number", ""), getattr(data, "sip_sha256", "")

    def _data(self, event: Event) -> Any:  # noqa: ANN401 - the type's data struct, or None
        """The payload of an event of the log or of this append; None when it has none or was erased."""
        if event.seq < self._size:
            return self._log.payload(event)
        said = self._drafts[event.seq - self._size].data
        return catalogue.data_decoder(event.type).decode(said) if said is not None else None

    def _adoptions(self, adopting: tuple[int, ...]) -> Iterator[tuple[Event, Any]]:
        for seq in adopting:
            event = self.event(seq)
            if event is None:
                raise MalformedError(f"entry {seq} adopted a rule set, and is no event")
            yield event, self._data(event)
