"""How a letter stands to the signature profiles of the law: which is in force, what is still to sign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from archief.cli.letters.at_hand import Letter
from archief.law import profiles
from archief.law.profiles import Profile
from archief.rules.authority import Authority
from archief.rules.profiles import Signature, Standing, standing


def in_force(letter: Letter, day: dt.date) -> list[Profile]:
    """The profiles for a letter on a day; none for one from outside.

    Args:
        letter: the letter.
        day: the day.
    """
    if letter.received:
        return []
    return profiles.in_force(letter.told.get("organ"), letter.told["kind"], day)


def of(letter: Letter, authority: Authority, day: dt.date, besides: Sequence[Signature] = ()) -> Standing:
    """How the letter as it is now stands.

    Args:
        letter: the letter.
        authority: the mandates.
        day: the day that counts.
        besides: signatures that are about to be set.
    """
    signed = [signature(one, authority) for one in letter.told["signatures"] if one["current"]]
    return standing(in_force(letter, day), [*signed, *besides], _named(letter))


def signature(facts: dict[str, Any], authority: Authority) -> Signature:
    """A signature as the rules judge it.

    Args:
        facts: what the log, or ``show``, says of it.
        authority: the mandates.
    """
    mandate = authority.mandates.get(facts.get("mandate") or "")
    return Signature(
        role=facts["role"],
        basis=facts["basis"],
        on_behalf_of=facts.get("on_behalf_of"),
        persons=1 + len(facts.get("mede_namens") or ()),
        mandate_role=mandate.facts.role if mandate is not None else None,
        mandate_basis=mandate.facts.basis if mandate is not None else None,
    )


def _named(letter: Letter) -> int:
    """How many persons the letter names below it; behind "mede namens" stand further ones."""
    named = letter.fields.get("signatories", [])
    others = [one["on_behalf_of"] for one in named if one.get("on_behalf_of")]
    organs = ("burgemeester en wethouders", "college", "raad")
    persons = [one for text in others for one in text.split(";") if not one.strip().lower().startswith(organs)]
    return sum(1 for one in named if one.get("name")) + len(set(persons))


def told(found: Standing) -> str:
    """A standing in a sentence; empty when no profile is in force."""
    if found.profile is None:
        return ""
    if not found.missing:
        return f"signed as the law wants: {found.profile.title} ({found.profile.basis})"
    missing = ", ".join(found.missing)
    return f"not yet signed as the law wants: {found.profile.title} ({found.profile.basis}); missing: {missing}"


def members(found: Standing) -> dict[str, Any]:
    """A standing as JSON."""
    return {
        "profile": found.profile.name if found.profile is not None else None,
        "met": found.profile is not None and not found.missing,
        "missing": list(found.missing),
    }
