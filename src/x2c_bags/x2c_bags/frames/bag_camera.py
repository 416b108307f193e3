# SPDX-License-Identifier: Apache-2.0
"""The camera of a bag as a camera source: images with their stamps and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_bags.errors import BagError
from x2c_bags.reading.files import is_bag
from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import CameraSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import parameter

if TYPE_CHECKING:
    from x2c_bags.frames.camera_images import CameraImages


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
        self._images: CameraImages | None = None
        self._first: ImageArray | None = None
        self._size = (0, 0)

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a bag."""
        path = Path(text).expanduser()
        return path.exists() and is_bag(path)

    def open(self) -> None:
        """Open the bag, find its camera and read the first image."""
        self.close()
        try:
            # Only now: sources are chosen among all, and those of other kinds need none of it.
            from x2c_bags.frames.camera_images import CameraImages
        except ModuleNotFoundError as error:
            raise SourceError(
                f"{self._path} is a bag, and to read it needs the Python module {error.name!r}, "
                "which is not installed"
            ) from error
        try:
            images = CameraImages(self._path, self._topic)
        except BagError as error:
            raise SourceError(str(error)) from error
        self._images = images
        refused: list[str] = []
        while self._first is None:
            try:
                self._first = self._next(images)
            except SourceError as error:
                refused.append(str(error))
                continue
            if self._first is None:
                self.close()
                reason = f": {refused[0]}" if refused else ""
                raise SourceError(f"{self._path} holds no image on {images.topic}{reason}")
        self._size = (self._first.shape[1], self._first.shape[0])

    def read(self) -> ImageArray | None:
        """Return the next image, or None at the end of the bag.

        Raises:
            SourceError: The next image cannot be read, or, once, at the end, what of the bag could
                not be read at all.
        """
        if self._images is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return self._next(self._images)

    def close(self) -> None:
        """Close the bag."""
        self._images, self._first = None, None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first image [pixel]."""
        return self._size

    def _next(self, images: CameraImages) -> ImageArray | None:
        image = images.next()
        self.stamp, self.frame_id = images.stamp, images.frame_id
        self.calibration = images.calibration
        return image
