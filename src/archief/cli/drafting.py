"""From what was typed to an event: ``--set``, ``--data`` and ``--document`` into facts, data and files."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import msgspec.inspect as shapes

from archief import canonical
from archief.cli.wording import did_you_mean
from archief.errors import MalformedError, NotFoundError, RefusedError, UsageError
from archief.events import catalogue
from archief.events.base import EventType
from archief.keys import Entropy
from archief.storage.base import PIECE_BYTES, NewDocument

DATA_BYTES_MAX = 4 * 1024 * 1024
OPEN_MEDIA_TYPE = "application/octet-stream"


class Typed(NamedTuple):
    """What was typed of an event.

    Attributes:
        facts: values of facts.
        data: values of the payload; None when nothing was typed.
    """

    facts: dict[str, Any]
    data: dict[str, Any] | None


OWN_COMMAND = {
    "destruction_started": "archief destroy execute",
    "record_destroyed": "archief destroy execute",
    "records_destroyed": "archief destroy execute",
    "payload_erased": "archief destroy erase",
}
"""Types of events that erase: only these commands append them, for they ask first what the log alone cannot tell."""


def appendable(name: str) -> EventType:
    """The newest event type of a name, when it may be appended by hand.

    Raises:
        NotFoundError: no such type.
        RefusedError: a command of its own appends it.
    """
    event_type = catalogue.newest(name)
    if (command := OWN_COMMAND.get(event_type.name)) is not None:
        raise RefusedError(
            f"{event_type.name} is not appended by hand: dates, holds and dossiers are asked first",
            where="TYPE",
            remedy=f"use its own command: {command}",
        )
    return event_type


def typed(event_type: EventType, sets: Sequence[str], data: dict[str, Any] | None) -> Typed:
    """Sort ``--set NAME=VALUE`` into facts and data, each value in the type of its field.

    Args:
        event_type: what the event is.
        sets: NAME=VALUE; NAME may begin with ``facts.`` or ``data.`` and go on into a field with dots.
        data: what ``--data`` gave.

    Raises:
        UsageError: not NAME=VALUE, or a name that stands in both.
        MalformedError: no such field, or a value that its type does not take.
    """
    facts: dict[str, Any] = {}
    payload = dict(data) if data is not None else {}
    shape = {"facts": fields_of(event_type.facts), "data": fields_of(event_type.data)}
    into = {"facts": facts, "data": payload}
    for one in sets:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise UsageError(
                "not of the form NAME=VALUE", where=f"--set {name[:60]}", remedy="write it as --set subject='In short'"
            )
        part, path = _place(event_type, shape, name)
        try:
            _put(into[part], shape[part], path, value, f"{part}.{'.'.join(path)}")
        except MalformedError as error:
            error.remedy = error.remedy or _shown(event_type, part, path[0])
            raise
    return Typed(facts, payload if payload or data is not None else None)


def _shown(event_type: EventType, part: str, name: str) -> str:
    """How a field is written: its value in the event type's example."""
    from archief.events import schema  # noqa: PLC0415 - only a mistake needs it

    value = schema.example(event_type)[part].get(name)
    if not isinstance(value, dict | list):
        return f"see `archief events {event_type.name}`"
    member = value[0] if isinstance(value, list) and value else value
    text = canonical.encode(member).decode() if isinstance(member, dict | list) else member
    return f"write it as --set {name}='{text}'"


def _place(event_type: EventType, shape: Mapping[str, Mapping[str, Any]], name: str) -> tuple[str, list[str]]:
    first, *rest = name.split(".")
    if first in shape and rest:
        return first, rest
    parts = [part for part, fields in shape.items() if first in fields]
    if len(parts) > 1:
        raise UsageError(
            "a field of the facts and of the data", where=f"--set {name}", remedy=f"write facts.{name} or data.{name}"
        )
    if not parts:
        raise MalformedError(
            f"{event_type.tag} has no such field{did_you_mean(first, [*shape['facts'], *shape['data']])}",
            where=f"--set {name}",
            remedy=f"it has: {', '.join([*shape['facts'], *shape['data']])}",
        )
    return parts[0], [first, *rest]


def fields_of(word: type | None) -> dict[str, Any]:
    """The fields of facts or data by name, with their shapes (msgspec.inspect); none when there is no such part."""
    if word is None:
        return {}
    info = shapes.type_info(word)
    assert isinstance(info, shapes.StructType)
    return {field.name: field.type for field in info.fields}


def _put(values: dict[str, Any], fields: Mapping[str, Any], path: Sequence[str], text: str, where: str) -> None:
    """Put a typed value where its path leads; a list takes one member each time."""
    name, rest = path[0], path[1:]
    if name not in fields:
        raise MalformedError(
            f"no such field{did_you_mean(name, fields)}", where=where, remedy=f"there are: {', '.join(fields)}"
        )
    kind = _bare(fields[name])
    if rest:
        inner = values.setdefault(name, {})
        if not isinstance(inner, dict) or not isinstance(kind, shapes.StructType | shapes.DictType):
            raise MalformedError("this field has no parts", where=where)
        below = fields_of(kind.cls) if isinstance(kind, shapes.StructType) else {rest[0]: kind.value_type}
        _put(inner, below, rest, text, where)
    elif isinstance(kind, shapes.ListType) and not text.startswith("["):
        members = values.setdefault(name, [])
        if text and isinstance(members, list):
            members.append(_value(_bare(kind.item_type), text, where))
    else:
        values[name] = _value(kind, text, where)


