# SPDX-License-Identifier: Apache-2.0
"""Hand a source's images on when they are due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from x2c_core.sources.camera_source import IMAGE_RATE
from x2c_core.sources.schedule import Schedule
from x2c_node.supervision.supervisor import Pulse
from x2c_perception.cameras.grabber import Grabbed, Grabber

UNPACED_LIMIT = 250.0
"""Images a second at most where nothing else limits them [Hz]."""

_LONGEST_WAIT = 0.1
"""Longest delay until a request to stop is noticed [s]."""


_LONGEST_GAP = 10.0
"""A longer pause in a video is passed over [s]."""


class Pacer:
    """Say when images are due, at equal or at their own distances; late ones are not made up for.

    An image that is late by less than a period does not shift those after it. After a longer delay
    the schedule starts again, so a video plays slower rather than in jumps.

    Args:
        rate: [Hz].
    """

    def __init__(self, rate: float) -> None:
        self._period = 1.0 / rate
        self._due: float | None = None
        self._elapsed: int | None = None

    def due(self, now: float, elapsed: int | None = None) -> float:
        """Return when the next image is due.

        Args:
            now: Time at which it is there [s].
            elapsed: Its time since the first image [ns]; None for one period after the last.
        """
        step = self._step(elapsed)
        planned = now if self._due is None else self._due + step
        self._due = planned if now - planned <= max(step, self._period) else now
        return self._due

    def _step(self, elapsed: int | None) -> float:
        before, self._elapsed = self._elapsed, elapsed
        if elapsed is None or before is None:
            return self._period
        step = (elapsed - before) * 1e-9
        # A video that begins again goes back.
        return step if 0.0 < step <= _LONGEST_GAP else self._period


class Player:
    """A thread that takes images from a grabber and hands each on in its time.

    Images of a live source are handed on at once. Those with recorded stamps come as they were
    recorded, unless another rate is asked for. Those of a file come at their own times, at its
    native rate if they have none, or at the rate asked for, and count as taken when they are due.
    Unpaced, each comes as soon as the one before has been handed on, but never faster than the
    rate asked for, or `UNPACED_LIMIT`: receivers in other processes that are slower miss images,
    as with a real camera; those that `deliver` itself waits for do not.

    Args:
        grabber: Gives the images.
        deliver: Takes what was grabbed and its age [s], from the thread.
        failed: Takes what `deliver` raises, from the thread.
        ended: Function called from the thread after the last image.
        live: Whether the source is live.
        rate: Asked for [Hz]; 0 for the native one.
        paced: Whether images of a file wait until they are due.
        ready: The first image of a file waits until this holds.
        pulse: Pulse of the thread, one beat each image.
    """

    def __init__(
        self,
        grabber: Grabber,
        deliver: Callable[[Grabbed, float], None],
        failed: Callable[[Exception], None],
        ended: Callable[[], None],
        *,
        live: bool,
        rate: float = 0.0,
        paced: bool = True,
        ready: Callable[[], bool] = lambda: True,
        pulse: Pulse | None = None,
    ) -> None:
        self._pulse = pulse or Pulse()
        self._grabber = grabber
        self._deliver = deliver
        self._failed = failed
        self._ended = ended
        self._live = live
        self._rate = rate
        self._paced = paced
        self._ready = ready
        self._stop = threading.Event()
        self.finished = False
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hand on no more images; returns when the last one is through."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with self._pulse as pulse, pulse.rest():
            self._play()

    def _play(self) -> None:
        while not (self._live or self._ready() or self._stop.wait(0.02)):
            pass
        pacer: Pacer | None = None
        schedule = Schedule(rate=1.0)
        while not self._stop.is_set():
            grabbed = self._grabber.next(_LONGEST_WAIT)
            if grabbed is None:
                if self._grabber.finished:
                    self.finished = True
                    self._ended()
                    return
                continue
            taken = grabbed.taken
            if not self._live:
                now = time.monotonic()
                if grabbed.stamp is not None and self._paced and not self._rate:
                    taken = schedule.due(grabbed.stamp, now)
                else:
                    pacer = pacer or Pacer(self._target_rate())
                    own_times = self._paced and not self._rate
                    taken = pacer.due(now, grabbed.elapsed if own_times else None)
                if self._stop.wait(max(0.0, taken - time.monotonic())):
                    return
            try:
                with self._pulse.work():
                    self._deliver(grabbed, max(0.0, time.monotonic() - taken))
            except Exception as error:
                self._failed(error)

    def _target_rate(self) -> float:
        if not self._paced:
            return self._rate or UNPACED_LIMIT
        return self._rate or self._grabber.rate or IMAGE_RATE
