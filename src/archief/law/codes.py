"""Which words a code in facts is made of: the lists of ``codes.toml``, read at first use.

Lists are asked when an event is drafted. What stands in a log is never judged by them.

>>> of("letter_registered.kind").nearest("raadinformatiebrief")
'raadsinformatiebrief'
>>> of("letter_signed.basis").knows("gemeentewet:59a.1")
True
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

from archief.law import files

OWN = "own:"
"""A word that begins so is the organisation's own, and every list takes it."""


class CodeList(NamedTuple):
    """The known words of some fields.

    Attributes:
        title: what they are words for.
        fields: the facts that take them: event type without its version, field, field below it.
        edition: the day the list was drawn up or last changed, as a date.
        source: where the words come from.
        words: each word with its meaning.
        beginnings: a word goes on behind a colon; the list knows the part before it.
    """

    title: str
    fields: tuple[str, ...]
    edition: str
    source: str
    words: Mapping[str, str]
    beginnings: bool = False

    def knows(self, word: str) -> bool:
        """Whether a word is one of them, or the organisation's own."""
        if word.startswith(OWN) and word != OWN:
            return True
        begin, colon, rest = word.partition(":")
        return begin in self.words and bool(colon and rest) if self.beginnings else word in self.words

    def nearest(self, word: str) -> str | None:
        """The known word that looks most like another one, as :meth:`shown`; None when none does."""
        import difflib  # noqa: PLC0415 - only a mistake needs it

        begin = word.partition(":")[0] if self.beginnings else word
        return next(iter(map(self._shown, difflib.get_close_matches(begin, self.words, n=1))), None)

    def shown(self) -> list[str]:
        """The words as they are shown to people: what a word goes on with is three dots."""
        return [self._shown(word) for word in self.words]

    def _shown(self, word: str) -> str:
        return f"{word}:…" if self.beginnings else word


def of(field: str) -> CodeList | None:
    """The list of a field; None for one that takes any code.

    Args:
        field: event type without its version and the field's path, such as ``letter_registered.kind``.
    """
    return _by_field().get(field)


def fields_of(name: str) -> Mapping[str, CodeList]:
    """The fields of an event type that have a list, by their path below the facts.

    Args:
        name: the type's name without its version.
    """
    return _by_type().get(name, {})


@functools.cache
def lists() -> Mapping[str, CodeList]:
    """Read all lists, by name."""
    return {
        name: CodeList(
            one["title"],
            tuple(one["fields"]),
            one["edition"],
            one["source"],
            one["words"],
            one.get("beginnings", False),
        )
        for name, one in files.table("codes").items()
    }


@functools.cache
def _by_field() -> Mapping[str, CodeList]:
    return {field: one for one in lists().values() for field in one.fields}


@functools.cache
def _by_type() -> Mapping[str, Mapping[str, CodeList]]:
    found: dict[str, dict[str, CodeList]] = {}
    for field, one in _by_field().items():
        name, _, path = field.partition(".")
        found.setdefault(name, {})[path] = one
    return found
