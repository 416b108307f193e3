# SPDX-License-Identifier: Apache-2.0
"""Agreement of two curves: correlation at the best lag, that lag, and the ratio of amplitudes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array

LONGEST_LAG = 0.2
"""Lags looked at, before and after [s]."""

FEWEST_PAIRS = 15
"""Samples that a correlation is computed from at least."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of one curve with another.

    Attributes:
        r: Pearson's correlation at the best lag, -1 to 1.
        lag: Delay of the second curve [s]; negative if it is ahead.
        amplitude: Its standard deviation over that of the first.
        pairs: Number of samples compared.
    """

    r: float
    lag: float
    amplitude: float
    pairs: int


def agreement(
    first: Array, second: Array, period: float, longest: float = LONGEST_LAG
) -> Agreement | None:
    """Return how the second curve follows the first.

    Curves are compared at whole samples, so nothing is smoothed by interpolation; the lag is
    refined by a parabola through the best correlation and its neighbours.

    Args:
        first: (n,) samples; NaN where there is none.
        second: (n,) samples at the same times, likewise.
        period: Time between samples [s].
        longest: Lag looked at, before and after [s].

    Returns:
        None where there are too few pairs at every lag, or one of the curves is flat.
    """
    most = int(longest / period + 1e-9)
    lags = range(-most, most + 1)
    pairs = {lag: _pairs(first, second, lag) for lag in lags}
    found = {lag: r for lag in lags if (r := _correlation(*pairs[lag])) is not None}
    if not found:
        return None
    # Of equally good lags the shortest.
    best = max(found, key=lambda lag: (found[lag], -abs(lag)))
    one, other = pairs[best]
    refined = float(np.clip((best + _vertex(found, best)) * period, -longest, longest))
    return Agreement(found[best], refined, float(other.std() / one.std()), len(one))


def _pairs(first: Array, second: Array, lag: int) -> tuple[Array, Array]:
    early, late = (first, second) if lag >= 0 else (second, first)
    shift = abs(lag)
    early, late = early[: max(len(early) - shift, 0)], late[shift:]
    both = np.isfinite(early) & np.isfinite(late)
    return (early[both], late[both]) if lag >= 0 else (late[both], early[both])


def _correlation(one: Array, other: Array) -> float | None:
    if len(one) < FEWEST_PAIRS or min(np.ptp(one), np.ptp(other)) <= 0.0:
        return None
    centred, others = one - one.mean(), other - other.mean()
    product = np.sqrt((centred**2).sum() * (others**2).sum())
    if not product > 0.0:
        return None
    return float(np.clip((centred * others).sum() / product, -1.0, 1.0))


def _vertex(found: dict[int, float], best: int) -> float:
    """Return how far beside the best whole lag the top of a parabola lies, -0.5 to 0.5."""
    if best - 1 not in found or best + 1 not in found:
        return 0.0
    before, top, after = found[best - 1], found[best], found[best + 1]
    bend = before - 2.0 * top + after
    return 0.0 if bend >= 0.0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
