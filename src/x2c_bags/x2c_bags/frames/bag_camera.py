# SPDX-License-Identifier: Apache-2.0
"""The camera of a bag as a camera source: images with their stamps and calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x2c_bags.errors import BagError
from x2c_bags.frames.bag_images import UNUSABLE
from x2c_bags.frames.camera_topics import CameraTopic, choose_camera
from x2c_bags.frames.topic_images import TopicImages
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.files import is_bag
from x2c_bags.reading.storage import RawMessage
from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import CameraIntrinsics, CameraSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import parameter
from x2c_core.system.stamp_checks import StampGuard
from x2c_node.conversion.headers import frame_of, stamp_of


@dataclass(frozen=True)
class BagCameraOptions:
    """Options of a bag as a camera."""

    topic: str = parameter("", "Topic of the images in a bag; empty: found, if it has one camera.")


class BagCamera(CameraSource):
    """Read the images of one camera of a bag.

    Args:
        path: Folder of the bag, or one of its files.
        options: Options of the bag.
    """

    Options = BagCameraOptions
    takes = "a bag"

    def __init__(self, path: str, options: BagCameraOptions) -> None:
        self.name = path
        self._path = Path(path).expanduser()
        self._topic = options.topic
        self._reader: BagReader | None = None
        self._camera: CameraTopic
        self._messages: Iterator[RawMessage] = iter(())
        self._first: ImageArray | None = None
        self._reported = False
        self._size = (0, 0)

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a bag."""
        path = Path(text).expanduser()
        return path.exists() and is_bag(path)

    def open(self) -> None:
        """Open the bag, find its camera and read the first image."""
        self.close()
        self.calibration = None
        try:
            reader = BagReader(self._path)
            self._camera = choose_camera(reader, self._topic, video=True)
            self._images = TopicImages(reader.topics[self._camera.name].message_type)
        except BagError as error:
            raise SourceError(str(error)) from error
        self._reader, self._reported = reader, False
        self._guard = StampGuard(same_clock=False)
        names = [name for name in (self._camera.name, self._camera.info) if name]
        self._messages = reader.messages(names)
        refused: list[str] = []
        while self._first is None:
            try:
                self._first = self._next(reader)
            except SourceError as error:
                refused.append(str(error))
                continue
            if self._first is None:
                self.close()
                reason = f": {refused[0]}" if refused else ""
                raise SourceError(f"{self._path} holds no image on {self._camera.name}{reason}")
        self._size = (self._first.shape[1], self._first.shape[0])

    def read(self) -> ImageArray | None:
        """Return the next image, or None at the end of the bag.

        Raises:
            SourceError: The next image cannot be read, or, once, at the end, what of the bag could
                not be read at all.
        """
        if self._reader is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return self._next(self._reader)

    def close(self) -> None:
        """Close the bag."""
        self._reader, self._messages, self._first = None, iter(()), None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first image [pixel]."""
        return self._size

    def _next(self, reader: BagReader) -> ImageArray | None:
        for raw in self._messages:
            try:
                message = reader.decode(raw)
                if raw.channel.topic != self._camera.name:
                    self.calibration = _intrinsics(message)
                    continue
                image = self._images.image(message)
                stamp = self._guard.time(stamp_of(message), raw.time)
                if stamp < 0:
                    raise ValueError(f"a stamp of {stamp} ns: expected none before 1970")
                self.stamp, self.frame_id = stamp, frame_of(message)
            except UNUSABLE as error:
                raise SourceError(f"{self.name}: {raw.channel.topic}: {error}") from error
            return image
        self._report_loss(reader)
        return None

    def _report_loss(self, reader: BagReader) -> None:
        """Raise once, at the end, what could not be read of the bag."""
        lost = "; ".join(str(issue) for issue in reader.found if issue.loss)
        if lost and not self._reported:
            self._reported = True
            raise SourceError(f"{self.name}: {lost}")


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
