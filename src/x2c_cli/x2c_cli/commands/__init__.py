# SPDX-License-Identifier: Apache-2.0
"""Commands of `x2c`, one module each with `add_arguments(parser)` and `run(arguments)`."""

from __future__ import annotations

COMMANDS = {
    "imitate": "imitate a person: nodes in this process, with a live line",
    "demo": "imitate, and save a video, a table, a bag and a report",
    "sources": "list the camera and expression sources with their options",
    "record": "record a running system to a bag",
    "replay": "play a bag's camera through the nodes",
    "evaluate": "evaluate bags and videos offline: figures, curves and images on one page",
    "compare": "compare two evaluations; exit status by thresholds",
    "export": "convert bags to a data set: images with control values",
    "face": "move the robot's face with sliders in the web browser",
    "render": "draw a face, or a table of control values, as an image or a video",
    "fit": "fit a robot's expression model to a data set",
    "fidelity": "measure how well the virtual robot imitates the people in videos",
    "bench": "measure latency, throughput and memory",
    "collect": "collect a data set: images of a robot with its control values",
    "train": "train a mapping network on a data set",
    "evaluate-network": "measure the error of mapping networks on a data set",
    "export-network": "convert a network's weights to the file that the nodes run",
    "doctor": "check this machine, with remedies",
    "faults": "inject faults into the running pipeline and check the joints' motion",
    "soak": "run the pipeline for a long time and check for growth",
    "motors": "set up a robot's motors: scan, jog, calibrate, limits",
    "robots": "list the installed robots, or check one",
}
"""Summary of each command, by name."""

_FOLDERS = {
    "imitation": ("demo", "imitate", "record", "replay", "sources"),
    "robots": ("robots", "motors", "face", "render"),
    "data": ("collect", "export", "fit"),
    "networks": ("train", "evaluate-network", "export-network"),
    "analysis": ("evaluate", "compare", "fidelity"),
    "system": ("doctor", "bench", "faults", "soak"),
}


def module_of(command: str) -> str:
    """Return the dotted name of a command's module."""
    folder = next(name for name, commands in _FOLDERS.items() if command in commands)
    return f"{__name__}.{folder}.{command.replace('-', '_')}"
