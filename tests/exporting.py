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
