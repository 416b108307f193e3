# SPDX-License-Identifier: Apache-2.0
"""Choice of a camera source among those of installed packages."""

from __future__ import annotations

import os
from pathlib import Path

from x2c_core.sources.camera_source import CAMERA_SOURCES, CameraSource
from x2c_core.sources.source import SourceError

_DEVICE = "video_device"


def choose_source_class(video_device: str, filename: str = "") -> tuple[type[CameraSource], str]:
    """Return the class of a source, and the text that it is made from.

    Args:
        video_device: Index or path of a camera; unused if a filename is given.
        filename: Video, image, folder of images, bag, or NAME or NAME:TEXT with the name of a
            source; "" for the camera.

    Raises:
        SourceError: There is no such file, it cannot be read, or no source accepts it.
        RegistryError: The source of this name cannot be used.
    """
    if not filename:
        return CAMERA_SOURCES.load(_DEVICE), video_device
    try:
        return CAMERA_SOURCES.choose(filename)
    except SourceError:
        _check_file(Path(filename).expanduser())
        raise


def choose_source(video_device: str, filename: str = "") -> CameraSource:
    """Return the source with default options, not yet opened.

    Args:
        video_device: As for `choose_source_class`.
        filename: As for `choose_source_class`.

    Raises:
        SourceError: There is no such file, it cannot be read, or no source accepts it.
        RegistryError: The source of this name cannot be used.
    """
    cls, text = choose_source_class(video_device, filename)
    return CAMERA_SOURCES.make(cls, text, cls.Options())


def _check_file(path: Path) -> None:
    """Refuse a file that no source can read, with the reason."""
    if not path.exists():
        raise SourceError(f"there is no file {path.absolute()}; {CAMERA_SOURCES.expected()}")
    if not (path.is_file() or path.is_dir()):
        raise SourceError(
            f"{path} is a device or a pipe, not a file; give a camera as video_device"
        )
    if not os.access(path, os.R_OK):
        raise SourceError(f"no permission to read {path}")
    if path.is_file() and path.stat().st_size == 0:
        raise SourceError(f"{path} is empty (0 bytes); {CAMERA_SOURCES.expected()}")
