# SPDX-License-Identifier: Apache-2.0
"""Descriptors as the tracker sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.descriptors import describe_found
from x2c_perception.tracking.tracker import DetectedFace


def seen(found: Sequence[DetectedFace]) -> NDArray[np.float64]:
    """Return the descriptors (17,) of the first face found; NaN where there is none."""
    return describe_found(found[0].landmarks if found else None)
