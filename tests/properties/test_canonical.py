"""Whatever the value: it has one form, and no other bytes read as it."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archief import canonical
from archief.canonical import INTEGER_MAX
from archief.errors import MalformedError

text = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(-INTEGER_MAX, INTEGER_MAX)
values = st.recursive(
    st.none() | st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_a_value_reads_back(value: object) -> None:
    assert value == canonical.decode(canonical.encode(value))


@given(values)
def test_the_form_is_the_one_that_format_md_describes(value: object) -> None:
    expected = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert expected.encode() == canonical.encode(value)


@given(values, st.data())
def test_one_changed_byte_is_refused_or_another_value(value: object, data: st.DataObject) -> None:
    encoded = canonical.encode(value)
    at = data.draw(st.integers(0, len(encoded) - 1))
    changed = encoded[:at] + bytes([data.draw(st.integers(0, 255))]) + encoded[at + 1 :]
    with contextlib.suppress(MalformedError):
        read = canonical.decode(changed)
        assert changed == canonical.encode(read)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_have_the_one_form(raw: bytes) -> None:
    with contextlib.suppress(MalformedError):
        assert raw == canonical.encode(canonical.decode(raw))


@given(st.floats() | st.integers(min_value=INTEGER_MAX + 1) | st.integers(max_value=-INTEGER_MAX - 1), text)
def test_numbers_without_a_form_are_refused_at_any_depth(number: float, key: str) -> None:
    for value in (number, [number], {key: [number]}):
        with pytest.raises(MalformedError):
            canonical.encode(value)


@given(st.binary(max_size=80))
def test_base64_has_one_form(raw: bytes) -> None:
    assert raw == canonical.base64_decode(canonical.base64_encode(raw))


@given(st.text("ABab01+/=-_ \n", max_size=12))
def test_any_text_is_refused_or_the_one_base64_of_its_bytes(written: str) -> None:
    with contextlib.suppress(MalformedError):
        assert written == canonical.base64_encode(canonical.base64_decode(written))
