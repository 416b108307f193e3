# SPDX-License-Identifier: Apache-2.0
"""Smoothness of control values: jitter while the person's face is still, and jerk."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import scaled
from x2c_core.control_space.controls import Group
from x2c_evaluation.fidelity.floors import FLOORS
from x2c_evaluation.offline.results.curves import FrameCurves
from x2c_evaluation.offline.results.result import SmoothnessFigures

WINDOW = 0.5
"""A face is still where no descriptor deviates more than its noise floor for so long [s]."""

_FEWEST = 6
"""Frames that a window needs."""
_REGULAR = 1.8
"""Longest step between frames that belong together [usual steps]."""


UNKNOWN = SmoothnessFigures(0.0, None, {}, None, {})
"""Frames that do not continue the one before."""


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


def _runs(curves: FrameCurves) -> list[tuple[int, int]]:
    """Return first and last + 1 of frames in which a person is followed without a gap."""
    steps = np.diff(curves.stamps) * 1e-9
    joined = (steps > 0.0) & (steps < _REGULAR * curves.period)
    joined &= curves.followed[1:] & curves.followed[:-1]
    joined &= curves.persons[1:] == curves.persons[:-1]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], joined.astype(int), [0]])))
    return [(int(a), int(b) + 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


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
