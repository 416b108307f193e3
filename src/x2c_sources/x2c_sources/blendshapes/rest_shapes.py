# SPDX-License-Identifier: Apache-2.0
"""Shapes of a person at rest, which are taken off what a puppeteer sends."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_sources.blendshapes.shapes import INPUTS, SHAPES

_MOST = 0.9
_COUNT = len(SHAPES)


class RestShapes:
    """Mean of the first faces after `begin`, and shapes beyond it.

    Args:
        frames: Number of faces that are averaged.
    """

    def __init__(self, frames: int = 30) -> None:
        self._wanted = frames
        self._left = 0
        self._sum = np.zeros(len(INPUTS))
        self._rest = np.zeros(len(INPUTS))

    @property
    def collecting(self) -> bool:
        """True until enough faces have come after `begin`."""
        return self._left > 0

    def begin(self) -> None:
        """Average the faces that come next; those at present stay in use meanwhile."""
        self._left = self._wanted
        self._sum = np.zeros(len(INPUTS))

    def beyond(self, shapes: Array) -> Array:
        """Return shapes (55,) beyond rest: 0 at rest, 1 where they were 1.

        Args:
            shapes: (55,) shapes and angles as received; NaN for those not known.
        """
        if self._left:
            self._sum += np.nan_to_num(shapes)
            self._left -= 1
            if not self._left:
                self._rest = self._sum / self._wanted
                self._rest[:_COUNT] = np.minimum(self._rest[:_COUNT], _MOST)
        beyond = shapes - self._rest
        beyond[:_COUNT] = np.maximum(beyond[:_COUNT], 0.0) / (1.0 - self._rest[:_COUNT])
        return beyond
