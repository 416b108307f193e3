# SPDX-License-Identifier: Apache-2.0
"""Time that the end of actuation takes."""

from __future__ import annotations

from x2c_actuation.pipeline.motion_limits import MotionLimits

_MARGIN = 3.0
"""Extra time on a busy machine [s]."""


def longest_end(ease_time: float, limits: MotionLimits) -> float:
    """Return the longest time in which joints come to where they are to end [s].

    Args:
        ease_time: Time of the face's ease to neutral, if its limits allow that [s].
        limits: Limits of the joints.
    """
    way = (limits.upper - limits.lower) / limits.velocity
    # Speeding up and braking at the limits of acceleration and jerk; twice, to turn around first.
    changes = 2.0 * (limits.velocity / limits.acceleration + limits.acceleration / limits.jerk)
    return ease_time + float((way + changes).max()) + _MARGIN
