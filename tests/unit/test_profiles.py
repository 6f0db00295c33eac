"""Who must sign what: the profiles of the law, as data, and whether signatures meet them."""

from __future__ import annotations

import datetime as dt

import pytest

from archief.law import codes, profiles, roles
from archief.rules.profiles import Signature, Standing, belongs, standing

DAY = dt.date(2021, 4, 15)
A1, A2, MEMBERS, COUNCIL = "gemeentewet:59a.1", "gemeentewet:59a.2", "gemeentewet:169", "gemeentewet:32a"

DIRECTOR = Signature("directeur", A2, "college", mandate_role="directeur", mandate_basis=A2)
MEMBER = Signature("wethouder", A2, "college", mandate_role="wethouder", mandate_basis=A2)
MAYOR = Signature("burgemeester", A1, "college")
SECRETARY = Signature("secretaris", A1, "college")
STANDING_IN = MAYOR._replace(role="wethouder", mandate_role="burgemeester", mandate_basis="x")
ALDERMAN = Signature("wethouder", MEMBERS)


def judged(*signatures: Signature, organ: str | None = "college", kind: str = "brief", named: int = 0) -> Standing:
    return standing(profiles.in_force(organ, kind, DAY), signatures, named)


def name_of(found: Standing) -> str | None:
    return found.profile.name if found.profile is not None else None


@pytest.mark.parametrize(
    ("signatures", "organ", "expected"),
    [
        ((MAYOR, SECRETARY), "college", "college"),
        ((SECRETARY, MAYOR, ALDERMAN), "college", "college"),
        ((MAYOR._replace(role="loco-burgemeester"), SECRETARY), "college", "college"),
        ((STANDING_IN, SECRETARY), "college", "college"),
        ((ALDERMAN,), "college", "leden"),
        ((MEMBER, Signature("secretaris", A2, "college")), "college", "college-lid"),
        ((DIRECTOR,), "college", "college-ambtenaar"),
        ((Signature("burgemeester", COUNCIL, "raad"), Signature("griffier", COUNCIL, "raad")), "raad", "raad"),
    ],
    ids=str,
)
def test_a_profile_is_met(signatures: tuple[Signature, ...], organ: str, expected: str) -> None:
    found = judged(*signatures, organ=organ)
    assert (expected, ()) == (name_of(found), found.missing)


@pytest.mark.parametrize(
    ("signatures", "organ", "missing"),
    [
        ((), "college", ("burgemeester", "secretaris")),
        ((MAYOR,), "college", ("secretaris",)),
        ((MAYOR, SECRETARY._replace(basis=COUNCIL)), "college", ("secretaris",)),
        ((MAYOR, SECRETARY._replace(on_behalf_of=None)), "college", ("secretaris",)),
        ((Signature("burgemeester", COUNCIL, "raad"),), "raad", ("griffier",)),
        ((Signature("secretaris", A2, "college"),), "college", ("wethouder, under a mandate",)),
    ],
    ids=str,
)
def test_what_is_missing_is_told_of_the_nearest_profile(
    signatures: tuple[Signature, ...], organ: str, missing: tuple[str, ...]
) -> None:
    assert missing == judged(*signatures, organ=organ).missing


def test_who_signs_under_a_mandate_of_the_college_is_no_member() -> None:
    assert "college-lid" == name_of(judged(MEMBER))
    assert judged(MEMBER).missing


def test_every_member_that_a_letter_names_signs_or_is_signed_for() -> None:
    assert ("1 of the 2 members that it names",) == judged(ALDERMAN, named=2).missing
    assert () == judged(ALDERMAN._replace(persons=2), named=2).missing
    assert () == judged(ALDERMAN, ALDERMAN, named=2).missing


@pytest.mark.parametrize(("organ", "kind"), [(None, "brief"), ("raad", "rondebriefje"), ("rekenkamer", "brief")])
def test_where_no_profile_is_in_force_nothing_is_missing(organ: str | None, kind: str) -> None:
    assert Standing(None) == judged(organ=organ, kind=kind)


def test_a_profile_holds_from_its_first_day_until_before_its_last() -> None:
    one = profiles.profiles()[0]._replace(valid_from=dt.date(2021, 1, 1), valid_until=dt.date(2021, 4, 15))
    assert not one.holds("college", "brief", dt.date(2020, 12, 31))
    assert one.holds("college", "brief", dt.date(2021, 1, 1))
    assert one.holds("college", "brief", dt.date(2021, 4, 14))
    assert not one.holds("college", "brief", dt.date(2021, 4, 15))


def test_a_signature_belongs_where_it_has_a_place() -> None:
    in_force = profiles.in_force("college", "brief", DAY)
    assert belongs(MAYOR, in_force)
    assert not belongs(MAYOR._replace(role="griffier"), in_force)
    assert not belongs(MAYOR, [])


def test_profiles_use_known_words_and_say_where_they_come_from() -> None:
    offices = codes.of("letter_signed.role")
    assert offices is not None
    assert roles.roles_for("letter_signed")
    for one in profiles.profiles():
        assert one.source
        assert [] == [role for role in {*one.roles, *one.not_roles} - {profiles.ANY} if not offices.knows(role)]
        assert one.mandated <= set(one.roles)
    assert len(profiles.profiles()) == len({(one.name, one.valid_from) for one in profiles.profiles()})
