# SPDX-License-Identifier: Apache-2.0
"""Moves the motors of a robot as joint commands tell it."""

from __future__ import annotations

import array
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from x2c_actuation.commanders import Commanders
from x2c_actuation.drivers import make_driver
from x2c_actuation.emergency_stop import EmergencyStop
from x2c_actuation.errors import DriverSettingsError
from x2c_actuation.motor_condition import Condition, Outcome
from x2c_actuation.motor_session import MotorSession
from x2c_actuation.parameters import shared_estop
from x2c_face.joint_targets import JointTargets
from x2c_face.robot import Robot
from x2c_face.robot_file import load_robot
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.quality import STREAM
from x2c_node.robots import find_robot
from x2c_node.running import run_node
from x2c_node.stopping import BRAKING

Array = NDArray[np.float64]

_SOONEST = 0.5
"""A command that comes is not sent before this share of a period has passed since the last."""

_LONGEST_END = 4.0
"""How long commands are followed at the end of the process, since their node last eased [s]."""

_LOOK = 0.01
"""Time between two looks for commands at the end [s]."""

_LONGEST_TICK = 30.0
"""How long a bus may keep the thread that drives the motors [s]."""

_MOVING = (Condition.APPROACHING, Condition.FOLLOWING)

_RETURN = "the motors come back to the commanded pose slowly"
_JUMP = (
    "hands off: servos that cannot tell where they are jump to where they were sent last, at the "
    "next command; from there they come to the commanded pose slowly"
)


@dataclass(frozen=True)
class MotorDriverParameters(Parameters):
    """Parameters of the motor driver node."""

    robot: str = parameter("virtual", "Name of an installed robot, or path of a robot folder.")
    port: str = parameter("", "Port of the motors; empty: as robot.yaml says.")
    shared_estop: str = shared_estop()


