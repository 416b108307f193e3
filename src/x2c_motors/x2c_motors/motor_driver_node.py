# SPDX-License-Identifier: Apache-2.0
"""Node that moves the motors of a robot by joint commands."""

from __future__ import annotations

import array
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from x2c_actuation.parameters import shared_estop
from x2c_actuation.safety.emergency_stop import EmergencyStop
from x2c_core.robot.joint_targets import JointTargets, UnknownNames
from x2c_core.robot.robot_file import load_robot
from x2c_core.words import counted
from x2c_motors.commanders import Commanders, rivals
from x2c_motors.configuration.boards import make_boards, port_overrides
from x2c_motors.control.motor_board import MotorBoard, motor_boards
from x2c_motors.control.motor_condition import Condition
from x2c_motors.control.motor_diagnosis import diagnose_motors
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import STREAM, STREAM_SUBSCRIBER
from x2c_node.robots import find_robot
from x2c_node.spinning.polling import take_messages
from x2c_node.spinning.spin import run_node
from x2c_node.spinning.stopping import BRAKING

_LONGEST_END = 4.0
"""Time that commands are followed at the end of the process, since their node last eased [s]."""

_LOOK = 0.01
"""Time between two looks for commands at the end [s]."""

_LONGEST_STOP = 1.0
"""Time limit for all boards to execute a stop while inactive: a bus may hang [s]."""

_LONGEST_TICK = 30.0
"""Time limit for a bus to block the thread that drives its motors [s]."""

_LONGEST_JOIN = 4.0
"""Time limit for the boards' threads to end, all together: a bus may hang [s]."""

_MOVING = (Condition.APPROACHING, Condition.FOLLOWING)

_RETURN = "the motors come back to the commanded pose slowly"
_JUMP = (
    "hands off: servos that cannot measure their position jump to their last command, at the "
    "next command; from there they come to the commanded pose slowly"
)


@dataclass(frozen=True)
class MotorDriverParameters(Parameters):
    """Parameters of the motor driver node."""

    robot: str = parameter("virtual", "Name of an installed robot, or path of a robot folder.")
    port: str = parameter(
        "",
        "Port of the motors, or BOARD=PORT,BOARD=PORT of several boards; empty: as in robot.yaml.",
    )
    shared_estop: str = shared_estop()


