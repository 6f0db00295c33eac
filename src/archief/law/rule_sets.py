"""The rule sets that come with the program: archive laws and retention lists, each a dated file with its source.

None of them holds in an archive before an event adopts it (``archive_founded``, ``rule_set_adopted``).
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple

from archief.law import files, retention_list
from archief.law.retention_list import RetentionList
from archief.law.term import Term

LAWS = ("archiefwet-1995", "archiefwet-2026")
LISTS = ("selectielijst-gemeenten-2020",)


class ArchiveLaw(NamedTuple):
    """What an archive law says of transfer.

    Attributes:
        code: what events call it.
        edition: which text.
        title: its title.
        source: the articles.
        begin: first day it holds; None when no decree has fixed one.
        after: from this age on records are transferred.
        within: at this age they are transferred at the latest.
        counted_from: ``closed`` the dossier's last day, ``opened`` the first.
    """

    code: str
    edition: str
    title: str
    source: str
    begin: dt.date | None
    after: Term
    within: Term
    counted_from: Literal["closed", "opened"]


@functools.cache
def laws() -> Mapping[str, ArchiveLaw]:
    """The archive laws by code."""
    found = {}
    for code in LAWS:
        head = files.table(code)
        transfer = head["transfer"]
        found[code] = ArchiveLaw(
            code, head["edition"], head["title"], head["source"], head.get("begin"),
            Term.parse(transfer["after"]), Term.parse(transfer["within"]), transfer["counted_from"],
        )  # fmt: skip
    return found


@functools.cache
def lists() -> Mapping[str, RetentionList]:
    """The retention lists by code."""
    found = {}
    for code in LISTS:
        head = files.table(code)
        rows = retention_list.read(files.text(f"{code}.tsv"), f"{code}.tsv", head["processes"])
        found[code] = RetentionList(
            code, head["edition"], head["title"], head["source"], head.get("begin"), head.get("end"), rows
        )
    return found


def hash_of(code: str) -> str:
    """SHA-256 over the files of a rule set, in hex: what its adoption writes down.

    Args:
        code: one of ``LAWS`` or ``LISTS``.
    """
    names = [f"{code}.toml", *([f"{code}.tsv"] if code in LISTS else [])]
    return hashlib.sha256("".join(files.text(name) for name in names).encode()).hexdigest()
