# SPDX-License-Identifier: Apache-2.0
"""A node with an executor and a thread of its own, beside others in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from rclpy.logging import get_logging_severity_from_string, set_logger_level

from x2c_node.errors import ThreadError
from x2c_node.managed_node import ManagedNode
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.spin import spin_until
from x2c_node.supervision.supervisor import Supervisor

_STOPPING = 2.0
"""Time limit for the thread of a node when another has died or hangs [s]."""

_POLL = 0.05


class NodeThread:
    """Spin a node in a thread until it is closed.

    Args:
        node: Node to spin.
        supervisor: Supervisor of the process.

    Attributes:
        node: The node.
        name: Name of the node and of the thread.
    """

    def __init__(self, node: ManagedNode[Any], supervisor: Supervisor) -> None:
        self.node = node
        self.name = str(node.get_name())
        self._supervisor = supervisor
        self._executor = GuardedExecutor()
        self._executor.add_node(node)
        self._ending = threading.Event()
        self._thread = threading.Thread(
            target=spin_until,
            args=(self._executor, self._ending.is_set, node.pulse),
            name=self.name,
            daemon=True,
        )
        self._thread.start()

    def begin(self, function: Callable[[], Any]) -> Future[Any]:
        """Let the node's thread call something; returns a future."""
        # Not rclpy's future, for whose result no thread can wait.
        future: Future[Any] = Future()

        def call() -> None:
            try:
                future.set_result(function())
            except Exception as error:
                # Anything else ends the thread, and the one that waits is told of that.
                future.set_exception(error)
                raise

        self._executor.create_task(call)
        return future

    def result(self, future: Future[Any], patience: float = 0.0) -> Any:
        """Wait for the result of what the node's thread was asked to call.

        Args:
            future: Future returned by `begin`.
            patience: Time limit after a thread of the process has failed [s].

        Raises:
            ThreadError: The node's thread has ended, or a thread of the process has died or
                hangs, and no result came.
        """
        waited = 0.0
        while not future.done():
            wait([future], _POLL)
            if not self._thread.is_alive() and not future.done():
                # Without a fault where ROS was shut down from outside.
                raise ThreadError(self._supervisor.fault or f"{self.name} spins no more")
            if self._supervisor.over:
                waited += _POLL
                if waited > patience:
                    raise ThreadError(self._supervisor.fault)
        return future.result()

    def stop(self) -> None:
        """Let the node's thread stop the node; where it has died, this one does."""
        if not self._thread.is_alive():
            self.node.stop()
            return
        try:
            self.result(self.begin(self.node.stop), _STOPPING)
        except ThreadError as error:
            self.node.get_logger().error(f"cannot be stopped in order: {error}")

    def close(self) -> None:
        """End the thread and take the node down; one that hangs is left as it is."""
        self._ending.set()
        self._executor.wake()
        self._thread.join(_STOPPING if self._supervisor.fault else None)
        if not self._thread.is_alive():
            self._executor.shutdown()
            # Levels outlive their nodes, and hold for the next one of that name.
            set_logger_level(
                self.node.get_logger().name, get_logging_severity_from_string("unset")
            )
            self.node.destroy_node()
