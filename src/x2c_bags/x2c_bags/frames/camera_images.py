# SPDX-License-Identifier: Apache-2.0
"""The images of a bag's camera, in their order, with their stamps and calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x2c_bags.frames.bag_images import UNUSABLE
from x2c_bags.frames.camera_topics import choose_camera
from x2c_bags.frames.topic_images import TopicImages
from x2c_bags.reading.bag_reader import BagReader
from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import CameraIntrinsics
from x2c_core.sources.source import SourceError
from x2c_core.system.stamp_checks import StampGuard
from x2c_node.conversion.headers import frame_of, stamp_of


class CameraImages:
    """Read the images of one camera of a bag, once.

    Attributes:
        topic: Topic of the images.
        stamp: Stamp of the last image [ns]; None before the first one.
        frame_id: Frame of the last image.
        calibration: Calibration of the camera, as far as it is known by then.

    Args:
        path: Folder of the bag, or one of its files.
        topic: Topic of the images; empty for the only camera there is.

    Raises:
        BagError: It is no bag that can be read, or has no such camera.
    """

    def __init__(self, path: Path, topic: str) -> None:
        self.stamp: int | None = None
        self.frame_id = ""
        self.calibration: CameraIntrinsics | None = None
        self._path = path
        self._reader = BagReader(path)
        camera = choose_camera(self._reader, topic, video=True)
        self.topic = camera.name
        self._images = TopicImages(self._reader.topics[camera.name].message_type)
        self._reported = False
        self._guard = StampGuard(same_clock=False)
        names = [name for name in (camera.name, camera.info) if name]
        self._messages = self._reader.messages(names)

    def next(self) -> ImageArray | None:
        """Return the next image, or None at the end of the bag.

        Raises:
            SourceError: The next image cannot be read, or, once, at the end, what of the bag could
                not be read at all.
        """
        for raw in self._messages:
            try:
                message = self._reader.decode(raw)
                if raw.channel.topic != self.topic:
                    self.calibration = _intrinsics(message)
                    continue
                image = self._images.image(message)
                stamp = self._guard.time(stamp_of(message), raw.time)
                if stamp < 0:
                    raise ValueError(f"a stamp of {stamp} ns: expected none before 1970")
                self.stamp, self.frame_id = stamp, frame_of(message)
            except UNUSABLE as error:
                raise SourceError(f"{self._path}: {raw.channel.topic}: {error}") from error
            return image
        self._report_loss()
        return None

    def _report_loss(self) -> None:
        """Raise once, at the end, what could not be read of the bag."""
        lost = "; ".join(str(issue) for issue in self._reader.found if issue.loss)
        if lost and not self._reported:
            self._reported = True
            raise SourceError(f"{self._path}: {lost}")


def _intrinsics(message: Any) -> CameraIntrinsics | None:
    if not any(message.k):
        return None
    return CameraIntrinsics(
        width=int(message.width),
        height=int(message.height),
        distortion_model=str(message.distortion_model),
        d=tuple(map(float, message.d)),
        k=tuple(map(float, message.k)),
        r=tuple(map(float, message.r)),
        p=tuple(map(float, message.p)),
    )
