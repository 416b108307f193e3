# SPDX-License-Identifier: Apache-2.0
"""A mix of named expressions, as an expression source."""

from __future__ import annotations

import math

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.source import SourceError
from x2c_core.system.fields import NoOptions


class FixedExpression(ExpressionSource):
    """Named expressions, each by an amount, held without end.

    Args:
        text: "NAME", "NAME=AMOUNT", or several of these separated by commas.
        options: There are none.

    Raises:
        SourceError: A name is unknown, or an amount is no number from 0 to 1.
    """

    takes = "named expressions such as 'smile' or 'smile=0.5,wink'"

    def __init__(self, text: str, options: NoOptions) -> None:
        self.name = text
        mixed = np.zeros(controls.COUNT)
        for word in text.split(","):
            name, _, amount = word.partition("=")
            for control, deflection in _deflections(name.strip()).items():
                mixed[controls.index(control)] += _amount(amount, word) * deflection
        self._values = controls.from_deflection(np.clip(mixed, -1.0, 1.0))

    @classmethod
    def accepts(cls, text: str) -> bool:
        """Return whether a text begins with the name of an expression."""
        return text.partition(",")[0].partition("=")[0].strip() in EXPRESSIONS

    def at(self, time: float) -> ControlFrame:
        """Return the values, which are the same at any time."""
        return ControlFrame(self._values.copy(), 1.0, ControlState.TRACKING, NO_TRACK)


def _deflections(name: str) -> dict[str, float]:
    if name not in EXPRESSIONS:
        known = ", ".join(EXPRESSIONS)
        raise SourceError(f"unknown expression {name!r}; expected one of: {known}")
    return dict(EXPRESSIONS[name])


def _amount(text: str, word: str) -> float:
    try:
        amount = float(text) if text else 1.0
    except ValueError:
        amount = math.nan
    if not 0.0 <= amount <= 1.0:
        raise SourceError(f"{word!r}: expected an amount from 0 to 1 after '='")
    return amount
