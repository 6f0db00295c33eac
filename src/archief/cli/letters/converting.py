"""``archief convert``: a file of a letter gets a version in PDF/A, tested and declared; the original stays."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from archief import durable
from archief.cli import declaring, writing
from archief.cli.letters import at_hand, conversion, rendering
from archief.cli.letters.at_hand import Letter
from archief.cli.letters.conversion import Made, Tested
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft
from archief.cli.writing import Writer
from archief.draft import new_stream
from archief.errors import AmbiguousError, ExtraMissingError, NotFoundError, RefusedError
from archief.events.base import DocumentRef
from archief.law import roles
from archief.rules.town_hall import day_of
from archief.storage.base import NewDocument

ID_DIGITS_MIN = 4


@verb(
    "convert",
    example="""
    archief convert 2021-00017 --to pdfa --dry-run
    archief convert 2021-00017 --to pdfa --document ab3f19c2
    """,
    exits=(*LETTER_WRITES, ExtraMissingError),
)
@click.argument("record", metavar="RECORD")
@click.option("--to", "target", type=click.Choice(["pdfa"]), required=True, help="The format it gets.")
@click.option("--document", "wanted", metavar="ID", help="Which file: its id, or the beginning; `archief show` has it.")
@writing_options()
def convert(
    session: Session,
    *,
    record: str,
    target: str,  # noqa: ARG001 - there is one as yet
    wanted: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Make a version of a letter's file in PDF/A, test it, and keep it with the letter; the original stays as it is.

    Text and mail are set by archief itself; other formats take LibreOffice, where it is installed. The test compares
    the words, and asks veraPDF where it is installed; what fails is not kept. The declaration (Archiefregeling 25) says
    tool, version, test and result, and is a record of its own.
    """
    from archief.intake import identification  # noqa: PLC0415 - only who converts pays

    conversion.demand_readable()
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        _demand_time(letter, record)
        source = _source(letter, wanted)
        content = rendering.stored(made.log, source)
        cache = session.cache_folder(made.origin)
        durable.make_folder(cache)
        version = conversion.made(content, identification.kind_of(content), _moment(letter, source), cache)
        tested = conversion.tested(version, cache)
        writing.finish(
            made,
            _drafts(session, made, letter, _identified(source, content), version, tested),
            dry_run=dry_run,
            told=[f"{version.tool} {version.version}: {version.pronom}", f"test: {tested.verdict}"],
            more={
                "tool": version.tool, "tool_version": version.version, "format": version.pronom,
                "verdict": tested.verdict,
            },
        )  # fmt: skip


def _demand_time(letter: Letter, record: str) -> None:
    """Refuse a version of what is signed and not sent: it would be one that nobody signed."""
    if letter.told["status"] == "signed":
        raise RefusedError(
            "the letter is signed and not sent; a version made now would be under no signature",
            where=record,
            remedy="convert it before it is signed, or after it is sent",
        )


def _source(letter: Letter, wanted: str | None) -> DocumentRef:
    """The file that is converted.

    Raises:
        NotFoundError: no file of the letter answers to it.
        AmbiguousError: several do.
        RefusedError: it is PDF/A, or has a version in it.
    """
    files: list[DocumentRef] = [
        one for happened in letter.happened for one in getattr(happened.data, "documents", ()) or ()
    ]
    done = {
        happened.data.source: happened.event.seq
        for happened in letter.happened
        if happened.event.type == "document_converted.v1" and happened.data is not None
    }
    if wanted is None:
        answers = [one for one in files if one.pronom not in conversion.PDF_A and one.id not in done]
    else:
        answers = [one for one in files if len(wanted) >= ID_DIGITS_MIN and one.id.startswith(wanted)]
    if not answers:
        what = "no file of this letter answers to that" if wanted else "no file of this letter is to be converted"
        raise NotFoundError(what, where=wanted or "--document", remedy="`archief show` lists its files")
    if len(answers) > 1:
        raise AmbiguousError(
            f"it has {len(answers)} files: {', '.join(one.id[:8] for one in answers)}",
            where="--document",
            remedy="name one with --document",
        )
    (found,) = answers
    if found.id in done:
        raise RefusedError(f"it has a version in PDF/A (entry {done[found.id]})", where=f"document {found.id[:8]}")
    if found.pronom in conversion.PDF_A:
        raise RefusedError("it is PDF/A as it stands", where=f"document {found.id[:8]}")
    return found


