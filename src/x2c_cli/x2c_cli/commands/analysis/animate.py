# SPDX-License-Identifier: Apache-2.0
"""Let the face in an image, such as a photograph of a robot, do what a person in a video does.

The image should show a whole face that looks ahead, with the mouth closed. The result is a video:
the person on the left, the animated image on the right.

For example:
  x2c animate --image robot.png --video talk.mp4
  x2c animate --image robot.png --video talk.mp4 --transfer liveportrait --option device=cuda
"""

from __future__ import annotations

import argparse
from pathlib import Path

from x2c_cli.transfer_arguments import add_transfer_arguments, transfer_options

_SMALLEST, _LARGEST = 64, 2048


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--image", metavar="FILE", type=Path, required=True, help="PNG or JPEG with a face"
    )
    parser.add_argument(
        "--video",
        metavar="V",
        required=True,
        help="video of the person, or 'performer' for the built-in one",
    )
    add_transfer_arguments(parser)
    parser.add_argument(
        "--size",
        metavar="N",
        type=int,
        default=512,
        help="length of the animated image's longer side in pixels (default: 512)",
    )
    parser.add_argument(
        "--alone", action="store_true", help="do not show the person beside the animated image"
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("animated.mp4"),
        help="video to write (default: animated.mp4)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from functools import partial

    from rich.console import Console

    from x2c_cli.inputs import check_video_output
    from x2c_core.errors import OutputError
    from x2c_core.terminal.progress import ProgressDisplay
    from x2c_core.words import counted
    from x2c_evaluation.transfer.animation_video import animate_video

    if not _SMALLEST <= arguments.size <= _LARGEST:
        raise OutputError(
            f"--size: expected {_SMALLEST} to {_LARGEST} pixels, got {arguments.size}"
        )
    check_video_output("--out", arguments.out)
    if arguments.out.absolute() == Path(arguments.video).absolute():
        raise OutputError("--out: would replace the video of the person; choose another name")
    options = transfer_options(arguments)
    console = Console()
    with ProgressDisplay(console, transient=True) as progress:
        made = animate_video(
            arguments.image,
            arguments.video,
            arguments.out,
            arguments.transfer,
            options,
            size=arguments.size,
            person=not arguments.alone,
            progress=partial(progress.advance, progress.add("animating", None)),
        )
    text = f"Written: {arguments.out} ({counted(made.frames, 'frame')}, {made.seconds:.1f} s)"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    if made.lost:
        text = f"In {counted(made.lost, 'frame')} no face is found: the image eases to neutral."
        console.print(text, markup=False, highlight=False)
    return 0
