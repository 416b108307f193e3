# SPDX-License-Identifier: Apache-2.0
"""Addresses of calibration files, as camera drivers of ROS take them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ament_index_python import PackageNotFoundError, get_package_share_path

from x2c_perception.errors import CameraCalibrationError

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def calibration_path(url: str, camera_name: str) -> Path:
    """Return the path of a calibration file.

    Args:
        url: file:///path, package://PACKAGE/path, or a path; ${NAME} stands for the camera's name
            and ${ROS_HOME} for ROS's folder of the user.
        camera_name: Name of the camera.

    Raises:
        CameraCalibrationError: The address is of another kind, or names a package or a variable
            that is not there.
    """
    text = _VARIABLE.sub(lambda found: _value(url, found[1], camera_name), url)
    parts = urlsplit(text)
    path = unquote(parts.path)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(path)
    if parts.scheme == "package":
        return _share(url, parts.netloc) / path.lstrip("/")
    if not parts.scheme:
        return Path(text).expanduser()
    raise CameraCalibrationError(
        f"camera_info_url {url!r}: expected file:///absolute/path/to/calibration.yaml, "
        "package://PACKAGE/path, or a path"
    )


def _value(url: str, variable: str, camera_name: str) -> str:
    if variable == "NAME":
        return camera_name
    if variable == "ROS_HOME":
        return os.environ.get("ROS_HOME") or str(Path.home() / ".ros")
    raise CameraCalibrationError(
        f"camera_info_url {url!r}: expected ${{NAME}} or ${{ROS_HOME}}, got ${{{variable}}}"
    )


def _share(url: str, package: str) -> Path:
    try:
        return get_package_share_path(package)
    except (PackageNotFoundError, ValueError) as error:
        raise CameraCalibrationError(
            f"camera_info_url {url!r}: there is no package {package!r} in this environment; "
            "source its workspace, or give the file's path"
        ) from error
