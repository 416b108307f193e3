# SPDX-License-Identifier: Apache-2.0
"""Other control values for the frames of a recording, and the error against them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.frame_source import FrameReference, FrameSource
from x2c_bags.frames.recorded_run import RecordedRun, read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.files import is_bag
from x2c_bags.schema.topics import Part
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import control_error
from x2c_core.control_space.controls_track import read_controls
from x2c_core.errors import X2CError
from x2c_core.face.frames import ControlState
from x2c_core.files.issues import Issues
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.results.layout import FRAMES, REPORT
from x2c_evaluation.offline.results.result import ErrorFigures
from x2c_evaluation.pipeline.frame_curves import FrameCurves, read_curves

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


def find_references(
    source: FrameSource,
    run: RecordedRun | None,
    against: str,
    recording: str,
    issues: Issues,
) -> dict[str, Reference]:
    """Return what the control values of a recording are compared with, by name.

    Args:
        source: Source of the frames, which may have values of its own.
        run: Run in which the bag was recorded; None for other recordings.
        against: Path that the user gave; empty for none.
        recording: Name of the recording.
        issues: Takes why what the user gave cannot be used.
    """
    found: dict[str, Reference] = {}
    if run is not None and (in_bag := recorded(run)) is not None:
        found[RECORDED] = in_bag
    if against:
        try:
            found[AGAINST] = read_reference(Path(against).expanduser(), recording)
        except X2CError as error:
            issues.add(f"nothing to compare with: {error}")
    if AGAINST not in found and (own := source.reference()) is not None:
        found[AGAINST] = Reference(own.stamps, own.values, own.source)
    return found


def compare(
    curves: FrameCurves, references: Mapping[str, Reference], issues: Issues
) -> tuple[FrameCurves, dict[str, ErrorFigures | None]]:
    """Return the curves with the references for their frames, and the error against each.

    Args:
        curves: Curves of a recording.
        references: Values to compare with, by name.
        issues: Takes the references that have nothing in common with the frames.
    """
    matched: dict[str, Array] = {}
    errors: dict[str, ErrorFigures | None] = {}
    for name, reference in references.items():
        values, how = reference.at(curves.stamps)
        if not np.isfinite(values[:, 0]).any():
            issues.add(f"{reference.source}: no values for any of the frames ({how})")
            continue
        matched[name] = values
        errors[name] = _error(curves, values, reference.source, how)
    return dataclasses.replace(curves, references=matched), errors


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


def _error(curves: FrameCurves, values: Array, source: str, how: str) -> ErrorFigures | None:
    """Return the control error against values (n, 30); None where no frame can be compared."""
    both = curves.followed & np.isfinite(values).all(axis=1)
    # As they are in messages and files, so that equal values have no error.
    own = curves.values[both].astype(np.float32)
    found = control_error(own, values[both].astype(np.float32))
    if found is None:
        return None
    return ErrorFigures(
        source=source,
        matched_by=how,
        mean=found.mean,
        p95=found.p95,
        largest=found.largest,
        frames=found.frames,
        gaze_masked=found.gaze_masked,
        groups={group.value: error for group, error in found.by_group.items()},
        controls=dict(zip(controls.NAMES, found.by_control.tolist(), strict=True)),
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
