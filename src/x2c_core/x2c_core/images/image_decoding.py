# SPDX-License-Identifier: Apache-2.0
"""Decoding of image files and of their bytes, bounded by what their headers state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageArray
from x2c_core.errors import CoreError
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import IMAGE_PIXELS, RECORD_BYTES, LimitError
from x2c_core.files.regular_files import read_bytes
from x2c_core.images.exif import exif_orientation
from x2c_core.images.image_header import image_size


class ImageDecodingError(CoreError):
    """Bytes or a file are no image that can be decoded, or too large a one."""


def decode_image(data: bytes | bytearray | memoryview | NDArray[np.uint8]) -> ImageArray:
    """Return the BGR image (height, width, 3) in the bytes of an image file, upright.

    Raises:
        ImageDecodingError: The bytes are no image, are damaged, or have more pixels than the
            limit.
    """
    # Local: OpenCV takes 30 MB.
    import cv2

    encoded = np.frombuffer(data, dtype=np.uint8)
    size = image_size(encoded.data)
    if size is None:
        raise ImageDecodingError(f"{encoded.size} bytes are no image; expected JPEG or PNG")
    width, height = size
    try:
        IMAGE_PIXELS.check(width * height, f"an image of {width} x {height} has")
        orientation = exif_orientation(encoded.data)
        ours = cv2.IMREAD_IGNORE_ORIENTATION if orientation is not None else 0
        image = cv2.imdecode(encoded, cv2.IMREAD_COLOR | ours)
    except LimitError as error:
        raise ImageDecodingError(str(error)) from error
    except (cv2.error, MemoryError) as error:
        raise ImageDecodingError(
            f"an image of {width} x {height} cannot be decoded: it is damaged"
        ) from error
    # OpenCV's type hints do not say that it returns None where it fails.
    if image is None:
        raise ImageDecodingError(
            f"an image of {width} x {height} is damaged, or of a kind that OpenCV does not read"
        )
    decoded = np.asarray(image, dtype=np.uint8)
    return decoded if orientation is None else orientation.upright(decoded)


def read_image(path: Path) -> ImageArray:
    """Return the BGR image (height, width, 3) in a file.

    Raises:
        ImageDecodingError: The path leads to no regular file, or the file is no image, is damaged
            or too large.
    """
    try:
        data = read_bytes(path, RECORD_BYTES)
    except LimitError as error:
        raise ImageDecodingError(str(error)) from error
    except OSError as error:
        raise ImageDecodingError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        return decode_image(data)
    except ImageDecodingError as error:
        raise ImageDecodingError(f"{path}: {mistaken_content(path) or error}") from error
