"""A SIP of MDTO that somebody else made, as records to be taken over: its objects, their files, the events for them.

An object with objects below it, or that says it is a dossier, becomes a dossier; every other a letter, filed in the
dossier above it. Files go along untouched. So do the metadata files, the additional metadata, and with the first record
the pakbon and what explains the package: this archive has no event for much of what they say, and none of it is lost.
Nothing is concluded: no dossier is classified or closed, no limit on openness is set; whoever takes over is told.
"""

from __future__ import annotations

import functools
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple, cast

from archief.draft import Draft, draft, new_stream
from archief.errors import MalformedError
from archief.exports import documentation, mdto, names, pakbon, things
from archief.exports.mdto import Bestand, Informatieobject
from archief.exports.package import Package
from archief.keys import Entropy
from archief.law import mdto as law
from archief.law import rule_sets
from archief.storage.base import NewDocument

PROFILE = "mdto-sip"
TEXT_MAX = 1_000
PIECE_BYTES = 1 << 20
UNLIMITED = frozenset({"Geen beperking", "Nader te bepalen"})

_WHOLE_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Incoming(NamedTuple):
    """An object of a package.

    Attributes:
        folder: where it lies in the package.
        described: what its metadata file says.
        metadata: its metadata files, its own first, and its additional metadata.
        files: its representations, with what is said of each.
        above: the folder of the object in whose folder it lies; None at the top.
        is_dossier: whether it becomes one.
    """

    folder: str
    described: Informatieobject
    metadata: list[str]
    files: list[tuple[str, Bestand]]
    above: str | None
    is_dossier: bool

    @property
    def ids(self) -> set[tuple[str, str]]:
        """Its identifications: kenmerk and bron."""
        return {(one.identificatie_kenmerk, one.identificatie_bron) for one in self.described.identificatie}

    @property
    def is_limited(self) -> bool:
        """Whether its metadata tell of a limit on its use."""
        kinds = {one.beperking_gebruik_type.begrip_label for one in self.described.beperking_gebruik}
        return not kinds <= UNLIMITED

    @property
    def said(self) -> Said:
        """What its metadata say of how long it is kept."""
        row, ends = (
            self.described.informatiecategorie,
            (one.dekking_in_tijd_einddatum for one in self.described.dekking_in_tijd),
        )
        listed = row.begrip_begrippenlijst.verwijzing_naam if row is not None else ""
        ours = next((code for code, known in rule_sets.lists().items() if listed.startswith(known.title)), None)
        return Said(
            number=_number(self.described),
            waardering=self.described.waardering.begrip_label,
            row=(row.begrip_code or row.begrip_label) if row is not None else None,
            of=listed or None,
            list=ours if row is not None and row.begrip_code else None,
            closed=next((one for one in ends if one is not None and _WHOLE_DAY.fullmatch(one)), None),
        )


class Said(NamedTuple):
    """What the metadata of a dossier say of how long it is kept: for a person to decide, not concluded from.

    Attributes:
        number: what the dossier goes by here; None where it has no number.
        waardering: the label.
        row: the row of the retention list: its code, else its label; None where they name none.
        of: the list as they call it.
        list: that list's code, where it is one that comes with this program and the row has a code.
        closed: its last day.
    """

    number: str | None
    waardering: str
    row: str | None
    of: str | None
    list: str | None
    closed: str | None


class Shipment(NamedTuple):
    """A package.

    Attributes:
        number: on its pakbon; None where it has none.
        sha256: over all its files but the pakbon, as our own pakbon has it.
        day: the day on which it was made; None where the pakbon does not say.
        records: dossiers first.
        around: the pakbon, and the files that explain the package.
    """

    number: str | None
    sha256: str
    day: str | None
    records: list[Incoming]
    around: list[str]


def read(package: Package) -> Shipment:
    """Read a package that the linter found no error in.

    Args:
        package: the part of it in which the SIP lies.

    Raises:
        MalformedError: its metadata changed since it was checked.
        OSError: a file cannot be read.
    """
    described = {path: mdto.read(_read(package, path), path) for path in sorted(package.files) if names.sidecar(path)}
    folders = {path.rpartition("/")[0]: path for path, one in described.items() if isinstance(one, Informatieobject)}
    files: dict[str, list[tuple[str, Bestand]]] = {folder: [] for folder in folders}
    for path, one in described.items():
        if isinstance(one, Bestand):
            content = cast("tuple[str, str]", names.sidecar(path))[0]
            files[_above(folders, content, path)].append((path, one))
    found: list[Incoming] = []
    around = [path for path in sorted(package.files) if pakbon.is_pakbon(path)]
    parents = {folder: _nearest(folders, folder) for folder in folders if folder}
    for folder, sidecar in sorted(folders.items()):
        record = _incoming(folder, sidecar, cast("Informatieobject", described[sidecar]), files[folder], parents)
        if _is_documentation(record):
            around += [*record.metadata, *(path for path, _ in record.files)]
        else:
            found.append(record)
    found.sort(key=lambda one: not one.is_dossier)
    digests = [(path, _digest(package, path)[0]) for path in sorted(package.files) if not pakbon.is_pakbon(path)]
    number, day = _slip(package, around)
    return Shipment(number, pakbon.package_hash(digests), day, found, around)