def _identified(source: DocumentRef, content: bytes) -> DocumentRef:
    """The file with its format, where somebody knows it."""
    from archief.intake import identification  # noqa: PLC0415 - only who converts pays

    if source.pronom is not None:
        return source
    try:
        pronom = identification.identify(content, identification.kind_of(content)).pronom
    except ExtraMissingError:
        return source
    return msgspec.structs.replace(source, pronom=pronom or None)


def _moment(letter: Letter, source: DocumentRef) -> dt.datetime:
    """What the PDF says of when it was made: when its original was registered. Never a clock."""
    times = [one.time for one in letter.happened if source in (getattr(one.data, "documents", ()) or ())]
    return dt.datetime.fromisoformat(times[0])


def _drafts(
    session: Session, made: Writer, letter: Letter, source: DocumentRef, version: Made, tested: Tested
) -> Sequence[Any]:
    """The declaration's record, and the conversion that names it."""
    digest = hashlib.sha256(version.content).hexdigest()
    new = NewDocument(session.entropy(16).hex(), lambda: io.BytesIO(version.content), digest)
    stem = (source.name or "document").rpartition(".")[0] or source.name or "document"
    ref = {
        "id": new.id,
        "media_type": "application/pdf",
        "name": f"{stem}.pdf",
        "pronom": version.pronom,
        "identified_by": f"made as such by {version.tool} {version.version}",
        "sha256": digest,
        "size": len(version.content),
    }
    stream = new_stream(session.entropy)
    declared = declaring.kept(session, _declared(session, made, letter, source, new.id, version, tested), stream)
    facts = {
        "from_format": conversion.format_code(source.pronom),
        "to_format": conversion.format_code(version.pronom),
        "result": tested.verdict,
        "declaration": stream,
    }
    data = {
        "documents": [ref],
        "source": source.id,
        "tool": version.tool,
        "tool_version": version.version,
        "test": tested.test,
        "result": tested.result,
    }
    given = {name: value for name, value in facts.items() if value is not None}
    converted = draft("document_converted", letter.stream, given, data, documents=[new], expect_version=letter.version)
    return [converted, declared.record]


def _declared(
    session: Session, made: Writer, letter: Letter, source: DocumentRef, target: str, version: Made, tested: Tested
) -> Any:  # noqa: ANN401 - the declaration's class is imported here
    """The facts of the verklaring van conversie; it names no file and no number."""
    from archief.render.declarations.conversion import Conversie, Converted  # noqa: PLC0415 - only who converts pays
    from archief.render.declarations.paper import Act, Head  # noqa: PLC0415 - as above

    now = session.clock().replace(microsecond=0)
    held = made.journal.authority.roles.get(made.person or "", {})
    allowed = roles.roles_for("document_converted")
    role = next((one for one in allowed if one in held), allowed[0])
    file = Converted(
        source=source.id,
        target=target,
        source_format=source.pronom,
        target_format=version.pronom,
        tool=version.tool,
        tool_version=version.version,
        test=tested.test,
        result=tested.result,
        verdict=tested.verdict,
    )
    return Conversie(
        organisation=declaring.organisation(made.log),
        origin=made.origin,
        record=letter.stream,
        time=now,
        files=[file],
        acts=[Act(step="document_converted", role=role, day=day_of(now))],
        head=Head(size=made.journal.size, root=made.journal.root().hex()),
        test=made.journal.authority.test,
    )
