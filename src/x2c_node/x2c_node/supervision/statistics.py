# SPDX-License-Identifier: Apache-2.0
"""Counts and durations of a node."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass

import numpy as np


class RateMeter:
    """Events per second over the last few seconds; one thread counts, others may ask.

    Args:
        window: Time looked back [s].
    """

    def __init__(self, window: float = 2.0) -> None:
        self._window = window
        self._times: deque[float] = deque()
        self.total = 0

    def tick(self) -> None:
        """Count one event, now."""
        now = time.monotonic()
        self.total += 1
        self._times.append(now)
        while self._times[0] < now - self._window:
            self._times.popleft()

    @property
    def rate(self) -> float:
        """Events per second [Hz]."""
        limit = time.monotonic() - self._window
        times = [one for one in list(self._times) if one >= limit]
        if len(times) < 2:
            return 0.0
        span = times[-1] - times[0]
        return (len(times) - 1) / span if span > 0.0 else 0.0


@dataclass(frozen=True)
class DurationSummary:
    """Median, 99th percentile and maximum of a set of durations [s]; NaN where there are none."""

    p50: float
    p99: float
    maximum: float


def summarise(durations: list[float]) -> DurationSummary:
    """Return the summary of durations [s]."""
    if not durations:
        return DurationSummary(float("nan"), float("nan"), float("nan"))
    array = np.asarray(durations)
    return DurationSummary(
        float(np.median(array)), float(np.percentile(array, 99)), float(array.max())
    )


class Statistics:
    """Rates, durations and counts of a node, by name; each name belongs to one thread.

    Args:
        window: Number of newest durations kept for each name.
    """

    def __init__(self, window: int = 300) -> None:
        self._window = window
        self.rates: dict[str, RateMeter] = {}
        self.durations: dict[str, deque[float]] = {}
        self.counts: Counter[str] = Counter()

    def tick(self, name: str) -> None:
        """Count one event of a stream whose rate is wanted."""
        meter = self.rates.get(name)
        if meter is None:
            meter = self.rates[name] = RateMeter()
        meter.tick()

    def measured(self, name: str, seconds: float) -> None:
        """Keep one duration [s]."""
        kept = self.durations.get(name)
        if kept is None:
            kept = self.durations[name] = deque(maxlen=self._window)
        kept.append(seconds)

    def values(self) -> dict[str, str]:
        """Return everything as names and texts, as `/diagnostics` wants it."""
        texts = {}
        for name, meter in list(self.rates.items()):
            texts[f"{name} rate [Hz]"] = f"{meter.rate:.1f}"
            texts[f"{name} total"] = str(meter.total)
        for name, durations in list(self.durations.items()):
            summary = summarise(list(durations))
            texts[f"{name} p50 [ms]"] = f"{summary.p50 * 1e3:.2f}"
            texts[f"{name} p99 [ms]"] = f"{summary.p99 * 1e3:.2f}"
        texts.update({name: str(count) for name, count in sorted(self.counts.items())})
        return texts
