# SPDX-License-Identifier: Apache-2.0
"""Images of messages as they are read from a bag."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import X2CError
from x2c_node.conversion.images import compressed_to_bgr, image_to_bgr

UNUSABLE = (X2CError, AttributeError, TypeError, ValueError, OverflowError)
"""Errors of messages whose fields hold something impossible."""


def image_in(message: Any, *, compressed: bool) -> NDArray[np.uint8]:
    """Return the image (height, width, 3) BGR of a message.

    Args:
        message: Image or CompressedImage message as rosbags reads it.
        compressed: Whether it is a CompressedImage.

    Raises:
        ImageError: It cannot be decoded; damaged messages raise any of `UNUSABLE`.
    """
    if compressed:
        return compressed_to_bgr(message)
    # Our own conversion, so that a recording gives the same values on every machine.
    return image_to_bgr(message, bridge=None)
