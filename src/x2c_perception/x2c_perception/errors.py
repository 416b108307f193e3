# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_perception."""

from x2c_core.errors import X2CError


class PerceptionError(X2CError):
    """Base of every error that x2c_perception raises on purpose."""


class CameraCalibrationError(PerceptionError):
    """A camera's calibration file cannot be used."""


class TrackerError(PerceptionError):
    """The face tracker cannot be made, or cannot work on an image."""


class PersonError(PerceptionError):
    """A person's saved neutral face cannot be read or written."""
