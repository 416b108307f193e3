# SPDX-License-Identifier: Apache-2.0
"""The action that shows an expression or plays a clip on the mixed face."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.action.server import ActionServer, CancelResponse
from rclpy.node import Node
from rclpy.task import Future

from x2c_core.errors import X2CError
from x2c_core.sources.fixed_expression import FixedExpression
from x2c_imitation.face_mixer.held_expression import HeldExpression
from x2c_imitation.face_mixer.played_clip import PlayedClip
from x2c_msgs.action import PlayExpression

_FEEDBACK = 0.1
"""Time between two feedbacks [s]."""

Shown = HeldExpression | PlayedClip


class Goal:
    """One goal of the action, while it is shown.

    Args:
        handle: Goal of rclpy.
        wake: Lets the executor look at what has ended.
    """

    def __init__(self, handle: Any, wake: Callable[[], None]) -> None:
        self._handle = handle
        self._wake = wake
        self._next_feedback = 0.0
        self.over: Any = Future()

    @property
    def cancelled(self) -> bool:
        """True when a client wants it to end."""
        return bool(self._handle.is_cancel_requested)

    def tell(self, shown: Shown, now: float) -> None:
        """Publish how far it is, every now and then."""
        if now < self._next_feedback:
            return
        self._next_feedback = now + _FEEDBACK
        elapsed = now - shown.began
        progress = min(max(elapsed / (shown.until - shown.began), 0.0), 1.0)
        self._handle.publish_feedback(
            PlayExpression.Feedback(progress=float(progress), elapsed=float(elapsed))
        )

    def end(self, message: str, *, success: bool = False) -> None:
        """End it; called once.

        Args:
            message: Description of what was shown, or the reason of its end.
            success: Whether it was shown to its end.
        """
        if success:
            self._handle.succeed()
        elif self.cancelled:
            self._handle.canceled()
        else:
            self._handle.abort()
        self.over.set_result(PlayExpression.Result(success=success, message=message))
        self._wake()


class PlayAction:
    """Server of the action `~/play`.

    Args:
        node: Node that offers it.
        begin: Shows something for a goal from now on; raises an X2CError if it cannot.
    """

    def __init__(self, node: Node, begin: Callable[[Shown, Goal], None]) -> None:
        self._node = node
        self._begin = begin
        self._server = ActionServer(
            node,
            PlayExpression,
            "~/play",
            self._execute,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
        )

    def destroy(self) -> None:
        """Take the server down."""
        self._server.destroy()

    async def _execute(self, handle: Any) -> Any:
        goal = Goal(handle, self._wake)
        wanted = handle.request
        named = FixedExpression.accepts(wanted.name)
        make: Callable[..., Shown] = HeldExpression.named if named else PlayedClip.opened
        load = partial(make, wanted.name, wanted.intensity, wanted.seconds, wanted.regions)
        loaded: Any = Future()
        # A bag may take seconds, in which the face goes on.
        threading.Thread(target=self._load, args=(load, loaded), daemon=True).start()
        shown = await loaded
        if goal.cancelled:
            goal.end("cancelled before it began")
        elif isinstance(shown, Exception):
            goal.end(str(shown))
        else:
            try:
                self._begin(shown, goal)
            except X2CError as error:
                goal.end(str(error))
        return await goal.over

    def _load(self, load: Callable[[float], Shown], loaded: Any) -> None:
        try:
            result: Any = load(time.monotonic())
        except Exception as error:
            result = error
        loaded.set_result(result)
        self._wake()

    def _wake(self) -> None:
        if self._node.executor is not None:
            self._node.executor.wake()
