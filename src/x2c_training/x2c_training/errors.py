# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_training."""

from x2c_core.errors import X2CError


class TrainingError(X2CError):
    """Base of every error that x2c_training raises on purpose."""


class SettingsError(TrainingError):
    """A training's settings hold an unknown key or a value that cannot be."""


class PreparationError(TrainingError):
    """A data set cannot be prepared for training."""


class CheckpointError(TrainingError):
    """A checkpoint cannot be read, or is that of another training."""


class DeviceError(TrainingError):
    """The requested device is not available."""
