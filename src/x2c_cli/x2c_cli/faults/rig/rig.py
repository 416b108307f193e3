# SPDX-License-Identifier: Apache-2.0
"""The running pipeline, with hands to break it and ears on its joints."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import rclpy
from lifecycle_msgs.srv import ChangeState
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_actuation.safety.state_machine import State
from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.run.processes import ProcessGraph
from x2c_bringup.run.watch import Watch
from x2c_cli.errors import FaultError
from x2c_cli.faults.observation.motion_log import Event, MotionLog
from x2c_cli.faults.rig.one_process import OneProcessGraph
from x2c_cli.faults.rig.servos import Servos
from x2c_core.arrays import Array
from x2c_core.robot.robot import Robot
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_node.qos import LATCHED, NEWEST, STREAM
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.spin import spin_until

ACTUATION = "actuation_node"
FACE = "virtual_face_node"
_ANSWER = 10.0
_LONGEST = 30.0
_POLL = 0.002
_SAMPLE = 0.005
"""Time between two looks at where servos are [s]."""

_STANDING = 1e-3
"""Joints that are slower stand: share of the limit of their velocity."""

_EVERYTHING = QoSProfile(depth=5000, reliability=ReliabilityPolicy.RELIABLE)


class Rig:
    """Running nodes of a graph, which can be paused, killed and started again.

    Everything that actuation sends is recorded until `begin` is called again.

    Args:
        specs: Nodes of the graph.
        robot: Robot that is driven.
        one_process: Whether the nodes share one process, rather than have one each.
        servos: Servos that move the robot, which are watched; None for its virtual face.
    """

    def __init__(
        self,
        specs: Sequence[NodeSpec],
        robot: Robot,
        *,
        one_process: bool = False,
        servos: Servos | None = None,
    ) -> None:
        frequent = [_telling(spec) for spec in specs]
        self._graph: ProcessGraph | OneProcessGraph = (
            OneProcessGraph(frequent) if one_process else ProcessGraph(frequent)
        )
        self._specs = specs
        self._robot = robot
        self._servos = servos
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._watcher: threading.Thread | None = None
        self._log = MotionLog(robot.joint_names)
        self._began = time.monotonic()

    def __enter__(self) -> Rig:
        """Start everything, and wait until the joints follow the person."""
        watch = Watch(self._specs)
        self._graph.__enter__()
        try:
            self._graph.wait_until_active(watch)
            self._listen()
            self.wait_for(State.ACTIVE)
        except BaseException:
            self._graph.__exit__()
            raise
        finally:
            watch.close()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop everything."""
        self._ending.set()
        self._executor.wake()
        self._thread.join()
        if self._watcher is not None:
            self._watcher.join()
        self._executor.shutdown()
        self._node.destroy_node()
        self._graph.__exit__(*error)

    @property
    def robot(self) -> Robot:
        """Robot that is driven."""
        return self._robot

    @property
    def servos(self) -> Servos:
        """Servos that move the robot."""
        assert self._servos is not None  # noqa: S101 - the scenario says so
        return self._servos

    @property
    def ids(self) -> Mapping[str, int]:
        """Process ids, by name."""
        return self._graph.ids

    # What is heard.

    def begin(self) -> MotionLog:
        """Begin a new log, and return the one before, which nothing is added to any more."""
        with self._lock:
            before = self._log
            self._log = MotionLog(self._robot.joint_names)
            self._began = time.monotonic()
        return before

    @property
    def state(self) -> State | None:
        """State of actuation; None if none was reported since the log began."""
        with self._lock:
            return self._log.changes[-1].state if self._log.changes else None

    @property
    def commanded(self) -> Array:
        """Positions (n,) of the newest joint command [rad or m]; NaN where there is none."""
        with self._lock:
            return self._log.commanded

    def now(self) -> float:
        """Return the time since the log was begun [s]."""
        return time.monotonic() - self._began

    def wait(self, seconds: float) -> None:
        """Let some time [s] pass."""
        time.sleep(seconds)

    def moments(self, rate: float, seconds: float) -> Iterator[float]:
        """Yield the time that has passed [s], so many times a second, for some time [s]."""
        began = time.monotonic()
        count = 0
        while (passed := time.monotonic() - began) < seconds:
            yield passed
            count += 1
            self.wait(max(count / rate - (time.monotonic() - began), 0.0))

    def until(self, condition: Callable[[], object], failure: str, every: float = 0.1) -> None:
        """Wait until a condition holds, and look at it from time to time [s].

        Raises:
            FaultError: It does not come to hold; `failure` is the text.
        """
        limit = time.monotonic() + _LONGEST
        while not condition():
            if time.monotonic() > limit:
                raise FaultError(failure)
            time.sleep(every)

    def wait_for(self, *states: State) -> State:
        """Wait until actuation is in one of some states, and return it.

        Raises:
            FaultError: It does not get there.
        """
        limit = time.monotonic() + _LONGEST
        while (state := self.state) not in states:
            if time.monotonic() > limit:
                wanted = " or ".join(state.name for state in states)
                raise FaultError(f"actuation is {state and state.name} and not {wanted}")
            time.sleep(_POLL)
        assert state is not None  # noqa: S101 - one of the states
        return state

    def wait_for_news(self) -> None:
        """Wait until actuation reports its state again."""
        before = self._reported()
        self.until(lambda: self._reported() != before, "actuation reports nothing")

    # What is done.

    def note(self, text: str) -> None:
        """Note what is done."""
        with self._lock:
            self._log.events.append(Event(self.now(), text))

    def pause(self, name: str) -> None:
        """Freeze a node's process."""
        self._processes.signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a frozen process go on."""
        self._processes.signal(name, signal.SIGCONT)

    def kill(self, name: str) -> None:
        """Kill a node's process; nothing in it hears of it."""
        self._processes.signal(name, signal.SIGKILL)

    def start(self, name: str) -> None:
        """Start a node that was killed."""
        self._processes.start(name)

    def end_thread(self, name: str) -> int:
        """End a thread of the one process; return the exit status with which that ends.

        Raises:
            FaultError: The process does not end, or the joints still move at its end.
        """
        self._one_process.end_thread(name)
        status = self._one_process.wait(_LONGEST)
        limits = MotionLimits.of(self._robot.joints)
        with self._lock:
            velocities = self._log.sent.velocities
        if len(velocities) and np.any(np.abs(velocities[-1]) > _STANDING * limits.velocity):
            raise FaultError("the joints still move when the process ends")
        return status

    def publish_controls(self, message: ControlValues) -> None:
        """Publish control values beside those of the pipeline."""
        self._controls.publish(message)

    def publish_measured(self, positions: Sequence[float]) -> None:
        """Publish joint states beside those of the driver."""
        names = list(self._robot.joint_names)
        self._false_states.publish(JointState(name=names, position=list(positions)))

    def publisher(self, kind: type, topic: str, quality: QoSProfile) -> Any:
        """Return a publisher beside those of the pipeline."""
        return self._node.create_publisher(kind, topic, quality)

    def set_estop(self, asserted: bool) -> None:
        """Assert or release the emergency stop by its topic."""
        self._estop.publish(Bool(data=asserted))

    def enable(self, enabled: bool = True) -> bool:
        """Call `~/enable`; return whether it was granted."""
        return self._call(self._enable, SetBool.Request(data=enabled))

    def neutral(self) -> bool:
        """Call `~/neutral`; return whether it was granted."""
        return self._call(self._neutral, Trigger.Request())

    def reset(self) -> bool:
        """Call `~/reset`; return whether it was granted."""
        return self._call(self._reset, Trigger.Request())

    def reset_when_released(self) -> None:
        """Call `~/reset` as soon as the release of the emergency stop is heard."""
        self.until(self.reset, "the release of the emergency stop is not received")

    def transition(self, name: str, label: str) -> bool:
        """Ask a node for a transition, for example "configure"; return whether it succeeded."""
        client: Any = self._node.create_client(ChangeState, f"{name}/change_state")
        request = ChangeState.Request()
        request.transition.label = label
        try:
            return self._call(client, request)
        finally:
            self._node.destroy_client(client)

    def topic(self, name: str) -> str:
        """Return the full name of a topic."""
        return str(self._node.resolve_topic_name(name))

    def stamp(self) -> Any:
        """Return the time for a header."""
        return self._node.get_clock().now()

    @property
    def _processes(self) -> ProcessGraph:
        assert isinstance(self._graph, ProcessGraph)  # noqa: S101 - the scenario says so
        return self._graph

    @property
    def _one_process(self) -> OneProcessGraph:
        assert isinstance(self._graph, OneProcessGraph)  # noqa: S101 - the scenario says so
        return self._graph

    def _call(self, client: Any, request: Any) -> bool:
        if not client.wait_for_service(_ANSWER):
            raise FaultError(f"there is no service {client.srv_name}")
        future = client.call_async(request)
        limit = time.monotonic() + _ANSWER
        while not future.done():
            if time.monotonic() > limit:
                raise FaultError(f"no answer of {client.srv_name}")
            time.sleep(_POLL)
        return bool(future.result().success)

    def _listen(self) -> None:
        node = Node("x2c_faults", use_global_arguments=False, start_parameter_services=False)
        self._node = node
        take = {
            f"{ACTUATION}/state": (ActuationState, self._take_state),
            "joint_commands": (JointState, self._take_command),
            "joint_states": (JointState, self._take_measured),
        }
        for topic, (kind, callback) in take.items():
            node.create_subscription(kind, topic, callback, _EVERYTHING)
        self._controls = node.create_publisher(ControlValues, "control_values", NEWEST)
        self._false_states = node.create_publisher(JointState, "joint_states", STREAM)
        self._estop = node.create_publisher(Bool, "estop", LATCHED)
        self._enable: Any = node.create_client(SetBool, f"{ACTUATION}/enable")
        self._neutral: Any = node.create_client(Trigger, f"{ACTUATION}/neutral")
        self._reset: Any = node.create_client(Trigger, f"{ACTUATION}/reset")
        self._executor = GuardedExecutor()
        self._executor.add_node(node)
        self._thread = threading.Thread(
            target=spin_until,
            args=(self._executor, lambda: self._ending.is_set() or not rclpy.ok()),
            name="ears",
            daemon=True,
        )
        self._thread.start()
        if self._servos is not None:
            self._watcher = threading.Thread(
                target=self._watch_servos, args=(self._servos,), name="eyes", daemon=True
            )
            self._watcher.start()

    def _watch_servos(self, servos: Servos) -> None:
        while not self._ending.wait(_SAMPLE):
            positions = servos.positions
            with self._lock:
                self._log.take_actual(self.now(), positions)

    def _take_state(self, message: ActuationState) -> None:
        self._heard(lambda log, now: log.take_state(now, message))

    def _take_command(self, message: JointState) -> None:
        self._heard(lambda log, now: log.take_command(now, message.name, message.position))

    def _take_measured(self, message: JointState) -> None:
        self._heard(lambda log, now: log.take_measured(now, message.name, message.position))

    def _reported(self) -> int:
        with self._lock:
            return self._log.reported

    def _heard(self, take: Callable[[MotionLog, float], None]) -> None:
        with self._lock:
            take(self._log, self.now())


def _telling(spec: NodeSpec) -> NodeSpec:
    """Let actuation report its state with every command."""
    if spec.name != ACTUATION:
        return spec
    return dataclasses.replace(spec, parameters={**spec.parameters, "state_rate": 5000.0})
