# SPDX-License-Identifier: Apache-2.0
"""The nodes of the graph in this one process, each spun by a thread of its own."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from rclpy.exceptions import NameValidationException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.logging import get_logging_severity_from_string, set_logger_level
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import get_default_context
from std_msgs.msg import Bool

from x2c_actuation.safety.emergency_stop import TOPIC as ESTOP
from x2c_bringup.checks.other_graph import refuse_held, refuse_late, refuse_second
from x2c_bringup.errors import ConfigureError
from x2c_bringup.graph.installation import module_installation
from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.shared_files import set_middleware_defaults
from x2c_core.printable import printable
from x2c_node.diagnostics import Diagnosis
from x2c_node.errors import ThreadError
from x2c_node.local_delivery import LocalDelivery
from x2c_node.managed_node import ManagedNode
from x2c_node.qos import LATCHED
from x2c_node.spinning.node_thread import NodeThread
from x2c_node.spinning.spin import tune_process
from x2c_node.supervision.supervisor import Supervisor

_LINK_TIMEOUT = 5.0
"""Time limit for publishers and subscriptions to find each other [s]."""

_POLL = 0.01

_ACTUATION = "actuation_node"
_JOINTS = (_ACTUATION, "virtual_face_node", "motor_driver_node")
"""Nodes that move the joints."""


@contextmanager
def ros(*, as_it_is: bool = False) -> Iterator[None]:
    """Have ROS in this process; signals stay with the caller, who ends the nodes in order.

    Args:
        as_it_is: Whether the middleware's settings are left as the user has them.
    """
    if not as_it_is:
        set_middleware_defaults()
    tune_process()
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield
    except KeyboardInterrupt:
        # The user has lost patience: nothing waits for the middleware any more.
        raise
    except BaseException:
        rclpy.try_shutdown()
        raise
    rclpy.try_shutdown()


class ComposedGraph:
    """Run the nodes of a graph in this process.

    Nodes hand messages on to each other directly (`x2c_node.local_delivery`): an image goes all
    the way to the joint command in the camera's thread, and no step waits for another thread. For
    transitions, services, timers and whatever comes from outside, each node has an executor and a
    thread of its own.

    Args:
        specs: The nodes, each after those whose messages it takes.

    Raises:
        ConfigureError: A node cannot be made as its specification says.
        GraphError: Nodes of the same names run already.
    """

    def __init__(self, specs: Sequence[NodeSpec]) -> None:
        refuse_held(specs, get_default_context().get_domain_id())
        self._specs = specs
        self._hosts: list[NodeThread] = []
        self._supervisor = Supervisor()
        self._began = time.monotonic()
        self._stop: Any = None
        delivery = LocalDelivery()
        try:
            for spec in specs:
                node = make_node(spec, delivery, self._supervisor)
                self._hosts.append(NodeThread(node, self._supervisor))
                # All graphs make their nodes in one order, so that one of them goes on.
                refuse_late(node)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> ComposedGraph:
        """Have nodes that are still to be started, and watch their threads."""
        self._supervisor.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Stop, in order; not where the user has lost patience.

        With a fault the supervisor goes on: what hangs may keep the process from ending.
        """
        if kind is not KeyboardInterrupt:
            self.stop()
        if not self._supervisor.fault:
            self._supervisor.stop()

    @property
    def finished(self) -> bool:
        """True when the first node plays a file and has reached its end."""
        return bool(getattr(self._hosts[0].node, "finished", False))

    @property
    def faults(self) -> dict[str, str]:
        """Failures of nodes, by their names; also after the end."""
        return {host.name: host.node.fault for host in self._hosts if host.node.fault}

    def diagnoses(self) -> dict[str, Diagnosis]:
        """Return what each node says of itself, by its name.

        Raises:
            ThreadError: A thread of the process has died or hangs.
        """
        self.check()
        asked = [(host, host.begin(host.node.diagnosis)) for host in self._hosts]
        return {host.name: host.result(future) for host, future in asked}

    def check(self) -> None:
        """Raise what has become of the threads.

        Raises:
            ThreadError: A thread of the process has died or hangs.
        """
        if self._supervisor.over:
            raise ThreadError(self._supervisor.fault)

    def start(self) -> None:
        """Configure and activate all nodes, those who listen first.

        What moves the joints starts before the others are configured: joints are watched for a
        while before they move, and that passes meanwhile. The last one, which is the camera,
        starts when all have found each other, so that not even the first image of a file is lost.

        Raises:
            ConfigureError: A node refuses; the text gives its name and its reason.
            ThreadError: A thread of the process has died or hangs.
            GraphError: Nodes of the same names run already.
        """
        for host in self._hosts:
            # The error that is raised says it.
            host.node.logs_refusals = False
        joints, feeder = self._joint_side()
        others = [host for host in self._hosts if host not in joints]
        _configure([*joints, *feeder])
        self._refuse_second()
        _activate(joints)
        _configure([host for host in others if host not in feeder])
        # Some may have been discovered since.
        self._refuse_second()
        source, *listeners = others
        _activate(listeners)
        self._wait_for_links()
        _activate([source])
        for host in self._hosts:
            host.node.logs_refusals = True

    def stop(self) -> None:
        """Stop all nodes, the source first, and end their threads; those that hang are left."""
        for host in self._hosts:
            host.stop()
        for host in self._hosts:
            host.close()

    def ask(self, name: str, service: str, request: Any) -> Any:
        """Return a node's response to a request, as if it had come over the bus.

        Args:
            name: Name of the node.
            service: Name of the service, as the node has declared it.
            request: Request of the service's type.

        Returns:
            The response; None if the node is not there or does not offer the service now.

        Raises:
            ThreadError: The node's thread has ended, or a thread of the process has failed.
        """
        for host in self._hosts:
            if host.name == name:
                for one in host.node.services:
                    if one.srv_name == service:
                        answer = partial(one.callback, request, one.srv_type.Response())
                        return host.result(host.begin(answer))
        return None

    def publish_stop(self, asserted: bool) -> None:
        """Publish the emergency stop, or its release, in the namespace of the nodes."""
        if self._stop is None:
            self._stop = self._hosts[0].node.create_publisher(Bool, ESTOP, LATCHED)
        self._stop.publish(Bool(data=asserted))

    def hurry(self) -> None:
        """Let `stop` come to its end at once, but for joints that brake; see `ManagedNode`."""
        for host in self._hosts:
            host.node.hurry()

    def _joint_side(self) -> tuple[list[NodeThread], list[NodeThread]]:
        """Return the nodes around the joints, and the one that they take control values from.

        That one has to be configured before they are active: only then does it hand messages on
        directly.
        """
        names = [spec.executable for spec in self._specs]
        before = names.index(_ACTUATION) - 1 if _ACTUATION in names else -1
        if before < 0:
            return [], []
        joints = [host for name, host in zip(names, self._hosts, strict=True) if name in _JOINTS]
        return joints, [self._hosts[before]]

    def _refuse_second(self) -> None:
        refuse_second(self._specs, self._hosts[0].node, ours=1, since=self._began)

    def _wait_for_links(self) -> None:
        limit = time.monotonic() + _LINK_TIMEOUT
        nodes = [host.node for host in self._hosts]
        while not _all_linked(nodes):
            if time.monotonic() > limit:
                nodes[0].get_logger().warning("not all nodes have found each other; going on")
                return
            time.sleep(_POLL)


