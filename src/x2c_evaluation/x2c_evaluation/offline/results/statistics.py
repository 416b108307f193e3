# SPDX-License-Identifier: Apache-2.0
"""Figures of a recording's frames: counts, tracking, smoothness, limits reached."""

from __future__ import annotations

import itertools
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.pipeline.mapping import JointMap
from x2c_core.arrays import Array, Mask
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import scaled
from x2c_core.control_space.controls import Group
from x2c_core.errors import X2CError
from x2c_core.face.frames import FaceState
from x2c_core.robot.robot import Robot
from x2c_evaluation.fidelity.measures.floors import FLOORS
from x2c_evaluation.offline.results.result import (
    FrameFigures,
    LimitFigures,
    SmoothnessFigures,
    TrackingFigures,
)
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.pipeline.settings import EvaluationSettings

WINDOW = 0.5
"""A face is still where no descriptor deviates more than its noise floor for so long [s]."""

UNKNOWN = SmoothnessFigures(0.0, None, {}, None, {})
"""Smoothness of frames that do not continue the one before."""

_ROUNDING = 1e-5
"""Rounding error of float32 that is accepted past a value's range."""
_REGULAR = 1.8
"""Longest step between frames that belong together [usual steps]."""
_BLOCK = 1000
"""Frames whose joint targets are found at once."""
_FEWEST = 6
"""Frames that a window needs."""


def frame_statistics(curves: FrameCurves, read: int, unusable: int) -> FrameFigures:
    """Return counts of frames and stamps.

    Args:
        curves: Curves of the usable frames.
        read: Frames that were there.
        unusable: Frames of these that could not be worked on.
    """
    steps = np.diff(curves.stamps)
    period = curves.period
    return FrameFigures(
        frames=read,
        usable=len(curves),
        unusable=unusable,
        duration_s=float(curves.times[-1]) if len(curves) else 0.0,
        rate_hz=1.0 / period if period else None,
        stamps_backwards=int((steps < 0).sum()),
        stamps_repeated=int((steps == 0).sum()),
        gaps=int((steps > _REGULAR * period * 1e9).sum()) if period else 0,
        longest_gap_s=float(steps.max()) * 1e-9 if len(steps) else None,
    )


def tracking_statistics(
    curves: FrameCurves, neutral_at: float | None, rotation: int = 0
) -> TrackingFigures:
    """Return how well the face was found and followed.

    Args:
        curves: Curves of the frames.
        neutral_at: Time of the first neutral face since the beginning [s].
        rotation: Clockwise turn by which the images are upright [deg].
    """
    found = curves.found
    lengths = [curves.times[b - 1] - curves.times[a] for a, b in spans(~found)]
    distance = curves.eye_distance[found]
    confidence = curves.confidence[found]
    return TrackingFigures(
        faces=int(found.sum()),
        face_share=float(found.mean()) if len(curves) else None,
        losses=sum(a > 0 and bool(found[:a].any()) for a, _ in spans(~found)),
        longest_loss_s=max(lengths, default=0.0),
        persons=len(np.unique(curves.persons[found])),
        confidence_p5=_percentile(confidence, 5),
        confidence_p50=_percentile(confidence, 50),
        eye_distance_px_p5=_percentile(distance, 5),
        eye_distance_px_p50=_percentile(distance, 50),
        followed=int(curves.followed.sum()),
        neutral_known_after_s=neutral_at,
        rotation=rotation,
    )


def smoothness(curves: FrameCurves) -> SmoothnessFigures:
    """Return how steady the control values of a recording are."""
    period = curves.period
    if not period:
        return UNKNOWN
    values = scaled(curves.values)
    runs = _runs(curves)
    length = max(round(WINDOW / period), _FEWEST)
    residuals = [
        _residual(values[start : start + length])
        for begin, end in runs
        for start in _still(curves.described[begin:end], length, begin)
    ]
    jerks = [np.diff(values[begin:end], 3, axis=0) / period**3 for begin, end in runs]
    return SmoothnessFigures(
        still_time_s=len(residuals) * length * period,
        jitter=_whole(residuals),
        jitter_groups=_by_group(residuals),
        jerk=_whole(jerks),
        jerk_groups=_by_group(jerks),
    )


