# SPDX-License-Identifier: Apache-2.0
"""A robot's topics: joint commands out, camera images and joint states in."""

from __future__ import annotations

import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import rclpy
from rclpy.context import Context
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import Float64MultiArray

from x2c_core.arrays import Array
from x2c_core.robot.robot import CommandInterface, Robot
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.qos import IMAGE_SUBSCRIBER, STREAM, STREAM_SUBSCRIBER
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.spin import spin_while_waiting

PERIOD = 0.02
"""Time between two commands [s]."""

_IMAGES_KEPT = 60


@dataclass(frozen=True)
class StampedImage:
    """An image message and its stamp [ns]; that of its arrival where it has none."""

    stamp: int
    message: Any


class RobotLink:
    """Node with all topics of a robot, spun by the caller that waits.

    Attributes:
        frames: Newest images.
        measured: (n,) positions in `joint_states`; None before any came.
        unstamped: Whether the camera gives no stamps, so that the time of arrival is taken.

    Args:
        robot: Robot that has the joints.
        camera: Topic of images; compressed ones where it ends in "compressed".
        commands: Topic of joint commands.
        namespace: Namespace of all topics.
    """

    def __init__(self, robot: Robot, camera: str, commands: str, namespace: str = "") -> None:
        self._robot = robot
        self._context = Context()
        # Ctrl-C is Python's own here: the robot goes home before anything is taken down.
        rclpy.init(context=self._context, args=[])
        self._node = rclpy.create_node("collector", namespace=namespace, context=self._context)
        self._executor = GuardedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.frames: deque[StampedImage] = deque(maxlen=_IMAGES_KEPT)
        self.unstamped = False
        self.measured: Array | None = None
        self._interface = robot.command_interface
        joint_state = self._interface is CommandInterface.JOINT_STATE
        kind = JointState if joint_state else Float64MultiArray
        self._commands = self._node.create_publisher(kind, commands, STREAM)
        image = CompressedImage if camera.endswith("compressed") else Image
        self._images = self._node.create_subscription(
            image, camera, self._take_image, IMAGE_SUBSCRIBER
        )
        self._node.create_subscription(
            JointState, "joint_states", self._take_state, STREAM_SUBSCRIBER
        )

    def close(self) -> None:
        """Leave the topics."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    @property
    def camera_topic(self) -> str:
        """Full name of the topic of images."""
        return str(self._images.topic_name)

    @property
    def command_topic(self) -> str:
        """Full name of the topic of joint commands."""
        return str(self._commands.topic_name)

    @property
    def cameras(self) -> int:
        """Number of publishers of images."""
        return int(self._node.count_publishers(self.camera_topic))

    @property
    def drivers(self) -> int:
        """Number of subscribers of joint commands."""
        return int(self._commands.get_subscription_count())

    @property
    def rivals(self) -> int:
        """Number of other publishers of joint commands."""
        return int(self._node.count_publishers(self.command_topic)) - 1

    def now(self) -> int:
        """Return the time that stamps are compared with [ns]."""
        return int(self._node.get_clock().now().nanoseconds)

    def send(self, positions: Array) -> None:
        """Command all joints, (n,) [rad or m]; they must be within the limits."""
        data = array.array("d", np.asarray(positions, dtype=np.float64).tobytes())
        if self._interface is CommandInterface.FLOAT64_MULTI_ARRAY:
            self._commands.publish(Float64MultiArray(data=data))
            return
        message = JointState(name=list(self._robot.joint_names), position=data)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._commands.publish(message)

    def wait(self, condition: Callable[[], Any], timeout: float) -> bool:
        """Take messages until something holds or a time [s] has passed; return whether it does."""
        return spin_while_waiting(self._executor, condition, timeout, PERIOD)

    def _take_image(self, message: Any) -> None:
        stamp = to_nanoseconds(message.header.stamp)
        self.unstamped = not stamp
        self.frames.append(StampedImage(stamp or self.now(), message))

    def _take_state(self, message: JointState) -> None:
        positions = dict(zip(message.name, message.position, strict=False))
        if all(name in positions for name in self._robot.joint_names):
            self.measured = np.array([positions[name] for name in self._robot.joint_names])
