"""Whether a letter is signed as the law wants: the signatures on a version against the profiles in force.

Gemeentewet 59a for the college, 32a for the council, 169 for members; mandates and stand-ins fill an office. Pure:
knows signatures as they were set, refuses nothing. A deviation is a person's to give a reason for (design.md §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archief.law import profiles
from archief.law.profiles import ANY, Profile


class Signature(NamedTuple):
    """A signature on the version that is judged.

    Attributes:
        role: the office it was set in.
        basis: its legal basis.
        on_behalf_of: the organ in whose name; None: in the signatory's own.
        persons: for how many persons it stands: the signatory, and those of mede namens.
        mandate_role: the office that its mandate lets the signatory fill; None without a mandate.
        mandate_basis: that mandate's legal basis; None without a mandate.
    """

    role: str
    basis: str
    on_behalf_of: str | None = None
    persons: int = 1
    mandate_role: str | None = None
    mandate_basis: str | None = None


class Standing(NamedTuple):
    """How a version stands to the profiles in force.

    Attributes:
        profile: the one that is met, or else the one that is nearest; None when none is in force.
        missing: what is missing from it, in words; empty when it is met.
    """

    profile: Profile | None
    missing: tuple[str, ...] = ()


def fills(signature: Signature, role: str, profile: Profile) -> bool:
    """Whether a signature fills a place of a profile.

    Args:
        signature: the signature.
        role: one of the profile's roles.
        profile: the profile.
    """
    if signature.basis != profile.basis or signature.on_behalf_of != profile.on_behalf_of:
        return False
    offices = {signature.role, profiles.stands_in_for(signature.role)}
    if role in profile.mandated:
        if signature.mandate_basis != profile.basis:
            return False
    elif signature.mandate_role is not None:
        offices.add(signature.mandate_role)
    if role == ANY:
        return not offices & profile.not_roles
    return role in offices


def belongs(signature: Signature, in_force: Iterable[Profile]) -> bool:
    """Whether a signature has a place in one of these profiles."""
    return any(fills(signature, role, profile) for profile in in_force for role in profile.roles)


def standing(in_force: Sequence[Profile], signatures: Sequence[Signature], named: int) -> Standing:
    """How a version stands: the first profile that is met, or of those begun the one from which least is missing.

    Args:
        in_force: the profiles for the letter, the usual one first.
        signatures: those on the version that is judged.
        named: how many persons the letter names below it, those of mede namens too; 0 when it names none.
    """
    judged = [Standing(one, _missing(one, signatures, named)) for one in in_force]
    begun = [one for one in judged if one.profile is not None and _begun(one.profile, signatures)]
    met = next((one for one in judged if not one.missing), None)
    return met or min(begun or judged[:1], key=lambda one: len(one.missing), default=Standing(None))


def _begun(profile: Profile, signatures: Sequence[Signature]) -> bool:
    return any(belongs(one, (profile,)) for one in signatures)


def _missing(profile: Profile, signatures: Sequence[Signature], named: int) -> tuple[str, ...]:
    missing = [
        f"{'an official' if role == ANY else role}{', under a mandate' if role in profile.mandated else ''}"
        for role in profile.roles
        if not any(fills(one, role, profile) for one in signatures)
    ]
    if profile.members and not missing:
        stand_for = sum(one.persons for one in signatures if belongs(one, (profile,)))
        if stand_for < named:
            missing.append(f"{named - stand_for} of the {named} members that it names")
    return tuple(missing)
