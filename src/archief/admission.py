"""Whether events fit the archive as it is: their streams, a letter's life, the numbers they take (design.md §5).

Asked under the lock of the append, so that what is true here is still true when it is written. Knows drafts and what
the index knows of the past; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from archief.draft import Draft, numbered
from archief.errors import ConflictError, NotFoundError, RefusedError
from archief.events import catalogue
from archief.events.base import EventType
from archief.index import Stream
from archief.rules import lifecycle, numbering
from archief.rules.authority import Authority
from archief.rules.lifecycle import Reached

Issued = Mapping[tuple[str, int], int]
"""How many numbers each series has issued in each year."""


def fit(drafts: Sequence[Draft], streams: Mapping[str, Stream], authority: Authority, first: int) -> dict[str, Stream]:
    """Refuse events that do not fit their streams; give what is known of each stream afterwards.

    Args:
        drafts: the events, in order.
        streams: what is known of each of their streams before.
        authority: what is destroyed.
        first: the entry that the first of them will be.

    Raises:
        ConflictError: somebody else wrote to the stream first, or it exists already.
        NotFoundError: the stream does not exist.
        RefusedError: an event of another kind of stream, or one that a letter's life forbids.
    """
    moving = dict(streams)
    for number, one in enumerate(drafts):
        known, state = catalogue.TYPES[one.tag], moving[one.stream]
        _fit_stream(one, known, state, number)
        reached = state.reached | _destroyed(one.stream, authority)
        if (known.content and not known.opens) or one.tag in lifecycle.LETTER_TYPES:
            rule = lifecycle.refusal(one.tag, reached)
            if rule is not None:
                raise rule.error(one.stream)
        kind = known.stream if state.version < 0 else state.kind
        moved = lifecycle.after(state.reached, one.tag)
        moving[one.stream] = Stream(state.version + 1, kind, first + number, moved)
    return moving


def _destroyed(stream: str, authority: Authority) -> Reached:
    destructions = authority.destructions
    gone = stream in destructions.destroyed or stream in destructions.executing
    return Reached.DESTROYED if gone else Reached.NOTHING


def _fit_stream(one: Draft, known: EventType, state: Stream, number: int) -> None:
    version = state.version
    if one.expect_version is not None and one.expect_version != version:
        raise ConflictError(
            f"the stream is at version {version}, not {one.expect_version}: somebody else wrote first",
            where=f"stream {one.stream}",
            remedy=f"look at it with `archief history {one.stream[:8]}`, then do it again on what is there now",
        )
    if version < 0 and not known.opens:
        raise NotFoundError(f"{known.name} needs a stream that exists", where=f"stream {one.stream}")
    if version >= 0 and known.opens and not known.repeats:
        raise ConflictError(f"{known.name} begins a stream, this one exists", where=f"stream {one.stream}")
    if version >= 0 and not known.fits(state.kind):
        raise RefusedError(
            f"{known.name} belongs to a {known.stream}, this stream is a {state.kind}",
            where=f"event {number + 1}, stream {one.stream}",
        )


# numbers


def takes_number(one: Draft) -> bool:
    """Whether an event may have to do with numbers of a series: then the count must be asked for."""
    return one.tag in numbering.ISSUING_TYPES or one.tag == numbering.SERIES_TYPE


def draw(drafts: Sequence[Draft], authority: Authority, issued: Issued) -> tuple[list[Draft], list[tuple[str, int]]]:
    """Give every event that takes a number out of a series the next one.

    Args:
        drafts: the events, in order.
        authority: the series in force before them.
        issued: how many each series has issued before them.

    Returns:
        The events with their numbers, and series and year of each number that was taken.

    Raises:
        NotFoundError: there is no such series.
        RefusedError: a number was typed that is not the next one, or the first number of a series moves.
    """
    series, counts = authority.numbering.copy(), dict(issued)
    made, taken = [], []
    for one in drafts:
        if not takes_number(one):
            made.append(one)
            continue
        facts = msgspec.json.decode(one.facts)
        if one.tag == numbering.SERIES_TYPE:
            settings = msgspec.convert(facts.get("series", []), list[_Setting])
            series.refuse_moved(settings, counts)
            series.adopt(settings)
        elif "series" in facts:
            place = facts["series"], facts["year"]
            wanted = series.next(*place, counts.get(place, 0))
            made.append(_given(one, wanted))
            counts[place] = counts.get(place, 0) + 1
            taken.append(place)
            continue
        made.append(one)
    return made, taken


class _Setting(msgspec.Struct, frozen=True):
    series: str
    pattern: str
    start: int
    year: int | None = None


def _given(one: Draft, wanted: str) -> Draft:
    """The event with the number that is its turn."""
    data: dict[str, Any] = msgspec.json.decode(one.data or b"{}")
    if data.get("number") == numbering.TO_BE_DRAWN:
        return numbered(one, wanted)
    if data.get("number") != wanted:
        remedy = f"leave the number out and {wanted} is drawn; or leave series and year out, and yours is taken over"
        if one.tag == "number_voided.v1":
            remedy = (
                f"the next one is {wanted}; the number of a letter stays used: take it back with `archief withdraw`"
            )
        raise RefusedError(
            "this is not the next number of its series; a series issues its numbers in order, without gaps"
            " (Archiefregeling 18)",
            where="data.number",
            remedy=remedy,
        )
    return one
