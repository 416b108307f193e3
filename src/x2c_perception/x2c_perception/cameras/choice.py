# SPDX-License-Identifier: Apache-2.0
"""Which source belongs to what the user asked for."""

from __future__ import annotations

import os
from pathlib import Path

from x2c_perception.cameras.base import CameraSource
from x2c_perception.cameras.image_files import ImageSequence, StillImage, is_image
from x2c_perception.cameras.video_device import CaptureRequest, VideoDevice
from x2c_perception.cameras.video_file import VideoFile
from x2c_perception.errors import SourceError

PERFORMER = "performer"
"""The filename that stands for the performer who comes with the package."""

_NOTHING_ASKED = CaptureRequest()


def choose_source(
    video_device: str, filename: str = "", request: CaptureRequest = _NOTHING_ASKED
) -> CameraSource:
    """Return the source, not yet opened.

    Args:
        video_device: Index or path of a camera; not looked at where a filename is given.
        filename: Video, picture, folder of pictures, or "performer"; "" for the camera.
        request: What a camera is asked for.

    Raises:
        SourceError: There is no such file, it cannot be read, or it is of no use.
    """
    if not filename:
        return VideoDevice(video_device, request)
    if filename == PERFORMER:
        # Only here, since nothing else of the package needs the performer.
        from x2c_perception.performer import performer_video

        return VideoFile(performer_video())
    path = Path(filename).expanduser()
    if path.is_dir():
        return ImageSequence(path)
    _check_file(path)
    if is_image(path):
        return StillImage(path)
    return VideoFile(path)


def _check_file(path: Path) -> None:
    expected = f"expected a video, a picture, a folder of pictures, or {PERFORMER!r}"
    if not path.exists():
        raise SourceError(f"there is no file {path.absolute()}; {expected}")
    if not path.is_file():
        raise SourceError(
            f"{path} is a device or a pipe, not a file; give a camera as video_device"
        )
    if not os.access(path, os.R_OK):
        raise SourceError(f"no permission to read {path}")
    if path.stat().st_size == 0:
        raise SourceError(f"{path} is empty (0 bytes); {expected}")
