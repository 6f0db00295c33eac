"""Events of dossiers: opened, filled, classified, closed; and limits on openness."""

from collections.abc import Iterator
from typing import Annotated, Literal

from archief.events.base import (
    Code,
    Date,
    Duration,
    Happening,
    NoFacts,
    Passage,
    Reason,
    Seq,
    StreamId,
    Text,
    Word,
    about,
    backwards,
    declare,
)


class DossierOpenedFacts(Word):
    """When it begins and whose it is."""

    date: Annotated[Date, about("first day of the dossier", "2021-01-04")]
    organ: Annotated[Code, about("organ whose dossier it is (archiefvormer)", "college")] | None = None
    ordering: Annotated[Code, about("version of the ordering structure it is placed in")] | None = None
    place: Annotated[Code, about("its place in that structure")] | None = None


class DossierOpenedData(Word):
    """The dossier in words."""

    title: Annotated[Text, about("naam", "Fietsenstalling station")]
    number: Annotated[Text, about("dossier or case number")] | None = None
    description: Annotated[Passage, about("omschrijving")] | None = None
    keywords: Annotated[list[Text], about("trefwoorden", high=100)] | None = None


@declare("dossier_opened.v1", subject="dossiers", stream="dossier", mdto="Creatie", opens=True)
class DossierOpened(Happening):
    """A dossier begins: the letters of one matter, which are valued, closed, transferred or destroyed together."""

    facts: DossierOpenedFacts
    data: DossierOpenedData


class FiledFacts(Word):
    """Which dossier."""

    dossier: Annotated[StreamId, about("the dossier")]


@declare("letter_filed.v1", subject="dossiers", stream="letter")
class LetterFiled(Happening):
    """The letter is put in a dossier. It may be in several: B beats V, then the longest term."""

    facts: FiledFacts
    data: Reason | None = None


@declare("letter_unfiled.v1", subject="dossiers", stream="letter")
class LetterUnfiled(Happening):
    """The letter is taken out of a dossier that it was put in by mistake."""

    facts: FiledFacts
    data: Reason | None = None


class CountedFrom(Word):
    """Dates that a term is counted from. They may be a person's, of birth or of death, and stand in the payload."""

    brondatum: Annotated[Date, about("the brondatum itself, where the afleidingswijze asks for a date")] | None = None
    procestermijn_end: Annotated[Date, about("end of the procestermijn, where it is a recorded date")] | None = None


class DossierClassifiedFacts(Word):
    """The decision, and the terms it needs that the list does not give."""

    list: Annotated[Code, about("retention list and its edition", "selectielijst-gemeenten-2020")]
    row: Annotated[Code, about("row in the list", "20.1")]
    waardering: Annotated[Literal["B", "V"], about("B blijvend te bewaren, V te vernietigen, as the row says", "V")]
    afleidingswijze: Annotated[Code, about("how the brondatum is found", "afgehandeld")] | None = None
    kenmerk: Annotated[Code, about("which date, property or object it is derived from")] | None = None
    related: Annotated[StreamId, about("related or main case, for gerelateerde_zaak and hoofdzaak")] | None = None
    termijn: Annotated[Duration, about("the term, for the afleidingswijze termijn")] | None = None
    procestermijn: Annotated[Duration, about("estimated length of the procestermijn, where it is open")] | None = None


class DossierClassifiedData(CountedFrom):
    """The reason, and the dates that the list does not give."""

    reason: Annotated[Passage, about("why this row", "Losse informerende brief, hoort bij geen andere zaak.")]


@declare("dossier_classified.v1", subject="dossiers", stream="dossier")
class DossierClassified(Happening):
    """Somebody decides under which row of which retention list the dossier falls. Never inferred; the last counts."""

    facts: DossierClassifiedFacts
    data: DossierClassifiedData


class DossierClosedFacts(Word):
    """When it ends."""

    date: Annotated[Date, about("last day of the dossier (einddatum)", "2021-06-30")]


class DossierClosedData(CountedFrom):
    """Why, and dates that are known only now."""

    reason: Annotated[Passage, about("why", "op verzoek van de griffie")] | None = None


@declare("dossier_closed.v1", subject="dossiers", stream="dossier", mdto="Bevriezing")
class DossierClosed(Happening):
    """The matter is done: the dossier becomes read-only and its term starts."""

    facts: DossierClosedFacts
    data: DossierClosedData | None = None


@declare("dossier_reopened.v1", subject="dossiers", stream="dossier")
class DossierReopened(Happening):
    """The matter turns out not to be done; the term stops and starts again at the next closing."""

    facts: NoFacts
    data: Reason | None = None


class OpennessRestrictedFacts(Word):
    """Ground and term of a limit on openness."""

    ground: Annotated[Code, about("ground in the law", "archiefwet-1995:15.1.a")]
    begin: Annotated[Date, about("first day it holds; absent: from transfer on")] | None = None
    end: Annotated[Date, about("first day it holds no longer", "2096-01-01")] | None = None
    term: Annotated[Duration, about("its length, where no end date is known yet")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A limit ends after it begins, by a date or by a term."""
        if backwards(self.begin, self.end):
            yield "end", "not after its begin"
        if self.end is not None and self.term is not None:
            yield "term", "given beside an end date"


class OpennessRestrictedData(Word):
    """The decision."""

    reason: Annotated[Passage, about("why", "persoonlijke levenssfeer")] | None = None
    decision: Annotated[Text, about("the decision it rests on")] | None = None
    advice: Annotated[Passage, about("advice of the archive's keeper")] | None = None


@declare("openness_restricted.v1", subject="dossiers", stream="record")
class OpennessRestricted(Happening):
    """A dossier or letter is not public, or will not be after transfer, on a ground and for a term (AW 15)."""

    facts: OpennessRestrictedFacts
    data: OpennessRestrictedData | None = None


class RestrictionLiftedFacts(Word):
    """Which limit."""

    restriction: Annotated[Seq, about("entry of the openness_restricted it ends", 61)]
    date: Annotated[Date, about("first day it holds no longer", "2031-01-01")] | None = None


@declare("restriction_lifted.v1", subject="dossiers", stream="record")
class RestrictionLifted(Happening):
    """A limit on openness ends before its term."""

    facts: RestrictionLiftedFacts
    data: Reason | None = None
