"""``archief render``: a letter as a PDF in the municipality's layout, to look at, or kept with the letter."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from archief.cli import account, exported, outfile, records, writing
from archief.cli.people.persons import WRITES
from archief.cli.records import Happened
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.draft import Draft, draft
from archief.errors import (
    AmbiguousError,
    ConflictError,
    ExtraMissingError,
    LossError,
    MalformedError,
    NotFoundError,
    RefusedError,
    WriteFailedError,
)
from archief.events.base import DocumentRef
from archief.events.letters import LetterData
from archief.keys import Entropy
from archief.log import Log
from archief.storage.base import NewDocument

TITLE = "Weergave van de brief"
"""How a rendition is known among the files of a letter."""

NAME = "brief.pdf"


class Rendition(NamedTuple):
    """The PDF of a letter.

    Attributes:
        stream: the letter.
        version: the newest ``stream_seq`` that was seen.
        status: how far the letter is.
        content: the PDF.
        kept: how the letter's file names it; None when it was made just now.
    """

    stream: str
    version: int
    status: str
    content: bytes
    kept: DocumentRef | None


@verb(
    "render",
    example="""
    archief render 2021-00017 --out proef.pdf
    archief render 2021-00017
    archief render 2021-00017 --template huisstijl --out proef.pdf
    """,
    exits=(
        *WRITES,
        NotFoundError,
        AmbiguousError,
        LossError,
        MalformedError,
        ConflictError,
        ExtraMissingError,
        WriteFailedError,
    ),
)
@click.argument("record", metavar="RECORD")
@click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write the PDF there and append nothing; - is standard output.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder of another layout (docs/rendering.md).",
)
@writing_options()
def render(
    session: Session,
    *,
    record: str,
    out: Path | None,
    template: Path | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Make the PDF of a letter (PDF/A-3a, PDF/UA-1) and keep it with the letter, before the letter is signed.

    With --out it is only written to a file, which needs no key. Once it is kept and the letter is not edited after
    that, it is not made again: --out gives the bytes that were kept.
    """
    log = session.log()
    test = session.is_test(log)
    made = rendition(session, log, record, template)
    if out is not None or made.kept is not None:
        _hand_out(session, log, made, out, test=test)
        return
    if made.status != "registered":
        raise RefusedError(
            f"the letter is {made.status}; a file added now would be under no signature",
            where=record,
            remedy="write it to a file with --out; a letter is rendered before it is signed",
        )
    with writing.writer(session, accept_clock=accept_clock) as writer:
        told = [f"{TITLE}: {len(made.content):,} bytes, sha256 {_digest(made.content)}"]
        writing.finish(writer, [attached(made, session.entropy)], dry_run=dry_run, told=told)


def rendition(session: Session, log: Log, text: str, template: Path | None = None) -> Rendition:
    """The PDF of a letter's newest version: the one that is kept, or else made now.

    Args:
        session: the surroundings.
        log: the archive.
        text: which letter.
        template: another layout than ours; then it is always made now.

    Raises:
        NotFoundError: there is no such letter, or its content is gone.
        AmbiguousError: several answer to it.
        RefusedError: it is no letter of ours.
        LossError: what is kept is missing or changed.
        ArchiefError: as :func:`archief.render.rendition.rendition`.
    """
    from archief.render import rendition as render_module  # noqa: PLC0415 - only who renders pays

    found = records.find(session, log, text)
    happened = records.happened(log, found)
    if happened[0].event.type.rpartition(".v")[0] != "letter_registered":
        raise RefusedError("only a letter of our own is rendered", where=text, remedy="see `archief show`")
    told = account.letter(happened, lambda person: person)
    if told["gone"]:
        raise NotFoundError("the letter's content is gone", where=text, remedy="see `archief show`")
    ref = kept(happened) if template is None else None
    if ref is not None:
        content = stored(log, ref)
    else:
        letter = _letter(told)
        folder = template if template is not None else render_module.OURS
        content = render_module.rendition(letter, _moment(letter, happened), folder)
    return Rendition(found.stream, happened[-1].event.stream_seq, told["status"], content, ref)


