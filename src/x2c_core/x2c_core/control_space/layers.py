# SPDX-License-Identifier: Apache-2.0
"""A layer of control values: what one source of expressions asks of some controls."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Values
from x2c_core.errors import ControlError


class LayerMode(enum.IntEnum):
    """Effect of a layer on the face below it; numbers as in `x2c_msgs/ControlLayer`."""

    OVERRIDE = 0
    ADD = 1


@dataclass(frozen=True)
class ControlLayer:
    """Control values of one source with a mask.

    Attributes:
        values: (30,) finite values, or with `LayerMode.ADD` offsets [ratio or rad].
        mask: (30,) how strongly each control is asked for, 0 to 1.
        mode: Way in which the layer changes the face below it.

    Raises:
        ControlError: Values or mask are not 30 numbers, or the mask is not from 0 to 1.
    """

    values: Values
    mask: Values
    mode: LayerMode = LayerMode.OVERRIDE

    def __post_init__(self) -> None:
        """Refuse what no face can be mixed with."""
        object.__setattr__(self, "values", controls.vector(self.values))
        mask = np.array(self.mask, dtype=np.float64)
        if mask.shape != (controls.COUNT,):
            raise ControlError(f"expected a mask of {controls.COUNT}, got shape {mask.shape}")
        # Not "any outside": NaN is neither outside nor inside.
        bad = np.flatnonzero(~((mask >= 0.0) & (mask <= 1.0)))
        if bad.size:
            named = ", ".join(f"{controls.NAMES[i]}={mask[i]}" for i in bad)
            raise ControlError(f"masks must be from 0 to 1, got {named}")
        object.__setattr__(self, "mask", mask)

    @classmethod
    def nothing(cls) -> ControlLayer:
        """Return the layer that asks for nothing: its source lets go."""
        return cls(controls.NEUTRAL, np.zeros(controls.COUNT))

    @property
    def empty(self) -> bool:
        """True if the layer asks for nothing: its source lets go."""
        return not np.any(self.mask)
