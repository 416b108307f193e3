# SPDX-License-Identifier: Apache-2.0
"""Runs the actuation node for a long time and tells how its memory grows.

    python -m x2c_actuation.soak [--minutes 30] [--robot virtual]

Control values come at 30 Hz over the middleware, some of them broken, with pauses, presses of the
emergency stop and resets in between; joint states come at 100 Hz. A line tells of each twentieth
of the time. The exit status is 1 where memory has grown by more than 2 MB after the first fifth.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logging_severity_from_string, set_logger_level
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from x2c_actuation.actuation_node import ActuationNode
from x2c_actuation.chain_bench import talking
from x2c_face.errors import X2CError
from x2c_face.robot_file import load_robot
from x2c_msgs.msg import ControlValues
from x2c_node.robots import find_robot
from x2c_node.running import tune_process

LINES = 20
SETTLED = 0.2
"""Share of the time after which memory must not grow any more."""

MOST = 2.0
"""So much it may grow nevertheless [MB]."""


class Feeder(Node):
    """Sends what an actuation node has to live with.

    Args:
        robot: Name or path of the robot.
    """

    def __init__(self, robot: str) -> None:
        super().__init__("soak_feeder")
        self._names = list(load_robot(find_robot(robot)).joint_names)
        self._values = self.create_publisher(ControlValues, "control_values", 1)
        self._states = self.create_publisher(JointState, "joint_states", 1)
        self._estop = self.create_publisher(Bool, "estop", 1)
        self._enable: Any = self.create_client(SetBool, "actuation_node/enable")
        self._reset: Any = self.create_client(Trigger, "actuation_node/reset")
        self._face = talking(np.random.default_rng(0))
        self._joints: list[float] = []
        self._count = 0
        self.create_subscription(JointState, "joint_commands", self._follow, 1)
        self.create_timer(1.0 / 30.0, self._send)

    def _follow(self, message: JointState) -> None:
        self._states.publish(JointState(name=self._names, position=message.position))

    def _send(self) -> None:
        self._count += 1
        second, frame = divmod(self._count, 30)
        if frame == 0 and second % 20 == 10:
            self._estop.publish(Bool(data=True))
        if frame == 15 and second % 20 == 10:
            self._estop.publish(Bool(data=False))
        if frame == 0 and second % 20 == 11:
            self._reset.call_async(Trigger.Request())
        if frame == 0 and second % 20 == 12:
            self._enable.call_async(SetBool.Request(data=True))
        if second % 20 in (4, 5, 6):
            return
        message = ControlValues(state=ControlValues.TRACKING, confidence=1.0)
        message.header.stamp = self.get_clock().now().to_msg()
        values = self._face(self._count / 30.0).astype(np.float32)
        if frame == 7:
            values[self._count % 30] = np.nan
        message.values = values
        self._values.publish(message)


def memory() -> float:
    """Return the memory of this process [MB]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(robot: str, seconds: float, tell: Callable[[str], None]) -> float:
    """Run the node for some time [s] and return how much its memory has grown [MB].

    Args:
        robot: Name or path of the robot.
        seconds: How long [s].
        tell: Takes a line for people, twenty times.

    Raises:
        X2CError: The robot cannot be used.
    """
    feeder = Feeder(robot)
    node = ActuationNode(parameter_overrides=[Parameter("robot", value=robot)])
    set_logger_level(node.get_logger().name, get_logging_severity_from_string("fatal"))
    executor = SingleThreadedExecutor()
    for one in (feeder, node):
        executor.add_node(one)
    thread = threading.Thread(target=executor.spin, daemon=True)
    settled = memory()
    try:
        node.start()
        thread.start()
        began = time.monotonic()
        for line in range(1, LINES + 1):
            time.sleep(max(began + seconds * line / LINES - time.monotonic(), 0.0))
            used = memory()
            if line <= SETTLED * LINES:
                settled = used
            values = node.diagnosis().values
            tell(
                f"{time.monotonic() - began:7.0f} s  {used:7.2f} MB  "
                f"{values.get('commands total', '0'):>8} commands  "
                f"{values.get('control_values refused', '0'):>5} refused  "
                f"jitter p99 {values.get('tick lateness p99 [ms]', '-')} ms  {values['mode']}"
            )
        return memory() - settled
    finally:
        executor.shutdown()
        thread.join()
        node.stop()
        node.destroy_node()
        feeder.destroy_node()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (30)")
    parser.add_argument("--robot", default="virtual", help="name or path (virtual)")
    arguments = parser.parse_args()
    tune_process()
    rclpy.init(args=[])
    try:
        grown = soak(
            arguments.robot,
            60.0 * arguments.minutes,
            lambda line: print(line, flush=True),  # noqa: T201
        )
    except X2CError as error:
        sys.exit(f"error: {error}")
    finally:
        rclpy.try_shutdown()
    sys.stdout.write(f"grown by {grown:.2f} MB after the first fifth of the time\n")
    sys.exit(int(grown > MOST))


if __name__ == "__main__":
    main()
