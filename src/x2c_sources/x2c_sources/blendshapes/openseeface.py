# SPDX-License-Identifier: Apache-2.0
"""Packets of OpenSeeFace, as its Unity component reads them.

Little-endian: time (double), identity (int32), size of the image and openness of right and left
eye (float32 each), whether the pose is known (uint8), then float32: error, quaternion, Euler
angles [deg], translation, 68 confidences, 68 points, 70 points in 3D, and 14 features. Several
faces follow each other.
"""

from __future__ import annotations

import struct

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.blendshapes.numbers import finite
from x2c_sources.blendshapes.shapes import shape_vector
from x2c_sources.errors import PacketError

PORT = 11573

_HEAD = struct.Struct("<di4fB11f")
_FEATURES = struct.Struct("<14f")
_POINTS = 4 * (68 + 2 * 68 + 3 * 70)
FACE_BYTES = _HEAD.size + _POINTS + _FEATURES.size
_MOST_FACES = 16


class OpenSeeFace:
    """Reader of the packets of one program; of several faces it follows the one it began with."""

    def __init__(self) -> None:
        self._followed: int | None = None

    def read(self, packet: bytes) -> Array | None:
        """Return the shapes (55,) of the face that is followed.

        Raises:
            PacketError: The packet has another format.
        """
        faces, left = divmod(len(packet), FACE_BYTES)
        if left or not 1 <= faces <= _MOST_FACES:
            raise PacketError(
                f"expected 1 to {_MOST_FACES} faces of {FACE_BYTES} bytes, got {len(packet)} bytes"
            )
        found = dict(_face(packet, FACE_BYTES * index) for index in range(faces))
        if self._followed not in found:
            self._followed = min(found)
        return found[self._followed]


def _face(packet: bytes, at: int) -> tuple[int, Array]:
    _, identity, _, _, right, left, known, *pose = _HEAD.unpack_from(packet, at)
    features = finite(_FEATURES.unpack_from(packet, at + _HEAD.size + _POINTS), "feature")
    right, left, *pose = finite((right, left, *pose), "value")
    _, _, left_brow, _, _, right_brow, *_ = features[1:]
    up_left, in_left, up_right, in_right, mouth_open, wide = features[8:]
    values = {
        "eyeBlinkLeft": 1.0 - left,
        "eyeBlinkRight": 1.0 - right,
        "browOuterUpLeft": left_brow,
        "browDownLeft": -left_brow,
        "browOuterUpRight": right_brow,
        "browDownRight": -right_brow,
        "browInnerUp": (left_brow + right_brow) / 2.0,
        "mouthSmileLeft": up_left,
        "mouthFrownLeft": -up_left,
        "mouthSmileRight": up_right,
        "mouthFrownRight": -up_right,
        "mouthStretchLeft": in_left,
        "mouthStretchRight": in_right,
        "mouthPucker": -wide,
        "jawOpen": mouth_open,
    }
    if known:
        # Upright is 180° about x and 90° about z there; the rest is as in Unity.
        x, y, z = pose[5:8]
        angles = np.radians([-(x + 180.0), y, z - 90.0])
        pitch, yaw, roll = (angles + np.pi) % (2.0 * np.pi) - np.pi
        values |= {"headPitch": float(pitch), "headYaw": float(yaw), "headRoll": float(-roll)}
    return identity, shape_vector(values)
