# SPDX-License-Identifier: Apache-2.0
"""Commands of `x2c`, one module each with `add_arguments(parser)` and `run(arguments)`."""

from __future__ import annotations

GROUPS = {
    "imitate": {
        "imitate": ("imitation", "imitate a person: nodes in this process, with a live line"),
        "demo": ("imitation", "imitate, and save a video, a table, a bag and a report"),
        "record": ("imitation", "record a running system to a bag"),
        "replay": ("imitation", "play a bag's camera through the nodes"),
        "sources": ("imitation", "list the camera and expression sources with their options"),
    },
    "running nodes, from any shell": {
        "status": ("bus", "say how the running nodes are doing"),
        "page": ("imitation", "watch and operate the running nodes in the web browser"),
        "foxglove": ("imitation", "show the running nodes in Foxglove, live"),
        "rerun": ("imitation", "show the running nodes in the viewer of Rerun, live"),
        "estop": ("bus", "stop all joints, and confirm that the stop was heard"),
        "reset": ("bus", "end an emergency stop or a fault; the joints stay until 'enable'"),
        "enable": ("bus", "let the joints follow control values"),
        "disable": ("bus", "brake the joints, then send them nothing"),
        "neutral": ("bus", "ease the face to neutral, and keep it there until 'enable'"),
        "express": ("sharing", "show a named expression on a robot that runs"),
        "play": ("sharing", "play a clip on a robot that runs"),
        "say": ("sharing", "move the mouth to a text or to sound"),
        "calibrate": ("bus", "find the neutral face of the person again"),
        "set": ("bus", "set a parameter of a running node"),
        "topics": ("bus", "list the topics, with types, publishers and subscriptions"),
        "echo": ("bus", "print the messages of a topic"),
    },
    "robots": {
        "robots": ("robots", "list the installed robots, or check one"),
        "gallery": ("robots", "show robots on one page: expressions, controls, joints, driver"),
        "motors": ("robots", "set up a robot's motors: scan, jog, calibrate, limits"),
        "face": ("robots", "move the robot's face with sliders in the web browser"),
        "render": (
            "robots",
            "draw a face, or a table of control values, as an image or a video",
        ),
    },
    "evaluation": {
        "evaluate": (
            "analysis",
            "evaluate bags and videos offline: figures and curves on one page",
        ),
        "compare": ("analysis", "compare two evaluations; exit status by thresholds"),
        "animate": ("analysis", "let the face in an image do what a person in a video does"),
        "fidelity": ("analysis", "measure how well the virtual robot imitates people in videos"),
    },
    "data sets and networks": {
        "collect": ("data", "collect a data set: images of a robot with its control values"),
        "export": ("data", "convert bags to a data set: images with control values"),
        "fit": ("data", "fit a robot's expression model to a data set"),
        "train": ("networks", "train a mapping network on a data set"),
        "ablate": ("networks", "train every combination of backbone, loss and use of features"),
        "evaluate-network": ("networks", "measure the error of mapping networks on a data set"),
        "export-network": (
            "networks",
            "convert a network's weights to the file that the nodes run",
        ),
        "weights": ("networks", "say where LivePortrait's weights are, or check them"),
    },
    "this machine": {
        "doctor": ("system", "check this machine, with remedies"),
        "bench": ("system", "measure latency, throughput and memory"),
        "faults": ("system", "inject faults into the running pipeline and check the joints"),
        "soak": ("system", "run the pipeline for a long time and check for growth"),
    },
}
"""Commands by their groups in the help: folder and summary of each, by name."""

COMMANDS = {name: entry for group in GROUPS.values() for name, entry in group.items()}
"""Folder and summary of each command, by name."""


def listing() -> str:
    """Return all commands with their summaries, in groups."""
    width = max(len(name) for name in COMMANDS)
    lines = []
    for title, group in GROUPS.items():
        lines += [
            f"{title}:",
            *(f"  {name:{width}}  {text}" for name, (_, text) in group.items()),
            "",
        ]
    return "\n".join(lines)


def module_of(command: str) -> str:
    """Return the dotted name of a command's module."""
    folder, _ = COMMANDS[command]
    return f"{__name__}.{folder}.{command.replace('-', '_')}"
