"""The verklaring van vernietiging (Archiefbesluit 1995, 8; draft Archiefregeling 4.2): what was destroyed, why and how.

It says nothing of what the records said. A record is named by its random id in the log; by its register number only
where the archive's policy lets a certificate do so.
"""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

from __future__ import annotations

import datetime as dt

import msgspec

from archief.canonical import Count
from archief.render.declarations import dutch
from archief.render.declarations.paper import Act, Block, Facts, Form, Head, Paper, Prose, Section, Span, System

METHODS = {
    "erased-and-rebuilt": (
        "De bestanden en de vastgelegde gegevens zijn uit de opslag verwijderd, samen met de willekeurige getallen"
        " waaraan hun zegels in het logboek waren gebonden: ook door raden is de inhoud niet uit het logboek te halen."
        " Wat daaruit was afgeleid (de databank, de zoekindex en tijdelijke bestanden) is weggegooid en vanaf niets"
        " opnieuw opgebouwd."
    )
}
LIMITS = [
    "Schijfruimte die bij het wissen is vrijgegeven: de plaats zelf wordt pas bij later gebruik overschreven.",
    "Kopieën die zijn verzonden of gepubliceerd (raadsleden, raadsinformatiesysteem, website): niet onder dit systeem.",
    "Kopieën die iemand zelf heeft gemaakt, zoals een afdruk of een download.",
]
GROUNDS = {
    "still-in-use": "nog in gebruik",
    "longer-case": "hoort bij een zaak die langer wordt bewaard",
    "hold": "bevroren",
    "exemption": "uitgezonderd van vernietiging",
    "other": "andere reden, vastgelegd bij de beoordeling",
}
KINDS = {"dossier": "dossier", "letter": "brief"}


class Category(Form):
    """A row of a retention list by which records were destroyed.

    Attributes:
        list_title, list_edition, list_source: the list, its edition, and where it was published.
        row: the row's number.
        name: process and result, as the list calls them.
        waardering: B or V.
        bewaartermijn: ISO 8601 duration.
        procestermijn: one of the five kinds; None where the list says none.
        records: dossiers and letters destroyed by it.
        payloads, documents: what was erased of them.
        period: from the first to the last day that these dossiers are about.
    """

    list_title: str
    row: str
    name: str
    waardering: str
    bewaartermijn: str
    records: Count
    payloads: Count
    documents: Count
    list_edition: str | None = None
    list_source: str | None = None
    procestermijn: str | None = None
    period: Span = msgspec.field(default_factory=Span)


class Item(Form):
    """A record that was destroyed: a line of the specification.

    Attributes:
        stream: its id in the log.
        kind: ``dossier`` or ``letter``.
        row: by which row of a list.
        reference: its register or dossier number; only where the policy allows it.
        dossier: of a letter, the dossier it went with.
        period: a dossier's first and last day, a letter's registration.
        start: the day its term began.
        action: the day from which it could be destroyed.
        letters, payloads, documents: how many were destroyed and erased with it.
    """

    stream: str
    kind: str
    row: str
    reference: str | None = None
    dossier: str | None = None
    period: Span = msgspec.field(default_factory=Span)
    start: dt.date | None = None
    action: dt.date | None = None
    letters: Count = 0
    payloads: Count = 0
    documents: Count = 0


class Kept(Form):
    """A record that was proposed and stays.

    Attributes:
        stream: its id in the log.
        ground: why; a word of codes.toml, ``exception_ground``.
        reference: its number; only where the policy allows it.
    """

    stream: str
    ground: str
    reference: str | None = None


class Copies(Form):
    """Of what the destroyed copies were left: the records themselves are the records office's.

    Attributes:
        transfer: the transfer's id in the log.
        entry: of the receipt that accepts it.
        accepted: the day of that receipt.
        sip_number: number on the pakbon.
        declaration: the record that holds the verklaring van overbrenging.
    """

    transfer: str
    entry: Count
    accepted: dt.date
    sip_number: str | None = None
    declaration: str | None = None


