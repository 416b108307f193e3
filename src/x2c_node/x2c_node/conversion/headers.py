# SPDX-License-Identifier: Apache-2.0
"""Headers of messages: time stamps, and the frame that all messages made of them carry on."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from x2c_core.files.input_limits import FRAME_ID_LENGTH, LimitError
from x2c_node.errors import MessageError


def to_nanoseconds(stamp: Time) -> int:
    """Return a stamp as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def to_stamp(nanoseconds: int) -> Time:
    """Return nanoseconds as a stamp."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return Time(sec=seconds, nanosec=rest)


def stamp_of(message: Any) -> int:
    """Return the stamp of a message's header, or its own, as Foxglove's messages have it [ns]."""
    own = getattr(message, "timestamp", None)
    return to_nanoseconds(message.header.stamp if own is None else own)


def frame_of(message: Any) -> str:
    """Return the name of a message's coordinate frame."""
    own = getattr(message, "frame_id", None)
    return str(message.header.frame_id if own is None else own)


def check_frame_id(header: Header) -> None:
    """Refuse a header whose frame_id is longer than the limit.

    Raises:
        MessageError: The frame_id is too long.
    """
    try:
        FRAME_ID_LENGTH.check(len(header.frame_id), "the frame_id has")
    except LimitError as error:
        raise MessageError(str(error)) from error
