# SPDX-License-Identifier: Apache-2.0
"""Draw face landmarks over an image: a fine mesh, and the lines of the features in colour."""

from __future__ import annotations

from collections import defaultdict

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import ImageArray
from x2c_core.control_space.controls import Group
from x2c_core.face import topology
from x2c_core.images.theme import GROUP_COLOURS, bgr

_SHIFT = 4
_FARTHEST = 1 << 14


def _trails(triangles: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
    """Return lines that together run along every edge of the triangles once.

    OpenCV draws one long line far faster than its pieces.
    """
    neighbours: dict[int, set[int]] = defaultdict(set)
    for a, b, c in triangles.tolist():
        for one, other in ((a, b), (b, c), (c, a)):
            neighbours[one].add(other)
            neighbours[other].add(one)
    trails = []
    # A line that begins where an odd number of edges meet ends at another such place.
    starts = sorted(neighbours, key=lambda one: len(neighbours[one]) % 2, reverse=True)
    for start in starts:
        while neighbours[start]:
            trail = [start]
            while neighbours[trail[-1]]:
                here = trail[-1]
                following = neighbours[here].pop()
                neighbours[following].discard(here)
                trail.append(following)
            trails.append(np.array(trail, dtype=np.intp))
    return tuple(trails)


_MESH = _trails(topology.TRIANGLES)
_FEATURES: tuple[tuple[str, tuple[NDArray[np.intp], ...]], ...] = (
    ("#ffffff", (np.append(topology.OVAL, topology.OVAL[0]),)),
    (
        GROUP_COLOURS[Group.BROW],
        (
            *(topology.BROW_RIGHT_UPPER, topology.BROW_RIGHT_LOWER),
            *(topology.BROW_LEFT_UPPER, topology.BROW_LEFT_LOWER),
        ),
    ),
    (
        GROUP_COLOURS[Group.EYELID],
        (
            *(topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
            *(topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
        ),
    ),
    (
        GROUP_COLOURS[Group.MOUTH],
        (
            *(topology.LIP_UPPER_OUTER, topology.LIP_LOWER_OUTER),
            *(topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER),
        ),
    ),
)

_IRIS_COLOUR = bgr(GROUP_COLOURS[Group.GAZE])


def draw_face(image: ImageArray, landmarks: ArrayLike) -> None:
    """Draw landmarks (478, 2 or 3) [pixel] into a BGR image (height, width, 3)."""
    points = np.asarray(landmarks, dtype=np.float64)[:, :2]
    if not np.isfinite(points).all():
        return
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(points.min(axis=0)).astype(int) - 3, 0, (width, height))
    x1, y1 = np.clip(np.ceil(points.max(axis=0)).astype(int) + 4, 0, (width, height))
    if x0 >= x1 or y0 >= y1:
        return
    under = image[y0:y1, x0:x1]
    local = np.clip(points - (x0, y0), -_FARTHEST, _FARTHEST)
    fixed = np.rint(local * (1 << _SHIFT)).astype(np.int32)[:, None, :]
    mesh = under.copy()
    _lines(mesh, fixed, _MESH, (235, 235, 225))
    cv2.addWeighted(mesh, 0.32, under, 0.68, 0.0, dst=mesh)
    features = mesh.copy()
    for colour, lines in _FEATURES:
        _lines(features, fixed, lines, bgr(colour))
    for iris in (topology.IRIS_RIGHT, topology.IRIS_LEFT):
        spread = np.linalg.norm(local[iris[1:]] - local[iris[0]], axis=1).mean()
        centre, radius = fixed[iris[0], 0].tolist(), round(float(spread) * (1 << _SHIFT))
        cv2.circle(features, centre, radius, _IRIS_COLOUR, 1, cv2.LINE_AA, _SHIFT)
    cv2.addWeighted(features, 0.85, mesh, 0.15, 0.0, dst=under)


def _lines(
    image: ImageArray,
    points: NDArray[np.int32],
    lines: tuple[NDArray[np.intp], ...],
    colour: tuple[int, int, int],
) -> None:
    cv2.polylines(image, [points[line] for line in lines], False, colour, 1, cv2.LINE_AA, _SHIFT)
