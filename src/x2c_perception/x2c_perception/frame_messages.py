# SPDX-License-Identifier: Apache-2.0
"""Frames of a face and of the camera as messages: transforms for /tf, markers for RViz."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Transform, TransformStamped, Vector3
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from x2c_core.arrays import Array
from x2c_core.face.face_frames import OPTICAL, FaceFrames, Intrinsics
from x2c_core.face.topology import IRIS_LEFT, IRIS_RIGHT
from x2c_node.conversion.messages import quaternion

HEAD = "head"
"""Frame of the followed person's head, under one name for all; the same pose as `face_<id>`."""

_SUFFIX = "_optical_frame"
_RAY = 0.5
"""Length of a gaze ray [m]."""

_LIFETIME = Duration(nanosec=500_000_000)
"""Time after which RViz removes markers that are not published again."""

_LANDMARK = ColorRGBA(r=0.35, g=0.8, b=1.0, a=1.0)
_GAZE = ColorRGBA(r=1.0, g=0.7, b=0.2, a=0.9)


def face_id(track_id: int) -> str:
    """Return the identifier of a person's face as REP-155 uses it in frames and topics.

    It begins with a letter and has no minus, as every part of a topic's name must.

    Args:
        track_id: Identity of the person; trackers without one give -1.
    """
    return f"p{track_id}".replace("-", "_")


def face_transforms(
    frames: FaceFrames, header: Header, track_id: int, prefix: str = ""
) -> list[TransformStamped]:
    """Return the transforms of `head`, `face_<id>` and `gaze_<id>`.

    Args:
        frames: Frames of the face.
        header: Header of the image: its stamp, and the camera's optical frame.
        track_id: Identity of the person.
        prefix: Text before the names of the frames.
    """
    name = face_id(track_id)
    face = f"{prefix}face_{name}"
    in_face = Header(stamp=header.stamp, frame_id=face)
    return [
        _transform(header, f"{prefix}{HEAD}", frames.position, frames.rotation),
        _transform(header, face, frames.position, frames.rotation),
        _transform(in_face, f"{prefix}gaze_{name}", np.zeros(3), frames.gaze),
    ]


def camera_transforms(
    optical: str, parent: str, position: Array, rotation: Array
) -> list[TransformStamped]:
    """Return the static transforms of a camera: its body in the parent, and its optical frame.

    Args:
        optical: Name of the optical frame.
        parent: Frame on which the camera is mounted; empty for none.
        position: (3,) position of the camera in the parent [m].
        rotation: (3, 3) from the camera's body frame to the parent.
    """
    body = camera_body(optical)
    transforms = [_transform(Header(frame_id=body), optical, np.zeros(3), OPTICAL)]
    if parent:
        transforms.insert(0, _transform(Header(frame_id=parent), body, position, rotation))
    return transforms


def camera_body(optical: str) -> str:
    """Return the name of a camera's body frame (x forward) by that of its optical frame."""
    return f"{optical.removesuffix(_SUFFIX)}_link"


def face_markers(
    frames: FaceFrames, header: Header, track_id: int, prefix: str = ""
) -> MarkerArray:
    """Return markers of the landmarks and of both eyes' gaze, in the frame `face_<id>`.

    Args:
        frames: Frames of the face.
        header: Header of the image.
        track_id: Identity of the person.
        prefix: Text before the names of the frames.
    """
    in_face = Header(stamp=header.stamp, frame_id=f"{prefix}face_{face_id(track_id)}")
    landmarks = Marker(header=in_face, ns="landmarks", type=Marker.POINTS, color=_LANDMARK)
    landmarks.scale = Vector3(x=0.0015, y=0.0015)
    landmarks.points = [Point(x=x, y=y, z=z) for x, y, z in frames.points.tolist()]
    markers = [landmarks]
    for number, iris in enumerate((IRIS_RIGHT, IRIS_LEFT)):
        start = frames.points[iris[0]]
        ray = Marker(header=in_face, ns="gaze", id=number, type=Marker.ARROW, color=_GAZE)
        # Diameters of shaft and head, and length of the head.
        ray.scale = Vector3(x=0.003, y=0.008, z=0.02)
        ray.points = [_point(start), _point(start + _RAY * frames.gaze[:, 2])]
        markers.append(ray)
    for marker in markers:
        marker.action = Marker.ADD
        marker.lifetime = _LIFETIME
        marker.pose.orientation.w = 1.0
    return MarkerArray(markers=markers)


def no_markers() -> MarkerArray:
    """Return what removes all markers."""
    return MarkerArray(markers=[Marker(action=Marker.DELETEALL)])


def intrinsics_of(message: CameraInfo, width: int, height: int) -> Intrinsics | None:
    """Return the camera of a calibration; None if it is none, or one of other images.

    Args:
        message: Calibration.
        width: Width of the images in which faces are tracked [pixel].
        height: Height of these [pixel].
    """
    if (message.width, message.height) != (width, height):
        return None
    fx, _, cx, _, fy, cy, *_ = map(float, message.k)
    found = Intrinsics(fx, fy, cx, cy)
    return found if found.is_usable else None


def _transform(header: Header, child: str, position: Array, rotation: Array) -> TransformStamped:
    x, y, z = np.asarray(position, dtype=np.float64).tolist()
    return TransformStamped(
        header=header,
        child_frame_id=child,
        transform=Transform(translation=Vector3(x=x, y=y, z=z), rotation=quaternion(rotation)),
    )


def _point(position: Array) -> Point:
    x, y, z = position.tolist()
    return Point(x=x, y=y, z=z)
