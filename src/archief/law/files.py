"""The files of the law: tables that people write and read, in TOML, with their sources beside them.

Every append asks two of them, and TOML is slow to read: ``codes`` and ``roles`` stand there as JSON too, printed from
the TOML by ``scripts/docs.py``, which also compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent

PRINTED = ("codes", "roles")
"""The tables that stand there as JSON too."""


def text(name: str) -> str:
    """A file's text."""
    return (FOLDER / name).read_text("utf-8")


def table(name: str) -> dict[str, Any]:
    """A table by its name; days are ``datetime.date``, but texts in those that are printed."""
    if name in PRINTED:
        printed: dict[str, Any] = msgspec.json.decode(text(f"{name}.json"))
        return printed
    return written(name)


def written(name: str) -> dict[str, Any]:
    """A table as it was written."""
    import tomllib  # noqa: PLC0415 - read when first asked, not at import

    return tomllib.loads(text(f"{name}.toml"))


def as_json(name: str) -> str:
    """What ``scripts/docs.py`` prints of a table."""
    return msgspec.json.format(msgspec.json.encode(written(name)), indent=1).decode() + "\n"
