# SPDX-License-Identifier: Apache-2.0
"""Encodings of image messages: those of `sensor_msgs`, and what drivers publish besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from sensor_msgs.msg import Image

from x2c_core.arrays import ImageArray
from x2c_node.errors import ImageError


@dataclass(frozen=True)
class _Packed:
    """Pixels one after the other.

    Attributes:
        numbers: Numbers of a pixel.
        size: Bytes of a number.
        conversion: OpenCV's conversion of 8 bits to BGR; None if it is BGR.
        bits: Bits of a number that are used; 0 to find out from the values.
    """

    numbers: int
    size: int
    conversion: int | None
    bits: int = 8

    def image(self, message: Image, data: ImageArray) -> ImageArray:
        """Return the BGR image of a message with these bytes (n,)."""
        rows = _rows(message, data, message.width * self.numbers * self.size)
        numbers = rows.reshape(message.height, -1)
        if self.size == 2:
            order = ">u2" if message.is_bigendian else "<u2"
            wide = np.ascontiguousarray(numbers).view(order)
            numbers = np.minimum(wide >> (self.bits or _bits(wide)) - 8, 255).astype(np.uint8)
        pixels = numbers.reshape(message.height, message.width, self.numbers)
        return _converted(message, np.ascontiguousarray(pixels), self.conversion)


@dataclass(frozen=True)
class _Planes:
    """A plane of brightness, then colours at half the width and height.

    Attributes:
        conversion: OpenCV's conversion to BGR.
        paired: Whether both colours are in one plane, in pairs, rather than in two.
    """

    conversion: int
    paired: bool

    def image(self, message: Image, data: ImageArray) -> ImageArray:
        """Return the BGR image of a message with these bytes (n,)."""
        width, height, step = message.width, message.height, message.step
        if 2 * step == 3 * width:
            # The mean size of a pixel times the width: rows are not padded.
            step = width
        if step < width:
            raise ImageError(
                f"step is {step}, but a row of {width} {message.encoding} pixels has {width} bytes"
            )
        if height % 3 == 0 and data.size < step * height * 3 // 2:
            # The height is that of all planes, as OpenCV counts it.
            height = height * 2 // 3
        if width % 2 or height % 2:
            raise ImageError(
                f"cannot convert {message.encoding} of {width} x {height} pixels: "
                "expected an even width and height"
            )
        if data.size < step * height * 3 // 2:
            raise ImageError(
                f"the image is truncated: {data.size} bytes, expected {step * height * 3 // 2}"
            )
        light = data[: step * height].reshape(height, step)[:, :width]
        rest = data[step * height : step * height * 3 // 2]
        if self.paired:
            colours = rest.reshape(height // 2, step)[:, :width]
        elif step % 2:
            raise ImageError(f"cannot convert {message.encoding} with a step of {step}")
        else:
            colours = rest.reshape(height, step // 2)[:, : width // 2]
        planes = np.concatenate([light.ravel(), colours.ravel()]).reshape(-1, width)
        return _converted(message, planes, self.conversion)


_BAYER = {
    "rggb": cv2.COLOR_BayerBG2BGR,
    "bggr": cv2.COLOR_BayerRG2BGR,
    "gbrg": cv2.COLOR_BayerGR2BGR,
    "grbg": cv2.COLOR_BayerGB2BGR,
}

_GREY = cv2.COLOR_GRAY2BGR

_ENCODINGS: Mapping[str, _Packed | _Planes] = {
    "bgr8": _Packed(3, 1, None),
    "rgb8": _Packed(3, 1, cv2.COLOR_RGB2BGR),
    "bgra8": _Packed(4, 1, cv2.COLOR_BGRA2BGR),
    "rgba8": _Packed(4, 1, cv2.COLOR_RGBA2BGR),
    "mono8": _Packed(1, 1, _GREY),
    "8UC1": _Packed(1, 1, _GREY),
    "8UC3": _Packed(3, 1, None),
    "8UC4": _Packed(4, 1, cv2.COLOR_BGRA2BGR),
    "mono10": _Packed(1, 2, _GREY, 10),
    "mono12": _Packed(1, 2, _GREY, 12),
    "mono16": _Packed(1, 2, _GREY, 0),
    "16UC1": _Packed(1, 2, _GREY, 0),
    "16UC3": _Packed(3, 2, None, 0),
    "bgr16": _Packed(3, 2, None, 0),
    "rgb16": _Packed(3, 2, cv2.COLOR_RGB2BGR, 0),
    "bgra16": _Packed(4, 2, cv2.COLOR_BGRA2BGR, 0),
    "rgba16": _Packed(4, 2, cv2.COLOR_RGBA2BGR, 0),
    "uyvy": _Packed(2, 1, cv2.COLOR_YUV2BGR_UYVY),
    "yuv422": _Packed(2, 1, cv2.COLOR_YUV2BGR_UYVY),
    "yuyv": _Packed(2, 1, cv2.COLOR_YUV2BGR_YUY2),
    "yuy2": _Packed(2, 1, cv2.COLOR_YUV2BGR_YUY2),
    "yuv422_yuy2": _Packed(2, 1, cv2.COLOR_YUV2BGR_YUY2),
    "yvyu": _Packed(2, 1, cv2.COLOR_YUV2BGR_YVYU),
    **{f"bayer_{name}8": _Packed(1, 1, code) for name, code in _BAYER.items()},
    **{f"bayer_{name}16": _Packed(1, 2, code, 0) for name, code in _BAYER.items()},
    "nv12": _Planes(cv2.COLOR_YUV2BGR_NV12, paired=True),
    "nv21": _Planes(cv2.COLOR_YUV2BGR_NV21, paired=True),
    **dict.fromkeys(
        ("i420", "yu12", "yuv420", "yuv420p"), _Planes(cv2.COLOR_YUV2BGR_I420, paired=False)
    ),
    "yv12": _Planes(cv2.COLOR_YUV2BGR_YV12, paired=False),
}

KNOWN = tuple(_ENCODINGS)
"""Names of the encodings that are converted."""

_BY_LOWER = {name.lower(): encoding for name, encoding in _ENCODINGS.items()}


def converter(encoding: str) -> Callable[[Image, ImageArray], ImageArray] | None:
    """Return the conversion of a message and its bytes (n,) to BGR; None if it is unknown.

    The conversion raises ImageError if the bytes do not fit the message's size.
    """
    found = _BY_LOWER.get(encoding.lower())
    return None if found is None else found.image


def _bits(numbers: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> int:
    """Return how many bits are used: cameras of 10 and 12 bits leave the upper ones empty."""
    highest = int(numbers.max(initial=0))
    return 10 if highest < 1 << 10 else 12 if highest < 1 << 12 else 16


def _rows(message: Image, data: ImageArray, row: int) -> ImageArray:
    """Return the bytes of an image without the padding at the ends of its rows."""
    if message.step < row:
        raise ImageError(
            f"step is {message.step}, but a row of {message.width} {message.encoding} pixels "
            f"has {row} bytes"
        )
    size = message.step * message.height
    if data.size < size:
        raise ImageError(
            f"the image is truncated: {data.size} bytes, "
            f"expected {message.height} rows of {message.step}"
        )
    return data[:size].reshape(message.height, message.step)[:, :row]


def _converted(message: Image, pixels: ImageArray, conversion: int | None) -> ImageArray:
    if conversion is None:
        return pixels
    try:
        return np.asarray(cv2.cvtColor(pixels, conversion), dtype=np.uint8)
    except cv2.error as error:
        raise ImageError(
            f"cannot convert {message.encoding} of {message.width} x {message.height} pixels: "
            f"{error.err}"
        ) from error
