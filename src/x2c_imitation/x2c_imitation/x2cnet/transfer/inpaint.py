# SPDX-License-Identifier: Apache-2.0
"""Guess what an image does not show from what it shows around."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.float32]


def fill_unknown(layer: Layer, known: Layer) -> Layer:
    """Return a layer (h, w, 3) whose unknown pixels go on smoothly from the known ones.

    Args:
        layer: Any image.
        known: (h, w) how far each pixel is known, 0 to 1.
    """
    found = layer * known[:, :, None]
    weight = known.copy()
    filled, trust = found.copy(), weight.copy()
    sigma = 1.0
    while sigma < max(layer.shape[:2]):
        smooth = cv2.GaussianBlur(found, (0, 0), sigma)
        share = cv2.GaussianBlur(weight, (0, 0), sigma)
        more = np.clip(1.0 - trust, 0.0, 1.0) * np.clip(4.0 * share, 0.0, 1.0)
        mean = smooth / np.maximum(share, 1e-6)[:, :, None]
        filled += more[:, :, None] * mean
        trust += more
        sigma *= 2.0
    return np.asarray(filled / np.maximum(trust, 1e-6)[:, :, None], dtype=np.float32)
