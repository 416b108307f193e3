# SPDX-License-Identifier: Apache-2.0
"""The pipeline disturbed for a long time, and what its processes use meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_actuation.safety.state_machine import State
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import ros
from x2c_cli.bench.system import Usage, usage
from x2c_cli.errors import FaultError
from x2c_cli.faults.observation.verdict import LimitVerdict, judge
from x2c_cli.faults.rig.rig import Rig
from x2c_cli.faults.rig.stop_button import StopButton
from x2c_cli.faults.scenarios.messages import control_message
from x2c_core.control_space import controls
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot

_SETTLED = 0.2
"""Share of the time after which nothing must grow any more."""

PERIOD = 5.0
"""Time between two samples [s]."""

_ASSERTIONS, _BETWEEN_ASSERTIONS = 5, 0.1
"""Number of messages of a best-effort stop, and the time between two [s]."""

MOST_MEMORY = 3.0
"""Largest accepted change of a process's own memory after it has settled [MB]."""

MOST_SHARED = 16.0
"""The same for memory shared with other processes [MB].

The middleware's segments have a fixed size, of which a process touches more when it was late once.
"""


@dataclass(frozen=True)
class UsageSample:
    """Use of one process at one moment.

    Attributes:
        time: Time since the beginning [s].
        name: Name of the process.
        usage: Use of memory, threads and files.
    """

    time: float
    name: str
    usage: Usage


@dataclass(frozen=True)
class Growth:
    """Growth of a process: use in the last fifth of the time less use in the second fifth.

    Attributes:
        name: Name of the process.
        memory: Growth of the median of its own memory [MB].
        shared: Growth of the median of the memory it shares [MB].
        threads: Growth of the largest number of threads.
        files: Growth of the largest number of open files.
    """

    name: str
    memory: float
    shared: float
    threads: int
    files: int

    @property
    def good(self) -> bool:
        """True if nothing has grown."""
        return (
            self.memory <= MOST_MEMORY
            and self.shared <= MOST_SHARED
            and self.threads <= 0
            and self.files <= 0
        )


def soak(
    options: GraphOptions,
    minutes: float,
    *,
    one_process: bool,
    report: Callable[[float, Sequence[UsageSample], LimitVerdict], None],
) -> list[UsageSample]:
    """Run the pipeline, disturb it again and again, and return what its processes used.

    In each round of about 22 s the emergency stop is asserted and reset, by a publisher that comes
    and goes every third time; joints are disabled and enabled; control values that are no numbers
    come in between.

    Args:
        options: Options of the graph.
        minutes: Duration [min].
        one_process: Whether all nodes share one process.
        report: Called after each round with the time [s], the samples so far and the verdict.

    Raises:
        ConfigureError: A node refused to start.
        FaultError: The pipeline did not recover from something.
    """
    robot = load_robot(find_robot(options.robot))
    limits = MotionLimits.of(robot.joints)
    samples: list[UsageSample] = []
    with ros(), Rig(build_graph(options), robot, one_process=one_process) as rig:
        began = time.monotonic()
        number = 0
        while time.monotonic() - began < 60.0 * minutes:
            rig.begin()
            for _ in _disturbances(rig, number):
                samples += _look(rig, time.monotonic() - began)
            number += 1
            report(time.monotonic() - began, samples, judge(rig.begin(), limits))
    return samples


def growth(samples: Sequence[UsageSample]) -> list[Growth]:
    """Return how much each process has grown since it had settled."""
    end = max(one.time for one in samples)
    grown = []
    for name in dict.fromkeys(one.name for one in samples):
        own = [one for one in samples if one.name == name]
        # A short run may have no sample in a fifth.
        early = [
            one.usage for one in own if _SETTLED * end <= one.time <= 2.0 * _SETTLED * end
        ] or [own[0].usage]
        late = [one.usage for one in own if one.time >= (1.0 - _SETTLED) * end]
        grown.append(
            Growth(
                name=name,
                memory=_median(late, "memory") - _median(early, "memory"),
                shared=_median(late, "shared") - _median(early, "shared"),
                threads=max(one.threads for one in late) - max(one.threads for one in early),
                files=max(one.files for one in late) - max(one.files for one in early),
            )
        )
    return grown


def _median(usages: Sequence[Usage], quantity: str) -> float:
    return float(np.median([getattr(one, quantity) for one in usages]))


def _look(rig: Rig, moment: float) -> list[UsageSample]:
    try:
        return [UsageSample(moment, name, usage(process)) for name, process in rig.ids.items()]
    except OSError as error:
        raise FaultError("a process of the pipeline has ended") from error


def _disturbances(rig: Rig, number: int) -> Iterator[None]:
    """Do what a round has, and yield whenever samples are to be taken."""
    _not_numbers(rig)
    yield from _quiet(rig, 1)
    rig.enable(False)
    rig.wait_for(State.DISABLED)
    rig.enable()
    rig.wait_for(State.ACTIVE)
    yield from _quiet(rig, 1)
    if number % 3:
        rig.set_estop(True)
        rig.wait_for(State.STOPPED)
        rig.set_estop(False)
    else:
        with StopButton(rig.topic("estop"), "best_effort", "volatile") as button:
            # One best-effort message can be lost while publisher and subscription still match.
            for _ in range(_ASSERTIONS):
                button.set(True)
                rig.wait(_BETWEEN_ASSERTIONS)
            rig.wait_for(State.STOPPED)
    rig.reset_when_released()
    rig.enable()
    rig.wait_for(State.ACTIVE)
    yield from _quiet(rig, 2)


def _quiet(rig: Rig, periods: int) -> Iterator[None]:
    for _ in range(periods):
        rig.wait(PERIOD)
        yield


def _not_numbers(rig: Rig) -> None:
    for value in (np.nan, np.inf, 1e38):
        values = np.array(controls.NEUTRAL)
        values[3] = value
        rig.publish_controls(control_message(rig.stamp(), values))
