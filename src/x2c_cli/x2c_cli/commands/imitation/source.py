# SPDX-License-Identifier: Apache-2.0
"""Options for the person, the robot and the backend, shared by several commands."""

from __future__ import annotations

import argparse
import contextlib
import math
import shlex
from dataclasses import replace
from pathlib import Path

from x2c_bringup.graph.options import GraphOptions
from x2c_cli.commands.imitation.neutral import add_neutral_arguments
from x2c_sources.blendshapes.formats import FORMATS

_BACKEND = "backend_option_"
"""Beginning of the names under which options of backends are kept."""


def add_graph_arguments(parser: argparse.ArgumentParser, without_source: str) -> None:
    """Declare the arguments that become options of the graph.

    Args:
        parser: Parser that gets the options.
        without_source: Description of the source used if neither a video nor a camera is given.
    """
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--video",
        metavar="V",
        default="",
        help="a video, an image, a folder of images, a bag, 'performer' for the built-in "
        "performer, or NAME:TEXT with the name of a source, see 'x2c sources' "
        f"({without_source})",
    )
    source.add_argument(
        "--camera", metavar="N", default="", help="camera: index or path, such as /dev/video0"
    )
    parser.add_argument(
        "--camera-option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="option of the camera source, see 'x2c sources'; can be given several times",
    )
    add_neutral_arguments(parser)
    add_common_arguments(parser)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of every graph, wherever its images come from."""
    parser.add_argument(
        "--robot", metavar="R", default="", help="name or folder of a robot (see 'x2c robots')"
    )
    parser.add_argument(
        "--backend", metavar="B", default="", help="imitation backend (default: solver)"
    )
    add_backend_options(parser)
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="show the person's left on the robot's right, as a mirror does",
    )
    parser.add_argument(
        "--rotate",
        metavar="DEG",
        default="",
        choices=("0", "90", "180", "270"),
        help="clockwise turn of the images, for a camera on its side or upside down: "
        "0, 90, 180 or 270",
    )
    parser.add_argument(
        "--no-face",
        action="store_true",
        help="do not start a motor driver or the virtual face: your own driver moves the joints",
    )
    parser.add_argument(
        "--no-mixer",
        action="store_true",
        help="let no other sources share the face, such as 'x2c express' and 'x2c play'",
    )
    parser.add_argument(
        "--speech", action="store_true", help="move the mouth to the texts of speech/text"
    )
    parser.add_argument(
        "--microphone",
        metavar="NAME",
        default="",
        help="move the mouth to a microphone: a part of its name, its number, or 'default'",
    )
    parser.add_argument(
        "--idle",
        action="store_true",
        help="blink, breathe, and look for people while none is there",
    )
    parser.add_argument(
        "--blendshapes",
        metavar="FORMAT",
        choices=FORMATS,
        default="",
        help=f"let a puppeteer drive the face, who sends one of: {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--humans", action="store_true", help="publish the person under /humans, for ROS4HRI"
    )
    parser.add_argument(
        "--params", metavar="FILE", type=Path, help="YAML file with parameters of the nodes"
    )
    parser.add_argument(
        "--duration",
        metavar="S",
        type=seconds,
        default=math.inf,
        help="time after which to stop [s]",
    )
    parser.add_argument(
        "--namespace", metavar="NS", default="", help="namespace of all nodes and topics"
    )
    parser.add_argument(
        "--log-level",
        default="warn",
        choices=("debug", "info", "warn", "error", "fatal"),
        help="lowest level that the nodes log (default: %(default)s)",
    )


def add_backend_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of all installed imitation backends."""
    from x2c_imitation.backends import option_texts

    group = parser.add_argument_group("options of imitation backends")
    for one in option_texts():
        default = f" (default: {one.default})" if one.default else ""
        # An option with the name of an argument can still be set in the parameter file.
        with contextlib.suppress(argparse.ArgumentError):
            group.add_argument(
                f"--{one.name.replace('_', '-')}",
                dest=f"{_BACKEND}{one.name}",
                metavar=None if one.choices else "VALUE",
                choices=one.choices or None,
                help=f"{one.description.removesuffix('.')}{default}".replace("%", "%%"),
            )


def backend_texts(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the options of the backend that were given, as texts by name."""
    return {
        name.removeprefix(_BACKEND): text
        for name, text in vars(arguments).items()
        if name.startswith(_BACKEND) and text is not None
    }


def graph_options(
    arguments: argparse.Namespace, record: str = "", neutral: str = ""
) -> GraphOptions:
    """Return the options of the graph that the arguments of `add_graph_arguments` ask for.

    Args:
        arguments: Arguments of the command.
        record: Folder to record to; empty for none.
        neutral: File with the person's neutral face; empty for none.
    """
    return replace(
        common_options(arguments, record, neutral),
        filename=arguments.video,
        video_device=arguments.camera,
        camera_options=shlex.join(arguments.camera_option),
    )


def common_options(
    arguments: argparse.Namespace, record: str = "", neutral: str = ""
) -> GraphOptions:
    """Return the options of the graph that the arguments of `add_common_arguments` ask for.

    Args:
        arguments: Arguments of the command.
        record: Folder to record to; empty for none.
        neutral: File with the person's neutral face; empty for none.
    """
    return GraphOptions(
        neutral_file=neutral,
        mirror=arguments.mirror or None,
        rotate=arguments.rotate,
        robot=arguments.robot,
        backend=arguments.backend,
        backend_options=backend_texts(arguments),
        params_file=str(arguments.params or ""),
        namespace=arguments.namespace,
        face=not arguments.no_face,
        mixer=not arguments.no_mixer,
        speech=arguments.speech,
        microphone=arguments.microphone,
        idle=arguments.idle,
        humans=arguments.humans,
        blendshapes=arguments.blendshapes,
        record=record,
        log_level=arguments.log_level,
    )


def takes_topic(arguments: argparse.Namespace) -> bool:
    """Return whether images come from a driver that runs already."""
    return any(getattr(arguments, name, None) for name in ("no_camera", "image_topic"))


def seconds(text: str) -> float:
    """Return a number above 0 from an argument."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number > 0.0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number
