"""The founding letters' archive, day by day: who is enrolled, and how each letter is registered, signed and dispatched.

Made with a clock, ids, salts and keys that are the same in every run. THE KEYS ARE TEST KEYS AND PUBLISHED: anybody can
make them with this script, and the office-holders named in the letters never held them. Knows the sample's story; does
not know where it is kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archief import canonical, publishing
from archief.draft import Draft, draft, new_stream
from archief.events import envelope
from archief.journal import Journal
from archief.keys import ED25519, MLDSA44, Entropy, SigningKey, signing_key
from archief.log import Log
from archief.storage.base import NewDocument
from archief.tlog import note
from archief.verification.whole import verify
from scripts import founding_letters as letters

ORIGIN = "archief.maastricht.nl/5f0c91d2"
PUBLISHED = "archief sample archive: published test material, never use it for anything else"
NOTE = "reconstructie, testsleutels"
"""Stands with every signature on a letter."""


def entropy(label: str) -> Entropy:
    """Bytes that are the same in every run: SHA-256 over a label and a counter. Secret they are not."""
    position = 0
    pool = b""

    def draw(count: int) -> bytes:
        nonlocal position, pool
        while len(pool) < count:
            pool += hashlib.sha256(f"{PUBLISHED}\n{label}\n{position}".encode()).digest()
            position += 1
        drawn, pool = pool[:count], pool[count:]
        return drawn

    return draw


def published_key(label: str, kind: int = ED25519) -> SigningKey:
    """The published test key of a label."""
    return signing_key(kind, entropy(f"key {kind} {label}")(32))


def log_keys() -> list[SigningKey]:
    """The published test keys that sign the log's heads."""
    return [published_key("log", ED25519), published_key("log", MLDSA44)]


@dataclass(frozen=True)
class Person:
    """Somebody in the sample: a stream, a published test key, and how the letters name them."""

    label: str
    name: str
    function: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    cosigns: bool = False

    @property
    def stream(self) -> str:
        """The random id that the log knows the person by."""
        return new_stream(entropy(f"stream {self.label}"))

    @property
    def key(self) -> SigningKey:
        """The key that signs commits and letters."""
        return published_key(self.label)

    @property
    def cosigner_key(self) -> SigningKey:
        """The key that signs heads."""
        return published_key(f"{self.label}, cosigner")

    def enrolment(self) -> list[Draft]:
        """The events that enrol the person, keys and roles; somebody without roles gets no key."""
        data = {"name": self.name, "function": self.function, "email": self.email}
        made = [draft("person_enrolled", self.stream, {}, {name: text for name, text in data.items() if text})]
        if self.roles:
            made.append(self._enrolled(self.key, "person"))
        if self.cosigns:
            made.append(self._enrolled(self.cosigner_key, "cosigner"))
        return made + [draft("role_granted", self.stream, {"role": role}) for role in self.roles]

    def _enrolled(self, key: SigningKey, use: str) -> Draft:
        proof = key.sign(envelope.possession_message(ORIGIN, self.stream, key.public.id))
        facts = {"key": public_fact(key), "proof": canonical.base64_encode(proof), "use": use}
        return draft("key_enrolled", self.stream, facts)


ARCHIVARIS = Person("archivaris", "Archivaris (verzonnen)", "archivaris", roles=("archivaris",))
DEPUTY = Person("archivaris 2", "Plaatsvervangend archivaris (verzonnen)", "archivaris", roles=("archivaris",))
RECORDMANAGER = Person("recordmanager", "Recordmanager (verzonnen)", "recordmanager", roles=("recordmanager",))
AUDITOR = Person("auditor", "Auditor (verzonnen)", "auditor", roles=("auditor",), cosigns=True)
GRIFFIE = Person("griffie", "Griffie van de gemeenteraad", roles=("griffie",))
HARTHOLT = Person(
    "hartholt", "MHW Hartholt", "Behandelend ambtenaar", "michiel.hartholt@maastricht.nl", roles=("behandelaar",)
)
REINTS = Person("reints", "Rhea Reints", email="Rhea.Reints@maastricht.nl", roles=("behandelaar",))
RUTTEN = Person("rutten", "Wil Rutten", "Directieteam", "Wil.Rutten@maastricht.nl", roles=("behandelaar",))
KLEIJNEN = Person("kleijnen", "R.E.C. Kleijnen", "Secretaris", roles=("ondertekenaar",))
PENN = Person("penn-te strake", "J.M. Penn-te Strake", "Burgemeester", roles=("ondertekenaar",))
BASTIAANS = Person("bastiaans", "Anita Bastiaans", letters.BASTIAANS, roles=("ondertekenaar",))
JONGEN = Person("jongen", "Bert Jongen", letters.JONGEN, roles=("ondertekenaar",))
KERBUSCH = Person("kerbusch", "Monique Kerbusch", "manager Beleid Sociaal")
HENDRIKS = Person("hendriks", "Marjo Hendriks", "interim-manager Sociale Zaken Maastricht Heuvelland")


