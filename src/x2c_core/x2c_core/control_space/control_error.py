# SPDX-License-Identifier: Apache-2.0
"""Control error, as X2C defines it (arXiv 2505.11146).

The mean absolute error on values scaled from each control's upstream range to [-1, 1]. Where both
upper lids of the reference are below 0 the eyes cannot be seen, and gaze is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array, Mask
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group

_SPAN = controls.MAXIMUM - controls.MINIMUM
_LIDS = [controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")]
_GAZE = controls.group_indices(Group.GAZE)


@dataclass(frozen=True)
class ControlErrors:
    """Errors of control values against a reference; all on the scale of [-1, 1].

    Attributes:
        mean: Over all frames and controls that count.
        by_control: (30,) mean over frames; NaN for a control that never counts.
        by_group: Mean over the frames and controls of each group that ever counts.
        p95: 95th percentile of the errors of frames.
        largest: Largest error of a frame.
        frames: Number of frames compared.
        gaze_masked: Number of those frames in which gaze is left out.
    """

    mean: float
    by_control: Array
    by_group: Mapping[Group, float]
    p95: float
    largest: float
    frames: int
    gaze_masked: int


def scaled(values: ArrayLike) -> Array:
    """Return values (..., 30) [ratio or rad] scaled so that upstream's ranges are [-1, 1]."""
    return np.asarray(2.0 * (np.asarray(values) - controls.MINIMUM) / _SPAN - 1.0)


def counted(reference: ArrayLike) -> Mask:
    """Return which of the values (n, 30) [ratio or rad] of a reference count."""
    given = np.asarray(reference)
    mask = np.ones(given.shape, dtype=bool)
    shut = (given[:, _LIDS] < 0.0).all(axis=1)
    mask[np.ix_(np.flatnonzero(shut), _GAZE)] = False
    return mask


def absolute_errors(values: ArrayLike, reference: ArrayLike) -> Array:
    """Return the errors (n, 30) of values (n, 30) [ratio or rad]; NaN where they do not count."""
    given = np.asarray(reference, dtype=np.float64)
    errors = 2.0 * np.abs(np.asarray(values, dtype=np.float64) - given) / _SPAN
    errors[~counted(given)] = np.nan
    return np.asarray(errors)


def control_error(values: ArrayLike, reference: ArrayLike) -> ControlErrors | None:
    """Return the error of values (n, 30) [ratio or rad] against a reference (n, 30), or None."""
    errors = absolute_errors(values, reference)
    if not len(errors):
        return None
    valid = np.isfinite(errors)
    sums, numbers = np.where(valid, errors, 0.0).sum(axis=0), valid.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_control = sums / numbers
    by_group = {}
    for group in Group:
        members = controls.group_indices(group)
        if numbers[members].sum():
            by_group[group] = float(sums[members].sum() / numbers[members].sum())
    frames = np.nanmean(errors, axis=1)
    return ControlErrors(
        mean=float(sums.sum() / numbers.sum()),
        by_control=by_control,
        by_group=by_group,
        p95=float(np.percentile(frames, 95)),
        largest=float(frames.max()),
        frames=len(errors),
        gaze_masked=int((~valid[:, _GAZE[0]]).sum()),
    )
