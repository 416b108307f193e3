# SPDX-License-Identifier: Apache-2.0
"""Nodes under test in the test's own process, where no process boundary is the point.

`node_inside(NodeClass, ...)` runs a node in a thread of its own, as its executable would, and is
used as `node_process` is. It costs a tenth of a process:

    def test_node(node_inside):
        camera = node_inside(CameraNode, parameters={"filename": "performer"}, namespace="/left")
        assert camera.stop() == 0  # brings it to its end; returns 0 unless it has failed

`camera.output` is what this process has written since the test began, except where the test has
the fixture `capsys`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from x2c_testing.graph import Ros
from x2c_testing.waiting import LONGEST_WAIT, wait_until


class InsideNode:
    """A node in a thread of this process; made by the fixture `node_inside`."""

    def __init__(self, node: Any, said: Callable[[], str]) -> None:
        self.node = node
        self._said = said
        self._ending = threading.Event()
        self._status = 1
        self._thread = threading.Thread(target=self._run, name=node.get_name(), daemon=True)
        self._thread.start()

    @property
    def output(self) -> str:
        """What this process has written so far."""
        return self._said()

    @property
    def running(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()

    def wait_for(self, text: str) -> None:
        """Wait until this process has written something; fails when the node ends without."""

        def written_or_over() -> bool:
            over = not self.running
            return text in self.output or over

        wait_until(written_or_over, f"{text!r} of {self._thread.name}")
        if text not in self.output:
            pytest.fail(f"{self._thread.name} ended without {text!r}; it said:\n{self.output}")

    def stop(self, *_: object) -> int:
        """Bring the node to its end; 1 if its thread has ended with an error before, else 0."""
        self._ending.set()
        self._thread.join(LONGEST_WAIT)
        if self._thread.is_alive():
            pytest.fail(f"the node {self._thread.name} did not end within {LONGEST_WAIT:g} s")
        return self._status

    def _run(self) -> None:
        from x2c_node.spinning.executor import GuardedExecutor
        from x2c_node.spinning.spin import spin_until

        executor = GuardedExecutor()
        executor.add_node(self.node)
        try:
            self.node.start()
            spin_until(executor, self._ending.is_set)
            self._status = 0
        finally:
            self.node.stop()
            executor.shutdown()
            self.node.destroy_node()


@pytest.fixture
def node_inside(ros: Ros, request: pytest.FixtureRequest) -> Iterator[Callable[..., InsideNode]]:
    """Run nodes in this process; see the top of this file."""
    heard: list[str] = []
    captures = "capsys" not in request.fixturenames
    capture = request.getfixturevalue("capfd") if captures else None

    def said() -> str:
        assert capture is not None, "output is not kept where the test has capsys"
        heard.extend(capture.readouterr())
        return "".join(heard)

    started: list[InsideNode] = []

    def start(
        make: Callable[..., Any],
        *,
        parameters: Mapping[str, Any] | None = None,
        remappings: Mapping[str, str] | None = None,
        namespace: str = "",
    ) -> InsideNode:
        from rclpy.parameter import Parameter

        rules = [f"{old}:={new}" for old, new in (remappings or {}).items()]
        rules += [f"__ns:={namespace}"] if namespace else []
        words = [word for rule in rules for word in ("-r", rule)]
        node = make(
            cli_args=["--ros-args", *words] if words else None,
            parameter_overrides=[
                Parameter(name, value=value) for name, value in (parameters or {}).items()
            ],
        )
        started.append(InsideNode(node, said))
        return started[-1]

    yield start
    for one in started:
        one.stop()
    if captures:
        print(said())
