# SPDX-License-Identifier: Apache-2.0
"""A camera of this computer, through Video4Linux."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.sources.camera_source import CameraSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import parameter

if TYPE_CHECKING:
    import cv2

_PIXEL_FORMATS = {
    **dict.fromkeys(("mjpg", "mjpeg", "mjpeg2rgb"), "MJPG"),
    **dict.fromkeys(("yuyv", "yuyv2rgb", "yuyv422"), "YUYV"),
    **dict.fromkeys(("uyvy", "uyvy2rgb"), "UYVY"),
    "nv12": "NV12",
    "grey": "GREY",
    "bgr3": "BGR3",
    "rgb3": "RGB3",
}

_LONGEST_BELIEVABLE_AGE = 1.0
"""Drivers whose stamps are of another clock give ages beyond this [s]."""


@dataclass(frozen=True)
class CaptureRequest:
    """Request to a camera, which answers with the nearest format that it has.

    Pixel formats are named as in usb_cam, or by their Video4Linux code.
    """

    image_width: int = parameter(0, "Width asked of the camera [pixel]; 0 for its own.", minimum=0)
    image_height: int = parameter(
        0, "Height asked of the camera [pixel]; 0 for its own.", minimum=0
    )
    framerate: float = parameter(
        0.0, "Rate asked of the camera, or of a file [Hz]; 0 for its own.", minimum=0, maximum=1000
    )
    pixel_format: str = parameter(
        "", "Pixel format asked of the camera, such as mjpeg2rgb or yuyv; empty for its own."
    )

    @property
    def fourcc(self) -> str:
        """Video4Linux code of the pixel format, or "".

        Raises:
            SourceError: The format is unknown.
        """
        if not self.pixel_format:
            return ""
        code = _PIXEL_FORMATS.get(self.pixel_format.lower())
        if code is None:
            known = ", ".join(sorted(_PIXEL_FORMATS))
            raise SourceError(f"unknown pixel_format {self.pixel_format!r}; known are {known}")
        return code


class VideoDevice(CameraSource):
    """Read a Video4Linux camera.

    Args:
        device: Index ("0") or path ("/dev/video0", "/dev/v4l/by-id/...").
        request: Request to the camera.

    Raises:
        SourceError: The device's name or the pixel format cannot be.
    """

    Options = CaptureRequest
    is_live = True
    is_endless = True

    def __init__(self, device: str, request: CaptureRequest) -> None:
        self._path = device_path(device)
        self.name = str(self._path)
        self._request = request
        self._fourcc = request.fourcc
        self._capture: cv2.VideoCapture | None = None

    def open(self) -> None:
        """Open the camera and ask for size, rate and format."""
        self.close()
        self._check()
        # Local: OpenCV takes 30 MB, which a camera that plays a video does not need.
        import cv2

        capture = cv2.VideoCapture(str(self._path), cv2.CAP_V4L2)
        if not capture.isOpened():
            raise SourceError(
                f"{self._path} cannot be opened as a camera: another program uses it, or it is a "
                f"device without images; devices here: {existing_devices()}"
            )
        wishes = (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*self._fourcc) if self._fourcc else 0),
            (cv2.CAP_PROP_FRAME_WIDTH, self._request.image_width),
            (cv2.CAP_PROP_FRAME_HEIGHT, self._request.image_height),
            (cv2.CAP_PROP_FPS, self._request.framerate),
        )
        for property_, wish in wishes:
            if wish:
                capture.set(property_, wish)
        self._capture = capture

    def read(self) -> ImageArray | None:
        """Return the next image."""
        import cv2

        if self._capture is None:
            raise SourceError(f"{self._path} is not open: call open() first")
        done, image = self._capture.read()
        if not done:
            raise SourceError(f"{self._path} gives no more images: is it still plugged in?")
        age = time.monotonic() - self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        self.age = age if 0.0 <= age <= _LONGEST_BELIEVABLE_AGE else 0.0
        return np.asarray(image, dtype=np.uint8)

    def close(self) -> None:
        """Let go of the camera."""
        if self._capture is not None:
            self._capture.release()
        self._capture = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that the camera chose [pixel]."""
        import cv2

        if self._capture is None:
            return (0, 0)
        get = self._capture.get
        return int(get(cv2.CAP_PROP_FRAME_WIDTH)), int(get(cv2.CAP_PROP_FRAME_HEIGHT))

    @property
    def rate(self) -> float:
        """Rate that the camera chose [Hz]."""
        import cv2

        return 0.0 if self._capture is None else float(self._capture.get(cv2.CAP_PROP_FPS))

    def _check(self) -> None:
        if not self._path.exists():
            raise SourceError(
                f"there is no camera {self._path}; devices here: {existing_devices()}. "
                "Plug one in, or set video_device to one of them, or filename to a video"
            )
        if not os.access(self._path, os.R_OK | os.W_OK):
            raise SourceError(
                f"no permission to use {self._path}: add yourself to the group that owns it "
                "(sudo usermod -aG video $USER) and log in again"
            )


def device_path(device: str) -> Path:
    """Return the path of a video device given by index or path.

    Raises:
        SourceError: It is neither.
    """
    text = device.strip()
    if text.isdecimal():
        return Path(f"/dev/video{int(text)}")
    if text.startswith("/"):
        return Path(text)
    raise SourceError(
        f"video_device {device!r} is neither an index such as 0 nor a path such as /dev/video0; "
        "a video file belongs into filename"
    )


def existing_devices() -> str:
    """Return the paths of this computer's video devices as a text."""
    return ", ".join(str(path) for path in sorted(Path("/dev").glob("video*"))) or "none"
