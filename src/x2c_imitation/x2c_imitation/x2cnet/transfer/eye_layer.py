# SPDX-License-Identifier: Apache-2.0
"""An eyeball behind lids: white and iris are taken from the neutral image and move apart."""

from __future__ import annotations

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.face import topology
from x2c_imitation.x2cnet.transfer.window import Layer, Window, fill_unknown

_SLIT = 1.5
"""Narrower outlines fade [pixel]."""

_LINE = 0.035
"""Width of the line that a shut eye is [interocular distances]."""

_CLOSING = 0.35
"""Share of the neutral opening below which that line begins to be seen."""

_LASHES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
"""Region above the eye that is searched for lashes [openings of the neutral eye]."""

_RIM = (1.12, 1.28)
"""Radii at which the iris ends and at which nothing of it is left."""


class EyeLayer:
    """One eye of an image.

    Args:
        image: (h, w, 3) the neutral image.
        landmarks: (478, 2) on it [pixel].
        side: "LEFT" or "RIGHT".
        up: (2,) the head's up, one interocular distance long [pixel].
    """

    def __init__(self, image: ImageArray, landmarks: Array, side: str, up: Array) -> None:
        upper = getattr(topology, f"EYE_{side}_UPPER")
        lower = getattr(topology, f"EYE_{side}_LOWER")
        self._outline = np.concatenate([upper, lower[-2:0:-1]])
        self._lids = (upper, lower)
        self._opening = max(self._opened(landmarks, up), 1e-6)
        self._lashes = self._darkest(image, landmarks, up)
        self._corners = upper[[0, -1]]
        iris = getattr(topology, f"IRIS_{side}")
        self._pupil = int(iris[0])
        self._neutral_corners = landmarks[self._corners]
        self._centre = landmarks[self._pupil]
        ring = landmarks[iris[1:]] - self._centre
        self._radius = max(float(np.hypot(*ring.T).mean()), 0.5)
        outline = landmarks[self._outline]
        room = float(np.ptp(outline[:, 0]))
        window = Window.around(outline, image.shape, room)
        if window is None:
            window = Window(0, 0, 1, 1)
        self._place = np.array([window.left, window.top], dtype=np.float64)
        # Pixels that the outline cuts are the eye's as well: at rest all is as in the image.
        seen = (window.cover(outline) > 0.0).astype(np.float32)
        self._make(image[window.rows_columns].astype(np.float32), seen)

    def _make(self, part: Layer, seen: Layer) -> None:
        height, width = seen.shape
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        centre = self._centre - self._place
        distance = np.hypot(x - centre[0], y - centre[1]) / self._radius
        alpha = np.clip((_RIM[1] - distance) / (_RIM[1] - _RIM[0]), 0.0, 1.0)
        alpha = alpha.astype(np.float32)
        white = seen * (distance > _RIM[0])
        if not white.any():
            white = np.ones_like(seen)
        # The bright part is the white of the eye; the rest are shades of lids and lashes, which
        # do not go on behind the iris.
        bright = part.mean(axis=2)
        bright = bright / max(float(np.percentile(bright[white > 0.0], 90.0)), 1.0)
        bright = white * np.clip((bright - 0.5) / 0.3, 0.02, 1.0).astype(np.float32)
        behind = fill_unknown(part, bright)
        self._white = behind + white[:, :, None] * (part - behind)
        # What the lids hide of the iris is taken from its other side.
        turned = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 2.0 * centre[1]]])
        flipped, known = (
            cv2.warpAffine(one, turned, (width, height), flags=cv2.INTER_LINEAR)
            for one in (part, seen)
        )
        inside = (distance <= _RIM[1]).astype(np.float32)
        both = part * seen[:, :, None] + flipped * ((1.0 - seen) * known)[:, :, None]
        weight = seen + (1.0 - seen) * known
        iris = fill_unknown(both / np.maximum(weight, 1e-6)[:, :, None], weight * inside)
        self._iris = np.dstack([iris * alpha[:, :, None], alpha])

    def draw(self, image: ImageArray, landmarks: Array, up: Array) -> None:
        """Draw the eye between its lids, in place.

        Args:
            image: (h, w, 3).
            landmarks: (478, 2) as they are now [pixel].
            up: (2,) the head's up, one interocular distance long [pixel].
        """
        self._draw_line(image, landmarks, up)
        outline = landmarks[self._outline]
        window = Window.around(outline, image.shape)
        if window is None:
            return
        # A shut eye's outline is a line, and that has no width.
        cover = window.cover(outline) * np.float32(min(_width(outline) / _SLIT, 1.0))
        if not cover.any():
            return
        turn = _similarity(landmarks[self._corners], self._neutral_corners)
        if turn is None:
            return
        corner = landmarks[self._corners[0]]
        white = self._matrix(turn, corner, self._neutral_corners[0])
        iris = self._matrix(turn, landmarks[self._pupil], self._centre)
        layer = window.warp(self._white, white, cv2.BORDER_REPLICATE)
        over = window.warp(self._iris, iris, cv2.BORDER_CONSTANT)
        layer = layer * (1.0 - over[:, :, 3:]) + over[:, :, :3]
        window.blend(image, layer, cover)

    def _draw_line(self, image: ImageArray, landmarks: Array, up: Array) -> None:
        """Draw the lashes of a shut eye, in place: what is left of them is too thin to be seen."""
        amount = 1.0 - self._opened(landmarks, up) / self._opening / _CLOSING
        if amount <= 0.0:
            return
        upper, lower = self._lids
        line = (landmarks[upper] + landmarks[lower]) / 2.0
        half = np.sin(np.linspace(0.15, np.pi - 0.15, len(line)))[:, None] * up * _LINE / 2.0
        outline = np.concatenate([line + half, (line - half)[::-1]])
        window = Window.around(outline, image.shape)
        if window is None:
            return
        layer = np.broadcast_to(self._lashes, (window.height, window.width, 3))
        window.blend(image, layer, window.cover(outline) * np.float32(min(amount, 1.0)))

    def _opened(self, landmarks: Array, up: Array) -> float:
        """Return the mean opening [interocular distances]."""
        upper, lower = self._lids
        gaps = (landmarks[upper[1:-1]] - landmarks[lower[1:-1]]) @ up
        return float(gaps.mean()) / max(float(up @ up), 1e-9)

    def _darkest(self, image: ImageArray, landmarks: Array, up: Array) -> Layer:
        """Return the colour (3,) of the lashes."""
        steps = np.multiply.outer(_LASHES, self._opening * up)
        places = (landmarks[self._lids[0]] + steps[:, None]).reshape(-1, 2).round().astype(int)
        places = np.clip(places, 0, np.array(image.shape[1::-1]) - 1)
        colours = image[places[:, 1], places[:, 0]].astype(np.float32)
        brightness = colours.sum(axis=1)
        dark = colours[brightness <= np.percentile(brightness, 20.0)]
        return np.asarray(dark.mean(axis=0), dtype=np.float32)

    def _matrix(self, turn: Array, here: Array, there: Array) -> Array:
        """Return the map (2, 3) from the image to the eye's layers that brings here to there."""
        return np.column_stack([turn, there - self._place - turn @ here])


def _width(outline: Array) -> float:
    """Return the mean width of an outline (n, 2) that is longer than wide [pixel]."""
    area = float(cv2.contourArea(outline.astype(np.float32)))
    return area / max(float(np.ptp(outline, axis=0).max()), 1e-6)


def _similarity(now: Array, before: Array) -> Array | None:
    """Return the turn and scale (2, 2) that bring one pair of points (2, 2) to another."""
    a, b = complex(*(now[1] - now[0])), complex(*(before[1] - before[0]))
    if abs(a) < 1e-3:
        return None
    factor = b / a
    return np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
