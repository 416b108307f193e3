# SPDX-License-Identifier: Apache-2.0
"""Motor driver and viewer of the virtual humanoid."""

from __future__ import annotations

import array
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from std_msgs.msg import Header

from x2c_core.arrays import ImageArray
from x2c_core.robot.joint_targets import JointTargets, UnknownNames
from x2c_core.robot.robot_file import load_robot
from x2c_core.words import counted
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.images import bgr_to_image, bgr_to_jpeg
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import IMAGE_PUBLISHER, POLLED_SUBSCRIBER, STREAM
from x2c_node.robots import find_robot
from x2c_node.spinning.polling import poll, waited
from x2c_node.spinning.spin import run_node
from x2c_virtual_face.simulation import LONGEST_TICK, PERIOD, Simulation

if TYPE_CHECKING:
    from x2c_virtual_face.virtual_face import VirtualFace


@dataclass(frozen=True)
class VirtualFaceParameters(Parameters):
    """Parameters of the virtual face node."""

    robot: str = parameter("virtual", "Name of an installed robot, or path of a robot folder.")
    image_width: int = parameter(256, "Width of the images [px].", minimum=16, maximum=2048)
    image_height: int = parameter(256, "Height of the images [px].", minimum=16, maximum=2048)
    framerate: float = parameter(
        30.0,
        "Frame rate of the images while they have a subscriber [Hz].",
        minimum=0.1,
        maximum=100.0,
        dynamic=True,
    )
    frame_id: str = parameter(
        "robot_camera_optical_frame", "Frame of the camera in front of the face."
    )
    jpeg_quality: int = parameter(
        90, "JPEG quality of compressed images.", minimum=1, maximum=100, dynamic=True
    )


class VirtualFaceNode(ManagedNode[VirtualFaceParameters]):
    """Node of the simulated face: follows joint commands, publishes joint states and images.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("virtual_face_node", VirtualFaceParameters, **node_arguments)

    def configure(self) -> None:
        """Build the face and draw it once; make the publishers."""
        robot = load_robot(find_robot(self.params.robot))
        self._targets = JointTargets(robot)
        self._commanded = self._targets.positions
        self._unknown = UnknownNames()
        self._answered = 0
        self._state_message = JointState(name=list(robot.joint_names))
        self._states = self.publisher(JointState, "joint_states", STREAM)
        self._images = self.publisher(Image, "robot/image_raw", IMAGE_PUBLISHER)
        self._jpegs = self.publisher(
            CompressedImage, "robot/image_raw/compressed", IMAGE_PUBLISHER
        )
        self._infos = self.publisher(CameraInfo, "robot/camera_info", IMAGE_PUBLISHER)
        self._simulation = Simulation(robot, self.params.image_width, self.params.image_height)

    def activate(self) -> None:
        """Let the face's time run and take joint commands."""
        self._next_image = time.monotonic()
        self._commands = self.subscription(
            JointState, "joint_commands", self._take, POLLED_SUBSCRIBER, polled=True
        )
        # In one process, commands need not wait for an image to be drawn.
        tick = self._guarded(self._tick, "timer", alone=False)
        self.end_with(self._simulation.stop)
        pulse = self.supervisor.pulse("virtual face", self.LONGEST_CALLBACK)
        self._simulation.start(tick, self.context.ok, pulse)

    def deactivate(self) -> None:
        """Let the face's time stand still."""
        self._simulation.stop()

    def cleanup(self) -> None:
        """Take the face down."""
        self._simulation.close()

    def diagnose(self) -> Diagnosis:
        """Tell whether commands come, and what had to be limited."""
        clamped = dict(self._targets.clamped)
        values = {f"position clamped: {name}": str(count) for name, count in clamped.items()}
        rates = {name: meter.rate for name, meter in list(self.statistics.rates.items())}
        if "commands" not in rates:
            topic = self.resolve_topic_name("joint_commands")
            publishers = self.count_publishers(topic)
            return Diagnosis(
                Level.WARN, f"waiting for {topic} ({counted(publishers, 'publisher')})", values
            )
        if rates.get("joint states", 0.0) < 0.5 / PERIOD:
            return Diagnosis(Level.WARN, "this machine is too slow for the simulation", values)
        if rates["commands"] == 0.0:
            return Diagnosis(Level.OK, "holding: no joint commands at the moment", values)
        return Diagnosis(Level.OK, "following joint commands", values)

    def _take(self, message: JointState, info: Any) -> None:
        unknown = self._targets.command(message.name, message.position)
        self.statistics.tick("commands")
        if names := self._unknown.report(unknown):
            self.get_logger().warning(
                f"joint_commands names joints that this face has not, which are ignored: {names}"
            )
        # Commands come more often than images: the first one answers it.
        stamp = to_nanoseconds(message.header.stamp)
        if stamp and stamp != self._answered:
            self._answered = stamp
            passed = (self.get_clock().now().nanoseconds - stamp) * 1e-9
            self.statistics.measured("camera to face", passed - waited(info))

    def _tick(self, face: VirtualFace, passed: float) -> None:
        """Run in the simulation's thread: move the face and show it."""
        if self._commands is not None:
            poll(self, self._commands, 0.5 * PERIOD)
        if self._targets.positions is not self._commanded:
            self._commanded = self._targets.positions
            face.command(self._commanded)
        face.step(passed)
        if passed >= LONGEST_TICK:
            self.statistics.counts["held up"] += 1
        self._publish_state(face)
        now = time.monotonic()
        if now > self._next_image - 0.5 * PERIOD:
            self._next_image = max(self._next_image + 1.0 / self.params.framerate, now)
            self._publish_images(face)

    def _publish_state(self, face: VirtualFace) -> None:
        message = self._state_message
        message.header.stamp = self.get_clock().now().to_msg()
        message.position = array.array("d", face.joint_positions().tobytes())
        message.velocity = array.array("d", face.joint_velocities().tobytes())
        self._states.publish(message)
        self.statistics.tick("joint states")

    def _publish_images(self, face: VirtualFace) -> None:
        raw = self._images.get_subscription_count() > 0
        compressed = self._jpegs.get_subscription_count() > 0
        if not raw and not compressed:
            return
        started = time.monotonic()
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self.params.frame_id)
        image = face.render()
        self.statistics.measured("rendering", time.monotonic() - started)
        if raw:
            self._images.publish(bgr_to_image(image, header, "rgb8"))
        if compressed:
            bgr = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), dtype=np.uint8)
            self._jpegs.publish(bgr_to_jpeg(bgr, header, self.params.jpeg_quality))
        self._infos.publish(_camera_info(header, image, face.focal_length))
        self.statistics.tick("images")


def _camera_info(header: Header, image: ImageArray, focal_length: float) -> CameraInfo:
    height, width = image.shape[:2]
    f, x, y = focal_length, (width - 1) / 2.0, (height - 1) / 2.0
    return CameraInfo(
        header=header,
        width=width,
        height=height,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[f, 0.0, x, 0.0, f, y, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[f, 0.0, x, 0.0, 0.0, f, y, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def main() -> None:
    """Run the node."""
    run_node(VirtualFaceNode)
