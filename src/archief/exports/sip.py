"""A SIP of MDTO out of the archive: folders with metadata beside their files, the event log with proofs, the pakbon.

    pakbon.xml
    D-2021-04/
      D-2021-04.mdto.xml                                the dossier (informatieobject, Dossier)
      D-2021-04-gebeurtenissen.json   ….bestand.mdto.xml     its event log, as additional metadata
      2021-00017/
        2021-00017.mdto.xml                             a letter in it (Archiefstuk); a letter alone lies at the top
        Brief.pdf   Brief.pdf.bestand.mdto.xml          each file, untouched, and its metadata
        2021-00017-gebeurtenissen.json   ….bestand.mdto.xml
        2021-00017-vergadering-1.xml   ….bestand.mdto.xml    a meeting it was tabled for, as ORI-A
    archief-documentatie/                               what the event logs and our lists of terms mean

The same state gives the same bytes. Records are read a batch at a time: memory does not grow with their number, and a
run that was stopped goes on after the last batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archief import canonical
from archief.exports import (
    description,
    documentation,
    event_log,
    formats,
    history,
    holdings,
    mdto,
    names,
    oria,
    originals,
    pakbon,
    provenance,
)
from archief.exports.description import DossierSource, Source, Told
from archief.exports.history import History
from archief.exports.holdings import File, Meeting, Valuation
from archief.exports.mdto import BeperkingGebruik, Identificatie, Informatieobject, Verwijzing, begrip, verwijzing
from archief.exports.proofs import Prover
from archief.exports.selection import Selection, Unit
from archief.exports.target import Target
from archief.law import mdto as law
from archief.log import Log

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 200
"""Records read at a time."""

OWN_FORMATS = {
    "application/json": ("fmt/817", "JSON Data Interchange Format"),
    "application/xml": ("fmt/101", "Extensible Markup Language 1.0"),
    "text/plain": ("x-fmt/111", "Plain Text File"),
}
"""PRONOM id and name of the files that the export makes itself."""

ADDITIONAL = frozenset({"record_imported.v1", "signature_validated.v1", "delivery_reported.v1"})
"""Types whose files say something about the record and are not the record."""

Progress = Callable[[int, int], None]


class Wish(NamedTuple):
    """What a person asks of a SIP.

    Attributes:
        streams: letters, and dossiers with the letters in them, in the order of the package.
        location: where in the records office it goes; empty when nobody said.
        contact: whom to ask; empty for the organisation.
        norm: metadata files end in ``.MDTO.xml``, as the norm prints it.
        transfer: it goes to the records office.
    """

    streams: Sequence[str]
    location: str = ""
    contact: str = ""
    norm: bool = False
    transfer: bool = False


class Written(NamedTuple):
    """What was written.

    Attributes:
        number: on the pakbon.
        hash: of the package, as on the pakbon.
        informatieobjecten, bestanden: how many there are.
        content_bytes: bytes in files that are no metadata.
        titel: what the package is called on the pakbon.
        tijdstempel: the moment of the state it was made from.
        organisation: whose records they are.
        undecided: letters without a waardering, as nobody decided on them: they are in no classified dossier.
    """

    number: str
    hash: str
    informatieobjecten: int
    bestanden: int
    content_bytes: int
    titel: str
    tijdstempel: str
    organisation: str
    undecided: int


def key(log: Log, prover: Prover, wish: Wish, profile: str, version: str) -> str:
    """What names an export, so that a run that was stopped is taken up by the same one and by no other.

    Args:
        log: the archive.
        prover: whose head goes along.
        wish: what is asked.
        profile: the profile of the package.
        version: of the program.
    """
    told = [version, profile, log.origin, log.size, prover.head.raw.decode(), list(wish.streams), wish.location]
    return hashlib.sha256(canonical.encode([*told, wish.contact, wish.norm, wish.transfer])).hexdigest()


def write(
    target: Target,
    log: Log,
    database: DuckDBPyConnection,
    prover: Prover,
    wish: Wish,
    chosen: Selection,
    progress: Progress | None = None,
) -> Written:
    """Write a SIP.

    Args:
        target: the empty folder, or one in which a run of the same key was stopped.
        log: the archive, verified.
        database: its state.
        prover: makes proofs to the head that goes along.
        wish: what is asked.
        chosen: the records that are meant by it, as :func:`archief.exports.selection.select` gives them.
        progress: told how many records are done.

    Raises:
        NotFoundError: a head does not cover a record.
        LossError, CorruptError: a file is gone, or is not the one that was registered.
        WriteFailedError: the disk refused.
    """
    units = chosen.units
    # Asked once: what is decided on one record rests on many.
    valued = holdings.valuations(database, chosen.streams)
    package = _Package(target, log, prover, wish, holdings.names(database), valued)
    here = frozenset(chosen.streams)
    for begin in range(package.done, len(units), BATCH):
        batch = _Batch(log, database, package, units[begin : begin + BATCH], here)
        for number, unit in enumerate(batch.units, begin + 1):
            if unit.is_dossier:
                package.dossier(batch.dossier(unit.stream), batch.files[unit.stream], chosen, database)
            else:
                package.letter(batch.letter(unit.stream), unit, batch.files[unit.stream], batch.meetings)
            if progress is not None:
                progress(number, len(units))
        package.note(begin + len(batch.units))
    package.documentation()
    return package.close(chosen)


class _Batch:
    """Some records, read together."""

    def __init__(
        self, log: Log, database: DuckDBPyConnection, package: _Package, units: Sequence[Unit], here: Collection[str]
    ) -> None:
        self.units = units
        streams = [unit.stream for unit in units]
        self._letters, self._dossiers = holdings.letters(database, streams), holdings.dossiers(database, streams)
        self._signatures, self._histories = (
            holdings.signatures(database, streams),
            history.of(log, database, streams),
        )
        package.prover.commits([one.commit for those in self._histories.values() for one in those])
        self._package = package
        self.files = holdings.files(database, streams)
        tabled = {
            one.event.facts.meeting for those in self._histories.values() for one in _named(those, "letter_tabled")
        }
        self.meetings = holdings.meetings(database, sorted(tabled))
        others = {
            one.event.facts.other for those in self._histories.values() for one in _named(those, "letters_related")
        }
        related = holdings.letters(database, sorted(others.intersection(here)))
        self._related = {stream: description.letter_naam(one) for stream, one in related.items()}

    def letter(self, stream: str) -> Source:
        """A letter to be described."""
        letter, signatures = self._letters[stream], self._signatures[stream]
        return Source(letter=letter, signatures=signatures, related=self._related, **self._told(stream))

    def dossier(self, stream: str) -> DossierSource:
        """A dossier to be described."""
        return DossierSource(dossier=self._dossiers[stream], **self._told(stream))

    def _told(self, stream: str) -> dict[str, Any]:
        return {
            "archive": self._package.archive,
            "history": self._histories[stream],
            "names": self._package.people,
            "valuation": self._package.valued.get(stream, description.UNDECIDED),
            "transfer": self._package.wish.transfer,
        }


def _named(events: History, name: str) -> Iterable[history.Happened]:
    return (one for one in events if one.name == name)


class _Package:
    """A SIP while it is written."""

    def __init__(
        self,
        target: Target,
        log: Log,
        prover: Prover,
        wish: Wish,
        people: Mapping[str, str],
        valued: Mapping[str, Valuation],
    ) -> None:
        self.target = target
        self.log = log
        self.prover = prover
        self.wish = wish
        self.people = people
        self.valued = valued
        self.archive = holdings.archive(log)
        self.time = log.last_commit.time
        self.top = verwijzing(wish.location or f"Archief van {self.archive.organisation}")
        earlier = target.state or {"done": 0, "formats": {}, "dossier": None}
        self.done: int = earlier["done"]
        self.formats: dict[str, str] = earlier["formats"]
        self.above: list[str] | None = earlier["dossier"]
        self.earlier = provenance.NONE
        content = (path for path in target.digests if names.sidecar(path) is None)
        parts = (part for path in content for part in path.split("/"))
        self.taken = names.Taken((pakbon.NAME, *documentation.NAMES, *parts))

    def note(self, done: int) -> None:
        """Write down that so many records are done."""
        self.target.note({"done": done, "formats": self.formats, "dossier": self.above})

    def dossier(
        self, source: DossierSource, files: Sequence[File], chosen: Selection, database: DuckDBPyConnection
    ) -> None:
        """Write a dossier: its event log, its files where it has any, its metadata. Its letters follow."""
        folder = self.taken.unique(names.clean(source.dossier.number or source.stream))
        itself = source.reference()
        inside, outside = chosen.letters[source.stream], chosen.elsewhere[source.stream]
        letters = holdings.letters(database, [*inside, *outside])
        self.earlier = provenance.of(self.log, source.history)
        held, additional = self._files(folder, files, itself)
        additional.append(self._event_log(folder, source, itself))

        def references(streams: Sequence[str]) -> list[Verwijzing]:
            return [verwijzing(description.letter_naam(letters[one]), one, self.archive.origin) for one in streams]

        described = description.dossier(source, references(inside), references(outside), held, additional, [self.top])
        self._describe(folder, provenance.beside(described, self.earlier.described))
        self.above = [source.stream, folder, source.naam]

    def letter(self, source: Source, unit: Unit, files: Sequence[File], meetings: Mapping[str, Meeting]) -> None:
        """Write a letter: its files, its event log, the meetings it was tabled for, its metadata."""
        name = self.taken.unique(names.clean(source.letter.number or source.stream))
        folder, parent = name, self.top
        if unit.dossier is not None:
            assert self.above is not None, "a dossier stands before its letters"
            stream, above, naam = self.above
            assert stream == unit.dossier, "the letters of a dossier follow it"
            folder, parent = f"{above}/{name}", verwijzing(naam, stream, self.archive.origin)
        itself = source.reference()
        self.earlier = provenance.of(self.log, source.history)
        held, additional = self._files(folder, files, itself)
        additional.append(self._event_log(folder, source, itself))
        for number, one in enumerate(_named(source.history, "letter_tabled"), 1):
            meeting = meetings.get(one.event.facts.meeting)
            if meeting is not None:
                title = getattr(one.data, "agenda_item", None)
                made = oria.write(meeting, itself, one.event.seq, one.event.facts.item, title)
                path = f"{name}-vergadering-{number}.xml"
                additional.append(self._own_file(folder, path, made, "application/xml", itself))
        described = description.informatieobject(source, held, additional, [parent])
        self._describe(folder, provenance.beside(described, self.earlier.described))

    def documentation(self) -> None:
        """Write what the event logs and our own lists mean."""
        self.earlier = provenance.NONE
        folder = documentation.NAME
        kenmerk = f"{documentation.NAME}/{self.time}"
        title = "Toelichting bij het logboek en de begrippenlijsten van archief"
        itself = verwijzing(title, kenmerk, self.archive.origin)
        schema, told = documentation.event_schema(), documentation.text(event_log.FORM)
        held = [
            self._own_file(folder, documentation.SCHEMA_NAME, schema, "application/json", itself),
            self._own_file(folder, documentation.TEXT_NAME, told, "text/plain", itself),
        ]
        values, limits = law.listed("waardering"), law.listed("beperkingGebruikType")
        described = Informatieobject(
            identificatie=[Identificatie(identificatie_kenmerk=kenmerk, identificatie_bron=self.archive.origin)],
            naam=title,
            aggregatieniveau=begrip("Archiefstuk", law.listed("aggregatieniveau").title),
            taal=["nl"],
            waardering=begrip("Nader te bepalen", values.title, values.code("Nader te bepalen")),
            is_onderdeel_van=[self.top],
            heeft_representatie=held,
            archiefvormer=[verwijzing(self.archive.organisation)],
            beperking_gebruik=[BeperkingGebruik(beperking_gebruik_type=begrip("Geen beperking", limits.title))],
        )
        self._describe(folder, described)

    def close(self, chosen: Selection) -> Written:
        """Write the pakbon, last of all."""
        content = [path for path in self.target.sizes if names.sidecar(path) is None]
        omvang = sum(self.target.sizes[path] for path in content)
        kinds = [found[1] for path in self.target.sizes if (found := names.sidecar(path)) is not None]
        whole = pakbon.package_hash(self.target.digests.items())
        slip = pakbon.Pakbon(
            nummer=f"SIP-{whole[:16]}",
            titel=f"{_counted(chosen)} uit {self.archive.organisation}",
            doellocatie=self.top.verwijzing_naam,
            tijdstempel=self.time,
            archiefvormer=self.archive.organisation,
            contact=self.wish.contact or self.archive.organisation,
            informatieobjecten=kinds.count("informatieobject"),
            bestanden=kinds.count("bestand"),
            andere=len(content),
            omvang=omvang,
            hash=whole,
            opmerkingen=(
                f"Stand van logboek {self.archive.origin}: {self.prover.head.head.size} regels, wortel"
                f" {self.prover.head.head.root.hex()}" + ("; testarchief" if self.archive.test else "")
            ),
        )
        self.target.put(pakbon.NAME, pakbon.write(slip))
        undecided = sum(
            not unit.is_dossier and self.valued.get(unit.stream, description.UNDECIDED).waardering is None
            for unit in chosen.units
        )
        return Written(
            slip.nummer, whole, slip.informatieobjecten, slip.bestanden, omvang,
            slip.titel, self.time, self.archive.organisation, undecided,
        )  # fmt: skip

    def _describe(self, folder: str, described: Informatieobject) -> None:
        ending = names.NORM_OBJECT_ENDING if self.wish.norm else names.OBJECT_ENDING
        self.target.put(f"{folder}/{folder.rpartition('/')[2]}{ending}", mdto.write(described))

    def _event_log(self, folder: str, source: Told, of: Verwijzing) -> Verwijzing:
        made = event_log.write(self.archive, source.stream, source.history, self.prover)
        name = f"{folder.rpartition('/')[2]}{event_log.ENDING}"
        return self._own_file(folder, name, made, "application/json", of)

    def _files(self, folder: str, files: Sequence[File], of: Verwijzing) -> tuple[list[Verwijzing], list[Verwijzing]]:
        """Write the files of a record: those that are the record, and those that say something about it."""
        held: list[Verwijzing] = []
        additional: list[Verwijzing] = []
        for file in files:
            says = file.type in ADDITIONAL and not self.earlier.represents(file.name, file.sha256)
            (additional if says else held).append(self._record_file(folder, file, of))
        return held, additional

    def _record_file(self, folder: str, file: File, of: Verwijzing) -> Verwijzing:
        name = self.taken.unique(names.clean(file.name))
        originals.put(self.target, self.log, f"{folder}/{name}", file)
        return self._describe_file(folder, file, name, self._pronom(folder, file, name), of)

    def _pronom(self, folder: str, file: File, name: str) -> tuple[str, str] | None:
        """PRONOM id and name: what was registered stands, what we see now names it or fills it in."""
        registered = file.pronom
        if registered in self.formats:
            return registered, self.formats[registered]
        with (self.target.folder / folder / name).open("rb") as stream:
            seen = formats.examine(stream, name, ()).identified
        if seen is not None and seen.pronom and registered in (None, seen.pronom):
            self.formats[seen.pronom] = seen.name
            return seen.pronom, seen.name
        return (registered, registered) if registered else None

    def _own_file(self, folder: str, name: str, content: bytes, media_type: str, of: Verwijzing) -> Verwijzing:
        """A file that the export makes: its identification is made from what it is about."""
        name = name if name in documentation.NAMES else self.taken.unique(name)
        self.target.put(f"{folder}/{name}", content)
        known = of.verwijzing_identificatie
        assert known is not None, "our own references are identified"
        kenmerk = f"{known.identificatie_kenmerk}/{name}"
        digest = self.target.digests[f"{folder}/{name}"]
        file = File("", 0, "", self.time, kenmerk, name, media_type, None, digest, len(content))
        return self._describe_file(folder, file, name, OWN_FORMATS[media_type], of)

    def _describe_file(
        self, folder: str, file: File, name: str, pronom: tuple[str, str] | None, of: Verwijzing
    ) -> Verwijzing:
        ending = names.NORM_FILE_ENDING if self.wish.norm else names.FILE_ENDING
        described = description.bestand(self.archive, file, name, pronom, of)
        described = provenance.file_beside(described, self.earlier.files.get((file.name, file.sha256)))
        self.target.put(f"{folder}/{name}{ending}", mdto.write(described))
        return verwijzing(name, file.id, self.archive.origin)


def _counted(chosen: Selection) -> str:
    """How many dossiers and pieces there are, in Dutch."""
    dossiers = sum(unit.is_dossier for unit in chosen.units)
    pieces = len(chosen.units) - dossiers
    stukken = f"{pieces} {'archiefstuk' if pieces == 1 else 'archiefstukken'}"
    return f"{dossiers} {'dossier' if dossiers == 1 else 'dossiers'} en {stukken}" if dossiers else stukken
