# SPDX-License-Identifier: Apache-2.0
"""The commands of `x2c`, one module each with `add_arguments(parser)` and `run(arguments)`."""

from __future__ import annotations

COMMANDS = {
    "imitate": "imitate a person: nodes in this process, with a live line",
    "demo": "imitate, record, and write a film, a table and a report",
    "record": "record a running system to a bag",
    "replay": "play a bag's camera through the nodes again",
    "evaluate": "judge bags and videos offline: figures, curves and pictures on one page",
    "compare": "put two evaluations side by side; exit status by thresholds",
    "export": "make a data set of bags: images with control values",
    "face": "play with the robot's face: sliders in the web browser",
    "render": "draw any face, or a table of control values, as a picture or a film",
    "fit": "fit a robot's expression model to a data set",
    "fidelity": "measure how well the virtual robot imitates the people in videos",
    "bench": "measure latency, throughput and memory",
    "collect": "collect a data set: pictures of a robot with its control values",
    "train": "train a mapping network on a data set",
    "evaluate-network": "measure mapping networks on a data set",
    "export-network": "turn a network's weights into what the nodes run",
    "doctor": "check this machine and say what to do",
    "faults": "put faults into the running pipeline and see what the joints do",
    "soak": "run the pipeline for long, disturb it, and see whether it grows",
    "motors": "bring a robot's motors up: scan, jog, calibrate, limits",
    "robots": "list the robots there are",
}
"""Names of the commands, and one line about each."""

_FOLDERS = {
    "imitation": ("demo", "imitate", "record", "replay"),
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