class Vernietiging(Form):
    """The facts of a verklaring van vernietiging.

    Attributes:
        organisation: whose records they were (zorgdrager, verantwoordelijk overheidsorgaan).
        origin: the log's name.
        destruction: the destruction's id in the log.
        time: when it was drawn up, in UTC.
        basis: ground in the law of the decision, such as ``archiefwet-1995:3``.
        decision: the decision's reference.
        reference_date: the day all records were due on (peildatum).
        categories: by which rows of which lists.
        items: the records, one line each.
        records, payloads, documents: how many, in all.
        acts: who proposed, reviewed, consented, authorised and executed, in order.
        started, verified: when the erasing began, and when it was checked that nothing is left, in UTC.
        method: a word of ``METHODS``.
        systems: where it was erased, and where it could not be.
        kept: what was proposed and stays.
        head: the state of the log it was made from.
        copies: where the records themselves are, when what was destroyed are copies that stayed after a transfer.
        checked: files that were searched afterwards and held nothing any more; None where that was not counted.
        test: it is of a test archive.
    """

    organisation: str
    origin: str
    destruction: str
    time: dt.datetime
    basis: str
    reference_date: dt.date
    categories: list[Category]
    items: list[Item]
    records: Count
    payloads: Count
    documents: Count
    acts: list[Act]
    started: dt.datetime
    verified: dt.datetime
    method: str
    systems: list[System]
    head: Head
    decision: str | None = None
    kept: list[Kept] = []
    copies: Copies | None = None
    checked: Count | None = None
    test: bool = False

    def paper(self) -> Paper:
        """Everything it says, in Dutch."""
        return Paper(
            title="Verklaring van vernietiging",
            law=f"{'Artikel' if self.copies is None else 'Naar artikel'} 8 van het Archiefbesluit 1995",
            organisation=self.organisation,
            reference=self.destruction,
            drawn_up=dutch.moment(self.time),
            lead=self._lead(),
            sections=[
                Section(title="Wat is vernietigd", blocks=[self._total()]),
                Section(title="Op grond waarvan", blocks=self._grounds()),
                Section(
                    title="Besluitvorming en uitvoering", blocks=[dutch.acts("Handelingen in volgorde", self.acts)]
                ),
                Section(title="Op welke wijze", blocks=self._way()),
                Section(title="In welke systemen", blocks=list(dutch.systems(self.systems))),
                Section(title="Buiten bereik", blocks=[Prose(texts=LIMITS, listed=True)]),
                Section(title="Uitgezonderd", blocks=self._kept()),
                Section(title="Herkomst en controle", blocks=list(dutch.origin_section(self.origin, self.head))),
                Section(title="Specificatie", blocks=[self._specification()], wide=True),
            ],
            foot=dutch.foot(self.origin, self.head),
            test=self.test,
        )

    def _lead(self) -> str:
        if self.copies is None:
            return (
                f"{self.organisation} verklaart als zorgdrager dat de hieronder gespecificeerde archiefbescheiden zijn"
                " vernietigd, op de gronden en op de wijze die deze verklaring noemt. Zij noemt niet wat erin stond."
            )
        return (
            f"{self.organisation} verklaart dat de kopieën zijn vernietigd die hier na de overbrenging van de hieronder"
            " gespecificeerde archiefbescheiden waren achtergebleven, op de gronden en op de wijze die deze verklaring"
            " noemt. De archiefbescheiden zelf zijn niet vernietigd: zij berusten in de archiefbewaarplaats."
        )

    def _total(self) -> Facts:
        kinds = {kind: sum(one.kind == kind for one in self.items) for kind in KINDS}
        days = [one.period for one in self.items]
        begins, ends = [one.begin for one in days if one.begin], [one.end for one in days if one.end]
        period = Span(begin=min(begins, default=None), end=max(ends, default=None))
        told = [
            dutch.counted(kinds["dossier"], "dossier", "dossiers") if kinds["dossier"] else "",
            dutch.counted(kinds["letter"], "brief", "brieven") if kinds["letter"] else "",
        ]
        return dutch.facts(
            ("Archiefbescheiden", dutch.joined([one for one in told if one]) or None),
            ("Samen", dutch.counted(self.records, "archiefstuk of dossier", "archiefstukken en dossiers")),
            ("Vastgelegde gegevens", dutch.counted(self.payloads, "gebeurtenis", "gebeurtenissen")),
            ("Bestanden", dutch.number(self.documents)),
            ("Periode", dutch.span(period)),
            ("Peildatum", dutch.day(self.reference_date)),
        )

    def _grounds(self) -> list[Block]:
        columns = (
            ("Rij", "text"), ("Proces en resultaat", "text"), ("Waardering", "text"), ("Procestermijn", "text"),
            ("Van", "day"), ("Tot en met", "day"), ("Stukken", "number"), ("Gegevens", "number"),
            ("Bestanden", "number"),
        )  # fmt: skip
        blocks: list[Block] = [
            dutch.facts(("Grondslag van het besluit", dutch.basis(self.basis)), ("Besluit", self.decision))
        ]
        if self.copies is not None:
            blocks.append(
                dutch.facts(
                    ("Overbrenging", self.copies.transfer),
                    ("Ontvangst door de archiefbewaarplaats", dutch.day(self.copies.accepted)),
                    ("Ontvangstbewijs", f"regel {dutch.number(self.copies.entry)} van het logboek"),
                    ("Nummer op de pakbon", self.copies.sip_number),
                    ("Verklaring van overbrenging", self.copies.declaration),
                )
            )
        for title in dict.fromkeys(_list_of(one) for one in self.categories):
            rows = (
                [
                    one.row, one.name, f"{one.waardering}, {dutch.term(one.bewaartermijn)}",
                    dutch.PROCESTERMIJNEN.get(one.procestermijn or "", one.procestermijn or ""),
                    dutch.short_day(one.period.begin), dutch.short_day(one.period.end), dutch.number(one.records),
                    dutch.number(one.payloads), dutch.number(one.documents),
                ]
                for one in self.categories
                if _list_of(one) == title
            )  # fmt: skip
            blocks.append(dutch.table(title, columns, rows))
        return blocks

    def _way(self) -> list[Block]:
        found = "Daarna is nagegaan dat er niets van over is"
        if self.checked is not None:
            found += f", in {dutch.counted(self.checked, 'bestand', 'bestanden')}"
        return [
            dutch.facts(
                ("Wissen begonnen", dutch.moment(self.started)),
                ("Nagegaan dat niets over is", dutch.moment(self.verified)),
            ),
            Prose(
                texts=[
                    way_of(self.method),
                    f"{found}. Pas toen is de vernietiging afgesloten.",
                ]
            ),
        ]

    def _kept(self) -> list[Block]:
        if not self.kept:
            return [Prose(texts=["Geen. Alles wat was voorgesteld, is vernietigd."])]
        columns = (("Nummer", "text"), ("Kenmerk in het logboek", "code"), ("Reden", "text"))
        rows = ([one.reference or "", one.stream, GROUNDS.get(one.ground, dutch.own(one.ground))] for one in self.kept)
        return [dutch.table("Voorgesteld, en niet vernietigd", columns, rows)]

    def _specification(self) -> Block:
        columns = (
            ("Nummer", "text"), ("Kenmerk in het logboek", "code"), ("Soort", "text"), ("Rij", "text"),
            ("Van", "day"), ("Tot en met", "day"), ("Termijn begon", "day"), ("Vernietigbaar op", "day"),
            ("Brieven", "number"),
            ("Gegevens", "number"), ("Bestanden", "number"),
        )  # fmt: skip
        rows = (
            [
                one.reference or "", one.stream, KINDS.get(one.kind, one.kind), one.row,
                *map(dutch.short_day, (one.period.begin, one.period.end, one.start, one.action)),
                dutch.number(one.letters) if one.kind == "dossier" else "", dutch.number(one.payloads),
                dutch.number(one.documents),
            ]
            for one in self.items
        )  # fmt: skip
        title = (
            "Vernietigde archiefbescheiden"
            if self.copies is None
            else "Archiefbescheiden waarvan de kopie is vernietigd"
        )
        return dutch.table(title, columns, rows)


def way_of(method: str) -> str:
    """How it was done, in words; a method of the organisation's own as it stands."""
    return METHODS.get(method, dutch.own(method))


def _list_of(one: Category) -> str:
    edition = f"editie {one.list_edition}" if one.list_edition else ""
    return ", ".join(filter(None, (one.list_title, edition, one.list_source)))
