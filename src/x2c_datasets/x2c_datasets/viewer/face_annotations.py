# SPDX-License-Identifier: Apache-2.0
"""Landmarks as annotations of the camera image, as Foxglove draws them."""

from __future__ import annotations

from typing import Any

import numpy as np
from foxglove.messages import (
    Color,
    ImageAnnotations,
    Point2,
    PointsAnnotation,
    PointsAnnotationType,
    Timestamp,
)

from x2c_core.face.frames import FaceState

_COLOUR = Color(r=0.35, g=0.8, b=1.0, a=1.0)
_THICKNESS = 2.0


def landmark_annotations(message: Any) -> ImageAnnotations:
    """Return the landmarks of a face as points on its image; none while no face is tracked.

    Args:
        message: x2c_msgs/FaceLandmarks.
    """
    stamp = message.header.stamp
    time = Timestamp(sec=stamp.sec, nsec=stamp.nanosec)
    points = np.asarray(message.landmarks, dtype=np.float64).reshape(-1, 3)
    if message.state != FaceState.TRACKING or not np.isfinite(points).all():
        return ImageAnnotations(timestamp=time)
    drawn = PointsAnnotation(
        timestamp=time,
        type=PointsAnnotationType.Points,
        points=[Point2(x=x, y=y) for x, y, _ in points.tolist()],
        outline_color=_COLOUR,
        fill_color=_COLOUR,
        thickness=_THICKNESS,
    )
    return ImageAnnotations(timestamp=time, points=[drawn])
