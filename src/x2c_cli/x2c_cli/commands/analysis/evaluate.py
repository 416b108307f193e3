# SPDX-License-Identifier: Apache-2.0
"""Evaluate bags and videos offline: control error, tracking, smoothness, limits, latency.

Each recording goes through the same pipeline as in the nodes, without messages, as fast as this
machine allows. Results are the same bytes every time. Bags may come from any camera and any ROS 2
distribution, as MCAP or sqlite3, complete or cut off. A bag with landmarks but no images is
evaluated from the landmarks. Control values in a bag are compared with the result; --against
compares with another bag, a CSV file of control values, or an earlier evaluation.

The folder gets report.html (needs no network), report.json, and frames/*.parquet. To resume a run
that was stopped, give the same command again; unchanged results are kept. Earlier results are
replaced at the end, if a recording could be evaluated. A folder that holds
other data under these names is refused: only results are ever replaced or removed.

The exit status is 0 if everything was read and evaluated, 3 if all recordings were evaluated but
some data could not be read, 1 if a recording could not be evaluated at all, and 2 if the
evaluation did not start.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_evaluation.offline.engines import Engine
    from x2c_evaluation.offline.recording.job import EvaluationJob
    from x2c_evaluation.offline.run import Evaluation
    from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess
    from x2c_evaluation.pipeline.settings import EvaluationSettings

FAILED = 1
"""Exit status where a recording could not be evaluated."""

PARTLY_READ = 3
"""Exit status where something of a recording could not be read."""

_SHOWN = (
    *("error", "recorded_error", "face_share", "jitter", "jerk", "too_fast_share"),
    *("fidelity_r", "latency_p50_ms"),
)
_ABREAST = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.commands.imitation.source import add_backend_options

    parser.add_argument(
        "recordings",
        metavar="BAG|VIDEO",
        nargs="+",
        help="a bag (its folder or one file), a video, a folder of images, a data set, "
        "'performer', or NAME:TEXT with the name of a source, see 'x2c sources'",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("out/evaluation"),
        help="folder for the results",
    )
    parser.add_argument(
        "--against",
        metavar="REFERENCE",
        default="",
        help="compare with a bag's control values, a CSV file of them, or an earlier evaluation",
    )
    parser.add_argument(
        "--backend", metavar="B", default="", help="imitation backend (default: solver)"
    )
    add_backend_options(parser)
    parser.add_argument(
        "--robot", metavar="R", default="", help="name or folder of the robot (default: virtual)"
    )
    parser.add_argument(
        "--params", metavar="FILE", type=Path, help="parameters of the nodes, as for 'x2c imitate'"
    )
    parser.add_argument(
        "--topic", metavar="T", default="", help="image topic, if a bag has several"
    )
    parser.add_argument(
        "--calibration",
        choices=("auto", "live", "before", "recorded"),
        default="auto",
        help="source of the neutral face: found while imitating, in a first pass, or recorded in "
        "the bag; auto: recorded if there are no images, else live",
    )
    parser.add_argument(
        "--fidelity", action="store_true", help="also compare with the virtual face that imitates"
    )
    parser.add_argument(
        "--clips",
        metavar="N",
        type=int,
        choices=range(7),
        default=3,
        help="video clips of the worst moments of a recording, 0 to 6 (default: %(default)s)",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=os.cpu_count() or 1,
        help="number of processes (default: %(default)s)",
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        default="",
        help="address of a Dask scheduler to run on, such as tcp://host:8786",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    with ExitStack() as stack:
        tracking = None
        if len(arguments.recordings) == 1 and not arguments.cluster and _cores() > 1:
            from x2c_evaluation.offline.results.layout import REPORT
            from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess

            tracking = stack.enter_context(TrackingProcess())
            # Beside this process; where there are results, they may be kept.
            there = os.path.exists(arguments.recordings[0])
            if there and not (arguments.out / REPORT).exists():
                tracking.get_ready()
        return _run(arguments, tracking)


def _run(arguments: argparse.Namespace, tracking: TrackingProcess | None) -> int:
    from rich.console import Console

    from x2c_cli.commands.imitation.source import backend_texts
    from x2c_evaluation.pipeline.neutral_source import NeutralSource
    from x2c_evaluation.pipeline.settings import make_settings

    console = Console()
    settings = make_settings(
        arguments.robot,
        arguments.backend,
        arguments.params,
        NeutralSource(arguments.calibration),
        arguments.fidelity,
        backend_texts(arguments),
    )
    jobs = _jobs(arguments, settings, console)
    evaluation = _evaluate(jobs, arguments.out, _engine(arguments, tracking), console)
    _show(evaluation, arguments.out, console)
    if evaluation.failed:
        return FAILED
    return PARTLY_READ if evaluation.lost else 0


def _jobs(
    arguments: argparse.Namespace, settings: EvaluationSettings, console: Console
) -> list[EvaluationJob]:
    """Return what is to be evaluated; refuse what cannot be begun."""
    from x2c_bags.errors import TopicError
    from x2c_core.errors import X2CError
    from x2c_evaluation.offline.recording.job import EvaluationJob, check
    from x2c_evaluation.offline.run import unique_names
    from x2c_evaluation.offline.sources.choice import open_frames
    from x2c_imitation.backends import make_imitator

    # A wrong backend or robot would fail in every recording.
    make_imitator(settings.backend, settings.robot(), vars(settings.options))
    names = unique_names(arguments.recordings)
    jobs = []
    chosen: dict[tuple[str, ...], str] = {}
    for name, source in zip(names, arguments.recordings, strict=True):
        job = EvaluationJob(
            name, source, settings, arguments.topic, arguments.against, arguments.clips
        )
        check(job)
        try:
            open_frames(job.source, job.topic, settings.calibration)
        except TopicError as error:
            if len(error.choices) < 2 or arguments.topic:
                # The report says so; the others are evaluated.
                jobs.append(job)
                continue
            key = tuple(error.choices)
            if key not in chosen:
                if not (sys.stdin.isatty() and console.is_terminal):
                    raise
                chosen[key] = _ask(error, console)
            job = dataclasses.replace(job, topic=chosen[key])
        except X2CError:
            # Likewise.
            pass
        jobs.append(job)
    return jobs


def _ask(error: Exception, console: Console) -> str:
    from x2c_core.terminal.dialogue import Dialogue, Quit

    choices = [str(topic) for topic in getattr(error, "choices", ())]
    for number, topic in enumerate(choices, start=1):
        console.print(f"  {number}  {topic}", markup=False, highlight=False)
    numbers = {str(number): topic for number, topic in enumerate(choices, start=1)}
    try:
        return Dialogue(console).choose("Which topic shows the person? Its number:", numbers)
    except Quit:
        raise error from None


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _engine(arguments: argparse.Namespace, tracking: TrackingProcess | None) -> Engine:
    from x2c_evaluation.offline.engines import ClusterEngine, Processes

    if arguments.cluster:
        return ClusterEngine(arguments.cluster)
    return Processes(max(arguments.jobs, 1), tracking)


def _evaluate(
    jobs: list[EvaluationJob], out: Path, engine: Engine, console: Console
) -> Evaluation:
    from x2c_cli.evaluation_progress import EvaluationProgress
    from x2c_evaluation.offline.run import run as evaluate_all

    try:
        with EvaluationProgress(jobs, console) as progress:
            return evaluate_all(jobs, out, engine, progress)
    except KeyboardInterrupt:
        console.print(f"Stopped; to resume in {out}, give the same command again.", soft_wrap=True)
        raise


def _show(evaluation: Evaluation, out: Path, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from x2c_core.terminal.tables import folded
    from x2c_evaluation.offline.results.layout import PAGE
    from x2c_evaluation.offline.results.metrics import METRICS

    good = [one for one in evaluation.results if not one.failed]
    columns = [METRICS[n] for n in _SHOWN if any(METRICS[n].of(one) is not None for one in good)]
    if good:
        # A few stand side by side, so that the names of figures have room.
        table = Table("")
        for one in good[:_ABREAST]:
            table.add_column(Text(one.name), justify="right")
        for metric in columns:
            values = (metric.text(metric.of(one)) for one in good[:_ABREAST])
            table.add_row(metric.label, *values)
        console.print(folded(table))
        if len(good) > _ABREAST:
            console.print(f"and {len(good) - _ABREAST} more", soft_wrap=True)
    for one in evaluation.results:
        for issue in one.issues:
            kind = "not read" if issue.loss else "note"
            text = f"{kind}: {one.name}: {issue}"
            console.print(Text(text, "yellow" if issue.loss else "dim"), soft_wrap=True)
        if one.failed:
            text = f"failed: {one.name}: {one.failed}"
            console.print(Text(text, "bold red"), soft_wrap=True)
    said = f"{len(good) - evaluation.kept} evaluated"
    said += f", {evaluation.kept} kept from before" if evaluation.kept else ""
    said += f", {len(evaluation.failed)} failed" if evaluation.failed else ""
    where = f"results: {out / PAGE}"
    if not evaluation.written:
        where = f"the earlier results stay: {out / PAGE}"
    console.print(f"{said}; {where}", markup=False, highlight=False, soft_wrap=True)
