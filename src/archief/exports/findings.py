"""What a check of a package tells: which rule, how bad, where, and what to do."""

from __future__ import annotations

from typing import NamedTuple

from archief.exports.mdto_rules import Severity

FINDINGS_MAX = 10_000
"""So many findings are kept; the others are counted."""


class Finding(NamedTuple):
    """One thing that is wrong with a package.

    Attributes:
        rule: the rule's word.
        severity: ``error``: a records office refuses it; ``warning``: it may; ``note``: good to know.
        file: the path in the package; empty for the package itself.
        element: the element in that file, where it is about one.
        what: what is wrong.
        remedy: what to do.
    """

    rule: str
    severity: Severity
    file: str
    element: str
    what: str
    remedy: str


class Findings:
    """The findings of one check, in the order of files; bounded."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self.counts: dict[Severity, int] = {"error": 0, "warning": 0, "note": 0}

    def add(self, rule: str, severity: Severity, file: str, what: str, remedy: str, *, element: str = "") -> None:
        """Keep a finding."""
        self.counts[severity] += 1
        file = file.encode("utf-8", "backslashreplace").decode()  # a name that is not UTF-8 can be told too
        if len(self._kept) < FINDINGS_MAX or severity == "error":
            self._kept.append(Finding(rule, severity, file, element, what, remedy))
        if len(self._kept) > 2 * FINDINGS_MAX:
            self._kept = self._sorted()[:FINDINGS_MAX]

    @property
    def left_out(self) -> int:
        """How many were counted and not kept."""
        return sum(self.counts.values()) - min(len(self._kept), FINDINGS_MAX)

    def all(self) -> list[Finding]:
        """The findings, errors first, then by file."""
        return self._sorted()[:FINDINGS_MAX]

    def _sorted(self) -> list[Finding]:
        order = {"error": 0, "warning": 1, "note": 2}
        return sorted(self._kept, key=lambda one: (order[one.severity], one.file, one.rule, one.element, one.what))
