# SPDX-License-Identifier: Apache-2.0
"""Fixtures shared by the tests of all packages.

Every test run has a ROS domain of its own on this machine alone, and keeps its logs to itself; set
ROS_DOMAIN_ID to choose the domain. No fixture imports ROS before a test asks for it, so the tests
of pure packages need none.

`wait_until(condition, what="...", timeout=60.0)` polls until the condition gives something true
and returns it; the test fails with `what` when it never does. The limit is for slow machines: it
costs nothing where all goes well.

`ros` is the test's own side of the graph, spun by a thread. rclpy is initialised by it, so nodes
that are to run inside the test are made after it:

    def test_node(ros, wait_until):
        node = ros.add(CameraNode(parameter_overrides=[...]))  # spun, and destroyed at the end
        images = ros.collect(Image, "image_raw", quality.IMAGE_SUBSCRIBER)  # a list that grows
        publisher = ros.publish(Image, "image_raw", quality.IMAGE_PUBLISHER)
        wait_until(publisher.get_subscription_count, what="the node's subscription")
        assert ros.transition("camera_node", "configure")  # over the node's lifecycle services
        assert ros.state("camera_node") == "inactive"
        (result,) = ros.set_parameters("camera_node", quality=3)
        response = ros.call(Trigger, "/tracker/calibrate_neutral", Trigger.Request())
        status = wait_until(lambda: ros.diagnosis("camera_node"), what="a diagnosis")

An exception that comes out of a callback of any of its nodes fails the test at its end.

`node_process(package, executable, ...)` starts an installed executable as `ros2 run` would:

    def test_executable(node_process):
        camera = node_process(
            "x2c_perception", "camera_node", parameters={"filename": "performer"},
            remappings={"image_raw": "picture"}, name="eye", namespace="/left",
        )
        camera.wait_for("configured")  # in its output; fails at once when the process ends
        assert camera.stop() == 0  # SIGINT by default; returns the exit status

`command=[...]` starts any other program in its place. What still runs at the end of the test is
interrupted, and killed if it does not go; its output is shown when the test fails.

Every test ends: pyproject.toml limits the time of each, and here teardowns and the end of the
whole run have a limit too, see `pytest_runtest_teardown`.
"""

from __future__ import annotations

import faulthandler
import gc
import itertools
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples in every run, and no limit of time on one of them: a test that passes here
# passes on a slow machine too.
settings.register_profile("x2c", deadline=None, derandomize=True)
settings.load_profile("x2c")

LONGEST_WAIT = 60.0
"""How long anything may take before a test gives up [s]."""

_STOPPING = 15.0
_KILLED = 10.0
# How long an answer is waited for [s]. The middleware gives up on an answer to a client that the
# server has not discovered yet, which happens on a busy machine though the client knows the
# server.
_ANSWER = 10.0
_STATE_AFTER = {
    "configure": "inactive",
    "activate": "active",
    "deactivate": "inactive",
    "cleanup": "unconfigured",
    "shutdown": "finalized",
}


_STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep standard error itself, which stays where it is while a test's output is captured."""
    config.stash[_STDERR] = os.dup(2)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Limit the time of a teardown: pytest and pytest-timeout drop their limits at a failure."""
    _end_process_after(item.config, float(item.config.getini("faulthandler_timeout")))
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Limit the time until the process has ended: a thread may be left that nothing ends."""
    _end_process_after(config, float(config.getini("faulthandler_timeout")))


def _end_process_after(config: pytest.Config, seconds: float) -> None:
    """End the process with the stacks of all threads, unless it is called off before."""
    faulthandler.dump_traceback_later(seconds, file=config.stash[_STDERR], exit=True)


