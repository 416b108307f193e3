# SPDX-License-Identifier: Apache-2.0
"""A thread that hands on messages of a bag when they are due, and says what time it is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from x2c_bags.reading.storage import RawMessage
from x2c_core.sources.schedule import Schedule
from x2c_node.supervision.supervisor import Pulse

_TICK = 0.01
"""Time between two looks at the bag's clock [s]."""


class Playback:
    """Play messages until the bag ends, or for ever.

    A message that cannot be dealt with, and a bag that cannot be read to its end, cost nothing
    but themselves.

    Args:
        messages: Gives the messages of one pass; called at the beginning of each.
        deliver: Takes a message, from the thread.
        tick: Takes the time in the bag [ns], from the thread: before each message, and again and
            again in between.
        failed: Takes what `deliver` or `messages` raise, from the thread.
        ended: Function called from the thread after the last message.
        rate: Speed of playing; 2 is twice as fast as recorded.
        loop: Whether the bag begins again when it ends.
        ready: The first message waits until this holds.
        pulse: Pulse of the thread, one beat each message.
    """

    def __init__(
        self,
        messages: Callable[[], Iterator[RawMessage]],
        deliver: Callable[[RawMessage], None],
        tick: Callable[[int], None],
        failed: Callable[[Exception], None],
        ended: Callable[[], None],
        *,
        rate: float = 1.0,
        loop: bool = False,
        ready: Callable[[], bool] = lambda: True,
        pulse: Pulse | None = None,
    ) -> None:
        self._pulse = pulse or Pulse()
        self._messages = messages
        self._deliver = deliver
        self._tick = tick
        self._failed = failed
        self._ended = ended
        self._loop = loop
        self._ready = ready
        self._schedule = Schedule(rate)
        self._stop = threading.Event()
        self.passes = 0
        self.finished = False
        self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
        self._thread.start()

    @property
    def jumps(self) -> int:
        """Number of times the bag's time went back, or stood still for long."""
        return self._schedule.jumps

    def stop(self) -> None:
        """Hand on no more messages; returns when the last one is through."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with self._pulse as pulse, pulse.rest():
            self._play_all()

    def _play_all(self) -> None:
        while not (self._ready() or self._stop.wait(0.02)):
            pass
        while not self._stop.is_set():
            played = self._play()
            self.passes += 1
            if not (self._loop and played):
                break
            # As if the first message came when the one after the last would have.
            if not self._wait(time.monotonic() + self._schedule.gap):
                return
            self._schedule.restart()
        if not self._stop.is_set():
            self.finished = True
            self._ended()

    def _play(self) -> int:
        """Play the bag once; return how many messages there were."""
        played = 0
        messages = self._messages()
        while True:
            try:
                message = next(messages, None)
            except Exception as error:
                self._failed(error)
                return played
            if message is None:
                return played
            if not self._wait(self._schedule.due(message.time, time.monotonic())):
                return played
            self._tick(self._schedule.time(time.monotonic()))
            played += 1
            try:
                with self._pulse.work():
                    self._deliver(message)
            except Exception as error:
                self._failed(error)

    def _wait(self, due: float) -> bool:
        """Wait until a time [s], ticking; return whether it came."""
        while (left := due - time.monotonic()) > 0.0:
            if self._stop.wait(min(left, _TICK)):
                return False
            if left > _TICK:
                self._tick(self._schedule.time(time.monotonic()))
        return not self._stop.is_set()
