# SPDX-License-Identifier: Apache-2.0
"""The performer's head: a mesh over face and hair, with its places in the photograph and in space.

Positions in space are in the head frame of `x2c_core.face.topology.REFERENCE`: x forward out of
the face, y to the face's own left, z up, in interocular distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from performer.canvas import ORIGIN, SCALE, SUPERSAMPLING, polygon_mask
from performer.mesh import Floats, Indices, Spreader
from x2c_core.face import topology

# Landmarks that a smile does not move.
_RIGID = np.array(
    [
        33,
        133,
        362,
        263,
        168,
        6,
        197,
        195,
        5,
        4,
        1,
        10,
        338,
        109,
        127,
        356,
        234,
        454,
        70,
        300,
        107,
        336,
    ]
)
_SPACING = 11.0
_MARGIN = 7.0
_EARS_DEPTH = 42.0
_EARS_ROW = 140.0


@dataclass(frozen=True)
class Pose:
    """How the photographed head lies in the photograph: photo = offset + scale · rotation · head.

    Attributes:
        rotation: (3, 3) head frame to viewer frame (x towards the viewer, y to the right, z up).
        scale: Size of an interocular distance [px of the photograph].
        offset: (3,) the head frame's origin in the viewer frame [px].
    """

    rotation: Floats
    scale: float
    offset: Floats

    def to_head(self, points: Floats) -> Floats:
        """Return head frame positions (n, 3) of photograph positions (n, 3) [px]."""
        return np.asarray((_viewer(points) - self.offset) @ self.rotation / self.scale)


def _viewer(points: Floats) -> Floats:
    return np.stack([-points[:, 2], points[:, 0], -points[:, 1]], axis=1)


def fit_pose(landmarks: Floats) -> Pose:
    """Return the pose that lays the reference face on landmarks (478, 3) [px] (least squares)."""
    reference, seen = topology.REFERENCE[_RIGID], _viewer(landmarks)[_RIGID]
    reference_mean, seen_mean = reference.mean(axis=0), seen.mean(axis=0)
    a, b = reference - reference_mean, seen - seen_mean
    left, stretch, right = np.linalg.svd(b.T @ a)
    turn = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(turn) @ right
    scale = float((stretch * turn).sum() / (a**2).sum())
    return Pose(rotation, scale, seen_mean - scale * rotation @ reference_mean)


@dataclass(frozen=True)
class Head:
    """The mesh of the head; its first 468 vertices are the landmarks of the skin.

    Attributes:
        triangles: (n, 3) vertex numbers, the face's own 852 first.
        photo: (m, 2) positions in the photograph [px].
        neutral: (m, 3) positions of the neutral face in the head frame.
        smiling: (m, 3) positions of the face as photographed, in the head frame.
        silhouette: Vertices around the hair, that no expression moves.
        spread: Carries displacements of a few vertices to all.
        pose: How the head was photographed.
    """

    triangles: Indices
    photo: Floats
    neutral: Floats
    smiling: Floats
    silhouette: Indices
    spread: Spreader
    pose: Pose


def build(landmarks: Floats, opacity: NDArray[np.float32]) -> Head:
    """Return the head.

    Args:
        landmarks: (478, 3) landmarks in the photograph [px].
        opacity: (h, w) the head's opacity on the canvas.
    """
    pose = fit_pose(landmarks)
    skin = landmarks[: topology.SKIN_COUNT]
    oval = skin[topology.OVAL]
    outline, inner = _surroundings(oval[:, :2], opacity)
    extra = np.concatenate([outline, inner])
    extra_depth = _depth(extra, outline, oval)
    triangles = np.concatenate([topology.TRIANGLES, _surrounding_triangles(oval[:, :2], extra)])
    photo = np.concatenate([skin[:, :2], extra])
    space = np.concatenate([skin, np.column_stack([extra, extra_depth])])
    smiling = pose.to_head(space)
    # The mesh is drawn where its triangles run clockwise in the image.
    a, b, c = (photo[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangles[:, 1:] = np.where((area < 0.0)[:, None], triangles[:, :0:-1], triangles[:, 1:])
    spread = Spreader(triangles, smiling)
    first = topology.SKIN_COUNT
    silhouette = first + np.flatnonzero(extra[: len(outline), 1] < _EARS_ROW)
    moves = topology.REFERENCE[:first] - smiling[:first]
    handles = {int(i): moves[i] for i in range(first)}
    neutral = smiling + spread(handles, silhouette)
    return Head(triangles, photo, neutral, smiling, silhouette, spread, pose)


def _surroundings(oval: Floats, opacity: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return an outline around the head (n, 2), and points between it and the face (m, 2) [px]."""
    factor = SCALE * SUPERSAMPLING
    radius = round(_MARGIN * factor)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(opacity > 0.02, 4 * radius).astype(np.uint8)
    area = cv2.dilate(padded, disc)
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    path = max(contours, key=cv2.contourArea)[:, 0, :].astype(np.float64)
    path = (path - 4.0 * radius + 0.5) / factor - 0.5 + np.array(ORIGIN)
    length = np.linalg.norm(np.diff(path, axis=0, append=path[:1]), axis=1).cumsum()
    count = round(length[-1] / _SPACING)
    outline = path[np.searchsorted(length, np.arange(count) * length[-1] / count)]
    low, high = outline.min(axis=0), outline.max(axis=0)
    x, y = np.meshgrid(
        np.arange(low[0], high[0], _SPACING), np.arange(low[1], high[1], _SPACING * 0.87)
    )
    x[1::2] += _SPACING / 2.0
    grid = np.column_stack([x.ravel(), y.ravel()])

    def clear(polygon: Floats, point: Floats) -> float:
        return float(cv2.pointPolygonTest(polygon.astype(np.float32), point.tolist(), True))

    keep = [clear(outline, p) > 0.6 * _SPACING and clear(oval, p) < -7.5 for p in grid]
    return outline, grid[np.array(keep)]


