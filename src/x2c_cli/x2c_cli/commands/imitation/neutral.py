# SPDX-License-Identifier: Apache-2.0
"""Options for the person's neutral face: from a file, or found in a first pass through a video."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_perception.neutral.neutral_frames import NeutralFace


def add_neutral_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments for the neutral face."""
    neutral = parser.add_mutually_exclusive_group()
    neutral.add_argument(
        "--neutral",
        metavar="FILE",
        default="",
        help="an image of the person at rest, or a saved neutral face (.npz)",
    )
    neutral.add_argument(
        "--calibration",
        choices=("live", "before"),
        default="live",
        help="time at which the person's neutral face is found: while the robot imitates "
        "(default), or in a first pass through the video, as of a known person",
    )


@contextlib.contextmanager
def neutral_file(arguments: argparse.Namespace, console: Console) -> Iterator[str]:
    """Give the file with the person's neutral face while the robot imitates; "" for none.

    Args:
        arguments: Arguments with the video and the options for the neutral face.
        console: Console for the note about a first pass.

    Raises:
        X2CError: There is no video for a first pass, or no face in it.
    """
    from x2c_perception.neutral.person_store import SUFFIX, write_person

    if arguments.neutral or arguments.calibration == "live":
        yield arguments.neutral
        return
    console.print("Looking for the person's neutral face in the video first.")
    with tempfile.TemporaryDirectory(prefix="x2c_neutral_") as folder:
        path = Path(folder) / f"neutral{SUFFIX}"
        write_person(path, first_pass(arguments.video))
        yield str(path)


def first_pass(video: str) -> NeutralFace:
    """Return the neutral face of the person in a video.

    Raises:
        X2CError: It is no video that ends, or there is no face in it.
    """
    from x2c_bags.frames.frame_source import timed
    from x2c_core.errors import OutputError
    from x2c_evaluation.pipeline.even_images import source_images, source_period
    from x2c_evaluation.pipeline.offline_pipeline import find_neutral
    from x2c_perception.cameras.choice import choose_source
    from x2c_perception.neutral.neutral_frames import NeutralFace

    source = choose_source("", video) if video else None
    if source is None or source.is_endless:
        raise OutputError(
            "--calibration before: expected --video with a video or a folder of images; for a "
            "camera use --neutral with an image of the person at rest"
        )
    with source:
        found = find_neutral(timed(source_images(source), source_period(source)))
    if found is None or found.pose is None:
        raise OutputError(f"--calibration before: no neutral face was found in {video}")
    face = found.pose.to_head_frame(found.landmarks)
    return NeutralFace(face, found.pose, found.width, found.height)
