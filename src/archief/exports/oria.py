"""A meeting and the agenda item of a letter as ORI-A: additional metadata beside the letter that was tabled.

Source: Open Raadsinformatie Archiefstandaard, XML schema v0.0.9 (beta), namespace of VNG. The schema demands a medium
(mediabron) and whether an item was closed (indicatorBesloten): the log knows of neither, so the medium is said to be
none, and the item is said to be not closed. The schema's kinds of meeting are few: a round is a Commissievergadering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archief.exports import mdto
from archief.exports.holdings import Meeting

if TYPE_CHECKING:
    from archief.exports.mdto import Verwijzing

NAMESPACE = "https://vng.nl/projecten/open-raadsinformatie"
KINDS = {"raadsvergadering": "Raadsvergadering", "presidium": "Presidium"}
OTHER_KIND = "Commissievergadering"


def write(meeting: Meeting, letter: Verwijzing, seq: int, item: int | None, title: str | None) -> bytes:
    """Write a meeting with the agenda item of one letter.

    Args:
        meeting: the meeting.
        letter: the letter that was tabled.
        seq: the entry that tabled it: names the agenda item.
        item: its number on the agenda.
        title: what the agenda calls it.
    """
    etree = mdto.library()
    root = etree.Element(f"{{{NAMESPACE}}}ORI-A", nsmap={None: NAMESPACE})

    def add(above: object, name: str, text: object = None) -> object:
        element = etree.SubElement(above, f"{{{NAMESPACE}}}{name}")
        if text is not None:
            element.text = mdto.lawful(str(text))
        return element

    medium = add(root, "mediabron")
    add(medium, "ID", f"mediabron-{meeting.stream}")
    add(medium, "mediabronType", "Transcriptie")
    kept = add(add(medium, "isVastgelegdIn"), "verwijzingInformatieobject")
    add(kept, "verwijzingID", "geen")
    add(kept, "verwijzingNaam", "Van deze vergadering is geen opname of verslag in dit archief")
    held = add(root, "vergadering")
    add(held, "ID", meeting.stream)
    add(held, "naam", meeting.title or f"{meeting.kind} {meeting.date}")
    add(held, "vergaderToelichting", f"Vergadervorm: {meeting.kind}")
    add(held, "vergaderingsType", KINDS.get(meeting.kind, OTHER_KIND))
    if meeting.place:
        add(held, "locatie", meeting.place)
    add(held, "status", "Gepland")
    add(held, "geplandeVergaderdatum", meeting.date)
    for name, clock in (
        ("geplandeAanvangVergadering", meeting.begin_time), ("geplandeEindeVergadering", meeting.end_time)
    ):  # fmt: skip
        if clock:
            add(held, name, f"{meeting.date}T{clock}:00")
    point = add(root, "agendapunt")
    add(point, "ID", f"agendapunt-{seq}")
    if item is not None:
        add(point, "geplandAgendapuntVolgnummer", item)
    if title:
        add(point, "agendapuntTitel", title)
    add(point, "indicatorBesloten", "false")
    during = add(point, "wordtBehandeldTijdens")
    add(during, "verwijzingID", meeting.stream)
    known = letter.verwijzing_identificatie
    assert known is not None, "our own references are identified"
    piece = add(add(point, "heeftAlsBijlage"), "verwijzingInformatieobject")
    add(piece, "verwijzingID", known.identificatie_kenmerk)
    add(piece, "verwijzingNaam", letter.verwijzing_naam)
    written: bytes = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return written
