# SPDX-License-Identifier: Apache-2.0
"""Latency, dropped frames and rates of the pipeline, from the stamps of its messages."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from x2c_bags.schema.topics import Part
from x2c_core.arrays import Array

if TYPE_CHECKING:
    from x2c_bags.frames.recorded_run import Nanoseconds, RecordedRun, Stream

_LONGEST = 60_000_000_000


class LatencyStage(enum.StrEnum):
    """A part of the way from the camera to the robot."""

    END_TO_END = "end_to_end"
    TRACKING = "tracking"
    IMITATION = "imitation"
    ACTUATION = "actuation"
    ROBOT_IMAGE = "robot_image"


_ENDS: dict[LatencyStage, tuple[Part | None, Part]] = {
    LatencyStage.END_TO_END: (None, Part.COMMANDS),
    LatencyStage.TRACKING: (None, Part.FACE),
    LatencyStage.IMITATION: (Part.FACE, Part.CONTROLS),
    LatencyStage.ACTUATION: (Part.CONTROLS, Part.COMMANDS),
    LatencyStage.ROBOT_IMAGE: (None, Part.ROBOT_IMAGE),
}
"""The message a stage begins with (none: the camera's stamp) and the one it ends with."""

_STEPS = {
    "camera to face": (None, Part.FACE),
    "face to control values": (Part.FACE, Part.CONTROLS),
    "control values to joint commands": (Part.CONTROLS, Part.COMMANDS),
}


@dataclass(frozen=True)
class Latency:
    """Durations of a stage, frame by frame.

    Attributes:
        stamps: (n,) of the camera images [ns], ascending.
        durations: (n,) [s].
    """

    stamps: Nanoseconds
    durations: Array


@dataclass(frozen=True)
class Percentiles:
    """Distribution of a stage's latency [ms]."""

    count: int
    p50: float
    p99: float
    max: float


def measure(recorded_run: RecordedRun) -> dict[LatencyStage, Latency]:
    """Return the latency of each stage; of a frame answered more than once, the first answer's.

    Empty where the bag's times do not say when messages were published (simulated time), or where
    they have nothing to do with the camera's stamps.
    """
    # Only here: results that say nothing of it name its stages, too.
    from x2c_bags.recorder import PUBLICATION_CLOCK

    if recorded_run.clock not in ("", PUBLICATION_CLOCK):
        return {}
    measured = {}
    for stage, (begin, end) in _ENDS.items():
        latency = _between(recorded_run, begin, recorded_run.streams[end])
        plausible = (latency.durations >= 0) & (latency.durations < _LONGEST * 1e-9)
        if plausible.sum() * 2 > len(plausible):
            measured[stage] = Latency(latency.stamps[plausible], latency.durations[plausible])
    return measured


def drops(recorded_run: RecordedRun) -> dict[str, int]:
    """Return how many frames got no answer at each step, while the step was answering at all.

    Frames before a step's first answer and after its last are not counted: nodes start and end at
    different times.
    """
    missing = {}
    for name, (begin, end) in _STEPS.items():
        asked = np.unique(
            (recorded_run.frames if begin is None else recorded_run.streams[begin]).stamps
        )
        answered = np.unique(recorded_run.streams[end].stamps)
        if len(answered):
            within = asked[(asked >= answered[0]) & (asked <= answered[-1])]
            missing[name] = int(np.setdiff1d(within, answered).size)
    return missing


def percentiles(measured: Latency | None) -> Percentiles | None:
    """Return the distribution of a stage's latency; None where nothing was measured."""
    if measured is None or not len(measured.durations):
        return None
    durations = measured.durations * 1e3
    p50, p99 = np.percentile(durations, [50, 99])
    return Percentiles(len(durations), float(p50), float(p99), float(durations.max()))


def rate(stream: Stream) -> float | None:
    """Return how many messages of a topic came each second [Hz], or None."""
    if len(stream) < 2:
        return None
    span = float(stream.times.max() - stream.times.min()) * 1e-9
    return (len(stream) - 1) / span if span > 0.0 else None


def _between(recorded_run: RecordedRun, begin: Part | None, end: Stream) -> Latency:
    stamps, times = _first_answers(end)
    if begin is None:
        # A message can have a stamp of its own: the robot's image before the first command has.
        known = np.isin(stamps, recorded_run.frames.stamps)
        return Latency(stamps[known], (times - stamps)[known] * 1e-9)
    asked, started = _first_answers(recorded_run.streams[begin])
    common, left, right = np.intersect1d(asked, stamps, return_indices=True)
    return Latency(common, (times[right] - started[left]) * 1e-9)


def _first_answers(stream: Stream) -> tuple[Nanoseconds, Nanoseconds]:
    stamps, first = np.unique(stream.stamps, return_index=True)
    return stamps, stream.times[first]
