"""Events of letters: registered or received, edited, signed, dispatched, annotated, related, withdrawn."""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archief.events.base import (
    Code,
    Date,
    DateOrEmpty,
    DocumentId,
    Documents,
    Happening,
    Hash,
    KeyId,
    NoFacts,
    Passage,
    PassageOrEmpty,
    Reason,
    Seq,
    SignatureText,
    StreamId,
    Text,
    TextOrEmpty,
    Time,
    Word,
    Year,
    about,
    declare,
)

Lines = Annotated[list[Text], Meta(max_length=1_000)]
Body = Annotated[list[Passage], Meta(max_length=10_000)]
Fields = Annotated[dict[Text, PassageOrEmpty], Meta(max_length=1_000)]

COVERS_MAX = 500
"""Longest list of content events under one signature: an entry holds no more."""


class Signatory(Word):
    """A name below the letter, as the letter shows it."""

    name: Annotated[Text, about("name with titles", "A. Jansen")] | None = None
    role: Annotated[Text, about("function", "Burgemeester")] | None = None
    on_behalf_of: (
        Annotated[
            Text, about("organ above the names, or person of mede namens", "Burgemeester en Wethouders van Voorbeeld")
        ]
        | None
    ) = None


Signatories = Annotated[list[Signatory], Meta(max_length=100)]


class LetterData(Word):
    """A letter as it reads. Keys are those of the letter's header; what it does not show is absent, never empty."""

    number: Annotated[Text, about("register number, issued or taken over", "2021-00017")] | None = None
    doc_type: Annotated[Text, about("kind of document as it says itself", "raadsinformatiebrief")] | None = None
    organisation: Annotated[Text, about("sender's organisation", "Gemeente Voorbeeld")] | None = None
    addressee: Annotated[Text, about("addressee, lines joined", "Aan de leden van de raad")] | None = None
    subject: Annotated[Text, about("onderwerp", "Uitkomst onderzoek fietsenstalling")] | None = None
    handled_by: Annotated[Text, about("behandeld door", "P. Bakker")] | None = None
    date: Annotated[Date, about("date of the letter", "2021-01-14")] | None = None
    sent_date: Annotated[Date, about("verzonden")] | None = None
    phone: Annotated[Text, about("telefoonnummer")] | None = None
    email: Annotated[Text, about("e-mailadres")] | None = None
    fax: Annotated[Text, about("faxnummer")] | None = None
    our_reference: Annotated[Text, about("onze referentie", "2021-00017")] | None = None
    your_reference: Annotated[Text, about("uw referentie")] | None = None
    attachments: Annotated[Lines, about("titles of the attachments")] = []
    salutation: Annotated[Text, about("salutation as written", "Geachte raadsleden,")] | None = None
    closing: Annotated[Text, about("closing as written", "Hoogachtend,")] | None = None
    signatories: Annotated[Signatories, about("names below the letter, in reading order")] = []
    fields: Annotated[Fields, about("rows of a form such as a rondebriefje; an empty row is an empty text")] = {}
    fields_order: Annotated[Lines, about("labels of those rows, in the form's order")] = []
    fields_raw: Annotated[Fields, about("the same rows with their mark-up, where there was any")] = {}
    return_address: Annotated[Text, about("retouradres")] | None = None
    visiting_address: Annotated[Text, about("bezoekadres")] | None = None
    postal_address: Annotated[Text, about("postadres")] | None = None
    body: Annotated[Body, about("paragraphs between salutation and closing", ["Het onderzoek is afgerond."])] = []
    documents: Annotated[Documents, about("files that make up the letter", unique="id")] = []


