"""Walks over the structs of the catalogue, for tests that make a claim about all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec.inspect as shapes

from archief.events import catalogue
from archief.events.base import Word


def structs() -> Iterator[type[Word]]:
    """Every struct that facts or data can hold."""
    seen: set[type] = set()
    todo: list[Any] = [part for one in catalogue.TYPES.values() for part in (one.facts, one.data) if part is not None]
    while todo:
        cls = todo.pop()
        if cls not in seen:
            seen.add(cls)
            yield cls
            todo += [kind.cls for kind in kinds(cls) if isinstance(kind, shapes.StructType)]


def kinds(cls: type) -> Iterator[shapes.Type]:
    """Every type that stands somewhere in a struct's fields."""
    info = shapes.type_info(cls)
    assert isinstance(info, shapes.StructType)
    todo: list[Any] = [field.type for field in info.fields]
    while todo:
        kind = todo.pop()
        yield kind
        for part in ("type", "item_type", "key_type", "value_type"):
            todo += [getattr(kind, part)] if hasattr(kind, part) else []
        todo += kind.types if isinstance(kind, shapes.UnionType) else ()
