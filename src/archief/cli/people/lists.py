"""``archief person list``: who there is, with roles and keys, as they hold at the log's end."""

from __future__ import annotations

from typing import Any

from archief.cli import authority, records
from archief.cli.account import GONE
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import NoArchiveError


@verb(
    "list",
    example="""
    archief person list
    """,
    exits=(NoArchiveError,),
)
def persons(session: Session) -> None:
    """List the persons of the archive: name, function, roles and keys as they hold now."""
    log = session.log()
    test = session.is_test(log)
    known = authority.of(session, log)
    rows: list[dict[str, Any]] = []
    for one in records.read(log, known.persons.values()):
        stream = one.event.stream
        keys = [key for key in known.keys.values() if key.person == stream]
        rows.append(
            {
                "stream": stream,
                "name": one.data.name if one.data is not None else None,
                "function": one.data.function if one.data is not None else None,
                "email": one.data.email if one.data is not None else None,
                "roles": sorted(known.roles.get(stream, ())),
                "keys": [{"id": key.public.id, "use": key.use, "revoked": key.revoked} for key in keys],
            }
        )
    if session.output.json:
        session.output.members({"test": test, "persons": rows})
        return
    shown = [
        (
            row["name"] or GONE,
            row["function"],
            ", ".join(row["roles"]),
            ", ".join(_key(key) for key in row["keys"]),
            row["stream"],
        )
        for row in rows
    ]
    session.output.table(("NAME", "FUNCTION", "ROLES", "KEYS", "STREAM"), shown)


def _key(key: dict[str, Any]) -> str:
    use = "" if key["use"] == "person" else f" ({key['use']})"
    return f"{key['id'][:8]}{use}{' (revoked)' if key['revoked'] is not None else ''}"
