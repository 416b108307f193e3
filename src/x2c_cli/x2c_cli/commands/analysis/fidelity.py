# SPDX-License-Identifier: Apache-2.0
"""Measure how well the virtual robot imitates the people in videos.

Each video is imitated offline, as fast as this machine allows and with the same figures each time:
the person is tracked, the robot's simulated face moves within its servos' limits, and the same
tracker watches its image. For each of 17 descriptors of an expression, the curves of person and
robot are compared: Pearson's r at the best lag within 200 ms, that lag, and the ratio of
amplitudes. Descriptors that the person does not move are left out and listed. The report also
shows which step limits each descriptor: the imitator, the expression model, the mechanics, or the
tracking of the robot's face.

Correlation is blind to what stands still, so the absolute error is measured too: person and robot
each against their own face at rest, in units of how much people vary, beside the errors of a robot
that never moves and of the same robot half a clip late; and in how many images the robot followed,
and how soon.

If the classifier of expressions in the npm package @vladmandic/face-api is installed, it judges
too: what it reads on the person's face and on the robot's, beside the same baselines. For clips
whose expression is known, by --labels or by a word of the file name as in anger_2.mp4, there is a
confusion table.

With --ceiling the robot imitates itself: a second virtual face makes random smooth expressions.

The exit status is 1 if a video could not be measured, and 2 if the measurement did not start.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_core.robot.robot import Robot
    from x2c_evaluation.fidelity.measure import Clip
    from x2c_evaluation.fidelity.report.summary import FidelitySummary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.commands.imitation.source import add_backend_options
    from x2c_imitation.backends import DEFAULT_BACKEND

    parser.add_argument(
        "videos",
        metavar="VIDEO",
        nargs="*",
        help="a video with one person, or 'performer' for the built-in performer",
    )
    parser.add_argument(
        "--robot",
        metavar="R",
        default="virtual",
        help="name or folder of a robot; one with other joints is shown by the virtual face, "
        "which then moves only that robot's controls",
    )
    parser.add_argument(
        "--backend",
        metavar="B",
        default=DEFAULT_BACKEND,
        help="imitation backend (default: %(default)s)",
    )
    add_backend_options(parser)
    parser.add_argument(
        "--calibration",
        choices=("before", "live"),
        default="before",
        help="time at which the person's neutral face is found: in a first pass, as of "
        "a known person (default), or while the robot imitates",
    )
    parser.add_argument(
        "--ceiling",
        action="store_true",
        help="let the robot imitate itself, which is the best possible result",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        default=0,
        help="random seed of the expressions of --ceiling",
    )
    parser.add_argument(
        "--labels",
        metavar="FILE",
        type=Path,
        help="CSV file with the columns clip, expression and neutral: what is known of videos; "
        "neutral is an image of the person at rest, or the second of the video in which they are",
    )
    parser.add_argument(
        "--no-judge", action="store_true", help="leave the judge out, even if it is installed"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="folder for fidelity.json, curves and images"
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON; tables and progress go to stderr"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=min(4, os.cpu_count() or 1),
        help="number of processes (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_cli.inputs import check_exists, check_recording
    from x2c_core.errors import OutputError
    from x2c_core.files.results import ResultsFolder
    from x2c_core.robot.robot_file import load_robot
    from x2c_evaluation.fidelity.judge.face_api import find_face_api, how_to_install
    from x2c_evaluation.fidelity.report import tables
    from x2c_node.robots import find_robot

    if not arguments.videos and not arguments.ceiling:
        raise OutputError("there is nothing to measure: name a video, 'performer', or --ceiling")
    for video in arguments.videos:
        check_recording(video)
    check_exists("file of labels", arguments.labels)
    robot = load_robot(find_robot(arguments.robot))
    out: Path | None = arguments.out
    if out is not None:
        # Before the work, not after it.
        with ResultsFolder(out):
            pass
    console = Console(stderr=arguments.json)
    summary = _measure(arguments, robot, console)
    tables.show(summary, console)
    if find_face_api() is None and not arguments.no_judge:
        console.print(
            f"no judge of expressions is installed; to have one: {how_to_install()}",
            markup=False,
            soft_wrap=True,
        )
    if out is not None:
        _write(summary, out, console)
    if arguments.json:
        print(summary.as_json())
    return 1 if summary.failed else 0


def _measure(arguments: argparse.Namespace, robot: Robot, console: Console) -> FidelitySummary:
    from x2c_cli.commands.imitation.source import backend_texts
    from x2c_core.terminal.progress import ProgressDisplay
    from x2c_evaluation.fidelity.clips import SELF, FidelityJob, NeutralTiming, measure_clips
    from x2c_evaluation.fidelity.judge.face_api import find_face_api
    from x2c_evaluation.fidelity.labels import label_of, read_labels
    from x2c_evaluation.fidelity.report.summary import FidelitySummary
    from x2c_evaluation.fidelity.simulated_robot import has_virtual_joints
    from x2c_imitation.backends import options_from_texts

    calibration = NeutralTiming(arguments.calibration)
    options = options_from_texts(arguments.backend, backend_texts(arguments))
    labels = {} if arguments.labels is None else read_labels(arguments.labels)
    judge = None if arguments.no_judge else find_face_api()
    jobs = [
        FidelityJob(
            *(video, robot, arguments.backend, calibration, arguments.seed, options),
            label=label_of(video, labels),
            judge=judge,
        )
        for video in (*((SELF,) if arguments.ceiling else ()), *arguments.videos)
    ]
    found: dict[int, Clip | str] = {}
    with ProgressDisplay(console) as progress:
        bars = [progress.add(job.name, job.images()) for job in jobs]

        def worked(index: int, done: int) -> None:
            progress.update(bars[index], done)

        for index, result in measure_clips(jobs, arguments.jobs, worked):
            found[index] = result
            progress.remove(bars[index])
    names = [job.video or job.name for job in jobs]
    failed = {names[at]: one for at, one in sorted(found.items()) if isinstance(one, str)}
    clips = {at: one for at, one in sorted(found.items()) if not isinstance(one, str)}
    ceiling = clips.pop(0, None) if arguments.ceiling else None
    people = list(clips.values())
    return FidelitySummary(
        *(robot.name, arguments.backend, calibration, people, failed, ceiling),
        controls_moved=None if has_virtual_joints(robot) else int(robot.followed.sum()),
    )


def _write(summary: FidelitySummary, out: Path, console: Console) -> None:
    import cv2

    from x2c_core.files.results import ResultsFolder
    from x2c_core.printable import printable
    from x2c_evaluation.fidelity.report.figure import write_figure
    from x2c_evaluation.fidelity.report.mood_figure import write_mood_figure

    if not summary.every:
        earlier = " stay as they were" if out.exists() else " were not made"
        console.print(f"Results in {out}{earlier}", markup=False, soft_wrap=True)
        return
    with ResultsFolder(out) as results:
        results.write_text("fidelity.json", printable(summary.as_json()) + "\n")
        with results.writing():
            for clip in summary.every:
                write_figure(clip, results.work / f"{clip.name}_curves.png")
                write_mood_figure(clip, results.work / f"{clip.name}_mood.png")
                encoded = cv2.imencode(".png", clip.performance.image)[1]
                (results.work / f"{clip.name}_images.png").write_bytes(encoded.tobytes())
        results.keep()
    console.print(f"Results in {out}", markup=False, soft_wrap=True)
