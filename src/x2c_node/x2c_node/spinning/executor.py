# SPDX-License-Identifier: Apache-2.0
"""The executor of every thread that spins: no exception ends its spin."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.executors import (
    ConditionReachedException,
    ExternalShutdownException,
    ShutdownException,
    SingleThreadedExecutor,
    TimeoutException,
    TimeoutObject,
)
from rclpy.guard_condition import GuardCondition
from rclpy.node import Node
from rclpy.task import Task

from x2c_node.managed_node import ManagedNode
from x2c_node.spinning.wait_list import Entity, WaitList
from x2c_node.supervision.error_output import print_error

_PAUSE = 0.005
"""Wait after a failure [s]: what fails again and again must not take the processor."""

_SET_ASIDE = 1.0
"""For how long an entity that breaks the waiting itself is not waited for [s]."""

_SILENT = 5.0
"""Shortest time between two lines in the log about the same thing [s]."""

_Work = Callable[[], Coroutine[None, None, None]]

_Turn = tuple[Task[Any], Any, Node | None]


class GuardedExecutor(SingleThreadedExecutor):
    """Single-threaded executor whose spin outlives every exception.

    An exception that leaves a callback, a timer, a service, an event handler or a future, or that
    rclpy raises while it takes a message or waits, is logged and counted by the node it belongs
    to, and the spin goes on with what else is ready.

    rclpy gathers all entities and makes a wait set for every wait, and waits twice for every
    callback. This one gathers them when they have changed, and waits once for all that is ready.
    """

    def __init__(self, **arguments: Any) -> None:
        self._changed = True
        super().__init__(**arguments)
        self._aside: dict[int, float] = {}
        self._wait_list: WaitList | None = None
        if self._guard is not None:
            self._guard.destroy()
        self._guard = self._bell = _Bell(self.context)

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

    def wake(self) -> None:
        """End a wait, though not a spin: an entity was made or destroyed."""
        self._changed = True
        super().wake()

    def add_node(self, node: Node) -> bool:
        """Spin a node; returns whether it is a new one."""
        new = super().add_node(node)
        self.wake()
        return new

    def remove_node(self, node: Node) -> None:
        """Spin a node no more."""
        super().remove_node(node)
        self.wake()

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """End the spin, and let go of what was waited for."""
        ended = super().shutdown(timeout_sec)
        self._wait_list = None
        return ended

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
            except InvalidHandle:
                # Another thread has destroyed it since.
                return None
            except Exception as error:
                self._failed(node, _name_of(entity), error)
                return None

        return super()._make_handler(entity, node, take)

    def _wait_for_ready_callbacks(
        self,
        timeout_sec: float | TimeoutObject | None = None,
        nodes: list[Node] | None = None,
        condition: Callable[[], bool] = lambda: False,
    ) -> Generator[_Turn, None, None]:
        if nodes is not None or not hasattr(self, "_tasks"):
            # For some nodes only, or with another rclpy: in its own way.
            self._bell.spinner = None
            yield from super()._wait_for_ready_callbacks(timeout_sec, nodes, condition)
            return
        limit = _limit(timeout_sec)
        worked = False
        while not worked and not self._is_shutdown and not condition():
            begun = self._pending()
            for turn in begun:
                worked = True
                yield turn
            self._bell.spinner = threading.get_ident()
            if self._bell.missed or begun:
                if self._pending() and (self._bell.missed or any(one[0].done() for one in begun)):
                    # What has ended may be what another task awaits.
                    self._bell.ring()
                self._bell.missed = False
            # A callback may have ended it all.
            self._raise_if_shut_down()
            left = max(limit - time.monotonic(), 0.0)
            ready = self._gathered().wait(-1 if left == math.inf else int(left * 1e9))
            self._raise_if_shut_down()
            over = time.monotonic() >= limit
            for entity in ready:
                if self._has_turn(entity):
                    worked, over = True, False
                    take = getattr(self, f"_take_{entity.kind}")
                    handler = self._make_handler(entity.itself, entity.node, take)
                    yield handler, entity.itself, entity.node
            if over:
                raise TimeoutException
        self._raise_if_shut_down()
        if condition():
            raise ConditionReachedException

    def _raise_if_shut_down(self) -> None:
        if self._is_shutdown:
            raise ShutdownException
        if not self.context.ok():
            raise ExternalShutdownException

    def _pending(self) -> list[_Turn]:
        """Return the tasks of nodes that are spun and of none, oldest first."""
        nodes = self.get_nodes()
        with self._tasks_lock:
            self._tasks = [
                one for one in self._tasks if not one[0].done() and not one[0].cancelled()
            ]
            return [
                one
                for one in self._tasks
                if not one[0].executing() and (one[2] is None or one[2] in nodes)
            ]

    def _gathered(self) -> WaitList:
        """Return what to wait for; gathered again where that may have changed."""
        known = self._wait_list
        if known is None or self._changed or not known.complete:
            # In this order: what changes from here on is gathered the next time.
            self._changed = False
            guards = [one for one in (self._guard, self._sigint_gc) if one is not None]
            known = WaitList(self.get_nodes(), self.can_execute, guards, self.context.handle)
            self._wait_list = known
        return known

    def _has_turn(self, entity: Entity) -> bool:
        """Return whether what was ready still is, after the callbacks before it."""
        if self._changed and not entity.there:
            return False
        if not self.can_execute(entity.itself):
            # It would end every wait: the next one leaves it out.
            self._changed = True
            return False
        return entity.kind != "timer" or _is_due(entity.itself)

    def _put_aside(self, error: Exception) -> None:
        """Set what has broken the waiting aside, so that the others are heard."""
        self._changed = True
        known = {id(one) for node in self.get_nodes() for one in node.waitables}
        for frame, _ in traceback.walk_tb(error.__traceback__):
            broken = id(frame.f_locals.get("self"))
            if broken in known:
                self._aside[broken] = time.monotonic() + _SET_ASIDE

    def _failed(self, node: Node | None, what: str, error: Exception) -> None:
        for one in self.get_nodes() if node is None else [node]:
            report_failure(one, what, error)
        time.sleep(_PAUSE)


class _Bell(GuardCondition):
    """Ends a wait, unless it is the waiting thread that rings.

    That thread looks at what there is before it waits. rclpy rings after every callback, and has
    the next wait end with nothing ready.

    Attributes:
        spinner: Identifier of the thread that waits, if it is known.
        missed: Whether that thread has rung.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(callback=None, callback_group=None, context=context)
        self.spinner: int | None = None
        self.missed = False

    def trigger(self) -> None:
        """End the wait of another thread."""
        if threading.get_ident() == self.spinner:
            self.missed = True
        else:
            self.ring()

    def ring(self) -> None:
        """End the wait, or the next one."""
        super().trigger()


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


def _limit(timeout: float | TimeoutObject | None) -> float:
    """Return until when a wait may last, by the monotonic clock [s]."""
    seconds = timeout.timeout if isinstance(timeout, TimeoutObject) else timeout
    return math.inf if seconds is None or seconds < 0.0 else time.monotonic() + seconds


def _is_due(timer: Any) -> bool:
    """Return whether a timer's time has come; one may have been cancelled after the wait."""
    try:
        with timer.handle:
            return bool(timer.handle.is_timer_ready())
    except InvalidHandle:
        return False


def _name_of(entity: Any) -> str:
    """Return what the log calls an entity: its topic or service, or its kind."""
    for attribute in ("topic_name", "srv_name"):
        name = getattr(entity, attribute, None)
        if isinstance(name, str):
            return name
    return "task" if entity is None else type(entity).__name__
