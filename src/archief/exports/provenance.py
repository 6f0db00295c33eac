"""What the metadata of a record said that was taken over, laid beside what this archive knows of it.

A takeover brings metadata that this archive has no event for: other people's terms, places, relations, makers. They
stand in the metadata file that came along, and go out again with the record; what was decided here since comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from archief.errors import ArchiefError
from archief.exports import mdto, names, things
from archief.exports.history import History
from archief.exports.mdto import Bestand, DekkingInTijd, Informatieobject
from archief.log import Log

T = TypeVar("T")


class Earlier(NamedTuple):
    """What came along with a record.

    Attributes:
        described: its metadata; None for one that was made here.
        files: the metadata of its files, by the file's name and SHA-256.
    """

    described: Informatieobject | None
    files: dict[tuple[str, str], Bestand]

    def represents(self, name: str, sha256: str) -> bool:
        """Whether a file came along as what the record is made of, not as something that is said about it."""
        found = self.files.get((name, sha256))
        return (
            found is not None
            and self.described is not None
            and things.Named(things.thing("", self.described).files).means(things.thing("", found))
        )


NONE = Earlier(None, {})


def of(log: Log, events: History) -> Earlier:
    """What came along with a record, out of the files of its takeover.

    Args:
        log: the archive.
        events: what happened to the record.
    """
    imported = next((one for one in events if one.name == "record_imported" and one.data is not None), None)
    described: Informatieobject | None = None
    files: dict[tuple[str, str], Bestand] = {}
    for document in imported.data.documents if imported is not None else ():
        kind = names.sidecar(document.name)
        if kind is None or (kind[1] == "informatieobject" and described is not None):
            continue
        try:
            with log.storage.open_document(document.id) as stream:
                found = mdto.read(stream.read(mdto.XML_BYTES_MAX + 1))
        except ArchiefError:
            continue  # a file that is gone is told of when it is written out
        if isinstance(found, Informatieobject):
            described = found
        elif isinstance(found, Bestand):
            for one in found.checksum:
                files.setdefault((kind[0], one.checksum_waarde.strip().lower()), found)
    return Earlier(described, files)


def beside(ours: Informatieobject, earlier: Informatieobject | None) -> Informatieobject:
    """Our description of a record with what came along beside it.

    Args:
        ours: what this archive knows.
        earlier: what came along; None for a record that was made here.
    """
    if earlier is None:
        return ours
    undecided = ours.waardering.begrip_code == "N"
    limits = [one.beperking_gebruik_type.begrip_label for one in ours.beperking_gebruik]
    return msgspec.structs.replace(
        ours,
        classificatie=_both(ours.classificatie, earlier.classificatie),
        trefwoord=_both(ours.trefwoord, earlier.trefwoord),
        omschrijving=_both(ours.omschrijving, earlier.omschrijving),
        raadpleeglocatie=_both(ours.raadpleeglocatie, earlier.raadpleeglocatie),
        dekking_in_tijd=_periods(ours.dekking_in_tijd, earlier.dekking_in_tijd),
        dekking_in_ruimte=_both(ours.dekking_in_ruimte, earlier.dekking_in_ruimte),
        taal=earlier.taal or ours.taal,
        waardering=earlier.waardering if undecided else ours.waardering,
        bewaartermijn=earlier.bewaartermijn if undecided else ours.bewaartermijn,
        informatiecategorie=earlier.informatiecategorie if undecided else ours.informatiecategorie,
        gerelateerd_informatieobject=_both(ours.gerelateerd_informatieobject, earlier.gerelateerd_informatieobject),
        archiefvormer=earlier.archiefvormer,
        betrokkene=_both(ours.betrokkene, earlier.betrokkene),
        activiteit=earlier.activiteit or ours.activiteit,
        beperking_gebruik=earlier.beperking_gebruik if limits == ["Nader te bepalen"] else ours.beperking_gebruik,
    )


def file_beside(ours: Bestand, earlier: Bestand | None) -> Bestand:
    """Our description of a file with the identifications and checksums that came along.

    Args:
        ours: what this archive knows.
        earlier: what came along; None for a file that was put in here.
    """
    if earlier is None:
        return ours
    return msgspec.structs.replace(
        ours, identificatie=_both(ours.identificatie, earlier.identificatie), checksum=earlier.checksum
    )


def _both(ours: Sequence[T], earlier: Sequence[T]) -> list[T]:
    return [*ours, *(one for one in earlier if one not in ours)]


def _periods(ours: Sequence[DekkingInTijd], earlier: Sequence[DekkingInTijd]) -> list[DekkingInTijd]:
    """Ours counts over an earlier one of its kind only where it ends, or where that does not."""

    def kind(one: DekkingInTijd) -> str:
        return one.dekking_in_tijd_type.begrip_label

    ended = {kind(one) for one in earlier if one.dekking_in_tijd_einddatum is not None}
    kept = [one for one in ours if one.dekking_in_tijd_einddatum is not None or kind(one) not in ended]
    kinds = {kind(one) for one in kept}
    return [*kept, *(one for one in earlier if kind(one) not in kinds)]
