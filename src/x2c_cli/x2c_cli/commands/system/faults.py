# SPDX-License-Identifier: Apache-2.0
"""Inject faults into the running pipeline and check the joints' motion against their limits.

The nodes run as processes, with the built-in performer in front of the camera and the virtual face
or emulated servos as the robot. Processes are frozen and killed, invalid numbers are published,
the emergency stop is asserted in every state, and the servos lose power. The commands of actuation
and the motion of emulated servos are recorded and compared with the limits in robot.yaml. The
table replaces an earlier one at the end. The exit status is 1 if a limit was exceeded, or if the
pipeline did not recover.
"""

from __future__ import annotations

import argparse
from pathlib import Path

_DONE, _FAILED = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "faults", metavar="FAULT", nargs="*", help="names of faults (default: all)"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("out/faults"),
        help="folder for table and plots",
    )
    parser.add_argument("--list", action="store_true", help="list the faults")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.errors import FaultError
    from x2c_cli.faults.scenarios.titles import TITLES

    names = arguments.faults or list(TITLES)
    if unknown := [name for name in names if name not in TITLES]:
        raise FaultError(f"unknown fault {', '.join(unknown)}; there are: {', '.join(TITLES)}")
    if arguments.list:
        for name, title in TITLES.items():
            print(f"{name:18} {title}")
        return _DONE

    from rich.console import Console

    from x2c_bringup.graph.options import GraphOptions
    from x2c_bringup.graph.robot_description import DEFAULT_ROBOT
    from x2c_cli.faults.observation.report import TABLE, write
    from x2c_cli.faults.run import run_all
    from x2c_cli.output_folder import left_after_interruption
    from x2c_core.files.results import ResultsFolder

    console = Console()
    options = GraphOptions(
        filename="performer",
        loop=True,
        robot=DEFAULT_ROBOT,
        log_level="error",
    )
    outcomes = []
    with (
        ResultsFolder(arguments.out) as results,
        left_after_interruption(results, console),
        console.status("starting the pipeline") as status,
    ):
        for outcome in run_all(names, options, results.work):
            outcomes.append(outcome)
            # What is known stays known when it is stopped.
            write(results, outcomes, " ".join(["./x2c faults", *arguments.faults]))
            verdict = outcome.verdict
            wrong = "; ".join(filter(None, [outcome.failure, *verdict.exceeded]))
            said = "inside all limits" if outcome.good else f"NOT GOOD {wrong}"
            servos = "" if verdict.actual is None else f", speed of servos {verdict.actual:.0%}"
            console.print(
                f"{outcome.title}: {said}; velocity {verdict.velocity:.0%}, acceleration "
                f"{verdict.acceleration:.0%}, jerk {verdict.jerk:.0%}{servos} of the limits "
                f"({len(outcomes)} of {len(names)})",
                markup=False,
                highlight=False,
            )
            status.update(f"{len(outcomes)} of {len(names)} done")
        results.keep()
    console.print(f"Table and plots in {arguments.out / TABLE}", markup=False, soft_wrap=True)
    return _DONE if all(outcome.good for outcome in outcomes) else _FAILED
