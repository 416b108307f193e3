# SPDX-License-Identifier: Apache-2.0
"""Interface of imitation backends: from observations of a person to control values of a robot."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.robot.robot import Robot
from x2c_imitation.pipeline.implementation import Implementation
from x2c_imitation.pipeline.observation import Observation


class Imitator(Implementation):
    """Turn observations of a person into the control values of one robot."""

    @classmethod
    @abstractmethod
    def for_robot(cls, robot: Robot, options: Any) -> Imitator:
        """Return an imitator for a robot, ready to be calibrated.

        Args:
            robot: Robot to imitate with.
            options: Instance of the class's `Options`.

        Raises:
            X2CError: The robot's folder lacks what is needed, or an option cannot be used.
        """

    @classmethod
    def files(cls, options: Any) -> tuple[str, ...]:
        """Return the paths of files outside the robot's folder on which the results depend.

        Args:
            options: Instance of the class's `Options`.
        """
        return ()

    @property
    def details(self) -> Mapping[str, str]:
        """Values for /diagnostics, by name."""
        return {}

    @abstractmethod
    def imitate(self, observation: Observation) -> NDArray[np.float64]:
        """Return the control values (30,) [ratio or rad] that show this face.

        Args:
            observation: Observation of a tracked face, with what the class needs.

        Raises:
            X2CError: The face cannot be used, or no neutral face is known.
        """