def _depth(extra: Floats, outline: Floats, oval: Floats) -> Floats:
    """Return depths (n,) [px] that lead from the face's edge over a dome to the silhouette."""
    to_oval = np.linalg.norm(extra[:, None] - oval[None, :, :2], axis=2)
    weight = 1.0 / (to_oval + 1e-3) ** 3
    near = (weight @ oval[:, 2]) / weight.sum(axis=1)
    to_outline = np.linalg.norm(extra[:, None] - outline[None], axis=2).min(axis=1)
    share = to_oval.min(axis=1) / (to_oval.min(axis=1) + to_outline)
    # Ears are drawn along by the face, or the skin before them would be stretched thin.
    ears = np.clip((extra[:, 1] - 85.0) / 40.0, 0.0, 1.0)
    back = np.maximum(_EARS_DEPTH, near) * (1.0 - ears) + (near + 6.0) * ears
    dome = near * (1.0 - share**2) + back * share**2
    # Below the ears the outline belongs to the jaw.
    return np.asarray(np.where(extra[:, 1] > _EARS_ROW, near + 4.0, dome))


def _surrounding_triangles(oval: Floats, extra: Floats) -> Indices:
    """Return triangles between the face's edge and the outline, by the head's vertex numbers."""
    points = np.concatenate([oval, extra])
    numbers = np.concatenate([topology.OVAL, topology.SKIN_COUNT + np.arange(len(extra))])
    triangles = Delaunay(points).simplices
    centres = points[triangles].mean(axis=1)
    inside = polygon_mask(oval * 8.0, (4096, 4096))
    column, row = np.round(centres * 8.0).astype(np.intp).clip(0, 4095).T
    reach = np.linalg.norm(points[triangles] - np.roll(points[triangles], 1, axis=1), axis=2).max(
        axis=1
    )
    keep = (inside[row, column] == 0) & (reach < 4.0 * _SPACING)
    return np.asarray(numbers[triangles[keep]], dtype=np.intp)
