# SPDX-License-Identifier: Apache-2.0
"""A test's own side of the ROS graph.

`ros` is the test's own side of the graph, spun by a thread. rclpy is initialised by it, so nodes
that are to run inside the test are made after it:

    def test_node(ros, wait_until):
        node = ros.add(CameraNode(parameter_overrides=[...]))  # spun, and destroyed at the end
        images = ros.collect(Image, "image_raw", qos.IMAGE_SUBSCRIBER)  # a list that grows
        publisher = ros.publish(Image, "image_raw", qos.IMAGE_PUBLISHER)
        wait_until(publisher.get_subscription_count, what="the node's subscription")
        assert ros.transition("camera_node", "configure")  # over the node's lifecycle services
        assert ros.state("camera_node") == "inactive"
        (result,) = ros.set_parameters("camera_node", quality=3)
        response = ros.call(Trigger, "/tracker/calibrate_neutral", Trigger.Request())
        status = wait_until(lambda: ros.diagnosis("camera_node"), what="a diagnosis")

An exception that comes out of a callback of any of its nodes fails the test at its end.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from x2c_testing.waiting import LONGEST_WAIT, wait_until

# How long an answer is waited for [s]. The middleware gives up on an answer to a client that the
# server has not discovered yet, which happens on a busy machine though the client knows the
# server.
_ANSWER = 10.0
_MANY = 50
"""Modules that make it worth keeping them out of garbage collections."""

_modules = 0
"""Modules when that was done last."""

_STATE_AFTER = {
    "configure": "inactive",
    "activate": "active",
    "deactivate": "inactive",
    "cleanup": "unconfigured",
    "shutdown": "finalized",
}


class Ros:
    """The test's own side of the graph; made by the fixture `ros`."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions

        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self._rclpy = rclpy
        self.node = rclpy.create_node("test_side", start_parameter_services=False)
        self.errors: list[BaseException] = []
        self._nodes: list[Any] = [self.node]
        self._clients: dict[tuple[type, str], Any] = {}
        self._diagnoses: dict[str, Any] | None = None
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._spin, name="ros", daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._ending.is_set():
            try:
                self._executor.spin_once(timeout_sec=0.1)
            except Exception as error:
                if not self._is_taken_down(error):
                    self.errors.append(error)

    @staticmethod
    def _is_taken_down(error: Exception) -> bool:
        """Return whether the test's thread has destroyed what this one was waiting for."""
        from rclpy.impl.implementation_singleton import rclpy_implementation

        if not isinstance(error, rclpy_implementation.InvalidHandle):
            return False
        files = [Path(one.filename) for one in traceback.extract_tb(error.__traceback__)[1:]]
        return all(file.parent.name == "rclpy" or file.name == "contextlib.py" for file in files)

    def add(self, node: Any) -> Any:
        """Spin a node until the test ends, then destroy it; returns the node."""
        self._nodes.append(node)
        self._executor.add_node(node)
        return node

    def collect(self, message_type: type, topic: str, qos: Any = 10) -> list[Any]:
        """Return a list to which every message of a topic is appended as it comes."""
        messages: list[Any] = []
        self.node.create_subscription(message_type, topic, messages.append, qos)
        return messages

    def publish(self, message_type: type, topic: str, qos: Any = 10) -> Any:
        """Return a publisher."""
        return self.node.create_publisher(message_type, topic, qos)

    def call(
        self, service_type: type, name: str, request: Any, timeout: float = LONGEST_WAIT
    ) -> Any:
        """Call a service, waiting for it to be there, and return its response.

        The request is sent again where no answer comes for long, see `_ANSWER`.
        """
        futures: list[Any] = []
        limit = time.monotonic() + timeout
        while time.monotonic() < limit:
            futures.append(self._ask(service_type, name, request, timeout))
            again = min(limit, time.monotonic() + _ANSWER)
            while time.monotonic() < again:
                for future in futures:
                    if future.done():
                        return future.result()
                time.sleep(0.01)
        pytest.fail(f"waited {timeout:g} s in vain for the answer of {name}")

    def _ask(self, service_type: type, name: str, request: Any, timeout: float) -> Any:
        key = (service_type, name)
        if key not in self._clients:
            self._clients[key] = self.node.create_client(service_type, name)
        client = self._clients[key]
        wait_until(client.service_is_ready, f"the service {name}", timeout)
        return client.call_async(request)

    def transition(self, node_name: str, transition: str) -> bool:
        """Ask a node for a transition, for example "configure"; returns whether it succeeded."""
        from lifecycle_msgs.srv import ChangeState

        request = ChangeState.Request()
        request.transition.label = transition
        name = f"{node_name}/change_state"
        future = self._ask(ChangeState, name, request, LONGEST_WAIT)
        limit = time.monotonic() + _ANSWER
        while not future.done() and time.monotonic() < limit:
            time.sleep(0.01)
        if future.done():
            return bool(future.result().success)
        # A node that answers this has the transition behind it.
        return self.state(node_name) == _STATE_AFTER[transition]

    def state(self, node_name: str) -> str:
        """Return the label of a node's lifecycle state."""
        from lifecycle_msgs.srv import GetState

        response = self.call(GetState, f"{node_name}/get_state", GetState.Request())
        return str(response.current_state.label)

    def set_parameters(self, node_name: str, **values: Any) -> list[Any]:
        """Set parameters of a node, each for itself, and return the results."""
        from rcl_interfaces.srv import SetParameters
        from rclpy.parameter import Parameter

        parameters = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        request = SetParameters.Request(parameters=parameters)
        return list(self.call(SetParameters, f"{node_name}/set_parameters", request).results)

    def get_parameters(self, node_name: str, *names: str) -> list[Any]:
        """Return the values of parameters of a node."""
        from rcl_interfaces.srv import GetParameters
        from rclpy.parameter import parameter_value_to_python

        request = GetParameters.Request(names=list(names))
        response = self.call(GetParameters, f"{node_name}/get_parameters", request)
        return [parameter_value_to_python(value) for value in response.values]

    def diagnosis(self, node_name: str) -> Any:
        """Return the newest DiagnosticStatus of a node since the first call, or None."""
        from diagnostic_msgs.msg import DiagnosticArray

        if self._diagnoses is None:
            newest: dict[str, Any] = {}
            self._diagnoses = newest
            self.node.create_subscription(
                DiagnosticArray,
                "/diagnostics",
                lambda message: newest.update({one.name: one for one in message.status}),
                10,
            )
        return self._diagnoses.get(f"/{node_name.lstrip('/')}")

    def close(self) -> None:
        """End the thread and take everything down."""
        self._ending.set()
        self._thread.join(LONGEST_WAIT)
        if self._thread.is_alive():
            pytest.fail(f"a callback of a test's node still runs after {LONGEST_WAIT:g} s")
        self._executor.shutdown()
        for node in reversed(self._nodes):
            if hasattr(node, "hurry"):
                # Threads of an active node would go on without it.
                node.hurry()
                node.stop()
            node.destroy_node()
        self._rclpy.try_shutdown()


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Collect no garbage while tests are collected: next to nothing of what they make is any."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep the modules of all tests out of every later garbage collection: there are many."""
    gc.enable()
    gc.collect()
    _keep_modules()


def pytest_unconfigure() -> None:
    """Let the end of the process collect all."""
    gc.unfreeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Take what a test has left to the garbage collector out of the graph.

    Else the next one would find services, half taken down, and nodes of the same names. Only when
    all of a test is over, nothing refers to its fixtures any more.
    """
    result = yield
    if item.get_closest_marker("ros") is not None:
        gc.collect()
        # As after the collection: what tests have imported since stays.
        if len(sys.modules) > _modules + _MANY:
            _keep_modules()
    return result


def _keep_modules() -> None:
    global _modules
    _modules = len(sys.modules)
    gc.freeze()


@pytest.fixture
def ros() -> Iterator[Ros]:
    """Give the test a node of its own; see the top of this file."""
    side = Ros()
    yield side
    side.close()
    if side.errors:
        raise side.errors[0]
