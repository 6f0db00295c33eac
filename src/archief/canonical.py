r"""The one byte form of a value, and the check that bytes are in it (format.md §1).

Canonical JSON: UTF-8, no white space, keys sorted by code point, no key twice, no floats, integers within ±2^53, no
``-0``, control characters as ``\b \f \n \r \t`` or lower-case ``\u00xx``, everything else as is. msgspec writes exactly
this with ``order="sorted"``; reading decodes, encodes again and demands the very bytes that were read, because msgspec
takes the last of two equal keys where DuckDB takes the first.

>>> encode({"b": [1, True, None], "a": "é/\n"})
b'{"a":"\xc3\xa9/\\n","b":[1,true,null]}'
"""

from __future__ import annotations

import binascii
import re
from typing import Annotated, Any, TypeVar

import msgspec

from archief.errors import MalformedError

T = TypeVar("T")

INTEGER_MAX = 2**53
"""Integers beyond this lose digits in readers that count in doubles."""

Integer = Annotated[int, msgspec.Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
"""An integer field: never outside ±2^53."""

Count = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
"""An integer field that counts something."""

_encoder = msgspec.json.Encoder(order="sorted")
_EXTREME = re.compile(rb"[0-9]{16}|[0-9][.eE]")
"""Digits that could be a float or too large: only then is the value walked."""

_VALUE = re.compile(r"(?<=^Invalid enum value) .*?(?= - at `\$|$)", re.DOTALL)
"""Where msgspec puts a value into its message: content of a record does not belong in an error."""


def encode(value: object) -> bytes:
    """Write a value in its one form. Structs with ``omit_defaults`` leave their defaults out.

    Raises:
        MalformedError: a float, an integer outside ±2^53, or half of a surrogate pair.
    """
    encoded = encode_struct(value)
    if _EXTREME.search(encoded) or b"null" in encoded:  # msgspec writes what is not a number (NaN) as null
        _refuse_numbers(msgspec.to_builtins(value), "$")
    return encoded


def encode_struct(value: object) -> bytes:
    """Write a struct whose type admits no floats and bounds its integers: ``encode`` without the walk over numbers.

    Raises:
        MalformedError: half of a surrogate pair: it has no UTF-8.
    """
    try:
        return _encoder.encode(value)
    except UnicodeError:
        raise MalformedError("text that has no UTF-8 form") from None


def decode(encoded: bytes, where: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """Read a value of any shape and demand that its bytes are the canonical ones.

    Args:
        encoded: the bytes, without a newline at the end.
        where: the place to name in an error.

    Raises:
        MalformedError: not JSON, or not in canonical form.
    """
    try:
        value = msgspec.json.decode(encoded)
    except msgspec.DecodeError as error:
        raise MalformedError(f"not JSON: {error}", where=where) from None
    except (UnicodeError, RecursionError) as error:
        raise _unreadable(error, where) from None
    if _EXTREME.search(encoded):
        _refuse_numbers(value, "$", where)
    if _encoder.encode(value) != encoded:
        raise MalformedError("not in canonical form (a key twice, unsorted keys, white space or escapes)", where=where)
    return value


def decode_as(decoder: msgspec.json.Decoder[T], encoded: bytes, where: str = "") -> T:
    """Read a value of a known shape and demand that its bytes are the canonical ones.

    Args:
        decoder: a strict decoder; its integer fields carry their bounds and none of its fields is a float.
        encoded: the bytes, without a newline at the end.
        where: the place to name in an error.

    Raises:
        MalformedError: not JSON, not of the shape (the field's path is named), or not in canonical form.
    """
    try:
        value = decoder.decode(encoded)
    except msgspec.DecodeError as error:  # ValidationError is one of these
        raise MalformedError(_VALUE.sub("", str(error)), where=where) from None
    except (UnicodeError, RecursionError) as error:
        raise _unreadable(error, where) from None
    if _encoder.encode(value) != encoded:
        raise MalformedError("not in canonical form (a key twice, unsorted keys, white space or escapes)", where=where)
    return value


def base64_encode(raw: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def base64_decode(text: str, where: str = "") -> bytes:
    """Read base64 of the one form: decode, encode again, compare.

    Raises:
        MalformedError: characters outside the alphabet, missing padding, or stray bits in the last character.
    """
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one of these
        raise MalformedError("not base64", where=where) from None
    if base64_encode(raw) != text:
        raise MalformedError("base64 that is not in its one form", where=where)
    return raw


def _unreadable(error: Exception, where: str) -> MalformedError:
    return MalformedError("not UTF-8" if isinstance(error, UnicodeError) else "nested too deeply", where=where)


def _refuse_numbers(value: object, path: str, where: str = "") -> None:
    waiting = [(value, path)]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict):
            waiting += [(member, f"{path}.{key}") for key, member in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(member, f"{path}[{index}]") for index, member in enumerate(value)]
        elif isinstance(value, float):
            raise MalformedError(f"a number with a fraction or exponent at {path}", where=where)
        elif isinstance(value, int) and abs(value) > INTEGER_MAX:
            raise MalformedError(f"an integer outside ±2^53 at {path}", where=where)
