"""Which role may append which event type: the table of ``roles.toml``, read at first use.

>>> roles_for("letter_signed")
('ondertekenaar',)
>>> may_append("letter_signed", {"auditor"})
False
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

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
    import tomllib  # noqa: PLC0415 - read when first asked, not at import
    from importlib import resources  # noqa: PLC0415 - as above

    rows = tomllib.loads(resources.files("archief.law").joinpath("roles.toml").read_text("utf-8"))["may_append"]
    return {name: tuple(roles) for name, roles in rows.items()}
