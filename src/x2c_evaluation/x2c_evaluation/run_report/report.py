# SPDX-License-Identifier: Apache-2.0
"""Figures of a run."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from x2c_bags.frames.recorded_run import NodeState, RecordedRun
from x2c_bags.schema.topics import Part
from x2c_core.face.frames import FaceState
from x2c_core.words import among_all, counted
from x2c_evaluation.run_report import latency
from x2c_evaluation.run_report.latency import LatencyStage, Percentiles, percentiles, rate

FORMAT = 1
"""Number of the report's form, raised when the meaning of a field changes."""

_LEVELS = ("OK", "WARN", "ERROR", "STALE")
_NEEDED = {
    Part.CAMERA_IMAGE: "camera images",
    Part.FACE: "faces",
    Part.CONTROLS: "control values",
    Part.COMMANDS: "joint commands",
    Part.JOINT_STATES: "joint states",
    Part.ROBOT_IMAGE: "images of the robot",
}


@dataclass(frozen=True)
class RunContext:
    """Facts of a run that are not in the bag.

    Attributes:
        robot: Name of the robot.
        backend: Name of the imitator.
        source: Source of the images: a device, a file, "performer".
        exit_reason: Reason for the end of the run, in plain words.
        failed: Whether the run failed.
        counters: Whatever else was counted, by name.
    """

    robot: str
    backend: str
    source: str
    exit_reason: str
    failed: bool = False
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A run in numbers.

    Attributes:
        run: Run that is reported.
        duration_s: From the first camera frame to the last.
        frames_in: Camera frames.
        frames_examined: Frames that the tracker answered.
        faces_found: Frames with a face.
        face_share: Faces found of the frames examined, 0 to 1; None without any.
        control_messages: Control values sent.
        joint_commands: Joint commands sent.
        joint_states: Joint states received.
        robot_images: Images of the robot.
        drops: Frames without an answer, by step.
        frames_before_start: Frames before the tracker's first answer.
        latency_ms: Latency by stage; None if nothing could be measured.
        rates_hz: Messages per second, by topic.
        versions: Versions by name.
        nodes: Last diagnostics of each node.
        warnings: Whatever is missing or wrong, in plain sentences.
        files: Files written beside the report.
    """

    run: RunContext
    duration_s: float
    frames_in: int
    frames_examined: int
    faces_found: int
    face_share: float | None
    control_messages: int
    joint_commands: int
    joint_states: int
    robot_images: int
    drops: Mapping[str, int]
    frames_before_start: int
    latency_ms: Mapping[str, Percentiles | None]
    rates_hz: Mapping[str, float | None]
    versions: Mapping[str, str | None]
    nodes: Mapping[str, NodeState]
    warnings: tuple[str, ...]
    files: tuple[str, ...] = ()
    format: int = FORMAT


def make_report(
    recorded_run: RecordedRun, context: RunContext, versions: Mapping[str, str | None]
) -> Report:
    """Return the report of a run."""
    streams, frames = recorded_run.streams, recorded_run.frames
    stamps = np.unique(frames.stamps)
    found = int(np.count_nonzero(recorded_run.face_states == FaceState.TRACKING))
    examined = len(streams[Part.FACE])
    answers = streams[Part.FACE].stamps
    measured = latency.measure(recorded_run)
    report = Report(
        run=context,
        duration_s=float(stamps[-1] - stamps[0]) * 1e-9 if len(stamps) else 0.0,
        frames_in=len(stamps),
        frames_examined=examined,
        faces_found=found,
        face_share=found / examined if examined else None,
        control_messages=len(streams[Part.CONTROLS]),
        joint_commands=len(streams[Part.COMMANDS]),
        joint_states=len(streams[Part.JOINT_STATES]),
        robot_images=len(streams[Part.ROBOT_IMAGE]),
        drops=latency.drops(recorded_run),
        frames_before_start=int((stamps < answers.min()).sum()) if len(answers) else len(stamps),
        latency_ms={stage: percentiles(measured.get(stage)) for stage in LatencyStage},
        rates_hz={part: rate(streams[part]) for part in _NEEDED},
        versions=versions,
        nodes=recorded_run.nodes,
        warnings=(),
    )
    return dataclasses.replace(report, warnings=tuple(_warnings(report, recorded_run)))


def to_json(report: Report) -> str:
    """Return a report as strict JSON: numbers that are none are null."""
    nodes = {name: _node(state) for name, state in report.nodes.items()}
    content = _strict(dataclasses.asdict(dataclasses.replace(report, nodes={})))
    content["nodes"] = nodes
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _node(state: NodeState) -> dict[str, Any]:
    return {
        "level": _level(state.level),
        "message": state.message,
        "values": dict(state.values),
        "complaints": [
            {"level": _level(level), "message": message, "count": count}
            for (level, message), count in state.said.items()
        ],
    }


def _level(number: int) -> str:
    return _LEVELS[number] if number < len(_LEVELS) else "UNKNOWN"


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _strict(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(one) for one in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _warnings(report: Report, recorded_run: RecordedRun) -> list[str]:
    said = [f"The run failed: {report.run.exit_reason}"] if report.run.failed else []
    said += [f"Bag: {issue}." for issue in recorded_run.issues]
    missing = [name for part, name in _NEEDED.items() if not len(recorded_run.streams[part])]
    if missing:
        said.append(f"Nothing was recorded of: {', '.join(missing)}.")
    if report.face_share == 0.0:
        said.append(f"No face was found in {among_all(report.frames_examined, 'frame')}.")
    elif report.face_share is not None and report.face_share < 0.9:
        said.append(f"A face was found in only {report.face_share:.0%} of the frames.")
    for step, count in report.drops.items():
        if count > 0.02 * report.frames_in:
            said.append(f"Dropped from {step}: {count} of {counted(report.frames_in, 'frame')}.")
    if report.joint_commands and report.latency_ms[LatencyStage.END_TO_END] is None:
        said.append(
            "Latency is left out: the times of the bag cannot be compared with the camera's "
            "stamps (simulated time, or clocks that differ)."
        )
    said += [
        f"{name} reported {_LEVELS[level]}: {message}"
        for name, node in recorded_run.nodes.items()
        for level, message in node.complaints
    ]
    return said
