"""Events of the council's chain: meetings, letters on their agenda, commitments (toezeggingen)."""

from collections.abc import Iterator
from typing import Annotated, Literal

from archief.events.base import (
    ClockTime,
    Code,
    Count,
    Date,
    Happening,
    Passage,
    StreamId,
    Text,
    Word,
    about,
    backwards,
    declare,
)


class MeetingPlannedFacts(Word):
    """What kind of meeting and when."""

    kind: Annotated[Code, about("form of the meeting", "stadsronde")]
    date: Annotated[Date, about("day of the meeting", "2021-01-27")]
    letter: Annotated[StreamId, about("letter that announces it")] | None = None
    follows: Annotated[StreamId, about("meeting it is the next step after")] | None = None


class MeetingPlannedData(Word):
    """The meeting in words."""

    title: Annotated[Text, about("what it is about", "Stadsronde fietsenstalling")]
    begin_time: Annotated[ClockTime, about("when it begins, local time", "19:30")] | None = None
    end_time: Annotated[ClockTime, about("when it ends, local time", "21:30")] | None = None
    place: Annotated[Text, about("where")] | None = None
    inferred: (
        Annotated[list[Code], about("what is not in the source but was concluded: year, date, time", ["year"], high=20)]
        | None
    ) = None
    wording: Annotated[Passage, about("the source's own words for it")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("meeting_planned.v1", subject="council", stream="meeting", opens=True)
class MeetingPlanned(Happening):
    """A meeting of the council, one of its rounds, or an information meeting is announced."""

    facts: MeetingPlannedFacts
    data: MeetingPlannedData


class LetterTabledFacts(Word):
    """On which agenda."""

    meeting: Annotated[StreamId, about("the meeting")]
    item: Annotated[Count, about("number of the agenda item", 4)] | None = None


class LetterTabledData(Word):
    """The place on the agenda."""

    agenda_item: Annotated[Text, about("the agenda item's title", "Ingekomen stukken")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("letter_tabled.v1", subject="council", stream="letter")
class LetterTabled(Happening):
    """The letter is put on the agenda of a meeting."""

    facts: LetterTabledFacts
    data: LetterTabledData | None = None


class CommitmentMadeFacts(Word):
    """What kind of promise, by which office, where, due when."""

    kind: Annotated[Code, about("kind of promise", "toezegging")]
    made: Annotated[Date, about("day it was made", "2021-01-27")] | None = None
    made_before: Annotated[Date, about("it was made before this day; where the day itself is not known")] | None = None
    due_begin: Annotated[Date, about("first day of the period it is due in")] | None = None
    due_end: Annotated[Date, about("first day it is overdue", "2021-06-22")] | None = None
    promised_by: Annotated[StreamId, about("person who promised, when enrolled")] | None = None
    role: Annotated[Code, about("office of who promised", "wethouder")] | None = None
    meeting: Annotated[StreamId, about("meeting it was made in")] | None = None
    letter: Annotated[StreamId, about("letter that makes it or refers to it")] | None = None

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A period ends after it begins."""
        if backwards(self.due_begin, self.due_end):
            yield "due_end", "not after its begin"


class CommitmentMadeData(Word):
    """The promise in words."""

    text: Annotated[Passage, about("what was promised", "De raad ontvangt de planning vóór de zomer.")]
    due_wording: Annotated[Text, about("the due period in its own words", "vóór de zomer")] | None = None
    promised_by: Annotated[Text, about("who promised, by name and office")] | None = None
    promised_to: Annotated[Text, about("to whom")] | None = None
    inferred: Annotated[list[Code], about("what is not in the source but was concluded", high=20)] | None = None


@declare("commitment_made.v1", subject="council", stream="commitment", opens=True)
class CommitmentMade(Happening):
    """Somebody promised the council something (toezegging)."""

    facts: CommitmentMadeFacts
    data: CommitmentMadeData


class CommitmentSettledFacts(Word):
    """How it ended and by which letter."""

    result: Annotated[Literal["settled", "partly", "lapsed"], about("how it ended; partly leaves it open", "settled")]
    date: Annotated[Date, about("when", "2021-05-18")] | None = None
    letter: Annotated[StreamId, about("letter that settles it")] | None = None


class CommitmentSettledData(Word):
    """Remarks."""

    note: Annotated[Passage, about("remarks")] | None = None


@declare("commitment_settled.v1", subject="council", stream="commitment")
class CommitmentSettled(Happening):
    """A promise was kept, kept in part, or the council let it lapse."""

    facts: CommitmentSettledFacts
    data: CommitmentSettledData | None = None
