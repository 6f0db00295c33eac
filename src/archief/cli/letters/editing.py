"""``archief edit``, ``annotate``, ``withdraw``, ``relate``: what happens to a letter beside signing and sending it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from archief.cli import drafting, writing
from archief.cli.letters import at_hand
from archief.cli.letters.at_hand import Letter
from archief.cli.output import cell
from archief.cli.people.persons import WRITES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft, options_of, options_of_sets, typed_at
from archief.errors import AmbiguousError, ConflictError, LossError, MalformedError, NotFoundError, UsageError
from archief.events import catalogue

LETTER_WRITES = (*WRITES, MalformedError, NotFoundError, AmbiguousError, ConflictError, LossError)
"""What a command that writes to a letter may end with."""

EMPTY: tuple[Any, ...] = ("", [], {}, None)


@verb(
    "edit",
    example="""
    archief edit 2021-00017 --set subject="Fietsenstalling station" --set phone=
    archief edit 2021-00017 --document kaart.pdf --title "Bijlage 1: kaart"
    """,
    exits=LETTER_WRITES,
)
@click.argument("record", metavar="RECORD")
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A field; nothing behind = empties it.")
@click.option("--data", metavar="FILE", help="A file with the changed fields as a JSON object; - is standard input.")
@click.option(
    "--document",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file to add to the letter; may be repeated.",
)
@click.option("--title", metavar="TEXT", help="What the added files are.")
@click.option(
    "--expect-version",
    type=click.IntRange(min=0),
    metavar="N",
    help="Refuse when the record's newest VERSION (in `archief history`) is not N.",
)
@writing_options()
def edit(
    session: Session,
    *,
    record: str,
    sets: tuple[str, ...],
    data: str | None,
    files: tuple[Path, ...],
    title: str | None,
    expect_version: int | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Change a letter before it is sent, and show what changes. Every version stays in its history.

    A list is given whole: once for each member. After a signature this makes a version that is not signed.
    """
    if not (sets or data or files):
        raise UsageError("nothing to change", remedy="give --set NAME=VALUE, or a file with --document")
    if title and not files:
        raise UsageError("a title is of added files", where="--title", remedy="name them with --document")
    patch = catalogue.newest("letter_edited")
    typed = drafting.typed(patch, sets, drafting.data_from(data) if data is not None else None)
    refs, documents = drafting.documents(files, session.entropy)
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        changes = _changes(letter, typed.data or {})
        if typed.data and not changes and not files:
            raise UsageError("the letter says so already; nothing changes", where=record, remedy="see `archief show`")
        drafts = []
        version = letter.version if expect_version is None else expect_version
        if changes:
            fields = {name: (typed.data or {})[name] for name in changes}
            with typed_at(options_of_sets(sets)):
                drafts.append(draft(patch.tag, letter.stream, {}, fields, expect_version=version))
        if files:
            attached = {"documents": refs, **({"title": title} if title else {})}
            version += bool(drafts)
            with typed_at(options_of([], ["title"])):
                drafts.append(
                    draft("document_attached", letter.stream, {}, attached, documents=documents, expect_version=version)
                )
        told = [line for name, change in changes.items() for line in _diff(name, *change)]
        told += [f"+ document {path.name}" for path in files]
        made.check(drafts)
        if any(one["current"] for one in letter.told["signatures"]):
            session.output.warn("the letter was signed; this makes a version that is not: it must be signed again")
        more = {"changes": {name: {"before": old, "after": new} for name, (old, new) in changes.items()}}
        writing.finish(made, drafts, dry_run=dry_run, told=told, more=more)


def _changes(letter: Letter, patch: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields that become other than they are: before and after."""
    found = {}
    for name, new in patch.items():
        old = letter.fields.get(name)
        if new != old and not (new in EMPTY and old in EMPTY):
            found[name] = (old, new)
    return found


def _diff(name: str, old: Any, new: Any) -> Iterator[str]:  # noqa: ANN401 - any field of a letter
    """A change in lines: ``-`` what was there, ``+`` what comes; of long fields the lines that change."""
    before, after = _lines(old), _lines(new)
    if len(before) <= 1 and len(after) <= 1:
        yield from (f"- {name}: {line}" for line in before)
        yield from (f"+ {name}: {line}" for line in after)
        return
    for line in difflib.unified_diff(before, after, n=0, lineterm=""):
        if line[:3] not in ("---", "+++") and line[:2] != "@@":
            yield f"{line[0]} {name}: {line[1:]}"


def _lines(value: Any) -> list[str]:  # noqa: ANN401 - any field of a letter
    if value in EMPTY:
        return []
    if isinstance(value, dict):
        return [f"{key}: {cell(member)}" for key, member in value.items()]
    return [cell(member) for member in value] if isinstance(value, list) else [cell(value)]


@verb(
    "annotate",
    example="""
    archief annotate 2021-00017 "Het bedrag op bladzijde 2 moet 12.000 euro zijn." --kind correction
    """,
    exits=LETTER_WRITES,
)
@click.argument("record", metavar="RECORD")
@click.argument("text")
@click.option("--kind", metavar="CODE", default="remark", help="remark (usual), correction, own_reading (UAVG 45).")
@click.option("--author", metavar="NAME", help="Whose note it is, if not yours.")
@writing_options()
def annotate(
    session: Session,
    *,
    record: str,
    text: str,
    kind: str,
    author: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Put a note with a letter, also after it was sent. The letter stays as it is."""
    data = {"text": text, **({"author": author} if author else {})}
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        with typed_at(options_of(["kind"], data, text="TEXT")):
            one = draft("letter_annotated", letter.stream, {"kind": kind}, data)
        writing.finish(made, [one], dry_run=dry_run)


@verb(
    "withdraw",
    example="""
    archief withdraw 2021-00017 --ground mistaken --reason "dubbel geregistreerd"
    """,
    exits=LETTER_WRITES,
)
@click.argument("record", metavar="RECORD")
@click.option("--ground", metavar="CODE", help="mistaken, superseded, decision.")
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options(yes=True)
def withdraw(
    session: Session,
    *,
    record: str,
    ground: str | None,
    reason: str | None,
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Take a letter back. It stays in the archive, its number stays used; it is not changed, signed or sent again."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        facts, data = {"ground": ground} if ground else {}, {"reason": reason} if reason else None
        with typed_at(options_of(["ground"], ["reason"])):
            one = draft("letter_withdrawn", letter.stream, facts, data, expect_version=letter.version)
        made.check([one])
        if not dry_run:
            session.confirm("A letter is taken back for good. Go on?", yes=yes)
        writing.finish(made, [one], dry_run=dry_run)


@verb(
    "relate",
    example="""
    archief relate 2021-00019 answers 2021-00017
    """,
    exits=LETTER_WRITES,
)
@click.argument("record", metavar="RECORD")
@click.argument("relation", metavar="RELATION")
@click.argument("other", metavar="OTHER")
@click.option("--note", metavar="TEXT", help="Remarks; stand in the payload.")
@writing_options()
def relate(
    session: Session,
    *,
    record: str,
    relation: str,
    other: str,
    note: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Say that a letter answers, replaces, follows or refers_to another one (RELATION)."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter, second = at_hand.letter(made, record), at_hand.letter(made, other)
        if letter.stream == second.stream:
            raise UsageError("a letter has no relation with itself", where=other, remedy="name another letter")
        facts = {"other": second.stream, "relation": relation}
        with typed_at(options_of(facts, ["note"], relation="RELATION")):
            one = draft("letters_related", letter.stream, facts, {"note": note} if note else None)
        writing.finish(made, [one], dry_run=dry_run)
