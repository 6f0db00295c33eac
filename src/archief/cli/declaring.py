"""The permanent record of a declaration (verklaring): its page, its PDF and its facts as data."""

from __future__ import annotations

import hashlib
import io
from typing import Any, NamedTuple

from archief.cli import records
from archief.cli.session import Session, version
from archief.cli.wording import draft
from archief.draft import Draft, new_stream
from archief.errors import ExtraMissingError, MalformedError
from archief.log import Log
from archief.render.declarations.paper import Declaration
from archief.rules.town_hall import day_of
from archief.storage.base import NewDocument


class Kept(NamedTuple):
    """A declaration on its way into the archive.

    Attributes:
        record: the event that registers it.
        stream: its record.
        without_pdf: why there is no PDF of it; empty when there is.
    """

    record: Draft
    stream: str
    without_pdf: str


def kept(session: Session, made: Declaration, stream: str | None = None) -> Kept:
    """The record that keeps a declaration: the page, the PDF where it can be made, and the facts as data.

    Args:
        session: for random ids.
        made: its facts.
        stream: the record, where it was named before; else a new one.
    """
    from archief.render import typesetting  # noqa: PLC0415 - only who declares pays
    from archief.render.declarations import declaration  # noqa: PLC0415 - as above

    paper = made.paper()
    files = [("verklaring.html", "text/html", "fmt/471", declaration.html(made))]
    why = ""
    try:
        files.append(("verklaring.pdf", "application/pdf", typesetting.PRONOM, declaration.pdf(made)))
    except (ExtraMissingError, MalformedError) as error:
        why = error.what
    files.append(("verklaring.json", "application/json", "fmt/817", declaration.data(made)))
    documents = [_document(session, *file) for file in files]
    stream = stream if stream is not None else new_stream(session.entropy)
    data = {
        "date": day_of(made.time).isoformat(),
        "doc_type": paper.title,
        "documents": [ref for ref, _ in documents],
        "organisation": paper.organisation,
        "subject": f"{paper.title} {paper.reference}",
    }
    record = draft("letter_registered", stream, {"kind": "verklaring"}, data, documents=[new for _, new in documents])
    return Kept(record, stream, why)


def organisation(log: Log) -> str:
    """Whose archive it is; the log's name where that is gone."""
    founded = records.read(log, [0])[0]
    return founded.data.organisation if founded.data is not None else log.origin


def _document(
    session: Session, name: str, media_type: str, pronom: str, content: bytes
) -> tuple[dict[str, Any], NewDocument]:
    digest = hashlib.sha256(content).hexdigest()
    new = NewDocument(session.entropy(16).hex(), lambda: io.BytesIO(content), digest)
    reference = {
        "id": new.id,
        "media_type": media_type,
        "name": name,
        "pronom": pronom,
        "identified_by": f"made as such by archief {version()}",
        "sha256": digest,
        "size": len(content),
    }
    return reference, new
