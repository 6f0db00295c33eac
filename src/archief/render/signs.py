"""Signs that a template's font lacks, on paper with their number: one of them keeps no page from being made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from archief.errors import MalformedError

TRIES_MAX = 20
"""So many times signs are replaced; each time all that typst names."""

NOTE = "Een teken dat het lettertype niet heeft, staat er met zijn nummer ([U+…]); {} heeft het."
"""What the page then says; the file that is attached to it has the sign itself."""

_CODE = re.compile(r"U\+([0-9A-F]{4,6})")


def numbered(typeset: Callable[..., bytes], given: Any) -> bytes:  # noqa: ANN401 - what a template is given
    """Typeset something, with the number of each sign that the font lacks in its place.

    Args:
        typeset: sets it; is told by ``changed`` whether signs were replaced.
        given: what is set: texts, lists and dicts of them.

    Raises:
        MalformedError: it has too many, or cannot be shown for another reason.
    """
    changed = False
    for _ in range(TRIES_MAX):
        try:
            return typeset(given, changed=changed)
        except MalformedError as error:
            strange = {chr(int(code, 16)): f"[U+{code}]" for code in _CODE.findall(error.what)}
            if not strange:
                raise
        given, changed = _replaced(given, str.maketrans(strange)), True
    raise MalformedError(
        "it has too many signs that the font lacks", where="--format pdf", remedy="take another format: --format html"
    )


def _replaced(value: Any, signs: dict[int, str]) -> Any:  # noqa: ANN401 - what a template is given
    """The same with other signs in every text."""
    if isinstance(value, str):
        return value.translate(signs)
    if isinstance(value, dict):
        return {name: _replaced(one, signs) for name, one in value.items()}
    return [_replaced(one, signs) for one in value] if isinstance(value, list | tuple) else value
