# SPDX-License-Identifier: Apache-2.0
"""Images of uneven times at an even rate, as a camera in front of the screen would see them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator

from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import IMAGE_RATE, CameraSource, as_image
from x2c_core.sources.source import SourceError

_LONGEST_GAP = 10_000_000_000
"""A longer pause is passed over, as is a step back [ns]."""

_MOST_FAILURES = 1000
"""Failures in a row after which a source has no more images, unless it promised more."""


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


def readable_images(
    source: CameraSource,
    refused: Callable[[SourceError], None] = lambda error: None,
    wanted: Container[int] | None = None,
) -> Iterator[tuple[int, ImageArray]]:
    """Yield index and image of what can be read of an open source, to its end.

    Args:
        source: Open source. One that only fails has come to its end.
        refused: Called with the error of each image that cannot be read.
        wanted: Indices of the images to yield; None for all.
    """
    index = failures = 0
    # A video is opened to be asked for it, so only where images fail.
    while failures <= _MOST_FAILURES or failures <= (source.promised or 0):
        is_wanted = wanted is None or index in wanted
        try:
            if is_wanted:
                read = source.read()
                image = None if read is None else as_image(source, read)
                ended = image is None
            else:
                image, ended = None, not source.skip()
        except SourceError as error:
            refused(error)
            failures += 1
        else:
            if ended:
                return
            failures = 0
            if image is not None:
                yield index, image
        index += 1
    refused(SourceError(f"reading ended after {failures} failures in a row"))


def _timed(source: CameraSource, period: float) -> Iterator[tuple[int, ImageArray]]:
    for index, image in readable_images(source):
        times = (source.stamp, source.elapsed, round(index * period * 1e9))
        yield next(time for time in times if time is not None), image