class MotorDriverNode(ManagedNode[MotorDriverParameters]):
    """Send joint commands to motors and publish where these are.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    LONGEST_CALLBACK = 5.0

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("motor_driver_node", MotorDriverParameters, **node_arguments)
        # A stop is heard in every state and outlives every transition: only a reset ends it.
        self._stopped = False
        self._boards: tuple[MotorBoard, ...] = ()
        # Motors that cannot measure their position are there still, whatever the transition.
        self._sent: dict[str, float] = {}
        self._estop = EmergencyStop(
            self, self._estop_changed, self.params.shared_estop, self.mismatches
        )

    def configure(self) -> None:
        """Read the robot and its driver section; make the publisher and the service."""
        robot = load_robot(find_robot(self.params.robot))
        boards = make_boards(robot, port_overrides(robot, self.params.port))
        self._robot = robot
        self._unknown = UnknownNames()
        self._states = self.publisher(JointState, "joint_states", STREAM)
        self.service(Trigger, "~/reset", self._reset)
        made = motor_boards(robot, boards, self._say, self._sent)
        if self._stopped:
            for board in made:
                board.controller.stop()
        self._boards = made

    def activate(self) -> None:
        """Connect to the motors and take joint commands."""
        nothing = np.full(len(self._robot.joints), np.nan)
        self._targets = JointTargets(self._robot, start=nothing)
        self._commands = self.subscription(
            JointState, "joint_commands", self._take, STREAM_SUBSCRIBER
        )
        # In the boards' threads: a bus that is slow holds neither the node nor another bus up.
        tick = self._guarded(self._tick, "motors", alone=False)
        started: list[MotorBoard] = []
        try:
            for board in self._boards:
                pulse = self.supervisor.pulse(board.thread_name, _LONGEST_TICK)
                board.start(tick, self.context.ok, pulse)
                started.append(board)
        except Exception:
            # A node that is not active leaves no motors to a thread that no stop reaches.
            self._end(started)
            raise

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
        self._end(self._boards)

    def _end(self, boards: Sequence[MotorBoard]) -> None:
        for board in boards:
            board.ask_to_end()
        limit = time.monotonic() + _LONGEST_JOIN
        for board in boards:
            try:
                ended = board.end(max(limit - time.monotonic(), 0.0))
            except Exception as error:  # The motors of the other boards are still to be left.
                self.get_logger().error(f"{board.thread_name}: cannot end in order: {error}")
                continue
            if not ended:
                self.get_logger().error(
                    f"{board.thread_name}: the bus hangs; its motors stay as they are until it "
                    "does not"
                )

    def cleanup(self) -> None:
        """Forget the motors, but not an emergency stop, nor what they were sent."""
        for board in self._boards:
            self._sent |= board.controller.sent
        self._boards = ()

    def halt(self, reason: str) -> None:
        """Stop the motors, as an emergency stop does."""
        self._stopped = True
        for board in self._boards:
            board.stop()
        # Where the thread that drives them has died, the motors are left as a stop leaves them.
        for board in self._boards:
            if board.died:
                board.controller.end()

    def diagnose(self) -> Diagnosis:
        """Return whether the motors are reached, and what they say of themselves."""
        found = diagnose_motors(self._boards)
        clamped = {f"position clamped: {n}": str(c) for n, c in self._targets.clamped.items()}
        level, message = found.level, found.message
        if level is Level.OK and "commands" not in self.statistics.rates:
            topic = self.resolve_topic_name("joint_commands")
            publishers = self.count_publishers(topic)
            level = Level.WARN
            message = f"connected; waiting for {topic} ({counted(publishers, 'publisher')})"
        if level in (Level.OK, Level.WARN) and (warning := rivals(self, "joint_commands")):
            level, message = Level.WARN, f"{message}; {warning}"
        return Diagnosis(level, message, {**found.values, **clamped})

    def _take(self, message: JointState) -> None:
        unknown = self._targets.command(message.name, message.position)
        self.statistics.tick("commands")
        if names := self._unknown.report(unknown):
            self.get_logger().warning(
                f"joint_commands names joints that this robot has not, which are ignored: {names}"
            )
        now = time.monotonic()
        for board in self._boards:
            board.command(self._targets.positions, now)

    @property
    def _moving(self) -> bool:
        alive = [board for board in self._boards if not board.died]
        return any(board.controller.condition in _MOVING for board in alive)

    def _follow_to_the_end(self) -> None:
        commanders = Commanders(self, "joint_commands")
        limit = time.monotonic() + _LONGEST_END
        hurried = False
        try:
            while self._moving and time.monotonic() < limit:
                # The node is not spun meanwhile.
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
        take_messages(self, self._commands, lambda message, info: take(message))

    def _estop_changed(self, who: str) -> None:
        if not self._estop.asserted:
            return
        first = not self._stopped
        self._stopped = True
        # All are asked before any is waited for.
        for board in self._boards:
            board.stop()
        if first:
            self._stop_unattended()

    def _stop_unattended(self) -> None:
        """Do a stop for boards that nothing ticks, each in a thread of its own."""
        threads = [
            threading.Thread(target=board.controller.stop_unattended, daemon=True)
            for board in self._boards
            if not board.running
        ]
        for thread in threads:
            thread.start()
        limit = time.monotonic() + _LONGEST_STOP
        for thread in threads:
            thread.join(max(limit - time.monotonic(), 0.0))

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._estop.forget_the_gone()
        if self._estop.asserted:
            response.message = f"still asserted by {self._estop.names}: release it first"
            return response
        self._stopped = False
        for board in self._boards:
            board.controller.reset()
        softly = all(board.controller.returns_softly for board in self._boards)
        response.success = True
        response.message = _RETURN if softly else _JUMP
        return response

    def _tick(self, board: MotorBoard) -> None:
        started = time.monotonic()
        outcome = board.controller.tick(started)
        if outcome.sent is not None:
            self.statistics.tick(f"writes {board.name}".strip())
            self.statistics.measured(f"bus {board.name}".strip(), time.monotonic() - started)
        # Motors that cannot measure are where they were sent; before, where their pulses say.
        measures = board.controller.link.driver.measures
        positions = outcome.read if measures or outcome.sent is None else outcome.sent
        if positions is None:
            return
        known = np.flatnonzero(np.isfinite(positions))
        if not known.size:
            return
        names = self._robot.joint_names
        message = JointState(
            name=[names[board.joint_indices[joint]] for joint in known],
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


def main() -> None:
    """Run the node."""
    run_node(MotorDriverNode)
