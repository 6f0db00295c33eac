"""A letter or dossier in the words of MDTO: its informatieobject, and the bestand of each of its files.

Out of the projections, with its history as MDTO events: each event whose type names a word of MDTO's EventTypeLijst.
What MDTO has no word for (annotations, deliveries) goes along in the event log as additional metadata. Nothing is
inherited: every level carries its own values. Pure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archief.events import catalogue
from archief.exports.history import Happened, History
from archief.exports.holdings import Archive, Dossier, File, Letter, Signature, Valuation
from archief.exports.mdto import (
    Begrip,
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
from archief.exports.mdto_rules import ends
from archief.law import mdto as law
from archief.law import rule_sets

PRONOM = "PRONOM-register"
IANA = "IANA Media Types"

_LEVELS = {
    "none": "geen elektronische handtekening", "scan": "gescande handtekening", "simple": "gewone handtekening",
    "advanced": "geavanceerde handtekening", "qualified": "gekwalificeerde handtekening",
}  # fmt: skip
_TOLD = {
    "letter_registered": "Geregistreerd op {time}",
    "letter_received": "Geregistreerd op {time}",
    "letter_edited": "Gegevens van de brief gewijzigd",
    "document_attached": "Bestanden toegevoegd",
    "dossier_opened": "Dossier geopend; vastgelegd op {time}",
    "dossier_closed": "Dossier afgesloten; vastgelegd op {time}",
}
_RESULTS = {"valid": "geldig", "invalid": "ongeldig", "indeterminate": "niet te bepalen"}


UNDECIDED = Valuation()
"""Of a record that nobody decided on."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """A record with what every description is made from.

    Attributes:
        archive: whose archive it stands in.
        history: its events.
        names: the names of people, by stream.
        valuation: what is decided on how long it is kept.
        transfer: it goes to the records office: what nobody limited is public there (Archiefwet 1995, 14).
    """

    archive: Archive
    history: History
    names: Mapping[str, str]
    valuation: Valuation = UNDECIDED
    transfer: bool = False

    @property
    def stream(self) -> str:
        """The record."""
        raise NotImplementedError

    @property
    def naam(self) -> str:
        """What it is called."""
        raise NotImplementedError

    def reference(self) -> Verwijzing:
        """A reference to the record."""
        return verwijzing(self.naam, self.stream, self.archive.origin)

    def who(self, person: str) -> Verwijzing:
        """A reference to a person of the log; one whose name is erased keeps the random id."""
        return verwijzing(self.names.get(person) or "naam vernietigd", person, self.archive.origin)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source(Told):
    """A letter with all that its description is made from.

    Attributes:
        letter: as it reads now.
        signatures: under its present version.
        related: what related letters are called, by stream: those that go along, for only these may be named.
    """

    letter: Letter
    signatures: Sequence[Signature]
    related: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def stream(self) -> str:
        """The letter."""
        return self.letter.stream

    @property
    def naam(self) -> str:
        """What the letter is called."""
        return letter_naam(self.letter)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DossierSource(Told):
    """A dossier with all that its description is made from."""

    dossier: Dossier

    @property
    def stream(self) -> str:
        """The dossier."""
        return self.dossier.stream

    @property
    def naam(self) -> str:
        """What the dossier is called: its title, else its number."""
        return self.dossier.title or f"Dossier {self.dossier.number or self.dossier.stream}"


def letter_naam(letter: Letter) -> str:
    """What a letter is called: its subject, else its number."""
    if letter.subject:
        return letter.subject
    kind = law.listed("classificatie").label(letter.kind or "") or "Brief"
    return f"{kind} {letter.number}" if letter.number else f"{kind} {letter.stream}"


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
    task = law.activiteit(letter.kind)
    makers = law.archiefvormers(letter.organ, letter.kind, archive.organisation)
    return Informatieobject(
        identificatie=list(_identificaties(source, letter.number if letter.number_is_unique else None)),
        naam=source.naam,
        aggregatieniveau=begrip("Archiefstuk", law.listed("aggregatieniveau").title),
        classificatie=[_classificatie(letter)] if letter.kind else [],
        # A number that others have too identifies nothing.
        omschrijving=[f"Registratienummer {letter.number}"] if letter.number and not letter.number_is_unique else [],
        dekking_in_tijd=[_period("Dagtekening", letter.date)] if letter.date else [],
        taal=["nl"],
        event=list(_events(source)),
        waardering=_waardering(source.valuation),
        bewaartermijn=_bewaartermijn(source.valuation),
        informatiecategorie=_informatiecategorie(source.valuation),
        is_onderdeel_van=list(parents),
        heeft_representatie=list(files),
        aanvullende_metagegevens=list(additional),
        gerelateerd_informatieobject=list(_related(source)),
        archiefvormer=[verwijzing(name) for name in makers],
        betrokkene=list(_betrokkenen(source)),
        activiteit=verwijzing(task) if task else None,
        beperking_gebruik=list(beperkingen(source.history, transfer=source.transfer)),
    )


def dossier(
    source: DossierSource,
    letters: Sequence[Verwijzing] = (),
    elsewhere: Sequence[Verwijzing] = (),
    files: Sequence[Verwijzing] = (),
    additional: Sequence[Verwijzing] = (),
    parents: Sequence[Verwijzing] = (),
) -> Informatieobject:
    """Describe a dossier.

    Args:
        source: the dossier.
        letters: what it has as its parts (bevatOnderdeel).
        elsewhere: letters that are in it too and lie in the folder of another dossier.
        files: its bestanden.
        additional: files with additional metadata.
        parents: what it is part of.
    """
    held, valued = source.dossier, source.valuation
    opening = next((one.data for one in source.history if one.name == "dossier_opened"), None)
    terms = law.listed("gerelateerdInformatieobjectTypeRelatie")
    return Informatieobject(
        identificatie=list(_identificaties(source, held.number if held.number_is_unique else None)),
        naam=source.naam,
        aggregatieniveau=begrip("Dossier", law.listed("aggregatieniveau").title),
        trefwoord=list(getattr(opening, "keywords", None) or ()),
        omschrijving=[text] if (text := getattr(opening, "description", None)) else [],
        dekking_in_tijd=[_period("Looptijd dossier", held.opened, held.closed)] if held.opened else [],
        taal=["nl"],
        event=list(_events(source)),
        waardering=_waardering(valued),
        bewaartermijn=_bewaartermijn(valued),
        informatiecategorie=_informatiecategorie(valued),
        is_onderdeel_van=list(parents),
        bevat_onderdeel=list(letters),
        heeft_representatie=list(files),
        aanvullende_metagegevens=list(additional),
        gerelateerd_informatieobject=[
            GerelateerdInformatieobject(
                gerelateerd_informatieobject_verwijzing=one,
                gerelateerd_informatieobject_type_relatie=begrip("Refereert aan", terms.title),
            )
            for one in elsewhere
        ],
        archiefvormer=[verwijzing(name) for name in law.archiefvormers(held.organ, None, source.archive.organisation)],
        activiteit=verwijzing(valued.proces) if valued.proces else None,
        beperking_gebruik=list(beperkingen(source.history, transfer=source.transfer)),
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


def _identificaties(source: Told, number: str | None) -> Iterator[Identificatie]:
    """Its own, its number, and all that it was ever given elsewhere; each once."""
    found = [(source.stream, source.archive.origin)]
    if number:
        found.append((number, f"Register van {source.archive.organisation}"))
    for one in source.history:
        if one.name == "record_imported":
            found += [(known.kenmerk, known.bron) for known in getattr(one.data, "identifications", ())]
    for kenmerk, bron in dict.fromkeys(found):
        yield Identificatie(identificatie_kenmerk=kenmerk, identificatie_bron=bron)


def _classificatie(letter: Letter) -> Begrip:
    terms = law.listed("classificatie")
    kind = letter.kind or ""
    return begrip(terms.label(kind) or kind.removeprefix("own:"), terms.title, kind)


def _period(kind: str, begin: str, end: str | None = None) -> DekkingInTijd:
    return DekkingInTijd(
        dekking_in_tijd_type=begrip(kind, law.listed("dekkingInTijdType").title),
        dekking_in_tijd_begindatum=begin,
        dekking_in_tijd_einddatum=end,
    )


def _waardering(valued: Valuation) -> Begrip:
    """B or V; N where the record is in no dossier that somebody decided on."""
    terms = law.listed("waardering")
    label = terms.label(valued.waardering or "N") or "Nader te bepalen"
    return begrip(label, terms.title, terms.code(label))


def _bewaartermijn(valued: Valuation) -> Termijn | None:
    """The term of what is kept for a time; its days where they are known."""
    if valued.waardering != "V" or valued.looptijd is None:
        return None
    return Termijn(
        termijn_trigger_start_looptijd=begrip("Brondatum", law.listed("termijnTrigger").title),
        termijn_startdatum_looptijd=valued.begin,
        termijn_looptijd=valued.looptijd,
        termijn_einddatum=valued.end,
    )


def _informatiecategorie(valued: Valuation) -> Begrip | None:
    """The row of the retention list."""
    if valued.list is None or valued.row is None:
        return None
    label = valued.omschrijving or " / ".join(filter(None, (valued.proces, valued.resultaat))) or valued.row
    known = rule_sets.lists().get(valued.list)
    title = known.title if known is not None else valued.list
    return begrip(label, f"{title} ({valued.edition})" if valued.edition else title, valued.row)


def _related(source: Source) -> Iterator[GerelateerdInformatieobject]:
    terms = law.listed("gerelateerdInformatieobjectTypeRelatie")
    for one in source.history:
        if one.name == "letters_related":
            label, other = law.relation(one.event.facts.relation) or "Refereert aan", one.event.facts.other
            yield GerelateerdInformatieobject(
                gerelateerd_informatieobject_verwijzing=verwijzing(
                    source.related.get(other) or f"Brief {other}", other, source.archive.origin
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


def beperkingen(history: History, *, transfer: bool = False) -> Iterator[BeperkingGebruik]:
    """The limits on openness that are in force; where nobody ever decided, that is what it says.

    Args:
        history: of the record.
        transfer: it goes to the records office, by which what nobody limited is public.
    """
    terms = law.listed("beperkingGebruikType")
    lifted = {one.event.facts.restriction for one in history if one.name == "restriction_lifted"}
    limits = [one for one in history if one.name == "openness_restricted"]
    for one in limits:
        if one.event.seq not in lifted:
            yield _beperking(one, terms.title)
    if not limits and not transfer:
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
            # MDTO: where both are known, the end is their sum.
            termijn_einddatum=facts.end or (ends(facts.begin, facts.term) if facts.begin and facts.term else None),
        )
    return BeperkingGebruik(
        beperking_gebruik_type=begrip("Overig", title),
        beperking_gebruik_nadere_beschrijving=told,
        beperking_gebruik_documentatie=[verwijzing(decision)] if decision else [],
        beperking_gebruik_termijn=term,
    )


# --- the history as MDTO events ---------------------------------------------------------------------------------------


def _events(source: Told) -> Iterator[Event]:
    """Its life before it came here, as it was told then, and its life since."""
    imported = next((one for one in source.history if one.name == "record_imported"), None)
    for earlier in getattr(imported.data, "events", None) or () if imported is not None else ():
        yield Event(
            event_type=begrip(earlier.type, law.listed("eventType").title),
            event_tijd=earlier.time,
            event_verantwoordelijke_actor=verwijzing(earlier.actor) if earlier.actor else None,
            event_resultaat=earlier.result,
        )
    told_before = bool(getattr(imported.data, "events", None)) if imported is not None else False
    for one in source.history:
        # What was taken over was made elsewhere: entering this register did not make it.
        if catalogue.of_tag(one.event.type).mdto and not (told_before and catalogue.of_tag(one.event.type).opens):
            yield _event(source, one)


def _event(source: Told, one: Happened) -> Event:
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
    told = _TOLD.get(one.name)
    if told is not None:
        return told.format(time=one.time)
    match one.name:
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
