# SPDX-License-Identifier: Apache-2.0
"""Arguments that say whom to imitate and with what, shared by several commands."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_bringup.graph.options import GraphOptions
from x2c_imitation.x2cnet.network.config import Device, RuntimeName

if TYPE_CHECKING:
    from x2c_imitation.backends import BackendOptions


def add_graph_arguments(parser: argparse.ArgumentParser, without_source: str) -> None:
    """Declare the arguments that become options of the graph.

    Args:
        parser: To declare them in.
        without_source: What happens where neither a video nor a camera is given.
    """
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--video",
        metavar="V",
        default="",
        help="a video, a picture, a folder of pictures, or 'performer' for the built-in "
        f"performer ({without_source})",
    )
    source.add_argument(
        "--camera", metavar="N", default="", help="a camera: its index, or a path as /dev/video0"
    )
    add_common_arguments(parser)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of every graph, wherever its images come from."""
    parser.add_argument(
        "--robot", metavar="R", default="", help="name or folder of a robot (see 'x2c robots')"
    )
    parser.add_argument(
        "--backend", metavar="B", default="", help="how a face becomes control values"
    )
    parser.add_argument(
        "--no-face",
        action="store_true",
        help="start nothing that moves the robot's joints: a driver of your own does",
    )
    parser.add_argument(
        "--params", metavar="FILE", type=Path, help="YAML file with parameters of the nodes"
    )
    parser.add_argument(
        "--duration",
        metavar="S",
        type=seconds,
        default=math.inf,
        help="stop after so many seconds",
    )
    parser.add_argument("--namespace", metavar="NS", default="", help="of all nodes and topics")
    parser.add_argument(
        "--log-level",
        default="warn",
        choices=("debug", "info", "warn", "error", "fatal"),
        help="what the nodes log (default: warn)",
    )


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be asked of the backend x2cnet."""
    parser.add_argument(
        "--transfer",
        metavar="T",
        help="how x2cnet lets the robot's neutral picture take on an expression (default: warp)",
    )
    parser.add_argument(
        "--network",
        metavar="FILE",
        help="x2cnet's weights, or its ONNX file (default: the robot's own)",
    )
    parser.add_argument(
        "--runtime", choices=tuple(RuntimeName), help="what runs the network (default: onnx)"
    )
    parser.add_argument("--device", choices=tuple(Device), help="where (default: cpu)")
    parser.add_argument(
        "--prior",
        metavar="P",
        type=_share,
        help="how far x2cnet's values are drawn to the solver's, 0 to 1 (default: 0)",
    )


def backend_options(arguments: argparse.Namespace) -> BackendOptions:
    """Return what the arguments ask of the backend."""
    from x2c_imitation.backends import BackendOptions

    names = ("transfer", "network", "runtime", "device", "prior")
    given = {name: getattr(arguments, name) for name in names}
    return BackendOptions(**{name: value for name, value in given.items() if value is not None})


def graph_options(arguments: argparse.Namespace, record: str = "") -> GraphOptions:
    """Return the options of the graph that the arguments ask for."""
    from x2c_bringup.shared_files import default_params_file

    return GraphOptions(
        filename=arguments.video,
        video_device=arguments.camera,
        robot=arguments.robot,
        backend=arguments.backend,
        params_file=str(arguments.params or default_params_file()),
        namespace=arguments.namespace,
        face=not arguments.no_face,
        record=record,
        log_level=arguments.log_level,
    )


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 1.0:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, got {text!r}")
    return number


def seconds(text: str) -> float:
    """Return a number of seconds [s] from an argument."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number > 0.0:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")
    return number
