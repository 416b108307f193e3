# SPDX-License-Identifier: Apache-2.0
"""The moments of a recording that matter most: where control values are farthest off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import absolute_errors, scaled
from x2c_evaluation.offline.results.references import AGAINST, RECORDED
from x2c_evaluation.pipeline.frame_curves import FrameCurves

KEY_FRAMES = 6
"""Moments shown of a recording."""

_APART = 0.75
"""Least time between two of them [s]."""
_WORST = 3


@dataclass(frozen=True)
class KeyFrame:
    """One moment.

    Attributes:
        place: Its index among the curves.
        frame: Its index in the recording.
        time: Since the beginning [s].
        weight: Error of the control values, or distance from neutral; scaled.
        reference: Name of what it is an error against; empty where nothing is compared.
        worst: Indices of the controls that are farthest off, the worst first.
    """

    place: int
    frame: int
    time: float
    weight: float
    reference: str
    worst: tuple[int, ...]


def frame_errors(curves: FrameCurves) -> tuple[str, Array] | None:
    """Return the reference that moments are chosen by, and each frame's error (n,), or None.

    What the user gave goes before what the bag holds.
    """
    for name in (AGAINST, RECORDED):
        if name not in curves.references:
            continue
        values = curves.references[name]
        valid = curves.followed & np.isfinite(values).all(axis=1)
        errors = np.full(len(curves), np.nan)
        if valid.any():
            each = absolute_errors(
                curves.values[valid].astype(np.float32), values[valid].astype(np.float32)
            )
            errors[valid] = np.nanmean(each, axis=1)
        return name, errors
    return None


def choose_key_frames(curves: FrameCurves) -> list[KeyFrame]:
    """Return the moments of largest error, or of strongest expression, in the order of time."""
    compared = frame_errors(curves)
    if compared is not None and np.isfinite(compared[1]).any():
        reference, weights = compared
        others = curves.references[reference]
    else:
        reference, weights = "", np.abs(scaled(curves.values) - scaled(controls.NEUTRAL)).mean(1)
        weights = np.where(curves.followed, weights, np.nan)
        others = np.broadcast_to(controls.NEUTRAL, curves.values.shape)
    return [
        KeyFrame(
            place=place,
            frame=int(curves.index[place]),
            time=float(curves.times[place]),
            weight=float(weights[place]),
            reference=reference,
            worst=_worst(curves.values[place], others[place]),
        )
        for place in _peaks(weights, curves.times)
    ]


def _peaks(weights: Array, times: Array) -> list[int]:
    """Return places of the greatest weights, some time apart, in the order of time."""
    order = np.argsort(-np.nan_to_num(weights, nan=-1.0), kind="stable")
    found: list[int] = []
    for place in order:
        if len(found) == KEY_FRAMES or not np.isfinite(weights[place]):
            break
        if (np.abs(times[found] - times[place]) >= _APART).all():
            found.append(int(place))
    return sorted(found)


def _worst(values: Array, other: Array) -> tuple[int, ...]:
    errors = absolute_errors(values[None], other[None])[0]
    order = np.argsort(-np.nan_to_num(errors, nan=-1.0), kind="stable")
    return tuple(order[:_WORST].tolist())