def public_fact(key: SigningKey) -> dict[str, Any]:
    """A public key as the log keeps it."""
    return {"public": canonical.base64_encode(key.public.public), "type": key.public.type}


def stream(label: str) -> str:
    """The random id of a letter, dossier, meeting or mandate."""
    return new_stream(entropy(f"stream {label}"))


def document_id(text: letters.Text) -> str:
    """The random id of a founding text."""
    return entropy(f"document {text.name}")(16).hex()


ARCHIVE = stream("archive")
STADSRONDE = stream("letter stadsronde")
INVITATION = stream("letter 2021-01477")
STANDING_IN = stream("letter 2021-11557")


@dataclass
class Sample:
    """The sample on its way: one method a day in the life of the archive."""

    journal: Journal
    texts: Mapping[str, bytes]
    covers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def commit(self, time: str, signer: Person, *drafts: Draft) -> None:
        """Append one commit at a moment of the made-up clock; keep what a signature on a letter must cover."""
        now = dt.datetime.fromisoformat(f"{time}:00+00:00")
        done = self.journal.append(drafts, signer.key, now, entropy(f"commit {time} {signer.label}"))
        log = Log(self.journal.storage)
        for seq in done.seqs:
            event = log.event(seq)
            if event.type in ("letter_registered.v1", "letter_edited.v1"):
                self.covers.setdefault(event.stream, []).append({"commitment": event.payload, "seq": seq})

    # the letters

    def registered(self, letter: str, text: letters.Text, organ: str, data: dict[str, Any]) -> Draft:
        """A founding letter enters the register, its number taken over, with the file as it was found."""
        content = self.texts[text.name]
        reference = {
            "id": document_id(text),
            "media_type": "text/plain",
            "name": text.name,
            "pronom": "x-fmt/111",
            "sha256": text.sha256,
            "size": len(content),
        }
        document = NewDocument(document_id(text), lambda: io.BytesIO(content), text.sha256)
        facts = {"kind": data["doc_type"], "organ": organ}
        return draft("letter_registered", letter, facts, {**data, "documents": [reference]}, documents=[document])

    def signed(
        self, letter: str, signatory: Person, role: str, basis: str, organ: str | None = None, *also: Person
    ) -> Draft:
        """An office-holder signs the newest version of a letter, with a test key."""
        covers = self.covers[letter]
        facts: dict[str, Any] = {
            "basis": basis,
            "covers": covers,
            "key": signatory.key.public.id,
            "level": "none",
            "role": role,
            "signatory": signatory.stream,
        }
        if organ is not None:
            facts["on_behalf_of"] = organ
        if also:
            facts["mede_namens"] = [person.stream for person in also]
        # The message wants attributes, as the facts that are read back have them.
        covered = [_Covered(**one) for one in covers]
        message = envelope.letter_message(ORIGIN, letter, covered, role, organ, basis)
        facts["signature"] = canonical.base64_encode(signatory.key.sign(message))
        shown = {"name_shown": signatory.name, "function_shown": signatory.function, "note": NOTE}
        return draft("letter_signed", letter, facts, shown)

    # the days

    def founding(self) -> None:
        """4 January 2016: the archive is founded; whoever works with it is enrolled."""
        facts = {
            "origin": ORIGIN,
            "log_keys": [public_fact(key) for key in log_keys()],
            "rule_sets": ["archiefwet-1995"],
            "test": True,
        }
        founded = draft("archive_founded", ARCHIVE, facts, {"organisation": "Gemeente Maastricht"})
        self.commit("2016-01-04T08:00", ARCHIVARIS, founded, *ARCHIVARIS.enrolment())
        others = (DEPUTY, RECORDMANAGER, AUDITOR, GRIFFIE, HARTHOLT)
        self.commit("2016-01-04T08:30", ARCHIVARIS, *(one for person in others for one in person.enrolment()))

    def january_2016(self) -> None:
        """5 January 2016: the griffie registers the rondebriefje and plans what follows from it."""
        data = letters.stadsronde(self.texts[letters.STADSRONDE.name])
        first, second, third = (stream(f"meeting 2016 {name}") for name in ("stadsronde", "raadsronde", "raad"))
        self.commit("2016-01-05T08:10", GRIFFIE, self.registered(STADSRONDE, letters.STADSRONDE, "raad", data))
        planned = {"letter": STADSRONDE}
        follow_up = {
            "title": "Toekomstagenda Sociaal Domein 2022",
            "wording": "Raadsronde en raadsvergadering op 19 januari 2016.",
        }
        self.commit(
            "2016-01-05T08:25",
            GRIFFIE,
            draft(
                "meeting_planned",
                first,
                {"kind": "stadsronde", "date": "2016-01-05", **planned},
                {
                    "title": "Stadsronde Toekomstagenda Sociaal Domein 2022",
                    "place": "Raadzaal",
                    "inferred": ["date"],
                    "note": "De rij Datum van het rondebriefje is gelezen als de dag van de stadsronde.",
                },
            ),
            draft("letter_tabled", STADSRONDE, {"meeting": first}),
            draft(
                "meeting_planned",
                second,
                {"kind": "raadsronde", "date": "2016-01-19", "follows": first, **planned},
                follow_up,
            ),
            draft(
                "meeting_planned",
                third,
                {"kind": "raadsvergadering", "date": "2016-01-19", "follows": second, **planned},
                follow_up,
            ),
        )
        self.filed("2016-01-05T08:40", "2016-01-05", "raad", "Toekomstagenda Sociaal Domein 2022", STADSRONDE)

    def filed(self, time: str, date: str, organ: str, title: str, letter: str) -> None:
        """The recordmanager opens a dossier and puts a letter in it."""
        dossier = stream(f"dossier {title}")
        self.commit(
            time,
            RECORDMANAGER,
            draft("dossier_opened", dossier, {"date": date, "organ": organ}, {"title": title}),
            draft("letter_filed", letter, {"dossier": dossier}),
        )

    def january_2021(self) -> None:
        """14 January 2021: the letter 2021-01477 is registered, corrected, signed for the college and sent."""
        self.commit("2021-01-13T13:00", ARCHIVARIS, *REINTS.enrolment(), *KLEIJNEN.enrolment(), *PENN.enrolment())
        data = letters.invitation(self.texts[letters.INVITATION.name])
        # The header breaks the subject over two lines; whoever typed it over took the first.
        cut_short = "Uitnodiging Toelichting verbeterproces Sociaal"
        self.commit(
            "2021-01-14T08:05",
            REINTS,
            self.registered(INVITATION, letters.INVITATION, "college", {**data, "subject": cut_short}),
        )
        self.commit("2021-01-14T08:12", REINTS, draft("letter_edited", INVITATION, {}, {"subject": data["subject"]}))
        for time, signatory, role in (("09:30", KLEIJNEN, "secretaris"), ("09:45", PENN, "burgemeester")):
            self.commit(
                f"2021-01-14T{time}",
                signatory,
                self.signed(INVITATION, signatory, role, "gemeentewet:59a.1", "college"),
            )
        self.commit("2021-01-14T10:30", REINTS, dispatched(INVITATION, letters.INVITATION, "2021-01-14"))
        self.commit("2021-01-14T10:40", REINTS, *announced_in_invitation())
        self.filed("2021-01-14T12:15", "2021-01-14", "college", "Verbeterplan Sociaal Domein", INVITATION)

    def april_2021(self) -> None:
        """15 April 2021: the letter 2021-11557 is registered, signed by one wethouder mede namens another, and sent."""
        enrolled = (RUTTEN, BASTIAANS, JONGEN, KERBUSCH, HENDRIKS)
        self.commit("2021-04-14T07:30", ARCHIVARIS, *(one for person in enrolled for one in person.enrolment()))
        data = letters.standing_in(self.texts[letters.STANDING_IN.name])
        self.commit("2021-04-15T07:20", RUTTEN, self.registered(STANDING_IN, letters.STANDING_IN, "college", data))
        self.commit(
            "2021-04-15T08:05",
            BASTIAANS,
            self.signed(STANDING_IN, BASTIAANS, "wethouder", "gemeentewet:169", None, JONGEN),
        )
        self.commit("2021-04-15T09:00", RUTTEN, dispatched(STANDING_IN, letters.STANDING_IN, "2021-04-15"))
        self.commit("2021-04-15T09:10", RUTTEN, promised_before_the_summer())
        self.commit("2021-04-15T09:30", ARCHIVARIS, appointed())
        self.filed("2021-04-15T10:00", "2021-04-15", "college", "Duurzaam Sociaal Domein", STANDING_IN)

    def head(self) -> None:
        """16 April 2021: the head is signed; the auditor verifies all of it and cosigns; a new head covers that."""
        journal, storage = self.journal, self.journal.storage
        raw = publishing.sign_head(journal, log_keys())
        report = verify(storage, version="regenerate")
        if report.faults:
            raise SystemExit(f"the sample does not verify: {report.faults[0].sentence()}")
        time = "2021-04-16T08:00"
        seconds = int(dt.datetime.fromisoformat(f"{time}:00+00:00").timestamp())
        cosigned = publishing.cosign_head(raw, AUDITOR.cosigner_key, seconds)
        publishing.keep_head(journal, cosigned)
        line = note.parse_note(cosigned).lines[-1]
        self.commit(
            time,
            AUDITOR,
            draft(
                "fixity_checked",
                ARCHIVE,
                {
                    "method": "whole",
                    "size": report.size,
                    "root": report.root,
                    "events": report.size,
                    "payloads": report.payloads,
                    "documents": report.documents,
                    "faults": 0,
                    "result": "sound",
                },
                {"program": "archief verify"},
            ),
            draft(
                "checkpoint_cosigned",
                ARCHIVE,
                {
                    "key": AUDITOR.cosigner_key.public.id,
                    "root": report.root,
                    "signature": canonical.base64_encode(line.signature[8:]),  # eight bytes of time go before it
                    "size": report.size,
                    "time": seconds,
                },
            ),
        )
        publishing.sign_head(journal, log_keys(), publish=True)


