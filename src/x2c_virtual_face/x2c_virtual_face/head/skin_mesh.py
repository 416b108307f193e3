# SPDX-License-Identifier: Apache-2.0
"""The skin's shape: the landmark mesh with lid and lip rims, closed behind by a skull.

All lengths are interocular distances in the head frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array, Indices
from x2c_core.face import topology
from x2c_virtual_face.head import eyes
from x2c_virtual_face.head.subdivision import subdivide

_MOUTH = np.concatenate([topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER[-2:0:-1]])
_EYES = {
    "left": np.concatenate([topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER[-2:0:-1]]),
    "right": np.concatenate([topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER[-2:0:-1]]),
}
_POLE = np.array([-2.72, 0.0, 0.30])
_RING_SHARES = (0.14, 0.32, 0.52, 0.72, 0.90, 1.0)
_UV_STEP = 0.06
_NOSE_SLIMMING = 0.13
_NOSE_SHORTENING = 0.10
_LIP_OVERLAP = 0.011


@dataclass(frozen=True)
class SkinMesh:
    """A triangle mesh whose first 468 vertices are the face landmarks.

    Attributes:
        vertices: (n, 3) positions.
        faces: (m, 3) vertex indices, counter-clockwise seen from outside.
        flat: (n, 2) positions in the image plane of the texture: to the own left, and up.
        weights: (n, k) shares of the bones, smoothed as the positions are.
        front: Number of faces, the first ones, that lie between landmarks.
    """

    vertices: Array
    faces: Indices
    flat: Array
    weights: Array
    front: int


def control_landmarks() -> Array:
    """Return the landmarks (468, 3) the skin is built over, fitted to the eyeballs."""
    landmarks = eyes.with_lids_on_eyeballs(topology.REFERENCE[: topology.SKIN_COUNT].copy())
    landmarks[:, 1] *= 1.0 - _NOSE_SLIMMING * _nose_wings(landmarks)
    landmarks[:, 0] -= _NOSE_SHORTENING * _nose_tip(landmarks)
    # Rounding draws the lips' edges back; lips that overlap by as much come to touch.
    landmarks[topology.LIP_UPPER_INNER[1:-1], 2] -= _LIP_OVERLAP
    landmarks[topology.LIP_LOWER_INNER[1:-1], 2] += _LIP_OVERLAP
    # Vectorised exp differs in the last bit by where its array lies; the model must not.
    return np.round(landmarks, 6)


def build(landmark_weights: Array, levels: int = 1) -> SkinMesh:
    """Return the smooth skin.

    Args:
        landmark_weights: (468, k) share of each expression bone at each landmark.
        levels: Number of subdivisions.
    """
    cage = _Cage(control_landmarks())
    for side, rim in _EYES.items():
        cage.add_eye_rim(rim, eyes.centre(side))
    cage.add_mouth_rim()
    cage.add_skull()
    weights = landmark_weights[cage.parents] * np.array(cage.fades)[:, None]
    attributes = np.hstack([np.array(cage.positions), np.array(cage.flat), weights])
    faces = np.array(cage.faces, dtype=np.intp)
    for _ in range(levels):
        faces, attributes = subdivide(faces, attributes)
    front = len(topology.TRIANGLES) * 4**levels
    return SkinMesh(attributes[:, :3], faces, attributes[:, 3:5], attributes[:, 5:], front)


def _nose_wings(landmarks: Array) -> Array:
    across, up = np.abs(landmarks[:, 1]), landmarks[:, 2]
    return np.asarray(np.exp(-(((across - 0.22) / 0.26) ** 2) - ((up + 0.46) / 0.20) ** 2))


def _nose_tip(landmarks: Array) -> Array:
    across, up = landmarks[:, 1], landmarks[:, 2]
    return np.asarray(np.exp(-((across / 0.24) ** 2) - ((up + 0.44) / 0.24) ** 2))


class _Cage:
    """The coarse mesh while it grows; every added vertex follows a landmark, its parent."""

    def __init__(self, landmarks: Array) -> None:
        self.positions = list(landmarks)
        self.flat = list(landmarks[:, 1:])
        self.parents = list(range(len(landmarks)))
        self.fades = [1.0] * len(landmarks)
        self.faces = [tuple(face) for face in topology.TRIANGLES]

    def _add_ring(
        self, previous: list[int], positions: Array, flat: Array, fade: float
    ) -> list[int]:
        """Join a loop of new vertices to the previous loop; inside is left of its direction."""
        start = len(self.positions)
        ring = list(range(start, start + len(positions)))
        self.positions.extend(positions)
        self.flat.extend(flat)
        self.parents.extend(self.parents[i] for i in previous)
        self.fades.extend([fade] * len(positions))
        for k in range(len(previous)):
            a, b = previous[k - 1], previous[k]
            c, d = ring[k - 1], ring[k]
            # The cut of a quadrilateral is mirrored too, or the smooth face were lopsided.
            middle = (
                self.positions[a][1] + self.positions[b][1] + positions[k - 1][1] + positions[k][1]
            )
            cut = [(a, b, d), (a, d, c)] if middle > 0.0 else [(a, b, c), (b, d, c)]
            self.faces.extend(cut)
        return ring

    def _oriented(self, loop: Indices) -> list[int]:
        """Return the loop against the direction in which its triangles use its edges."""
        used = {(a, b) for f in self.faces for a, b in zip(f, f[1:] + f[:1], strict=True)}
        ids = [int(i) for i in loop]
        return ids if (ids[0], ids[1]) not in used else ids[::-1]

    def add_eye_rim(self, loop: Indices, centre: Array) -> None:
        """Turn the lids' margins inwards, onto and under the eyeball's surface."""
        margin = self._oriented(loop)
        edge = np.array([self.positions[i] for i in margin])
        flat = np.array([self.flat[i] for i in margin])
        towards = edge - centre
        direction = towards / np.linalg.norm(towards, axis=1, keepdims=True)
        middle = flat.mean(axis=0)
        lip = self._add_ring(
            margin, centre + direction * (eyes.RADIUS + 0.004), flat + 0.12 * (middle - flat), 1.0
        )
        self._add_ring(
            lip, centre + direction * (eyes.RADIUS - 0.05), flat + 0.24 * (middle - flat), 1.0
        )

    def add_mouth_rim(self) -> None:
        """Give the lips thickness and an inner side."""
        margin = self._oriented(_MOUTH)
        edge = np.array([self.positions[i] for i in margin])
        flat = np.array([self.flat[i] for i in margin])
        upper = np.isin([self.parents[i] for i in margin], topology.LIP_UPPER_INNER[1:-1])
        lower = np.isin([self.parents[i] for i in margin], topology.LIP_LOWER_INNER[1:-1])
        away = np.where(upper, 1.0, np.where(lower, -1.0, 0.0))[:, None] * np.array(
            [0.0, 0.0, 1.0]
        )
        inwards = np.array([-1.0, 0.0, 0.0])
        first = self._add_ring(margin, edge + 0.05 * inwards + 0.004 * away, flat, 1.0)
        second = self._add_ring(first, edge + 0.09 * inwards + 0.06 * away, flat, 1.0)
        self._add_ring(second, edge + 0.10 * inwards + 0.17 * away, flat, 1.0)

    def add_skull(self) -> None:
        """Close the head behind the face's outline, ring by ring, to a point at the back."""
        outline = self._oriented(topology.OVAL)
        start = np.array([self.positions[i] for i in outline])
        angle = np.arctan2(start[:, 1], start[:, 2] + 0.35)
        radial = np.stack([np.zeros_like(angle), np.sin(angle), np.cos(angle)], axis=1)
        top = np.clip(np.cos(angle), 0.0, 1.0)[:, None]
        side = np.abs(np.sin(angle))[:, None]
        bottom = np.clip(-np.cos(angle), 0.0, 1.0)[:, None]
        back = np.array([-1.0, 0.0, 0.0])
        handle = start + radial * (1.75 * top**1.6 + 0.25 * side**2 - 0.05 * bottom)
        handle = handle + back * (0.45 + 0.35 * side + 0.2 * bottom)
        arrival = _POLE + radial * (1.75 * top**1.6 + 1.20 * side**1.5 + 0.75 * bottom)
        flat = np.array([self.flat[i] for i in outline])
        ring = outline
        for step, s in enumerate(_RING_SHARES, start=1):
            positions = (
                (1 - s) ** 3 * start
                + 3 * (1 - s) ** 2 * s * handle
                + 3 * (1 - s) * s**2 * arrival
                + s**3 * _POLE
            )
            fade = max(0.0, 1.0 - 0.45 * step)
            ring = self._add_ring(ring, positions, flat + radial[:, 1:] * _UV_STEP * step, fade)
