# SPDX-License-Identifier: Apache-2.0
"""Coordinate frames of a tracked face, in metres, seen by a pinhole camera.

The face frame is REP-103 and REP-155: origin between the eyes, x out of the face, y to the face's
own left, z up. The gaze frame has the same origin and, as a camera's optical frame, z along the
gaze, x to its right and y down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import Descriptor, describe_face
from x2c_core.face.frames import Face
from x2c_core.face.head_pose import INTEROCULAR_DISTANCE, rotation_from

OPTICAL: Array = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""(3, 3) rotation from an optical frame (z forward) to the body frame (x forward) of REP-103."""
OPTICAL.setflags(write=False)

_NAMES = list(Descriptor)
_GAZE = [_NAMES.index(Descriptor.GAZE_YAW), _NAMES.index(Descriptor.GAZE_PITCH)]


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera.

    Attributes:
        fx: Focal length along x [pixel].
        fy: Focal length along y [pixel].
        cx: Principal point, x [pixel].
        cy: Principal point, y [pixel].
    """

    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def is_usable(self) -> bool:
        """True for finite numbers and positive focal lengths."""
        numbers = (self.fx, self.fy, self.cx, self.cy)
        return all(map(math.isfinite, numbers)) and self.fx > 0.0 and self.fy > 0.0


def assumed_intrinsics(width: int, height: int) -> Intrinsics:
    """Return a camera whose focal length is the image's width: a field of view of 53 degrees.

    Args:
        width: Image width [pixel].
        height: Image height [pixel].
    """
    focal = float(max(width, 1))
    return Intrinsics(focal, focal, width / 2.0, height / 2.0)


@dataclass(frozen=True)
class FaceFrames:
    """Pose of a face and direction of its gaze.

    Attributes:
        position: (3,) origin of the face frame in the camera's optical frame [m].
        rotation: (3, 3) from the face frame to the optical frame.
        gaze: (3, 3) from the gaze frame to the face frame.
        points: (478, 3) landmarks in the face frame [m].
    """

    position: Array
    rotation: Array
    gaze: Array
    points: Array


def face_frames(face: Face, camera: Intrinsics | None = None) -> FaceFrames | None:
    """Return the frames of a face; None for a face that has not been seen yet.

    The distance follows from an interocular distance of 63 mm, as adults have it on average. The
    tracker sees a face in a crop, as if the camera were turned to it; the rotation is that in
    the crop, turned by the direction in which the face is.

    Args:
        face: Tracked face.
        camera: Camera; by default one as `assumed_intrinsics` says.

    Raises:
        LandmarkError: A landmark is NaN or infinite.
    """
    if face.pose is None:
        return None
    camera = camera or assumed_intrinsics(face.width, face.height)
    depth = camera.fx * INTEROCULAR_DISTANCE / face.pose.scale
    u, v = face.pose.translation[:2]
    ray = np.array([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1.0])
    points = face.pose.to_head_frame(face.landmarks)
    return FaceFrames(
        position=ray * depth,
        rotation=turn_to(ray) @ face.pose.rotation,
        gaze=gaze_rotation(points),
        points=points * INTEROCULAR_DISTANCE,
    )


def gaze_rotation(points: Array) -> Array:
    """Return the rotation (3, 3) from the gaze frame, which looks along z, to the face frame.

    Args:
        points: (478, 3) landmarks in the face frame [interocular distances].

    Raises:
        LandmarkError: A landmark is NaN or infinite.
    """
    yaw, pitch = describe_face(points)[_GAZE]
    # A positive pitch of REP-103 is down.
    return rotation_from(yaw, -pitch, 0.0) @ OPTICAL


def turn_to(ray: Array) -> Array:
    """Return the smallest rotation (3, 3) that brings the optical axis onto a ray (3,), z > 0."""
    x, y, z = (ray / np.linalg.norm(ray)).tolist()
    k = 1.0 / (1.0 + z)
    return np.array(
        [[1.0 - k * x * x, -k * x * y, x], [-k * x * y, 1.0 - k * y * y, y], [-x, -y, z]]
    )
