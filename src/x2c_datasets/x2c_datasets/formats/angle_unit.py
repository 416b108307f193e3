# SPDX-License-Identifier: Apache-2.0
"""Unit of the angles of a file, degrees or radians: as stated, or as the data show."""

from __future__ import annotations

import enum

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Unit


class FileAngleUnit(enum.StrEnum):
    """Unit of the angles in a file."""

    DEGREES = "degrees"
    RADIANS = "radians"


_ANGLES = [control.index for control in controls.CONTROLS if control.unit is Unit.RADIAN]
_LARGEST = 2.5
"""No angle control goes so far in radians; in degrees any visible motion does."""
_SHARE = 0.95
"""Of the rows, which may not be decided by a few bad ones."""


def find_unit(values: Array) -> tuple[FileAngleUnit, str]:
    """Return the unit that the angles in values (n, 30) are in, and the reason in one sentence."""
    largest = np.abs(values[:, _ANGLES]).max(axis=1) if len(values) else np.zeros(1)
    high = float(np.quantile(largest, _SHARE))
    if high > _LARGEST:
        return FileAngleUnit.DEGREES, (
            f"angles taken as degrees: they reach {high:.1f}, and no control turns so far in "
            "radians"
        )
    return FileAngleUnit.RADIANS, (
        f"angles taken as radians: in {_SHARE:.0%} of the rows none passes {high:.2f}, and a face "
        "that moves in degrees does"
    )


def to_radians(values: Array, unit: FileAngleUnit) -> Array:
    """Return values (n, 30) [ratio or rad] from values whose angles are in the given unit."""
    return controls.from_upstream(values) if unit is FileAngleUnit.DEGREES else values