def _incoming(
    folder: str,
    sidecar: str,
    described: Informatieobject,
    files: Sequence[tuple[str, Bestand]],
    parents: dict[str, str | None],
) -> Incoming:
    itself = things.thing(sidecar, described)
    additional = things.Named(itself.additional)
    metadata, held = [sidecar], []
    for path, one in files:
        content = cast("tuple[str, str]", names.sidecar(path))[0]
        metadata.append(path)
        if additional.means(things.thing(path, one)):
            metadata.append(content)
        else:
            held.append((content, one))
    level = described.aggregatieniveau.begrip_label if described.aggregatieniveau is not None else ""
    holds = folder in parents.values() or level in ("Archief", "Serie", "Dossier")
    return Incoming(folder, described, metadata, held, parents.get(folder), holds)


def _is_documentation(record: Incoming) -> bool:
    """Whether it explains the event logs of a package of ours."""
    kenmerk = record.described.identificatie[0].identificatie_kenmerk
    named = {path.rpartition("/")[2] for path, _ in record.files}
    return kenmerk.startswith(f"{documentation.NAME}/") and documentation.SCHEMA_NAME in named


# --- as events --------------------------------------------------------------------------------------------------------


class Taking:
    """Makes the events of a package.

    Args:
        package: where its files are; open until everything is appended.
        shipment: what is in it.
        source: the system it comes from, as a code.
        day: the day of taking over, for what says no day of its own.
        entropy: for ids.
        streams: records of the package that are here already, by folder.
    """

    def __init__(
        self, package: Package, shipment: Shipment, source: str, day: str, entropy: Entropy, streams: dict[str, str]
    ) -> None:
        self._package = package
        self._shipment = shipment
        self._source = source
        self._day = day
        self._entropy = entropy
        self.streams = dict(streams)
        self._batch = next(iter(streams.values()), None)

    def drafts(self, record: Incoming) -> list[Draft]:
        """The events of one record: registered or opened, imported, filed.

        Raises:
            MalformedError: something in it does not fit this archive's events; the place is named.
        """
        stream = self.streams[record.folder] = new_stream(self._entropy)
        try:
            made = [self._opened(record, stream), self._imported(record, stream)]
        except MalformedError as error:
            raise MalformedError(
                error.what, where=f"{record.metadata[0]}: {error.where}", remedy=error.remedy
            ) from None
        if not record.is_dossier and record.above is not None:
            made.append(draft("letter_filed", stream, {"dossier": self.streams[record.above]}))
        return made

    def _opened(self, record: Incoming, stream: str) -> Draft:
        described = record.described
        refs, documents = self._documents([(path, one) for path, one in record.files])
        data: dict[str, Any] = {"number": _number(described)}
        if record.is_dossier:
            data |= {
                "title": _line(described.naam),
                "description": "\n".join(described.omschrijving) or None,
                "keywords": [_line(one) for one in described.trefwoord[:100]] or None,
            }
            facts = {"date": _day_of(described) or self._day}
            # A dossier registers no files of its own: those go along with its provenance.
            return draft("dossier_opened", stream, facts, _present(data))
        actors = {
            one.betrokkene_type_relatie.begrip_label: _line(one.betrokkene_actor.verwijzing_naam)
            for one in reversed(described.betrokkene)
        }
        data |= {
            "subject": _line(described.naam),
            "date": _day_of(described),
            "addressee": actors.get("Geadresseerde"),
            "handled_by": actors.get("Behandelaar"),
            "documents": refs,
        }
        makers = {_line(one.verwijzing_naam) for one in described.archiefvormer}
        sender, receipts = actors.get("Afzender"), [one for one in described.event if _is_receipt(one)]
        name, facts = "letter_registered", {"kind": _kind(described)}
        if receipts or sender not in (None, *makers):
            days = (one.event_tijd or "" for one in receipts)
            name, facts = "letter_received", _present({**facts, "date": next(filter(_WHOLE_DAY.fullmatch, days), None)})
            data["sender"] = sender
        return draft(name, stream, facts, _present(data), documents=documents)

    def _imported(self, record: Incoming, stream: str) -> Draft:
        held: list[tuple[str, Bestand | None]] = [(path, None) for path in record.metadata]
        if record.is_dossier:
            held += record.files
        if self._batch is None:
            held += [(path, None) for path in self._shipment.around]
        refs, documents = self._documents(held)
        facts = {
            "source": self._source,
            "profile": PROFILE,
            "batch": self._batch,
            "date": self._shipment.day,
        }
        self._batch = self._batch or stream
        data = {
            "identifications": [
                {"kenmerk": _line(one.identificatie_kenmerk), "bron": _line(one.identificatie_bron)}
                for one in record.described.identificatie
            ],
            "events": list(_events(record.described)),
            "documents": refs,
            "sip_number": self._shipment.number,
            "sip_sha256": self._shipment.sha256,
        }
        return draft("record_imported", stream, _present(facts), _present(data), documents=documents)

    def _documents(self, files: Sequence[tuple[str, Bestand | None]]) -> tuple[list[dict[str, Any]], list[NewDocument]]:
        refs, made = [], []
        for path, described in files:
            digest, size = _digest(self._package, path)
            name = self._entropy(16).hex()
            ref = {"id": name, "media_type": _media_type(path), "name": path.rpartition("/")[2]}
            code = things.thing(path, described).pronom if described is not None else None
            if code is not None:
                ref["pronom"] = code
            refs.append({**ref, "sha256": digest, "size": size})
            opened = functools.partial(self._package.open, path)
            made.append(NewDocument(name, cast("Any", opened), digest))
        return refs, made


