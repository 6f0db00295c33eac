"""Which single payloads may be erased (AVG 16, 17), asked before anything is; the record they are of stays.

What the log itself demands of an erasure stands in ``destructions``. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from archief.errors import LossError, RefusedError, UsageError

RECTIFICATION = "avg:16"
"""The ground that needs words in place of those that were wrong."""

KEPT_KINDS = ("archive",)
"""Streams that the archive itself rests on: rule sets, controls, findings."""

State = Literal["present", "absent", "none"]


def check_record(kind: str, *, certificate: bool, holds: Sequence[str]) -> None:
    """Refuse erasures in a record that they may not touch.

    Args:
        kind: what the record is.
        certificate: it is a declaration of the archive itself.
        holds: the holds that are on it today, in words.

    Raises:
        RefusedError: so it is.
    """
    if kind in KEPT_KINDS:
        raise RefusedError("the archive's own rules and controls rest on these payloads", where="RECORD")
    if certificate:
        raise RefusedError(
            "a declaration is kept for ever and says nothing of what was erased (Archiefbesluit 1995 8)", where="RECORD"
        )
    if holds:
        raise RefusedError(
            f"{holds[0]}: nothing of it is erased meanwhile (AVG 17 lid 3)",
            where="RECORD",
            remedy="lift the hold first: archief hold lift",
        )


def check_entries(states: Mapping[int, State], entries: Sequence[int]) -> None:
    """Refuse to erase what is no payload of the record, or is not there.

    Args:
        states: of each entry of the record whether its payload is there.
        entries: what is to be erased.

    Raises:
        RefusedError: an entry is another record's, or never had a payload.
        LossError: a payload is gone already, without a decision.
    """
    for entry in entries:
        if entry not in states:
            raise RefusedError("no entry of this record", where=f"--entry {entry}", remedy="see `archief history`")
        if states[entry] == "none":
            raise RefusedError(
                "this event never had a payload; what it says are facts, and they stay", where=f"--entry {entry}"
            )
        if states[entry] == "absent":
            raise LossError(
                "this payload is missing, and no destruction covers it",
                where=f"entry {entry}",
                remedy="run `archief verify`, and bring it back from a back-up first",
            )


def check_correction(
    ground: str, states: Mapping[int, State], entries: Sequence[int], corrected: Sequence[int]
) -> None:
    """Refuse a rectification without words in place of the wrong ones, and such words without a rectification.

    Args:
        ground: on which it rests.
        states: of each entry of the record whether its payload is there.
        entries: what is to be erased.
        corrected: the entries that say it right.

    Raises:
        UsageError: so it is.
        RefusedError: one of those entries is none, or is erased itself.
    """
    if (ground == RECTIFICATION) != bool(corrected):
        what = "a rectification names the entries that say it right now" if not corrected else "nothing is corrected"
        remedy = (
            "write it right first (archief edit, or archief annotate after dispatch), and give its entry"
            if not corrected
            else f"the ground of a rectification is {RECTIFICATION}"
        )
        raise UsageError(what, where="--corrected", remedy=remedy)
    for entry in corrected:
        if entry in entries or states.get(entry) != "present":
            raise RefusedError(
                "no entry of this record whose words stay", where=f"--corrected {entry}", remedy="see `archief history`"
            )
