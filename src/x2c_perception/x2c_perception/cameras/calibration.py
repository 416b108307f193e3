# SPDX-License-Identifier: Apache-2.0
"""A camera's calibration, from the YAML files that ROS calibration tools write."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from x2c_core.files.bounded_yaml import YAMLTextError, load_yaml_file
from x2c_core.files.entries import shown
from x2c_core.sources.camera_source import CameraIntrinsics
from x2c_perception.cameras.calibration_url import calibration_path
from x2c_perception.errors import CameraCalibrationError

_DISTORTION_COUNTS = {
    "plumb_bob": (4, 5),
    "rational_polynomial": (8, 12, 14),
    "equidistant": (4,),
}

_WITHOUT_POINT = re.compile(r"[-+]?\d+[eE][-+]?\d+")
"""Number such as 1e-05, which drivers write, and which is a text in YAML 1.1."""


def load_calibration(url: str, camera_name: str = "camera") -> CameraIntrinsics:
    """Return the calibration at an address or path.

    Args:
        url: Address as `calibration_path` takes it.
        camera_name: Name of the camera.

    Raises:
        CameraCalibrationError: There is no such file, or it is no calibration.
    """
    path = calibration_path(url, camera_name)
    try:
        content = load_yaml_file(path)
    except YAMLTextError as error:
        raise CameraCalibrationError(f"camera_info_url: {path} is not YAML: {error}") from error
    except (OSError, ValueError) as error:
        raise CameraCalibrationError(f"camera_info_url: cannot read {path}: {error}") from error
    try:
        return _parse(content)
    except CameraCalibrationError as error:
        raise CameraCalibrationError(
            f"camera_info_url: {path}: {error}; expected a file as of camera_calibration"
        ) from error


def _parse(content: Any) -> CameraIntrinsics:
    if not isinstance(content, Mapping):
        raise CameraCalibrationError("it holds no mapping")
    model = content.get("distortion_model", "plumb_bob")
    if not isinstance(model, str) or model not in _DISTORTION_COUNTS:
        known = ", ".join(_DISTORTION_COUNTS)
        raise CameraCalibrationError(f"unknown distortion_model {shown(model)}; known are {known}")
    return CameraIntrinsics(
        width=_size(content, "image_width"),
        height=_size(content, "image_height"),
        distortion_model=model,
        d=_numbers(content, "distortion_coefficients", _DISTORTION_COUNTS[model]),
        k=_numbers(content, "camera_matrix", (9,)),
        r=_numbers(content, "rectification_matrix", (9,)),
        p=_numbers(content, "projection_matrix", (12,)),
    )


def _size(content: Mapping[str, Any], key: str) -> int:
    value = content.get(key)
    if type(value) is not int or value <= 0:
        raise CameraCalibrationError(f"{key} must be a positive integer, got {shown(value)}")
    return value


def _numbers(content: Mapping[str, Any], key: str, counts: tuple[int, ...]) -> tuple[float, ...]:
    section = content.get(key)
    data = section.get("data") if isinstance(section, Mapping) else None
    if isinstance(data, list):
        data = [float(x) if _is_number(x) else x for x in data]
    if (
        not isinstance(data, list)
        or len(data) not in counts
        or not all(type(x) in (int, float) and math.isfinite(x) for x in data)
    ):
        expected = " or ".join(map(str, counts))
        raise CameraCalibrationError(
            f"{key}: data must be {expected} finite numbers, got {shown(data)}"
        )
    return tuple(float(x) for x in data)


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and _WITHOUT_POINT.fullmatch(value) is not None
