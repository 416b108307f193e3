# SPDX-License-Identifier: Apache-2.0
"""Statistics of features as LeRobot keeps them: of each episode, and of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array

_QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
_SAMPLES = 100
_LONGEST_SIDE = 150


class Sampler:
    """Collect values of one feature, or pixels of some images, for their statistics."""

    def __init__(self) -> None:
        self._rows: list[Array] = []
        self._count = 0
        self._every = 1

    def add(self, values: Any) -> None:
        """Take the values (n,) of one frame."""
        self._rows.append(np.atleast_1d(np.asarray(values, dtype=np.float64)))

    def add_image(self, bgr: NDArray[np.uint8]) -> None:
        """Take an image (height, width, 3), BGR; of many, evenly picked ones are kept."""
        if self._count % self._every == 0:
            scale = min(1.0, _LONGEST_SIDE / max(bgr.shape[:2]))
            small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            self._rows.append(small.reshape(-1, 3)[:, ::-1] / 255.0)
            if len(self._rows) > _SAMPLES:
                self._rows, self._every = self._rows[::2], self._every * 2
        self._count += 1

    def statistics(self) -> dict[str, Array]:
        """Return minimum, maximum, mean, standard deviation and quantiles (n,), and the count."""
        values = np.concatenate([np.atleast_2d(row) for row in self._rows])
        found = {
            "min": values.min(axis=0),
            "max": values.max(axis=0),
            "mean": values.mean(axis=0),
            "std": values.std(axis=0),
            "count": np.array([self._count or len(values)], dtype=np.float64),
        }
        for name, share in _QUANTILES.items():
            found[name] = np.quantile(values, share, axis=0)
        return found


def joined(parts: Sequence[dict[str, Array]]) -> dict[str, Array]:
    """Return the statistics of several episodes together.

    Mean and standard deviation are those of all values; quantiles are the episodes' weighted
    means, as LeRobot itself joins them.
    """
    counts = np.array([part["count"][0] for part in parts])[:, None]
    weights = counts / counts.sum()
    means = np.array([part["mean"] for part in parts])
    spreads = np.array([part["std"] for part in parts])
    mean = (weights * means).sum(axis=0)
    variance = (weights * (spreads**2 + (means - mean) ** 2)).sum(axis=0)
    found = {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": mean,
        "std": np.sqrt(variance),
        "count": np.array([counts.sum()]),
    }
    for name in _QUANTILES:
        found[name] = (weights * np.array([part[name] for part in parts])).sum(axis=0)
    return found


def as_lists(statistics: dict[str, Array], image: bool) -> dict[str, Any]:
    """Return statistics as LeRobot writes them; those of an image's channels as (3, 1, 1)."""
    lists: dict[str, Any] = {}
    for name, values in statistics.items():
        if name == "count":
            lists[name] = [int(values[0])]
        elif image:
            lists[name] = [[[float(one)]] for one in values]
        else:
            lists[name] = [float(one) for one in values]
    return lists
