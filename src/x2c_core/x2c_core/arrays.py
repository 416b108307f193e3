# SPDX-License-Identifier: Apache-2.0
"""Types of arrays, for annotations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ImageArray = NDArray[np.uint8]
"""Image (height, width, 3); its documentation says whether it is BGR or RGB."""

ImageBatch = NDArray[np.uint8]
"""Images (n, height, width, 3)."""

Indices = NDArray[np.intp]

Mask = NDArray[np.bool_]
