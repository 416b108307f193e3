# SPDX-License-Identifier: Apache-2.0
"""Offsets of head and brows that show the gestures of a speaker."""

from __future__ import annotations

import math

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_core.control_space.regions import region_mask

_BROWS_UP = 0.5
_NOD = math.radians(3.0)
_PITCH = controls.index("Head Pitch")
_BROWS = region_mask(["brows"])
_MOVED = _BROWS.copy()
_MOVED[_PITCH] = 1.0
_RAISED = _BROWS * _BROWS_UP * (controls.MAXIMUM - controls.NEUTRAL)


def gesture_layer(amounts: Array) -> ControlLayer:
    """Return the layer, which is added to whatever head and brows do.

    Args:
        amounts: (2,) amounts of raised brows and of a nod, 0 to 2; with 1 brows are raised by half
            of their way, and a nod is 3° deep.
    """
    brows, nod = np.clip(amounts, 0.0, 2.0)
    offsets = brows * _RAISED
    offsets[_PITCH] = nod * _NOD
    return ControlLayer(offsets, _MOVED, LayerMode.ADD)
