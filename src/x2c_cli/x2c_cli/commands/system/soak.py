# SPDX-License-Identifier: Apache-2.0
"""Run the pipeline for a long time with disturbances, and check whether its memory grows.

The built-in performer drives the virtual face. About every 22 s the emergency stop is asserted and
reset, joints are disabled and enabled, and invalid control values are published. Memory, threads
and open files of each process are sampled. The exit status is 1 if one of them grows after the
first fifth of the time, or if a limit of a joint was exceeded. Samples and curves replace earlier
ones at the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.source import seconds
from x2c_core.words import counted

if TYPE_CHECKING:
    from x2c_cli.faults.observation.verdict import LimitVerdict
    from x2c_cli.faults.soak.soak import UsageSample

_DONE, _FAILED = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--minutes",
        metavar="M",
        type=seconds,
        default=30.0,
        help="duration (default: %(default)g)",
    )
    parser.add_argument(
        "--one-process",
        action="store_true",
        help="run all nodes in one process, as x2c imitate does",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("out/soak"),
        help="folder for samples and curves",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_bringup.graph.options import GraphOptions
    from x2c_bringup.graph.robot_description import DEFAULT_ROBOT
    from x2c_cli.faults.soak import soak_report
    from x2c_cli.faults.soak.soak import growth, soak
    from x2c_cli.output_folder import left_after_interruption
    from x2c_core.files.results import ResultsFolder

    console = Console()
    options = GraphOptions(
        filename="performer",
        loop=True,
        robot=DEFAULT_ROBOT,
        log_level="fatal",
    )
    how = "one process" if arguments.one_process else "nodes as processes"
    command = f"./x2c soak --minutes {arguments.minutes:g}"
    command += " --one-process" if arguments.one_process else ""
    commands, broken = 0, 0

    def report(time: float, samples: Sequence[UsageSample], verdict: LimitVerdict) -> None:
        nonlocal commands, broken
        commands += verdict.commands
        broken += not verdict.inside
        judged = f"{counted(broken, 'round')} NOT inside" if broken else "inside"
        title = (
            f"{time / 60.0:.1f} min, {how}, {counted(commands, 'command')}, {judged} all limits"
        )
        # What is known stays known when it is stopped.
        soak_report.write(results, samples, title, command)
        now = {one.name: one.usage for one in samples[-8:]}
        used = ", ".join(f"{name} {one.memory:.0f} MB" for name, one in now.items())
        summary = "; ".join([title, *verdict.exceeded, used])
        console.print(summary, markup=False, highlight=False, soft_wrap=True)

    with ResultsFolder(arguments.out) as results, left_after_interruption(results, console):
        samples = soak(
            options, arguments.minutes, one_process=arguments.one_process, report=report
        )
        results.keep()
    grown = [one for one in growth(samples) if not one.good]
    for one in grown:
        console.print(
            f"{one.name} has grown: memory {one.memory:+.1f} MB, shared {one.shared:+.1f} MB, "
            f"threads {one.threads:+d}, files {one.files:+d}",
            markup=False,
        )
    console.print(f"Samples and curves in {arguments.out}", markup=False, soft_wrap=True)
    return _FAILED if grown or broken else _DONE
