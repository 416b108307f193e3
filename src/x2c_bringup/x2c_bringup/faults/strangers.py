# SPDX-License-Identifier: Apache-2.0
"""Publishers of the emergency stop with every quality of service."""

from __future__ import annotations

import itertools

from x2c_actuation.machine import State
from x2c_bringup.errors import FaultError
from x2c_bringup.faults.rig import Rig
from x2c_bringup.faults.stop_button import DURABILITIES, RELIABILITIES, StopButton


def strange_stops(rig: Rig) -> None:
    """Let a publisher of each quality of service come, press, release and go."""
    for reliability, durability in itertools.product(RELIABILITIES, DURABILITIES):
        rig.note(f"stop pressed: {reliability}, {durability}")
        with StopButton(rig.topic("estop"), reliability, durability) as button:
            button.press(True)
            rig.wait_for(State.STOPPED)
            button.press(False)
            if not _reset(rig):
                raise FaultError(f"a {reliability}, {durability} publisher cannot release")
        rig.enable()
        rig.wait_for(State.ACTIVE)


def _reset(rig: Rig) -> bool:
    """Reset as soon as the release is heard."""
    for _ in range(50):
        if rig.reset():
            return True
        rig.wait(0.1)
    return False
