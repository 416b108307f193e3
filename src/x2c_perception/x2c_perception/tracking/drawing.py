# SPDX-License-Identifier: Apache-2.0
"""Draw a tracked face into its image."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.face import topology
from x2c_core.face.frames import Face, FaceState

_MESH = (170, 160, 120)
_CONTOUR = (255, 225, 140)
_LIPS = (150, 140, 255)
_IRIS = (120, 255, 190)
_LOST = (130, 130, 130)
_AXES = ((80, 80, 255), (80, 220, 80), (255, 140, 60))
_FRACTION_BITS = 4

_LINES = (
    topology.EYE_RIGHT_UPPER,
    topology.EYE_RIGHT_LOWER,
    topology.EYE_LEFT_UPPER,
    topology.EYE_LEFT_LOWER,
    topology.BROW_RIGHT_UPPER,
    topology.BROW_LEFT_UPPER,
    topology.NOSE_BRIDGE,
    np.append(topology.OVAL, topology.OVAL[0]),
)
_LIP_LINES = (
    topology.LIP_UPPER_OUTER,
    topology.LIP_UPPER_INNER,
    topology.LIP_LOWER_INNER,
    topology.LIP_LOWER_OUTER,
)


def draw_face(image: NDArray[np.uint8], face: Face, text: Sequence[str] = ()) -> None:
    """Draw mesh, contours, irises and head axes of a face into a BGR image (height, width, 3).

    Args:
        image: The one in which the face was tracked; is drawn into.
        face: Grey where it is lost; nothing where there has been none.
        text: Lines for the upper left corner.
    """
    if face.pose is not None:
        _draw_landmarks(image, face)
        if face.state is FaceState.TRACKING:
            _draw_axes(image, face)
    scale = max(image.shape[:2]) / 1000.0
    for number, line in enumerate(text):
        place = (round(16 * scale) + 2, round((36 + 34 * number) * scale) + 2)
        for colour, thickness in (((0, 0, 0), 4), ((255, 255, 255), 1)):
            cv2.putText(
                *(image, line, place, cv2.FONT_HERSHEY_SIMPLEX, max(0.4, scale)),
                color=colour,
                thickness=thickness,
                lineType=cv2.LINE_AA,
            )


def _draw_landmarks(image: NDArray[np.uint8], face: Face) -> None:
    points = _fixed(face.landmarks[:, :2])
    tracking = face.state is FaceState.TRACKING
    width = max(1, round(max(np.ptp(face.landmarks[:, :2], axis=0)) / 220.0))
    mesh = image.copy()
    _polylines(mesh, points[topology.TRIANGLES], _MESH if tracking else _LOST, 1, closed=True)
    image[:] = cv2.addWeighted(mesh, 0.4, image, 0.6, 0.0)
    for ids in _LINES:
        _polylines(image, points[None, ids], _CONTOUR if tracking else _LOST, width)
    for ids in _LIP_LINES:
        _polylines(image, points[None, ids], _LIPS if tracking else _LOST, width)
    for iris in (topology.IRIS_RIGHT, topology.IRIS_LEFT):
        centre, rim = face.landmarks[iris[0], :2], face.landmarks[iris[1:], :2]
        radius = float(np.linalg.norm(rim - centre, axis=1).mean())
        cv2.circle(
            image,
            points[iris[0]].tolist(),
            min(round(radius * 2**_FRACTION_BITS), 2**14),
            _IRIS if tracking else _LOST,
            width,
            cv2.LINE_AA,
            _FRACTION_BITS,
        )


def _draw_axes(image: NDArray[np.uint8], face: Face) -> None:
    """Draw the head's axes at the tip of the nose: x red, y green, z blue."""
    if face.pose is None:
        return
    start = face.landmarks[topology.NOSE_BRIDGE[-1]]
    ends = start + 0.8 * face.pose.scale * face.pose.rotation.T
    lines = _fixed(np.stack([np.stack([start, end])[:, :2] for end in ends]))
    for line, colour in zip(lines, _AXES, strict=True):
        _polylines(image, line[None], colour, 2)


def _polylines(
    image: NDArray[np.uint8],
    lines: NDArray[np.int32],
    colour: tuple[int, int, int],
    thickness: int,
    *,
    closed: bool = False,
) -> None:
    cv2.polylines(image, list(lines), closed, colour, thickness, cv2.LINE_AA, _FRACTION_BITS)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return points as the fixed-point numbers that OpenCV draws with, kept from overflowing."""
    fixed = np.round(np.clip(points, -16_000.0, 16_000.0) * 2**_FRACTION_BITS)
    return np.asarray(fixed, dtype=np.int32)
