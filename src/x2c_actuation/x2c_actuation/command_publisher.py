# SPDX-License-Identifier: Apache-2.0
"""Joint commands as the messages that ros2_control and motor drivers take."""

from __future__ import annotations

import array
from collections.abc import Sequence
from typing import Any

from builtin_interfaces.msg import Duration
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, Header
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from x2c_core.arrays import Array
from x2c_core.robot.robot import CommandInterface
from x2c_node.managed_node import ManagedNode
from x2c_node.qos import STREAM

TOPICS = {
    CommandInterface.JOINT_STATE: (JointState, "joint_commands"),
    CommandInterface.FLOAT64_MULTI_ARRAY: (Float64MultiArray, "~/commands"),
    CommandInterface.JOINT_TRAJECTORY: (JointTrajectory, "~/joint_trajectory"),
}
"""Type and name of each interface's topic."""


class CommandPublisher:
    """Publish positions of joints in the way a robot takes them.

    Args:
        node: Node that publishes.
        interface: Interface of the robot's commands.
        names: Names of the joints.
        period: Time between two commands [s].
    """

    def __init__(
        self,
        node: ManagedNode[Any],
        interface: CommandInterface,
        names: Sequence[str],
        period: float,
    ) -> None:
        message_type, topic = TOPICS[interface]
        self._publisher = node.publisher(message_type, topic, STREAM)
        self._make = {
            CommandInterface.JOINT_STATE: self._joint_state,
            CommandInterface.FLOAT64_MULTI_ARRAY: self._multi_array,
            CommandInterface.JOINT_TRAJECTORY: self._trajectory,
        }[interface]
        self._names = list(names)
        # One period late for one that comes late: the controller never runs out of points.
        nanoseconds = round(2.0 * period * 1e9)
        self._ahead = Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)

    def publish(self, positions: Array, header: Header) -> None:
        """Publish positions (n,) [rad or m] that answer the image with a header."""
        self._publisher.publish(self._make(array.array("d", positions.tobytes()), header))

    def _joint_state(self, positions: array.array[float], header: Header) -> JointState:
        return JointState(header=header, name=self._names, position=positions)

    def _multi_array(self, positions: array.array[float], header: Header) -> Float64MultiArray:
        return Float64MultiArray(data=positions)

    def _trajectory(self, positions: array.array[float], header: Header) -> JointTrajectory:
        # joint_trajectory_controller takes a stamp for the time to begin, and zero for now. It
        # refuses a last point with a velocity.
        point = JointTrajectoryPoint(positions=positions, time_from_start=self._ahead)
        return JointTrajectory(joint_names=self._names, points=[point])
