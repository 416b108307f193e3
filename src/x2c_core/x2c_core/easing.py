# SPDX-License-Identifier: Apache-2.0
"""Easing curves: from 0 to 1 in the course of a change, at rest at both ends."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array


@overload
def smoothstep(share: float) -> float: ...
@overload
def smoothstep(share: NDArray[Any]) -> NDArray[Any]: ...
def smoothstep(share: float | NDArray[Any]) -> float | NDArray[Any]:
    """Return 3 s² - 2 s³ of a share s of the change, clipped to [0, 1].

    Args:
        share: Number, or array of any shape, whose type is kept.
    """
    if isinstance(share, float | int):
        s = min(max(share, 0.0), 1.0)
        return s * s * (3.0 - 2.0 * s)
    clipped = np.clip(share, 0.0, 1.0)
    return np.asarray(clipped * clipped * (3.0 - 2.0 * clipped))


def minimum_jerk(share: Array) -> Array:
    """Return 6 s⁵ - 15 s⁴ + 10 s³ of a share s of the change, clipped to [0, 1].

    It is the way with the least jerk, which human movements take.

    Args:
        share: Array of any shape.
    """
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s * s * s * (s * (s * 6.0 - 15.0) + 10.0))
