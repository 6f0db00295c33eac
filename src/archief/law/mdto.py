"""MDTO's lists of terms, our own lists beside them, and whose letter a letter is: the table of ``mdto.toml``.

>>> listed("waardering").code("Tijdelijk te bewaren")
'V'
>>> plain("Begrippenlijst EventTypeLijst MDTO")
'eventtypelijst'
>>> listed("eventType").named("Begrippenlijst EventTypeLijst")
True
>>> archiefvormers("raad", "brief", "Gemeente Voorbeeld")
('Gemeenteraad van Voorbeeld', 'Griffie van Voorbeeld')
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Literal

import msgspec

from archief.law import files


class TermList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list of terms (begrippenlijst).

    Attributes:
        kind: ``closed``: no other term; ``open``: others out of a named list; ``own``: a list of ours.
        title: how we refer to it (begripBegrippenlijst).
        names: how others may refer to it, in the form of :func:`plain`.
        labels: the terms.
        codes: the code of each term; empty where the list has none.
    """

    kind: Literal["closed", "open", "own"]
    title: str
    names: tuple[str, ...] = ()
    labels: tuple[str, ...]
    codes: tuple[str, ...] = ()

    def named(self, reference: str) -> bool:
        """Whether a reference means this list."""
        return plain(reference) in self.names or reference == self.title

    def code(self, label: str) -> str | None:
        """The code of a term; None where the list has none."""
        return dict(zip(self.labels, self.codes, strict=False)).get(label)

    def label(self, code: str) -> str | None:
        """The term of a code; None where there is no such code."""
        return dict(zip(self.codes, self.labels, strict=False)).get(code)


class _Archiefvormer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: tuple[str, ...]
    kinds: tuple[str, ...]


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A format that e-depots prefer.

    Attributes:
        name: what it is called.
        open: the open standard that it meets; None where nobody judged that.
    """

    name: str
    open: str | None = None


class _Formats(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    preferred: dict[str, Format]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lists: dict[str, TermList]
    archiefvormer: dict[str, _Archiefvormer]
    activiteit: dict[str, str]
    relations: dict[str, str]
    formats: _Formats


def plain(reference: str) -> str:
    """The name of a list without what the norm and its examples disagree on."""
    return reference.casefold().replace("begrippenlijst", "").replace("mdto", "").strip()


def listed(name: str) -> TermList:
    """The list of an element, by the element's name, or one of our own."""
    return _table().lists[name]


def lists() -> Mapping[str, TermList]:
    """All lists, by name."""
    return _table().lists


def archiefvormers(organ: str | None, kind: str | None, organisation: str) -> tuple[str, ...]:
    """Who made a letter: the organ's names where the log names one, else by the kind of letter, else the organisation.

    Args:
        organ: the organ, as the fact has it.
        kind: the kind of letter.
        organisation: the zorgdrager, such as ``Gemeente Voorbeeld``.
    """
    table = _table().archiefvormer
    made = table.get(organ or "") or next((one for one in table.values() if organ is None and kind in one.kinds), None)
    if made is None:
        return (organisation,)
    place = organisation.removeprefix("Gemeente ").strip()
    return tuple(name.replace("{place}", place) for name in made.names)


def activiteit(kind: str | None) -> str | None:
    """The task in which a kind of letter is made; None where the table does not know."""
    return _table().activiteit.get(kind or "")


def relation(word: str) -> str | None:
    """MDTO's word for a relation of the log; None where there is none."""
    return _table().relations.get(word)


def preferred_formats() -> Mapping[str, Format]:
    """The formats that e-depots prefer, by PRONOM id."""
    return _table().formats.preferred


@functools.cache
def _table() -> _Table:
    return msgspec.convert(files.table("mdto"), _Table)
