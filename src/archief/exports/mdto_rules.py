"""What MDTO asks of one object beside its schema: the lists of terms, and values that must agree.

Source: MDTO metagegevensschema 1.0.1 (the sentences beside the elements) and its begrippenlijsten. How objects of one
package hang together is the linter's matter.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from archief.errors import MalformedError
from archief.exports.mdto import Begrip, Bestand, Element, Informatieobject, Mdto, Termijn
from archief.law import mdto as law
from archief.law.term import Term, after

Severity = Literal["error", "warning", "note"]

LIST_ELEMENTS = frozenset(name for name, terms in law.lists().items() if terms.kind != "own")
PRONOM_LISTS = ("pronom", "pronom-register", "pronom register")
DIGEST_DIGITS = {"SHA-224": 56, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "MD5": 32, "SHA-1": 40}
"""Hex digits of a checksum, by the plain form of its name."""

_PUID = re.compile(r"(x-)?fmt/[0-9]{1,6}")


class Breach(NamedTuple):
    """A rule that an object breaks.

    Attributes:
        rule: the rule's word.
        severity: ``error``: a records office refuses it; ``warning``: it may; ``note``: good to know.
        element: the path of the element.
        what: what is wrong, without what the file says.
        remedy: what to do.
    """

    rule: str
    severity: Severity
    element: str
    what: str
    remedy: str


def breaches(described: Mdto) -> Iterator[Breach]:
    """Everything in one object that the schema lets through and MDTO does not."""
    root = type(described).__name__.lower()
    yield from _walk(described, root)
    if isinstance(described, Bestand):
        yield from _bestand(described)
    else:
        yield from _informatieobject(described)


def algorithm(label: str) -> str:
    """The plain form of a checksum algorithm's name: the norm's examples write SHA256 where its list has SHA-256."""
    found = re.fullmatch(r"(SHA|MD)[ _-]?(?:2[ _-])?([0-9]{1,3})", label.strip().upper())
    if found is None:
        return label.strip()
    return f"SHA-{found[2]}" if found[1] == "SHA" else f"MD{found[2]}"


def _walk(value: Element, path: str) -> Iterator[Breach]:
    """Empty texts and terms, at any depth."""
    for name, element in _elements(type(value)):
        held = getattr(value, name)
        many = isinstance(held, list)
        for number, one in enumerate(held if many else [held], 1):
            place = f"{path}/{element}" + (f"[{number}]" if many else "")
            if isinstance(one, str) and not one.strip():
                yield Breach(
                    "empty", "error", place, "the element is empty", "fill it in, or leave an optional one out"
                )
            if isinstance(one, Begrip):
                yield from _begrip(one, element, place)
            if isinstance(one, Element):
                yield from _walk(one, place)


@functools.cache
def _elements(cls: type[Element]) -> tuple[tuple[str, str], ...]:
    """The fields of a struct with what their elements are called; worked out once."""
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(cls))


def _begrip(term: Begrip, name: str, place: str) -> Iterator[Breach]:
    if name not in LIST_ELEMENTS:
        return
    terms = law.listed(name)
    label, code = term.begrip_label.strip(), term.begrip_code
    if terms.kind == "closed":
        allowed = ", ".join(f"{code} {label}" for code, label in zip(terms.codes, terms.labels, strict=True))
        if label not in terms.labels:
            yield Breach("closed-list", "error", place, "no term of MDTO's closed list", f"use one of: {allowed}")
        elif code is not None and code != terms.code(label):
            yield Breach("closed-list", "error", place, "code and label do not go together", f"use one of: {allowed}")
        return
    if terms.named(term.begrip_begrippenlijst.verwijzing_naam) and label not in terms.labels:
        yield Breach(
            "open-list", "warning", place, f"the list named is MDTO's own ({terms.title}), the term is not one of it",
            "use a term of the list, or name and document the list that it comes from",
        )  # fmt: skip


def _informatieobject(described: Informatieobject) -> Iterator[Breach]:
    value = described.waardering.begrip_label.strip()
    term, place = described.bewaartermijn, "informatieobject/bewaartermijn"
    if term is not None and value != "Tijdelijk te bewaren":
        yield Breach(
            "bewaartermijn", "error", place, "a term, though the waardering is not V (Tijdelijk te bewaren)",
            "leave the term out, or correct the waardering",
        )  # fmt: skip
    if term is None and value == "Tijdelijk te bewaren":
        yield Breach(
            "bewaartermijn", "warning", place, "the waardering is V and there is no term",
            "give the term of the selectielijst",
        )  # fmt: skip
    if term is not None:
        yield from _termijn(term, place, demand=True)
    for number, cover in enumerate(described.dekking_in_tijd, 1):
        begin, end = cover.dekking_in_tijd_begindatum, cover.dekking_in_tijd_einddatum
        if end is not None and end[: len(begin)] < begin[: len(end)]:
            where = f"informatieobject/dekkingInTijd[{number}]"
            yield Breach("period", "error", where, "ends before it begins", "correct the dates")
    kinds = [one.beperking_gebruik_type.begrip_label.strip() for one in described.beperking_gebruik]
    for number, limit in enumerate(described.beperking_gebruik, 1):
        where = f"informatieobject/beperkingGebruik[{number}]"
        if kinds[number - 1] == "Overig" and not (limit.beperking_gebruik_nadere_beschrijving or "").strip():
            yield Breach(
                "beperking-overig", "error", where, "type Overig without a nadere beschrijving", "describe the limit"
            )
        if limit.beperking_gebruik_termijn is not None:
            yield from _termijn(limit.beperking_gebruik_termijn, f"{where}/beperkingGebruikTermijn", demand=False)
    if "Geen beperking" in kinds and len(set(kinds)) > 1:
        yield Breach(
            "beperking-geen", "warning", "informatieobject/beperkingGebruik", "Geen beperking beside a limit",
            "leave Geen beperking out",
        )  # fmt: skip


def _termijn(term: Termijn, place: str, *, demand: bool) -> Iterator[Breach]:
    start, length, end = term.termijn_startdatum_looptijd, term.termijn_looptijd, term.termijn_einddatum
    if end is None and demand and (length is None or term.termijn_trigger_start_looptijd is None):
        yield Breach(
            "term", "error", place, "no einddatum, and trigger and looptijd are not both there",
            "give termijnTriggerStartLooptijd and termijnLooptijd, or the termijnEinddatum",
        )  # fmt: skip
    if start is None or length is None:
        return
    told = ends(start, length)
    if told is not None and end is not None and told[: len(end)] != end:
        yield Breach(
            "term",
            "error",
            place,
            f"the einddatum is not startdatum plus looptijd ({told})",
            "correct one of the three",
        )
    if end is None:
        yield Breach(
            "term", "warning", place, "startdatum and looptijd are known, the einddatum is not given",
            "give the einddatum: startdatum plus looptijd",
        )  # fmt: skip


def ends(start: str, length: str) -> str | None:
    """The day on which a term ends; None where the two are not a plain day and years, months and days.

    Args:
        start: a day.
        length: an ISO 8601 duration.

    >>> ends("2016-02-29", "P1Y6M")
    '2017-08-29'
    """
    try:
        day = after(dt.date.fromisoformat(start), Term.parse(length))
    except (MalformedError, ValueError):
        return None
    return day.isoformat() if day is not None else None


def _bestand(described: Bestand) -> Iterator[Breach]:
    if described.omvang < 0:
        yield Breach("size", "error", "bestand/omvang", "a size below zero", "give the number of bytes")
    form = described.bestandsformaat
    registers = form.begrip_begrippenlijst.verwijzing_naam.strip().casefold()
    if registers in PRONOM_LISTS and not _PUID.fullmatch(form.begrip_code or ""):
        yield Breach(
            "format-code", "error", "bestand/bestandsformaat", "out of PRONOM, without a PRONOM id as code",
            "give an id such as fmt/95",
        )  # fmt: skip
    for number, one in enumerate(described.checksum, 1):
        where = f"bestand/checksum[{number}]"
        plain = algorithm(one.checksum_algoritme.begrip_label)
        if plain not in DIGEST_DIGITS:
            yield Breach(
                "checksum-algorithm", "warning", where, "an algorithm that cannot be checked here", "use SHA-256"
            )
        elif plain in ("MD5", "SHA-1"):
            yield Breach("checksum-algorithm", "warning", where, f"{plain} is no protection any more", "use SHA-256")
        if plain in DIGEST_DIGITS and not re.fullmatch(
            rf"[0-9a-fA-F]{{{DIGEST_DIGITS[plain]}}}", one.checksum_waarde.strip()
        ):
            yield Breach(
                "checksum-form", "error", where, f"not {DIGEST_DIGITS[plain]} hex digits, as {plain} has",
                "write the checksum in hex",
            )  # fmt: skip
