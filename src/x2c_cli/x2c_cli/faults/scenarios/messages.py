# SPDX-License-Identifier: Apache-2.0
"""Control values that faults publish beside the pipeline's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from x2c_core.arrays import Array
from x2c_msgs.msg import ControlValues


def control_message(time: Any, values: Array) -> ControlValues:
    """Return values (30,) as a message of a person who is tracked.

    Args:
        time: Time of the header, as rclpy's clock gives it.
        values: Control values (30,); they may be out of range, or no numbers.
    """
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    message = ControlValues(
        values=narrow, confidence=1.0, state=ControlValues.TRACKING, track_id=1
    )
    message.header.stamp = time.to_msg()
    return message
