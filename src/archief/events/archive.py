"""Events of the archive itself: its founding, rules, keys, checks, findings and copies."""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from archief.events.base import (
    Code,
    Count,
    Date,
    Documents,
    Duration,
    Happening,
    Hash,
    KeyId,
    Origin,
    Passage,
    PublicKeyFact,
    Seq,
    Seqs,
    SeriesPattern,
    SignatureText,
    StreamId,
    Streams,
    Text,
    TokenText,
    Word,
    Year,
    about,
    backwards,
    declare,
)

LogKeys = Annotated[list[PublicKeyFact], Meta(max_length=8)]
RuleSets = Annotated[list[Code], Meta(max_length=200, extra={"unique": True})]
Sound = Literal["sound", "faulty"]

ROWS_MAX = 5_000
"""Rows of one imported list: its payload is a line of at most 1 MiB."""


_NUMBER_PATTERN = re.compile(r"[^{}]*(\{year\}[^{}]*)?\{number(:0[1-9])?\}[^{}0-9]*")


class ArchiveFoundedFacts(Word):
    """Who the log is."""

    origin: Annotated[
        Origin, about("the log's name with a random part; it names the log for ever", "archief.example.nl/5f0c91d2")
    ]
    log_keys: Annotated[LogKeys, about("public keys that sign the log's heads", low=1, unique="public")]
    rule_sets: Annotated[RuleSets, about("rule sets in force from the start", ["archiefwet-1995"], unique=True)]
    test: Annotated[bool, about("a test archive: it says so in every output", True)]


class ArchiveFoundedData(Word):
    """Whose archive it is."""

    organisation: Annotated[Text, about("the zorgdrager", "Gemeente Voorbeeld")]


@declare("archive_founded.v1", subject="archive", stream="archive", opens=True)
class ArchiveFounded(Happening):
    """The archive begins. First entry of every log, in one commit with its first person, that person's key and role."""

    facts: ArchiveFoundedFacts
    data: ArchiveFoundedData


