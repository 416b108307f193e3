# SPDX-License-Identifier: Apache-2.0
"""Make messages of ROS of what was read from a bag, whatever version of their type it has."""

from __future__ import annotations

import array
from typing import Any

import numpy as np

_TYPE_CODES = {
    "uint8": "B",
    "int8": "b",
    "uint16": "H",
    "int16": "h",
    "uint32": "I",
    "int32": "i",
    "uint64": "Q",
    "int64": "q",
    "float32": "f",
    "float64": "d",
}


def to_ros(read: Any, message: Any) -> Any:
    """Fill a message of ROS with the fields that a message read from a bag has too.

    Args:
        read: Message as rosbags reads it.
        message: Message of the same type, of the installed version; fields without a value keep
            theirs.

    Returns:
        The message.

    Raises:
        AssertionError: A value does not fit into its field.
        ValueError: Likewise.
    """
    for name in message.get_fields_and_field_types():
        if not hasattr(read, name):
            continue
        value, present = getattr(read, name), getattr(message, name)
        if hasattr(present, "get_fields_and_field_types"):
            to_ros(value, present)
        elif isinstance(value, np.ndarray) and isinstance(present, array.array):
            # rclpy checks a list element by element; an array it takes as it is.
            filled = array.array(_TYPE_CODES[value.dtype.name])
            filled.frombytes(np.ascontiguousarray(value).data.cast("B"))
            setattr(message, name, filled)
        else:
            setattr(message, name, value)
    return message
