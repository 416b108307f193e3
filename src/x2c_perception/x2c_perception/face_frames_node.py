# SPDX-License-Identifier: Apache-2.0
"""ROS node that publishes head, face and gaze as frames on /tf, and landmarks as markers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from x2c_core.face.face_frames import face_frames
from x2c_core.face.frames import FaceState
from x2c_core.face.head_pose import rotation_from
from x2c_msgs.msg import FaceLandmarks
from x2c_node.conversion.messages import face_from_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import LATCHED, NEWEST, NEWEST_SUBSCRIBER, STREAM
from x2c_node.spinning.spin import run_node
from x2c_perception.frame_messages import (
    camera_transforms,
    face_markers,
    face_transforms,
    intrinsics_of,
    no_markers,
)


def _length(about: str) -> Any:
    return parameter(0.0, f"{about} [m].", minimum=-100.0, maximum=100.0)


def _angle(about: str) -> Any:
    return parameter(0.0, f"{about} [rad].", minimum=-math.pi, maximum=math.pi)


@dataclass(frozen=True)
class FaceFramesParameters(Parameters):
    """Parameters of the node."""

    frame_prefix: str = parameter(
        "", "Text before head, face_<id> and gaze_<id>, where several systems share /tf."
    )
    publish_camera: bool = parameter(
        True,
        "Publish the camera's frames on /tf_static; false if the camera's driver or the robot's "
        "URDF has them.",
    )
    parent_frame: str = parameter(
        "",
        "Frame of the robot on which the camera is mounted; empty: the camera stands for itself. "
        "With description:=true it is the root of the URDF.",
    )
    camera_x: float = _length("Position of the camera in parent_frame, x")
    camera_y: float = _length("Position of the camera in parent_frame, y")
    camera_z: float = _length("Position of the camera in parent_frame, z")
    camera_roll: float = _angle("Turn of the camera in parent_frame about x, which it looks along")
    camera_pitch: float = _angle("Turn of the camera in parent_frame about y; positive is down")
    camera_yaw: float = _angle("Turn of the camera in parent_frame about z; positive is left")


class FaceFramesNode(ManagedNode[FaceFramesParameters]):
    """Publish frames of the tracked face on /tf and markers on `face/markers`, while subscribed.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("face_frames_node", FaceFramesParameters, **node_arguments)

    def configure(self) -> None:
        """Make the publishers."""
        self._transforms = self.publisher(TFMessage, "/tf", STREAM)
        self._static = self.publisher(TFMessage, "/tf_static", LATCHED)
        self._markers = self.publisher(MarkerArray, "face/markers", NEWEST)

    def activate(self) -> None:
        """Subscribe to faces and to the camera's calibration."""
        self._info = CameraInfo()
        self._calibrated: bool | None = None
        self._camera = ""
        self._shown = False
        self.subscription(CameraInfo, "camera_info", self._calibrate, NEWEST_SUBSCRIBER)
        self.subscription(FaceLandmarks, "face", self._take, NEWEST_SUBSCRIBER)

    def diagnose(self) -> Diagnosis:
        """Report on which assumptions the distance rests."""
        about = {None: "no face yet", True: "that of camera_info", False: "the image's width"}
        values = {"focal length": about[self._calibrated]}
        if self._calibrated is False:
            values["distance"] = "rough: the camera is not calibrated"
        return Diagnosis(Level.OK, "publishing while subscribed", values)

    def _calibrate(self, message: CameraInfo) -> None:
        self._info = message

    def _take(self, message: FaceLandmarks) -> None:
        self._publish_camera(message.header.frame_id)
        transforms = self._transforms.get_subscription_count()
        markers = self._markers.get_subscription_count()
        if not (transforms or markers):
            return
        face = face_from_message(message)
        found = None
        if face.state is FaceState.TRACKING:
            camera = intrinsics_of(self._info, face.width, face.height)
            self._calibrated = camera is not None
            found = face_frames(face, camera)
        if found is None:
            if self._shown:
                self._shown = False
                self._markers.publish(no_markers())
            return
        prefix = self.params.frame_prefix
        if transforms:
            stamped = face_transforms(found, message.header, face.track_id, prefix)
            self._transforms.publish(TFMessage(transforms=stamped))
        if markers:
            self._shown = True
            self._markers.publish(face_markers(found, message.header, face.track_id, prefix))
        self.statistics.tick("frames")

    def _publish_camera(self, optical: str) -> None:
        params = self.params
        if not params.publish_camera or not optical or optical == self._camera:
            return
        self._camera = optical
        position = np.array([params.camera_x, params.camera_y, params.camera_z])
        rotation = rotation_from(params.camera_yaw, params.camera_pitch, params.camera_roll)
        stamped = camera_transforms(optical, params.parent_frame, position, rotation)
        self._static.publish(TFMessage(transforms=stamped))


def main() -> None:
    """Run the node."""
    run_node(FaceFramesNode)