class LetterRegisteredFacts(Word):
    """What kind of letter and out of which series its number came."""

    kind: Annotated[Code, about("kind of letter", "raadsinformatiebrief")]
    organ: Annotated[Code, about("organ whose letter it is (archiefvormer)", "college")] | None = None
    series: (
        Annotated[Code, about("series that issued the number; absent when it was taken over", "register")] | None
    ) = None
    year: Annotated[Year, about("year of the issued number", 2021)] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A number is issued by a series in a year, or not issued at all."""
        if (self.series is None) != (self.year is None):
            yield "year", "series and year go together"


@declare("letter_registered.v1", subject="letters", stream="letter", mdto="Creatie", opens=True, content=True)
class LetterRegistered(Happening):
    """A letter of our own enters the register. Its number is issued by a series (a fact) or taken over (no fact)."""

    facts: LetterRegisteredFacts
    data: LetterData

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """An issued number is written down."""
        if self.facts.series is not None and self.data.number is None:
            yield "data.number", "absent, though a series issued one"


class LetterPatch(Word):
    """Changes to a letter: an absent field is unchanged; an empty text, list or map empties its field."""

    number: Annotated[TextOrEmpty, about("register number that was taken over")] | None = None
    doc_type: Annotated[TextOrEmpty, about("kind of document as it says itself")] | None = None
    organisation: Annotated[TextOrEmpty, about("sender's organisation")] | None = None
    addressee: Annotated[TextOrEmpty, about("addressee, lines joined")] | None = None
    subject: Annotated[TextOrEmpty, about("onderwerp", "Uitkomst onderzoek fietsenstalling station")] | None = None
    handled_by: Annotated[TextOrEmpty, about("behandeld door")] | None = None
    date: Annotated[DateOrEmpty, about("date of the letter")] | None = None
    sent_date: Annotated[DateOrEmpty, about("verzonden")] | None = None
    phone: Annotated[TextOrEmpty, about("telefoonnummer", "")] | None = None
    email: Annotated[TextOrEmpty, about("e-mailadres")] | None = None
    fax: Annotated[TextOrEmpty, about("faxnummer")] | None = None
    our_reference: Annotated[TextOrEmpty, about("onze referentie")] | None = None
    your_reference: Annotated[TextOrEmpty, about("uw referentie")] | None = None
    attachments: Annotated[Lines, about("titles of the attachments")] | None = None
    salutation: Annotated[TextOrEmpty, about("salutation as written")] | None = None
    closing: Annotated[TextOrEmpty, about("closing as written")] | None = None
    signatories: Annotated[Signatories, about("names below the letter, in reading order")] | None = None
    fields: Annotated[Fields, about("rows of a form, all of them")] | None = None
    fields_order: Annotated[Lines, about("labels of those rows, in the form's order")] | None = None
    fields_raw: Annotated[Fields, about("the same rows with their mark-up")] | None = None
    return_address: Annotated[TextOrEmpty, about("retouradres")] | None = None
    visiting_address: Annotated[TextOrEmpty, about("bezoekadres")] | None = None
    postal_address: Annotated[TextOrEmpty, about("postadres")] | None = None
    body: Annotated[Body, about("paragraphs, all of them")] | None = None
    sender: Annotated[TextOrEmpty, about("who sent it")] | None = None
    sender_address: Annotated[TextOrEmpty, about("the sender's address")] | None = None
    sender_email: Annotated[TextOrEmpty, about("the sender's e-mail address")] | None = None
    message_id: Annotated[TextOrEmpty, about("Message-ID of an e-mail")] | None = None
    message: Annotated[Body, about("words of the e-mail that brought the letter, all of them")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """An edit changes something."""
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            yield "subject", "no field is changed"


@declare("letter_edited.v1", subject="letters", stream="letter", mdto="Wijziging", content=True)
class LetterEdited(Happening):
    """Fields of a letter change before dispatch. After a signature this makes a version that is not signed."""

    facts: NoFacts
    data: LetterPatch


class DocumentAttachedData(Word):
    """The files."""

    documents: Annotated[Documents, about("the files", low=1, unique="id")]
    title: Annotated[Text, about("what they are", "Bijlage 1: kaart")] | None = None


@declare("document_attached.v1", subject="letters", stream="letter", mdto="Wijziging", content=True)
class DocumentAttached(Happening):
    """Files are added to a letter: attachments, a rendition, the scan of the signed paper."""

    facts: NoFacts
    data: DocumentAttachedData


class DocumentConvertedFacts(Word):
    """From what to what, and whether the test was passed."""

    from_format: Annotated[Code, about("format before, PRONOM id with a colon", "fmt:40")] | None = None
    to_format: Annotated[Code, about("format after, PRONOM id with a colon", "fmt:477")] | None = None
    result: Annotated[
        Literal["passed", "failed", "untested"], about("outcome; untested: nothing judged the new format", "passed")
    ]
    declaration: Annotated[StreamId, about("record that holds the verklaring van conversie")] | None = None


class DocumentConvertedData(Word):
    """The declaration of conversion (Archiefregeling 25)."""

    documents: Annotated[Documents, about("the new files", low=1, unique="id")]
    source: Annotated[DocumentId, about("document that was converted; it stays")]
    tool: Annotated[Text, about("program", "LibreOffice")]
    tool_version: Annotated[Text, about("its version", "24.8.2")]
    test: Annotated[Passage, about("how it was tested", "veraPDF en visuele vergelijking")]
    result: Annotated[Passage, about("with what result", "geen verschillen")]


@declare("document_converted.v1", subject="letters", stream="letter", mdto="Conversie", content=True)
class DocumentConverted(Happening):
    """A document got a version in another format, tested and declared; the original stays as it was."""

    facts: DocumentConvertedFacts
    data: DocumentConvertedData


class Covered(Word):
    """A content event under a signature."""

    commitment: Annotated[Hash, about("its payload's commitment")]
    seq: Annotated[Seq, about("its entry", 40)]


Covers = Annotated[list[Covered], Meta(min_length=1, max_length=COVERS_MAX, extra={"unique": "seq"})]


class LetterSignedFacts(Word):
    """Who signs what, in which office, for whom, on what ground, how strongly."""

    basis: Annotated[Code, about("legal basis", "gemeentewet:59a.1")]
    covers: Annotated[Covers, about("every content event that makes up the version signed; 500 at most")]
    key: Annotated[KeyId, about("the office-holder's key that made the inner signature")]
    level: Annotated[
        Literal["none", "scan", "simple", "advanced", "qualified"],
        about("level of the ondertekening itself (eIDAS), not of this entry's signature", "none"),
    ]
    mandate: Annotated[StreamId, about("mandate it was signed under")] | None = None
    on_behalf_of: Annotated[Code, about("in whose name", "college")] | None = None
    mede_namens: Annotated[
        list[StreamId], about("persons in whose name the signatory signs too", high=50, unique=True)
    ] = []
    role: Annotated[Code, about("office", "burgemeester")]
    signature: Annotated[SignatureText, about("inner signature over origin, stream, covers, role, on_behalf_of, basis")]
    signatory: Annotated[StreamId, about("person who signs")]


class LetterSignedData(Word):
    """What the signature looks like and what is unusual about it."""

    deviation: Annotated[Passage, about("why it deviates from the signature profile")] | None = None
    function_shown: Annotated[Text, about("function as the letter shows it", "Burgemeester")] | None = None
    name_shown: Annotated[Text, about("name as the letter shows it", "A. Jansen")] | None = None
    note: Annotated[Passage, about("remarks; a reconstruction says so here")] | None = None


@declare("letter_signed.v1", subject="letters", stream="letter", mdto="Accordering")
class LetterSigned(Happening):
    """An office-holder signs a version of a letter (ondertekening). Not the signature of whoever appends the entry."""

    facts: LetterSignedFacts
    data: LetterSignedData | None = None


class SignatureValidatedFacts(Word):
    """Moment and outcome of a validation."""

    method: Annotated[Code, about("what was validated", "pades")]
    officer: Annotated[StreamId, about("person responsible for the validation")]
    result: Annotated[Literal["valid", "invalid", "indeterminate"], about("outcome", "valid")]
    signed: Annotated[Seq, about("entry of the letter_signed it is about, if there is one")] | None = None
    time: Annotated[Time, about("moment of validation", "2021-01-15T10:00:00Z")]


class SignatureValidatedData(Word):
    """Holder and certificate (Archiefregeling 24c)."""

    holder: Annotated[Text, about("holder of the signature", "A. Jansen")]
    certificate_issuer: Annotated[Text, about("who issued the certificate")] | None = None
    certificate_serial: Annotated[Text, about("the certificate's serial number", "4f02a1")] | None = None
    certificate_sha256: Annotated[Hash, about("SHA-256 of the certificate")] | None = None
    certificate_subject: Annotated[Text, about("whom the certificate names")] | None = None
    document: Annotated[DocumentId, about("document that carries the signature")] | None = None
    documents: Annotated[Documents, about("validation reports and evidence", unique="id")] = []
    note: Annotated[Passage, about("remarks")] | None = None


@declare("signature_validated.v1", subject="letters", stream="letter", mdto="Validatie Handtekening")
class SignatureValidated(Happening):
    """Somebody checked whether a digital signature is good, ours or a sender's (Archiefregeling 24c)."""

    facts: SignatureValidatedFacts
    data: SignatureValidatedData


