# SPDX-License-Identifier: Apache-2.0
"""Put faults into a pipeline, one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_actuation.safety.state_machine import State
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import ros
from x2c_cli.errors import FaultError
from x2c_cli.faults.observation import figure
from x2c_cli.faults.observation.report import FaultOutcome
from x2c_cli.faults.observation.verdict import judge
from x2c_cli.faults.rig.rig import Rig
from x2c_cli.faults.rig.servos import Servos
from x2c_cli.faults.scenarios.scenarios import SCENARIOS, Scenario
from x2c_cli.faults.scenarios.titles import TITLES
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot

_BEFORE = 1.0
"""For so long joints follow the person before something is done [s]."""


def run_all(names: Sequence[str], options: GraphOptions, folder: Path) -> Iterator[FaultOutcome]:
    """Put faults into a running pipeline and yield what became of each.

    Args:
        names: Names of scenarios.
        options: Options of the graph.
        folder: For the images.

    Raises:
        ConfigureError: A node refused to start.
        FaultError: The pipeline does not even work without faults.
    """
    for name in names:
        # Each has a pipeline of its own, so that none suffers from the one before.
        scenario = SCENARIOS[name]
        with ros(), _running(scenario, options) as rig:
            yield _run(name, scenario, rig, folder)


@contextmanager
def _running(scenario: Scenario, options: GraphOptions) -> Iterator[Rig]:
    """Run the pipeline of a scenario, with the servos that it asks for."""
    with ExitStack() as stack:
        servos = stack.enter_context(Servos(scenario.servos)) if scenario.servos else None
        if servos is not None:
            options = dataclasses.replace(options, robot=str(servos.robot.folder))
        robot = load_robot(find_robot(options.robot))
        rig = Rig(build_graph(options), robot, one_process=scenario.one_process, servos=servos)
        yield stack.enter_context(rig)


def _run(name: str, scenario: Scenario, rig: Rig, folder: Path) -> FaultOutcome:
    robot, failure = rig.robot, ""
    rig.begin()
    rig.wait_for(State.ACTIVE)
    rig.wait(_BEFORE)
    try:
        scenario.inject(rig)
        rig.wait(_BEFORE)
    except FaultError as error:
        failure = str(error)
    limits, log = MotionLimits.of(robot.joints), rig.begin()
    image = f"{name}.png"
    figure.save(figure.draw(TITLES[name], log, limits, robot.joint_names), folder / image)
    return FaultOutcome(
        name=name,
        title=TITLES[name],
        image=image,
        events=tuple(log.events),
        changes=tuple(log.changes),
        verdict=judge(log, limits),
        failure=failure,
    )
