# SPDX-License-Identifier: Apache-2.0
"""Where pictures come from: devices, video files, pictures."""

from x2c_perception.cameras.base import CameraSource, ImageArray
from x2c_perception.cameras.choice import choose_source

__all__ = ["CameraSource", "ImageArray", "choose_source"]
