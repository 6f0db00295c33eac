"""Old versions of an event read as the newest: one pure step for each change of meaning.

A released type never changes. When ``letter_edited.v2`` comes, ``v1`` stays in the catalogue and in the log, and a step
here says what a v1 means in the words of v2. Who reads meaning (projections, rules, exports) goes through
:func:`upcast`; who checks bytes does not.

There are no steps yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from archief.events.base import Word

Upcast = Callable[[Word, Word | None], tuple[Word, Word | None]]
"""Facts and data of one version to facts and data of the next. Data is None when there was no payload or it is
destroyed: a step makes none up."""


class Step(NamedTuple):
    """One step up: the tag it leads to, and how."""

    tag: str
    change: Upcast


STEPS: Mapping[str, Step] = {}
"""Old tag to the step from it to the next version."""


def upcast(
    tag: str, facts: Word, data: Word | None, steps: Mapping[str, Step] = STEPS
) -> tuple[str, Word, Word | None]:
    """Read an event as its newest version.

    Args:
        tag: the type as it stands in the log.
        facts: its facts.
        data: its payload's data, or None.
        steps: the steps to take; a test brings its own.

    Returns:
        The newest tag, with facts and data in its words; the same objects when it is the newest already.
    """
    while (step := steps.get(tag)) is not None:
        (name, version), (name_next, version_next) = _parted(tag), _parted(step.tag)
        assert (name_next, version_next) == (name, version + 1), f"a step from {tag} must lead to its next version"
        facts, data = step.change(facts, data)
        tag = step.tag
    return tag, facts, data


def _parted(tag: str) -> tuple[str, int]:
    name, _, version = tag.rpartition(".v")
    return name, int(version)
