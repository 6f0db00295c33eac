"""What is wrong with a typed value, in words: what the field takes, never a pattern and never the value itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import msgspec.inspect as shapes

from archief import draft as drafts
from archief.draft import Draft
from archief.errors import ArchiefError, MalformedError
from archief.events import catalogue
from archief.law import codes
from archief.storage.base import NewDocument

FORMS = {
    "base64": ("base64", "write it in base64 (RFC 4648 section 4)"),
    "clock": ("a time of day", "write a time of day as hh:mm, such as 19:30"),
    "code": ("a code", "a code is made of lower-case letters, digits, _ . : and -, such as gemeentewet:59a.1"),
    "commit": ("a commit id", "write the id in full, with dashes"),
    "date": ("a date", "write a date as yyyy-mm-dd, such as 2021-01-14"),
    "date_or_empty": ("a date", "write a date as yyyy-mm-dd, such as 2021-01-14; nothing empties the field"),
    "document": ("a document id", "write the 32 digits that `archief show` gives"),
    "duration": ("a duration", "write years, months, days as P7Y, P6M or P30D"),
    "hash": ("a SHA-256", "write its 64 digits in lower case (0-9, a-f)"),
    "key": ("a key id", "write the 64 digits of the id in full, as `archief key list --json` gives it"),
    "media": ("a media type", "write it in lower case, such as application/pdf"),
    "origin": ("a log's name", "write a host name, a slash and 8 digits, as the archive's own name is written"),
    "pattern": ("a number pattern", "letters, digits and { } : / . _ - only, such as {year}-{number:05}"),
    "pronom": ("a PRONOM id", "write it as fmt/95"),
    "stream": ("a stream id", "write the whole id, with dashes, as `archief history` gives it"),
    "time": ("a time", "write a time in UTC as yyyy-mm-ddThh:mm:ssZ, such as 2021-01-14T09:12:33Z"),
}
"""Forms with a pattern (events/base.py): what each is called, and how it is written."""

ROWS_MIN = 2
"""So many rows of a form have an order."""

_TYPES = {"str": "text", "int": "a whole number", "array": "a list", "object": "an object", "bool": "true or false"}
_LENGTH = re.compile(r"expected `(\w+)` of length (<=|>=) (\d+)")
_BOUND = re.compile(r"expected `int` (<=|>=) (-?\d+)")
_MISSING = re.compile(r"object missing required field `(\w+)`")
_TYPE = re.compile(r"expected `([\w| ]+)`, got `(\w+)`")


def draft(
    tag: str,
    stream: str,
    facts: msgspec.Struct | dict[str, Any] | None = None,
    data: msgspec.Struct | dict[str, Any] | None = None,
    *,
    documents: Sequence[NewDocument] = (),
    expect_version: int | None = None,
) -> Draft:
    """Check an event as :func:`archief.draft.draft`, and say what is wrong with what was typed in words.

    Raises:
        MalformedError: not of the type's schema, or a word that its list does not know; the field's path is named, and
            what the field takes.
        NotFoundError: no such type.
    """
    data = _with_order(tag, data)
    try:
        made = drafts.draft(tag, stream, facts, data, documents=documents, expect_version=expect_version)
    except MalformedError as error:
        raise explained(tag, error) from None
    demand_known_words(made)
    return made


def _with_order(tag: str, data: msgspec.Struct | dict[str, Any] | None) -> msgspec.Struct | dict[str, Any] | None:
    """The data of a letter with the order of the form's rows: canonical JSON sorts them by their label."""
    rows = data.get("fields") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(rows, dict) or len(rows) < ROWS_MIN or "fields_order" in data:
        return data
    known = catalogue.newest(tag).data
    return {**data, "fields_order": list(rows)} if hasattr(known, "fields_order") else data


def demand_known_words(made: Draft) -> None:
    """Refuse a word in the facts that its list (law/codes.toml) does not know.

    Raises:
        MalformedError: with the nearest word that is known, and all of them.
    """
    fields = codes.fields_of(made.tag.rpartition(".v")[0])
    if not fields:
        return
    facts = msgspec.json.decode(made.facts)
    for path, known in fields.items():
        for word in _at(facts, path.split(".")):
            if not known.knows(word):
                near = known.nearest(word)
                raise MalformedError(
                    "not a known word" + (f"; did you mean {near}?" if near else ""),
                    where=f"facts.{path}",
                    remedy=_words_of(known),
                )


def _words_of(known: codes.CodeList) -> str:
    return f"there are: {', '.join(known.shown())}; or a word of your own that begins with {codes.OWN}"


