# SPDX-License-Identifier: Apache-2.0
"""A layer of control values: what one source of expressions asks of some controls."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from x2c_core.control_space.controls import Values


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
    """

    values: Values
    mask: Values
    mode: LayerMode = LayerMode.OVERRIDE

    @property
    def empty(self) -> bool:
        """True if the layer asks for nothing: its source lets go."""
        return not np.any(self.mask)
