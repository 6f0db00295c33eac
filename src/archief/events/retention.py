"""Events of retention: holds, exemptions, and the destruction of records from proposal to certificate."""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

from collections.abc import Iterator
from typing import Annotated, Literal

from archief.events.base import (
    STREAMS_MAX,
    Code,
    Count,
    Date,
    Happening,
    Parted,
    Passage,
    Reason,
    Seq,
    Seqs,
    StreamId,
    Streams,
    Text,
    Word,
    about,
    backwards,
    declare,
)

EXCEPTED_MAX = 150
"""Exceptions in one review: with a thousand streams beside them an entry holds no more."""


class Block(Parted):
    """On what ground records may not be destroyed, and how long."""

    ground: Annotated[Code, about("ground", "woo:4.1a")]
    begin: Annotated[Date, about("first day it holds; absent: at once")] | None = None
    end: Annotated[Date, about("first day it holds no longer; absent: until lifted")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A block ends after it begins."""
        yield from super().contradictions()
        if backwards(self.begin, self.end):
            yield "end", "not after its begin"


class HoldPlacedData(Word):
    """The hold in words."""

    reason: Annotated[Passage, about("why", "Woo-verzoek in behandeling")]
    title: Annotated[Text, about("what it is called")] | None = None
    query: Annotated[Passage, about("query that found the records; its outcome stands in the facts")] | None = None


@declare("hold_placed.v1", subject="retention", stream="hold", opens=True, repeats=True)
class HoldPlaced(Happening):
    """Records may not be destroyed for now: a pending Woo request, litigation, a ground of our own."""

    facts: Block
    data: HoldPlacedData | None = None


class HoldLiftedFacts(Word):
    """What is free again."""

    streams: Annotated[Streams, about("records that are free again; absent: all of the hold's", unique=True)] = []
    ground: Annotated[Code, about("why", "handled")] | None = None


@declare("hold_lifted.v1", subject="retention", stream="hold")
class HoldLifted(Happening):
    """A hold ends, for all of its records or for some."""

    facts: HoldLiftedFacts
    data: Reason | None = None


class ExemptionGrantedData(Word):
    """The exemption in words."""

    reason: Annotated[Passage, about("why the criterion is met", "Bijzondere gebeurtenis voor de gemeente.")]
    decision: Annotated[Text, about("the decision it rests on")] | None = None


@declare("exemption_granted.v1", subject="retention", stream="exemption", opens=True, repeats=True)
class ExemptionGranted(Happening):
    """Records are kept though their list says V: uitzondering van vernietiging, by a criterion (AB 5 lid 1 e)."""

    facts: Block
    data: ExemptionGrantedData


class DestructionProposedFacts(Parted):
    """Which records, judged on which date by which rules."""

    reference_date: Annotated[Date, about("date on which they were due (peildatum)", "2027-01-01")]
    rule_set: Annotated[Code, about("retention list they were judged by; absent: each by its own")] | None = None
    transfer: Annotated[
        StreamId, about("transfer whose copies go, those left here; absent: the records themselves")
    ] | (None) = None


class DestructionProposedData(Word):
    """The proposal in words."""

    title: Annotated[Text, about("what the list is called", "Vernietigingslijst 2027")]
    reason: Annotated[Passage, about("why now, why these")] | None = None


@declare("destruction_proposed.v1", subject="retention", stream="destruction", opens=True, repeats=True)
class DestructionProposed(Happening):
    """A list of records that are due, or of the copies a transfer left here, is put forward for destruction.

    A new round after a refusal is in its stream.
    """

    facts: DestructionProposedFacts
    data: DestructionProposedData | None = None


class Excepted(Word):
    """A record that must stay, and why."""

    ground: Annotated[Code, about("why", "still-in-use")]
    stream: Annotated[StreamId, about("the record")]


class DestructionReviewedFacts(Word):
    """What the content owner says of which proposal."""

    proposal: Annotated[Seq, about("entry of the proposal's first part", 70)]
    result: Annotated[Literal["approved", "refused"], about("the outcome; exceptions go with approved", "approved")]
    streams: Annotated[Streams, about("records reviewed; absent: all of the proposal", unique=True)] = []
    excepted: Annotated[
        list[Excepted],
        about("records that must stay; more of them in a next review", high=EXCEPTED_MAX, unique="stream"),
    ] = []


class DestructionReviewedData(Word):
    """Reasons."""

    reason: Annotated[Passage, about("remarks on the whole")] | None = None
    reasons: Annotated[list[Passage], about("a reason for each exception, in their order", high=EXCEPTED_MAX)] = []


@declare("destruction_reviewed.v1", subject="retention", stream="destruction")
class DestructionReviewed(Happening):
    """The content owner looks at the list: approves it, excepts records with a ground, or refuses."""

    facts: DestructionReviewedFacts
    data: DestructionReviewedData | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Reasons are for the exceptions."""
        if self.data is not None and self.data.reasons and len(self.data.reasons) != len(self.facts.excepted):
            yield "data.reasons", "not one for each exception"


class ProposalFacts(Word):
    """Which proposal."""

    proposal: Annotated[Seq, about("entry of the proposal's first part", 70)]


@declare("destruction_consented.v1", subject="retention", stream="destruction")
class DestructionConsented(Happening):
    """The archivaris agrees with the list as it was reviewed."""

    facts: ProposalFacts
    data: Reason | None = None


class DestructionAuthorisedFacts(Word):
    """By what power, and from when it may be carried out."""

    basis: Annotated[Code, about("legal basis", "archiefwet-1995:3")]
    earliest: Annotated[Date, about("first day it may be carried out: the waiting period is over", "2027-02-08")]
    mandate: Annotated[StreamId, about("mandate it is decided under")] | None = None
    proposal: Annotated[Seq, about("entry of the proposal's first part", 70)]


class DestructionAuthorisedData(Word):
    """The decision."""

    decision: Annotated[Text, about("the decision's reference", "Besluit 2027-03")]
    note: Annotated[Passage, about("remarks")] | None = None


@declare("destruction_authorised.v1", subject="retention", stream="destruction")
class DestructionAuthorised(Happening):
    """The college, or who has its mandate, decides that the reviewed list is destroyed after a waiting period."""

    facts: DestructionAuthorisedFacts
    data: DestructionAuthorisedData | None = None


class DestructionCancelledFacts(Word):
    """Which proposal and why."""

    proposal: Annotated[Seq, about("entry of the proposal's first part", 70)]
    ground: Annotated[Code, about("why", "changed")]


@declare("destruction_cancelled.v1", subject="retention", stream="destruction")
class DestructionCancelled(Happening):
    """A round stops before anything is erased: consent or authorisation refused, or something changed."""

    facts: DestructionCancelledFacts
    data: Reason | None = None


class DestructionStartedFacts(Parted):
    """What will be erased: exactly these streams."""

    authorisation: Annotated[Seq, about("entry of the authorisation", 74)]
    documents: Annotated[Count, about("documents that will be erased", 3)]
    documents_of: Annotated[
        list[Count], about("documents of each stream, in their order; absent: not told apart", [3], high=STREAMS_MAX)
    ] = []
    payloads: Annotated[Count, about("payloads that will be erased", 12)]

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A number for each stream, and together they are all."""
        yield from super().contradictions()
        if self.documents_of and (
            len(self.documents_of) != len(self.streams) or sum(self.documents_of) != self.documents
        ):
            yield "documents_of", "not one for each stream, or not as many as documents in all"


class DestructionStartedData(Word):
    """Where it will be erased."""

    note: Annotated[Passage, about("remarks")] | None = None


@declare("destruction_started.v1", subject="retention", stream="destruction")
class DestructionStarted(Happening):
    """Execution announces itself before the first byte is erased: from here payloads of its streams may be gone."""

    facts: DestructionStartedFacts
    data: DestructionStartedData | None = None


class RecordDestroyedFacts(Word):
    """By what authority, up to where."""

    authorisation: Annotated[Seq, about("entry of the authorisation", 74)]
    last_stream_seq: Annotated[Count, about("last event of this stream that it covers", 6)]
    destruction: Annotated[StreamId, about("the destruction it is part of")] | None = None


@declare("record_destroyed.v1", subject="retention", stream="any", mdto="Vernietigen")
class RecordDestroyed(Happening):
    """Content of this stream is erased everywhere. Its payloads must be absent; it takes no content any more."""

    facts: RecordDestroyedFacts
    data: None = None


class RecordsDestroyedFacts(Word):
    """The end of an execution."""

    authorisation: Annotated[Seq, about("entry of the authorisation", 74)]
    certificate: Annotated[StreamId, about("record that holds the certificate (verklaring van vernietiging)")]
    method: Annotated[Code, about("how it was done", "erased-and-rebuilt")]
    records: Annotated[Count, about("records destroyed", 2)]
    payloads: Annotated[Count, about("payloads erased", 12)]
    documents: Annotated[Count, about("documents erased", 3)]


class System(Word):
    """A place where copies were (draft Archiefregeling 4.2 b)."""

    name: Annotated[Text, about("the system", "back-up tweede locatie")]
    reached: Annotated[bool, about("whether it was erased there", False)]
    expires: Annotated[Date, about("when the copy there runs out", "2027-03-10")] | None = None


class RecordsDestroyedData(Word):
    """Where it was done."""

    systems: Annotated[list[System], about("systems, reached or not", high=1_000)]
    note: Annotated[Passage, about("remarks")] | None = None


@declare("records_destroyed.v1", subject="retention", stream="destruction")
class RecordsDestroyed(Happening):
    """Nothing is left, as was verified; the certificate is stored. Closes an execution."""

    facts: RecordsDestroyedFacts
    data: RecordsDestroyedData | None = None


class PayloadErasedFacts(Word):
    """Which payloads of this stream, on what ground, by what kind of decision."""

    seqs: Annotated[Seqs, about("entries whose payloads, with their documents, are erased", [43], low=1, unique=True)]
    ground: Annotated[Code, about("ground", "avg:17")]
    decision: Annotated[Code, about("who decided", "request")]
    decided: Annotated[Date, about("day of the decision", "2022-03-01")] | None = None
    certificate: Annotated[StreamId, about("record that holds the certificate, or will")] | None = None
    corrected: Annotated[Seqs, about("entries that say it right now (rectification)", [50], low=1, unique=True)] = []
    documents_of: Annotated[
        list[Count], about("documents of each entry, in their order; absent: not told", [1], high=STREAMS_MAX)
    ] = []

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A number for each entry; what is erased is not what says it right."""
        if self.documents_of and len(self.documents_of) != len(self.seqs):
            yield "documents_of", "not one for each entry"
        if set(self.corrected) & set(self.seqs):
            yield "corrected", "an entry that is erased"


class PayloadErasedData(Word):
    """The decision, without what was erased."""

    decision: Annotated[Text, about("the decision's reference")] | None = None
    reason: Annotated[Passage, about("why")] | None = None


@declare("payload_erased.v1", subject="retention", stream="any")
class PayloadErased(Happening):
    """Single payloads of this stream are erased under a decision (AVG). The rest of the record stays."""

    facts: PayloadErasedFacts
    data: PayloadErasedData | None = None
