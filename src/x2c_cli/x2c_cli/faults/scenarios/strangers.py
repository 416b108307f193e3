# SPDX-License-Identifier: Apache-2.0
"""Publishers of the emergency stop with every quality of service."""

from __future__ import annotations

import itertools

from x2c_actuation.safety.state_machine import State
from x2c_cli.faults.rig.rig import Rig
from x2c_cli.faults.rig.stop_button import DURABILITIES, RELIABILITIES, StopButton


def strange_stops(rig: Rig) -> None:
    """Let a publisher of each quality of service come, assert the stop, release it and go."""
    for reliability, durability in itertools.product(RELIABILITIES, DURABILITIES):
        rig.note(f"stop asserted: {reliability}, {durability}")
        with StopButton(rig.topic("estop"), reliability, durability) as button:
            button.set(True)
            rig.wait_for(State.STOPPED)
            button.set(False)
            rig.reset_when_released()
        rig.enable()
        rig.wait_for(State.ACTIVE)
