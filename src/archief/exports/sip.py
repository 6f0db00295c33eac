"""A SIP of MDTO out of the archive: folders with metadata beside their files, the event log with proofs, the pakbon.

    pakbon.xml
    2021-00017/
      2021-00017.mdto.xml                               the letter (informatieobject)
      Brief.pdf   Brief.pdf.bestand.mdto.xml            each file, untouched, and its metadata
      2021-00017-gebeurtenissen.json   ….bestand.mdto.xml    its event log, as additional metadata
    archief-documentatie/                               what that log and our lists of terms mean

The same state gives the same bytes. Records are read a batch at a time: memory does not grow with their number.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archief import canonical
from archief.errors import CorruptError, LossError, NotFoundError
from archief.exports import description, documentation, formats, history, holdings, mdto, names, pakbon
from archief.exports.description import Source
from archief.exports.history import History
from archief.exports.holdings import Archive, File
from archief.exports.mdto import BeperkingGebruik, Identificatie, Informatieobject, Verwijzing, begrip, verwijzing
from archief.exports.proofs import Prover
from archief.exports.target import Target
from archief.law import mdto as law
from archief.log import Log

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORM = "archief/event-log/v1"
LOG_ENDING = "-gebeurtenissen.json"
BATCH = 200
"""Records read at a time."""

Progress = Callable[[int, int], None]


class Wish(NamedTuple):
    """What a person asks of a SIP.

    Attributes:
        streams: the letters, in the order of the package.
        location: where in the records office it goes; empty when nobody said.
        contact: whom to ask; empty for the organisation.
        norm: metadata files end in ``.MDTO.xml``, as the norm prints it.
    """

    streams: Sequence[str]
    location: str = ""
    contact: str = ""
    norm: bool = False


class Written(NamedTuple):
    """What was written.

    Attributes:
        number: on the pakbon.
        hash: of the package, as on the pakbon.
        informatieobjecten, bestanden: how many there are.
        content_bytes: bytes in files that are no metadata.
    """

    number: str
    hash: str
    informatieobjecten: int
    bestanden: int
    content_bytes: int


def write(
    target: Target, log: Log, database: DuckDBPyConnection, prover: Prover, wish: Wish, progress: Progress | None = None
) -> Written:
    """Write a SIP.

    Args:
        target: the empty folder.
        log: the archive, verified.
        database: its state.
        prover: makes proofs to the head that goes along.
        wish: what is asked.
        progress: told how many records are done.

    Raises:
        NotFoundError: a record is no letter or is destroyed; or a head does not cover it; all of them are named.
        LossError, CorruptError: a file is gone, or is not the one that was registered.
        WriteFailedError: the disk refused.
    """
    _refuse(database, wish.streams)
    package = _Package(target, log, prover, wish, holdings.names(database))
    for begin in range(0, len(wish.streams), BATCH):
        streams = wish.streams[begin : begin + BATCH]
        letters, files = holdings.letters(database, streams), holdings.files(database, streams)
        signatures, histories = holdings.signatures(database, streams), history.of(log, database, streams)
        for number, stream in enumerate(streams, begin + 1):
            source = Source(package.archive, letters[stream], signatures[stream], histories[stream], package.people)
            package.letter(source, files[stream])
            if progress is not None:
                progress(number, len(wish.streams))
    package.documentation()
    return package.close()


def _refuse(database: DuckDBPyConnection, streams: Sequence[str]) -> None:
    """Refuse what is no letter or is destroyed before anything is written."""
    if not streams:
        raise NotFoundError("no records were named", remedy="name one, or a list with --records")
    found = dict(
        database.execute(
            "select cast(stream as varchar), status from letter where stream in (select cast(unnest(?) as uuid))",
            [list(streams)],
        ).fetchall()
    )
    wrong = [stream for stream in streams if found.get(stream, "destroyed") == "destroyed"]
    if wrong:
        more = f" and {len(wrong) - 20:,} more" if len(wrong) > 20 else ""
        raise NotFoundError(
            f"no letters, or destroyed: {', '.join(wrong[:20])}{more}",
            remedy="leave them out; what is left of a destroyed record: `archief export evidence`",
        )


def event_log(archive: Archive, stream: str, events: History, prover: Prover) -> bytes:
    """The event log of a record with its proofs, as additional metadata.

    Args:
        archive: whose archive it is.
        stream: the record.
        events: what happened to it.
        prover: makes the proofs.
    """
    sealed = prover.commits([one.commit for one in events])
    entries = [
        {
            "seq": one.event.seq,
            "entry": one.entry.decode(),
            "payload": one.payload_line.decode() if one.payload_line is not None else None,
            "commit": one.commit,
            "commit_proof": _texts(prover.in_commit(one.event.seq, sealed[one.commit][1])),
            "proof": _texts(prover.inclusion(one.event.seq, one.entry)),
        }
        for one in events
    ]
    commits = [
        {"seq": seq, "entry": entry.decode(), "proof": _texts(prover.inclusion(seq, entry))}
        for seq, (entry, _) in sorted(sealed.items())
    ]
    told: Mapping[str, Any] = {
        "form": FORM,
        "origin": archive.origin,
        "stream": stream,
        "checkpoint": prover.head.raw.decode(),
        "entries": entries,
        "commits": commits,
    }
    return canonical.encode(told) + b"\n"


def _texts(proof: Sequence[bytes]) -> list[str]:
    return [canonical.base64_encode(one) for one in proof]


class _Package:
    """A SIP while it is written."""

    def __init__(self, target: Target, log: Log, prover: Prover, wish: Wish, people: Mapping[str, str]) -> None:
        self.target = target
        self.log = log
        self.prover = prover
        self.wish = wish
        self.people = people
        self.archive = holdings.archive(log)
        self.time = log.last_commit.time
        self.taken = names.Taken()
        self.taken.unique(pakbon.NAME)
        self.counts = {"informatieobject": 0, "bestand": 0}
        self.parent = verwijzing(wish.location or f"Archief van {self.archive.organisation}")

    def letter(self, source: Source, files: Sequence[File]) -> None:
        """Write a letter: its files, its event log, its metadata."""
        folder = self.taken.unique(names.clean(source.letter.number or source.letter.stream))
        itself = source.reference()
        held = [self._record_file(folder, file, itself) for file in files]
        log = event_log(self.archive, source.letter.stream, source.history, self.prover)
        additional = self._own_file(folder, f"{folder}{LOG_ENDING}", log, "application/json", itself)
        self._describe(folder, description.informatieobject(source, held, [additional], [self.parent]))

    def documentation(self) -> None:
        """Write what the event logs and our own lists mean."""
        folder = self.taken.unique(documentation.NAME)
        kenmerk = f"{documentation.NAME}/{self.time}"
        title = "Toelichting bij het logboek en de begrippenlijsten van archief"
        itself = verwijzing(title, kenmerk, self.archive.origin)
        held = [
            self._own_file(folder, documentation.SCHEMA_NAME, documentation.event_schema(), "application/json", itself),
            self._own_file(folder, documentation.TEXT_NAME, documentation.text(FORM), "text/plain", itself),
        ]
        values, limits = law.listed("waardering"), law.listed("beperkingGebruikType")
        described = Informatieobject(
            identificatie=[Identificatie(identificatie_kenmerk=kenmerk, identificatie_bron=self.archive.origin)],
            naam=title,
            aggregatieniveau=begrip("Archiefstuk", law.listed("aggregatieniveau").title),
            taal=["nl"],
            waardering=begrip("Nader te bepalen", values.title, values.code("Nader te bepalen")),
            is_onderdeel_van=[self.parent],
            heeft_representatie=held,
            archiefvormer=[verwijzing(self.archive.organisation)],
            beperking_gebruik=[BeperkingGebruik(beperking_gebruik_type=begrip("Geen beperking", limits.title))],
        )
        self._describe(folder, described)

    def close(self) -> Written:
        """Write the pakbon, last of all."""
        content = [path for path in self.target.sizes if names.sidecar(path) is None]
        omvang = sum(self.target.sizes[path] for path in content)
        whole = pakbon.package_hash(self.target.digests.items())
        slip = pakbon.Pakbon(
            nummer=f"SIP-{whole[:16]}",
            titel=f"{len(self.wish.streams)} archiefstukken uit {self.archive.organisation}",
            doellocatie=self.parent.verwijzing_naam,
            tijdstempel=self.time,
            archiefvormer=self.archive.organisation,
            contact=self.wish.contact or self.archive.organisation,
            informatieobjecten=self.counts["informatieobject"],
            bestanden=self.counts["bestand"],
            andere=len(content),
            omvang=omvang,
            hash=whole,
            opmerkingen=(
                f"Stand van logboek {self.archive.origin}: {self.prover.head.head.size} regels, wortel"
                f" {self.prover.head.head.root.hex()}" + ("; testarchief" if self.archive.test else "")
            ),
        )
        self.target.put(pakbon.NAME, pakbon.write(slip))
        return Written(slip.nummer, whole, slip.informatieobjecten, slip.bestanden, omvang)

    def _describe(self, folder: str, described: Informatieobject) -> None:
        ending = names.NORM_OBJECT_ENDING if self.wish.norm else names.OBJECT_ENDING
        self.target.put(f"{folder}/{folder}{ending}", mdto.write(described))
        self.counts["informatieobject"] += 1

    def _record_file(self, folder: str, file: File, of: Verwijzing) -> Verwijzing:
        name = self.taken.unique(names.clean(file.name))
        try:
            with self.log.storage.open_document(file.id) as stream:
                self.target.copy(f"{folder}/{name}", stream)
        except NotFoundError:
            raise LossError(
                "a document is gone and no destruction covers it", where=f"document {file.id}",
                remedy="run `archief verify`, and bring it back from a back-up",
            ) from None  # fmt: skip
        if self.target.digests[f"{folder}/{name}"] != file.sha256:
            raise CorruptError(
                "a document is not the one that was registered", where=f"document {file.id}",
                remedy="run `archief verify`: it names every place",
            )  # fmt: skip
        with (self.target.folder / folder / name).open("rb") as stream:
            seen = formats.examine(stream, name, ()).identified
        return self._describe_file(folder, file, name, _pronom(file.pronom, seen), of)

    def _own_file(self, folder: str, name: str, content: bytes, media_type: str, of: Verwijzing) -> Verwijzing:
        """A file that the export makes: its identification is made from what it is about."""
        name = self.taken.unique(name)
        self.target.put(f"{folder}/{name}", content)
        known = of.verwijzing_identificatie
        assert known is not None, "our own references are identified"
        kenmerk = f"{known.identificatie_kenmerk}/{name}"
        digest = hashlib.sha256(content).hexdigest()
        file = File("", 0, self.time, kenmerk, name, media_type, None, digest, len(content))
        seen = formats.examine(io.BytesIO(content), name, ()).identified
        return self._describe_file(folder, file, name, _pronom(None, seen), of)

    def _describe_file(
        self, folder: str, file: File, name: str, pronom: tuple[str, str] | None, of: Verwijzing
    ) -> Verwijzing:
        ending = names.NORM_FILE_ENDING if self.wish.norm else names.FILE_ENDING
        described = description.bestand(self.archive, file, name, pronom, of)
        self.target.put(f"{folder}/{name}{ending}", mdto.write(described))
        self.counts["bestand"] += 1
        return verwijzing(name, file.id, self.archive.origin)


def _pronom(registered: str | None, seen: formats.Identified | None) -> tuple[str, str] | None:
    """PRONOM id and name: what was registered stands, what we see now names it or fills it in."""
    if seen is not None and seen.pronom and registered in (None, seen.pronom):
        return seen.pronom, seen.name
    return (registered, registered) if registered else None
