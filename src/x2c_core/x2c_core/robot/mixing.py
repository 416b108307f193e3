# SPDX-License-Identifier: Apache-2.0
"""Mixing of controls into joint positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.robot.piecewise import PiecewiseLines


@dataclass(frozen=True)
class Curve:
    """Effect of one control on one joint: piecewise linear, constant beyond the ends.

    Attributes:
        control: Index of the control.
        joint: Index of the joint.
        values: (n,) control values [ratio or rad], ascending.
        offsets: (n,) distances of the joint from home [rad or m].
    """

    control: int
    joint: int
    values: Array
    offsets: Array


class Mixer:
    """Add up what controls do to joints.

    Args:
        curves: Curves in any order; a joint adds up all curves that name it.
        home: (n,) positions of the joints where no curve moves them [rad or m].
    """

    def __init__(self, curves: Sequence[Curve], home: Array) -> None:
        self._home = home
        self._controls = np.array([curve.control for curve in curves], dtype=np.intp)
        self._curves = PiecewiseLines(
            [np.column_stack([curve.values, curve.offsets]) for curve in curves]
        )
        self._matrix = np.zeros((len(home), len(curves)))
        for i, curve in enumerate(curves):
            self._matrix[curve.joint, i] = 1.0

    def mix(self, values: Array) -> Array:
        """Return joint positions (..., n) [rad or m] for control values (..., 30)."""
        offsets = self._curves.at(values[..., self._controls])
        return np.asarray(self._home + (self._matrix @ offsets[..., None])[..., 0])
