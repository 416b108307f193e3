# SPDX-License-Identifier: Apache-2.0
"""Record a running system to a bag, until Ctrl-C.

The bag (MCAP, in DIR/bag) holds every topic of the pipeline and the compressed images, with the
message definitions; DIR/controls.csv holds the control values. Data on the disk stay readable even
if the process is killed. For other topics, use 'ros2 bag record'.

The exit status is 1 if messages were lost, none came or the bag could not be finished, and 2 if
recording did not start.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_core.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_bringup.graph.node_specs import NodeSpec
    from x2c_node.diagnostics import Diagnosis

_RECORDED = " recorded"
_NODE = "recorder_node"
_OWN = "/diagnostics"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.commands.imitation.source import seconds

    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="folder (default: a new one in recordings/)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the content of DIR")
    parser.add_argument("--no-images", action="store_true", help="record small topics only")
    parser.add_argument(
        "--max-size", metavar="MB", type=seconds, help="size at which to start a new file"
    )
    parser.add_argument(
        "--max-duration", metavar="S", type=seconds, help="time after which to start a new file"
    )
    parser.add_argument(
        "--image-topic",
        metavar="T",
        default="image_raw",
        help="topic of the camera; T/compressed is recorded (default: %(default)s)",
    )
    parser.add_argument("--namespace", metavar="NS", default="", help="namespace of the nodes")
    parser.add_argument(
        "--duration",
        metavar="S",
        type=seconds,
        default=math.inf,
        help="time after which to stop [s]",
    )
    parser.add_argument(
        "--sim-time", action="store_true", help="take time from /clock, as in the replay of a bag"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_bringup.graph.recording import recording_folder
    from x2c_bringup.run.composed_run import run_here

    console = Console()
    out = str(arguments.out or recording_folder("true"))
    progress = _Progress(console, out)
    composed_run = run_here(
        [_spec(arguments, out)], console, duration=arguments.duration, line_of=progress.line
    )
    values = composed_run.diagnoses[_NODE].values
    counts = _counts(composed_run.diagnoses)
    for topic, count in counts.items():
        console.print(f"{count:8d} {topic}", markup=False, highlight=False)
    lost = int(values.get("lost", "0"))
    if lost:
        verb = "was" if lost == 1 else "were"
        console.print(f"note: {counted(lost, 'message')} {verb} lost", highlight=False)
    # The recorder itself says on /diagnostics how it is.
    nothing = not any(count for topic, count in counts.items() if topic != _OWN)
    if nothing:
        console.print("note: no recorded topic had a publisher", highlight=False)
    failed = composed_run.tell_faults(console)
    return 1 if lost or nothing or failed else 0


def _spec(arguments: argparse.Namespace, out: str) -> NodeSpec:
    from x2c_bringup.graph.node_specs import NodeSpec, ParameterValue, image_remappings

    parameters: dict[str, ParameterValue] = {
        "output": out,
        "overwrite": arguments.overwrite,
        "images": not arguments.no_images,
        "max_bag_size": int((arguments.max_size or 0) * 1e6),
        "max_bag_duration": float(arguments.max_duration or 0.0),
    }
    if arguments.sim_time:
        parameters["use_sim_time"] = True
    return NodeSpec(
        package="x2c_bags",
        executable=_NODE,
        class_path="x2c_bags.recorder_node:RecorderNode",
        name=_NODE,
        namespace=arguments.namespace,
        parameters=parameters,
        remappings=image_remappings(arguments.image_topic),
        log_level="warn",
    )


class _Progress:
    """Progress of a recording: when it begins, and when the first message of a topic comes.

    Args:
        console: Console to print to.
        out: Folder of the recording.
    """

    def __init__(self, console: Console, out: str) -> None:
        self._console = console
        self._out = out
        self._begun = False
        self._heard: set[str] = set()

    def line(self, diagnoses: Mapping[str, Diagnosis], width: int = 0) -> str:
        """Print what is new, and return the line that changes, which is short."""
        if not self._begun:
            self._begun = True
            self._print(f"Recording to {self._out}; Ctrl-C ends it.")
        counts = _counts(diagnoses)
        for topic in counts.keys() - self._heard:
            self._heard.add(topic)
            self._print(f"recording {topic}")
        line = f"{counted(sum(counts.values()), 'message')} | {diagnoses[_NODE].message}"
        return line if not width or len(line) <= width else f"{line[: width - 1]}…"

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _counts(diagnoses: Mapping[str, Diagnosis]) -> dict[str, int]:
    values = diagnoses[_NODE].values
    return {
        name.removesuffix(_RECORDED): int(text)
        for name, text in values.items()
        if name.endswith(_RECORDED)
    }