def make_node(
    spec: NodeSpec,
    delivery: LocalDelivery | None = None,
    supervisor: Supervisor | None = None,
) -> ManagedNode[Any]:
    """Return the node that a specification describes, unconfigured.

    Raises:
        ConfigureError: ROS refuses its name, a remapping or the parameter file, the node is a
            program of its own, or what it needs is not installed.
    """
    if not spec.is_ours:
        raise ConfigureError(f"{spec.name} can only run as a process: use the launch file")
    module, _, name = spec.class_path.partition(":")
    try:
        # Only now: a robot need not have what the nodes of others need.
        node_class = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise ConfigureError(
            f"{spec.name} needs {missing}, which is not installed: {module_installation(missing)}"
        ) from error
    words = ["-r", f"__node:={spec.name}"]
    for old, new in spec.remappings:
        words += ["-r", f"{old}:={new}"]
    if spec.params_file:
        if not Path(spec.params_file).is_file():
            raise ConfigureError(f"there is no parameter file {Path(spec.params_file).absolute()}")
        words += ["--params-file", spec.params_file]
    for parameter, value in spec.parameters.items():
        if isinstance(value, str) and value != printable(value):
            raise ConfigureError(
                f"{spec.name}: parameter {parameter}: {value!r} is no text in UTF-8, as ROS needs "
                "it: rename the file, or make a link to it of another name"
            )
    overrides = [Parameter(name, value=value) for name, value in spec.parameters.items()]
    try:
        node: ManagedNode[Any] = node_class(
            namespace=spec.namespace,
            cli_args=["--ros-args", *words],
            use_global_arguments=False,
            parameter_overrides=overrides,
            local_delivery=delivery,
            supervisor=supervisor,
        )
    except (rclpy_implementation.RCLError, NameValidationException) as error:
        raise ConfigureError(f"{spec.name} cannot be made: {error}") from error
    set_logger_level(node.get_logger().name, get_logging_severity_from_string(spec.log_level))
    return node


def _configure(hosts: Iterable[NodeThread]) -> None:
    """Configure nodes at the same time.

    Raises:
        ConfigureError: One refuses.
    """
    _run_all((host, host.node.trigger_configure) for host in hosts)


def _activate(hosts: Sequence[NodeThread]) -> None:
    """Activate nodes one by one, the last one first.

    Raises:
        ConfigureError: One refuses.
    """
    for host in reversed(hosts):
        _run_all([(host, host.node.trigger_activate)])


def _run_all(calls: Iterable[tuple[NodeThread, Callable[[], Any]]]) -> None:
    """Run transitions at the same time.

    Raises:
        ConfigureError: One failed.
    """
    running = [(host, host.begin(transition)) for host, transition in calls]
    results = [(host, host.result(future)) for host, future in running]
    for host, result in results:
        if result is not TransitionCallbackReturn.SUCCESS:
            raise ConfigureError(f"{host.name} {host.node.fault}")


def _all_linked(nodes: Sequence[ManagedNode[Any]]) -> bool:
    publishers = [publisher for node in nodes for publisher in node.publishers]
    subscriptions = [subscription for node in nodes for subscription in node.subscriptions]
    sent = [publisher.topic_name for publisher in publishers]
    taken = [subscription.topic_name for subscription in subscriptions]
    return all(
        publisher.get_subscription_count() >= taken.count(publisher.topic_name)
        for publisher in publishers
    ) and all(
        subscription.get_publisher_count() >= sent.count(subscription.topic_name)
        for subscription in subscriptions
    )
