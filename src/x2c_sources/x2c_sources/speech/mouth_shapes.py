# SPDX-License-Identifier: Apache-2.0
"""Shapes of a speaking mouth, and the control values that show them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.expressions import both
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import region_mask

MOUTH = region_mask(["mouth"])
"""Mask (30,) of what speech moves."""


@dataclass(frozen=True)
class MouthShape:
    """One shape of a mouth.

    Attributes:
        opening: Distance of the lips, 0 to 1.
        width: From 1, corners stretched as in "ee", to -1, rounded as in "oo".
        pressed: Pressure of the lips on each other, 0 to 1; opening is 0 then.
        teeth: Share of the way of the lower lip to the upper teeth, as in "f".
    """

    opening: float = 0.0
    width: float = 0.0
    pressed: float = 0.0
    teeth: float = 0.0

    @property
    def amounts(self) -> Array:
        """The four numbers (4,), in the order of the attributes."""
        return np.array([self.opening, self.width, self.pressed, self.teeth])


REST = MouthShape()


def _vector(**deflections: float) -> Array:
    vector = np.zeros(controls.COUNT)
    for name, deflection in both(**deflections).items():
        vector[controls.index(name)] = deflection
    return vector


_OPEN = _vector(jaw_pitch=-0.6, lip_bottom_depress=0.35, lip_top_raise=0.2)
_WIDE = _vector(lip_corner_stretch=0.5)
_ROUND = _vector(lip_corner_stretch=-0.8, lip_top_curl=0.4, lip_bottom_curl=0.4)
_PRESSED = _vector(
    lip_bottom_depress=-0.3, lip_top_raise=-0.2, lip_top_curl=-0.3, lip_bottom_curl=-0.3
)
_TEETH = _vector(lip_bottom_curl=-0.6, lip_bottom_depress=-0.2, lip_top_raise=0.2)


def mouth_layer(amounts: Array, strength: float = 1.0) -> ControlLayer:
    """Return the layer of a shape.

    Args:
        amounts: (4,) amounts as of `MouthShape.amounts`.
        strength: Size of the movements; 1 as in normal speech.
    """
    opening, width, pressed, teeth = np.clip(amounts, [0.0, -1.0, 0.0, 0.0], 1.0)
    sideways = width * _WIDE if width > 0.0 else -width * _ROUND
    deflection = opening * _OPEN + sideways + pressed * _PRESSED + teeth * _TEETH
    inside = np.clip(strength * deflection, -1.0, 1.0)
    return ControlLayer(controls.from_deflection(inside), MOUTH)