@dataclass(frozen=True)
class _Covered:
    commitment: str
    seq: int


def dispatched(letter: str, text: letters.Text, date: str) -> Draft:
    """The letter went to the council. Through which channel it does not say."""
    return draft(
        "letter_dispatched",
        letter,
        {"channel": "ris", "date": date},
        {
            "recipients": [{"name": "De leden van de gemeenteraad"}],
            "documents_sent": [{"id": document_id(text), "sha256": text.sha256}],
            "note": "Het kanaal staat niet in de brief en is aangenomen.",
        },
    )


def announced_in_invitation() -> list[Draft]:
    """The meeting and the papers that the letter of 14 January 2021 announces; it leaves the year out."""
    meeting = draft(
        "meeting_planned",
        stream("meeting 2021 informatiebijeenkomst"),
        {"kind": "informatiebijeenkomst", "date": "2021-01-27", "letter": INVITATION},
        {
            "title": "Informatiebijeenkomst Verbeterplan Sociaal Domein",
            "begin_time": "19:30",
            "end_time": "21:30",
            "place": "MS Teams",
            "inferred": ["year"],
            "wording": "op 27 januari van 19:30 tot uiterlijk 21:30",
        },
    )
    papers = draft(
        "commitment_made",
        stream("commitment 2021 papers"),
        {
            "kind": "papers",
            "made": "2021-01-14",
            "due_begin": "2021-01-28",
            "due_end": "2021-01-29",
            "letter": INVITATION,
        },
        {
            "text": "Het Verbeterplan Sociaal Domein en het bijbehorende raadsvoorstel.",
            "due_wording": "Meteen na de bijeenkomst (28-1)",
            "promised_by": letters.COLLEGE,
            "promised_to": "De leden van de gemeenteraad",
            "inferred": ["year"],
        },
    )
    return [meeting, papers]


