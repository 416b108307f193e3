# SPDX-License-Identifier: Apache-2.0
"""Images of uneven times at an even rate, as a camera in front of the screen would see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import IMAGE_RATE, CameraSource
from x2c_core.sources.source import SourceError

_LONGEST_GAP = 10_000_000_000
"""A longer pause is passed over, as is a step back [ns]."""


def even_images(timed: Iterable[tuple[int, ImageArray]], period: float) -> Iterator[ImageArray]:
    """Yield at each tick the newest image; none is repeated or left out where times are even.

    Args:
        timed: Time [ns] and image (height, width, 3) BGR.
        period: Time between ticks [s].
    """
    shown: ImageArray | None = None
    tick, now, last = 0, 0.0, 0
    for time, image in timed:
        if shown is not None:
            step = time - last
            now += step * 1e-9 if 0 <= step <= _LONGEST_GAP else period
            while (tick + 0.5) * period < now:
                yield shown
                tick += 1
        shown, last = image, time
    if shown is not None:
        yield shown


def source_images(source: CameraSource) -> Iterator[ImageArray]:
    """Yield the images of an open source at its rate; one that cannot be read is left out."""
    period = source_period(source)
    return even_images(_timed(source, period), period)


def source_period(source: CameraSource) -> float:
    """Return the time between the images of an open source [s]."""
    return 1.0 / (source.rate or IMAGE_RATE)


def _timed(source: CameraSource, period: float) -> Iterator[tuple[int, ImageArray]]:
    index = 0
    while True:
        with suppress(SourceError):
            if (image := source.read()) is None:
                return
            times = (source.stamp, source.elapsed, round(index * period * 1e9))
            yield next(time for time in times if time is not None), image
        index += 1
