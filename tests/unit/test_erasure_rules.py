"""Which single payloads may be erased."""

from __future__ import annotations

import pytest

from archief.errors import LossError, RefusedError, UsageError
from archief.rules import erasures
from archief.rules.erasures import State

STATES: dict[int, State] = {40: "present", 41: "none", 43: "present", 45: "absent", 47: "present"}


def test_payloads_that_are_there_may_be_erased() -> None:
    erasures.check_record("letter", certificate=False, holds=())
    erasures.check_entries(STATES, [40, 43])
    erasures.check_correction("avg:17", STATES, [40, 43], [])
    erasures.check_correction("avg:16", STATES, [40, 43], [47])


@pytest.mark.parametrize(
    ("kind", "certificate", "holds", "what"),
    [
        ("archive", False, (), "the archive's own rules"),
        ("letter", True, (), "kept for ever"),
        ("dossier", False, ("hold 5b1e9f3c (litigation, entry 9)",), "litigation"),
    ],
)
def test_what_the_archive_rests_on_declares_or_holds_stays(
    kind: str, certificate: bool, holds: tuple[str, ...], what: str
) -> None:
    with pytest.raises(RefusedError, match=what):
        erasures.check_record(kind, certificate=certificate, holds=holds)


@pytest.mark.parametrize(("entry", "error"), [(39, RefusedError), (41, RefusedError), (45, LossError)])
def test_what_is_no_payload_of_the_record_or_is_not_there_is_not_erased(entry: int, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        erasures.check_entries(STATES, [40, entry])
    assert str(entry) in str(caught.value)


@pytest.mark.parametrize(
    ("ground", "corrected", "error"),
    [
        ("avg:16", [], UsageError),
        ("avg:17", [47], UsageError),
        ("avg:16", [43], RefusedError),
        ("avg:16", [45], RefusedError),
        ("avg:16", [99], RefusedError),
    ],
)
def test_a_rectification_and_only_that_names_what_is_right_and_stays(
    ground: str, corrected: list[int], error: type[Exception]
) -> None:
    with pytest.raises(error):
        erasures.check_correction(ground, STATES, [43], corrected)
