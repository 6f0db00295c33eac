"""Declarations for tests: short and long, with every part and with hardly any."""

from __future__ import annotations

import datetime as dt

import msgspec

from archief.render.declarations.conversion import Conversie, Converted
from archief.render.declarations.destruction import Category, Item, Kept, Vernietiging
from archief.render.declarations.erasure import Erased, Wissing
from archief.render.declarations.paper import Act, Declaration, Head, Span, System
from archief.render.declarations.transfer import Limit, Overbrenging, Transferred

ORIGIN = "archief.voorbeeld.nl/5f0c91d2"
HEAD = Head(size=12_345, root="9f2c" * 16)
STREAM = "5b1e9f3c-7b0d-4c55-9a3e-0a1b2c3d4e{:02x}"
TIME = dt.datetime(2027, 2, 8, 13, 5, 9, tzinfo=dt.UTC)
ORGANISATION = "Gemeente Voorbeeld"


def act(step: str, role: str, day: int, entry: int | None, name: str | None = None) -> Act:
    return Act(step=step, role=role, day=dt.date(2027, 1, day), entry=entry, name=name)


SYSTEMS = [
    System(name="archief (logboek, gegevens en bestanden)", reached=True),
    System(name="databank en zoekindex", reached=True, note="opnieuw opgebouwd"),
    System(
        name="back-up tweede locatie", reached=False, expires=dt.date(2027, 3, 10), note="wordt daarna overschreven"
    ),
    System(name="export naar het raadsinformatiesysteem", reached=False),
]
CATEGORY = Category(
    list_title="Selectielijst gemeenten en intergemeentelijke organen 2020",
    list_edition="2020",
    list_source="Staatscourant 2020, 11143",
    row="19.1.11",
    name="Secretariaat, Verwerkt, ambtelijk overleg met derden",
    waardering="V",
    bewaartermijn="P5Y",
    procestermijn="nihil",
    records=3,
    payloads=23,
    documents=4,
    period=Span(begin=dt.date(2020, 1, 14), end=dt.date(2021, 11, 2)),
)
OTHER = Category(
    list_title="Selectielijst gemeenten en intergemeentelijke organen 2020",
    list_edition="2020",
    list_source="Staatscourant 2020, 11143",
    row="1.1.1",
    name="Instellen en inrichten organisatie, Ingesteld",
    waardering="V",
    bewaartermijn="P1Y6M",
    records=1,
    payloads=2,
    documents=0,
)
ITEMS = [
    Item(
        stream=STREAM.format(1), kind="dossier", row="19.1.11", reference="Z-2020-0412",
        period=Span(begin=dt.date(2020, 1, 14), end=dt.date(2021, 11, 2)), start=dt.date(2021, 11, 2),
        action=dt.date(2026, 11, 2), letters=2, payloads=5, documents=0,
    ),
    Item(stream=STREAM.format(2), kind="letter", row="19.1.11", reference="2020-00017", payloads=12, documents=3),
    Item(stream=STREAM.format(3), kind="letter", row="19.1.11", payloads=6, documents=1),
]  # fmt: skip
VERNIETIGING = Vernietiging(
    organisation=ORGANISATION,
    origin=ORIGIN,
    destruction=STREAM.format(0),
    time=TIME,
    basis="archiefwet-1995:3",
    decision="Besluit 2027-03",
    reference_date=dt.date(2027, 1, 1),
    categories=[CATEGORY, OTHER],
    items=ITEMS,
    records=3,
    payloads=23,
    documents=4,
    acts=[
        act("destruction_proposed", "recordmanager", 4, 12_200, "N. Bakker"),
        act("destruction_reviewed", "behandelaar", 8, 12_210, "P. de Vries"),
        act("destruction_consented", "archivaris", 12, 12_214),
        act("destruction_authorised", "authoriser", 20, 12_220),
        act("destruction_started", "recordmanager", 29, 12_330),
        act("records_destroyed", "recordmanager", 29, None),
    ],
    started=dt.datetime(2027, 2, 8, 13, 0, tzinfo=dt.UTC),
    verified=dt.datetime(2027, 2, 8, 13, 5, tzinfo=dt.UTC),
    method="erased-and-rebuilt",
    systems=SYSTEMS,
    kept=[
        Kept(stream=STREAM.format(9), ground="still-in-use", reference="Z-2020-0413"),
        Kept(stream=STREAM.format(10), ground="own:rampenarchief"),
    ],
    checked=1_204,
    head=HEAD,
)
BARE = Vernietiging(
    organisation=ORGANISATION, origin=ORIGIN, destruction=STREAM.format(0), time=TIME, basis="own:besluit",
    reference_date=dt.date(2027, 1, 1), categories=[], items=[], records=0, payloads=0, documents=0, acts=[],
    started=TIME, verified=TIME, method="own:anders", systems=[], head=Head(size=0, root=""), test=True,
)  # fmt: skip
WISSING = Wissing(
    organisation=ORGANISATION,
    origin=ORIGIN,
    record=STREAM.format(4),
    time=TIME,
    ground="avg:17",
    decided_by="request",
    decided=dt.date(2027, 1, 4),
    decision="AVG 2027-04",
    erased=[
        Erased(entry=43, what="Wijziging", day=dt.date(2021, 2, 3), documents=1),
        Erased(entry=47, what="Wijziging", day=dt.date(2021, 2, 4)),
    ],
    acts=[act("payload_erased", "archivaris", 29, None)],
    systems=SYSTEMS,
    method="erased-and-rebuilt",
    head=HEAD,
)
RECTIFICATIE = Wissing(
    organisation=ORGANISATION, origin=ORIGIN, record=STREAM.format(4), entry=52, time=TIME, ground="avg:16",
    decided_by="court", erased=[Erased(entry=43, what="Wijziging", day=dt.date(2021, 2, 3))], corrected=[50],
    acts=[], systems=[], method="erased-and-rebuilt", head=HEAD, reference="2021-00017",
)  # fmt: skip
OVERBRENGING = Overbrenging(
    organisation=ORGANISATION,
    recipient="Regionaal Archief Voorbeeld",
    origin=ORIGIN,
    transfer=STREAM.format(5),
    time=TIME,
    basis="archiefwet-1995:12",
    sip_number="SIP-2041-001",
    sip_sha256="ab12" * 16,
    profile="mdto-sip",
    exported=dt.date(2041, 1, 20),
    offered=dt.date(2041, 2, 3),
    accepted=dt.date(2041, 2, 17),
    receipt="signed_note",
    records=14,
    files=31,
    content_bytes=7_340_032,
    items=[
        Transferred(
            stream=STREAM.format(6), kind="dossier", reference="Z-2021-0001", title="Herinrichting stationsplein",
            waardering="B", row="19.1.6", period=Span(begin=dt.date(2021, 1, 14), end=dt.date(2022, 3, 1)), files=30,
        ),
        Transferred(stream=STREAM.format(7), kind="letter", reference="2021-00017", waardering="B", files=1),
    ],
    limits=[
        Limit(
            stream=STREAM.format(7), ground="archiefwet-1995:15.1.a", reference="2021-00017", end=dt.date(2096, 1, 1),
            decision="Besluit 2040-77",
        ),
        Limit(stream=STREAM.format(6), ground="archiefwet-1995:15.1.c", term="P20Y"),
    ],
    acts=[
        act("transfer_proposed", "recordmanager", 4, 12_200),
        act("transfer_exported", "recordmanager", 8, 12_210),
        act("transfer_accepted", "records_office", 12, None),
    ],
    head=HEAD,
)  # fmt: skip
OPEN = Overbrenging(
    organisation=ORGANISATION, recipient="Regionaal Archief Voorbeeld", origin=ORIGIN, transfer=STREAM.format(5),
    time=TIME, basis="archiefwet-1995:13", sip_number="1", sip_sha256="ab12" * 16, accepted=dt.date(2041, 2, 17),
    receipt="document", records=1, files=1, content_bytes=1, items=[], limits=[], acts=[], head=HEAD, early=True,
    kept=True,
)  # fmt: skip
CONVERTED = Converted(
    source="0f" * 16, target="1e" * 16, source_format="fmt/40", target_format="fmt/479", tool="LibreOffice",
    tool_version="24.8.2", test="veraPDF, profiel PDF/A-3a", result="geen afwijkingen", verdict="passed",
)  # fmt: skip
CONVERSIE = Conversie(
    organisation=ORGANISATION,
    origin=ORIGIN,
    record=STREAM.format(4),
    reference="2021-00017",
    time=TIME,
    files=[CONVERTED],
    acts=[act("document_converted", "recordmanager", 29, 12_330)],
    head=HEAD,
)
LONG = msgspec.structs.replace(
    VERNIETIGING,
    items=[
        Item(
            stream=STREAM.format(number % 256), kind="dossier", row="19.1.11", letters=2, payloads=1_023, documents=10,
            period=Span(begin=dt.date(2020, 1, 14), end=dt.date(2021, 11, 2)), action=dt.date(2026, 11, 2),
        )
        for number in range(60)
    ],
)  # fmt: skip
ALL: dict[str, Declaration] = {
    "vernietiging": VERNIETIGING,
    "kaal": BARE,
    "lang": LONG,
    "wissing": WISSING,
    "rectificatie": RECTIFICATIE,
    "overbrenging": OVERBRENGING,
    "openbaar": OPEN,
    "conversie": CONVERSIE,
}
