# SPDX-License-Identifier: Apache-2.0
"""Convert the project's messages to pure types and back; refuse invalid ones."""

from __future__ import annotations

import enum
import math
from typing import TypeVar

import numpy as np
from geometry_msgs.msg import Quaternion
from numpy.typing import NDArray
from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_core.face.frames import ControlFrame, ControlState, Face, FaceState
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.face.topology import COUNT
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node.conversion.headers import check_frame_id
from x2c_node.errors import MessageError

S = TypeVar("S", bound=enum.IntEnum)


def face_to_message(face: Face, header: Header) -> FaceLandmarks:
    """Return a face as a message with the image's header."""
    message = FaceLandmarks(
        header=header,
        image_width=face.width,
        image_height=face.height,
        landmarks=face.landmarks.astype(np.float32).ravel(),
        confidence=float(face.confidence),
        state=int(face.state),
        track_id=face.track_id,
    )
    if face.pose is not None:
        position = message.head.position
        position.x, position.y, position.z = face.pose.position(face.width, face.height).tolist()
        message.head.orientation = quaternion(face.pose.rotation)
    return message


def face_from_message(message: FaceLandmarks) -> Face:
    """Return the face in a message.

    Raises:
        MessageError: The state is unknown, a tracked face has landmarks that are none, or the
            frame_id is too long.
        LandmarkError: A landmark is NaN or infinite, or all fall on one point.
    """
    check_frame_id(message.header)
    state = _known(FaceState, message.state)
    landmarks = np.array(message.landmarks, dtype=np.float64).reshape(COUNT, 3)
    return Face(
        landmarks=landmarks,
        pose=fit_head_pose(landmarks) if state is FaceState.TRACKING or landmarks.any() else None,
        width=message.image_width,
        height=message.image_height,
        confidence=_share(message.confidence),
        state=state,
        track_id=message.track_id,
    )


def controls_to_message(frame: ControlFrame, header: Header) -> ControlValues:
    """Return control values as a message with the image's header."""
    return ControlValues(
        header=header,
        values=frame.values.astype(np.float32),
        confidence=float(frame.confidence),
        state=int(frame.state),
        track_id=frame.track_id,
    )


def controls_from_message(message: ControlValues) -> ControlFrame:
    """Return the control values in a message; they are finite, but can be out of range.

    Raises:
        MessageError: The state is unknown, the confidence is no number, or the frame_id is too
            long.
        ControlError: A value is NaN or infinite.
    """
    check_frame_id(message.header)
    return ControlFrame(
        values=controls.vector(message.values),
        confidence=_share(message.confidence),
        state=_known(ControlState, message.state),
        track_id=message.track_id,
    )


def layer_to_message(layer: ControlLayer, header: Header) -> LayerMessage:
    """Return a layer of control values as a message."""
    return LayerMessage(
        header=header,
        values=layer.values.astype(np.float32),
        mask=layer.mask.astype(np.float32),
        mode=int(layer.mode),
    )


def layer_from_message(message: LayerMessage) -> ControlLayer:
    """Return the layer in a message; its values are finite, but can be out of range.

    Raises:
        MessageError: The mode is unknown, or the frame_id is too long.
        ControlError: A value is NaN or infinite, or the mask is not from 0 to 1.
    """
    check_frame_id(message.header)
    return ControlLayer(
        values=np.asarray(message.values),
        mask=np.asarray(message.mask),
        mode=_known(LayerMode, message.mode, "mode"),
    )


def quaternion(rotation: NDArray[np.float64]) -> Quaternion:
    """Return a rotation matrix (3, 3) as a unit quaternion."""
    # Numbers, which take a quarter of the time of arrays here.
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    squares = (1.0 + a - e - i, 1.0 - a + e - i, 1.0 - a - e + i, 1.0 + (a + e + i))
    # The largest of the four components is found first: dividing by it is always safe.
    largest = squares.index(max(squares))
    products = np.array(
        (
            (squares[0], b + d, c + g, h - f),
            (b + d, squares[1], f + h, c - g),
            (c + g, f + h, squares[2], d - b),
            (h - f, c - g, d - b, squares[3]),
        )[largest]
    )
    products /= math.sqrt(products.dot(products))
    x, y, z, w = products.tolist()
    return Quaternion(x=x, y=y, z=z, w=w)


def _known(kind: type[S], value: int, what: str = "state") -> S:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f"{one.name}={one.value}" for one in kind)
        raise MessageError(f"unknown {what} {value}; known {what}s: {known}") from None


def _share(value: float) -> float:
    if not math.isfinite(value):
        raise MessageError(f"confidence must be a number from 0 to 1, got {value}")
    return min(max(float(value), 0.0), 1.0)
