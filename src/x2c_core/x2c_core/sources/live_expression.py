# SPDX-License-Identifier: Apache-2.0
"""Control values of the moment, from a function of this process, as an expression source."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from x2c_core.control_space import controls
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_source import ExpressionSource


class LiveExpression(ExpressionSource):
    """Values that something else in the process sets, such as sliders.

    Args:
        values: Returns the control values (30,) of the moment [ratio or rad].
        name: Name for messages to the user.
    """

    def __init__(self, values: Callable[[], ArrayLike], name: str) -> None:
        self.name = name
        self._values = values

    def at(self, time: float) -> ControlFrame:
        """Return the values of the moment."""
        values = controls.vector(self._values())
        return ControlFrame(values, 1.0, ControlState.TRACKING, NO_TRACK)
