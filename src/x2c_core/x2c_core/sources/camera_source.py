# SPDX-License-Identifier: Apache-2.0
"""Interface of camera sources: devices, videos, image files, bags and those of other packages."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.sources.source import Source
from x2c_core.sources.source_registry import SourceRegistry

"""(height, width, 3) BGR."""

IMAGE_RATE = 30.0
"""Rate of sources that have none of their own [Hz]."""


@dataclass(frozen=True)
class CameraIntrinsics:
    """Intrinsics of a camera; matrices row by row, as in `sensor_msgs/CameraInfo`."""

    width: int
    height: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]


class CameraSource(Source):
    """A camera, or a recording in its place.

    Attributes:
        is_live: Whether images come by themselves, in real time; others wait to be read.
        is_endless: Whether images never end, so that the source is no recording.
        form: Kind of recording in reports of an evaluation.
        age: Time between the capture of the last image and the end of its `read` [s].
        stamp: Recorded stamp of the last image [ns]; None for sources that have no stamps.
        elapsed: Time of the last image since the first one [ns], where images are not stamped but
            may come at uneven times, as in a video; None for images at `rate`.
        frame_id: Recorded frame of the last image; empty for sources that have none.
        calibration: Calibration of the camera, known after the first image; None if unknown.
    """

    is_live = False
    is_endless = False
    form: ClassVar[str] = "video"
    age = 0.0
    stamp: int | None = None
    elapsed: int | None = None
    frame_id = ""
    calibration: CameraIntrinsics | None = None

    @abstractmethod
    def read(self) -> ImageArray | None:
        """Return the next image, which is the caller's, or None at the end.

        Raises:
            SourceError: The image cannot be read; a source that is not live can be read on.
        """

    def skip(self) -> bool:
        """Pass over the next image; return whether there was one.

        Raises:
            SourceError: As for `read`.
        """
        return self.read() is not None

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of the first image [pixel]; known while open."""

    @property
    def rate(self) -> float:
        """Native rate [Hz]; known while open, 0 if the source has none."""
        return 0.0

    @property
    def promised(self) -> int | None:
        """Number of images to expect, for progress; an estimate, None if there is none."""
        return None


def as_image(source: CameraSource, image: object) -> ImageArray:
    """Return an image that a source has read.

    Raises:
        ValueError: It is no image; sources of other packages return anything.
    """
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        found = f"shape {array.shape} and type {array.dtype}"
        raise ValueError(
            f"{source.name} gives an image of {found}; expected (height, width, 3) of type uint8"
        )
    return array


CAMERA_SOURCES: SourceRegistry[CameraSource] = SourceRegistry(
    group="x2c.camera_sources",
    kind="camera source",
    interface="x2c_core.sources.camera_source:CameraSource",
)