def promised_before_the_summer() -> Draft:
    """The plan promised before the letter of 15 April 2021, which refers to it but leaves out when and by whom."""
    return draft(
        "commitment_made",
        stream("commitment 2021 uitvoeringsplan"),
        {"kind": "toezegging", "made_before": "2021-04-15", "due_end": "2021-06-21", "letter": STANDING_IN},
        {
            "text": "Het opstellen van het uitvoeringsplan dat u vóór de zomer is toegezegd.",
            "due_wording": "vóór de zomer",
            "promised_to": "De leden van de gemeenteraad",
            "inferred": ["due_end"],
        },
    )


def appointed() -> Draft:
    """The two managers who stand in as director from 1 April tot 1 September 2021, as the letter tells afterwards."""
    return draft(
        "mandate_granted",
        stream("mandate 2021 waarneming"),
        {
            "basis": "besluit:gemeentesecretaris",
            "begin": "2021-04-01",
            "end": "2021-09-01",
            "holders": [KERBUSCH.stream, HENDRIKS.stream],
            "kind": "waarneming",
            "on_behalf_of": "gemeentesecretaris",
            "role": "directeur",
        },
        {
            "title": "Waarneming directie Sociaal Domein",
            "decision": "Keuze van de algemeen directeur/gemeentesecretaris",
            "scope": "Directeur Sociaal, met ingang van 1 april tot 1 september 2021, door twee managers als duo.",
        },
    )


DAYS = (Sample.founding, Sample.january_2016, Sample.january_2021, Sample.april_2021, Sample.head)
"""In order."""
