# SPDX-License-Identifier: Apache-2.0
"""Convert the weights of a mapping network to the file that the nodes run.

It writes an ONNX file beside the weights, which imitation_node runs (runtime:=onnx), and checks
that its outputs equal those of the weights to 1e-4. With --int8 it writes another one that
computes with 8-bit integers. If --out ends in .safetensors, weights are converted to that format
instead.

The published checkpoints of X2CNet and VividFace do not name the kind of their input images: give
--preset. Checkpoints are loaded without executing code.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.inputs import check_exists
from x2c_core.words import counted
from x2c_imitation.x2cnet.network.config import PRESETS, AngleUnit

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_imitation.x2cnet.network.config import NetworkConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "weights", metavar="WEIGHTS", nargs="?", type=Path, help="safetensors or a checkpoint"
    )
    source.add_argument("--robot", metavar="R", help="take the network of this robot")
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="file to write (default: beside the weights, .onnx)",
    )
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        help="kind of upstream's network, if its file does not state it",
    )
    parser.add_argument(
        "--image-size", metavar="N", type=int, help="size of its input images, if not the preset's"
    )
    parser.add_argument(
        "--angles",
        choices=tuple(AngleUnit),
        help="unit of gaze, head and neck in its outputs, if not the preset's (deg)",
    )
    parser.add_argument(
        "--half", action="store_true", help="write .safetensors with 16 bits a number"
    )
    parser.add_argument(
        "--int8",
        metavar="IMAGES",
        type=Path,
        help="also write FILE.int8.onnx; IMAGES is a folder of images of the robot, such as a "
        "data set's",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    check_exists("network", arguments.weights)
    check_exists("folder of images", arguments.int8)
    from rich.console import Console

    from x2c_core.errors import OutputError
    from x2c_imitation.x2cnet.network.files import ONNX, SAFETENSORS, read_metadata
    from x2c_imitation.x2cnet.network.weights import load_network, save_network
    from x2c_imitation.x2cnet.runtime.export import export_weights

    console = Console()
    weights = _weights(arguments)
    out: Path = arguments.out or weights.with_suffix(ONNX)
    config = _config(arguments)
    if out.suffix == SAFETENSORS:
        if arguments.int8:
            raise OutputError(f"--int8 needs an ONNX file: let --out end in {ONNX}")
        network, config = load_network(weights, config)
        known = read_metadata(weights) if weights.suffix == SAFETENSORS else {}
        save_network(out, network, config, known, half=arguments.half)
        _say(console, f"Written: {out} ({_described(config)})")
        return 0
    if arguments.half:
        raise OutputError(f"--half is for weights: let --out end in {SAFETENSORS}")
    with console.status("exporting"):
        difference = export_weights(weights, out, config)
    _say(console, f"Written: {out}; its outputs differ from the weights' by {difference:.1e}")
    if arguments.int8:
        _quantize(out, arguments.int8, console)
    return 0


def _weights(arguments: argparse.Namespace) -> Path:
    from x2c_core.robot.robot_file import load_robot
    from x2c_node.robots import find_robot

    if arguments.robot is None:
        return Path(arguments.weights)
    return load_robot(find_robot(arguments.robot)).network


def _config(arguments: argparse.Namespace) -> NetworkConfig | None:
    import dataclasses

    from x2c_core.errors import OutputError
    from x2c_imitation.x2cnet.network.config import preset

    changes = {"image_size": arguments.image_size, "angle_unit": arguments.angles}
    given = {name: value for name, value in changes.items() if value is not None}
    if arguments.preset is None:
        if given:
            raise OutputError("--image-size and --angles only change what --preset says: give one")
        return None
    return dataclasses.replace(preset(arguments.preset), **given)


def _quantize(exported: Path, folder: Path, console: Console) -> None:
    from x2c_imitation.x2cnet.runtime.quantize import quantize_onnx, read_images

    images = read_images(folder)
    out = exported.with_suffix(f".int8{exported.suffix}")
    with console.status("measuring ranges"):
        cost = quantize_onnx(exported, images, out)
    _say(
        console,
        f"Written: {out}; on {counted(len(images), 'image')} its outputs moved by "
        f"{cost.mean:.2%} of the controls' ranges, {cost.largest:.1%} at most",
    )


def _described(config: NetworkConfig) -> str:
    return (
        f"{config.backbone}, {config.image_size} pixels, {config.color_order}, "
        f"angles in {config.angle_unit}{', and landmarks' if config.landmarks else ''}"
    )


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
