# SPDX-License-Identifier: Apache-2.0
"""Checks of a command's inputs and outputs, before anything large is loaded or shown."""

from __future__ import annotations

from pathlib import Path

from x2c_cli.errors import MissingInputError
from x2c_core.errors import OutputError


def check_exists(what: str, path: Path | str | None) -> None:
    """Refuse a path of the user's that is not there.

    Args:
        what: Name of the input, such as "video" or "data set at".
        path: Path; None or empty if it was not given.

    Raises:
        MissingInputError: There is no such file or folder.
    """
    if path and not Path(path).expanduser().exists():
        raise MissingInputError(f"there is no {what} {path}: no such file or folder")


def check_recording(text: str) -> None:
    """Refuse a recording that is neither there nor named by a camera source.

    Args:
        text: Path, or "NAME" or "NAME:TEXT" with the name of a source.

    Raises:
        MissingInputError: There is no such file or folder.
    """
    from x2c_core.sources.camera_source import CAMERA_SOURCES

    if not CAMERA_SOURCES.names_one(text):
        check_exists("video", text)


def check_video_output(option: str, path: Path) -> None:
    """Refuse the name of a video that cannot be written.

    Args:
        option: Option with the name.
        path: Path of the video.

    Raises:
        OutputError: It does not end with .mp4, or its folder is not there.
    """
    if path.suffix.lower() != ".mp4":
        raise OutputError(f"{option}: expected a name that ends with .mp4, got {path}")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{option}: there is no folder {path.absolute().parent}")
