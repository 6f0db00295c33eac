"""``archief events``: the words of the archive, with schema and example."""

from __future__ import annotations

from typing import Any

import click

from archief.cli.session import Session
from archief.cli.verbs import complete_types, verb
from archief.errors import NotFoundError
from archief.events import catalogue
from archief.law.codes import CodeList


@verb(
    "events",
    example="""
    archief events
    archief events letter_registered
    archief events letter_registered --json > letter_registered.schema.json
    """,
    exits=(NotFoundError,),
)
@click.argument("type_", metavar="[TYPE]", required=False, shell_complete=complete_types)
def events(session: Session, *, type_: str | None) -> None:
    """List the event types, or show one: its fields, who may append it, and a line for `append --from`.

    With --json and a TYPE: the JSON Schemas of its facts and data.
    """
    if type_ is None:
        _list(session)
    else:
        _show(session, type_)


def _list(session: Session) -> None:
    from archief.law import roles  # noqa: PLC0415 - reads a table

    types = [catalogue.TYPES[tag] for tag in catalogue.TYPES]
    rows = [
        {
            "type": one.tag,
            "subject": one.subject,
            "stream": one.stream,
            "opens": one.opens,
            "payload": one.payload,
            "mdto": one.mdto,
            "roles": list(roles.roles_for(one.name)),
            "what": one.doc,
        }
        for one in types
    ]
    if session.output.json:
        session.output.members({"events": rows})
        return
    session.output.table(("TYPE", "STREAM", "WHAT"), [(row["type"], row["stream"], row["what"]) for row in rows])


def _show(session: Session, name: str) -> None:
    from archief import canonical  # noqa: PLC0415 - is imported already
    from archief.events import schema  # noqa: PLC0415 - only who looks pays
    from archief.law import roles  # noqa: PLC0415 - reads a table

    known = catalogue.newest(name)
    example = schema.example(known)
    if session.output.json:
        session.output.members(
            {
                "type": known.tag,
                "what": known.doc,
                "stream": known.stream,
                "opens": known.opens,
                "payload": known.payload,
                "mdto": known.mdto,
                "roles": list(roles.roles_for(known.name)),
                "schemas": schema.json_schemas(known),
                "example": example,
            }
        )
        return
    output = session.output
    output.line(f"{known.tag}: {known.doc}")
    output.fields(
        [
            ("stream", known.stream + (" (opens it)" if known.opens else "")),
            ("payload", known.payload),
            ("may append", ", ".join(roles.roles_for(known.name))),
            ("MDTO", known.mdto or "-"),
        ],
        indent="  ",
    )
    for part, described in schema.json_schemas(known).items():
        if described and described.get("$defs"):
            fields = _properties(described, known.name if part == "facts" else "")
            if fields:
                output.line(part)
                output.fields(fields, indent="  ")
    output.line("example")
    output.line(canonical.encode(example).decode())


def _properties(described: dict[str, object], name: str) -> list[tuple[str, object]]:
    """Field names with their meaning, out of a JSON Schema.

    Args:
        described: the schema.
        name: the event type when these are its facts, for the known words of its fields.
    """
    from archief.law import codes  # noqa: PLC0415 - reads a table

    definitions = described["$defs"]
    assert isinstance(definitions, dict)
    word = definitions[str(described["$ref"]).removeprefix("#/$defs/")]
    needed = set(word.get("required", ()))
    lists = codes.fields_of(name)
    return [
        (
            field,
            str(what.get("description", ""))
            + _choices(what, lists.get(field))
            + ("" if field in needed else " (optional)"),
        )
        for field, what in word.get("properties", {}).items()
    ]


def _choices(field: dict[str, Any], known: CodeList | None) -> str:
    """The words that a field takes, when only some are allowed."""
    values = field.get("enum") or field.get("items", {}).get("enum")
    if known is not None:
        values = known.shown()
    return f"; one of: {', '.join(map(str, values))}" if values else ""
