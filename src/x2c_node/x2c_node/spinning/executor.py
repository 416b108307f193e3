# SPDX-License-Identifier: Apache-2.0
"""The executor of every thread that spins: no exception ends its spin."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from rclpy.executors import (
    ConditionReachedException,
    ExternalShutdownException,
    ShutdownException,
    SingleThreadedExecutor,
    TimeoutException,
)
from rclpy.node import Node
from rclpy.task import Task

from x2c_node.managed_node import ManagedNode
from x2c_node.supervision.error_output import print_error

_PAUSE = 0.005
"""Wait after a failure [s]: what fails again and again must not take the processor."""

_SET_ASIDE = 1.0
"""For how long an entity that breaks the waiting itself is not waited for [s]."""

_SILENT = 5.0
"""Shortest time between two lines in the log about the same thing [s]."""

_Work = Callable[[], Coroutine[None, None, None]]


class GuardedExecutor(SingleThreadedExecutor):
    """Single-threaded executor whose spin outlives every exception.

    An exception that leaves a callback, a timer, a service, an event handler or a future, or that
    rclpy raises while it takes a message or waits, is logged and counted by the node it belongs
    to, and the spin goes on with what else is ready.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._aside: dict[int, float] = {}

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait for one callback and run it.

        Args:
            timeout_sec: Longest wait [s]; None for no limit.

        Raises:
            ExternalShutdownException: ROS was shut down from outside.
        """
        try:
            task, entity, node = self.wait_for_ready_callbacks(timeout_sec)
        except (ShutdownException, TimeoutException, ConditionReachedException):
            return
        except ExternalShutdownException:
            raise
        except Exception as error:
            self._put_aside(error)
            self._failed(None, "spin", error)
            return
        task()
        if (failure := task.exception()) is not None:
            self._failed(node, _name_of(entity), failure)

    def can_execute(self, entity: Any) -> bool:
        """Return whether an entity is to be waited for."""
        if self._aside and time.monotonic() < self._aside.get(id(entity), 0.0):
            return False
        return super().can_execute(entity)

    def _make_handler(
        self, entity: Any, node: Node, take_from_wait_list: Callable[[Any], _Work | None]
    ) -> Task[None]:
        # rclpy leaves an entity, and all others of its callback group, out for good when taking
        # from it raises; so nothing may.
        def take(entity: Any) -> _Work | None:
            try:
                return take_from_wait_list(entity)
            except Exception as error:
                self._failed(node, _name_of(entity), error)
                return None

        return super()._make_handler(entity, node, take)

    def _put_aside(self, error: Exception) -> None:
        """Set what has broken the waiting aside, so that the others are heard."""
        known = {id(one) for node in self.get_nodes() for one in node.waitables}
        for frame, _ in traceback.walk_tb(error.__traceback__):
            broken = id(frame.f_locals.get("self"))
            if broken in known:
                self._aside[broken] = time.monotonic() + _SET_ASIDE

    def _failed(self, node: Node | None, what: str, error: Exception) -> None:
        for one in self.get_nodes() if node is None else [node]:
            report_failure(one, what, error)
        time.sleep(_PAUSE)


def report_failure(node: Node, what: str, error: Exception) -> None:
    """Log, and where the node counts, count what has failed outside of its own callbacks.

    Args:
        node: Node concerned.
        what: Topic or service concerned, or a word for it.
        error: Exception raised.
    """
    try:
        if isinstance(node, ManagedNode):
            node.spin_failed(what, error)
        else:
            details = "".join(traceback.format_exception(error))
            node.get_logger().error(f"{what}: {details}", throttle_duration_sec=_SILENT)
    except Exception as failed:
        # Not even a node that is half taken down ends the spin.
        print_error(failed)


def _name_of(entity: Any) -> str:
    """Return what the log calls an entity: its topic or service, or its kind."""
    for attribute in ("topic_name", "srv_name"):
        name = getattr(entity, attribute, None)
        if isinstance(name, str):
            return name
    return "task" if entity is None else type(entity).__name__
