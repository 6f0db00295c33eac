"""Events of people: who they are, their keys, their roles and their mandates."""

from collections.abc import Iterator
from typing import Annotated, Literal

from archief.events.base import (
    Code,
    Date,
    Happening,
    KeyId,
    NoFacts,
    Passage,
    PublicKeyFact,
    Reason,
    Seq,
    SignatureText,
    Streams,
    Text,
    Word,
    about,
    backwards,
    declare,
)

Role = Literal[
    "archivaris", "recordmanager", "behandelaar", "ondertekenaar", "griffie", "authoriser", "auditor", "records_office"
]


class PersonEnrolledData(Word):
    """Who the person is."""

    name: Annotated[Text, about("the name", "S. de Vries")]
    function: Annotated[Text, about("the function", "archivaris")] | None = None
    email: Annotated[Text, about("e-mail address")] | None = None


@declare("person_enrolled.v1", subject="people", stream="person", opens=True)
class PersonEnrolled(Happening):
    """A person, or an office such as the records office, gets a stream: the log knows it by that random id only."""

    facts: NoFacts
    data: PersonEnrolledData


class KeyEnrolledFacts(Word):
    """A key and the proof that its holder has it."""

    key: Annotated[PublicKeyFact, about("the public key")]
    proof: Annotated[
        SignatureText, about("signature by the key itself over origin, person and key (proof of possession)")
    ]
    use: Annotated[Literal["cosigner", "log", "person"], about("the one use it has", "person")]


@declare("key_enrolled.v1", subject="people", stream="person")
class KeyEnrolled(Happening):
    """A key belongs to this person from here on. It was not enrolled before and belongs to nobody else."""

    facts: KeyEnrolledFacts
    data: None = None


class KeyRevokedFacts(Word):
    """Which key and from where it is doubted."""

    ground: Annotated[Code, about("why", "lost")] | None = None
    key: Annotated[KeyId, about("the key")]
    suspect_from: Annotated[Seq, about("entry from which its commits are flagged")] | None = None


@declare("key_revoked.v1", subject="people", stream="person")
class KeyRevoked(Happening):
    """A key counts no longer: commits after this entry are unauthorised, those since suspect_from are flagged."""

    facts: KeyRevokedFacts
    data: Reason | None = None


class RoleFacts(Word):
    """Which role."""

    role: Annotated[Role, about("the role", "behandelaar")]


@declare("role_granted.v1", subject="people", stream="person")
class RoleGranted(Happening):
    """The person may from this entry on append what the role's row in the table allows."""

    facts: RoleFacts
    data: Reason | None = None


@declare("role_withdrawn.v1", subject="people", stream="person")
class RoleWithdrawn(Happening):
    """The person has the role no longer, from this entry on."""

    facts: RoleFacts
    data: Reason | None = None


class MandateGrantedFacts(Word):
    """Who may act for whom, on what basis, how long."""

    basis: Annotated[Code, about("legal basis", "gemeentewet:59a.2")]
    begin: Annotated[Date, about("first day; may lie before this entry, authority counts from the entry", "2021-04-01")]
    end: Annotated[Date, about("first day it holds no longer", "2021-09-01")] | None = None
    holders: Annotated[Streams, about("the persons who hold it, each of them alone", low=1, unique=True)]
    kind: Annotated[Code, about("kind of mandate", "waarneming")] | None = None
    on_behalf_of: Annotated[Code, about("the organ", "college")]
    role: Annotated[Code, about("the office it lets them fill", "directeur")]

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A mandate ends after it begins."""
        if backwards(self.begin, self.end):
            yield "end", "not after its begin"


class MandateGrantedData(Word):
    """The mandate in words."""

    title: Annotated[Text, about("what it is called", "Waarneming directie")]
    decision: Annotated[Text, about("the decision it rests on")] | None = None
    scope: Annotated[Passage, about("what it covers and what not")] | None = None


@declare("mandate_granted.v1", subject="people", stream="mandate", opens=True)
class MandateGranted(Happening):
    """An organ lets persons act in its name: a mandate, an appointment for the time being, a loco."""

    facts: MandateGrantedFacts
    data: MandateGrantedData


class MandateEndedFacts(Word):
    """When it ends."""

    end: Annotated[Date, about("first day it holds no longer", "2021-07-01")]


@declare("mandate_ended.v1", subject="people", stream="mandate")
class MandateEnded(Happening):
    """A mandate ends otherwise or earlier than it said."""

    facts: MandateEndedFacts
    data: Reason | None = None