def limit_statistics(
    curves: FrameCurves, robot: Robot, settings: EvaluationSettings
) -> LimitFigures:
    """Return how often controls and joints were asked for more than they can do."""
    values = curves.values
    outside = (values < controls.MINIMUM - _ROUNDING) | (values > controls.MAXIMUM + _ROUNDING)
    at_end = (values <= controls.MINIMUM + _ROUNDING) | (values >= controls.MAXIMUM - _ROUNDING)
    # A control that is neutral at the end of its range lies there whenever nothing happens.
    at_end &= np.abs(values - controls.NEUTRAL) > _ROUNDING
    joint_map = JointMap(robot, settings.gains, settings.offsets)
    positions, clamped = [], []
    for begin in range(0, len(values), _BLOCK):
        with suppress(X2CError):
            targets = joint_map.targets(values[begin : begin + _BLOCK])
            positions.append(targets.positions)
            clamped.append(targets.clamped_joints)
    joints = robot.joint_names
    passed = np.concatenate([np.zeros((0, len(joints)), dtype=bool), *clamped])
    too_fast = np.zeros_like(passed)
    if len(passed) == len(curves) > 1:
        steps = np.diff(curves.stamps)[:, None] * 1e-9
        limits = np.array([joint.velocity for joint in robot.joints])
        ways = np.abs(np.diff(np.concatenate(positions), axis=0))
        too_fast[1:] = (steps > 0.0) & (ways > limits * np.maximum(steps, 1e-9) * (1.0 + 1e-6))
    total = max(len(curves), 1)
    return LimitFigures(
        controls_out_of_range=_named(outside, controls.NAMES),
        controls_at_end_of_range=_named(at_end, controls.NAMES),
        joints_past_limit=_named(passed, joints),
        joints_asked_too_fast=_named(too_fast, joints),
        clamped_share=float(passed.any(axis=1).sum() / total),
        too_fast_share=float(too_fast.any(axis=1).sum() / total),
    )


def spans(mask: Mask) -> list[tuple[int, int]]:
    """Return first and last + 1 of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def states(curves: FrameCurves) -> tuple[tuple[float, float, int, int], ...]:
    """Return (begin [s], end [s], face state, control state) of each stretch of frames."""
    if not len(curves):
        return ()
    keys = curves.face_states * 16 + curves.control_states
    edges = np.concatenate([[0], np.flatnonzero(np.diff(keys)) + 1, [len(keys)]])
    times = np.append(curves.times, curves.times[-1] + curves.period)
    return tuple(
        (
            round(float(times[a]), 3),
            round(float(times[b]), 3),
            int(FaceState(curves.face_states[a])),
            int(curves.control_states[a]),
        )
        for a, b in itertools.pairwise(edges)
    )


def _percentile(numbers: NDArray[np.float64], percent: float) -> float | None:
    finite = numbers[np.isfinite(numbers)]
    return float(np.percentile(finite, percent)) if len(finite) else None


def _named(mask: Mask, names: tuple[str, ...]) -> dict[str, int]:
    counts = mask.sum(axis=0)
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}


def _runs(curves: FrameCurves) -> list[tuple[int, int]]:
    """Return first and last + 1 of frames in which a person is followed without a gap."""
    steps = np.diff(curves.stamps) * 1e-9
    joined = (steps > 0.0) & (steps < _REGULAR * curves.period)
    joined &= curves.followed[1:] & curves.followed[:-1]
    joined &= curves.persons[1:] == curves.persons[:-1]
    return [(begin, end + 1) for begin, end in spans(joined)]


def _still(described: Array, length: int, offset: int) -> list[int]:
    """Return where windows begin in which a face is still; they do not overlap."""
    if len(described) < length:
        return []
    # Sums over windows as differences of running sums; centred, or they would lose digits.
    centred = described - np.nanmean(described, axis=0)
    deviation = np.sqrt(np.maximum(_sums(centred**2, length) - _sums(centred, length) ** 2, 0.0))
    still = (deviation <= FLOORS).all(axis=1)
    found, next_free = [], 0
    for start in np.flatnonzero(still):
        if start >= next_free:
            found.append(int(start) + offset)
            next_free = start + length
    return found


def _sums(numbers: Array, length: int) -> Array:
    running = np.concatenate([np.zeros((1, numbers.shape[1])), np.cumsum(numbers, axis=0)])
    return np.asarray((running[length:] - running[:-length]) / length)


def _residual(values: Array) -> Array:
    """Return values (n, 30) about the straight line that fits each best."""
    x = np.arange(len(values)) - (len(values) - 1) / 2.0
    slope = x @ values / (x @ x)
    return np.asarray(values - values.mean(axis=0) - x[:, None] * slope)


def _whole(pieces: list[Array]) -> float | None:
    pieces = [piece for piece in pieces if len(piece)]
    if not pieces:
        return None
    return float(np.sqrt((np.concatenate(pieces) ** 2).mean()))


def _by_group(pieces: list[Array]) -> dict[str, float]:
    pieces = [piece for piece in pieces if len(piece)]
    if not pieces:
        return {}
    squares = (np.concatenate(pieces) ** 2).mean(axis=0)
    return {
        str(group): float(np.sqrt(squares[controls.group_indices(group)].mean()))
        for group in Group
    }
