# SPDX-License-Identifier: Apache-2.0
"""Train a mapping network: from images of a robot's face to its control values.

The data set is one of 'x2c collect', or upstream's X2C. Its images are decoded once, transferred
onto the robot's neutral image if the data set has landmarks, and kept at the network's size. To
resume a training that was stopped, also by Ctrl-C, give the same command again. Its folder holds
checkpoint, curves (CSV and TensorBoard), settings, and at the end the weights with their card.

Settings come from a YAML file (--config: a path, or the name of one in config/training) and from
--set, for example --set optimizer.epochs=5 --set loss.weights.gaze=2. Several GPUs or machines:
  torchrun --nproc-per-node 4 -m x2c_cli.cli train ...
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.inputs import check_exists
from x2c_cli.skipped import show_skipped

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_training.training.training_run import TrainingJob, TrainingOutcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="folder of the data set"
    )
    parser.add_argument(
        "--robot", metavar="R", default="virtual", help="name or folder of the robot"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="folder for the training"
    )
    parser.add_argument("--config", metavar="FILE", help="settings: name or YAML file")
    parser.add_argument(
        "--set",
        metavar="S.K=V",
        action="append",
        default=[],
        dest="overrides",
        help="setting that overrides the file's; repeatable",
    )
    parser.add_argument("--epochs", metavar="N", type=int, help="short for optimizer.epochs")
    parser.add_argument("--seed", metavar="S", type=int, help="short for run.seed")
    parser.add_argument("--device", metavar="D", help="short for run.device: auto, cpu, cuda")
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        help="folder for prepared images (.prepared in the data set)",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        default=0,
        help="number of processes (default: one per core)",
    )
    parser.add_argument(
        "--from",
        metavar="FILE",
        type=Path,
        dest="start",
        help="weights or checkpoint to start from",
    )
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="begin again, though there is an earlier training in the same folder; that one is "
        "removed when the new one has finished",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    check_inputs(arguments)
    from rich.console import Console

    from x2c_training.device import team
    from x2c_training.progress import TrainProgress
    from x2c_training.training.training_run import train

    job = job_of(arguments)
    console = Console()
    with team(job.settings.run.device) as group:
        with TrainProgress(console, quiet=not group.leads) as progress:
            outcome = train(job, group, progress, progress.prepare, progress.say)
        if group.leads:
            _show(outcome, job, console)
    return 0 if outcome.finished else 130


def check_inputs(arguments: argparse.Namespace) -> None:
    """Refuse a data set or weights that are not there, before torch is loaded."""
    check_exists("data set at", arguments.data)
    check_exists("file of weights", arguments.start)


def job_of(arguments: argparse.Namespace) -> TrainingJob:
    """Return the training that the arguments describe."""
    from x2c_bringup.shared_files import training_settings_file
    from x2c_node.robots import find_robot
    from x2c_training.settings_file import read_settings
    from x2c_training.training.training_run import TrainingJob

    overrides = list(arguments.overrides)
    for name, key in (
        ("epochs", "optimizer.epochs"),
        ("seed", "run.seed"),
        ("device", "run.device"),
    ):
        value = getattr(arguments, name)
        if value is not None:
            overrides.append(f"{key}={value}")
    file = None if arguments.config is None else training_settings_file(arguments.config)
    return TrainingJob(
        data=arguments.data,
        robot=find_robot(arguments.robot),
        out=arguments.out,
        settings=read_settings(file, overrides),
        cache=arguments.cache,
        workers=arguments.workers or len(os.sched_getaffinity(0)),
        start=arguments.start,
        fresh=arguments.fresh,
        command=shlex.join(["./x2c", *sys.argv[1:]]),
    )


def _show(outcome: TrainingOutcome, job: TrainingJob, console: Console) -> None:
    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    for note in outcome.notes:
        say(f"note: {note}")
    show_skipped(outcome.skipped, console)
    if outcome.weights is None:
        say(f"Stopped; to resume in {job.out}, give the same command again.")
        return
    for name, errors in outcome.errors.items():
        say(f"{job.settings.data.test}, {name} images: error {errors.mae:.4f}")
    say(f"Weights: {outcome.weights}; see {job.out / 'README.md'}")
