"""The table of who may append what."""

from __future__ import annotations

from typing import get_args

import pytest

from archief.events import catalogue, people
from archief.law import roles


def test_every_event_type_has_a_row_and_every_row_an_event_type() -> None:
    assert {event_type.name for event_type in catalogue.TYPES.values()} == set(roles.table())


def test_every_row_names_known_roles_once_and_at_least_one() -> None:
    for name, row in roles.table().items():
        assert row, name
        assert set(row) <= set(roles.ROLES), name
        assert len(set(row)) == len(row), name


def test_the_roles_of_the_table_are_those_that_can_be_granted() -> None:
    assert get_args(people.Role) == roles.ROLES


def test_an_auditor_appends_exactly_three_types() -> None:
    assert {"checkpoint_cosigned", "fixity_checked", "audit_recorded"} == {
        name for name in roles.table() if roles.may_append(name, ["auditor"])
    }


def test_no_one_role_brings_a_destruction_from_proposal_to_authorisation() -> None:
    steps = ("proposed", "reviewed", "consented", "authorised")
    rows = [set(roles.roles_for(f"destruction_{step}")) for step in steps]
    assert [set()] * 6 == [first & second for i, first in enumerate(rows) for second in rows[i + 1 :]]


def test_only_an_ondertekenaar_signs_letters() -> None:
    assert ("ondertekenaar",) == roles.roles_for("letter_signed")


@pytest.mark.parametrize("name", ["letter_signed.v1", "commit", ""])
def test_what_has_no_row_is_appended_by_nobody(name: str) -> None:
    assert () == roles.roles_for(name)
    assert not roles.may_append(name, roles.ROLES)


def test_a_person_without_roles_appends_nothing() -> None:
    assert [] == [name for name in roles.table() if roles.may_append(name, {})]
