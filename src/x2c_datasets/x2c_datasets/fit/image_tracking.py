# SPDX-License-Identifier: Apache-2.0
"""Find the landmarks in single images: at once, from several views, or many in processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.face import topology
from x2c_core.system.worker_pool import worker_pool
from x2c_datasets.errors import DataSetError, FitError
from x2c_datasets.formats import Pair
from x2c_perception.errors import TrackerError
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import FaceTracker

_LARGE = 640
"""Smaller images are enlarged: the tracker finds more in them [pixel]."""

_VIEWS = ((1.0, 0, 0), (1.1, 5, 3), (0.9, -4, 6), (1.05, 3, -5))
"""Sizes, and ways to the right and down [pixel], in which the image is looked at."""

_CHUNK = 32
_NOTHING: ImageArray = np.zeros((64, 64, 3), dtype=np.uint8)
_NOTHING.setflags(write=False)


def track_single(tracker: FaceTracker, image: ImageArray) -> Array | None:
    """Return the landmarks (478, 3) [pixel] in an image (RGB), or None where no face is found.

    What the tracker saw before makes no difference.
    """
    # A tracker looks where the face was before. An image of nothing makes it forget; after a
    # first look it knows where the face is, as in a video.
    tracker.track(_NOTHING)
    if not tracker.track(image):
        return None
    found = tracker.track(image)
    return found[0].landmarks if found else None


def track_views(tracker: FaceTracker, image: ImageArray) -> Array | None:
    """Return the landmarks (478, 3) [pixel] on an image (RGB), or None if no face is found.

    They are the mean over several views of the image, mirrored too, since the tracker sees each
    a little differently.
    """
    factor = max(1.0, _LARGE / max(image.shape[:2]))
    found = []
    for size, right, down in _VIEWS:
        view = _moved(image, size * factor, right, down)
        mirrored = np.ascontiguousarray(view[:, ::-1])
        seen = track_single(tracker, view)
        if seen is not None:
            found.append((seen - (right, down, 0.0)) / (size * factor))
        seen = track_single(tracker, mirrored)
        if seen is not None:
            turned = (view.shape[1], 0.0, 0.0) + seen[topology.MIRROR] * (-1.0, 1.0, 1.0)
            found.append((turned - (right, down, 0.0)) / (size * factor))
    return np.mean(found, axis=0) if found else None


def _moved(image: ImageArray, factor: float, right: float, down: float) -> ImageArray:
    """Return an image enlarged about its upper left edge and moved."""
    height, width = image.shape[:2]
    # Pixel centres are whole numbers for OpenCV, landmarks count from the edge.
    edge = (factor - 1.0) / 2.0
    matrix = np.array([[factor, 0.0, right + edge], [0.0, factor, down + edge]])
    size = (round(width * factor), round(height * factor))
    moved = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, dtype=np.uint8)


def track_images(
    pairs: Sequence[Pair], processes: int, progress: Callable[[int], None]
) -> Iterator[Array | str]:
    """Yield the landmarks (478, 3) [pixel] of each pair's image, or why there are none.

    Args:
        pairs: Pairs with images.
        processes: Number of processes; 1 for this process alone.
        progress: Called with the number of images done.
    """
    chunks = [pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK)]
    done = 0
    if processes <= 1 or len(chunks) <= 1:
        worker = _Worker()
        try:
            for chunk in chunks:
                yield from worker.track(chunk)
                progress(done := done + len(chunk))
        finally:
            worker.close()
        return
    with worker_pool(min(processes, len(chunks)), _start, hurry=True) as pool:
        for job in [pool.submit(_track, chunk) for chunk in chunks]:
            found = job.result()
            yield from found
            progress(done := done + len(found))


class _Worker:
    def __init__(self) -> None:
        self._tracker = FaceMeshTracker()

    def track(self, pairs: Sequence[Pair]) -> list[Array | str]:
        return [self._track(pair) for pair in pairs]

    def close(self) -> None:
        self._tracker.close()

    def _track(self, pair: Pair) -> Array | str:
        try:
            landmarks = track_single(self._tracker, pair.read_image())
        except (DataSetError, TrackerError) as error:
            return str(error)
        return "no face is found in the image" if landmarks is None else landmarks


_worker: _Worker | None = None


def _start() -> None:
    global _worker
    _worker = _Worker()


def _track(pairs: Sequence[Pair]) -> list[Array | str]:
    if _worker is None:
        raise FitError("a worker process was not started as expected")
    return _worker.track(pairs)
