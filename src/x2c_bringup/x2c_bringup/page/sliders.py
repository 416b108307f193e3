# SPDX-License-Identifier: Apache-2.0
"""Sliders of the page, shared by all browsers: controls and expressions set by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from x2c_bringup.page.newest import Newest
from x2c_bringup.page.wishes import SliderMove
from x2c_core.control_space import controls
from x2c_core.control_space.blend import Blend
from x2c_core.control_space.layers import ControlLayer


class Sliders:
    """State of the sliders; for use from any thread.

    Args:
        newest: Gets the part "sliders".
        changed: Called with the layer after each change, in the thread that made it.
    """

    def __init__(
        self, newest: Newest, changed: Callable[[ControlLayer], None] = lambda layer: None
    ) -> None:
        self._newest = newest
        self._changed = changed
        self._blend = Blend()
        self._lock = threading.Lock()
        self._show()

    @property
    def layer(self) -> ControlLayer:
        """Controls that were moved since the sliders were let go."""
        return self._blend.layer

    def move(self, move: SliderMove) -> None:
        """Move sliders.

        Raises:
            ControlError: A control or an expression is unknown, or its value is none.
        """
        with self._lock:
            self._blend.set_expressions(move.expressions)
            self._blend.set_controls(move.controls, move.together)
        self._show()

    def let_go(self) -> None:
        """Set all to neutral, and ask for nothing."""
        with self._lock:
            self._blend.reset()
        self._show()

    def _show(self) -> None:
        layer = self._blend.layer
        held = {int(k): round(float(layer.values[k]), 4) for k in np.flatnonzero(layer.mask)}
        amounts = {name: round(value, 4) for name, value in self._blend.amounts.items()}
        self._newest.put("sliders", {"held": held, "expressions": amounts})
        self._changed(layer)


def shown(values: ArrayLike) -> dict[str, object]:
    """Return control values as the page's part "values".

    Args:
        values: (30,) control values [ratio or rad].
    """
    return {"values": [round(float(value), 4) for value in controls.vector(values)]}
