"""Whether events fit the archive as it is: their streams, a letter's life, the numbers they take (design.md §5).

Asked under the lock of the append, so that what is true here is still true when it is written. Knows drafts and what
the index knows of the past; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        authority: what is offered, transferred or destroyed.
        first: the entry that the first of them will be.

    Raises:
        ConflictError: somebody else wrote to the stream first, or it exists already.
        NotFoundError: the stream does not exist.
        RefusedError: an event of another kind of stream, or one that a letter's life forbids.
    """
    moving = dict(streams)
    types, destroyed, executing = catalogue.TYPES, authority.destructions.destroyed, authority.destructions.executing
    transferred, offered = authority.transfers.accepted, authority.transfers.offered
    refusal, after = lifecycle.refusal, lifecycle.after
    for seq, one in enumerate(drafts, first):
        tag, stream = one.tag, one.stream
        known, (version, kind, _, reached) = types[tag], moving[stream]
        if one.expect_version is not None or known.opens == (version >= 0) or (version >= 0 and not known.fits(kind)):
            _fit_stream(one, known, version, kind, seq - first)
        if stream in destroyed or stream in executing:
            reached |= Reached.DESTROYED
        if stream in transferred:
            reached |= Reached.TRANSFERRED
        if stream in offered:
            reached |= Reached.OFFERED
        if (rule := refusal(tag, reached)) is not None:
            raise rule.error(stream)
        moving[stream] = Stream(version + 1, known.stream if version < 0 else kind, seq, after(reached, tag))
    return moving


def _fit_stream(one: Draft, known: EventType, version: int, kind: str, number: int) -> None:
    """What of a stream can stand against an event; most often nothing, and then this is not asked."""
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
    if version >= 0 and not known.fits(kind):
        raise RefusedError(
            f"{known.name} belongs to a {known.stream}, this stream is a {kind}",
            where=f"event {number + 1}, stream {one.stream}",
        )


# numbers


NUMBERED_TYPES = numbering.ISSUING_TYPES | {numbering.SERIES_TYPE}
"""The types that may have to do with numbers of a series: of these the count must be asked for."""


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
        if one.tag not in NUMBERED_TYPES:
            made.append(one)
            continue
        if one.tag == numbering.SERIES_TYPE:
            settings = _settings.decode(one.facts).series
            series.refuse_moved(settings, counts)
            series.adopt(settings)
        elif (issuing := _issuing.decode(one.facts)).series is not None:
            place = issuing.series, issuing.year
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


class _Settings(msgspec.Struct, frozen=True):
    series: list[_Setting] = []


class _Issuing(msgspec.Struct, frozen=True):
    series: str | None = None
    year: int = 0


class _Numbered(msgspec.Struct, frozen=True):
    number: str | None = None


# Only these members are looked at: the rest of an event was checked when it was drafted.
_settings = msgspec.json.Decoder(_Settings)
_issuing = msgspec.json.Decoder(_Issuing)
_numbered = msgspec.json.Decoder(_Numbered)


def _given(one: Draft, wanted: str) -> Draft:
    """The event with the number that is its turn."""
    number = _numbered.decode(one.data or b"{}").number
    if number == numbering.TO_BE_DRAWN:
        return numbered(one, wanted)
    if number != wanted:
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
