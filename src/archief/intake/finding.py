"""What was found in a file, how sure that is, and where it stands."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from archief.intake.page import Line

Confidence = Literal["high", "medium", "low"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a value is believed.

    Args:
        confidence: ``high`` only one reading fits; ``medium`` the layout leaves room; ``low`` somebody should look.
        page: from 1.
        place: a line number, or points from the top of the page.
        inferred: the value does not stand in the file word for word.
    """

    confidence: Confidence = "high"
    page: int = 1
    place: str = ""
    inferred: bool = False


class Findings:
    """What one file gives: values by key, their evidence, and what a person should look at."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.evidence: dict[str, Evidence] = {}
        self.warnings: list[str] = []

    def put(
        self,
        key: str,
        value: Any,  # noqa: ANN401 - any field's value
        at: Line | None,
        confidence: Confidence = "high",
        *,
        inferred: bool = False,
    ) -> None:
        """Keep a value; an empty one is no value."""
        if value in (None, "", [], {}):
            return
        self.values[key] = value
        page, place = (at.page, at.place) if at is not None else (1, "")
        self.evidence[key] = Evidence(confidence=confidence, page=page, place=place, inferred=inferred)

    def warn(self, text: str) -> None:
        """Say something once."""
        if text not in self.warnings:
            self.warnings.append(text)
