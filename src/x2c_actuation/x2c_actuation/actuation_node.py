# SPDX-License-Identifier: Apache-2.0
"""Turns control values into joint commands of one robot, inside its limits."""

from __future__ import annotations

import array
from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, Header
from std_srvs.srv import SetBool, Trigger

from x2c_actuation.chain import Chain, JointCommand, Mode
from x2c_actuation.mapping import JointMap
from x2c_face.controls import Group
from x2c_face.errors import X2CError
from x2c_face.robot import CommandInterface
from x2c_face.robot_file import load_robot
from x2c_msgs.msg import ControlValues
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.messages import controls_from_message
from x2c_node.parameters import Parameters, parameter
from x2c_node.quality import NEWEST, STREAM
from x2c_node.robots import find_robot
from x2c_node.running import run_node
from x2c_node.stamps import StampMonitor, to_nanoseconds, to_stamp

_HOMING_PERIOD = 0.02
"""Time between two commands on the way to the neutral face [s]."""

_WAITING = 2_000_000_000
"""Control values that stay away longer than this are reported [ns]."""

_ONLY_BACK = 1e9
"""For monitors of time that jumps ahead are nothing to: camera and clock may pause [s]."""


def _gain(region: str) -> Any:
    return parameter(
        1.0,
        f"Gain of the {region} controls about neutral, on top of the robot's own.",
        minimum=0.0,
        maximum=3.0,
        dynamic=True,
    )


@dataclass(frozen=True)
class ActuationParameters(Parameters):
    """Parameters of the actuation node."""

    robot: str = parameter("virtual", "Name of an installed robot, or path of a robot folder.")
    enabled_at_start: bool = parameter(
        True, "Follow control values as soon as active, without a call of ~/enable."
    )
    gain_brow: float = _gain(Group.BROW)
    gain_eyelid: float = _gain(Group.EYELID)
    gain_gaze: float = _gain(Group.GAZE)
    gain_head: float = _gain(Group.HEAD)
    gain_mouth: float = _gain(Group.MOUTH)
    gain_neck: float = _gain(Group.NECK)
    gain_nose: float = _gain(Group.NOSE)

    @property
    def gains(self) -> dict[Group, float]:
        """Gain of every group of controls."""
        return {group: getattr(self, f"gain_{group}") for group in Group}


class ActuationNode(ManagedNode[ActuationParameters]):
    """Subscribes control values and publishes joint commands.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("actuation_node", ActuationParameters, **node_arguments)

    def configure(self) -> None:
        """Read the robot and make the publisher and the services."""
        robot = load_robot(find_robot(self.params.robot))
        self._map = JointMap(robot, self.params.gains)
        mode = Mode.ENABLED if self.params.enabled_at_start else Mode.DISABLED
        self._chain = Chain(robot, self._map, mode, self._now())
        if robot.command_interface is CommandInterface.FLOAT64_MULTI_ARRAY:
            self._publisher = self.publisher(Float64MultiArray, "~/commands", STREAM)
        else:
            self._publisher = self.publisher(JointState, "joint_commands", STREAM)
        self._interface = robot.command_interface
        self.service(SetBool, "~/enable", self._enable)
        self.service(Trigger, "~/neutral", self._neutral)

    def activate(self) -> None:
        """Start to take control values."""
        self._chain.restart(self._now())
        self._stamps = StampMonitor(_ONLY_BACK)
        self._clock_monitor = StampMonitor(_ONLY_BACK)
        self._newest = self._now()
        self._rejected = (0, "")
        self._homing = self.timer(_HOMING_PERIOD, self._go_home)
        self.subscription(ControlValues, "control_values", self._take, NEWEST)

    def parameters_changed(self) -> None:
        """Take over new gains."""
        self._map.set_gains(self.params.gains)

    def diagnose(self) -> Diagnosis:
        """Tell whether the joints follow control values, and what had to be limited."""
        values = {"mode": self._chain.mode.value}
        values.update({name: str(count) for name, count in sorted(self._chain.counts.items())})
        if self._chain.mode is not Mode.ENABLED:
            return Diagnosis(Level.OK, f"{self._chain.mode.value}; call ~/enable", values)
        now = self._now()
        if now - self._rejected[0] < _WAITING:
            return Diagnosis(Level.WARN, f"rejects control values: {self._rejected[1]}", values)
        if now - self._newest > _WAITING or not self.statistics.rates:
            topic = self.resolve_topic_name("control_values")
            senders = self.count_publishers(topic)
            reason = "nobody publishes it" if senders == 0 else "its publishers are silent"
            return Diagnosis(Level.WARN, f"waiting for {topic}: {reason}", values)
        return Diagnosis(Level.OK, "following control values", values)

    def _take(self, message: ControlValues) -> None:
        now = self._now()
        stamp = to_nanoseconds(message.header.stamp)
        if self._clock_monitor.jumped(now):
            self._restart(now, "the clock jumped back")
        if self._stamps.jumped(stamp):
            self._restart(now, "the stamps of control_values jumped back")
        try:
            command = self._chain.follow(controls_from_message(message), stamp, now)
        except X2CError as error:
            self._rejected = (now, str(error))
            raise
        self._newest = now
        if command is None:
            return
        self._send(command, message.header)
        if stamp:
            self.statistics.measured("camera to command", (self._now() - stamp) * 1e-9)

    def _restart(self, now: int, reason: str) -> None:
        self.statistics.counts["time jumps"] += 1
        self.get_logger().warning(
            f"{reason}; joints go on from where they are", throttle_duration_sec=5.0
        )
        self.statistics.durations.clear()
        self._chain.restart(now)

    def _go_home(self) -> None:
        command = self._chain.go_home(self._now())
        if command is None:
            self._homing.cancel()
        else:
            self._send(command, Header(stamp=to_stamp(command.stamp)))

    def _send(self, command: JointCommand, header: Header) -> None:
        positions = array.array("d", command.positions.tobytes())
        if self._interface is CommandInterface.FLOAT64_MULTI_ARRAY:
            self._publisher.publish(Float64MultiArray(data=positions))
        else:
            names = list(command.names)
            self._publisher.publish(JointState(header=header, name=names, position=positions))
        self.statistics.tick("commands")

    def _enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._chain.switch(Mode.ENABLED if request.data else Mode.DISABLED, self._now())
        response.success = True
        response.message = (
            "following control values" if request.data else "disabled: the joints stay as they are"
        )
        return response

    def _neutral(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self.state != "active":
            response.message = f"the node is {self.state}: activate it first"
            return response
        self._chain.switch(Mode.NEUTRAL, self._now())
        self._homing.reset()
        response.success = True
        response.message = "going to neutral; control values are ignored until ~/enable"
        return response

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)


def main() -> None:
    """Run the node."""
    run_node(ActuationNode)
