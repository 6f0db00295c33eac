"""An archive to export from: letters signed, sent, limited and related, with files, and its state beside it.

made = export_archive(tmp_path)
with made.connected() as database: ...
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archief import canonical
from archief.draft import draft, new_stream
from archief.events import envelope
from archief.log import Log
from archief.projections.projector import Projector
from tests.founding import Founded, Person, folder, found

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@dataclass
class Exported:
    """The archive, its cache and the streams of its letters."""

    archive: Founded
    path: Path
    streams: list[str]
    signer: Person

    @property
    def log(self) -> Log:
        return Log(self.archive.storage)

    @contextlib.contextmanager
    def connected(self) -> Iterator[Any]:
        projector = Projector(self.log, self.path / "cache")
        projector.replay()
        with contextlib.closing(projector.connect()) as database:
            yield database

    def file(self, content: bytes, name: str, media_type: str, pronom: str | None = None) -> tuple[dict[str, Any], Any]:
        facts, document = self.archive.document(content)
        return {**facts, "name": name, "media_type": media_type} | ({"pronom": pronom} if pronom else {}), document

    def letter(self, kind: str = "raadsinformatiebrief", number: str = "2021-00017", **data: Any) -> str:
        """Register a letter with a PDF and a text; gives its stream."""
        stream = new_stream(self.archive.entropy)
        files = [
            self.file(PDF, "Brief aan de raad.pdf", "application/pdf", "fmt/18"),
            self.file(b"Geachte raadsleden,\n", "bijlage.txt", "text/plain"),
        ]
        values = {
            "number": number,
            "subject": "Fietsenstalling <station> & plein",
            "date": "2021-01-14",
            "addressee": "De leden van de raad",
            "handled_by": "P. Bakker",
            "body": ["De stalling is open."],
            "documents": [one for one, _ in files],
            **data,
        }
        documents = [one for _, one in files]
        self.archive.append(draft("letter_registered.v1", stream, {"kind": kind}, values, documents=documents))
        self.streams.append(stream)
        return stream

    def dossier(self, row: str, closed: str | None, *letters: str, number: str, waardering: str = "B") -> str:
        """Open a dossier with letters, classified where a row is given, closed where a day is; gives its stream."""
        stream = new_stream(self.archive.entropy)
        data = {"title": f"Dossier {number}", "number": number, "description": "Over fietsen.", "keywords": ["fiets"]}
        facts = {"date": "2021-01-04", "organ": "college"}
        self.archive.append(draft("dossier_opened.v1", stream, facts, data))
        for letter in letters:
            self.archive.append(draft("letter_filed.v1", letter, {"dossier": stream}))
        if row:
            decision = {"list": "selectielijst-gemeenten-2020", "row": row, "waardering": waardering}
            self.archive.append(draft("dossier_classified.v1", stream, decision, {"reason": "zo is besloten"}))
        if closed is not None:
            self.archive.append(draft("dossier_closed.v1", stream, {"date": closed}))
        return stream

    def table(self, stream: str) -> None:
        """Put a letter on the agenda of a meeting."""
        griffie = self.archive.enrol("griffie")
        meeting = new_stream(self.archive.entropy)
        facts = {"kind": "stadsronde", "date": "2021-02-02"}
        data = {"title": "Stadsronde <fiets>", "begin_time": "19:30", "place": "Stadhuis"}
        self.archive.append(draft("meeting_planned.v1", meeting, facts, data), by=griffie)
        tabled = {"meeting": meeting, "item": 4}
        self.archive.append(draft("letter_tabled.v1", stream, tabled, {"agenda_item": "Ingekomen stukken"}), by=griffie)

    def sign(self, stream: str, role: str = "burgemeester") -> None:
        """Sign the letter as it is."""
        seq, entry = next((seq, entry) for seq, entry in enumerate(self.log.entries()) if stream.encode() in entry)
        event = envelope.decode_event(entry)
        covers = [{"commitment": event.payload, "seq": seq}]
        origin = self.archive.journal.authority.origin
        message = envelope.letter_message(origin, stream, event_covers(covers), role, "college", "gemeentewet:59a.1")
        facts = {
            "basis": "gemeentewet:59a.1", "covers": covers, "key": self.signer.key.public.id, "level": "none",
            "on_behalf_of": "college", "role": role, "signatory": self.signer.stream,
            "signature": canonical.base64_encode(self.signer.key.sign(message)),
        }  # fmt: skip
        data = {"name_shown": "A. Jansen"}
        self.archive.append(draft("letter_signed.v1", stream, facts, data), by=self.signer)

    def dispatch(self, stream: str) -> None:
        facts = {"channel": "email", "date": "2021-01-15"}
        data = {"recipients": [{"name": "De leden van de raad", "address": "griffie@voorbeeld.nl"}]}
        self.archive.append(draft("letter_dispatched.v1", stream, facts, data))


@dataclass(frozen=True)
class _Cover:
    commitment: str
    seq: int


def event_covers(covers: list[dict[str, Any]]) -> list[_Cover]:
    return [_Cover(one["commitment"], one["seq"]) for one in covers]


def dossier_archive(path: Path) -> Exported:
    """An archive with a dossier that is kept, one that is destroyed, one that is open, and a letter in two of them."""
    made = export_archive(path)
    adopted = [
        draft("rule_set_adopted.v1", made.archive.stream, {"rule_set": code, "begin": begin})
        for code, begin in (("archiefwet-1995", "1996-01-01"), ("selectielijst-gemeenten-2020", "2020-01-01"))
    ]
    made.archive.append(*adopted)
    first, second = made.streams
    third = made.letter(number="2021-00019")
    made.table(first)
    made.streams = [
        made.dossier("20.1", "2021-06-30", first, second, number="Z-1", waardering="V"),
        made.dossier("3.1.1", "2021-06-30", second, number="Z-2"),
        made.dossier("20.1", None, third, number="Z-3", waardering="V"),
    ]
    made.archive.sign_head()
    return made


def export_archive(path: Path) -> Exported:
    """An archive with one letter that was signed, sent, limited and related, and one rondebriefje."""
    archive = found(folder(path / "archive"))
    made = Exported(archive, path, [], archive.enrol("ondertekenaar", "authoriser"))
    first, second = made.letter(), made.letter("rondebriefje", "2021-00018", subject="Stadsronde")
    made.sign(first)
    made.dispatch(first)
    archive.append(
        draft("letters_related.v1", first, {"other": second, "relation": "replaces"}),
        draft(
            "openness_restricted.v1", first,
            {"ground": "archiefwet-1995:15.1.a", "begin": "2021-02-01", "end": "2096-02-01"},
            {"reason": "persoonlijke levenssfeer", "decision": "Besluit 2021-12"},
        ),
        draft("letter_annotated.v1", first, {"kind": "remark"}, {"text": "Zie ook de bijlage."}),
    )  # fmt: skip
    archive.sign_head()
    return made
