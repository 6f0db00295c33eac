"""``archief person`` and ``archief role``: who there is, and who may append what."""

from __future__ import annotations

import contextlib

import click

from archief.cli import keyring, names, writing
from archief.cli.people import enrolment
from archief.cli.session import Session
from archief.cli.verbs import Family, verb, writing_options
from archief.cli.wording import draft, typed_at
from archief.cli.writing import Writer
from archief.draft import Draft, new_stream
from archief.errors import (
    AmbiguousError,
    KeyMissingError,
    NoArchiveError,
    NotFoundError,
    PassphraseError,
    RefusedError,
    UsageError,
)
from archief.law.roles import ROLES

WRITES = (NoArchiveError, KeyMissingError, PassphraseError, RefusedError)

person = Family(
    "person",
    help="Persons and offices: the log knows them by random ids, their names can be erased.",
    members={"add": "people.persons:add", "list": "people.lists:persons"},
)
role = Family(
    "role",
    help="Roles: who may append what (the table stands in docs/events.md).",
    members={"grant": "people.persons:grant", "withdraw": "people.persons:withdraw"},
)


@verb(
    "add",
    example="""
    archief person add "B. Jansen" --function burgemeester --role ondertekenaar --key
    archief person add "C. de Boer" --role behandelaar --key burgerzaken
    """,
    exits=WRITES,
)
@click.argument("name")
@click.option("--function", metavar="TEXT", help="The function, as in 'wethouder'.")
@click.option("--email", metavar="ADDRESS", help="An e-mail address.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Grant this role too; may be repeated.")
@click.option(
    "--key",
    "key_name",
    metavar="[KEY]",
    is_flag=False,
    flag_value="",
    help="Enrol this key too; it is made when it is not there. Without KEY: a new one, named after the first role.",
)
@writing_options()
def add(
    session: Session,
    *,
    name: str,
    function: str | None,
    email: str | None,
    roles: tuple[str, ...],
    key_name: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Enrol a person, with roles and a key in the same commit if you like."""
    data = {"name": name} | {key: value for key, value in (("function", function), ("email", email)) if value}
    with writing.writer(session, accept_clock=accept_clock) as made:
        stream = new_stream(session.entropy)
        with typed_at({"data.name": "NAME", "data.function": "--function", "data.email": "--email"}):
            drafts = [draft("person_enrolled", stream, {}, data)]
        made.check(drafts)  # before a key is made for nothing
        if key_name is not None:
            chosen = key_name or keyring.free_name(session, roles[0] if roles else "person")
            drafts += _with_key(made, stream, chosen, dry_run=dry_run)
        drafts += [draft("role_granted", stream, {"role": one}) for one in roles]
        writing.finish(made, drafts, dry_run=dry_run, told=[f"person {name}"])


def _with_key(made: Writer, stream: str, name: str, *, dry_run: bool) -> list[Draft]:
    session = made.session
    if keyring.path_for(session, name).exists():
        file = keyring.opened(session, keyring.find(session, name))
    elif dry_run:
        session.output.note(f"would make the key {keyring.path_for(session, name)} and enrol it")
        return []
    else:
        file = keyring.made(session, name, "person")
        session.output.note(f"made the key {keyring.path_for(session, name)}: it signs with --as {name}")
    if file.use != "person":
        raise UsageError(f"{name} is a {file.use} key", where="--key", remedy="see `archief key enrol --help`")
    return [enrolment.enrolled(made.origin, stream, file)]


@verb(
    "grant",
    example="""
    archief role grant "B. Jansen" recordmanager --reason "per 1 maart in dienst"
    """,
    exits=(*WRITES, NotFoundError, AmbiguousError),
)
@click.argument("person_", metavar="PERSON")
@click.argument("role_", metavar="ROLE", type=click.Choice(ROLES))
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options()
def grant(
    session: Session,
    *,
    person_: str,
    role_: str,
    reason: str | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Let a person append what a role may append, from now on."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        stream = names.person(made.journal.authority, made.log, person_)
        one = draft("role_granted", stream, {"role": role_}, {"reason": reason} if reason else None)
        writing.finish(made, [one], dry_run=dry_run)


@verb(
    "withdraw",
    example="""
    archief role withdraw "B. Jansen" recordmanager --reason "uit dienst" --yes
    """,
    exits=(*WRITES, NotFoundError, AmbiguousError),
)
@click.argument("person_", metavar="PERSON")
@click.argument("role_", metavar="ROLE", type=click.Choice(ROLES))
@click.option("--reason", metavar="TEXT", help="Why; stands in the payload.")
@writing_options(yes=True)
def withdraw(
    session: Session, *, person_: str, role_: str, reason: str | None, accept_clock: bool, yes: bool, dry_run: bool
) -> None:
    """Take a role from a person, from now on; what was appended stays valid."""
    with writing.writer(session, accept_clock=accept_clock) as made:
        stream = names.person(made.journal.authority, made.log, person_)
        one = draft("role_withdrawn", stream, {"role": role_}, {"reason": reason} if reason else None)
        made.check([one])  # before anything is asked
        if not dry_run:
            with contextlib.suppress(KeyError):
                person_ = names.of_persons(made.journal.authority, made.log)[stream]
            session.confirm(f"Withdraw {role_} from {person_}?", yes=yes)
        writing.finish(made, [one], dry_run=dry_run)
