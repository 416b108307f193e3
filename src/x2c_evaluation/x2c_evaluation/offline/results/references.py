# SPDX-License-Identifier: Apache-2.0
"""Other control values for the frames of a recording, to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.frame_source import FrameReference
from x2c_bags.frames.recorded_run import RecordedRun, read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.files import is_bag
from x2c_bags.schema.topics import Part
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls_track import read_controls
from x2c_core.face.frames import ControlState
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.results.curves import FrameCurves, read_curves
from x2c_evaluation.offline.results.layout import FRAMES, REPORT

Integers = NDArray[np.int64]

RECORDED = "recorded"
"""Name of the control values in the recording itself."""

AGAINST = "against"
"""Name of those that the user gave."""

_SAME = 0.5
"""Share of frames with the very same stamp from which on only such are compared."""

_REACH = 0.75
"""Longest time from a frame to its values [periods of the reference]."""


@dataclass(frozen=True)
class Reference(FrameReference):
    """Control values over time, found again by the stamps of other frames."""

    def at(self, stamps: Integers) -> tuple[Array, str]:
        """Return the values (m, 30) for frames (m,), NaN where there are none, and how.

        Frames are matched by their stamps; where those have nothing in common, by the time since
        the beginning.
        """
        found = np.full((len(stamps), controls.COUNT), np.nan)
        if not len(stamps) or not len(self.stamps):
            return found, "there is nothing to compare"
        place = np.searchsorted(self.stamps, stamps).clip(max=len(self.stamps) - 1)
        same = self.stamps[place] == stamps
        inside = (stamps >= self.stamps[0]) & (stamps <= self.stamps[-1])
        if same.sum() >= max(_SAME * inside.sum(), 1):
            found[same] = self.values[place[same]]
            return found, "frames of the same stamp"
        if inside.any():
            return self._nearest(stamps, self.stamps, found), "frames nearest in time"
        shifted = self.stamps - self.stamps[0]
        since = stamps - stamps[0]
        return self._nearest(since, shifted, found), "the time since the beginning"

    def _nearest(self, stamps: Integers, own: Integers, found: Array) -> Array:
        if len(own) < 2:
            nearer, reach = np.zeros(len(stamps), dtype=np.intp), 0.0
        else:
            reach = _REACH * float(np.median(np.diff(own)))
            after = np.searchsorted(own, stamps).clip(1, len(own) - 1)
            nearer = after - (stamps - own[after - 1] < own[after] - stamps)
        near = np.abs(own[nearer] - stamps) <= reach
        found[near] = self.values[nearer[near]]
        return found


def recorded(recorded_run: RecordedRun) -> Reference | None:
    """Return the control values that a bag holds, or None."""
    if not len(recorded_run.controls):
        return None
    values = recorded_run.controls.copy()
    values[recorded_run.control_states != ControlState.TRACKING] = np.nan
    values[~np.isfinite(values).all(axis=1)] = np.nan
    stream = recorded_run.streams[Part.CONTROLS]
    stamps = np.where(stream.stamps == 0, stream.times, stream.stamps)
    return _sorted(stamps, values, "control values in the bag")


def read_reference(path: Path, recording: str) -> Reference:
    """Return what a user wants to compare with.

    Args:
        path: A bag with control values, a CSV file of them, or the folder of an evaluation.
        recording: Name of the recording, by which an evaluation of several is looked up.

    Raises:
        EvaluationError: There is nothing of that kind.
    """
    if (path / REPORT).is_file():
        return _evaluation(path, recording)
    if path.is_file() and path.suffix.lower() == ".csv":
        track = read_controls(path)
        stamps = track.start + np.round(track.times * 1e9).astype(np.int64)
        return _sorted(stamps, track.values, path.name)
    if path.exists() and is_bag(path):
        found = recorded(read_recorded_run(BagReader(path), (Part.CONTROLS,)))
        if found is None:
            raise EvaluationError(f"{path} holds no control values to compare with")
        return Reference(found.stamps, found.values, path.name)
    raise EvaluationError(
        f"{path}: expected a bag with control values, a CSV file as 'x2c demo' writes it, a data "
        f"set, or the folder of an earlier evaluation with {REPORT}"
    )


def _evaluation(path: Path, recording: str) -> Reference:
    file = path / FRAMES / f"{recording}.parquet"
    tables = sorted((path / FRAMES).glob("*.parquet"))
    if not file.is_file() and len(tables) == 1:
        file = tables[0]
    if not file.is_file():
        known = ", ".join(one.stem for one in tables) or "none"
        raise EvaluationError(f"{path} has no recording {recording!r}; it has: {known}")
    curves: FrameCurves = read_curves(file)
    values = curves.values.copy()
    values[~curves.followed] = np.nan
    return _sorted(curves.stamps, values, f"evaluation {path.name}")


def _sorted(stamps: Integers, values: Array, source: str) -> Reference:
    # A bag played in a loop has a stamp more than once: the first answer counts.
    unique, first = np.unique(stamps, return_index=True)
    return Reference(unique, values[first], source)
