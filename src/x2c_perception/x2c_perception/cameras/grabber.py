# SPDX-License-Identifier: Apache-2.0
"""Read a source ahead of its use, so that decoding delays nothing; bring lost cameras back."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import CameraIntrinsics, CameraSource, as_image
from x2c_core.sources.source import SourceError
from x2c_node.supervision.supervisor import Pulse

_END_OF_TIME = 2**31 * 1_000_000_000
"""First stamp that messages cannot hold [ns]."""

_READ_AHEAD = 3
"""Images of a file that are decoded before they are due."""


@dataclass(frozen=True)
class Grabbed:
    """An image of a source.

    Attributes:
        image: (height, width, 3) BGR.
        taken: Time of its capture on the clock of `time.monotonic` [s].
        stamp: Recorded stamp [ns]; None if the source has none.
        elapsed: Time since the first image of the source [ns]; None if it does not say.
        frame_id: Recorded frame; empty if the source has none.
        calibration: Calibration of the camera; None if the source has none.
    """

    image: ImageArray
    taken: float
    stamp: int | None = None
    frame_id: str = ""
    calibration: CameraIntrinsics | None = None
    elapsed: int | None = None


@dataclass(frozen=True)
class Backoff:
    """Pause before a lost camera is opened again [s]; doubled each time."""

    shortest: float = 0.5
    longest: float = 10.0


class Grabber:
    """A thread that reads a source.

    Of a live source only the newest image is kept, and it is opened again whenever it fails.
    Other sources are read a few images ahead; an image that cannot be read is passed over.

    Args:
        source: Source that the thread opens, reads and closes.
        loop: Whether a source that has come to its end starts again.
        complain: Takes one sentence for each failure, from the thread.
        found: Function called from the thread when the source is open.
        backoff: For live sources.
        pulse: Pulse of the thread; drivers may keep it for as long as they like.
    """

    def __init__(
        self,
        source: CameraSource,
        *,
        loop: bool = False,
        complain: Callable[[str], None] = lambda text: None,
        found: Callable[[], None] = lambda: None,
        backoff: Backoff | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self._pulse = pulse or Pulse()
        self._source = source
        self._loop = loop
        self._complain = complain
        self._found = found
        self._backoff = backoff or Backoff()
        self._images: deque[Grabbed] = deque(maxlen=1 if source.is_live else None)
        self._changed = threading.Condition()
        self._stopping = False
        self._ended = False
        self.fault = ""
        self.rate = 0.0
        self._thread = threading.Thread(target=self._run, name="grabber", daemon=True)
        self._thread.start()

    def next(self, timeout: float) -> Grabbed | None:
        """Return the next image, or None if none comes within the time [s]."""
        with self._changed:
            self._changed.wait_for(lambda: self._images or self._ended, timeout)
            if not self._images:
                return None
            grabbed = self._images.popleft()
            self._changed.notify_all()
            return grabbed

    @property
    def finished(self) -> bool:
        """True when the source has ended by itself and all its images have been taken."""
        with self._changed:
            return self._ended and not (self._images or self._stopping)

    def stop(self, timeout: float = 3.0) -> bool:
        """Stop reading.

        Returns:
            Whether the thread has ended within the time [s]; a driver can keep it longer.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with self._pulse:
            self._grab()

    def _grab(self) -> None:
        wait = self._backoff.shortest
        while not self._stopping:
            try:
                self._source.open()
                self.rate = _rate(self._source)
                self._found()
                if not self._read_all(on_image=self._recovered):
                    break
                self._close()
                wait = self._backoff.shortest
            except Exception as error:  # Whatever a driver raises, the camera is tried again.
                wait = self._backoff.shortest if not self.fault else wait
                self._lost(error, wait)
                if not self._source.is_live:
                    break
                self._pause(wait)
                wait = min(2.0 * wait, self._backoff.longest)
        self._close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_all(self, on_image: Callable[[], None]) -> bool:
        """Read to the end; return whether to start again."""
        read_any = False
        while not self._stopping:
            try:
                image = self._source.read()
            except SourceError as error:
                if self._source.is_live:
                    raise
                self._complain(str(error))
                continue
            if image is None:
                return self._loop and read_any
            read_any = True
            grabbed = _grabbed(self._source, image)
            on_image()
            self._put(grabbed)
        return False

    def _put(self, grabbed: Grabbed) -> None:
        with self._changed:
            if not self._source.is_live:
                self._changed.wait_for(lambda: len(self._images) < _READ_AHEAD or self._stopping)
            self._images.append(grabbed)
            self._changed.notify_all()

    def _recovered(self) -> None:
        self.fault = ""

    def _lost(self, error: Exception, wait: float) -> None:
        again = f"; trying again in {wait:g} s" if self._source.is_live else ""
        first = not self.fault
        self.fault = f"{error}{again}"
        if first:
            self._complain(self.fault)
        self._close()

    def _close(self) -> None:
        try:
            self._source.close()
        except Exception as error:  # As above; what cannot be closed is opened again.
            self._complain(f"{self._source.name} cannot be closed: {error}")

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, seconds)


def _rate(source: CameraSource) -> float:
    """Return a source's rate [Hz]; 0 for one that cannot be.

    Sources of other packages return anything.
    """
    rate = float(source.rate)
    return rate if 0.0 < rate < math.inf else 0.0


def _grabbed(source: CameraSource, image: object) -> Grabbed:
    """Return an image with all that the source says of it.

    Raises:
        ValueError: The source returns no image, or an impossible stamp.
    """
    array = as_image(source, image)
    stamp, elapsed = source.stamp, source.elapsed
    for word, value in (("stamp", stamp), ("time", elapsed)):
        if value is not None and not (isinstance(value, int) and 0 <= value < _END_OF_TIME):
            raise ValueError(
                f"{source.name} gives the {word} {value!r}; expected nanoseconds, or None"
            )
    taken = time.monotonic() - source.age
    return Grabbed(array, taken, stamp, str(source.frame_id), source.calibration, elapsed)
