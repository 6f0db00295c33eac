"""``archief key``: the key files of this machine, and which of them count in the archive."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from archief.cli import authority, keyring, names, outfile, records, writing
from archief.cli.people import enrolment
from archief.cli.people.persons import WRITES
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, typed_at
from archief.errors import (
    AmbiguousError,
    ArchiefError,
    KeyRefusedError,
    MalformedError,
    NotFoundError,
    PassphraseError,
    UsageError,
)
from archief.keys import MLDSA44, Use

REQUEST = ".request"
"""What looks like a file is one, whether it is there or not: no key is called so."""

key = Family(
    "key",
    help="Keys: files on this machine, and which of them count in the archive.",
    members={
        "new": "people.keys:new",
        "list": "people.keys:list_keys",
        "enrol": "people.keys:enrol",
        "revoke": "people.keys:revoke",
    },
)


@verb(
    "new",
    example="""
    archief key new
    archief key new burgemeester
    """,
    exits=(PassphraseError, KeyRefusedError),
)
@click.argument("name", required=False)
@click.option(
    "--use",
    type=click.Choice(["person", "log", "cosigner"]),
    default="person",
    help="What it will sign: a person's commits and letters, the log's heads, or the heads of others' logs.",
)
@click.option("--ml-dsa", is_flag=True, help="For a cosigner: ML-DSA-44 (signature lines of type 0x06), not Ed25519.")
@click.option("--dry-run", is_flag=True, help="Say where it would be, make nothing.")
def new(session: Session, *, name: str | None, use: Use, ml_dsa: bool, dry_run: bool) -> None:
    """Make a key file on this machine; it counts when it is enrolled.

    NAME is best a role or an office, not a person: others see file names. Without it the file is called person or
    cosigner, with a number behind when there is one. For a log key NAME is the log's origin (host/digits); its file is
    named after it.
    """
    if ml_dsa and use != "cosigner":
        raise UsageError(
            "--ml-dsa is for cosigners", where="--ml-dsa", remedy="a log's key holds both kinds, a person's is Ed25519"
        )
    if name is None:
        if use == "log":
            raise UsageError(
                "of which log?", where="NAME", remedy="give the log's origin, as `archief verify` prints it"
            )
        name = keyring.free_name(session, use)
    file_name = keyring.name_from(name) if use == "log" else name
    path = keyring.path_for(session, file_name)
    keyring.refuse_existing(path)
    told: dict[str, Any] = {"name": file_name, "use": use, "file": str(path)}
    if dry_run:
        _tell_dry(session, told)
        return
    made = keyring.made(session, file_name, use, title=name, types=(MLDSA44,) if ml_dsa else ())
    ids = [public.id for public in made.public]
    if session.output.json:
        session.output.members({**told, "ids": ids})
        return
    session.output.line(f"{path}")
    session.output.fields([("key", one) for one in ids])
    whose = "" if use == "log" else " --person PERSON"
    session.output.note(f"next: archief key enrol {file_name}{whose} (by an archivaris)")


def _tell_dry(session: Session, told: dict[str, Any]) -> None:
    if session.output.json:
        session.output.members({"dry_run": True, **told})
    else:
        session.output.line(f"would make {told['file']}")


@verb(
    "list",
    example="""
    archief key list
    """,
)
def list_keys(session: Session) -> None:
    """List the key files of this machine, and whether the archive at hand knows them."""
    known: dict[str, str] = {}
    test = None
    with contextlib.suppress(ArchiefError):
        log = session.log()
        test = session.is_test(log)
        known = _known(session)
    rows: list[dict[str, Any]] = [
        {"name": one.name, "use": one.card.use, "id": public.id, "type": public.type, "archive": known.get(public.id)}
        for one in keyring.listed(session)
        for public in one.card.public
    ]
    if session.output.json:
        session.output.members({"test": bool(test), "folder": str(session.keys_folder), "keys": rows})
        return
    if not rows:
        session.output.note(f"no keys in {session.keys_folder}; make one with `archief key new NAME`")
        return
    shown = [(row["name"], row["use"], row["id"][:16], _kind(row["type"]), row["archive"] or "") for row in rows]
    session.output.table(("NAME", "USE", "ID", "TYPE", "IN THIS ARCHIVE"), shown)


def _kind(number: int) -> str:
    return "Ed25519" if number == 1 else "ML-DSA-44"


def _known(session: Session) -> dict[str, str]:
    """What the archive at hand says of keys: for each id a few words."""
    found = authority.of(session, session.log())
    known = {public.id: "log key" for public in found.log_keys}
    known |= {public.id: "former log key" for keys in found.former_log_keys for public in keys}
    for one in found.keys.values():
        state = f"revoked at entry {one.revoked}" if one.revoked is not None else f"enrolled at entry {one.enrolled}"
        known[one.public.id] = f"{one.use} key of {one.person[:8]}, {state}"
    return known


@verb(
    "enrol",
    example="""
    archief key enrol burgemeester --person "B. Jansen"
    archief key enrol burgemeester --person 5b1e9f3c-7d42-4a6b-8f10-2c3d4e5f6a7b --request burgemeester.request
    archief key enrol burgemeester.request
    """,
    exits=(*WRITES, KeyRefusedError, MalformedError, NotFoundError, AmbiguousError),
)
@click.argument("key_", metavar="KEY|FILE")
@click.option("--person", "person_", metavar="PERSON", help="Whose key it is.")
@click.option(
    "--request", type=click.Path(path_type=Path), metavar="FILE", help="Write a request for an archivaris instead."
)
@click.option("--origin", metavar="ORIGIN", help="With --request, when the archive is not at hand: the log's name.")
@click.option("--ground", metavar="CODE", help="For a log key: why the log's keys change, such as yearly.")
@click.option(
    "--suspect-from", type=int, metavar="SEQ", help="For a log key: entry from which the old keys are doubted."
)
@writing_options()
def enrol(
    session: Session,
    *,
    key_: str,
    person_: str | None,
    request: Path | None,
    origin: str | None,
    ground: str | None,
    suspect_from: int | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Let a key count: as a person's, as a cosigner's, or as the log's new key.

    KEY is a key file of this machine. A key on another machine is enrolled in two steps: its holder writes a --request
    (no secret is in it), and an archivaris enrols that FILE. Enrolling a log key makes it the log's key: the old one
    signs no later head.
    """
    if request is not None:
        _write_request(session, key_, person_, request, origin)
        return
    with writing.writer(session, accept_clock=accept_clock) as made:
        path = Path(key_)
        if path.is_file() or path.suffix == REQUEST or len(path.parts) > 1:
            stream, one = enrolment.requested(path, made.origin)
            if person_ is not None and names.person(made.journal.authority, made.log, person_) != stream:
                raise MalformedError("the request is for another person", where=key_)
        else:
            file = keyring.opened(session, keyring.find(session, key_))
            if file.use == "log":
                archive = made.journal.authority.archive
                with typed_at({"facts.ground": "--ground", "facts.suspect_from": "--suspect-from"}):
                    one = enrolment.rotated(made.origin, archive, file, ground=ground, suspect_from=suspect_from)
            else:
                if person_ is None:
                    raise UsageError("whose key is it?", where="--person", remedy="name the person with --person")
                one = enrolment.enrolled(made.origin, names.person(made.journal.authority, made.log, person_), file)
        writing.finish(made, [one], dry_run=dry_run)


