# SPDX-License-Identifier: Apache-2.0
"""ARKit's 52 blendshapes and a head pose, as one vector."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from x2c_core.arrays import Array

_SIDED = """
eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide
mouthSmile mouthFrown mouthDimple mouthStretch mouthPress mouthLowerDown mouthUpperUp
browDown browOuterUp cheekSquint noseSneer
"""
_SINGLE = """
jawForward jawLeft jawRight jawOpen
mouthClose mouthFunnel mouthPucker mouthLeft mouthRight
mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper
browInnerUp cheekPuff tongueOut
"""

SHAPES: tuple[str, ...] = (
    *(f"{name}{side}" for name in _SIDED.split() for side in ("Left", "Right")),
    *_SINGLE.split(),
)
"""Names of ARKit's blendshapes; left and right are the person's own. Values are 0 to 1."""

POSES: tuple[str, ...] = ("headYaw", "headPitch", "headRoll")
"""Angles of the head [rad], in the convention of the control space."""

INPUTS: tuple[str, ...] = (*SHAPES, *POSES)
"""Names of the entries of a vector of shapes (55,)."""

_INDEX = {name: index for index, name in enumerate(INPUTS)}
_FOLDED = {name.casefold(): name for name in SHAPES}
_SIDE = re.compile(r"_([lr])$")
_LARGEST_ANGLE = np.pi


def shape_vector(values: Mapping[str, float]) -> Array:
    """Return a vector of shapes (55,); those not given are NaN.

    Shapes are clipped to 0 to 1, angles to half a turn.

    Args:
        values: Values by names of `INPUTS`.
    """
    vector = np.full(len(INPUTS), np.nan)
    for name, value in values.items():
        vector[_INDEX[name]] = value
    count = len(SHAPES)
    vector[:count] = np.clip(vector[:count], 0.0, 1.0)
    vector[count:] = np.clip(vector[count:], -_LARGEST_ANGLE, _LARGEST_ANGLE)
    return vector


def shape_name(text: str) -> str | None:
    """Return the name of a blendshape as programs write it; None if it is none.

    Args:
        text: Name such as jawOpen, JawOpen, mouthSmile_L or mouthSmileLeft.
    """
    side = {"l": "left", "r": "right"}
    return _FOLDED.get(_SIDE.sub(lambda found: side[found[1]], text.casefold()))
