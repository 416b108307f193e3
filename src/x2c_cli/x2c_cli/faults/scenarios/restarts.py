# SPDX-License-Identifier: Apache-2.0
"""Restarts of actuation: every way out of motion and back into it."""

from __future__ import annotations

from x2c_actuation.safety.state_machine import State
from x2c_cli.errors import FaultError
from x2c_cli.faults.rig.rig import ACTUATION, FACE, Rig

_PAUSES = (0.0, 0.05, 0.3)
"""Times between leaving motion and coming back [s]."""

_WAY_DOWN, _WAY_UP = ("deactivate", "cleanup"), ("configure", "activate")


def restarts(rig: Rig) -> None:
    """Leave motion by every transition and service, and come back; measured, then unmeasured."""
    _round(rig, "measured")
    rig.note("virtual_face_node killed: nothing measures the joints")
    rig.kill(FACE)
    try:
        _round(rig, "unmeasured")
    finally:
        rig.start(FACE)
    rig.wait_for(State.ACTIVE)


def _round(rig: Rig, how: str) -> None:
    for pause in _PAUSES:
        rig.note(f"{how}: disabled, enabled after {pause:g} s")
        rig.enable(False)
        rig.wait(pause)
        rig.enable()
        _follow(rig)
        rig.note(f"{how}: stopped, deactivated, cleaned up, and back after {pause:g} s")
        rig.set_estop(True)
        rig.wait_for(State.STOPPED)
        _transitions(rig, _WAY_DOWN)
        rig.wait(pause)
        rig.set_estop(False)
        _transitions(rig, _WAY_UP)
        rig.wait(0.1)
        if not rig.reset():
            raise FaultError("the emergency stop cannot be reset after a restart")
        rig.enable()
        _follow(rig)
        rig.note(f"{how}: deactivated in motion, and back after {pause:g} s")
        _transitions(rig, _WAY_DOWN)
        rig.wait(pause)
        _transitions(rig, _WAY_UP)
        rig.enable()
        _follow(rig)


def _transitions(rig: Rig, labels: tuple[str, ...]) -> None:
    for label in labels:
        if not rig.transition(ACTUATION, label):
            raise FaultError(f"{ACTUATION} does not {label}")


def _follow(rig: Rig) -> None:
    rig.wait_for(State.ACTIVE)
    rig.wait(0.3)
