# SPDX-License-Identifier: Apache-2.0
"""Measure how well warped images of a robot show what a person does.

    python -m x2c_evaluation.transfer.agreement virtual performer clip.mp4

Each image of a video is tracked, the person's motion is transferred to the robot's neutral
image, and the warped image is tracked again. Per expression descriptor: the correlation of the
two curves without any lag, and the ratio of amplitudes; the share of warped images in which the
tracker finds a face; and the processor time that an image takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from x2c_bags.frames.frame_source import timed
from x2c_core.arrays import Array
from x2c_core.errors import X2CError
from x2c_core.face.descriptors import Descriptor
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_core.terminal.progress import ProgressDisplay
from x2c_core.terminal.tables import folded
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.fidelity.clip import eyes_open
from x2c_evaluation.fidelity.measures.agreement import Agreement, agreement
from x2c_evaluation.fidelity.measures.floors import FLOORS
from x2c_evaluation.pipeline.even_images import source_images, source_period
from x2c_evaluation.pipeline.observing import observe
from x2c_evaluation.pipeline.offline_pipeline import find_neutral
from x2c_evaluation.pipeline.seen import seen
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.transfer.motion_transfer import DEFAULT_TRANSFER, make_transfer
from x2c_node.robots import find_robot
from x2c_perception.cameras.choice import choose_source
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

_GAZE = (Descriptor.GAZE_YAW, Descriptor.GAZE_PITCH)


@dataclass(frozen=True)
class TransferClip:
    """Measurements on one video.

    Attributes:
        name: Name of the video.
        warped: Number of images warped.
        found: Number of those images with a face found.
        milliseconds: Processor time for an image, the median [ms].
        agreements: Agreements by descriptor that the person moves.
    """

    name: str
    warped: int
    found: int
    milliseconds: float
    agreements: Mapping[Descriptor, Agreement]


def measure_transfer(
    robot: Robot,
    video: str,
    size: int = 256,
    progress: Callable[[], None] = lambda: None,
    transfer: str = DEFAULT_TRANSFER,
) -> TransferClip:
    """Return how well the robot's animated images follow a video.

    Args:
        robot: Robot with a neutral image and its landmarks.
        video: Path of the video, or a name as users give it.
        size: Width and height of the animated images [pixel].
        progress: Called after each image.
        transfer: Name of the motion transfer.

    Raises:
        EvaluationError: No neutral face is found in the video.
        X2CError: The robot or the video cannot be used.
    """
    motion = make_transfer(transfer, robot, size)
    source = choose_source("", video)
    if source.is_endless:
        raise EvaluationError(f"{video} is a single image; expected a video, or a folder of them")
    with source:
        period = source_period(source)
        neutral = find_neutral(timed(source_images(source), period))
    if neutral is None:
        raise EvaluationError(f"no neutral face is found in {video}")
    motion.calibrate(neutral)
    person, robots, spent = [], [], []
    watching, judging = FaceMeshTracker(), FaceMeshTracker()
    try:
        with source:
            for bgr in source_images(source):
                faces = watching.track(np.ascontiguousarray(bgr[:, :, ::-1]))
                progress()
                if not faces:
                    continue
                observation = observe(
                    motion.needs, Observation.of_landmarks(faces[0].landmarks).face, bgr
                )
                start = time.thread_time()
                warped = motion.animate(observation)
                spent.append(time.thread_time() - start)
                person.append(seen(faces))
                robots.append(seen(judging.track(warped)))
    finally:
        watching.close()
        judging.close()
    if not spent:
        raise EvaluationError(f"no face is found in {video}")
    compared = _agreements(np.array(person), np.array(robots), period)
    found = int(np.isfinite(np.array(robots)[:, 0]).sum())
    name = Path(video).stem
    return TransferClip(name, len(spent), found, float(np.median(spent)) * 1e3, compared)


def _agreements(person: Array, robots: Array, period: float) -> dict[Descriptor, Agreement]:
    person = person.copy()
    names = list(Descriptor)
    # Behind lids the tracker guesses where the eyes look.
    for gaze in _GAZE:
        person[~eyes_open(person), names.index(gaze)] = np.nan
    found = {}
    for column, descriptor in enumerate(names):
        if not np.nanstd(person[:, column]) >= FLOORS[column]:
            continue
        one = agreement(person[:, column], robots[:, column], period, longest=0.0)
        if one is not None:
            found[descriptor] = one
    return found


def show(clips: Sequence[TransferClip], console: Console) -> None:
    """Print a table with a line for each descriptor and one for all of them."""
    table = Table("descriptor", title="Warped images against the person: r (amplitude ratio)")
    for clip in clips:
        table.add_column(clip.name, justify="right")
    table.add_column("mean r", justify="right")
    for descriptor in Descriptor:
        cells, values = [], []
        for clip in clips:
            one = clip.agreements.get(descriptor)
            cells.append("" if one is None else f"{one.r:.2f} ({one.amplitude:.2f})")
            values += [] if one is None else [one.r]
        table.add_row(descriptor, *cells, f"{np.mean(values):.3f}" if values else "")
    means = [[one.r for one in clip.agreements.values()] for clip in clips]
    every = [r for clip in means for r in clip]
    table.add_section()
    table.add_row(
        "mean r",
        *(f"{np.mean(clip):.3f}" if clip else "" for clip in means),
        f"{np.mean(every):.3f}" if every else "",
    )
    shares = [f"{clip.found / clip.warped:.1%} of {clip.warped}" for clip in clips]
    share = sum(clip.found for clip in clips) / sum(clip.warped for clip in clips)
    table.add_row("face found", *shares, f"{share:.1%}")
    times = [clip.milliseconds for clip in clips]
    table.add_row("ms an image", *(f"{one:.1f}" for one in times), f"{np.mean(times):.1f}")
    console.print(folded(table))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for some videos."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("robot", help="name or folder of the robot")
    parser.add_argument("videos", nargs="+", help="files, or 'performer' for the built-in one")
    parser.add_argument("--size", type=int, default=256, help="of animated images [pixel]")
    parser.add_argument(
        "--transfer", default=DEFAULT_TRANSFER, help="motion transfer (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    console = Console()
    try:
        robot = load_robot(find_robot(options.robot))
        clips = []
        with ProgressDisplay(console, transient=True) as progress:
            for video in options.videos:
                advance = partial(progress.advance, progress.add(Path(video).stem, None))
                clips.append(
                    measure_transfer(robot, video, options.size, advance, options.transfer)
                )
    except X2CError as error:
        sys.exit(f"error: {error}")
    show(clips, console)


if __name__ == "__main__":
    main()
