"""What a letter announces: meetings, commitments, papers. Only proposed: a person confirms each.

Every proposal carries the sentence it was read from. A year that the sentence does not name is inferred from the
letter's date, and the proposal says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from archief.intake import shapes

FORMS = (
    "informatiebijeenkomst", "stadsronde", "raadsronde", "domeinvergadering", "raadsvergadering",
    "commissievergadering", "themabijeenkomst", "werkbezoek",
)  # fmt: skip
"""Kinds of meetings that a text may name; which exist at a municipality is dated data elsewhere."""

AHEAD_DAYS = 200
"""A day without a year lies at most this far ahead of the letter; further on it was meant to be past."""

_MONTH = "|".join(sorted(shapes.MONTHS, key=len, reverse=True))
_DAY = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:\s+(?P<word>{_MONTH})\b\.?|-(?P<month>\d{{1,2}}))(?:[\s-](?P<year>\d{{4}}))?(?![\d:.-]\d)",
    re.IGNORECASE,
)
_CLOCK = r"(\d{1,2})[:.](\d{2})"
_TIMES = re.compile(
    rf"{_CLOCK}(?:\s*uur)?(?:\s*(?:-|–|tot(?:\s+en\s+met)?(?:\s+uiterlijk|\s+circa)?)\s*{_CLOCK})?(?:\s*uur)?"
)
_FORM = re.compile(rf"\b({'|'.join(FORMS)})(?:en|s)?\b", re.IGNORECASE)
_PROMISE = re.compile(
    r"\btoe(?:ge)?zeg(?:d|t|gen|ging)\w*\b|\bzeg(?:gen|t)?\s+(?:ik|wij|het college)\s+\w+\s+toe\b", re.IGNORECASE
)
_ANNOUNCE = re.compile(
    r"\b(?:informeren\s+wij\s+u|wij\s+informeren\s+u|(?:ontvangt|hoort|krijgt)\s+u|wij\s+(?:sturen|leggen|komen)|"
    r"bieden\s+wij|wordt\s+aan\s+uw\s+raad|leggen\s+wij)\b",
    re.IGNORECASE,
)
_RECEIVE = re.compile(r"\b(?:ontvangt|krijgt)\s+u\s+(?:ook\s+)?(?P<what>(?:het|de|een)\s+[^.;]{3,200})", re.IGNORECASE)
_DUE = re.compile(
    rf"\b(?P<how>vóór|voor|na|in|uiterlijk|medio|begin|eind)\s+(?:(?:de|het)\s+)?(?:eind\s+(?:van\s+)?)?"
    rf"(?P<what>zomer(?:reces)?|herfst|najaar|voorjaar|winter|kerst(?:reces)?|(?:eerste|tweede|derde|vierde)\s+kwartaal"
    rf"|\d{{1,2}}\s+(?:{_MONTH})\b|(?:{_MONTH})\b)(?:\s+(?:van\s+)?(?P<year>\d{{4}}))?",
    re.IGNORECASE,
)
_SEASONS = {
    "voorjaar": ((3, 21), (6, 20)), "zomer": ((6, 21), (9, 20)), "zomerreces": ((7, 1), (8, 31)),
    "najaar": ((9, 21), (12, 20)), "herfst": ((9, 21), (12, 20)), "winter": ((12, 21), (12, 31)),
    "kerst": ((12, 25), (12, 26)), "kerstreces": ((12, 21), (12, 31)),
    "eerste kwartaal": ((1, 1), (3, 31)), "tweede kwartaal": ((4, 1), (6, 30)),
    "derde kwartaal": ((7, 1), (9, 30)), "vierde kwartaal": ((10, 1), (12, 31)),
}  # fmt: skip


def read(values: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Look through the text of a letter, or the cells of a rondebriefje.

    Args:
        values: the letter's fields.

    Returns:
        Proposals by kind: ``meetings``, ``commitments``, ``papers``; kinds without one are absent.
    """
    day = dt.date.fromisoformat(values["date"]) if "date" in values else None
    found: dict[str, list[dict[str, Any]]] = {"meetings": [], "commitments": [], "papers": []}
    for place, sentence in _sentences(values):
        quoted = {"text": sentence, "place": place}
        found["meetings"] += [{**one, **quoted} for one in _meetings(sentence, day)]
        found["papers"] += [{**one, **quoted} for one in _papers(sentence, day)]
        found["commitments"] += [{**one, **quoted} for one in _commitments(sentence, day)]
    return {kind: _once(proposed) for kind, proposed in found.items() if proposed}


