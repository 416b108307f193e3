# SPDX-License-Identifier: Apache-2.0
"""A face mixed from named expressions and from controls that are set by hand."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.control_space.layers import ControlLayer
from x2c_core.errors import ControlError

Values = NDArray[np.float64]

EXPRESSION_NAMES = tuple(name for name in EXPRESSIONS if name != "neutral")
"""Expressions that can be mixed in."""


class Blend:
    """State of the sliders; may be used from any thread.

    Expressions add up by their deflections. A control that is set by hand has that value at once;
    expressions that are changed later move it from there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_hand = np.zeros(controls.COUNT)
        self._asked = np.zeros(controls.COUNT)
        self._amounts = dict.fromkeys(EXPRESSION_NAMES, 0.0)

    @property
    def layer(self) -> ControlLayer:
        """Those controls that were moved since the last reset, as a layer over another face."""
        with self._lock:
            asked = self._asked.copy()
        return ControlLayer(self.values, asked)

    @property
    def values(self) -> Values:
        """Control values (30,) [ratio or rad], in range."""
        with self._lock:
            mixed = np.clip(self._by_hand + self._expressed(), -1.0, 1.0)
        return controls.from_deflection(mixed)

    @property
    def amounts(self) -> dict[str, float]:
        """Weight of each named expression, 0 to 1, by its name."""
        with self._lock:
            return dict(self._amounts)

    def reset(self) -> None:
        """Go back to the neutral face."""
        with self._lock:
            self._by_hand[:] = 0.0
            self._asked[:] = 0.0
            self._amounts = dict.fromkeys(EXPRESSION_NAMES, 0.0)

    def set_controls(self, values: Mapping[str, float], together: bool = False) -> None:
        """Set controls by hand.

        Args:
            values: Values by the controls' names [ratio or rad]; clamped to their ranges.
            together: Whether the other side of the face does the same.

        Raises:
            ControlError: A name is unknown, or a value no finite number; nothing is changed.
        """
        inside, _ = controls.clamp(controls.from_names(values))
        wanted = controls.to_deflection(inside)
        with self._lock:
            expressed = self._expressed()
            for name in values:
                index = controls.index(name)
                mirror = controls.CONTROLS[index].mirror if together else index
                for k in {index, mirror}:
                    self._asked[k] = 1.0
                    self._by_hand[k] = wanted[index] - expressed[k]

    def set_expressions(self, amounts: Mapping[str, float]) -> None:
        """Set how much of some expressions is mixed in.

        Raises:
            ControlError: A name is unknown, or an amount no number from 0 to 1.
        """
        for name, amount in amounts.items():
            if name not in EXPRESSION_NAMES:
                known = ", ".join(EXPRESSION_NAMES)
                raise ControlError(f"unknown expression {name!r}; the expressions are: {known}")
            if not isinstance(amount, int | float) or not 0.0 <= amount <= 1.0:
                raise ControlError(f"{name}: expected a number from 0 to 1, got {amount!r}")
        with self._lock:
            self._amounts.update(amounts)
            for name in amounts:
                for control in EXPRESSIONS[name]:
                    self._asked[controls.index(control)] = 1.0

    def _expressed(self) -> Values:
        total = np.zeros(controls.COUNT)
        for name, amount in self._amounts.items():
            for control, deflection in EXPRESSIONS[name].items():
                total[controls.index(control)] += amount * deflection
        return total