def kept(happened: Sequence[Happened]) -> DocumentRef | None:
    """The rendition of a letter's newest version, if one is kept: nobody edited the letter after it was made.

    Args:
        happened: the letter's events in order.
    """
    found: DocumentRef | None = None
    for one in happened:
        word = one.event.type.rpartition(".v")[0]
        if word == "letter_edited":
            found = None
        elif word == "document_attached" and one.data is not None and one.data.title == TITLE:
            found = one.data.documents[0]
    return found


def attached(made: Rendition, entropy: Entropy) -> Draft:
    """The event that keeps a rendition; refused when the letter changed meanwhile.

    Args:
        made: the PDF, made now.
        entropy: for the file's id.
    """
    ref, new = stored_as(made.content, entropy, NAME)
    data = {"documents": [ref], "title": TITLE}
    return draft("document_attached", made.stream, {}, data, documents=[new], expect_version=made.version)


def stored_as(content: bytes, entropy: Entropy, name: str) -> tuple[dict[str, Any], NewDocument]:
    """A PDF of ours as a payload registers it, and as the storage takes it.

    Args:
        content: the PDF.
        entropy: for the file's id.
        name: what the file is called.
    """
    from archief.render.typesetting import PRONOM, made_by  # noqa: PLC0415 - only who renders pays

    digest = _digest(content)
    new = NewDocument(entropy(16).hex(), lambda: io.BytesIO(content), digest)
    ref = {
        "id": new.id,
        "media_type": "application/pdf",
        "name": name,
        "pronom": PRONOM,
        "identified_by": f"made as such by {made_by()}",
        "sha256": digest,
        "size": len(content),
    }
    return ref, new


def _letter(told: dict[str, Any]) -> LetterData:
    """The letter as it reads; what kind it is where it does not say so itself."""
    fields = {name: value for name, value in told["fields"].items() if name in LetterData.__struct_fields__}
    return msgspec.convert({"doc_type": told["kind"], **fields}, LetterData)


def _moment(letter: LetterData, happened: Sequence[Happened]) -> dt.datetime:
    """What the PDF says of when it was made: the letter's date, or when its content changed last. Never a clock."""
    if letter.date is not None:
        return dt.datetime.fromisoformat(letter.date).replace(tzinfo=dt.UTC)
    changed = [one.time for one in happened if one.event.type.startswith(("letter_registered.", "letter_edited."))]
    return dt.datetime.fromisoformat(changed[-1])


def stored(log: Log, ref: DocumentRef) -> bytes:
    """The bytes of a file that is kept.

    Args:
        log: the archive.
        ref: how the letter's file names it.

    Raises:
        LossError: they are not those that were kept.
    """
    with log.storage.open_document(ref.id) as stream:
        content = stream.read()
    if _digest(content) != ref.sha256:
        raise LossError("the document is not the one that was kept", where=ref.id, remedy="run `archief verify`")
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hand_out(session: Session, log: Log, made: Rendition, out: Path | None, *, test: bool) -> None:
    """Write the PDF where it was asked for, and tell about it."""
    output = session.output
    if out is not None and str(out) == "-":
        output.raw(made.content)
        return
    if out is not None:
        with exported.noted(session, log.origin, log.size, "rendition", out, [made.stream]):
            outfile.write(session, out, made.content)
    digest, size = _digest(made.content), len(made.content)
    if output.json:
        told = {"stream": made.stream, "version": made.version, "kept": made.kept.id if made.kept is not None else None}
        file = str(out) if out is not None else None
        output.members({"test": test, **told, "file": file, "size": size, "sha256": digest})
        return
    if out is not None:
        output.line(str(out))
    standing = "as it is kept with the letter" if made.kept is not None else "not kept: nothing was appended"
    output.note(f"{size:,} bytes, sha256 {digest}; {standing}")