@pytest.fixture(scope="session", autouse=True)
def ros_domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Keep this run's nodes among themselves; the value is the domain's number."""
    with pytest.MonkeyPatch.context() as patch:
        domain = os.environ.get("ROS_DOMAIN_ID") or str(1 + secrets.randbelow(100))
        patch.setenv("ROS_DOMAIN_ID", domain)
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        patch.setenv("ROS_HOME", str(tmp_path_factory.mktemp("ros_home")))
        patch.delenv("ROS_LOG_DIR", raising=False)
        yield int(domain)


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """Poll until a condition holds; see the top of this file."""
    return _wait_until


def _wait_until(
    condition: Callable[[], Any], what: str = "the condition", timeout: float = LONGEST_WAIT
) -> Any:
    limit = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > limit:
            pytest.fail(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.01)
    return value


class Process:
    """A program under test; made by the fixture `node_process`."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        with log.open("wb") as file:
            self.popen = subprocess.Popen(  # noqa: S603 - what to run is the test's business
                command,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            )

    @property
    def output(self) -> str:
        """What it has written so far, errors included."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def wait_for(self, text: str, timeout: float = LONGEST_WAIT) -> None:
        """Wait until it has written something; the test fails when it ends without."""

        def written_or_over() -> bool:
            over = not self.running
            return text in self.output or over

        _wait_until(written_or_over, f"{text!r} of {self.popen.args}", timeout)
        if text not in self.output:
            pytest.fail(f"{self.popen.args} ended without {text!r}; it said:\n{self.output}")

    def stop(self, number: int = signal.SIGINT, timeout: float = _STOPPING) -> int:
        """Send a signal, wait for the end and return the exit status."""
        if self.running:
            self.popen.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = LONGEST_WAIT) -> int:
        """Wait for the end and return the exit status; the test fails when it does not come."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(_KILLED)
            pytest.fail(
                f"{self.popen.args} did not end within {timeout:g} s; it said:\n{self.output}"
            )


@pytest.fixture
def node_process(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start installed nodes as processes; see the top of this file."""
    started: list[Process] = []
    numbers = itertools.count()

    def start(
        package: str = "",
        executable: str = "",
        *,
        command: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
        remappings: Mapping[str, str] | None = None,
        name: str = "",
        namespace: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        words = [str(word) for word in command] or [_installed(package, executable)]
        ros = [f"-r {old}:={new}" for old, new in (remappings or {}).items()]
        ros += [f"-r __node:={name}"] if name else []
        ros += [f"-r __ns:={namespace}"] if namespace else []
        pairs = [word for pair in ros for word in pair.split(" ", 1)]
        for key, value in (parameters or {}).items():
            # JSON is YAML whose strings stay strings.
            pairs += ["-p", f"{key}:={json.dumps(value)}"]
        words += ["--ros-args", *pairs] if pairs else []
        log = tmp_path / f"process_{next(numbers)}.log"
        started.append(Process(words, log, environment or {}))
        return started[-1]

    yield start
    for process in started:
        if process.running:
            process.popen.send_signal(signal.SIGINT)
    for process in started:
        try:
            process.popen.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            process.popen.kill()
            process.popen.wait(_KILLED)
        print(f"{process.popen.args} ended with {process.popen.returncode}:\n{process.output}")  # noqa: T201


def _installed(package: str, executable: str) -> str:
    from ament_index_python import get_package_prefix

    return str(Path(get_package_prefix(package)) / "lib" / package / executable)


class Ros:
    """The test's own side of the graph; made by the fixture `ros`."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions

        # What earlier tests have left to the garbage collector is still in the graph: services of
        # the same name, half taken down, for which a client would wait in vain.
        gc.collect()
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
                self.errors.append(error)

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
        _wait_until(client.service_is_ready, f"the service {name}", timeout)
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
            node.destroy_node()
        self._rclpy.try_shutdown()


@pytest.fixture
def ros() -> Iterator[Ros]:
    """Give the test a node of its own; see the top of this file."""
    side = Ros()
    yield side
    side.close()
    if side.errors:
        raise side.errors[0]
