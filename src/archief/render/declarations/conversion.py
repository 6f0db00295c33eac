"""The verklaring van conversie (Archiefregeling 25 lid 3): what was converted, how, how tested, with what result."""

from __future__ import annotations

import datetime as dt

from archief.render.declarations import dutch
from archief.render.declarations.paper import Act, Facts, Form, Head, Paper, Section

RESULTS = {"passed": "geslaagd", "failed": "niet geslaagd", "untested": "niet getest"}


class Converted(Form):
    """A file and the version of it in another format.

    Attributes:
        source, target: the files' ids in the archive.
        source_format, target_format: PRONOM ids such as ``fmt/40``; None where nobody knows.
        source_sha256, target_sha256: hashes of their bytes; only where the policy allows it, for they confirm guesses.
        tool, tool_version: the program.
        test: how it was tested, in Dutch.
        result: with what result, in Dutch.
        verdict: ``passed``, ``failed`` or ``untested``.
    """

    source: str
    target: str
    tool: str
    tool_version: str
    test: str
    result: str
    verdict: str
    source_format: str | None = None
    target_format: str | None = None
    source_sha256: str | None = None
    target_sha256: str | None = None


class Conversie(Form):
    """The facts of a verklaring van conversie.

    Attributes:
        organisation: whose records they are (zorgdrager).
        origin: the log's name.
        record: the record's id in the log.
        time: when it was drawn up, in UTC.
        files: what was converted.
        acts: who did it.
        head: the state of the log it was made from.
        reference: the record's number; only where the policy allows it.
        test: it is of a test archive.
    """

    organisation: str
    origin: str
    record: str
    time: dt.datetime
    files: list[Converted]
    acts: list[Act]
    head: Head
    reference: str | None = None
    test: bool = False

    def paper(self) -> Paper:
        """Everything it says, in Dutch."""
        count = dutch.counted(len(self.files), "bestand", "bestanden")
        return Paper(
            title="Verklaring van conversie",
            law="Artikel 25, derde lid, van de Archiefregeling",
            organisation=self.organisation,
            reference=self.record,
            drawn_up=dutch.moment(self.time),
            lead=(
                f"{self.organisation} verklaart als zorgdrager dat van {count} van het hieronder genoemde archiefstuk"
                " een versie in een ander formaat is gemaakt en bewaard. Het oorspronkelijke bestand is onveranderd"
                " gebleven."
            ),
            sections=[
                Section(
                    title="Archiefstuk",
                    blocks=[dutch.facts(("Nummer", self.reference), ("Kenmerk in het logboek", self.record))],
                ),
                *(
                    Section(title=f"Bestand {place}" if len(self.files) > 1 else "Conversie", blocks=[_file(one)])
                    for place, one in enumerate(self.files, 1)
                ),
                Section(title="Handelingen", blocks=[dutch.acts("Handelingen in volgorde", self.acts)]),
                Section(title="Herkomst en controle", blocks=list(dutch.origin_section(self.origin, self.head))),
            ],
            foot=dutch.foot(self.origin, self.head),
            test=self.test,
        )


def _file(one: Converted) -> Facts:
    return dutch.facts(
        ("Oorspronkelijk bestand", one.source),
        ("Oorspronkelijk formaat", _format(one.source_format)),
        ("SHA-256 daarvan", one.source_sha256),
        ("Nieuw bestand", one.target),
        ("Nieuw formaat", _format(one.target_format)),
        ("SHA-256 van het nieuwe", one.target_sha256),
        ("Programma", f"{one.tool}, versie {one.tool_version}"),
        ("Hoe getest", one.test),
        ("Resultaat", f"{RESULTS.get(one.verdict, one.verdict)}: {one.result}"),
    )


def _format(puid: str | None) -> str:
    return dutch.UNKNOWN if puid is None else f"PRONOM {puid}"
