# SPDX-License-Identifier: Apache-2.0
"""Motors whose power is gone for moments, all of them or a single one."""

from __future__ import annotations

import time

import numpy as np

from x2c_actuation.safety.state_machine import State
from x2c_cli.errors import FaultError
from x2c_cli.faults.rig.rig import Rig

_CUTS = (0.06, 0.15, 0.3, 0.5)
"""Duration of the power cut [s]."""

_LONGEST = 15.0
"""Time limit for joints to follow again [s]."""

_FOLLOWING = 0.5
"""A joint that is near its commands for so long follows them [s]."""

_LAG = 0.1
"""Longest delay of a servo behind its commands [s]."""

_NEAR = 0.01
"""Largest further distance of a joint from its command: share of its range."""

_LOOK = 0.02
"""Time between two looks [s]."""

_PATIENCE = 0.5
"""Time that actuation gets to do what a person asks for [s]."""


def power_cuts(rig: Rig) -> None:
    """Cut the power of all servos, then of a single one, for each of some times."""
    # At the start they come to the commanded pose slowly, too.
    _wait_until_they_follow(rig)
    names = rig.robot.joint_names
    for who, joints in (("all", range(len(names))), (names[0], range(1))):
        for seconds in _CUTS:
            rig.note(f"power of {who} gone for {seconds:g} s")
            rig.servos.cut(joints)
            rig.wait(seconds)
            rig.servos.restore()
            _wait_until_they_follow(rig)


def _wait_until_they_follow(rig: Rig) -> None:
    joints = rig.robot.joints
    near = np.array(
        [_LAG * joint.velocity + _NEAR * (joint.upper - joint.lower) for joint in joints]
    )
    limit = time.monotonic() + _LONGEST
    since = time.monotonic()
    while True:
        now = time.monotonic()
        slack = rig.servos.without_torque
        behind = np.abs(rig.servos.positions - rig.commanded) > near
        if slack or rig.state is not State.ACTIVE or behind.any():
            since = now
        if now - since >= _FOLLOWING:
            return
        if now > limit:
            late = [
                joint.name for joint, is_behind in zip(joints, behind, strict=True) if is_behind
            ]
            raise FaultError(
                f"{_LONGEST:g} s after the servos got power, actuation is "
                f"{rig.state and rig.state.name}, torque disabled: "
                f"{', '.join(slack) or 'none'}; not at their targets: {', '.join(late) or 'none'}"
            )
        rig.wait(_LOOK)
        _reset_a_fault(rig)


def _reset_a_fault(rig: Rig) -> None:
    """Reset and enable actuation, as a person would.

    Joints that were away from their commands for long are a fault.
    """
    if rig.state is State.FAULT and not rig.servos.without_torque:
        rig.note("reset")
        rig.reset()
        # As long as they are away it is a fault again.
        rig.wait(_PATIENCE)
    if rig.state is State.DISABLED:
        rig.note("enabled")
        rig.enable()
        # They begin once they are measured at rest.
        rig.wait(_PATIENCE)
