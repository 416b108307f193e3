# SPDX-License-Identifier: Apache-2.0
"""Faults by name, without what injects them: a name is looked up before anything is loaded."""

from __future__ import annotations

TITLES: dict[str, str] = {
    "input-stops": "input stops",
    "nan-flood": "flood of NaN",
    "tracker-killed": "tracker killed",
    "actuation-killed": "actuation killed and restarted",
    "driver-gone": "driver gone and back",
    "estop": "emergency stop in every state",
    "estop-strangers": "stop publishers of every quality of service",
    "restarts": "restarts by every way",
    "host-thread": "thread of actuation ended, in one process",
    "motor-thread": "thread of the motor rate ended, in one process",
    "mixer-thread": "thread of the mixer ended, in one process",
    "wild-layers": "flood of layers from six sources",
    "power-cut-feetech": "power of Feetech servos gone for moments",
    "power-cut-dynamixel": "power of Dynamixel servos gone for moments",
    "clock-jumps": "clock jumps",
    "overload": "tenfold overload",
}
"""Titles for people, by the names on the command line."""
