# SPDX-License-Identifier: Apache-2.0
"""Callbacks of a node: one at a time, and none of their errors ends anything."""

from __future__ import annotations

import functools
import threading
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from rclpy.impl.rcutils_logger import RcutilsLogger

from x2c_core.errors import X2CError
from x2c_core.printable import printable
from x2c_node.supervision.statistics import Statistics

_LOOK = 0.02
"""Time between two looks at whether what waits for its turn is still wanted [s]."""

_LONGEST_TEXT = 16_384
"""Longest text of an error that is logged or answered [characters]: it may quote its input."""

_GAP = " … "


class _Node(Protocol):
    statistics: Statistics

    def get_logger(self) -> RcutilsLogger: ...


class CallbackGuard:
    """Guard of a node's callbacks.

    Attributes:
        turn: Held by the callback or the transition that runs. A message that is handed on
            inside the process comes in the thread of its publisher.

    Args:
        node: Node that logs and counts the errors.
    """

    def __init__(self, node: _Node) -> None:
        self._node = node
        self.turn = threading.RLock()

    def guarded(
        self,
        callback: Callable[..., None],
        source: str,
        *,
        alone: bool = True,
        over: threading.Event | None = None,
    ) -> Callable[..., None]:
        """Return a callback whose errors are counted and logged.

        Args:
            callback: Function to call.
            source: Name in the counts and the log.
            alone: Whether no other callback of the node may run meanwhile.
            over: Set when it is to be called no more, nor its turn to be waited for.
        """

        # rclpy tells by the signature whether a callback wants the message's info too.
        @functools.wraps(callback)
        def run(*arguments: Any) -> None:
            try:
                if not alone:
                    if not _is_set(over):
                        callback(*arguments)
                elif self._take_turn(over):
                    try:
                        if not _is_set(over):
                            callback(*arguments)
                    finally:
                        self.turn.release()
            except X2CError as error:
                self._node.statistics.counts[f"{source} refused"] += 1
                text = _cut(f"{source}: {error}")
                self._node.get_logger().warning(text, throttle_duration_sec=5.0)
            except Exception as error:
                self._node.statistics.counts[f"{source} failed"] += 1
                self.log_failure(source, error)

        return run

    def answering(
        self, callback: Callable[..., Any], name: str, *, alone: bool = False
    ) -> Callable[..., Any]:
        """Return a service's callback whose errors are counted, logged and answered.

        Args:
            callback: Takes and returns as rclpy's does.
            name: Name in the counts and the log.
            alone: Whether no other callback of the node may run meanwhile.
        """

        def answer(request: Any, response: Any) -> Any:
            try:
                if not alone:
                    return callback(request, response)
                with self.turn:
                    return callback(request, response)
            except Exception as error:
                kind = "refused" if isinstance(error, X2CError) else "failed"
                self._node.statistics.counts[f"{name} {kind}"] += 1
                self.log_failure(name, error)
                # What has been filled in before the error holds no longer.
                response = type(response)()
                if hasattr(response, "success") and hasattr(response, "message"):
                    response.success, response.message = False, _cut(str(error))
                return response

        return answer

    def log_failure(self, what: str, error: Exception) -> None:
        """Log an error; one that is none of ours with its traceback."""
        if isinstance(error, X2CError):
            self._node.get_logger().error(_cut(f"{what}: {error}"))
        else:
            details = "".join(traceback.format_exception(error))
            half = _LONGEST_TEXT // 2
            text = f"{_cut(f'{what}: {error}', half)}\n{_cut(details, half - 1)}"
            self._node.get_logger().error(text, throttle_duration_sec=5.0)

    def _take_turn(self, over: threading.Event | None) -> bool:
        """Wait for the turn, while the callback is wanted; returns whether it has come."""
        # A node that goes down may take long, and keeps no thread of another node meanwhile.
        while not self.turn.acquire(timeout=_LOOK):
            if _is_set(over):
                return False
        return True


def _cut(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return a text that can be logged, without its middle where it is too long."""
    whole = printable(text)
    if len(whole) <= longest:
        return whole
    half = (longest - len(_GAP)) // 2
    return f"{whole[:half]}{_GAP}{whole[-half:]}"


def _is_set(over: threading.Event | None) -> bool:
    return over is not None and over.is_set()
