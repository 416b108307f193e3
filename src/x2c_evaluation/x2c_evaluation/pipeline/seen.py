# SPDX-License-Identifier: Apache-2.0
"""Descriptors as the tracker sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import LandmarkError
from x2c_core.face.descriptors import Descriptor, describe
from x2c_perception.tracking.tracker import DetectedFace

Array = NDArray[np.float64]


def seen(found: Sequence[DetectedFace]) -> Array:
    """Return the descriptors (17,) of the first face found; NaN where there is none."""
    try:
        if found:
            return describe(found[0].landmarks)
    except LandmarkError:
        pass
    return np.full(len(Descriptor), np.nan)
