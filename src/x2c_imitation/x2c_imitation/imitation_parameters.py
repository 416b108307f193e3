# SPDX-License-Identifier: Apache-2.0
"""Parameters of imitation_node."""

from __future__ import annotations

import dataclasses

from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.backends import DEFAULT_BACKEND
from x2c_node.parameters import Parameters, parameter

_TIMING = FaceLossTiming()


@dataclasses.dataclass(frozen=True)
class ImitationParameters(Parameters):
    """Parameters of imitation_node."""

    robot: str = parameter("virtual", "Robot to imitate with: a name, or a path with a slash.")
    backend: str = parameter(DEFAULT_BACKEND, "Imitation backend, such as solver or x2cnet.")
    mirror: bool = parameter(
        False,
        "Show the face as a mirror does: the person's left on the robot's right.",
        dynamic=True,
    )
    hold_time: float = parameter(
        _TIMING.hold,
        "Time that the face is held when the person is lost [s].",
        minimum=0.0,
        maximum=60.0,
        dynamic=True,
    )
    ease_time: float = parameter(
        _TIMING.ease,
        "Time of the ease to neutral after that [s].",
        minimum=0.05,
        maximum=60.0,
        dynamic=True,
    )
    recovery_time: float = parameter(
        _TIMING.recovery,
        "Time of the blend to a new person [s].",
        minimum=0.05,
        maximum=60.0,
        dynamic=True,
    )

    @property
    def timing(self) -> FaceLossTiming:
        """Durations of hold, ease and recovery."""
        return FaceLossTiming(self.hold_time, self.ease_time, self.recovery_time)
