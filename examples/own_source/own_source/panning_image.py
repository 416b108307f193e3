# SPDX-License-Identifier: Apache-2.0
"""A window that moves over an image, as a camera source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import IMAGE_RATE, CameraSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import parameter


@dataclass(frozen=True)
class PanningOptions:
    """Options of the source; each is a parameter of camera_node."""

    zoom: float = parameter(
        2.0, "Width of the image by that of the window [ratio].", minimum=1.0, maximum=20.0
    )
    period: float = parameter(
        10.0, "Time from left to right and back [s].", minimum=0.1, maximum=3600.0
    )


class PanningImage(CameraSource):
    """Shows a window that moves over an image from left to right and back, without end.

    Args:
        path: Image file.
        options: Options of the source.
    """

    Options = PanningOptions
    is_endless = True

    def __init__(self, path: str, options: PanningOptions) -> None:
        self.name = f"panning over {path}"
        self._path = Path(path).expanduser()
        self._options = options
        self._image: ImageArray | None = None
        self._index = 0

    def open(self) -> None:
        """Read the image."""
        image = cv2.imread(str(self._path)) if self._path.is_file() else None
        if image is None:
            raise SourceError(f"{self._path}: expected an image file that OpenCV reads")
        self._image, self._index = np.asarray(image, np.uint8), 0

    def read(self) -> ImageArray:
        """Return the next window."""
        if self._image is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        width, height = self.size
        turn = 2.0 * math.pi * self._index / IMAGE_RATE / self._options.period
        free = self._image.shape[1] - width
        left = round(free * (1.0 - math.cos(turn)) / 2.0)
        top = (self._image.shape[0] - height) // 2
        self._index += 1
        return self._image[top : top + height, left : left + width].copy()

    def close(self) -> None:
        """Forget the image."""
        self._image = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window [pixel]."""
        if self._image is None:
            return (0, 0)
        height, width = self._image.shape[:2]
        zoom = self._options.zoom
        return max(round(width / zoom), 1), max(round(height / zoom), 1)

    @property
    def rate(self) -> float:
        """Rate at which the window moves smoothly [Hz]."""
        return IMAGE_RATE
