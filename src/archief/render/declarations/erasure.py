"""The verklaring van wissing: single payloads that were erased under a decision (AVG 16, 17); the record stays."""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

from __future__ import annotations

import datetime as dt

from archief.canonical import Count
from archief.render.declarations import dutch
from archief.render.declarations.destruction import LIMITS, way_of
from archief.render.declarations.paper import Act, Form, Head, Paper, Prose, Section, System

GROUNDS = {
    "avg:16": "artikel 16 van de Algemene verordening gegevensbescherming (rectificatie)",
    "avg:17": "artikel 17 van de Algemene verordening gegevensbescherming (gegevenswissing)",
}
DECIDERS = {
    "request": "op verzoek van de betrokkene",
    "court": "op last van de rechter",
    "own": "uit eigen beweging van de organisatie",
}


SHOWN = "Het stuk laat bij de gewiste regels zien dat zij zijn gewist."


class Erased(Form):
    """A payload that was erased.

    Attributes:
        entry: of the event it belonged to.
        what: what kind of event, such as ``letter_edited``; or MDTO's word for it.
        day: the day of that event.
        documents: files that went with it.
    """

    entry: Count
    what: str
    day: dt.date
    documents: Count = 0


class Wissing(Form):
    """The facts of an erasure or rectification.

    Attributes:
        organisation: who answers for the processing (verwerkingsverantwoordelijke).
        origin: the log's name.
        record: the record's id in the log.
        entry: the ``payload_erased`` event it declares; None while that is about to be appended.
        time: when it was drawn up, in UTC.
        ground: ``avg:16`` or ``avg:17``.
        decided_by: ``request``, ``court`` or ``own``.
        decided: day of the decision.
        decision: its reference; no person's name.
        erased: the payloads.
        corrected: entries in which corrected data stand; of a rectification.
        acts: who did it.
        systems: where it was erased, and where it could not be.
        method: a word of ``METHODS``.
        head: the state of the log it was made from.
        reference: the record's number; only where the policy allows it.
        test: it is of a test archive.
    """

    organisation: str
    origin: str
    record: str
    time: dt.datetime
    ground: str
    decided_by: str
    erased: list[Erased]
    acts: list[Act]
    systems: list[System]
    method: str
    head: Head
    entry: Count | None = None
    decided: dt.date | None = None
    decision: str | None = None
    corrected: list[Count] = []
    reference: str | None = None
    test: bool = False

    def paper(self) -> Paper:
        """Everything it says, in Dutch."""
        law = GROUNDS.get(self.ground, dutch.basis(self.ground))
        columns = (("Regel", "number"), ("Gebeurtenis", "text"), ("Datum", "day"), ("Bestanden", "number"))
        rows = (
            [dutch.number(one.entry), one.what, dutch.short_day(one.day), dutch.number(one.documents)]
            for one in self.erased
        )
        return Paper(
            title="Verklaring van wissing",
            law=law[0].upper() + law[1:],
            organisation=self.organisation,
            reference=self.record if self.entry is None else f"{self.record}, regel {dutch.number(self.entry)}",
            drawn_up=dutch.moment(self.time),
            lead=(
                f"{self.organisation} verklaart dat de hieronder genoemde gegevens van één archiefstuk zijn gewist op"
                f" grond van {law}. De rest van het stuk is gebleven. Deze verklaring noemt niet wat erin stond."
            ),
            sections=[
                Section(
                    title="Wat is gewist",
                    blocks=[
                        dutch.facts(
                            ("Archiefstuk", self.reference),
                            ("Kenmerk in het logboek", self.record),
                            ("Vastgelegde gegevens", dutch.counted(len(self.erased), "gebeurtenis", "gebeurtenissen")),
                            ("Bestanden", dutch.number(sum(one.documents for one in self.erased))),
                        ),
                        dutch.table("Gewiste gegevens", columns, rows),
                        Prose(texts=[self._after()]),
                    ],
                ),
                Section(
                    title="Op grond waarvan",
                    blocks=[
                        dutch.facts(
                            ("Grond", law[0].upper() + law[1:]),
                            ("Besloten", DECIDERS.get(self.decided_by, self.decided_by)),
                            ("Datum van het besluit", dutch.day(self.decided) if self.decided else None),
                            ("Besluit", self.decision),
                        ),
                        dutch.acts("Handelingen in volgorde", self.acts),
                    ],
                ),
                Section(title="Op welke wijze", blocks=[Prose(texts=[way_of(self.method)])]),
                Section(title="In welke systemen", blocks=list(dutch.systems(self.systems))),
                Section(title="Buiten bereik", blocks=[Prose(texts=LIMITS, listed=True)]),
                Section(title="Herkomst en controle", blocks=list(dutch.origin_section(self.origin, self.head))),
            ],
            foot=dutch.foot(self.origin, self.head),
            test=self.test,
        )

    def _after(self) -> str:
        """What the record says now."""
        if self.corrected:
            where = dutch.joined([dutch.number(one) for one in self.corrected])
            place = "regel" if len(self.corrected) == 1 else "regels"
            return f"De verbeterde gegevens staan in {place} {where}. {SHOWN}"
        return f"Er zijn geen gegevens voor in de plaats gekomen. {SHOWN}"
