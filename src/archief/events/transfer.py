"""Events of transfer to the records office (overbrenging), and of records that come in from elsewhere."""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

from collections.abc import Iterator
from typing import Annotated, Literal

from archief.events.base import (
    Code,
    Count,
    Date,
    Documents,
    Happening,
    Hash,
    KeyId,
    Parted,
    Passage,
    Seq,
    StreamId,
    Text,
    Word,
    about,
    declare,
)


class TransferProposedFacts(Parted):
    """Which records, judged on which date by which rules."""

    reference_date: Annotated[Date, about("date on which they were due (peildatum)", "2041-01-01")]
    rule_set: Annotated[Code, about("rules they were judged by", "archiefwet-1995")] | None = None
    early: Annotated[bool, about("before they are due, by agreement")] = False


class TransferProposedData(Word):
    """The proposal in words."""

    title: Annotated[Text, about("what the list is called", "Overbrenging 2041")]
    agreement: Annotated[Text, about("the agreement it rests on")] | None = None
    reason: Annotated[Passage, about("why now, why these")] | None = None


@declare("transfer_proposed.v1", subject="transfer", stream="transfer", opens=True, repeats=True)
class TransferProposed(Happening):
    """A list of records is put forward for transfer to the records office."""

    facts: TransferProposedFacts
    data: TransferProposedData | None = None


class TransferExportedFacts(Word):
    """What was written."""

    profile: Annotated[Code, about("profile of the SIP", "mdto-sip")]
    size: Annotated[Count, about("size of the log it was made from", 128)]
    root: Annotated[Hash, about("its root")]
    records: Annotated[Count, about("informatieobjecten in it", 14)]
    files: Annotated[Count, about("bestanden in it", 31)]
    bytes: Annotated[Count, about("bytes of content in it", 7340032)]


class TransferExportedData(Word):
    """The SIP's number and hash."""

    sip_number: Annotated[Text, about("number on the pakbon", "SIP-2041-001")]
    sip_sha256: Annotated[Hash, about("SHA-256 of the SIP")]
    sip_name: Annotated[Text, about("name of the SIP's file or folder")] | None = None
    documents: Annotated[Documents, about("pakbon and other papers that are kept", unique="id")] = []


@declare("transfer_exported.v1", subject="transfer", stream="transfer", mdto="Export")
class TransferExported(Happening):
    """The records were written as a submission package (SIP)."""

    facts: TransferExportedFacts
    data: TransferExportedData


class TransferOfferedFacts(Word):
    """Which package, when, how."""

    export: Annotated[Seq, about("entry of the transfer_exported", 90)]
    channel: Annotated[Code, about("how it was handed over", "upload")]
    date: Annotated[Date, about("when", "2041-02-03")]


class TransferOfferedData(Word):
    """To whom."""

    recipient: Annotated[Text, about("to whom", "Records office")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("transfer_offered.v1", subject="transfer", stream="transfer")
class TransferOffered(Happening):
    """The package was handed to the records office. The duty of care does not move yet."""

    facts: TransferOfferedFacts
    data: TransferOfferedData | None = None


class ReceiptFacts(Word):
    """Which package the records office answers on, when, and how it signed."""

    export: Annotated[Seq, about("entry of the transfer_exported", 90)]
    date: Annotated[Date, about("day of the receipt", "2041-02-17")]
    form: Annotated[
        Literal["signed_note", "document"],
        about("a signed note, or a document confirmed by the archivaris", "document"),
    ]
    key: Annotated[KeyId, about("key that signed the note")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A signed note names its key."""
        if (self.form == "document") != (self.key is None):
            yield "key", "a signed note names the key that signed it, a document names none"


class TransferAcceptedFacts(ReceiptFacts):
    """The receipt, and the declaration that goes with it."""

    declaration: Annotated[StreamId, about("record that holds the verklaring van overbrenging")] | None = None
    kept: Annotated[bool, about("the local copy stays for use; it is no longer the record")] = False


class ReceiptData(Word):
    """The receipt itself."""

    receipt: Annotated[Passage, about("the signed note, whole")] | None = None
    documents: Annotated[Documents, about("the receipt as a file", unique="id")] = []
    note: Annotated[Passage, about("remarks", "Ontvangen en gecontroleerd.")] | None = None


@declare("transfer_accepted.v1", subject="transfer", stream="transfer", mdto="Overbrenging")
class TransferAccepted(Happening):
    """The records office took the package: only now the duty of care moves."""

    facts: TransferAcceptedFacts
    data: ReceiptData


class TransferDeclaredFacts(Word):
    """Which acceptance, and where its declaration is."""

    acceptance: Annotated[Seq, about("entry of the transfer_accepted", 92)]
    declaration: Annotated[StreamId, about("record that holds the verklaring van overbrenging")]


@declare("transfer_declared.v1", subject="transfer", stream="transfer")
class TransferDeclared(Happening):
    """The verklaring van overbrenging was drawn up after the receipt: who recorded that might register nothing."""

    facts: TransferDeclaredFacts


class TransferRejectedFacts(ReceiptFacts):
    """The refusal."""

    ground: Annotated[Code, about("main reason", "metadata")] | None = None


class TransferRejectedData(ReceiptData):
    """The refusal itself."""

    reasons: Annotated[list[Passage], about("the reasons", ["Bewaartermijn ontbreekt."], low=1, high=1_000)]


@declare("transfer_rejected.v1", subject="transfer", stream="transfer")
class TransferRejected(Happening):
    """The records office refused the package, with reasons. It is mended and offered again."""

    facts: TransferRejectedFacts
    data: TransferRejectedData


class RecordImportedFacts(Word):
    """Where it comes from."""

    source: Annotated[Code, about("system it comes from", "vorig-zaaksysteem")]
    profile: Annotated[Code, about("profile of the package", "mdto-sip")] | None = None
    batch: Annotated[StreamId, about("first record of the same package")] | None = None
    date: Annotated[Date, about("day the package was made", "2021-03-01")] | None = None


class Identification(Word):
    """An identification that was given elsewhere; it is never removed (MDTO identificatie)."""

    kenmerk: Annotated[Text, about("the identification", "Z-2019-0042")]
    bron: Annotated[Text, about("where it holds", "Zaaksysteem")]


class EarlierEvent(Word):
    """An event of the record's life before it came here (MDTO event)."""

    type: Annotated[Text, about("eventType")]
    time: Annotated[Text, about("eventTijd, as precise as it was given")] | None = None
    actor: Annotated[Text, about("eventVerantwoordelijkeActor")] | None = None
    result: Annotated[Passage, about("eventResultaat")] | None = None


class RecordImportedData(Word):
    """Provenance."""

    identifications: Annotated[list[Identification], about("identifications given elsewhere", high=100)] = []
    events: Annotated[list[EarlierEvent], about("its life before it came here", high=1_000)] = []
    documents: Annotated[Documents, about("its metadata files, untouched", unique="id")] = []
    sip_number: Annotated[Text, about("number of the package", "SIP-2021-007")] | None = None
    sip_sha256: Annotated[Hash, about("SHA-256 of the package")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("record_imported.v1", subject="transfer", stream="record", mdto="Import")
class RecordImported(Happening):
    """A letter or dossier that was just registered or opened comes from another system: its provenance."""

    facts: RecordImportedFacts
    data: RecordImportedData
