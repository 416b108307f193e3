# SPDX-License-Identifier: Apache-2.0
"""Conversion between image messages and arrays.

cv_bridge, where it is installed, is asked for encodings that are unknown here. It is not on the
Python package index, takes longer, and refuses some: for it 8UC1, 8UC3 and 16UC1 are no colours,
whatever a driver means by them.
"""

from __future__ import annotations

import array
import sys
from typing import Any

import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from x2c_core.arrays import ImageArray
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import IMAGE_PIXELS, LimitError
from x2c_core.images.image_decoding import ImageDecodingError, decode_image
from x2c_node.conversion.headers import check_frame_id
from x2c_node.errors import ImageError, MessageError

try:
    from cv_bridge import CvBridge
except ImportError:
    CvBridge = None


_BRIDGE: Any = CvBridge() if CvBridge else None


def image_to_bgr(message: Image, bridge: Any = _BRIDGE) -> ImageArray:
    """Return the BGR image of an image message (height, width, 3).

    The image can share the message's memory: do not write into it.

    Args:
        message: The image.
        bridge: A cv_bridge.CvBridge for encodings that are unknown here, or None.

    Raises:
        ImageError: The image is empty, its encoding is unknown, its data or encoding does not
            fit its size, or a size is above its limit.
    """
    # Local: OpenCV takes 30 MB, and who only publishes images does not need it.
    from x2c_node.conversion.encodings import KNOWN, converter

    _check_size(message)
    data = np.frombuffer(message.data, dtype=np.uint8)
    # Ours first: it takes a fraction of the time, and gives the same on every machine.
    convert = converter(message.encoding)
    if convert is not None:
        return convert(message, data)
    unknown = f"unknown encoding {shown(message.encoding)}; known are {', '.join(KNOWN)}"
    if bridge is None:
        raise ImageError(unknown)
    try:
        return np.asarray(bridge.imgmsg_to_cv2(message, "bgr8"))
    except Exception as refused:
        raise ImageError(f"{unknown}; nor can cv_bridge: {refused}") from refused


def compressed_to_bgr(message: CompressedImage) -> ImageArray:
    """Return the BGR image (height, width, 3) of a compressed message (JPEG or PNG).

    Raises:
        ImageError: The data is empty or not an image, or a size is above its limit.
    """
    try:
        check_frame_id(message.header)
        return decode_image(message.data)
    except ImageDecodingError as error:
        # Shortened: a broken message may name its format at any length.
        raise ImageError(f"{error} (format {shown(message.format)}){_advice(message)}") from error
    except MessageError as error:
        raise ImageError(str(error)) from error


def _advice(message: CompressedImage) -> str:
    name = str(message.format).lower()
    if "depth" in name:
        return ": an image of depth shows no face; subscribe to the camera's colours"
    if any(codec in name for codec in ("264", "265", "hevc", "av1", "vp8", "vp9")):
        return ": packets of a video are decoded from bags only; republish it as images"
    return ""


def bgr_to_image(
    image: ImageArray, header: Header, encoding: str = "bgr8", reuse: Image | None = None
) -> Image:
    """Return an image (height, width, 3) as an image message.

    Args:
        image: (height, width, 3) of uint8.
        header: Header of the message.
        encoding: "bgr8", or "rgb8" where the image's colours are in that order.
        reuse: Earlier message that is no longer used; one of the same size is filled again and
            returned, which saves an allocation.

    Raises:
        ImageError: The array is not an image.
    """
    height, width = _image_size(image)
    if reuse is not None and (reuse.height, reuse.width, reuse.encoding) == (
        height,
        width,
        encoding,
    ):
        reuse.header = header
        np.frombuffer(reuse.data, dtype=np.uint8).reshape(image.shape)[:] = image
        return reuse
    # rclpy checks a list or bytes element by element; an array it takes as it is.
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(image).data.cast("B"))
    return Image(
        header=header,
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(sys.byteorder == "big"),
        step=width * 3,
        data=data,
    )


def bgr_to_jpeg(image: ImageArray, header: Header, quality: int = 90) -> CompressedImage:
    """Return a BGR image (height, width, 3) as a JPEG message.

    Raises:
        ImageError: The array is not an image, or cannot be encoded.
    """
    # Local, as above.
    import cv2

    _image_size(image)
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ImageError(f"cannot encode an image of shape {image.shape} as JPEG")
    data = array.array("B")
    data.frombytes(encoded.tobytes())
    return CompressedImage(header=header, format="bgr8; jpeg compressed bgr8", data=data)


def _image_size(image: ImageArray) -> tuple[int, int]:
    if image.ndim != 3 or image.shape[2] != 3 or not image.size or image.dtype != np.uint8:
        raise ImageError(
            f"expected (height, width, 3) of uint8, got {image.shape} of {image.dtype}"
        )
    return image.shape[0], image.shape[1]


def _check_size(message: Image) -> None:
    pixels = f"{message.width} x {message.height}"
    if message.height == 0 or message.width == 0:
        raise ImageError(f"the image is empty: {pixels} pixels")
    try:
        check_frame_id(message.header)
        IMAGE_PIXELS.check(int(message.width) * int(message.height), f"an image of {pixels} has")
    except (LimitError, MessageError) as error:
        raise ImageError(str(error)) from error