class SeriesFact(Word):
    """A series that issues register numbers."""

    series: Annotated[Code, about("the series", "register")]
    pattern: Annotated[
        SeriesPattern, about("how a number is written: {year} and {number}, with its width", "{year}-{number:05}")
    ]
    start: Annotated[Count, about("the first number issued", 1)]
    year: Annotated[Year, about("the year these settings are for; absent: every year")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """The number is the last figure in what is written, so that anybody can read it back."""
        if not _NUMBER_PATTERN.fullmatch(self.pattern):
            yield "pattern", "not text, {year} if you like, and {number} or {number:05} once, with no digit after it"


class RuleSetAdoptedFacts(Word):
    """Which rules hold from when."""

    rule_set: Annotated[Code, about("the rule set", "selectielijst-gemeenten-2020")]
    edition: Annotated[Code, about("its edition", "stcrt-2020-11143")] | None = None
    begin: Annotated[Date, about("first day it holds", "2020-01-01")]
    end: Annotated[Date, about("first day it holds no longer")] | None = None
    hash: Annotated[Hash, about("SHA-256 of the rule set's file")] | None = None
    series: Annotated[list[SeriesFact], about("series of register numbers it sets up", low=0, high=100)] = []

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A rule set ends after it begins."""
        if backwards(self.begin, self.end):
            yield "end", "not after its begin"


class ListRow(Word):
    """A row of a retention list that the program does not bring along."""

    nummer: Annotated[Code, about("its number in the list", "20.1")]
    proces: Annotated[Text, about("the process", "Informeren")] | None = None
    resultaat: Annotated[Text, about("the process's result", "Uitgevoerd")] | None = None
    omschrijving: Annotated[Text, about("the specific result")] | None = None
    waardering: Annotated[Literal["B", "V"], about("B or V; absent: the row has lapsed", "V")] | None = None
    bewaartermijn: Annotated[Duration, about("how long a V row is kept", "P1Y")] | None = None
    procestermijn: (
        Annotated[
            Literal[
                "nihil", "bestaansduur_procesobject", "ingeschatte_bestaansduur_procesobject",
                "vast_te_leggen_datum", "samengevoegd_met_bewaartermijn",
            ],
            about("one of five kinds", "nihil"),
        ]
        | None
    ) = None  # fmt: skip
    herkomst: Annotated[Text, about("the analysis or law it comes from")] | None = None
    bijzonderheid: Annotated[Text, about("what else decides the date")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Only a V row has terms, and it has one."""
        if (self.waardering == "V") != (self.bewaartermijn is not None):
            yield "bewaartermijn", "a V row has one, no other has"
        if self.waardering != "V" and self.procestermijn is not None:
            yield "procestermijn", "only a V row has one"


class RuleSetAdoptedData(Word):
    """Where the rule set comes from, and its rows when the program does not bring them along."""

    title: Annotated[Text, about("its title", "Selectielijst gemeenten en intergemeentelijke organen 2020")] | None = (
        None
    )
    source: Annotated[Text, about("where it was published")] | None = None
    reason: Annotated[Passage, about("why it is adopted now")] | None = None
    rows: Annotated[
        list[ListRow], about("rows of a retention list that was imported", high=ROWS_MAX, unique="nummer")
    ] = []


@declare("rule_set_adopted.v1", subject="archive", stream="archive")
class RuleSetAdopted(Happening):
    """A dated rule set (archive law, retention list, signature profiles, number series) holds from a day on."""

    facts: RuleSetAdoptedFacts
    data: RuleSetAdoptedData | None = None


class LogKeyRotatedFacts(Word):
    """The keys that sign heads from here on."""

    log_keys: Annotated[LogKeys, about("the new public keys; the old ones sign no later head", low=1, unique="public")]
    proofs: Annotated[
        list[SignatureText],
        about("proof of possession by each new key, in the same order; the archive's stream stands as person", high=8),
    ]
    ground: Annotated[Code, about("why", "yearly")] | None = None
    suspect_from: Annotated[Seq, about("entry from which the old keys are not trusted")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Each new key proves that somebody holds it."""
        if len(self.proofs) != len(self.log_keys):
            yield "proofs", "not one for each new key"


@declare("log_key_rotated.v1", subject="archive", stream="archive")
class LogKeyRotated(Happening):
    """The log changes the keys it signs its heads with: by plan, or because one may be known to others."""

    facts: LogKeyRotatedFacts
    data: None = None


class LogContinuedFacts(Word):
    """The seam between what was lost and what goes on."""

    origin: Annotated[Origin, about("the log's new name", "archief.example.nl/77aa01b3")]
    origin_old: Annotated[Origin, about("its name until here", "archief.example.nl/5f0c91d2")]
    size: Annotated[Count, about("entries kept", 128)]
    root: Annotated[Hash, about("root over the entries kept")]
    lost_size: Annotated[Count, about("size of the newest head known of what was lost", 131)] | None = None
    lost_root: Annotated[Hash, about("root of that head")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A lost head lies beyond what was kept; a log that goes on has another name."""
        if self.lost_size is not None and self.lost_size <= self.size:
            yield "lost_size", "not beyond the entries kept"
        if self.lost_root is not None and self.lost_size is None:
            yield "lost_root", "without the size it belongs to"
        if self.origin == self.origin_old:
            yield "origin", "the same as the old one"


class LogContinuedData(Word):
    """What happened to the rest."""

    reason: Annotated[Passage, about("what was lost and how", "schijf defect, laatste back-up van de avond ervoor")]


@declare("log_continued.v1", subject="archive", stream="archive")
class LogContinued(Happening):
    """After a restore below a head that was signed or remembered, the log goes on under a new origin and admits it."""

    facts: LogContinuedFacts
    data: LogContinuedData | None = None


class TimestampObtainedFacts(Word):
    """A timestamp over a head."""

    root: Annotated[Hash, about("root of the head that was stamped")]
    size: Annotated[Count, about("size of that head", 128)]
    token: Annotated[TokenText, about("the RFC 3161 token, DER in base64, at most 48,000 bytes", "MIIB")]


class TimestampObtainedData(Word):
    """Who stamped it."""

    authority: Annotated[Text, about("the timestamp authority", "Test TSA")]


@declare("timestamp_obtained.v1", subject="archive", stream="archive")
class TimestampObtained(Happening):
    """A timestamp authority confirmed that a head existed at a moment. The next head covers it: a chain of renewals."""

    facts: TimestampObtainedFacts
    data: TimestampObtainedData | None = None


class CheckpointCosignedFacts(Word):
    """A second signature on a head."""

    key: Annotated[KeyId, about("the cosigner's key")]
    root: Annotated[Hash, about("root of the head")]
    signature: Annotated[SignatureText, about("the signature of the C2SP cosignature line, base64")]
    size: Annotated[Count, about("size of the head", 128)]
    time: Annotated[Count, about("when it was signed, seconds since 1970 (it is part of what is signed)", 1610615553)]


@declare("checkpoint_cosigned.v1", subject="archive", stream="archive")
class CheckpointCosigned(Happening):
    """An auditor or a second site saw a head, checked that it extends what they saw before, and signed it."""

    facts: CheckpointCosignedFacts
    data: None = None


class FixityCheckedFacts(Word):
    """What was read again and what came of it."""

    method: Annotated[Literal["whole", "since", "sample"], about("how much was read", "whole")]
    size: Annotated[Count, about("size of the log that was checked", 128)]
    root: Annotated[Hash, about("its root")]
    events: Annotated[Count, about("entries read", 128)]
    payloads: Annotated[Count, about("payloads compared with their commitment", 92)]
    documents: Annotated[Count, about("documents compared with their hash", 14)]
    faults: Annotated[Count, about("faults found", 0)]
    result: Annotated[Sound, about("the outcome", "sound")]

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Faults and the outcome say the same."""
        if (self.faults == 0) != (self.result == "sound"):
            yield "result", "at odds with the number of faults"


class FixityCheckedData(Word):
    """The checker's words."""

    note: Annotated[Passage, about("remarks, faults described")] | None = None
    program: Annotated[Text, about("program and version that checked", "archief 0.1.0")] | None = None


@declare("fixity_checked.v1", subject="archive", stream="archive")
class FixityChecked(Happening):
    """Entries, payloads and documents were read again and compared with what was signed (draft Archiefregeling 2.8)."""

    facts: FixityCheckedFacts
    data: FixityCheckedData | None = None


class BrokenRule(Word):
    """A rule that an audit found broken."""

    rule: Annotated[Code, about("the rule", "letter_in_dossier")]
    violations: Annotated[Count, about("how often", 2)]


class AuditRecordedFacts(Word):
    """What was audited and what came of it."""

    kind: Annotated[Code, about("which audit", "toetsing")]
    size: Annotated[Count, about("size of the log that was audited", 128)]
    root: Annotated[Hash, about("its root")]
    rules: Annotated[Count, about("rules asked", 24)]
    violations: Annotated[Count, about("violations found", 2)]
    rule_sets: Annotated[RuleSets, about("rule sets that were applied", unique=True)] = []
    reference_date: Annotated[Date, about("the date the audit looked from (peildatum)")] | None = None
    broken: Annotated[list[BrokenRule], about("each rule that is broken", high=400, unique="rule")] = []


class AuditRecordedData(Word):
    """The report."""

    summary: Annotated[Passage, about("the outcome in words", "Twee dossiers zonder rij.")] | None = None
    documents: Annotated[Documents, about("the report's files", unique="id")] = []


@declare("audit_recorded.v1", subject="archive", stream="archive")
class AuditRecorded(Happening):
    """An audit run is kept, so that the next one starts from it (Toetsingskader norm 8)."""

    facts: AuditRecordedFacts
    data: AuditRecordedData | None = None


class FindingOpenedFacts(Word):
    """What rule was broken and where."""

    rule: Annotated[Code, about("the rule", "letter_without_dossier")]
    severity: Annotated[Literal["grave", "serious", "minor"], about("how bad", "minor")]
    streams: Annotated[Streams, about("records it is about", unique=True)] = []
    seqs: Annotated[Seqs, about("entries it is about", unique=True)] = []
    assigned: Annotated[StreamId, about("person who follows it up")] | None = None
    due: Annotated[Date, about("when it must be solved", "2027-03-01")] | None = None
    audit: Annotated[Seq, about("entry of the audit that found it")] | None = None


class FindingOpenedData(Word):
    """The finding in words."""

    title: Annotated[Text, about("in a few words", "Brief zonder dossier")]
    description: Annotated[Passage, about("the finding")] | None = None
    remedy: Annotated[Passage, about("what to do")] | None = None


@declare("finding_opened.v1", subject="archive", stream="finding", opens=True)
class FindingOpened(Happening):
    """An audit, a check or a person found something that must be followed up."""

    facts: FindingOpenedFacts
    data: FindingOpenedData


class FindingAssignedFacts(Word):
    """Who follows it up from here on."""

    assigned: Annotated[StreamId, about("person who follows it up")]
    due: Annotated[Date, about("when it must be solved; absent: as it was", "2027-03-01")] | None = None


@declare("finding_assigned.v1", subject="archive", stream="finding")
class FindingAssigned(Happening):
    """A finding is given to a person who follows it up; the last one counts."""

    facts: FindingAssignedFacts
    data: None = None


class FindingClosedFacts(Word):
    """How it ended."""

    result: Annotated[Literal["solved", "accepted", "mistaken"], about("how it ended", "solved")]


class FindingClosedData(Word):
    """What was done."""

    explanation: Annotated[Passage, about("what was done, or why nothing", "Brief geordend in dossier.")]


@declare("finding_closed.v1", subject="archive", stream="finding")
class FindingClosed(Happening):
    """A finding was solved, accepted with its risk, or turned out mistaken."""

    facts: FindingClosedFacts
    data: FindingClosedData | None = None


class BackupMadeFacts(Word):
    """What was copied."""

    target: Annotated[Code, about("the target's label", "tweede-locatie")]
    size: Annotated[Count, about("size of the log that was copied", 128)]
    root: Annotated[Hash, about("its root")]
    payloads: Annotated[Count, about("payloads in the copy", 92)]
    documents: Annotated[Count, about("documents in the copy", 14)]
    bytes: Annotated[Count, about("bytes in the copy", 9480021)]
    erased: Annotated[Count, about("destroyed payloads and documents erased from the target", 0)]
    expires: Annotated[Date, about("when this copy is thrown away")] | None = None


class BackupMadeData(Word):
    """Where the copy is."""

    place: Annotated[Text, about("where the copy is")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("backup_made.v1", subject="archive", stream="archive")
class BackupMade(Happening):
    """A copy was written, read again and compared; what was destroyed here was erased there."""

    facts: BackupMadeFacts
    data: BackupMadeData | None = None


class RestoreCompletedFacts(Word):
    """What came back."""

    source: Annotated[Code, about("the back-up's label", "tweede-locatie")]
    size: Annotated[Count, about("size of the log that came back", 128)]
    root: Annotated[Hash, about("its root")]
    payloads: Annotated[Count, about("payloads that came back", 92)]
    documents: Annotated[Count, about("documents that came back", 14)]
    missing: Annotated[Count, about("payloads and documents that did not, and that no destruction covers", 0)]
    destroyed_again: Annotated[Count, about("destructions executed again before the archive opened", 1)]
    drill: Annotated[bool, about("an exercise in a scratch folder", False)]


class RestoreCompletedData(Word):
    """How it went."""

    note: Annotated[Passage, about("remarks")] | None = None


@declare("restore_completed.v1", subject="archive", stream="archive")
class RestoreCompleted(Happening):
    """The archive came back from a back-up, and later destructions were executed again before it opened."""

    facts: RestoreCompletedFacts
    data: RestoreCompletedData | None = None
