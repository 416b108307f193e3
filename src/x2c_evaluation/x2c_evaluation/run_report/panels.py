# SPDX-License-Identifier: Apache-2.0
"""Parts of a frame of the video: images fitted into a place, and control values as bars."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.images import theme
from x2c_core.images.theme import bgr, put_text, text_width

_NAME_SIZE = 12
_VALUE_SIZE = 11
_MARGIN = 14


@dataclass(frozen=True)
class Placement:
    """Position of an image in its panel.

    Attributes:
        x: Left edge [pixel].
        y: Upper edge [pixel].
        scale: Pixels of the panel for one of the image.
    """

    x: int
    y: int
    scale: float

    def apply(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return points (n, 2 or more) of the image [pixel] in the panel (n, 2) [pixel]."""
        inside = np.asarray(points, dtype=np.float64)[:, :2] + 0.5
        return np.asarray(inside * self.scale + (self.x, self.y) - 0.5)


def fit_image(panel: ImageArray, image: ImageArray) -> Placement:
    """Show a BGR image of any size in a panel as large as it fits, on an empty ground."""
    height, width = image.shape[:2]
    scale = min(panel.shape[1] / width, panel.shape[0] / height)
    shown_width = min(max(round(width * scale), 1), panel.shape[1])
    shown_height = min(max(round(height * scale), 1), panel.shape[0])
    x, y = (panel.shape[1] - shown_width) // 2, (panel.shape[0] - shown_height) // 2
    if shown_width < panel.shape[1] or shown_height < panel.shape[0]:
        panel[:] = bgr(theme.PANEL)
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    target = panel[y : y + shown_height, x : x + shown_width]
    target[:] = cv2.resize(image, (shown_width, shown_height), interpolation=method)
    return Placement(x, y, scale)


def show_message(panel: ImageArray, text: str) -> None:
    """Show a text in place of an image."""
    panel[:] = bgr(theme.PANEL)
    put_text(panel, text, panel.shape[1] // 2, panel.shape[0] // 2, 16, theme.FAINT, "centre")


class ControlBars:
    """The 30 control values as bars that begin at the neutral value.

    Args:
        width: Width of the panel [pixel].
        height: Height of the panel [pixel].
    """

    def __init__(self, width: int, height: int) -> None:
        names = max(text_width(name, _NAME_SIZE) for name in controls.NAMES)
        self._left = _MARGIN + 12 + names + 10
        self._right = width - _MARGIN - text_width("-1.57", _VALUE_SIZE) - 8
        gaps = len(controls.Group) - 1
        step = (height - 2 * _MARGIN) / (controls.COUNT + 0.55 * gaps)
        self._tops = np.empty(controls.COUNT, dtype=int)
        y = float(_MARGIN)
        for control in controls.CONTROLS:
            if control.index and control.group is not controls.CONTROLS[control.index - 1].group:
                y += 0.55 * step
            self._tops[control.index] = round(y)
            y += step
        self._row = int(step)
        self._neutral = self._places(controls.NEUTRAL)
        self._ground = self._draw_ground(width, height)

    def draw(self, panel: ImageArray, values: ArrayLike | None) -> None:
        """Draw values (30,) [ratio or rad] into a panel; only the ground without values."""
        panel[:] = self._ground
        if values is None:
            return
        numbers = np.asarray(values, dtype=np.float64)
        places = self._places(numbers)
        for control in controls.CONTROLS:
            top = self._tops[control.index] + 3
            bottom = self._tops[control.index] + self._row - 3
            low, high = sorted((self._neutral[control.index], places[control.index]))
            panel[top:bottom, low : high + 1] = bgr(theme.GROUP_COLOURS[control.group])
            base = self._tops[control.index] + round(0.78 * self._row)
            text = f"{numbers[control.index]:.2f}"
            end = panel.shape[1] - _MARGIN
            put_text(panel, text, end, base, _VALUE_SIZE, theme.FAINT, "right")
        self._ticks(panel)

    def _draw_ground(self, width: int, height: int) -> ImageArray:
        ground = np.empty((height, width, 3), dtype=np.uint8)
        ground[:] = bgr(theme.PANEL)
        for control in controls.CONTROLS:
            top, colour = self._tops[control.index], theme.GROUP_COLOURS[control.group]
            follows = control.index + 1 < controls.COUNT and (
                controls.CONTROLS[control.index + 1].group is control.group
            )
            end = self._tops[control.index + 1] if follows else top + self._row
            ground[top:end, _MARGIN : _MARGIN + 3] = bgr(colour)
            ground[top + 3 : top + self._row - 3, self._left : self._right] = bgr(theme.TRACK)
            base = top + round(0.78 * self._row)
            put_text(ground, control.name, self._left - 10, base, _NAME_SIZE, theme.TEXT, "right")
        self._ticks(ground)
        return ground

    def _ticks(self, panel: ImageArray) -> None:
        for top, x in zip(self._tops, self._neutral, strict=True):
            panel[top + 1 : top + self._row - 1, x : x + 2] = bgr(theme.TEXT)

    def _places(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        share = (values - controls.MINIMUM) / (controls.MAXIMUM - controls.MINIMUM)
        places = self._left + np.clip(share, 0.0, 1.0) * (self._right - self._left - 2)
        return np.asarray(np.rint(places), dtype=np.intp)
