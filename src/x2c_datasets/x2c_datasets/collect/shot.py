# SPDX-License-Identifier: Apache-2.0
"""One image of an animation, with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shot:
    """One picture of an animation.

    Attributes:
        frame: Which of the animation's frames it is.
        jpeg: The file's content.
        landmarks: (478, 3) [interocular distances] in the head frame; None for real robots.
        projection: (3, 4) from that frame to homogeneous pixels; None for real robots.
    """

    frame: int
    jpeg: bytes
    landmarks: Array | None = None
    projection: Array | None = None