class LetterDispatchedFacts(Word):
    """When and how it went out."""

    channel: Annotated[Code, about("how it was sent", "email")]
    date: Annotated[Date, about("day it was sent (verzonden)", "2021-01-14")]


class Recipient(Word):
    """Somebody the letter was sent to."""

    name: Annotated[Text, about("name", "De leden van de raad")]
    address: Annotated[Text, about("postal or e-mail address")] | None = None


class DocumentSent(Word):
    """The exact file that went out."""

    id: Annotated[DocumentId, about("the document")]
    sha256: Annotated[Hash, about("SHA-256 of what was sent")]


class LetterDispatchedData(Word):
    """To whom and what exactly."""

    recipients: Annotated[list[Recipient], about("to whom", low=1, high=10_000)]
    documents_sent: Annotated[list[DocumentSent], about("what exactly", high=1_000, unique="id")] = []
    deviation: Annotated[Passage, about("why it went out though signatures were missing")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("letter_dispatched.v1", subject="letters", stream="letter", mdto="Verzending")
class LetterDispatched(Happening):
    """The letter went out. From here on its content is read-only: a new letter or an annotation corrects it."""

    facts: LetterDispatchedFacts
    data: LetterDispatchedData


class DeliveryReportedFacts(Word):
    """What became of a dispatch."""

    dispatch: Annotated[Seq, about("entry of the letter_dispatched it is about", 44)]
    result: Annotated[Literal["delivered", "read", "returned", "failed"], about("what became of it", "delivered")]
    time: Annotated[Time, about("when", "2021-01-14T11:30:00Z")] | None = None


class DeliveryReportedData(Word):
    """The report."""

    recipient: Annotated[Text, about("which recipient", "De leden van de raad")] | None = None
    report: Annotated[Passage, about("the report's text")] | None = None
    documents: Annotated[Documents, about("the report's files", unique="id")] = []


@declare("delivery_reported.v1", subject="letters", stream="letter")
class DeliveryReported(Happening):
    """Post, mail or portal reported what became of a dispatch."""

    facts: DeliveryReportedFacts
    data: DeliveryReportedData | None = None


class LetterReceivedFacts(LetterRegisteredFacts):
    """What kind of letter came in, when and how."""

    kind: Annotated[Code, about("kind of letter", "brief")]
    channel: Annotated[Code, about("how it came", "post")] | None = None
    date: Annotated[Date, about("day it was received", "2021-02-03")] | None = None


class LetterReceivedData(LetterData):
    """The letter as it reads, and who sent it."""

    sender: Annotated[Text, about("who sent it", "Fietsersbond Voorbeeld")] | None = None
    sender_address: Annotated[Text, about("the sender's address")] | None = None
    sender_email: Annotated[Text, about("the sender's e-mail address")] | None = None
    message_id: Annotated[Text, about("Message-ID of an e-mail")] | None = None
    message: Annotated[Body, about("words of the e-mail that brought the letter", ["Hierbij onze zienswijze."])] = []


@declare("letter_received.v1", subject="letters", stream="letter", mdto="Ontvangst", opens=True, content=True)
class LetterReceived(Happening):
    """A letter from outside comes in and enters the register."""

    facts: LetterReceivedFacts
    data: LetterReceivedData

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """An issued number is written down."""
        if self.facts.series is not None and self.data.number is None:
            yield "data.number", "absent, though a series issued one"


class LetterWithdrawnFacts(Word):
    """On what ground."""

    ground: Annotated[Code, about("why", "superseded")] | None = None


@declare("letter_withdrawn.v1", subject="letters", stream="letter")
class LetterWithdrawn(Happening):
    """The letter is taken back. It stays in the archive, its number stays used."""

    facts: LetterWithdrawnFacts
    data: Reason | None = None


class LetterAnnotatedFacts(Word):
    """What kind of note."""

    kind: Annotated[Code, about("kind of note", "correction")]


class LetterAnnotatedData(Word):
    """The note."""

    text: Annotated[Passage, about("the note", "Het bedrag op bladzijde 2 moet 12.000 euro zijn.")]
    author: Annotated[Text, about("whose note it is, if not the appender's")] | None = None


@declare("letter_annotated.v1", subject="letters", stream="letter")
class LetterAnnotated(Happening):
    """A note is put with the letter without changing it: a remark, a correction, a data subject's own reading."""

    facts: LetterAnnotatedFacts
    data: LetterAnnotatedData


class LettersRelatedFacts(Word):
    """Which letter and how."""

    other: Annotated[StreamId, about("the other letter")]
    relation: Annotated[Code, about("what this one is to the other", "answers")]


class LettersRelatedData(Word):
    """Remarks."""

    note: Annotated[Passage, about("remarks")] | None = None


@declare("letters_related.v1", subject="letters", stream="letter")
class LettersRelated(Happening):
    """This letter answers, replaces or follows another one."""

    facts: LettersRelatedFacts
    data: LettersRelatedData | None = None


class NumberVoidedFacts(Word):
    """Out of which series."""

    series: Annotated[Code, about("the series", "register")]
    year: Annotated[Year, about("year of the number", 2021)]


class NumberVoidedData(Word):
    """Which number and why."""

    number: Annotated[Text, about("the number", "2021-00018")]
    reason: Annotated[Passage, about("why it is not used", "dubbel uitgegeven")]


@declare("number_voided.v1", subject="letters", stream="number", opens=True)
class NumberVoided(Happening):
    """An issued number falls away without a letter. It has a stream of its own and counts as issued."""

    facts: NumberVoidedFacts
    data: NumberVoidedData
