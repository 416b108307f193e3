# SPDX-License-Identifier: Apache-2.0
"""Call something at a steady rate, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from x2c_node.supervision.supervisor import Pulse

_LONGEST_CALL = 2.0
"""Time limit for the last call [s]."""


class Ticker:
    """Call a function by the steady clock, in a rhythm that does not drift.

    A thread of its own is more punctual than a timer of rclpy, which waits for every other
    callback of its node, and costs less.

    Args:
        period: Time between two calls [s].
        call: Takes how late it is called [s]; it must not raise.
        name: Name of the thread.
        pulse: Pulse of the thread, one beat each call.
    """

    def __init__(
        self,
        period: float,
        call: Callable[[float], None],
        name: str,
        pulse: Pulse | None = None,
    ) -> None:
        self._period = period
        self._call = call
        self._pulse = pulse or Pulse()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; the last call is over when it returns, unless it hangs."""
        self._ending.set()
        if self._thread is not threading.current_thread() and self._thread.is_alive():
            self._thread.join(_LONGEST_CALL)

    @property
    def alive(self) -> bool:
        """True while it calls."""
        return self._thread.is_alive()

    def _run(self) -> None:
        with self._pulse:
            self._tick_on()

    def _tick_on(self) -> None:
        due = time.monotonic()
        while not self._ending.is_set():
            now = time.monotonic()
            if now < due:
                time.sleep(due - now)
                now = time.monotonic()
            if self._ending.is_set():
                return
            self._pulse.beat()
            self._call(max(now - due, 0.0))
            # A delay of more than a period starts a new rhythm.
            due += self._period
            if due < now:
                due = now + self._period
