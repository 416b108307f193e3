# SPDX-License-Identifier: Apache-2.0
"""Judges commands as a motor driver gets them, across everything that happens to their sender."""

import math

import numpy as np

from x2c_actuation.pipeline.actuation_pipeline import LATE
from x2c_actuation.safety.feedback import BELIEVED

_ROUNDING = 1e-9
"""How exact positions are: share of a joint's range."""


class WireJudge:
    """Keeps the last commands and asserts that each new one keeps every limit.

    The k-th divided difference of samples of a motion is the mean of its k-th derivative, over k!,
    however uneven the samples are. Where commands paused for LATE periods, the joints stand: the
    next one has to come from where the last was, at rest.
    """

    def __init__(self, robot, period):
        joints = robot.joints
        self._limits = np.array([[j.velocity, j.acceleration, j.jerk] for j in joints]).T
        self._lower, self._upper = robot.lower, robot.upper
        self._span = robot.upper - robot.lower
        self._period = period
        self._times, self._points = [], []
        self._outside = None
        self.commands = 0

    @property
    def sent(self):
        """What was sent last; None before."""
        return self._points[-1] if self._points else None

    @property
    def sent_at(self):
        return self._times[-1] if self._times else -math.inf

    def judge(self, position, now, elsewhere=None):
        """Assert that a command is right.

        Args:
            position: (n,).
            now: The time [s].
            elsewhere: Where joints were said to begin, if not where they were sent last, by place.
        """
        self.commands += 1
        if self._times and now - self._times[-1] >= LATE * self._period:
            # At rest until a period ago.
            stood = self._points[-1]
            self._points = [stood] * 3
            self._times = [now - k * self._period for k in (3, 2, 1)]
        elif self._times and now <= self._times[-1]:
            assert np.abs(position - self._points[-1]).max() <= 1e-6
            return
        if elsewhere:
            places = list(elsewhere)
            began = self._points[-1].copy()
            began[places] = list(elsewhere.values())
            self._points = [began] * 3
        self._times.append(now)
        self._points.append(position)
        del self._times[:-4], self._points[:-4]
        for order in range(1, len(self._times)):
            self._differ(order)
        outside = np.maximum(self._lower - position, position - self._upper).clip(0.0)
        allowed = (outside if self._outside is None else self._outside).copy()
        if elsewhere:
            allowed[places] = outside[places]
        assert (outside <= BELIEVED * self._span + 1e-6 * self._span).all()
        assert (outside <= allowed + 1e-6 * self._span).all(), "further outside than before"
        self._outside = outside

    def _differ(self, order):
        times, points = self._times[-order - 1 :], self._points[-order - 1 :]
        weights = [
            1.0 / math.prod(a - b for j, b in enumerate(times) if j != i)
            for i, a in enumerate(times)
        ]
        mean = sum(w * p for w, p in zip(weights, points, strict=True)) * math.factorial(order)
        error = math.factorial(order) * sum(map(abs, weights)) * _ROUNDING * self._span
        limit = self._limits[order - 1]
        worst = int(np.argmax((np.abs(mean) - error) / limit))
        what = ("velocity", "acceleration", "jerk")[order - 1]
        share = (abs(mean[worst]) - error[worst]) / limit[worst]
        assert share <= 1.001, (
            f"joint {worst}: {share:.3g} times its {what}: {[p[worst] for p in points]} at {times}"
        )
