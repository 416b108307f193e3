# SPDX-License-Identifier: Apache-2.0
"""Counts over the frames of a recording: frames, faces, persons, limits reached."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.pipeline.mapping import JointMap
from x2c_core.arrays import Mask
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.frames import FaceState
from x2c_core.robot.robot import Robot
from x2c_evaluation.offline.results.curves import FrameCurves
from x2c_evaluation.offline.results.result import FrameFigures, LimitFigures, TrackingFigures
from x2c_evaluation.pipeline.settings import EvaluationSettings

_ROUNDING = 1e-5
"""Rounding error of float32 that is accepted past a value's range."""
_REGULAR = 1.8


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


def tracking_statistics(curves: FrameCurves, neutral_at: float | None) -> TrackingFigures:
    """Return how well the face was found and followed.

    Args:
        curves: Curves of the frames.
        neutral_at: Time of the first neutral face since the beginning [s].
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
    for row in values:
        try:
            targets = joint_map.targets(row)
        except X2CError:
            continue
        positions.append(targets.positions)
        clamped.append(targets.clamped_joints)
    joints = robot.joint_names
    passed = np.array(clamped, dtype=bool).reshape(-1, len(joints))
    too_fast = np.zeros_like(passed)
    if len(positions) == len(curves) > 1:
        steps = np.diff(curves.stamps)[:, None] * 1e-9
        limits = np.array([joint.velocity for joint in robot.joints])
        ways = np.abs(np.diff(np.array(positions), axis=0))
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
