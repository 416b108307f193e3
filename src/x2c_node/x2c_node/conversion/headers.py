# SPDX-License-Identifier: Apache-2.0
"""Checks of a message's header, which all messages made of the message carry on."""

from __future__ import annotations

from std_msgs.msg import Header

from x2c_core.files.input_limits import FRAME_ID_LENGTH, LimitError
from x2c_node.errors import MessageError


def check_frame_id(header: Header) -> None:
    """Refuse a header whose frame_id is longer than the limit.

    Raises:
        MessageError: The frame_id is too long.
    """
    try:
        FRAME_ID_LENGTH.check(len(header.frame_id), "the frame_id has")
    except LimitError as error:
        raise MessageError(str(error)) from error
