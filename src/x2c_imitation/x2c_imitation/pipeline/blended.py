# SPDX-License-Identifier: Apache-2.0
"""Two imitators as one: what one of them shows is drawn to what the other would show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.face.frames import Face
from x2c_imitation.pipeline.imitator import Imitator


class Blended(Imitator):
    """Gives values between those of two imitators.

    Args:
        main: Which one is to be imitated with.
        prior: Which one it is drawn to.
        share: How much of the way it goes there, 0 to 1.
    """

    def __init__(self, main: Imitator, prior: Imitator, share: float) -> None:
        self._main, self._prior, self._share = main, prior, share

    @property
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""
        return self._main.is_calibrated and self._prior.is_calibrated

    @property
    def details(self) -> Mapping[str, str]:
        """Those of the main one, and how far it is drawn to the other."""
        return {**self._main.details, "prior": f"{self._share:.0%}"}

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one."""
        self._prior.calibrate(neutral)
        self._main.calibrate(neutral)

    def imitate(self, face: Face) -> NDArray[np.float64]:
        """Return the control values (30,) [ratio or rad] that show this face."""
        values, drawn_to = self._main.imitate(face), self._prior.imitate(face)
        return controls.clamp(values + self._share * (drawn_to - values))[0]
