# SPDX-License-Identifier: Apache-2.0
"""Descriptors as the tracker sees them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import LandmarkError
from x2c_core.face.descriptors import Descriptor, describe
from x2c_perception.tracking.tracker import DetectedFace

Array = NDArray[np.float64]


def described(landmarks: Array | None) -> Array:
    """Return the descriptors (17,) of landmarks (478, 3); NaN for None or no face."""
    if landmarks is not None:
        with suppress(LandmarkError):
            return describe(landmarks)
    return np.full(len(Descriptor), np.nan)


def seen(found: Sequence[DetectedFace]) -> Array:
    """Return the descriptors (17,) of the first face found; NaN where there is none."""
    return described(found[0].landmarks if found else None)
