# SPDX-License-Identifier: Apache-2.0
"""A control's curves over a few seconds of a video, with a line at the present moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.images import theme
from x2c_core.images.theme import bgr, fill, put_text, text_width

_MARGIN = 8
_ROOM = 0.08
"""Free space above and below the curves, as a share of their span."""
_LEAST = 0.1
"""Least span, lest noise fills the panel."""
_SHIFT = 3


@dataclass(frozen=True)
class ControlCurve:
    """One curve.

    Attributes:
        name: Name in the panel's header.
        values: (n,) values [ratio or rad]; the curve has gaps at NaN.
        colour: "#rrggbb".
    """

    name: str
    values: Array
    colour: str


class CurvePanel:
    """The curves of one control.

    Args:
        width: Width [pixel].
        height: Height [pixel].
        control: Index of the control.
        times: (n,) times of the values [s], ascending.
        curves: Curves, the last on top.
        letters: Height of the letters [pixel].
    """

    def __init__(
        self,
        width: int,
        height: int,
        control: int,
        times: Array,
        curves: Sequence[ControlCurve],
        letters: int = 13,
    ) -> None:
        self._width, self._height, self._letters = width, height, letters
        self._title = controls.CONTROLS[control].name
        self._colour = theme.GROUP_COLOURS[controls.CONTROLS[control].group]
        self._times, self._curves = times, curves
        finite = np.concatenate([one.values[np.isfinite(one.values)] for one in curves])
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        room = max((_LEAST - (high - low)) / 2.0, _ROOM * (high - low))
        self._low, self._high = low - room, high + room

    def draw(self, panel: ImageArray, now: float, begin: float, end: float) -> None:
        """Draw the curves from one time to another into a BGR panel (height, width, 3).

        Args:
            panel: Panel to draw into.
            now: Time of the line across [s].
            begin: Time at the left end [s].
            end: Time at the right end [s].
        """
        fill(panel, theme.PANEL)
        span = max(end - begin, 1e-9)
        inside = (self._times >= begin) & (self._times <= end)
        x = _MARGIN + (self._times[inside] - begin) / span * (self._width - 2 * _MARGIN)
        here = _MARGIN + (min(max(now, begin), end) - begin) / span * (self._width - 2 * _MARGIN)
        top, bottom = 2 * self._letters, self._height - _MARGIN
        cv2.line(panel, (round(here), top), (round(here), bottom), bgr(theme.FAINT), 1)
        for curve in self._curves:
            share = (self._high - curve.values[inside]) / (self._high - self._low)
            _polyline(panel, x, top + share * (bottom - top), curve.colour)
        self._draw_header(panel, now)

    def _draw_header(self, panel: ImageArray, now: float) -> None:
        letters, base = self._letters, self._letters + 4
        put_text(panel, self._title, _MARGIN, base, letters, self._colour)
        place = min(int(np.searchsorted(self._times, now)), len(self._times) - 1)
        x = self._width - _MARGIN
        for curve in reversed(self._curves):
            value = curve.values[place]
            text = f"{curve.name} {value:.2f}" if np.isfinite(value) else f"{curve.name} -"
            put_text(panel, text, x, base, letters, curve.colour, "right")
            x -= text_width(text, letters) + letters


def _polyline(panel: ImageArray, x: Array, y: Array, colour: str) -> None:
    finite = np.isfinite(y)
    points = np.rint(np.stack([x, np.where(finite, y, 0.0)], axis=1) * (1 << _SHIFT))
    # Each run of finite values is a line of its own.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(np.int8)))
    lines = [points[a:b].astype(np.int32) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    cv2.polylines(panel, lines, False, bgr(colour), 2, cv2.LINE_AA, _SHIFT)
