# SPDX-License-Identifier: Apache-2.0
"""Draw the robot's face as an image or a video.

The face shows an expression, values of single controls, or a table of control values over time,
such as the controls.csv of 'x2c demo'. The extension of --out chooses the format: .png or .jpg for
an image, .mp4 for a video.

For example:
  x2c render --expression smile
  x2c render --expression smile=0.5 --set "Head Yaw=0.2" --set "Jaw Pitch=0.7" --out face.jpg
  x2c render --expression wink --out wink.mp4
  x2c render --csv out/demo/controls.csv --dynamics --size 512 --out face.mp4
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    from x2c_core.control_space.controls_track import ControlsTrack
    from x2c_core.robot.robot import Robot

_ENDINGS = (".png", ".jpg", ".jpeg", ".mp4")
_ROUNDING = 1e-3
"""Rounding error accepted for a value in radians that is written with few digits."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--expression",
        metavar="NAME[=AMOUNT]",
        action="append",
        default=[],
        type=_expression,
        help="named expression and its weight, 0 to 1; several are mixed",
    )
    parser.add_argument(
        "--set",
        metavar="CONTROL=VALUE",
        action="append",
        default=[],
        type=_control,
        help='a control\'s value [ratio or rad], for example "Jaw Pitch=0.2"',
    )
    parser.add_argument("--csv", metavar="FILE", type=Path, help="a table of control values")
    parser.add_argument(
        "--at", metavar="S", type=float, help="time in the table that an image shows"
    )
    parser.add_argument(
        "--dynamics", action="store_true", help="in a video: servos follow within their limits"
    )
    parser.add_argument(
        "--size",
        metavar="WxH",
        type=_size,
        default=(512, 512),
        help="width and height of the image in pixels (default: 512)",
    )
    parser.add_argument(
        "--fps",
        metavar="N",
        type=float,
        default=30.0,
        help="frame rate of a video (default: %(default)g)",
    )
    parser.add_argument(
        "--robot", metavar="R", default="virtual", help="name or folder of a simulated robot"
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=_output,
        default=Path("face.png"),
        help="file to write (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_core.robot.robot_file import load_robot
    from x2c_evaluation.face_clip import draw, write_image
    from x2c_node.robots import find_robot

    _check(arguments)
    robot = load_robot(find_robot(arguments.robot))
    console = Console()
    if arguments.out.suffix.lower() == ".mp4":
        _video(arguments, robot, console)
    else:
        write_image(arguments.out, draw(robot, _values(arguments), arguments.size))
    console.print(f"Written: {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from x2c_core.errors import OutputError

    is_video = arguments.out.suffix.lower() == ".mp4"
    for wrong, text in (
        (
            arguments.csv and (arguments.expression or arguments.set),
            "--csv says all control values: leave out --expression and --set",
        ),
        (
            arguments.at is not None and (is_video or not arguments.csv),
            "--at is for an image of a table: give --csv, and --out with .png or .jpg",
        ),
        (arguments.dynamics and not is_video, "--dynamics is for videos: give --out with .mp4"),
        (
            is_video and any(length % 2 for length in arguments.size),
            f"--size: a video needs even numbers, got {arguments.size[0]}x{arguments.size[1]}",
        ),
        (not 1.0 <= arguments.fps <= 120.0, f"--fps: expected 1 to 120, got {arguments.fps:g}"),
    ):
        if wrong:
            raise OutputError(text)


def _values(arguments: argparse.Namespace) -> NDArray[np.float64]:
    """Return the control values (30,) of an image."""
    from x2c_core.control_space import controls
    from x2c_core.control_space.blend import Blend
    from x2c_core.control_space.controls_track import read_controls
    from x2c_core.errors import OutputError

    if arguments.csv:
        return read_controls(arguments.csv).last_before(arguments.at or 0.0)
    blend = Blend()
    blend.set_expressions(dict(arguments.expression))
    for name, value in arguments.set:
        control = controls.CONTROLS[controls.index(name)]
        if not control.minimum - _ROUNDING <= value <= control.maximum + _ROUNDING:
            unit = " rad" if control.unit is controls.Unit.RADIAN else ""
            ends = f"{control.minimum:.4g} to {control.maximum:.4g}{unit}"
            raise OutputError(f"--set {name}: expected a value from {ends}, got {value:g}")
    blend.set_controls(dict(arguments.set))
    return blend.values


def _track(arguments: argparse.Namespace) -> ControlsTrack:
    """Return what a video shows."""
    from x2c_core.control_space.controls_track import read_controls, there_and_back

    return read_controls(arguments.csv) if arguments.csv else there_and_back(_values(arguments))


def _video(arguments: argparse.Namespace, robot: Robot, console: Console) -> None:
    from x2c_core.terminal.progress import ProgressDisplay
    from x2c_evaluation.face_clip import frames, write_video

    track = _track(arguments)
    with ProgressDisplay(console, transient=True) as progress:
        bar = progress.add("Drawing", frames(track, arguments.fps))
        write_video(
            arguments.out,
            robot,
            track,
            arguments.size,
            arguments.fps,
            arguments.dynamics,
            lambda done: progress.update(bar, done),
        )


def _expression(text: str) -> tuple[str, float]:
    name, equals, amount = text.partition("=")
    return name.strip(), _number(amount, text) if equals else 1.0


def _control(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected CONTROL=VALUE, got {text!r}")
    return name.strip(), _number(value, text)


def _number(text: str, whole: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number after '=', got {whole!r}")
    return number


def _size(text: str) -> tuple[int, int]:
    words = text.lower().split("x")
    lengths = [int(word) for word in words if word.isdecimal()]
    if (
        len(lengths) != len(words)
        or len(words) > 2
        or not 16 <= min(lengths) <= max(lengths) <= 2048
    ):
        raise argparse.ArgumentTypeError(
            f"expected WIDTHxHEIGHT, or one number for both, from 16 to 2048; got {text!r}"
        )
    return lengths[0], lengths[-1]


def _output(text: str) -> Path:
    if Path(text).suffix.lower() not in _ENDINGS:
        raise argparse.ArgumentTypeError(
            f"expected a file ending in {', '.join(_ENDINGS)}, got {text!r}"
        )
    return Path(text)
