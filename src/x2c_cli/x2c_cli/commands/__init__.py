# SPDX-License-Identifier: Apache-2.0
"""Commands of `x2c`, one module each with `add_arguments(parser)` and `run(arguments)`."""

from __future__ import annotations

COMMANDS = {
    "imitate": ("imitation", "imitate a person: nodes in this process, with a live line"),
    "demo": ("imitation", "imitate, and save a video, a table, a bag and a report"),
    "sources": ("imitation", "list the camera and expression sources with their options"),
    "record": ("imitation", "record a running system to a bag"),
    "replay": ("imitation", "play a bag's camera through the nodes"),
    "evaluate": (
        "analysis",
        "evaluate bags and videos offline: figures and curves on one page",
    ),
    "compare": ("analysis", "compare two evaluations; exit status by thresholds"),
    "export": ("data", "convert bags to a data set: images with control values"),
    "face": ("robots", "move the robot's face with sliders in the web browser"),
    "render": ("robots", "draw a face, or a table of control values, as an image or a video"),
    "fit": ("data", "fit a robot's expression model to a data set"),
    "fidelity": ("analysis", "measure how well the virtual robot imitates the people in videos"),
    "bench": ("system", "measure latency, throughput and memory"),
    "collect": ("data", "collect a data set: images of a robot with its control values"),
    "train": ("networks", "train a mapping network on a data set"),
    "evaluate-network": ("networks", "measure the error of mapping networks on a data set"),
    "export-network": ("networks", "convert a network's weights to the file that the nodes run"),
    "doctor": ("system", "check this machine, with remedies"),
    "faults": ("system", "inject faults into the running pipeline and check the joints' motion"),
    "soak": ("system", "run the pipeline for a long time and check for growth"),
    "motors": ("robots", "set up a robot's motors: scan, jog, calibrate, limits"),
    "robots": ("robots", "list the installed robots, or check one"),
}
"""Folder and summary of each command, by name."""


def module_of(command: str) -> str:
    """Return the dotted name of a command's module."""
    folder, _ = COMMANDS[command]
    return f"{__name__}.{folder}.{command.replace('-', '_')}"