def _write_request(session: Session, key_: str, person_: str | None, target: Path, origin: str | None) -> None:
    if person_ is None:
        raise UsageError("whose key is it?", where="--person", remedy="ask the archivaris for your stream id")
    if origin is None or not records.is_stream(person_):
        log = session.log()
        origin = origin or log.origin
        person_ = names.person(authority.of(session, log), log, person_)
    file = keyring.opened(session, keyring.find(session, key_))
    outfile.write(session, target, enrolment.request(origin, person_, file), "--request")
    if session.output.json:
        told = {"origin": origin, "person": person_, "key": file.public[0].id, "file": str(target)}
        session.output.members(told)
        return
    session.output.note(f"{target}: send it to an archivaris, who runs `archief key enrol {target}`")


@verb(
    "revoke",
    example="""
    archief key revoke 3d4017c3 --ground lost --suspect-from 1200 --yes
    """,
    exits=(*WRITES, NotFoundError, AmbiguousError),
)
@click.argument("key_", metavar="KEY")
@click.option("--suspect-from", type=int, metavar="SEQ", help="Entry from which its commits are flagged.")
@click.option("--ground", metavar="CODE", help="Why: lost, stolen, left, replaced.")
@click.option("--reason", metavar="TEXT", help="In words; stands in the payload.")
@writing_options(yes=True)
def revoke(
    session: Session,
    *,
    key_: str,
    suspect_from: int | None,
    ground: str | None,
    reason: str | None,
    accept_clock: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Let a key count no longer, from now on. KEY: the first digits of its id, or a key file of this machine."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        known = made.journal.authority.keys
        here = [one.public.id for one in keyring.listed(session) if one.name == key_ and one.public.id in known]
        wanted = here[0] if here else names.key(made.journal.authority, key_)
        facts: dict[str, object] = {"key": wanted}
        facts |= {"suspect_from": suspect_from} if suspect_from is not None else {}
        facts |= {"ground": ground} if ground else {}
        with typed_at({"facts.ground": "--ground", "facts.suspect_from": "--suspect-from", "data.reason": "--reason"}):
            one = draft("key_revoked", known[wanted].person, facts, {"reason": reason} if reason else None)
        made.check([one])  # before anything is asked
        if not dry_run:
            session.confirm(f"Revoke key {wanted[:16]} for good?", yes=yes)
        writing.finish(made, [one], dry_run=dry_run)
