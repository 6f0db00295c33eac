"""Which person, key or mandate is meant: looked up in what authority rests on, without projections."""

from __future__ import annotations

from collections.abc import Mapping

from archief.cli import records
from archief.log import Log
from archief.rules.authority import Authority


def person(known: Authority, log: Log, text: str) -> str:
    """The stream of a person.

    Args:
        known: who there is.
        log: where the names are.
        text: the name as enrolled, a stream id, or the beginning of one.

    Raises:
        NotFoundError: nobody answers to it.
        AmbiguousError: several do.
    """
    persons = known.persons
    if text in persons:
        return text
    found = [stream for stream in persons if len(text) >= records.PREFIX_DIGITS_MIN and stream.startswith(text)]
    if not found:
        wanted = text.casefold()
        found = [stream for stream, name in of_persons(known, log).items() if name.casefold() == wanted]
    return records.only(text, sorted(found), "person", "see `archief person list`")


def of_persons(known: Authority, log: Log) -> Mapping[str, str]:
    """The names of the persons, by stream; who is destroyed has none."""
    happened = records.read(log, known.persons.values())
    return {one.event.stream: one.data.name for one in happened if one.data is not None}


def key(known: Authority, text: str) -> str:
    """The id of an enrolled key.

    Args:
        known: what there is.
        text: the first digits of its id.

    Raises:
        NotFoundError: none answers to it.
        AmbiguousError: several do.
    """
    enough = len(text) >= records.PREFIX_DIGITS_MIN
    return records.only(
        text, sorted(one for one in known.keys if enough and one.startswith(text)), "key", "see `archief key list`"
    )


def mandate(known: Authority, text: str) -> str:
    """The stream of a mandate.

    Args:
        known: what there is.
        text: its stream id, or the beginning of one.

    Raises:
        NotFoundError: none answers to it.
        AmbiguousError: several do.
    """
    enough = len(text) >= records.PREFIX_DIGITS_MIN
    return records.only(
        text,
        sorted(one for one in known.mandates if enough and one.startswith(text)),
        "mandate",
        "see `archief list --kind mandates`",
    )
