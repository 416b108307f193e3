# SPDX-License-Identifier: Apache-2.0
"""Variation of people's faces at rest, and of their expressions, in each descriptor.

Measured with the face tracker on 789 photographs of different people in the news, labelled with
seven expressions, and on ten clips of others. Only these figures were kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import Descriptor

_MEAN: dict[str, float] = {
    "eye_openness": 0.120,
    "brow_inner_height": 0.317,
    "brow_outer_height": 0.252,
    "mouth_opening": 0.004,
    "mouth_width": 0.761,
    "corner_height": -0.390,
    "upper_lip_raise": -0.250,
    "lower_lip_depress": 0.500,
    "gaze_yaw": 0.0,
    "gaze_pitch": 0.079,
    "head_yaw": 0.0,
    "head_pitch": 0.145,
    "head_roll": 0.0,
}
"""Mean over 178 faces at rest with shut mouths [interocular distances or rad]."""

_SPREAD: dict[str, float] = {
    "eye_openness": 0.028,
    "brow_inner_height": 0.043,
    "brow_outer_height": 0.037,
    "mouth_opening": 0.008,
    "mouth_width": 0.067,
    "corner_height": 0.044,
    "upper_lip_raise": 0.039,
    "lower_lip_depress": 0.056,
    "gaze_yaw": 0.150,
    "gaze_pitch": 0.066,
    "head_yaw": 0.185,
    "head_pitch": 0.109,
    "head_roll": 0.100,
}
"""Standard deviation between these faces, likewise."""

_UNITS: dict[str, float] = {
    "eye_openness": 0.029,
    "brow_inner_height": 0.027,
    "brow_outer_height": 0.027,
    "mouth_opening": 0.186,
    "mouth_width": 0.103,
    "corner_height": 0.061,
    "upper_lip_raise": 0.038,
    "lower_lip_depress": 0.147,
    "gaze_yaw": 0.137,
    "gaze_pitch": 0.077,
    "head_yaw": 0.137,
    "head_pitch": 0.085,
    "head_roll": 0.051,
}
"""Standard deviation between expressions, over all photographs less that of faces at rest, and
over the clips: their root mean square, likewise."""


def _of_each(values: Mapping[str, float]) -> Array:
    names = (one.removesuffix("_left").removesuffix("_right") for one in Descriptor)
    found = np.array([values[name] for name in names])
    found.setflags(write=False)
    return found


MEAN_NEUTRAL: Array = _of_each(_MEAN)
"""(17,) descriptors of people's mean face at rest."""

NEUTRAL_SPREAD: Array = _of_each(_SPREAD)
"""(17,) standard deviation of descriptors between people at rest."""

UNITS: Array = _of_each(_UNITS)
"""(17,) standard deviation of descriptors between expressions: the units of errors."""

IDENTITY: Array = NEUTRAL_SPREAD**2 / (NEUTRAL_SPREAD**2 + UNITS**2)
"""(17,) share of a lasting difference from the mean face that is a person's own face."""
IDENTITY.setflags(write=False)


def estimated_neutral(described: Array) -> Array:
    """Return the expected neutral face (17,) of a person, given a whole clip.

    Where the clip's median differs from people's mean face at rest, a share of that is taken as
    the person's own face and the rest as expression: as far as people in general differ by
    either. It does not depend on any calibration.

    Args:
        described: (n, 17) descriptors over the clip; NaN where there are none.
    """
    seen = described[np.isfinite(described[:, 0])]
    lasting = np.median(seen, axis=0) - MEAN_NEUTRAL
    return np.asarray(MEAN_NEUTRAL + IDENTITY * lasting)