def _events(described: Informatieobject) -> Iterator[dict[str, Any]]:
    for one in described.event:
        actor = one.event_verantwoordelijke_actor
        yield _present(
            {
                "type": _line(one.event_type.begrip_label),
                "time": one.event_tijd,
                "actor": _line(actor.verwijzing_naam) if actor is not None else None,
                "result": one.event_resultaat or None,
            }
        )


def _is_receipt(event: mdto.Event) -> bool:
    return event.event_type.begrip_label == "Ontvangst"


def _number(described: Informatieobject) -> str | None:
    """The number it goes by: that of a register, else the first that is no random id."""
    ids = [(one.identificatie_kenmerk, one.identificatie_bron) for one in described.identificatie]
    registered = [kenmerk for kenmerk, bron in ids if bron.startswith("Register van ")]
    others = [kenmerk for kenmerk, _ in ids if not _RANDOM.fullmatch(kenmerk.strip())]
    return next((_line(one) for one in (*registered, *others)), None)


def _kind(described: Informatieobject) -> str:
    """The kind of letter, by our own list where that is named; a letter like any other where it is not."""
    terms = law.listed("classificatie")
    for one in described.classificatie:
        if terms.named(one.begrip_begrippenlijst.verwijzing_naam) and one.begrip_code in terms.codes:
            return one.begrip_code
    return "brief"


def _day_of(described: Informatieobject) -> str | None:
    """The first day that it tells of, whole: of what it is about, else of its making."""
    given = [one.dekking_in_tijd_begindatum for one in described.dekking_in_tijd]
    given += [one.event_tijd or "" for one in described.event if one.event_type.begrip_label == "Creatie"]
    return next((one[:10] for one in given if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", one)), None)


# --- the package's bytes ----------------------------------------------------------------------------------------------


def _slip(package: Package, around: Sequence[str]) -> tuple[str | None, str | None]:
    """Number and day of the pakbon."""
    for path in around:
        if not (pakbon.is_pakbon(path) and path.casefold().endswith(".xml")):
            continue
        texts = pakbon.texts(_read(package, path))
        if not isinstance(texts, str):
            day = _DAY.match(texts.get("tijdstempel", ""))
            number = texts.get("unieknummer") or texts.get("nummer")
            return (_line(number) if number else None), (day[0] if day is not None and len(day[0]) == 10 else None)
    return None, None


def _above(folders: dict[str, str], path: str, sidecar: str) -> str:
    found = _nearest(folders, path)
    if found is None:
        raise MalformedError("lies in no informatieobject", where=sidecar, remedy="check it: `archief check sip`")
    return found


def _nearest(folders: dict[str, str], path: str) -> str | None:
    """The nearest folder above a path that is an object's."""
    while path:
        path = path.rpartition("/")[0]
        if path in folders:
            return path
    return None


def _read(package: Package, path: str) -> bytes:
    with package.open(path) as stream:
        return stream.read(mdto.XML_BYTES_MAX + 1)


def _digest(package: Package, path: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with package.open(path) as stream:
        while piece := cast("BinaryIO", stream).read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _media_type(path: str) -> str:
    return mimetypes.MimeTypes(filenames=()).guess_type(path)[0] or "application/octet-stream"


def _line(text: str) -> str:
    """A text as one line of the length that an event takes; the whole stands in the metadata file."""
    return " ".join(text.split())[:TEXT_MAX]


def _present(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
