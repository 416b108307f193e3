# SPDX-License-Identifier: Apache-2.0
"""One image of an animation, with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from x2c_core.arrays import Array


@dataclass(frozen=True)
class Shot:
    """One image of an animation.

    Attributes:
        frame: Index of the frame in the animation.
        jpeg: The file's content.
        landmarks: (478, 3) [interocular distances] in the head frame; None for real robots.
        projection: (3, 4) from that frame to homogeneous pixels; None for real robots.
    """

    frame: int
    jpeg: bytes
    landmarks: Array | None = None
    projection: Array | None = None
