# SPDX-License-Identifier: Apache-2.0
"""Checks of a command's inputs, before anything large is loaded or shown."""

from __future__ import annotations

from pathlib import Path

from x2c_cli.errors import MissingInputError


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
