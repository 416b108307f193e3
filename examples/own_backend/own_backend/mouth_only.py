# SPDX-License-Identifier: Apache-2.0
"""Imitation backend that opens the robot's mouth as far as the person's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Descriptor, describe
from x2c_core.face.frames import Face
from x2c_core.robot.robot import Robot
from x2c_core.system.fields import parameter
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.observation import Observation

MOUTH = list(Descriptor).index(Descriptor.MOUTH_OPENING)
JAW = controls.index("Jaw Pitch")


@dataclass(frozen=True)
class MouthOptions:
    """Options of the backend: node parameters, launch arguments and command line options."""

    widest: float = parameter(
        0.6,
        "Opening of the mouth that opens the jaw fully [interocular distances].",
        minimum=0.1,
        maximum=2.0,
    )


class MouthOnly(Imitator):
    """Opens the jaw with the mouth; everything else stays neutral.

    Args:
        widest: Opening of the mouth that opens the jaw fully [interocular distances].
    """

    Options = MouthOptions

    def __init__(self, widest: float) -> None:
        self._widest = widest
        self._shut: float | None = None

    @classmethod
    def for_robot(cls, robot: Robot, options: MouthOptions) -> MouthOnly:
        """Return an imitator; it works with any robot."""
        return cls(options.widest)

    @property
    def is_calibrated(self) -> bool:
        """Whether the opening of the person's neutral mouth is known."""
        return self._shut is not None

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one."""
        self._shut = float(describe(neutral.landmarks)[MOUTH])

    def imitate(self, observation: Observation) -> NDArray[np.float64]:
        """Return the control values (30,) [ratio or rad] that show this face."""
        if self._shut is None:
            raise ImitationError("no neutral face is known yet: calibrate first")
        opened = float(describe(observation.face.landmarks)[MOUTH]) - self._shut
        deflection = np.zeros(controls.COUNT)
        # Jaw Pitch opens the mouth at its lower end.
        deflection[JAW] = -np.clip(opened / self._widest, 0.0, 1.0)
        return controls.from_deflection(deflection)
