# SPDX-License-Identifier: Apache-2.0
"""Messages of any installed type: their classes, and their content as text."""

from __future__ import annotations

import array
import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml
from rclpy.serialization import serialize_message

from x2c_cli.errors import BusError
from x2c_core.words import counted, did_you_mean

_SHOWN = 12
"""Longer arrays are folded to their lengths."""


def message_class(kind: str) -> type:
    """Return the class of a message type, such as "std_msgs/msg/Bool".

    Raises:
        BusError: It is not installed here.
    """
    package, _, name = kind.partition("/msg/")
    try:
        found: type = getattr(importlib.import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError):
        raise BusError(
            f"the message type {kind} is not installed here: enter the workspace that has it"
        ) from None
    return found


def serialized(message: Any) -> bytes:
    """Return a message in the wire format of ROS 2."""
    return bytes(serialize_message(message))


def part(message: Any, path: str) -> Any:
    """Return a field of a message, such as "header.stamp".

    Raises:
        BusError: There is no such field.
    """
    for name in filter(None, path.split(".")):
        fields: dict[str, str] = getattr(message, "get_fields_and_field_types", dict)()
        if name not in fields:
            raise BusError(
                f"there is no field {name!r}{did_you_mean(name, fields)}; fields: "
                f"{', '.join(fields) or 'none'}"
            )
        message = getattr(message, name)
    return message


def as_text(value: Any, *, whole: bool = False) -> str:
    """Return a message, or a field of one, as YAML.

    Args:
        value: Message or value of a field.
        whole: Whether long arrays are shown with all that is in them.
    """
    plain = _plain(value, whole)
    if not isinstance(plain, dict):
        plain = plain if isinstance(plain, list) else [plain]
        text = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=100)
        return text.strip()[1:-1] if len(plain) == 1 else text.strip()
    return yaml.safe_dump(
        plain, sort_keys=False, default_flow_style=None, allow_unicode=True, width=100
    ).rstrip()


def _plain(value: Any, whole: bool) -> Any:
    if hasattr(value, "get_fields_and_field_types"):
        names = value.get_fields_and_field_types()
        return {name: _plain(getattr(value, name), whole) for name in names}
    if isinstance(value, bytes):
        value = list(value)
    if isinstance(value, np.ndarray | array.array):
        value = value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) > _SHOWN and not whole:
            return f"({counted(len(value), 'value')}; --full shows them)"
        return [_plain(one, whole) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    return value