def _bare(kind: Any) -> Any:  # noqa: ANN401 - any of msgspec.inspect's classes
    while True:
        if isinstance(kind, shapes.Metadata):
            kind = kind.type
        elif isinstance(kind, shapes.UnionType):
            kind = next(member for member in kind.types if not isinstance(member, shapes.NoneType))
        else:
            return kind


def _value(kind: Any, text: str, where: str) -> Any:  # noqa: ANN401 - any of msgspec.inspect's classes
    number = isinstance(kind, shapes.IntType) or (
        isinstance(kind, shapes.LiteralType) and isinstance(kind.values[0], int)
    )
    if number:
        try:
            return int(text)
        except ValueError:
            raise MalformedError("not a whole number", where=where) from None
    if isinstance(kind, shapes.BoolType):
        known = {"true": True, "yes": True, "false": False, "no": False}
        if text.lower() not in known:
            raise MalformedError("neither true nor false", where=where)
        return known[text.lower()]
    if isinstance(kind, shapes.ListType | shapes.DictType | shapes.StructType):
        return parsed(text.encode("utf-8", "surrogateescape"), where)
    return text


# files


def parsed(raw: bytes, where: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON that a person wrote; a key that is there twice is refused, not dropped.

    Raises:
        MalformedError: not JSON, or a key twice.
    """
    import json  # noqa: PLC0415 - only who gives JSON pays

    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except _Twice as error:
        raise MalformedError("the same key twice", where=f"{where}: {str(error)[:60]}") from None
    except json.JSONDecodeError as error:
        raise MalformedError(f"not JSON: {error.msg.lower()} (column {error.colno})", where=where) from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise MalformedError("not JSON in UTF-8", where=where) from None


class _Twice(Exception):  # noqa: N818 - never seen outside this module
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return made


def _no_number(text: str) -> None:
    raise ValueError(text)


def data_from(file: str) -> dict[str, Any]:
    """The payload of ``--data``: a file with one JSON object, or ``-`` for standard input.

    Raises:
        NotFoundError: there is no such file.
        UsageError: the file cannot be read.
        MalformedError: not one JSON object.
    """
    where = "standard input" if file == "-" else file
    with opened(file) as stream:
        raw = stream.read(DATA_BYTES_MAX + 1)
    if len(raw) > DATA_BYTES_MAX:
        raise MalformedError(
            f"more than {DATA_BYTES_MAX:,} bytes", where=where, remedy="give long text as a file with --document"
        )
    value = parsed(raw.removeprefix(b"\xef\xbb\xbf"), where)
    if not isinstance(value, dict):
        raise MalformedError("not a JSON object", where=where)
    return value


def opened(file: str) -> BinaryIO:
    """A file that a person named, or ``-`` for standard input.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it cannot be read.
    """
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError("there is no such file", where=file, remedy="name another file") from None
    except OSError as error:
        raise UsageError(
            f"could not read it: {os.strerror(error.errno or 0).lower()}", where=file, remedy="name another file"
        ) from None


def documents(paths: Sequence[Path], entropy: Entropy) -> tuple[list[dict[str, Any]], list[NewDocument]]:
    """Files on their way into the archive: how the payload names them, and where their bytes are.

    Args:
        paths: the files.
        entropy: for their ids.

    Raises:
        NotFoundError: a file is not there.
        UsageError: a file cannot be read, or is a pipe or a device: those have no end, or can be read only once.
    """
    refs, new = [], []
    for path in paths:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UsageError("no file but a pipe or a device", where=str(path), remedy="name a file")
        digest, size = hashlib.sha256(), 0
        with opened(str(path)) as stream:
            while piece := stream.read(PIECE_BYTES):
                digest.update(piece)
                size += len(piece)
        name = entropy(16).hex()
        refs.append(
            {
                "id": name,
                "media_type": _media_type(path),
                "name": path.name,
                "sha256": digest.hexdigest(),
                "size": size,
            }
        )
        new.append(NewDocument(name, functools.partial(opened, str(path)), digest.hexdigest()))
    return refs, new


def _media_type(path: Path) -> str:
    """What the file's name says. A look into the file is another command's work."""
    import mimetypes  # noqa: PLC0415 - only who gives files pays

    guessed, packed = mimetypes.guess_type(path.name)
    return guessed.lower() if guessed and not packed else OPEN_MEDIA_TYPE


def with_documents(
    event_type: EventType, data: dict[str, Any] | None, refs: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """Put document references into data.

    Raises:
        UsageError: events of this type have no files.
    """
    if not refs:
        return data
    if not event_type.documents:
        raise UsageError(f"{event_type.tag} takes no files", where="--document", remedy="attach them to the letter")
    return {**(data or {}), "documents": [*((data or {}).get("documents") or []), *refs]}


def as_values(facts: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Canonical bytes of a draft as plain values."""
    return msgspec.json.decode(facts)


def present(values: Mapping[str, object]) -> dict[str, object]:
    """Only what was given: an absent field is left out, never written as null.

    Args:
        values: by field; None and an empty list are absent.
    """
    return {name: value for name, value in values.items() if value is not None and value != []}