class MotorDriverNode(ManagedNode[MotorDriverParameters]):
    """Sends joint commands to motors and publishes where these are.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    LONGEST_CALLBACK = 5.0

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("motor_driver_node", MotorDriverParameters, **node_arguments)
        # A stop is heard in every state and outlives every transition: only a reset ends it.
        self._stopped = False
        self._session: MotorSession | None = None
        self._thread: threading.Thread | None = None
        self._estop = EmergencyStop(self, self._press, self.params.shared_estop)

    def configure(self) -> None:
        """Read the robot and its driver section; make the publisher and the service."""
        robot = load_robot(find_robot(self.params.robot))
        driver = make_driver(robot, _overrides(robot, self.params.port))
        self._robot = robot
        self._period = 1.0 / driver.settings.rate
        self._unknown: set[str] = set()
        self._states = self.publisher(JointState, "joint_states", STREAM)
        self.service(Trigger, "~/reset", self._reset)
        session = MotorSession(driver, robot.joints, self._say, robot.coupled_limits)
        if self._stopped:
            session.stop()
        self._session = session

    def activate(self) -> None:
        """Connect to the motors and take joint commands."""
        nothing = np.full(len(self._robot.joints), np.nan)
        self._targets = JointTargets(self._robot, start=nothing)
        self._awake = threading.Condition()
        self._fresh, self._ending = False, False
        self._commands = self.subscription(JointState, "joint_commands", self._take, STREAM)
        self._pulse = self.supervisor.pulse("motors", _LONGEST_TICK)
        self._thread = threading.Thread(target=self._run, name="motors", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Follow commands as long as their node eases or brakes, then end.

        That node is asked to end at the same moment, and may ease the face to neutral. Commands
        that come for another reason are not followed for ever.
        """
        try:
            if self.state == "active":
                self._follow_to_the_end()
        finally:
            super().stop()

    def deactivate(self) -> None:
        """Leave the motors as robot.yaml says, and disconnect."""
        with self._awake:
            self._ending = True
            self._awake.notify()
        if self._thread is not None:
            self._thread.join(_LONGEST_TICK)
        self._running.end()
        self._thread = None

    def cleanup(self) -> None:
        """Forget the motors, but not an emergency stop."""
        self._session = None

    def halt(self, reason: str) -> None:
        """Stop the motors, as an emergency stop does."""
        self._stopped = True
        session, thread = self._session, self._thread
        if session is None:
            return
        session.stop()
        # Where the thread that drives them has died, the motors are left as a stop leaves them.
        if thread is not None and not self._pulse.running:
            session.end()

    def diagnose(self) -> Diagnosis:
        """Tell whether the motors are reached, and what they say of themselves."""
        session = self._running
        driver = session.link.driver
        source = "measured" if driver.measures else "as sent: these motors do not tell"
        values = {
            "driver": driver.settings.type,
            "place": driver.place,
            "motors": session.condition.value,
            "connections": str(session.link.connections),
            "positions": source,
            "commands out of reach": str(session.limited),
            "joints without answer": ", ".join(session.link.absent) or "none",
            "joints outside their raw range": ", ".join(session.outside) or "none",
        }
        values |= {f"replies {fault}": str(n) for fault, n in sorted(driver.faults.items())}
        values |= {f"taken in again: {n}": str(c) for n, c in self._running.returned.items()}
        values |= {f"position clamped: {n}": str(c) for n, c in self._targets.clamped.items()}
        values |= session.link.health.values
        level, message = self._verdict()
        return Diagnosis(level, message, values)

    @property
    def _running(self) -> MotorSession:
        assert self._session is not None  # noqa: S101 - only asked for while configured
        return self._session

    def _verdict(self) -> tuple[Level, str]:
        condition, link = self._running.condition, self._running.link
        if condition is Condition.DISCONNECTED:
            return Level.ERROR, link.trouble or f"connecting to {link.driver.place}"
        if condition is Condition.STOPPED:
            return Level.ERROR, "emergency stop; release it, then call ~/reset"
        if link.health.warnings:
            return Level.ERROR, "; ".join(link.health.warnings)
        if self._running.refused:
            return Level.ERROR, "; ".join(self._running.refused)
        if link.absent:
            return Level.ERROR, f"no answer of {', '.join(link.absent)}"
        if outside := self._running.outside:
            return Level.ERROR, f"outside their raw range, left alone: {', '.join(outside)}"
        if "commands" not in self.statistics.rates:
            topic = self.resolve_topic_name("joint_commands")
            publishers = self.count_publishers(topic)
            return Level.WARN, f"connected; waiting for {topic} ({publishers} publishers)"
        return Level.OK, condition.value

    def _take(self, message: JointState) -> None:
        unknown = self._targets.command(message.name, message.position)
        self.statistics.tick("commands")
        if not self._unknown.issuperset(unknown):
            self._unknown.update(unknown)
            self.get_logger().warning(
                "joint_commands names joints that this robot has not, which are ignored: "
                f"{', '.join(sorted(self._unknown))}"
            )
        self._running.command(self._targets.positions, time.monotonic())
        with self._awake:
            self._fresh = True
            self._awake.notify()

    def _follow_to_the_end(self) -> None:
        commanders = Commanders(self, "joint_commands")
        limit = time.monotonic() + _LONGEST_END
        hurried = False
        try:
            while self._running.condition in _MOVING and time.monotonic() < limit:
                # Nobody spins the node meanwhile.
                self._estop.poll()
                self._hear_commands()
                if self.hurried and not hurried:
                    hurried, limit = True, time.monotonic() + BRAKING
                elif commanders.ending() and not hurried:
                    limit = time.monotonic() + _LONGEST_END
                time.sleep(_LOOK)
        finally:
            commanders.close()

    def _hear_commands(self) -> None:
        # In one process they are handed on without a subscription.
        if self._commands is None:
            return
        take = self._guarded(self._take, "joint_commands")
        with self._commands.handle:
            while (taken := self._commands.handle.take_message(JointState, False)) is not None:
                take(taken[0])

    def _press(self, who: str) -> None:
        if not self._estop.pressed:
            return
        first = not self._stopped
        self._stopped = True
        if self._session is None:
            return
        self._session.stop()
        if first and self._thread is None:
            self._session.stop_unattended()

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._estop.forget_the_gone()
        if self._estop.pressed:
            response.message = f"still pressed by {self._estop.names}: release it first"
            return response
        self._stopped = False
        self._running.reset()
        response.success = True
        response.message = _RETURN if self._running.returns_softly else _JUMP
        return response

    def _run(self) -> None:
        """Tick, in a thread of its own: a bus that is slow must not hold the node up."""
        with self._pulse:
            self._tick_on()

    def _tick_on(self) -> None:
        tick = self._guarded(self._tick, "motors", alone=False)
        last = -self._period
        while self.context.ok():
            with self._awake:
                wait = last + self._period - time.monotonic()
                self._awake.wait_for(lambda: self._fresh or self._ending, max(wait, 0.0))
                # One that comes at once after the last is sent a little later.
                soon = last + _SOONEST * self._period - time.monotonic()
                if soon > 0.0:
                    self._awake.wait_for(lambda: self._ending, soon)
                if self._ending:
                    return
                self._fresh = False
            last = time.monotonic()
            self._pulse.beat()
            tick()

    def _tick(self) -> None:
        started = time.monotonic()
        outcome = self._running.tick(started)
        if outcome.sent is not None:
            self.statistics.tick("writes")
            self.statistics.measured("bus", time.monotonic() - started)
        self._publish(outcome)

    def _publish(self, outcome: Outcome) -> None:
        # Motors that cannot measure are where they were sent; before, where their pulses say.
        measures = self._running.link.driver.measures
        positions = outcome.read if measures or outcome.sent is None else outcome.sent
        if positions is None:
            return
        known = np.flatnonzero(np.isfinite(positions))
        if not known.size:
            return
        names = self._robot.joint_names
        message = JointState(
            name=[names[joint] for joint in known],
            position=array.array("d", positions[known].tobytes()),
        )
        message.header.stamp = self.get_clock().now().to_msg()
        self._states.publish(message)
        self.statistics.tick("joint states")

    def _say(self, bad: bool, text: str) -> None:
        if bad:
            self.get_logger().warning(text)
        else:
            self.get_logger().info(text)


def _overrides(robot: Robot, port: str) -> dict[str, Any]:
    if not port:
        return {}
    if robot.driver.get("type") == "ameca":
        if not port.isdecimal():
            raise DriverSettingsError(f"port: expected a number, got {port!r}")
        return {"port": int(port)}
    return {"port": port}


def main() -> None:
    """Run the node."""
    run_node(MotorDriverNode)