def _sentences(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    texts = [(f"paragraph {number}", text) for number, text in enumerate(values.get("body", []), 1)]
    texts += [(f"row {label}", text) for label, text in values.get("fields", {}).items() if label != "Onderwerp"]
    for place, text in texts:
        for sentence in re.split(r"(?<=[a-zà-ÿ0-9)”\"'][.!?])\s+(?=[A-ZÀ-Þ])|\n+", text):
            if sentence.strip():
                yield place, sentence.strip()[:1_000]


def _once(proposed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each proposal once; the first sentence that says it is kept."""
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in proposed:
        kept.setdefault((one.get("form"), one.get("date"), one.get("what"), one.get("due")), one)
    return list(kept.values())


def _dates(sentence: str, letter: dt.date | None) -> list[tuple[int, str, bool]]:
    """Days ahead that a sentence names: where, which, and whether the year was inferred."""
    found = []
    for match in _DAY.finditer(sentence):
        month = shapes.MONTHS[match["word"].lower()] if match["word"] else int(match["month"])
        years = [int(match["year"])] if match["year"] else [letter.year, letter.year + 1] if letter else []
        for year in years:
            try:
                day = dt.date(year, month, int(match["day"]))
            except ValueError:
                continue
            ahead = (day - letter).days if letter else 0
            if 0 <= ahead <= (AHEAD_DAYS if not match["year"] else 3_660):
                found.append((match.start(), day.isoformat(), not match["year"]))
                break
    return found


def _meetings(sentence: str, letter: dt.date | None) -> Iterator[dict[str, Any]]:
    dates = _dates(sentence, letter)
    forms = list(_FORM.finditer(sentence))
    for form in forms:
        behind = [one for one in dates if 0 <= one[0] - form.end() < 120]
        if not behind and len(forms) == 1:
            behind = [one for one in dates if 0 <= form.start() - one[0] < 120][-1:]
        if not behind:
            continue
        place, day, inferred = behind[0]
        proposed: dict[str, Any] = {
            "form": form[1].lower(),
            "date": day,
            "confidence": "medium" if inferred else "high",
        }
        times = _TIMES.search(sentence, place)
        if times and int(times[1]) < 24 and int(times[2]) < 60:
            proposed["begin"] = f"{int(times[1]):02}:{times[2]}"
            if times[3] and int(times[3]) < 24 and int(times[4]) < 60:
                proposed["end"] = f"{int(times[3]):02}:{times[4]}"
        if inferred:
            proposed["inferred"] = ["year"]
        yield proposed


def _papers(sentence: str, letter: dt.date | None) -> Iterator[dict[str, Any]]:
    dates = _dates(sentence, letter)
    what = _RECEIVE.search(sentence)
    if what and dates:
        _, day, inferred = dates[0]
        yield {
            "what": what["what"].strip(" ."),
            "date": day,
            "confidence": "medium",
            **({"inferred": ["year"]} if inferred else {}),
        }


def _commitments(sentence: str, letter: dt.date | None) -> Iterator[dict[str, Any]]:
    promise, due = _PROMISE.search(sentence), _DUE.search(sentence)
    if not promise and not (due and _ANNOUNCE.search(sentence)):
        return
    proposed: dict[str, Any] = {"confidence": "medium" if promise else "low"}
    if promise and re.search(r"\b(?:is|was|zijn|hebben|heeft|had)\b", sentence) and "ge" in promise.group().lower():
        # "dat u is toegezegd": the promise was made before this letter, which refers to it.
        proposed["made"] = "before the letter"
    if due:
        proposed["due"] = due.group()
        proposed.update(_period(due, letter))
    yield proposed


def _period(due: re.Match[str], letter: dt.date | None) -> dict[str, Any]:
    """The period of a due wording, as far as it says one."""
    what, how = " ".join(due["what"].lower().split()), due["how"].lower()
    year = int(due["year"]) if due["year"] else letter.year if letter else None
    span = _SEASONS.get(what)
    if year is None or (span is None and not re.search(_MONTH, what)):
        return {}
    if span is None:
        number, _, word = what.rpartition(" ")
        month = shapes.MONTHS[word]
        last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
        span = (
            ((month, int(number)), (month, int(number)))
            if number and int(number) <= last
            else ((month, 1), (month, last))
        )
    begin, end = (dt.date(year, *part) for part in span)
    if not due["year"] and letter and end < letter:
        begin, end = (
            day.replace(year=year + 1, day=min(day.day, 28) if day.month == 2 else day.day) for day in (begin, end)
        )
    said: dict[str, Any] = {} if due["year"] else {"inferred": ["year"]}
    if how in {"vóór", "voor"}:
        return {**said, "due_end": (begin - dt.timedelta(days=1)).isoformat()}
    if how == "na":
        return {**said, "due_begin": (end + dt.timedelta(days=1)).isoformat()}
    return {**said, "due_begin": begin.isoformat(), "due_end": end.isoformat()}
