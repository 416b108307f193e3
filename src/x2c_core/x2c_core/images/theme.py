# SPDX-License-Identifier: Apache-2.0
"""Colours and lettering that the video and the report's figure share."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from x2c_core.arrays import ImageArray
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import ControlState, FaceState

Colour = tuple[int, int, int]


@functools.cache
def bgr(code: str) -> Colour:
    """Return a colour "#rrggbb" in OpenCV's order."""
    red, green, blue = (int(code[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red


GROUP_COLOURS: dict[Group, str] = {
    Group.BROW: "#f2a154",
    Group.EYELID: "#e0c04a",
    Group.GAZE: "#3fb8af",
    Group.HEAD: "#5a8dee",
    Group.MOUTH: "#ee5d6c",
    Group.NECK: "#9a7bea",
    Group.NOSE: "#6cc070",
}

BACKGROUND = "#0e1116"
PANEL = "#161b22"
TRACK = "#2a313b"
TEXT = "#e8ecf1"
FAINT = "#8b95a3"

FACE_COLOURS: dict[FaceState, str] = {FaceState.TRACKING: "#4cc38a", FaceState.LOST: "#ee5d6c"}
CONTROL_COLOURS: dict[ControlState, str] = {
    ControlState.TRACKING: "#4cc38a",
    ControlState.HOLDING: "#e0a43a",
    ControlState.NEUTRAL: "#8b95a3",
}


def fill(image: ImageArray, colour: str) -> None:
    """Fill a BGR image (height, width, 3) with a colour "#rrggbb"."""
    # Row by row, as numpy takes fifty times as long for pixel by pixel.
    image[:] = np.tile(np.array(bgr(colour), dtype=np.uint8), (image.shape[1], 1))


@functools.lru_cache(maxsize=8192)
def _mask(text: str, size: float) -> tuple[int, int, NDArray[np.uint16]]:
    font = _font(size)
    left, top, right, bottom = (round(one) for one in font.getbbox(text, anchor="ls"))
    image = Image.new("L", (max(right - left, 1) + 1, max(bottom - top, 1) + 1))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255, anchor="ls")
    return left, top, np.asarray(image, dtype=np.uint16)[:, :, None]


@functools.cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@functools.lru_cache(maxsize=8192)
def text_width(text: str, size: float) -> int:
    """Return how wide a text is [pixel]."""
    return round(_font(size).getlength(text))


def put_text(
    image: ImageArray, text: str, x: int, y: int, size: float, colour: str, align: str = "left"
) -> None:
    """Write a text into a BGR image (height, width, 3); what does not fit in is left out.

    Args:
        image: Image to write into.
        text: One line.
        x: Its left end, right end or middle, as aligned [pixel].
        y: Its base line [pixel].
        size: Height of the letters [pixel].
        colour: "#rrggbb".
        align: "left", "right" or "centre".
    """
    if not text:
        return
    left, top, mask = _mask(text, size)
    width = text_width(text, size)
    x += left - {"left": 0, "right": width, "centre": width // 2}[align]
    y += top
    height, width = mask.shape[:2]
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + width, image.shape[1]), min(y + height, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    share = mask[y0 - y : y1 - y, x0 - x : x1 - x]
    under = image[y0:y1, x0:x1]
    ink = np.array(bgr(colour), dtype=np.uint16)
    image[y0:y1, x0:x1] = ((under * (255 - share) + ink * share) // 255).astype(np.uint8)
