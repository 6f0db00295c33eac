"""A struct's bare shape: its fields and their JSON types, without patterns and lengths.

A writer's values meet every rule of their type (``catalogue.check``). A reader of stored bytes needs less and needs
it a million times: that the bytes are of the type's shape and in the one form, so that every other reader, SQL
included, sees the same. Integers keep their bounds: beyond 2^53 readers differ.
"""

from __future__ import annotations

import functools
import types
import typing
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from archief.canonical import INTEGER_MAX

_BOUNDED = Annotated[int, msgspec.Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]


@functools.cache
def shape_of(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The bare shape of a struct: same fields, same defaults, no patterns."""
    hints = typing.get_type_hints(struct, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        bare = _bare(hints[field.name])
        if field.required:
            fields.append((field.encode_name, bare))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.encode_name, bare, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.encode_name, bare, field.default))
    return msgspec.defstruct(
        f"{struct.__name__}Shape", fields, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
    )


def _bare(hint: Any) -> Any:  # noqa: ANN401 - a type annotation
    """An annotation without its constraints."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _bare(get_args(hint)[0])
    if hint is int:
        return _BOUNDED
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return shape_of(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(_bare(member) for member in get_args(hint))]  # noqa: UP007 - made at run time
    if origin is Literal or origin is None:
        return hint
    return origin[tuple(_bare(member) for member in get_args(hint))]
