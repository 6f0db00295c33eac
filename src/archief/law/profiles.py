"""Who signs what, from when: the signature profiles of ``profiles.toml``, read at first use.

>>> [one.name for one in profiles() if one.organ == "raad"]
['raad']
>>> stands_in_for("loco-burgemeester")
'burgemeester'
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from archief.law import files

ANY = "*"
"""Any office."""


class Profile(NamedTuple):
    """Which signatures a letter needs, on what ground, and when that holds.

    Attributes:
        name: its word.
        title: for what, in a few words.
        organ: the organ whose letter it is.
        kinds: the kinds of letters it is for; none: every kind.
        basis: the legal basis that its signatures name.
        on_behalf_of: the organ in whose name they are set; None: in their own.
        roles: the offices that sign, each of them.
        mandated: those of them that sign under a mandate.
        not_roles: offices that do not count for ``*``.
        members: every member that the letter names signs, or another signs mede namens them.
        valid_from: first day it holds.
        valid_until: first day it holds no longer; None: until now.
        source: where it was read.
    """

    name: str
    title: str
    organ: str
    kinds: frozenset[str]
    basis: str
    on_behalf_of: str | None
    roles: tuple[str, ...]
    mandated: frozenset[str]
    not_roles: frozenset[str]
    members: bool
    valid_from: dt.date
    valid_until: dt.date | None
    source: str

    def holds(self, organ: str | None, kind: str, day: dt.date) -> bool:
        """Whether it is for a letter of that organ and kind on that day."""
        return (
            organ == self.organ
            and (not self.kinds or kind in self.kinds)
            and self.valid_from <= day
            and (self.valid_until is None or day < self.valid_until)
        )


def in_force(organ: str | None, kind: str, day: dt.date) -> list[Profile]:
    """The profiles for a letter, the usual one first; none when the law asks for no signature on it.

    Args:
        organ: the organ whose letter it is; None when nobody said.
        kind: the kind of letter.
        day: the day they must hold on.
    """
    return [one for one in profiles() if one.holds(organ, kind, day)]


def stands_in_for(role: str) -> str:
    """The office that somebody in this role fills: their own, or that of whom they stand in for."""
    return _read()[1].get(role, role)


def who_fill(office: str) -> list[str]:
    """The roles that fill an office: its own, and those that stand in for it."""
    return [office, *(role for role, filled in _read()[1].items() if filled == office)]


def profiles() -> tuple[Profile, ...]:
    """All profiles, also those that hold no longer, in the order of the file."""
    return _read()[0]


@functools.cache
def _read() -> tuple[tuple[Profile, ...], Mapping[str, str]]:
    found = files.table("profiles")
    return tuple(_profile(one) for one in found["profile"]), {one["role"]: one["office"] for one in found["stand_in"]}


def _profile(one: dict[str, Any]) -> Profile:
    return Profile(
        name=one["name"],
        title=one["title"],
        organ=one["organ"],
        kinds=frozenset(one.get("kinds", ())),
        basis=one["basis"],
        on_behalf_of=one.get("on_behalf_of"),
        roles=tuple(one["roles"]),
        mandated=frozenset(one.get("mandated", ())),
        not_roles=frozenset(one.get("not_roles", ())),
        members=one.get("members", False),
        valid_from=one["valid_from"],
        valid_until=one.get("valid_until"),
        source=one["source"],
    )
