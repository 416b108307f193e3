# SPDX-License-Identifier: Apache-2.0
"""Turn control values into joint commands of one robot, inside its limits, at the motor rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike
from rclpy.impl.implementation_singleton import rclpy_implementation
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

from x2c_actuation.command_publisher import CommandPublisher
from x2c_actuation.diagnosis_values import diagnosis_values
from x2c_actuation.errors import RefusedError
from x2c_actuation.joint_states import JointStates
from x2c_actuation.parameters import ActuationParameters
from x2c_actuation.pipeline.actuation_pipeline import ActuationPipeline, JointCommand
from x2c_actuation.pipeline.actuation_stage import ActuationStage
from x2c_actuation.pipeline.ending import longest_end
from x2c_actuation.safety.emergency_stop import EmergencyStop
from x2c_actuation.safety.state_machine import LATCHED, Ending, State
from x2c_actuation.state_message import state_message
from x2c_core.errors import X2CError
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.stamp_checks import StampMonitor
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.messages import controls_from_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.qos import NEWEST_SUBSCRIBER, STREAM
from x2c_node.robots import find_robot
from x2c_node.spinning.spin import run_node
from x2c_node.spinning.stopping import BRAKING
from x2c_node.supervision.ticker import Ticker

_SOONEST = 0.002
"""Control values are answered at once, but no sooner after the last command than this [s]."""

_WAITING = 2.0
"""Time for which refused control values are reported [s]."""

_HALTING = 0.2
"""Time limit for a thread that moves the joints when another has failed [s]."""

_LONGEST_LATENCY = 60.0
"""Stamps that are further from now are of another clock, as those of a bag [s]."""

_UNTIL_THEN = "until then, joints that stand do not start"

_ONLY_BACK = 1e11
"""For monitors of time that jumps ahead are nothing to: camera and clock may pause [s]."""


class ActuationNode(ManagedNode[ActuationParameters]):
    """Subscribe control values and publish joint commands.

    Commands come from a thread of their own, at the motor rate. The publisher's thread of new
    control values sends the first command for them.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    LONGEST_CALLBACK = 5.0

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("actuation_node", ActuationParameters, **node_arguments)
        # Held while commanding joints; never held while waiting for a callback.
        self._moving = threading.RLock()
        # State and last command outlive every transition: joints go on from there, and what is
        # latched waits for a reset.
        self._stage = ActuationStage(self.params.settings, time.monotonic())
        self._joint_states = JointStates(self, self._measure)
        self._estop = EmergencyStop(
            self, self._estop_changed, self.params.shared_estop, self.mismatches
        )

    def configure(self) -> None:
        """Read the robot and make publishers and services."""
        params = self.params
        robot = load_robot(find_robot(params.robot))
        self._period = 1.0 / params.publish_rate
        self._names = list(robot.joint_names)
        known = self._stage.remembers
        with self._moving:
            self._stage.configure(params.settings)
            self._stage.load(robot, self._period)
        pipeline = self._stage.pipeline
        if known and pipeline.unknown:
            self.get_logger().warning(
                "where these joints are is not known, since they were sent nothing before: "
                f"{', '.join(pipeline.unknown)}; if they are not measured, they begin at neutral"
            )
        self._commands = CommandPublisher(
            self, robot.command_interface, robot.joint_names, self._period
        )
        self._states = self.publisher(ActuationState, "~/state", STREAM)
        self._header = Header()
        self._last_state: tuple[State, float] | None = None
        self._elsewhere = pipeline.elsewhere
        self._contradicted = False
        self._estop.look()
        self._next_state = 0.0
        self.service(SetBool, "~/enable", self._enable)
        self.service(Trigger, "~/neutral", self._neutral)
        self.service(SetBool, "~/estop", self._estop_service)
        self.service(Trigger, "~/reset", self._reset)

    def activate(self) -> None:
        """Start to take control values and to send commands."""
        self._stamps = StampMonitor(_ONLY_BACK)
        self._clock_monitor = StampMonitor(_ONLY_BACK)
        self._began = time.monotonic()
        self._last_command = 0.0
        self._rejected = (float("-inf"), "")
        with self._moving:
            self._stage.pipeline.restart(self.params.enabled_at_start, self._began)
        if self.params.use_joint_states:
            self._joint_states.listen()
        self.subscription(ControlValues, self._input, self._take, NEWEST_SUBSCRIBER)
        name = f"{self.get_name()} motors"
        pulse = self.supervisor.pulse(name, self.LONGEST_CALLBACK)
        self._ticker = Ticker(self._period, self._tick, name, pulse)
        self.end_with(self._ticker.stop)
        self._ticker.start()

    def deactivate(self) -> None:
        """Bring the face to where it is to end, then send nothing any more."""
        pipeline = self._stage.pipeline
        with self._moving:
            now = time.monotonic()
            if pipeline.sending and self._stage.state_machine.state not in LATCHED:
                if self.params.on_shutdown == Ending.NEUTRAL:
                    self._stage.state_machine.ease("the node is deactivated", now)
                else:
                    self._stage.state_machine.disable(now)
        limit = now + longest_end(self.params.ease_time, pipeline.motion.limits)
        # An emergency stop is received although the node is not spun meanwhile.
        braking = False
        try:
            while not self._at_end(pipeline):
                late = time.monotonic() >= limit
                if late and braking:
                    break
                if late or (self.hurried and not braking):
                    # Joints that are not there by now stay on their way.
                    braking = True
                    limit = time.monotonic() + BRAKING
                    with self._moving:
                        self._stage.state_machine.disable(time.monotonic())
                time.sleep(self._period)
                self._estop.poll()
                if not self._ticker.alive:
                    # It has died: the joints are braked from here.
                    self._tick(0.0)
        finally:
            self._ticker.stop()
        with self._moving:
            # A stop that finds the joints at rest may have come after the last tick.
            self._tell_state(time.monotonic())

    def cleanup(self) -> None:
        """Forget the robot, but not an emergency stop, nor what the joints were sent."""
        with self._moving:
            self._stage.unload()

    def destroy_node(self) -> None:
        """Destroy the node, and what rclpy would keep with it."""
        super().destroy_node()
        self._stage.close()

    def halt(self, reason: str) -> None:
        """Bring the joints to rest, as after a fault."""
        # A thread that hangs may hold it; such a one changes nothing meanwhile.
        held = self._moving.acquire(timeout=_HALTING)
        try:
            self._stage.state_machine.fail(reason, time.monotonic())
        finally:
            if held:
                self._moving.release()

    def parameters_changed(self) -> None:
        """Take over new values."""
        with self._moving:
            self._stage.configure(self.params.settings)

    def diagnose(self) -> Diagnosis:
        """Tell what the joints follow and why, and what had to be limited."""
        pipeline, now = self._stage.pipeline, time.monotonic()
        level, message = self._verdict(now)
        values = diagnosis_values(pipeline, self._names, self._estop.names, now)
        return Diagnosis(level, message, values)

    @property
    def _input(self) -> str:
        return "mixer/control_values" if self.params.mixer else "control_values"

    def _verdict(self, now: float) -> tuple[Level, str]:
        state_machine = self._stage.state_machine
        state = state_machine.state
        if state in LATCHED:
            hint = "release it, then call ~/reset" if self._estop.asserted else "call ~/reset"
            return Level.ERROR, f"{state_machine.reason}; {hint}"
        if wrong := self._stage.pipeline.feedback.contradiction(now):
            return Level.ERROR, f"{wrong}; {_UNTIL_THEN}"
        if not state_machine.armed:
            return Level.OK, f"{state.name.lower()}: {state_machine.reason}; call ~/enable"
        if now - self._rejected[0] < _WAITING:
            return Level.WARN, f"rejects control values: {self._rejected[1]}"
        if state in (State.RAMPING, State.ACTIVE):
            return Level.OK, "following control values"
        if hindrance := self._stage.pipeline.hindrance:
            return Level.WARN, f"{state.name.lower()}: {hindrance}"
        topic = self.resolve_topic_name(self._input)
        senders = self.count_publishers(topic)
        reason = "it has no publisher" if senders == 0 else "its publishers are silent"
        return Level.WARN, f"{state.name.lower()}, waiting for {topic}: {reason}"

    # Moving.

    def _take(self, message: ControlValues) -> None:
        clock = int(self.get_clock().now().nanoseconds)
        stamp = to_nanoseconds(message.header.stamp)
        if self._clock_monitor.jumped(clock):
            self._count_jump("the clock jumped back")
        if self._stamps.jumped(stamp):
            self._count_jump(f"the stamps of {self._input} jumped back")
        try:
            frame = controls_from_message(message)
            with self._moving:
                self._stage.take(frame, stamp, time.monotonic())
                self._header = message.header
                before = self._last_command
            self._answer(before)
        except X2CError as error:
            self._rejected = (time.monotonic(), str(error))
            raise

    def _answer(self, before: float) -> None:
        """Send a command soon after the one before, unless the motors' thread does meanwhile."""
        early = before + _SOONEST - time.monotonic()
        if early > 0.0:
            # For its own turn it could have to wait five times as long.
            time.sleep(early)
        with self._moving:
            if self._last_command == before:
                self._send(time.monotonic())

    def _measure(
        self, names: Sequence[str], positions: ArrayLike, now: float, source: str
    ) -> None:
        self._stage.pipeline.feedback.take(names, positions, now, source)

    def _tick(self, late: float) -> None:
        """Run in the thread of the motors."""
        self.statistics.measured("tick lateness", late)
        try:
            with self._moving:
                self._send(time.monotonic())
        except rclpy_implementation.InvalidHandle:
            # The node was destroyed meanwhile.
            self._ticker.stop()
        except Exception as error:
            if not self.context.ok():
                # ROS was shut down meanwhile: nothing can be published any more.
                return
            # The joints stand where they were sent last.
            self.statistics.counts["ticks failed"] += 1
            self._log_failure("tick", error)
            with self._moving:
                self._stage.state_machine.fail(
                    f"cannot move the joints: {error}", time.monotonic()
                )
        # After the command, which is on time however much was measured.
        self._joint_states.poll(0.5 * self._period)

    def _send(self, now: float) -> None:
        pipeline = self._stage.pipeline
        pipeline.awaited = self._joint_states.awaited(now) if self.params.use_joint_states else ""
        command = self._stage.tick(now)
        if command is not None:
            self._last_command = now
            self._publish(command)
        self._tell_state(now)

    def _publish(self, command: JointCommand) -> None:
        self._commands.publish(command.state.position, self._header)
        self.statistics.tick("commands")
        if not command.first:
            return
        self.statistics.tick("answers")
        if command.stamp:
            passed = (self.get_clock().now().nanoseconds - command.stamp) * 1e-9
            if abs(passed) < _LONGEST_LATENCY:
                self.statistics.measured("camera to command", passed)

    def _tell_state(self, now: float) -> None:
        pipeline, state_machine = self._stage.pipeline, self._stage.state_machine
        state = (state_machine.state, state_machine.since)
        if state == self._last_state and now < self._next_state:
            return
        if state != self._last_state:
            self._last_state = state
            self.get_logger().info(f"{state[0].name.lower()}: {state_machine.reason}")
        self._tell_of_measurements(pipeline, now)
        self._next_state = now + 1.0 / self.params.state_rate
        if self._states.get_subscription_count():
            refused = self.statistics.counts[f"{self._input} refused"]
            message = state_message(pipeline, self._names, refused, now)
            message.header.stamp = self.get_clock().now().to_msg()
            self._states.publish(message)

    def _at_end(self, pipeline: ActuationPipeline) -> bool:
        if not pipeline.sending or self._stage.state_machine.state is State.DISABLED:
            return True
        return self._stage.state_machine.state in LATCHED and pipeline.motion.at_rest

    def _tell_of_measurements(self, pipeline: ActuationPipeline, now: float) -> None:
        if pipeline.elsewhere is not self._elsewhere:
            self._elsewhere = pipeline.elsewhere
            for name, away in pipeline.elsewhere.items():
                self.get_logger().warning(
                    f"joint {name} begins where it is measured, {away:+.4g} from where it was "
                    "sent last: something has moved it, or it did not get there"
                )
        if pipeline.hindrance and self._stage.state_machine.armed:
            text = f"joints do not start yet: {pipeline.hindrance}"
            self.get_logger().warning(text, throttle_duration_sec=5.0)
        wrong = pipeline.feedback.contradiction(now)
        if wrong and not self._contradicted:
            self.get_logger().error(f"{wrong}; {_UNTIL_THEN}")
        self._contradicted = bool(wrong)

    def _count_jump(self, reason: str) -> None:
        self.statistics.counts["time jumps"] += 1
        self.get_logger().warning(
            f"{reason}; joints go on from where they are", throttle_duration_sec=5.0
        )
        self.statistics.durations.clear()

    # What users ask for.

    def _estop_changed(self, who: str) -> None:
        """React to the assertion or release of the emergency stop."""
        with self._moving:
            if self._estop.asserted:
                self._stage.state_machine.assert_estop(who, time.monotonic())
            else:
                self._stage.state_machine.release()

    def _enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        with self._moving:
            now = time.monotonic()
            if request.data:
                self._stage.state_machine.enable(now)
            else:
                self._stage.state_machine.disable(now)
            hindrance = self._stage.pipeline.hindrance
        response.success = True
        if not request.data:
            response.message = "braking, then disabled"
        elif hindrance:
            response.message = f"following control values as they come, but not yet: {hindrance}"
        else:
            response.message = "following control values as they come"
        return response

    def _neutral(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self.state != "active":
            response.message = f"the node is {self.state}: activate it first"
            return response
        with self._moving:
            if hindrance := self._stage.pipeline.hindrance:
                raise RefusedError(f"cannot start: {hindrance}")
            self._stage.state_machine.ease("asked to go to neutral", time.monotonic())
        response.success = True
        response.message = "going to neutral; control values are ignored until ~/enable"
        return response

    def _estop_service(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._estop.set(request.data)
        response.success = True
        response.message = "stopped" if request.data else f"released; {self._still_stopped()}"
        return response

    def _still_stopped(self) -> str:
        names = self._estop.names
        return f"still asserted by {names}" if names else "call ~/reset, then ~/enable"

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._estop.forget_the_gone()
        with self._moving:
            if not self._estop.asserted:
                self._stage.state_machine.release()
            self._stage.state_machine.reset(time.monotonic())
        response.success = True
        response.message = "reset; the joints stay until ~/enable"
        return response


def main() -> None:
    """Run the node."""
    run_node(ActuationNode)
