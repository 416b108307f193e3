# SPDX-License-Identifier: Apache-2.0
"""Settings of an actuation stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from x2c_actuation.safety.feedback import Tracking
from x2c_actuation.safety.state_machine import StateTiming
from x2c_core.control_space.controls import Group


@dataclass(frozen=True)
class ActuationSettings:
    """Settings that can be changed while joints move.

    Attributes:
        timing: Times after which states change by themselves.
        tracking: Tolerances between commanded and measured positions.
        gains: Gain of each group of controls about neutral.
        offsets: Offset of each group of controls [ratio or rad].
    """

    timing: StateTiming = field(default_factory=StateTiming)
    tracking: Tracking = field(default_factory=Tracking)
    gains: Mapping[Group, float] = field(default_factory=dict)
    offsets: Mapping[Group, float] = field(default_factory=dict)
