# SPDX-License-Identifier: Apache-2.0
"""Faults, each as something that is done to the running pipeline."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from x2c_actuation.safety.state_machine import State
from x2c_cli.errors import FaultError
from x2c_cli.faults.rig.rig import ACTUATION, FACE, Rig
from x2c_cli.faults.scenarios.messages import control_message
from x2c_cli.faults.scenarios.power_cuts import power_cuts
from x2c_cli.faults.scenarios.restarts import restarts
from x2c_cli.faults.scenarios.strangers import strange_stops
from x2c_cli.faults.scenarios.wild_layers import wild_layers
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.words import counted

CAMERA, TRACKER, IMITATION = "camera_node", "face_tracker_node", "imitation_node"
MIXER = "face_mixer_node"

_ATTEMPTS = 20


@dataclass(frozen=True)
class Scenario:
    """One fault.

    Attributes:
        inject: Does it, and waits until the pipeline has recovered as far as it does by itself
            or by what a person would do.
        one_process: Whether the nodes share one process.
        servos: Type of the emulated servos that move the robot; empty for the virtual face.
    """

    inject: Callable[[Rig], None]
    one_process: bool = False
    servos: str = ""


def _input_stops(rig: Rig) -> None:
    rig.note("camera_node frozen")
    rig.pause(CAMERA)
    rig.wait_for(State.DISABLED)
    rig.wait(0.5)
    rig.note("goes on")
    rig.resume(CAMERA)
    rig.wait_for(State.ACTIVE)


def _not_numbers(rig: Rig) -> None:
    rig.note("NaN, infinity and 1e38 on control_values, 500/s")
    generator = np.random.default_rng(0)
    bad = np.array([np.nan, np.inf, -np.inf, 1e38, -1e38, 1e-40], dtype=float)
    for _ in rig.moments(500.0, 3.0):
        values = np.array(controls.NEUTRAL)
        hit = generator.random(values.size) < 0.3
        values[hit] = generator.choice(bad, int(hit.sum()))
        rig.publish_controls(control_message(rig.stamp(), values))
    rig.note("over")
    rig.wait(1.0)


def _tracker_killed(rig: Rig) -> None:
    rig.note("face_tracker_node killed")
    rig.kill(TRACKER)
    rig.wait_for(State.DISABLED)
    rig.note("started again")
    rig.start(TRACKER)
    rig.wait_for(State.ACTIVE)


def _actuation_killed(rig: Rig) -> None:
    rig.note("actuation_node killed")
    rig.kill(ACTUATION)
    rig.wait(1.5)
    rig.note("started again")
    rig.start(ACTUATION)
    rig.wait_for_news()
    rig.wait_for(State.ACTIVE)


def _driver_gone(rig: Rig) -> None:
    rig.note("virtual_face_node killed")
    rig.kill(FACE)
    rig.wait(3.0)
    rig.note("started again")
    rig.start(FACE)
    rig.wait(4.0)


def _emergency_stops(rig: Rig) -> None:
    for state, reach in _WAYS.items():
        reach(rig)
        rig.note(f"stop asserted while {state.name.lower()}")
        rig.set_estop(True)
        rig.wait_for(State.STOPPED)
        rig.wait(0.3)
        if rig.reset() or rig.enable():
            raise FaultError("the emergency stop could be reset before it was released")
        rig.set_estop(False)
        rig.wait(0.2)
        if rig.state is not State.STOPPED:
            raise FaultError(
                "joints moved after the release of the emergency stop, without a reset"
            )
        rig.note("released, reset, enabled")
        if not rig.reset():
            raise FaultError("the emergency stop cannot be reset after it was released")
        rig.wait_for(State.DISABLED)
        rig.enable()
        rig.wait_for(State.ACTIVE)


def _reach_disabled(rig: Rig) -> None:
    rig.enable(False)
    rig.wait_for(State.DISABLED)


def _reach_ramping(rig: Rig) -> None:
    _reach_disabled(rig)
    rig.enable()
    rig.wait_for(State.RAMPING)
    rig.wait(0.2)


def _reach_holding(rig: Rig) -> None:
    rig.pause(IMITATION)
    try:
        rig.wait_for(State.HOLDING)
    finally:
        rig.resume(IMITATION)


def _reach_easing(rig: Rig) -> None:
    rig.neutral()
    rig.wait_for(State.EASING)
    rig.wait(0.2)


def _reach_halting(rig: Rig) -> None:
    for _ in range(_ATTEMPTS):
        rig.enable(False)
        if rig.wait_for(State.HALTING, State.DISABLED) is State.HALTING:
            return
        # The joints had nothing to brake.
        rig.enable()
        rig.wait_for(State.ACTIVE)
    raise FaultError("joints that were disabled in motion did not brake")


def _reach_fault(rig: Rig) -> None:
    """Let joints be measured where they never were sent."""
    wrong = [joint.lower for joint in rig.robot.joints]
    rig.kill(FACE)

    def stuck() -> bool:
        rig.publish_measured(wrong)
        return rig.state is State.FAULT

    try:
        rig.until(stuck, "joints that do not move are not reported as a fault", 0.01)
    finally:
        rig.start(FACE)


_WAYS: dict[State, Callable[[Rig], None]] = {
    State.DISABLED: _reach_disabled,
    State.RAMPING: _reach_ramping,
    State.ACTIVE: lambda rig: None,
    State.HOLDING: _reach_holding,
    State.EASING: _reach_easing,
    State.HALTING: _reach_halting,
    State.FAULT: _reach_fault,
}


def _host_thread_ends(rig: Rig) -> None:
    _end_thread(rig, ACTUATION)


def _mixer_thread_ends(rig: Rig) -> None:
    _end_thread(rig, MIXER)


def _motor_thread_ends(rig: Rig) -> None:
    _end_thread(rig, f"{ACTUATION} motors")


def _end_thread(rig: Rig, name: str) -> None:
    rig.note(f"the thread '{name}' ended")
    status = rig.end_thread(name)
    rig.note(f"the process ended with status {status}")
    if status == 0:
        raise FaultError("the process ended with status 0 in spite of the fault")


def _clock_jumps(rig: Rig) -> None:
    rig.pause(IMITATION)
    generator = np.random.default_rng(1)
    try:
        for seconds in (-3600, 3600, -5):
            rig.note(f"stamps jump by {seconds:+d} s")
            for moment in rig.moments(30.0, 1.5):
                message = control_message(rig.stamp(), _expression(generator, moment))
                message.header.stamp.sec += seconds
                rig.publish_controls(message)
    finally:
        rig.note("over")
        rig.resume(IMITATION)
    rig.wait_for(State.ACTIVE)


def _overload(rig: Rig) -> None:
    """Ask for ten times as many frames, of a processor wanted by ten times its cores."""
    cores = len(os.sched_getaffinity(0))
    rig.note(f"300 random faces/s, {10 * cores} busy processes on {counted(cores, 'core')}")
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(10 * cores)
    ]
    generator = np.random.default_rng(2)
    try:
        for _ in rig.moments(300.0, 6.0):
            values = generator.uniform(controls.MINIMUM, controls.MAXIMUM)
            rig.publish_controls(control_message(rig.stamp(), values))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    rig.note("over")
    rig.wait_for(State.ACTIVE)
    rig.wait(1.0)


def _expression(generator: np.random.Generator, moment: float) -> Array:
    """Return values (30,) that wander over a third of their ranges."""
    span = controls.MAXIMUM - controls.MINIMUM
    phases = np.arange(span.size)
    wave = np.sin(2.0 * np.pi * 0.8 * moment + phases) + 0.05 * generator.normal(size=span.size)
    values = np.clip(controls.NEUTRAL + span * wave / 6.0, controls.MINIMUM, controls.MAXIMUM)
    return np.asarray(values)


SCENARIOS: dict[str, Scenario] = {
    "input-stops": Scenario(_input_stops),
    "nan-flood": Scenario(_not_numbers),
    "tracker-killed": Scenario(_tracker_killed),
    "actuation-killed": Scenario(_actuation_killed),
    "driver-gone": Scenario(_driver_gone),
    "estop": Scenario(_emergency_stops),
    "estop-strangers": Scenario(strange_stops),
    "restarts": Scenario(restarts),
    "host-thread": Scenario(_host_thread_ends, one_process=True),
    "motor-thread": Scenario(_motor_thread_ends, one_process=True),
    "mixer-thread": Scenario(_mixer_thread_ends, one_process=True),
    "wild-layers": Scenario(wild_layers),
    "power-cut-feetech": Scenario(power_cuts, servos="feetech"),
    "power-cut-dynamixel": Scenario(power_cuts, servos="dynamixel"),
    "clock-jumps": Scenario(_clock_jumps),
    "overload": Scenario(_overload),
}
"""By their names on the command line, which have titles in `titles.py`."""
