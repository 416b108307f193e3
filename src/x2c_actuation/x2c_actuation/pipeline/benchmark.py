# SPDX-License-Identifier: Apache-2.0
"""Measure what a tick of the actuation pipeline costs, without messages.

    python -m x2c_actuation.pipeline.benchmark [--robot virtual] [--ticks 20000]

Control values come at 30 Hz: a face that moves all the time, one that jumps from one end to the
other, and one that stands. A tick with new values includes their validation and mixing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from x2c_actuation.pipeline.actuation_settings import ActuationSettings
from x2c_actuation.pipeline.actuation_stage import ActuationStage
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_core.words import counted
from x2c_node.robots import find_robot

PERIOD = 0.01
"""Time between two ticks [s]."""

FRAME = 1.0 / 30.0
"""Time between two control values [s]."""


@dataclass(frozen=True)
class TickCost:
    """Durations of ticks.

    Attributes:
        all: Duration of each tick [s].
        new: Duration of each tick with new control values [s].
    """

    all: Array
    new: Array


def talking(rng: np.random.Generator) -> Callable[[float], Array]:
    """Return control values (30,) [ratio or rad] over time [s]: every control at some 1 Hz."""
    rates = rng.uniform(0.3, 2.0, controls.COUNT)
    phases = rng.uniform(0.0, 2.0 * np.pi, controls.COUNT)
    middle = (controls.MINIMUM + controls.MAXIMUM) / 2.0
    reach = (controls.MAXIMUM - controls.MINIMUM) / 2.0
    return lambda now: middle + reach * np.sin(2.0 * np.pi * rates * now + phases)


def jumping(rng: np.random.Generator) -> Callable[[float], Array]:
    """Return control values (30,) [ratio or rad] over time [s]: from end to end."""
    return lambda now: np.where(
        rng.random(controls.COUNT) < 0.5, controls.MINIMUM, controls.MAXIMUM
    )


def standing(rng: np.random.Generator) -> Callable[[float], Array]:
    """Return control values (30,) [ratio or rad] over time [s]: always the same."""
    return lambda now: controls.NEUTRAL


FACES = {"talking": talking, "jumping": jumping, "standing": standing}


def measure(robot: Robot, face: Callable[[float], Array], ticks: int) -> TickCost:
    """Return what ticks cost while the joints of a robot follow a face."""
    stage = ActuationStage(ActuationSettings(), 0.0, armed=True)
    stage.load(robot, PERIOD)
    costs = np.zeros(ticks)
    new = np.zeros(ticks, dtype=bool)
    due = 0.0
    for i in range(ticks):
        now = i * PERIOD
        values = face(now)
        began = time.perf_counter()
        if now >= due:
            due += FRAME
            new[i] = True
            stage.take(ControlFrame(values, 1.0, ControlState.TRACKING, 0), 0, now)
        stage.tick(now)
        costs[i] = time.perf_counter() - began
    return TickCost(costs, costs[new])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--robot", default="virtual", help="name or path (virtual)")
    parser.add_argument("--ticks", type=int, default=20_000, help="for each face (20000)")
    arguments = parser.parse_args()
    try:
        robot = load_robot(find_robot(arguments.robot))
    except X2CError as error:
        sys.exit(f"error: {error}")
    joints = counted(len(robot.joints), "joint")
    lines = [f"{joints}, {counted(len(robot.coupled_limits), 'coupled limit')}"]
    for name, face in FACES.items():
        cost = measure(robot, face(np.random.default_rng(0)), arguments.ticks)
        lines.append(
            f"{name:9} {_summary(cost.all)} a tick; {_summary(cost.new)} where new values came"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def _summary(costs: Array) -> str:
    p50, p99 = np.percentile(costs, [50, 99]) * 1e6
    return f"p50 {p50:6.1f} µs, p99 {p99:6.1f} µs"


if __name__ == "__main__":
    main()