def _at(value: Any, path: Sequence[str]) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The texts that a path leads to, through every member of the lists on its way."""
    if isinstance(value, list):
        for member in value:
            yield from _at(member, path)
    elif path:
        if path[0] in value:
            yield from _at(value[path[0]], path[1:])
    else:
        yield value


@contextlib.contextmanager
def typed_at(options: Mapping[str, str]) -> Iterator[None]:
    """Name the option where a value was typed, not the field that it fills.

    Args:
        options: by the path of a field, such as ``data.name``, the option or argument.
    """
    try:
        yield
    except ArchiefError as error:
        error.where = next((option for path, option in options.items() if error.where.startswith(path)), error.where)
        raise


def options_of(facts: Iterable[str], data: Iterable[str] = (), **named: str) -> dict[str, str]:
    """The options of a command whose options are called as the fields they fill, for :func:`typed_at`.

    Args:
        facts: fields of the facts.
        data: fields of the payload.
        named: by field, an option or argument that is called otherwise.
    """
    parts = (("facts", facts), ("data", data))
    return {f"{part}.{name}": named.get(name, f"--{name.replace('_', '-')}") for part, names in parts for name in names}


def options_of_sets(sets: Sequence[str]) -> dict[str, str]:
    """The fields that were typed with ``--set NAME=VALUE``, for :func:`typed_at`."""
    names = [one.partition("=")[0].removeprefix("facts.").removeprefix("data.").partition(".")[0] for one in sets]
    return {f"{part}.{name}": f"--set {name}" for part in ("facts", "data") for name in names}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word that is not known: the nearest one that is; empty when none is near."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def explained(tag: str, error: MalformedError) -> MalformedError:
    """The error in words.

    Args:
        tag: the event type, with or without its version.
        error: what :func:`archief.draft.draft` raises; ``where`` is the path of the field.
    """
    known = catalogue.newest(tag)
    part, _, path = error.where.partition(".")
    word = {"facts": known.facts, "data": known.data}.get(part)
    kind, form = _field(word, path) if word is not None and path else (None, "")
    if (found := _MISSING.fullmatch(error.what)) is not None:
        what = "this field is needed, and was not given"
        return MalformedError(what, where=f"{error.where}.{found[1]}", remedy=f"see `archief events {known.name}`")
    what, remedy = told(error.what, kind, form)
    words = codes.of(f"{known.name}.{path}") if part == "facts" else None
    if form == "code" and words is not None:
        remedy = _words_of(words)
    return MalformedError(what, where=error.where, remedy=error.remedy or remedy)


def told(what: str, kind: Any = None, form: str = "") -> tuple[str, str]:  # noqa: ANN401 - msgspec.inspect's classes
    """What is wrong and how to write it.

    Args:
        what: the sentence of the decoder.
        kind: the field's shape; None when nobody knows it.
        form: the name of its form in events/base.py.
    """
    if what.startswith("invalid enum value"):
        words = ", ".join(map(str, kind.values)) if isinstance(kind, shapes.LiteralType) else ""
        return "none of the words that this field takes", f"choose one of: {words}" if words else ""
    if "matching regex" in what:
        name, remedy = FORMS.get(form, ("in the form of this field", ""))
        return f"not {name}", remedy
    if found := _LENGTH.match(what):
        least, count = found[2] == ">=", int(found[3])
        if least and count == 1:
            return "empty", "leave the field out, or fill it in"
        noun = "members" if found[1] == "array" else "characters"
        return f"too {'short' if least else 'long'}: at {'least' if least else 'most'} {count:,} {noun}", ""
    if found := _BOUND.match(what):
        return f"too {'small' if found[1] == '>=' else 'large'}: {found[2]} is the limit", ""
    if found := _TYPE.match(what):
        wanted = next((one for one in found[1].split(" | ") if one != "null"), found[1])
        return f"{_TYPES.get(wanted, wanted)} is expected, this is {_TYPES.get(found[2], found[2])}", ""
    return what, ""


def _field(word: type, path: str) -> tuple[Any, str]:
    """The shape of the field that a path leads to, and the name of its form."""
    kind, form = _bare(shapes.type_info(word), "")
    for part in re.findall(r"\[[^\]]*\]|[^.\[\]]+", path):
        if part.startswith("["):
            inner = kind.item_type if isinstance(kind, shapes.ListType) else getattr(kind, "value_type", None)
        elif isinstance(kind, shapes.StructType):
            inner = next((field.type for field in kind.fields if field.name == part), None)
        else:
            inner = None
        if inner is None:
            return None, ""
        kind, form = _bare(inner, "")
    return kind, form


def _bare(kind: Any, form: str) -> tuple[Any, str]:  # noqa: ANN401 - any of msgspec.inspect's classes
    while True:
        if isinstance(kind, shapes.Metadata):
            form = (kind.extra or {}).get("form", form)
            kind = kind.type
        elif isinstance(kind, shapes.UnionType):
            kind = next(member for member in kind.types if not isinstance(member, shapes.NoneType))
        else:
            return kind, form


def needed(tag: str, shape: Mapping[str, Any]) -> MalformedError:
    """What to say when an event that has data was given none.

    Args:
        tag: the event type.
        shape: the fields of its data.
    """
    names = list(shape)
    return MalformedError(
        f"{tag} needs data, and none was given",
        where="data",
        remedy=f"give at least one field with --set, such as --set {names[0]}=…; there are: {', '.join(names)}",
    )
