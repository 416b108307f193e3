# SPDX-License-Identifier: Apache-2.0
"""A neutral face that blinks, as an expression source."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from x2c_core.control_space import controls
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.system.fields import parameter

_BLINK = 0.3
"""Time of a blink [s]."""


@dataclass(frozen=True)
class BlinkingOptions:
    """Options of the source; each is a parameter of expression_source_node."""

    period: float = parameter(4.0, "Time from blink to blink [s].", minimum=0.5, maximum=3600.0)


class Blinking(ExpressionSource):
    """A neutral face that blinks at regular times.

    Args:
        text: Unused.
        options: Options of the source.
    """

    Options = BlinkingOptions
    name = "blinking"

    def __init__(self, text: str, options: BlinkingOptions) -> None:
        self._period = options.period

    def at(self, time: float) -> ControlFrame:
        """Return the control values at a time [s]."""
        since = min(time % self._period, _BLINK)
        closed = math.sin(math.pi * since / _BLINK)
        deflection = np.zeros(controls.COUNT)
        for name in ("Eyelid Upper Left", "Eyelid Upper Right"):
            deflection[controls.index(name)] = -closed
        values = controls.from_deflection(deflection)
        return ControlFrame(values, 1.0, ControlState.TRACKING, NO_TRACK)
