"""Which role may append which event type: the table of ``roles.toml``, read at first use.

>>> roles_for("letter_signed")
('ondertekenaar',)
>>> may_append("letter_signed", {"auditor"})
False
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from archief.law import files

ROLES = (
    "archivaris",
    "recordmanager",
    "behandelaar",
    "ondertekenaar",
    "griffie",
    "authoriser",
    "auditor",
    "records_office",
)
"""All roles there are."""


def roles_for(name: str) -> tuple[str, ...]:
    """Give the roles that may append an event type; none for a name without a row.

    Args:
        name: the type's name without its version, such as ``letter_signed``.
    """
    return table().get(name, ())


def may_append(name: str, roles: Iterable[str]) -> bool:
    """Tell whether one of these roles may append an event type.

    Args:
        name: the type's name without its version.
        roles: the roles that a person has.
    """
    return not frozenset(roles).isdisjoint(roles_for(name))


@functools.cache
def table() -> Mapping[str, tuple[str, ...]]:
    """Read the whole table: name of an event type to the roles that may append it."""
    return {name: tuple(roles) for name, roles in files.table("roles")["may_append"].items()}
