# SPDX-License-Identifier: Apache-2.0
"""Path of the performer's video, and ground truth of each frame."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from x2c_core.arrays import Array
from x2c_perception.performer.script import CHANNELS, frame_times, performance

VIDEO_NAME = "performer.mp4"
TRUTH_NAME = "performer_truth.csv"


@dataclass(frozen=True)
class Truth:
    """Ground truth of each of the n frames.

    Attributes:
        time: (n,) time of the frame [s].
        channels: (n,) values of each channel of `script.CHANNELS` [1; rad for gaze and head].
    """

    time: Array
    channels: dict[str, Array]

    def at(self, frame: int) -> dict[str, float]:
        """Return each channel's value in one frame [1 or rad]."""
        return {name: float(values[frame]) for name, values in self.channels.items()}


def performer_video() -> Path:
    """Return the path of the performer's video: H.264, 640x480, 30 frames/s, ends as it begins."""
    return _data() / VIDEO_NAME


def performer_truth() -> Truth:
    """Return what the performer's video shows."""
    with (_data() / TRUTH_NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in ("time", *CHANNELS)}
    for values in columns.values():
        values.setflags(write=False)
    return Truth(columns.pop("time"), columns)


def scripted_truth() -> Truth:
    """Return what the script says, unrounded; the shipped table was written from it."""
    time = frame_times()
    return Truth(time, performance(time))


def write_truth(truth: Truth, path: Path) -> None:
    """Write a table with the columns frame, time [s] and one per channel."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["frame", "time", *truth.channels])
        for i, time in enumerate(truth.time):
            writer.writerow([i, f"{time:.4f}", *(f"{v[i]:.4f}" for v in truth.channels.values())])


def _data() -> Path:
    return Path(str(resources.files("x2c_perception") / "data"))
