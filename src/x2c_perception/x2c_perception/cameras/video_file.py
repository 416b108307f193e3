# SPDX-License-Identifier: Apache-2.0
"""A video file as a camera."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.files.input_limits import IMAGE_PIXELS, LimitError
from x2c_core.sources.camera_source import CameraSource
from x2c_core.sources.source import SourceError
from x2c_perception.cameras.opencv_name import opencv_name

_SANE_RATES = (0.5, 480.0)
"""Rates that a video's header is believed [Hz]; damaged files claim anything."""


def promised_images(path: Path) -> int | None:
    """Return the number of images that a video's header states; None where it states none.

    Args:
        path: Video; one that cannot be read states none.
    """
    try:
        with opencv_name(path) as name:
            capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    except OSError:
        return None
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    return count if count > 0 else None


class VideoFile(CameraSource):
    """Play a video file that OpenCV's FFmpeg can decode.

    Args:
        path: The file.
    """

    takes = "a video"
    priority = -20

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._capture: cv2.VideoCapture | None = None
        self._first: ImageArray | None = None
        self._size = (0, 0)
        self._rate = 0.0

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text is the path of a file that may be a video."""
        path = Path(text).expanduser()
        # Only FFmpeg knows its formats, so all files are accepted that can be read.
        return path.is_file() and os.access(path, os.R_OK) and path.stat().st_size > 0

    @classmethod
    def from_text(cls, text: str, options: Any) -> Self:
        """Return the source of a path."""
        return cls(Path(text).expanduser())

    def open(self) -> None:
        """Open the file and decode its first image."""
        self.close()
        try:
            with opencv_name(self._path) as name:
                capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
        except OSError as error:
            raise SourceError(f"cannot read {self._path}: {error.strerror}") from error
        if not capture.isOpened():
            raise SourceError(
                f"{self._path} is not a video that can be decoded; expected for instance MP4 with "
                "H.264, AVI or MKV, or an image: try to play it, or convert it with ffmpeg"
            )
        self._check_size(capture)
        self._capture = capture
        self._first = self._decode()
        if self._first is None:
            self.close()
            raise SourceError(
                f"{self._path} is a video without a single image that can be decoded; "
                "it is empty or damaged: record or copy it again"
            )
        self._size = (self._first.shape[1], self._first.shape[0])
        rate = float(capture.get(cv2.CAP_PROP_FPS))
        self._rate = rate if _SANE_RATES[0] <= rate <= _SANE_RATES[1] else 0.0

    def read(self) -> ImageArray | None:
        """Return the next image, or None at the end of the file."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return self._decode()

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()
        self._capture, self._first = None, None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [pixel]."""
        return self._size

    @property
    def rate(self) -> float:
        """Rate in the file's header [Hz]."""
        return self._rate

    @property
    def promised(self) -> int | None:
        """Number of images that the header states."""
        return promised_images(self._path)

    def _decode(self) -> ImageArray | None:
        if self._capture is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        # Frames can change their size on the way, and the image is far larger than the frame.
        if not self._capture.grab():
            return None
        self._check_size(self._capture)
        done, image = self._capture.retrieve()
        return np.asarray(image, dtype=np.uint8) if done else None

    def _check_size(self, capture: cv2.VideoCapture) -> None:
        width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        try:
            subject = f"{self._path}: a frame of {width} x {height} has"
            IMAGE_PIXELS.check(width * height, subject)
        except LimitError as error:
            raise SourceError(str(error)) from error
