# SPDX-License-Identifier: Apache-2.0
"""Dataclasses as JSON and back, checked field by field."""

from __future__ import annotations

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from x2c_core.files.entries import shown

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Return records, mappings, sequences and numbers as strict JSON takes them.

    Numbers are rounded to nine digits; NaN and infinity become None.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 9) if math.isfinite(value) else None
    return value


def from_json(kind: type[T], value: Any, name: str = "content") -> T:
    """Return a record from what `to_json` made of it.

    Entries that no field has are ignored; fields with a default may be missing.

    Args:
        kind: Dataclass.
        value: Content of a JSON file.
        name: Name of the content for messages.

    Raises:
        ValueError: An entry is missing or of another type; the text says which one.
    """
    return typing.cast(T, _read(kind, value, name))


def _read(kind: Any, value: Any, name: str) -> Any:
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, name)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in arguments if one is not type(None))
        return None if value is None else _read(inner, value, name)
    if origin is tuple:
        return _sequence(arguments, value, name)
    if origin is not None and issubclass(origin, Mapping):
        _expect(isinstance(value, Mapping), value, name, "entries")
        return {key: _read(arguments[1], one, f"{name}.{key}") for key, one in value.items()}
    return _scalar(kind, value, name)


def _record(kind: Any, value: Any, name: str) -> Any:
    _expect(isinstance(value, Mapping), value, name, "entries")
    hints = typing.get_type_hints(kind)
    found = {}
    for field in dataclasses.fields(kind):
        if field.name in value:
            found[field.name] = _read(hints[field.name], value[field.name], f"{name}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{name} lacks {field.name}")
    return kind(**found)


def _sequence(kinds: tuple[Any, ...], value: Any, name: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list | tuple), value, name, "a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    _expect(len(value) == len(kinds), value, name, f"a list of {len(kinds)}")
    return tuple(
        _read(kind, one, f"{name}[{at}]")
        for at, (kind, one) in enumerate(zip(kinds, value, strict=True))
    )


def _scalar(kind: Any, value: Any, name: str) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float:
        _expect(number and math.isfinite(value), value, name, "a number")
    elif kind is int:
        _expect(number and isinstance(value, int), value, name, "a whole number")
    else:
        expected = {bool: "true or false", str: "a text"}.get(kind, str(kind))
        _expect(isinstance(value, kind), value, name, expected)
    return value


def _expect(right: bool, value: Any, name: str, expected: str) -> None:
    if not right:
        raise ValueError(f"{name} is {shown(value)}, expected {expected}")
