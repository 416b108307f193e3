# SPDX-License-Identifier: Apache-2.0
"""Train a mapping network for every combination of backbone, loss and use of features.

Each training has a folder of its own in --out, where the table (CSV, Markdown) and a plot of the
errors on the test split are, too. To resume after a stop, also by Ctrl-C, give the same command
again: what is finished is only measured. Several machines or processes share the work with --part
1/3, 2/3 and 3/3 and a common folder; the command without --part then makes the whole table. Or
--cluster lets the workers of a Dask cluster train, which find data, robot and --out under the same
paths.

Uses of features: none; matching, X2CNet's, with weight 1; adaptation, X2CNet++'s, with 5e-4. The
last two need a data set with landmarks. Other settings are those of 'x2c train'.
"""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from x2c_cli.commands.networks import train as training

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from x2c_training.evaluation.metrics import Errors
    from x2c_training.training.ablation import AblationCase
    from x2c_training.training.training_run import TrainingJob

_BACKBONES = "resnet18,vgg16,vit_b16,efficientnet_b0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    for name, default, what in (
        ("--backbones", _BACKBONES, "backbones"),
        ("--losses", "l1,mse,huber", "losses of the values"),
        ("--features", "none,matching,adaptation", "uses of features"),
    ):
        parser.add_argument(
            name, metavar="A,B", default=default, help=f"{what} (default: {default})"
        )
    parser.add_argument("--part", metavar="K/N", default="1/1", help="every n-th training only")
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        default="",
        help="address of a Dask scheduler to train on, such as tcp://host:8786",
    )
    training.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    training.check_inputs(arguments)
    from rich.console import Console

    from x2c_training.device import team
    from x2c_training.progress import TrainProgress
    from x2c_training.training.ablation import ablation_cases, part_of, write_ablation
    from x2c_training.training.training_run import train

    common = training.job_of(arguments)
    names = [
        [name.strip() for name in text.split(",") if name.strip()]
        for text in (arguments.backbones, arguments.losses, arguments.features)
    ]
    every = ablation_cases(*names)
    cases = part_of(every, arguments.part)
    # Parts that run at the same time would write over each other's table.
    whole = len(cases) == len(every)
    # All are checked before the first one begins.
    jobs = {
        case: dataclasses.replace(
            common, out=common.out / case.name, settings=case.settings(common.settings)
        )
        for case in cases
    }
    console = Console()
    if arguments.cluster:
        return _on_cluster(arguments.cluster, jobs, common, whole, console)
    found: dict[AblationCase, dict[str, Errors]] = {}
    with team(common.settings.run.device) as group:
        for number, (case, job) in enumerate(jobs.items(), 1):
            with TrainProgress(console, quiet=not group.leads) as progress:
                progress.say(f"{number} of {len(jobs)}: {case.name}")
                outcome = train(job, group, progress, progress.prepare, progress.say)
            if not outcome.finished:
                if group.leads:
                    console.print("Stopped; to resume, give the same command again.")
                return 130
            found[case] = outcome.errors
            if group.leads and whole:
                write_ablation(common.out, found)
    if group.leads:
        _say_what_is_done(len(found), common, whole, console)
    return 0


def _on_cluster(
    address: str,
    jobs: Mapping[AblationCase, TrainingJob],
    common: TrainingJob,
    whole: bool,
    console: Console,
) -> int:
    from x2c_core.system.cluster import Cluster
    from x2c_training.progress import TrainProgress
    from x2c_training.training.ablation import write_ablation
    from x2c_training.training.ablation_cluster import train_on_cluster

    found: dict[AblationCase, dict[str, Errors]] = {}
    failed = 0
    with TrainProgress(console) as progress:
        outcomes = train_on_cluster(Cluster(address), jobs, progress.prepare, progress.say)
        for case, outcome in outcomes:
            reason = "" if outcome.finished else f"; failed: {', '.join(outcome.notes)}"
            failed += bool(reason)
            if not reason:
                found[case] = outcome.errors
            progress.say(f"{len(found) + failed} of {len(jobs)}: {case.name}{reason}")
            if whole and found:
                # In the order of the cases, not in that in which they are done.
                write_ablation(common.out, {one: found[one] for one in jobs if one in found})
    _say_what_is_done(len(found), common, whole and bool(found), console)
    return 1 if failed else 0


def _say_what_is_done(count: int, common: TrainingJob, whole: bool, console: Console) -> None:
    from x2c_core.words import counted
    from x2c_training.training.ablation import PAGE

    text = f"{counted(count, 'training')} finished in {common.out}"
    if whole:
        text = f"Written: {common.out / PAGE}, with {counted(count, 'training')}"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
