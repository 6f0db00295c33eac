"""A letter in the words of MDTO: its informatieobject, and the bestand of each of its files.

Out of the projections, with its history as MDTO events: each event whose type names a word of MDTO's EventTypeLijst.
What MDTO has no word for (annotations, deliveries) goes along in the event log as additional metadata. Nothing is
inherited: every level carries its own values. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archief.events import catalogue
from archief.exports.history import Happened, History
from archief.exports.holdings import Archive, File, Letter, Signature
from archief.exports.mdto import (
    BeperkingGebruik,
    Bestand,
    Betrokkene,
    Checksum,
    DekkingInTijd,
    Event,
    GerelateerdInformatieobject,
    Identificatie,
    Informatieobject,
    Termijn,
    Verwijzing,
    begrip,
    verwijzing,
)
from archief.law import mdto as law

PRONOM = "PRONOM-register"
IANA = "IANA Media Types"

_LEVELS = {
    "none": "geen elektronische handtekening", "scan": "gescande handtekening", "simple": "gewone handtekening",
    "advanced": "geavanceerde handtekening", "qualified": "gekwalificeerde handtekening",
}  # fmt: skip
_RESULTS = {"valid": "geldig", "invalid": "ongeldig", "indeterminate": "niet te bepalen"}


class Source(NamedTuple):
    """A letter with all that its description is made from.

    Attributes:
        archive: whose archive it stands in.
        letter: as it reads now.
        signatures: under its present version.
        history: its events.
        names: the names of people, by stream.
    """

    archive: Archive
    letter: Letter
    signatures: Sequence[Signature]
    history: History
    names: Mapping[str, str]

    @property
    def naam(self) -> str:
        """What the letter is called: its subject, else its number."""
        letter = self.letter
        if letter.subject:
            return letter.subject
        kind = law.listed("classificatie").label(letter.kind or "") or "Brief"
        return f"{kind} {letter.number}" if letter.number else f"{kind} {letter.stream}"

    def reference(self) -> Verwijzing:
        """A reference to the letter."""
        return verwijzing(self.naam, self.letter.stream, self.archive.origin)

    def who(self, person: str) -> Verwijzing:
        """A reference to a person of the log; one whose name is erased keeps the random id."""
        return verwijzing(self.names.get(person) or "naam vernietigd", person, self.archive.origin)


def informatieobject(
    source: Source,
    files: Sequence[Verwijzing] = (),
    additional: Sequence[Verwijzing] = (),
    parents: Sequence[Verwijzing] = (),
) -> Informatieobject:
    """Describe a letter.

    Args:
        source: the letter.
        files: its bestanden (heeftRepresentatie).
        additional: files with additional metadata (aanvullendeMetagegevens).
        parents: what it is part of (isOnderdeelVan).
    """
    letter, archive = source.letter, source.archive
    level, values = law.listed("aggregatieniveau"), law.listed("waardering")
    task = law.activiteit(letter.kind)
    makers = law.archiefvormers(letter.organ, letter.kind, archive.organisation)
    return Informatieobject(
        identificatie=list(_identificaties(source)),
        naam=source.naam,
        aggregatieniveau=begrip("Archiefstuk", level.title),
        classificatie=[_classificatie(letter)] if letter.kind else [],
        # A number that others have too identifies nothing.
        omschrijving=[f"Registratienummer {letter.number}"] if letter.number and not letter.number_is_unique else [],
        dekking_in_tijd=[_dagtekening(letter.date)] if letter.date else [],
        taal=["nl"],
        event=[_event(source, one) for one in source.history if catalogue.of_tag(one.event.type).mdto],
        # The decision on retention is the dossier's; a letter that stands alone has none yet.
        waardering=begrip("Nader te bepalen", values.title, values.code("Nader te bepalen")),
        is_onderdeel_van=list(parents),
        heeft_representatie=list(files),
        aanvullende_metagegevens=list(additional),
        gerelateerd_informatieobject=list(_related(source)),
        archiefvormer=[verwijzing(name) for name in makers],
        betrokkene=list(_betrokkenen(source)),
        activiteit=verwijzing(task) if task else None,
        beperking_gebruik=list(beperkingen(source.history)),
    )


def bestand(archive: Archive, file: File, name: str, pronom: tuple[str, str] | None, of: Verwijzing) -> Bestand:
    """Describe a file.

    Args:
        archive: whose archive it stands in.
        file: the file as it is registered.
        name: its name in the package.
        pronom: PRONOM id and the format's name; None where nobody knows.
        of: the informatieobject that it represents.
    """
    formats = begrip(file.media_type, IANA, file.media_type) if pronom is None else begrip(pronom[1], PRONOM, pronom[0])
    return Bestand(
        identificatie=[Identificatie(identificatie_kenmerk=file.id, identificatie_bron=archive.origin)],
        naam=name,
        omvang=file.size,
        bestandsformaat=formats,
        checksum=[
            Checksum(
                checksum_algoritme=begrip("SHA-256", law.listed("checksumAlgoritme").title),
                checksum_waarde=file.sha256,
                checksum_datum=file.time,
            )
        ],
        is_representatie_van=of,
    )


def _identificaties(source: Source) -> Iterator[Identificatie]:
    yield Identificatie(identificatie_kenmerk=source.letter.stream, identificatie_bron=source.archive.origin)
    if source.letter.number and source.letter.number_is_unique:
        register = f"Register van {source.archive.organisation}"
        yield Identificatie(identificatie_kenmerk=source.letter.number, identificatie_bron=register)
    for one in source.history:
        for known in getattr(one.data, "identifications", ()) if one.name == "record_imported" else ():
            yield Identificatie(identificatie_kenmerk=known.kenmerk, identificatie_bron=known.bron)


def _classificatie(letter: Letter) -> Any:  # noqa: ANN401 - a Begrip
    terms = law.listed("classificatie")
    kind = letter.kind or ""
    return begrip(terms.label(kind) or kind.removeprefix("own:"), terms.title, kind)


def _dagtekening(date: str) -> DekkingInTijd:
    terms = law.listed("dekkingInTijdType")
    return DekkingInTijd(dekking_in_tijd_type=begrip("Dagtekening", terms.title), dekking_in_tijd_begindatum=date)


def _related(source: Source) -> Iterator[GerelateerdInformatieobject]:
    terms = law.listed("gerelateerdInformatieobjectTypeRelatie")
    for one in source.history:
        if one.name == "letters_related":
            label = law.relation(one.event.facts.relation) or "Refereert aan"
            yield GerelateerdInformatieobject(
                gerelateerd_informatieobject_verwijzing=verwijzing(
                    f"Brief {one.event.facts.other}", one.event.facts.other, source.archive.origin
                ),
                gerelateerd_informatieobject_type_relatie=begrip(label, terms.title),
            )


def _betrokkenen(source: Source) -> Iterator[Betrokkene]:
    """Sender, addressee, who handled it, who signed it, who got it; each once in each part."""
    letter = source.letter
    found: list[tuple[str, Verwijzing]] = [
        (kind, verwijzing(name))
        for kind, name in (
            ("Afzender", letter.sender),
            ("Geadresseerde", letter.addressee),
            ("Behandelaar", letter.handled_by),
        )
        if name
    ]
    for signature in source.signatures:
        person = source.who(signature.signatory)
        shown = signature.name_shown or person.verwijzing_naam
        found.append(("Ondertekenaar", verwijzing(shown, signature.signatory, source.archive.origin)))
    for one in source.history:
        if one.name == "letter_dispatched" and one.data is not None:
            found += [("Ontvanger", verwijzing(recipient.name)) for recipient in one.data.recipients]
    title, seen = law.listed("betrokkenheid").title, set()
    for kind, actor in found:
        if (kind, actor.verwijzing_naam) not in seen:
            seen.add((kind, actor.verwijzing_naam))
            yield Betrokkene(betrokkene_type_relatie=begrip(kind, title), betrokkene_actor=actor)


def beperkingen(history: History) -> Iterator[BeperkingGebruik]:
    """The limits on openness that are in force; where nobody ever decided, that is what it says."""
    terms = law.listed("beperkingGebruikType")
    lifted = {one.event.facts.restriction for one in history if one.name == "restriction_lifted"}
    limits = [one for one in history if one.name == "openness_restricted"]
    for one in limits:
        if one.event.seq not in lifted:
            yield _beperking(one, terms.title)
    if not limits:
        yield BeperkingGebruik(beperking_gebruik_type=begrip("Nader te bepalen", terms.title))
    elif all(one.event.seq in lifted for one in limits):
        yield BeperkingGebruik(beperking_gebruik_type=begrip("Geen beperking", terms.title))


def _beperking(one: Happened, title: str) -> BeperkingGebruik:
    facts = one.event.facts
    reason = getattr(one.data, "reason", None)
    told = f"Beperking van de openbaarheid, grond {facts.ground}" + (f": {reason}" if reason else "")
    decision = getattr(one.data, "decision", None)
    term = None
    if facts.begin or facts.end or facts.term:
        begun = begrip("Begin van de beperking", law.listed("termijnTrigger").title)
        term = Termijn(
            termijn_trigger_start_looptijd=begun,
            termijn_startdatum_looptijd=facts.begin,
            termijn_looptijd=facts.term,
            termijn_einddatum=facts.end,
        )
    return BeperkingGebruik(
        beperking_gebruik_type=begrip("Overig", title),
        beperking_gebruik_nadere_beschrijving=told,
        beperking_gebruik_documentatie=[verwijzing(decision)] if decision else [],
        beperking_gebruik_termijn=term,
    )


# --- the history as MDTO events ---------------------------------------------------------------------------------------


def _event(source: Source, one: Happened) -> Event:
    word = catalogue.of_tag(one.event.type).mdto
    assert word is not None, "only types with a word of MDTO come here"
    actor = source.who(one.person) if one.person else None
    if one.name == "letter_signed":
        shown = getattr(one.data, "name_shown", None)
        actor = source.who(one.event.facts.signatory)
        actor = verwijzing(shown or actor.verwijzing_naam, one.event.facts.signatory, source.archive.origin)
    return Event(
        event_type=begrip(word, law.listed("eventType").title),
        event_tijd=moment(one),
        event_verantwoordelijke_actor=actor,
        event_resultaat=result(one),
    )


def moment(one: Happened) -> str:
    """When it took place: what the event itself tells, else when it was appended."""
    facts = one.event.facts
    if one.name in ("letter_dispatched", "letter_received", "dossier_opened", "dossier_closed"):
        return getattr(facts, "date", None) or one.time
    if one.name == "letter_registered":
        return getattr(one.data, "date", None) or one.time
    if one.name == "signature_validated":
        return str(facts.time)
    return one.time


def result(one: Happened) -> str:
    """What came of it, in Dutch, from facts alone: it stays true when the payload is destroyed."""
    facts = one.event.facts
    match one.name:
        case "letter_registered" | "letter_received":
            return f"Geregistreerd op {one.time}"
        case "letter_edited":
            return "Gegevens van de brief gewijzigd"
        case "document_attached":
            return "Bestanden toegevoegd"
        case "document_converted":
            return f"Conversie {'geslaagd' if facts.result == 'passed' else 'mislukt'}"
        case "letter_signed":
            return _signed(facts)
        case "signature_validated":
            return f"Handtekening {_RESULTS[facts.result]} ({facts.method})"
        case "letter_dispatched":
            return f"Verzonden ({facts.channel})"
        case "record_destroyed":
            return f"Vernietigd op grond van de machtiging in regel {facts.authorisation}"
        case "record_imported":
            return f"Overgenomen uit {facts.source}"
    return f"Regel {one.event.seq} van het logboek"


def _signed(facts: Any) -> str:  # noqa: ANN401 - LetterSignedFacts
    behalf = f" namens {facts.on_behalf_of}" if facts.on_behalf_of else ""
    return f"Ondertekend als {facts.role}{behalf}; grond {facts.basis}; {_LEVELS[facts.level]}"
