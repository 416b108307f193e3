# SPDX-License-Identifier: Apache-2.0
"""What every imitator does: learn a person's neutral face, then turn faces into control values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.frames import Face


class Imitator(ABC):
    """Turns a person's face into the control values of one robot."""

    @abstractmethod
    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one; it becomes the robot's neutral face.

        Raises:
            X2CError: The face cannot be used; the former neutral face stays.
        """

    @property
    @abstractmethod
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""

    @property
    def details(self) -> Mapping[str, str]:
        """What is to be known of this imitator on /diagnostics, by name."""
        return {}

    @abstractmethod
    def imitate(self, face: Face) -> NDArray[np.float64]:
        """Return the control values (30,) [ratio or rad] that show this face, in upstream's range.

        Raises:
            X2CError: The face cannot be used, or no neutral face is known.
        """
