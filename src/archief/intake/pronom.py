"""What PRONOM says a file is: the one place that asks Siegfried (in ``pygfried``)."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from archief.errors import ExtraMissingError

_ID = re.compile(r"(x-)?fmt/[0-9]+")


class Match(NamedTuple):
    """Siegfried's first answer about a file.

    Attributes:
        pronom: the id of its format; empty when PRONOM does not know the file.
        title: what PRONOM calls the format, with its version.
        media_type: by PRONOM; empty when it has none.
        basis: what the answer rests on, in Siegfried's words.
        warning: its doubts, in its words.
        tool: program, its version and its signature file; empty when the file could not be read.
    """

    pronom: str
    title: str
    media_type: str
    basis: str
    warning: str
    tool: str


NOTHING = Match("", "", "", "", "", "")


def demand() -> None:
    """Demand that formats can be identified here.

    Raises:
        ExtraMissingError: pygfried is not installed.
    """
    try:
        import pygfried  # noqa: F401, PLC0415 - heavy, and of an extra
    except ImportError:
        raise ExtraMissingError(
            "formats are identified with the extra `export`, which is not installed",
            where="pygfried",
            remedy="pip install 'archief[export]'",
        ) from None


@functools.cache
def _scanner() -> Any:  # noqa: ANN401 - pygfried has no types
    demand()
    import pygfried  # noqa: PLC0415 - heavy: it loads the signatures

    return pygfried.Scanner()


def ask(path: str) -> Match:
    """Ask what a file is. Never after a fork: it would hang (threads of Go).

    Args:
        path: the file; Siegfried looks at the ending of its name too.

    Raises:
        ExtraMissingError: pygfried is not installed.
    """
    scanner = _scanner()
    import pygfried  # noqa: PLC0415 - heavy

    try:
        told = scanner.identify(path, detailed=True)
    except pygfried.GoError:
        return NOTHING
    signatures = told["identifiers"][0]["details"].partition(";")[0] if told["identifiers"] else told["signature"]
    tool = f"siegfried {told['siegfried']}, {signatures}"
    match = (told["files"][0]["matches"] or [{}])[0]
    known = _ID.fullmatch(match.get("id", "")) is not None
    title = f"{match.get('format', '')} {match.get('version', '')}".strip()
    return Match(
        match["id"] if known else "",
        (title or match["id"]) if known else "",
        match.get("mime", "") if known else "",
        match.get("basis", ""),
        match.get("warning", ""),
        tool,
    )
