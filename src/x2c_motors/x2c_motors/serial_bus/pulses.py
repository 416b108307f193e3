# SPDX-License-Identifier: Apache-2.0
"""Pulses that hobby servos understand."""

from __future__ import annotations

import numpy as np

from x2c_motors.description.options import RawScale

PULSES = RawScale(
    zero=1500.0,
    per_radian=1000.0 / (np.pi / 2.0),
    lowest=400.0,
    highest=2600.0,
    usual=(1000.0, 2000.0),
)
"""Microseconds: 1500 in the middle, about 1000 for a quarter of a turn; most servos differ."""
