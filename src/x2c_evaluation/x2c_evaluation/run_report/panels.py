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
from x2c_core.images.theme import bgr, fill, put_text

_NAME_SIZE = 12
_VALUE_SIZE = 10
_MARGIN = 14
_LINE = 15
"""Height of a line of text [pixel]."""

_SPACE = 0.5
"""Space between groups of controls, as a share of a column."""


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
        fill(panel, theme.PANEL)
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    target = panel[y : y + shown_height, x : x + shown_width]
    target[:] = cv2.resize(image, (shown_width, shown_height), interpolation=method)
    return Placement(x, y, scale)


def show_message(panel: ImageArray, text: str) -> None:
    """Show a text in place of an image."""
    fill(panel, theme.PANEL)
    put_text(panel, text, panel.shape[1] // 2, panel.shape[0] // 2, 16, theme.FAINT, "centre")


class ControlBars:
    """The 30 control values as columns that begin at the neutral value, by group.

    Args:
        width: Width of the panel [pixel].
        height: Height of the panel [pixel].
    """

    def __init__(self, width: int, height: int) -> None:
        groups = len(controls.Group)
        step = (width - 2 * _MARGIN) / (controls.COUNT + _SPACE * (groups - 1))
        self._lefts = np.empty(controls.COUNT, dtype=int)
        x = float(_MARGIN)
        for control in controls.CONTROLS:
            if control.index and control.group is not controls.CONTROLS[control.index - 1].group:
                x += _SPACE * step
            self._lefts[control.index] = round(x)
            x += step
        self._column = int(step)
        self._top = _MARGIN
        self._bottom = height - _MARGIN - 2 * _LINE
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
            left, right = self._bar(control.index)
            low, high = sorted((self._neutral[control.index], places[control.index]))
            panel[low : high + 1, left:right] = bgr(theme.GROUP_COLOURS[control.group])
            text, middle = f"{numbers[control.index]:.2f}", (left + right) // 2
            base = self._bottom + _LINE
            put_text(panel, text, middle, base, _VALUE_SIZE, theme.FAINT, "centre")
        self._ticks(panel)

    def _bar(self, index: int) -> tuple[int, int]:
        left = int(self._lefts[index])
        inset = max(1, self._column // 5)
        return left + inset, left + self._column - inset

    def _draw_ground(self, width: int, height: int) -> ImageArray:
        ground = np.empty((height, width, 3), dtype=np.uint8)
        fill(ground, theme.PANEL)
        for control in controls.CONTROLS:
            left, right = self._bar(control.index)
            ground[self._top : self._bottom, left:right] = bgr(theme.TRACK)
        for group in controls.Group:
            members = [one.index for one in controls.CONTROLS if one.group is group]
            left, right = self._bar(members[0])[0], self._bar(members[-1])[1]
            base = height - _MARGIN // 2
            colour = theme.GROUP_COLOURS[group]
            ground[base - _LINE - 2 : base - _LINE, left:right] = bgr(colour)
            put_text(ground, str(group), (left + right) // 2, base, _NAME_SIZE, colour, "centre")
        self._ticks(ground)
        return ground

    def _ticks(self, panel: ImageArray) -> None:
        for index, y in enumerate(self._neutral):
            left, right = self._bar(index)
            panel[y : y + 2, left - 2 : right + 2] = bgr(theme.TEXT)

    def _places(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        share = (values - controls.MINIMUM) / (controls.MAXIMUM - controls.MINIMUM)
        places = self._bottom - 2 - np.clip(share, 0.0, 1.0) * (self._bottom - self._top - 2)
        return np.asarray(np.rint(places), dtype=np.intp)
