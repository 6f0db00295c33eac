"""The verklaring van overbrenging (Archiefbesluit 1995, 9 lid 3): what was transferred, declared by both parties.

Limits on openness go along: ground, term, end (Archiefwet 1995, 15). The records are kept for ever, so a title and a
number may stand in it; who fills it in decides that.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from archief.canonical import Count
from archief.render.declarations import dutch
from archief.render.declarations.paper import (
    Act,
    Block,
    Facts,
    Form,
    Head,
    Paper,
    Places,
    Prose,
    Section,
    Span,
)

FORMS = {
    "signed_note": "ondertekend ontvangstbericht, nagegaan met de sleutel van de archiefbewaarplaats",
    "document": "document van de archiefbewaarplaats, bevestigd door de archivaris",
}
LIMITED = "Beperkingen aan de openbaarheid"
KINDS = {"dossier": "dossier", "letter": "brief"}


class Transferred(Form):
    """A record that was transferred: a line of the specification.

    Attributes:
        stream: its id in the log.
        kind: ``dossier`` or ``letter``.
        reference: its number.
        title: what it is called.
        waardering: B or V.
        row: list and row it was valued by.
        period: first and last day.
        files: how many.
    """

    stream: str
    kind: str
    reference: str | None = None
    title: str | None = None
    waardering: str | None = None
    row: str | None = None
    period: Span = msgspec.field(default_factory=Span)
    files: Count = 0


class Limit(Form):
    """A limit on openness that goes along (Archiefwet 1995, 15).

    Attributes:
        stream: the record.
        ground: such as ``archiefwet-1995:15.1.a``.
        reference: the record's number.
        term: ISO 8601 duration, where one was set.
        end: first day it holds no longer: the one that was set, or where the term ends.
        decision: the decision it rests on.
    """

    stream: str
    ground: str
    reference: str | None = None
    term: str | None = None
    end: dt.date | None = None
    decision: str | None = None


class Overbrenging(Form):
    """The facts of a verklaring van overbrenging.

    Attributes:
        organisation: whose records they are (zorgdrager).
        recipient: the archiefbewaarplaats that took them (beheerder).
        origin: the log's name.
        transfer: the transfer's id in the log.
        time: when it was drawn up, in UTC.
        basis: ground in the law, such as ``archiefwet-1995:12``.
        early: before they were due, by agreement.
        agreement: that agreement.
        sip_number, sip_sha256, profile: the package.
        exported, offered, accepted: the days of it.
        receipt: how the recipient answered: ``signed_note`` or ``document``.
        records, files, content_bytes: what is in the package.
        items: the records, one line each.
        limits: on their openness.
        acts: who did what.
        kept: copies stay here for use; they are no longer the record.
        head: the state of the log it was made from.
        test: it is of a test archive.
    """

    organisation: str
    recipient: str
    origin: str
    transfer: str
    time: dt.datetime
    basis: str
    sip_number: str
    sip_sha256: str
    accepted: dt.date
    receipt: str
    records: Count
    files: Count
    content_bytes: Count
    items: list[Transferred]
    limits: list[Limit]
    acts: list[Act]
    head: Head
    profile: str | None = None
    exported: dt.date | None = None
    offered: dt.date | None = None
    early: bool = False
    agreement: str | None = None
    kept: bool = False
    test: bool = False

    def paper(self) -> Paper:
        """Everything it says, in Dutch."""
        return Paper(
            title="Verklaring van overbrenging",
            law="Artikel 9, derde lid, van het Archiefbesluit 1995",
            organisation=self.organisation,
            reference=self.transfer,
            drawn_up=dutch.moment(self.time),
            lead=(
                f"{self.organisation}, als zorgdrager, en {self.recipient}, als beheerder van de archiefbewaarplaats,"
                " verklaren dat de hieronder gespecificeerde archiefbescheiden zijn overgebracht. Vanaf de aanvaarding"
                " berust de zorg voor deze archiefbescheiden bij de archiefbewaarplaats."
            ),
            sections=[
                Section(title="Wat is overgebracht", blocks=[self._total()]),
                Section(title="Openbaarheid", blocks=[Prose(texts=[self._openness()])]),
                Section(title="Handelingen", blocks=[dutch.acts("Handelingen in volgorde", self.acts)]),
                Section(
                    title="Ondertekening",
                    blocks=[
                        Places(
                            parties=[
                                f"Namens de zorgdrager, {self.organisation}",
                                f"Namens de beheerder, {self.recipient}",
                            ]
                        )
                    ],
                ),
                Section(title="Herkomst en controle", blocks=list(dutch.origin_section(self.origin, self.head))),
                Section(title="Specificatie", blocks=[self._specification()], wide=True),
                *([Section(title=LIMITED, blocks=[self._limits()], wide=True)] if self.limits else []),
            ],
            foot=dutch.foot(self.origin, self.head),
            test=self.test,
        )

    def _total(self) -> Facts:
        own = "er blijft een kopie voor gebruik; die is niet meer het archiefstuk" if self.kept else None
        return dutch.facts(
            ("Grondslag", dutch.basis(self.basis)),
            ("Vervroegd", (self.agreement or "in overleg") if self.early else None),
            ("Pakket", self.sip_number),
            ("SHA-256 van het pakket", self.sip_sha256),
            ("Profiel", self.profile),
            ("Archiefbescheiden", dutch.counted(self.records, "informatieobject", "informatieobjecten")),
            ("Bestanden", f"{dutch.number(self.files)}, samen {dutch.counted(self.content_bytes, 'byte', 'bytes')}"),
            ("Geëxporteerd", dutch.day(self.exported) if self.exported else None),
            ("Aangeboden", dutch.day(self.offered) if self.offered else None),
            ("Aanvaard", dutch.day(self.accepted)),
            ("Ontvangstbewijs", FORMS.get(self.receipt, self.receipt)),
            ("Bij de organisatie", own),
        )

    def _openness(self) -> str:
        if not self.limits:
            return "Er zijn geen beperkingen gesteld: alle overgebrachte archiefbescheiden zijn openbaar."
        count = dutch.counted(len(self.limits), "beperking is", "beperkingen zijn")
        return (
            f"{count} gesteld aan de openbaarheid; zie achter deze verklaring: {LIMITED}."
            " De overige overgebrachte archiefbescheiden zijn openbaar."
        )

    def _limits(self) -> Block:
        columns = (
            ("Nummer", "text"), ("Kenmerk in het logboek", "code"), ("Grond", "text"), ("Termijn", "text"),
            ("Niet meer beperkt vanaf", "day"), ("Besluit", "text"),
        )  # fmt: skip
        rows = (
            [
                one.reference or "", one.stream, dutch.basis(one.ground), dutch.term(one.term) if one.term else "",
                dutch.short_day(one.end), one.decision or "",
            ]
            for one in self.limits
        )  # fmt: skip
        return dutch.table("Beperkt openbaar", columns, rows)

    def _specification(self) -> Block:
        columns = (
            ("Nummer", "text"), ("Omschrijving", "text"), ("Kenmerk in het logboek", "code"), ("Soort", "text"),
            ("Waardering", "text"), ("Rij", "text"), ("Van", "day"), ("Tot en met", "day"), ("Bestanden", "number"),
        )  # fmt: skip
        rows = (
            [
                one.reference or "", one.title or "", one.stream, KINDS.get(one.kind, one.kind), one.waardering or "",
                one.row or "", dutch.short_day(one.period.begin), dutch.short_day(one.period.end),
                dutch.number(one.files),
            ]
            for one in self.items
        )  # fmt: skip
        return dutch.table("Overgebrachte archiefbescheiden", columns, rows)
