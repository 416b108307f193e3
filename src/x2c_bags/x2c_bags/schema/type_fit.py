# SPDX-License-Identifier: Apache-2.0
"""Compatibility of recorded messages with another definition of their type."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import zip_longest
from typing import Any

from rosbags.interfaces import Nodetype

_FLOATS = ("float32", "float64", "float128")
_BYTES = ("uint8", "octet", "byte", "char")
_INTEGERS = (*_BYTES, "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def difference(
    recorded: Mapping[str, Any],
    expected: Mapping[str, Any],
    message_type: str,
    optional: Collection[str] = (),
) -> str:
    """Return the first difference that makes a recorded type another thing; empty for none.

    Further fields, wider numbers and bounds of strings and sequences make no difference.

    Args:
        recorded: rosbags' constants and fields of each type, by its name.
        expected: Likewise.
        message_type: For example "sensor_msgs/msg/Image".
        optional: Fields that may be missing.
    """
    return _compare(recorded, expected, message_type, message_type, optional, "")


def contradiction(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return the first field that two definitions of the same types disagree on.

    Args:
        one: rosbags' constants and fields of each type, by its name.
        other: Likewise; empty is returned where they agree on what both have.
    """
    for name, (_, fields) in one.items():
        if name not in other or fields == other[name][1]:
            continue
        for left, right in zip_longest(fields, other[name][1]):
            if left != right:
                said = (
                    f"{written(each[1])} {each[0]}" if each else "nothing"
                    for each in (left, right)
                )
                return f"{' or '.join(said)} in {name}"
    return ""


def _compare(
    recorded: Mapping[str, Any],
    expected: Mapping[str, Any],
    there: str,
    here: str,
    optional: Collection[str],
    path: str,
) -> str:
    if there not in recorded:
        return f"the definition of {there} is missing"
    constants = {name: value for name, _, value in recorded[there][0]}
    for name, _, value in expected[here][0]:
        if constants.get(name, value) != value:
            return f"{path}{name} is {constants[name]!r}, expected {value!r}"
    fields = dict(recorded[there][1])
    for name, wanted in expected[here][1]:
        if name not in fields:
            if name in optional:
                continue
            return f"it has no field {path}{name}"
        inner = _inside(fields[name]), _inside(wanted)
        if all(inner) and _shape(fields[name]) == _shape(wanted):
            found = _compare(recorded, expected, *inner, (), f"{path}{name}.")
            if found:
                return found
        elif not _fits(fields[name], wanted):
            return f"{path}{name} is {written(fields[name])}, expected {written(wanted)}"
    return ""


def written(field: Any) -> str:
    """Return the type of a field as .msg files write it.

    Args:
        field: rosbags' description.
    """
    kind, detail = field
    if kind == Nodetype.NAME:
        return str(detail)
    if kind == Nodetype.BASE:
        name, bound = detail
        return f"{name}<={bound}" if bound else str(name)
    inner, count = detail
    if kind == Nodetype.ARRAY:
        return f"{written(inner)}[{count}]"
    return f"{written(inner)}[<={count}]" if count else f"{written(inner)}[]"


def _inside(field: Any) -> str:
    """Return the name of the message type that a field consists of; empty for none."""
    kind, detail = field
    if kind in (Nodetype.ARRAY, Nodetype.SEQUENCE):
        kind, detail = detail[0]
    return str(detail) if kind == Nodetype.NAME else ""


def _shape(field: Any) -> tuple[bool, int]:
    """Return whether a field has many elements, and how many where that is fixed."""
    kind, detail = field
    fixed = detail[1] if kind == Nodetype.ARRAY else 0
    return kind in (Nodetype.ARRAY, Nodetype.SEQUENCE), fixed


def _fits(recorded: Any, wanted: Any) -> bool:
    many, count = _shape(recorded)
    wants_many, wanted_count = _shape(wanted)
    if many != wants_many or (count and wanted_count and count != wanted_count):
        return False
    bases = []
    for field in (recorded, wanted):
        kind, detail = field[1][0] if many else field
        if kind != Nodetype.BASE:
            return False
        bases.append(detail[0])
    name, wanted_name = bases
    if wanted_name in _FLOATS:
        return name in _FLOATS or name in _INTEGERS
    if wanted_name in _INTEGERS:
        # Bytes of images are used as they are; a single number of any width is the same one.
        pair = {name, wanted_name}
        return name in _INTEGERS and (not many or len(pair) == 1 or pair <= set(_BYTES))
    return bool(name == wanted_name)
