"""A value has one byte form, and bytes in another are refused."""

from __future__ import annotations

import base64
from typing import Literal

import msgspec
import pytest

from archief import canonical
from archief.canonical import INTEGER_MAX, Count, Integer
from archief.errors import MalformedError


class Point(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A shape with every kind of field that matters here."""

    y: Integer = 0
    x: Count = 0
    name: str | None = None


POINT = msgspec.json.Decoder(Point)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ({"b": 1, "a": 2}, b'{"a":2,"b":1}'),
        ({"é": 1, "z": 2, "\uffff": 3, "\U0001f600": 4}, '{"z":2,"é":1,"\uffff":3,"\U0001f600":4}'.encode()),
        ('a/b\\"\x7f\u2028é', '"a/b\\\\\\"\x7f\u2028é"'.encode()),
        ("\b\f\n\r\t\x00\x1f", b'"\\b\\f\\n\\r\\t\\u0000\\u001f"'),
        ([1, -1, 0, True, None, []], b"[1,-1,0,true,null,[]]"),
        (INTEGER_MAX, b"9007199254740992"),
        (-INTEGER_MAX, b"-9007199254740992"),
        (
            {"digits": "12345678901234567890", "decimal": "1.5e3"},
            b'{"decimal":"1.5e3","digits":"12345678901234567890"}',
        ),
    ],
)
def test_a_value_has_its_one_form_and_reads_back(value: object, encoded: bytes) -> None:
    assert encoded == canonical.encode(value)
    assert value == canonical.decode(encoded)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        0.5,
        [1e300],
        {"a": {"b": [-0.0]}},
        float("nan"),
        {"a": [None, float("inf")]},
        INTEGER_MAX + 1,
        -INTEGER_MAX - 1,
        {"a": 2**64},
        "\ud800",
        {"\udfff": 1},
    ],
    ids=repr,
)
def test_a_value_without_a_form_is_refused(value: object) -> None:
    with pytest.raises(MalformedError):
        canonical.encode(value)


NOT_CANONICAL = {
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, deeper": b'{"a":[{"b":1,"b":2}]}',
    "keys not sorted": b'{"b":1,"a":2}',
    "keys sorted by UTF-16": '{"\U0001f600":1,"\uffff":2}'.encode(),
    "a space": b'{"a": 1}',
    "a space in front": b" 1",
    "a newline at the end": b"1\n",
    "a byte order mark": b"\xef\xbb\xbf1",
    "minus zero": b"-0",
    "minus zero, deeper": b'{"a":[-0]}',
    "a float": b"1.0",
    "an exponent": b"1e5",
    "a capital exponent": b"1E5",
    "a small exponent": b"1e-5",
    "minus zero with a point": b"-0.0",
    "a leading zero": b"01",
    "a plus": b"+1",
    "just too large": b"9007199254740993",
    "just too small": b"-9007199254740993",
    "64 bits": b"18446744073709551616",
    "many digits": b"1" * 400,
    "an escaped slash": b'"\\/"',
    "an escaped letter": b'"\\u0041"',
    "an escape in capitals": b'"\\u001F"',
    "a long escape where there is a short one": b'"\\u000a"',
    "an escaped é": b'"\\u00e9"',
    "an escaped delete": b'"\\u007f"',
    "an escaped pair": b'"\\ud83d\\ude00"',
    "half of a pair, escaped": b'"\\ud800"',
    "half of a pair in UTF-8": b'"\xed\xa0\x80"',
    "not UTF-8": b'"\xff"',
    "not UTF-8 in a key": b'{"\xff":1}',
    "overlong UTF-8": b'"\xc0\xaf"',
    "a bare control character": b'"\x01"',
    "a bare newline": b'"\n"',
    "nothing": b"",
    "cut off": b'{"a":1',
    "two values": b"1 2",
    "a comma too many": b"[1,]",
    "not a number": b"NaN",
    "single quotes": b"'a'",
    "a comment": b"1//",
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("encoded", NOT_CANONICAL.values(), ids=NOT_CANONICAL)
def test_other_bytes_are_refused(encoded: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        canonical.decode(encoded, "line 7")
    assert "line 7" == caught.value.where


@pytest.mark.parametrize(
    "encoded",
    [
        b'{"x":1,"x":1}',
        b'{"y":1,"x":1}',
        b'{"x":0}',
        b'{"name":null}',
        b'{"x":-1}',
        b'{"x":1.0}',
        b'{"x":1e3}',
        b'{"y":-0}',
        b'{"y":9007199254740993}',
        b'{"z":1}',
        b'{"name":"\xff"}',
        b'{"name":"\\u0041"}',
        b'{"x":"1"}',
        b"[]",
        b'{"x":1} ',
    ],
)
def test_a_shape_is_read_from_its_one_form_only(encoded: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.decode_as(POINT, encoded)


def test_a_shape_reads_back_as_it_was_written() -> None:
    for point in (Point(), Point(y=-INTEGER_MAX), Point(x=INTEGER_MAX, name="\x7f/é")):
        assert point == canonical.decode_as(POINT, canonical.encode(point))
        assert canonical.encode(point) == canonical.encode_struct(point)


def test_a_field_with_the_wrong_value_is_named_without_the_value() -> None:
    decoder = msgspec.json.Decoder(msgspec.defstruct("Choice", [("kind", Literal["a", "b"])]))
    for secret in (b'{"kind":"geheim"}', b'{"kind":"gehe\\nim - at `$"}'):
        with pytest.raises(MalformedError) as caught:
            canonical.decode_as(decoder, secret)
        assert "$.kind" in caught.value.what
        assert "gehe" not in caught.value.what


def test_the_place_of_a_refused_number_is_named() -> None:
    with pytest.raises(MalformedError, match=r"\$\.a\[1\]\.b"):
        canonical.decode(b'{"a":[1,{"b":2.5}]}')


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff\xfe", bytes(range(256))])
def test_base64_reads_back(raw: bytes) -> None:
    assert raw == canonical.base64_decode(canonical.base64_encode(raw))
    assert base64.b64encode(raw).decode() == canonical.base64_encode(raw)


@pytest.mark.parametrize(
    "text",
    [
        "AA",
        "AA=",
        "A===",
        "AB==",
        "AAB=",
        "AA==\n",
        " AA==",
        "A A==",
        "AA==AA==",
        "_-8=",
        "é===",
        "AAA",
        "====",
        "=AA=",
    ],
)
def test_base64_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        canonical.base64_decode(text, "facts.key")


def test_every_stray_bit_in_the_last_character_is_refused() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for value, last in enumerate(alphabet):
        for text, stray in ((f"A{last}==", value & 15), (f"AA{last}=", value & 3)):
            if stray:
                with pytest.raises(MalformedError):
                    canonical.base64_decode(text)
            else:
                canonical.base64_decode(text)
