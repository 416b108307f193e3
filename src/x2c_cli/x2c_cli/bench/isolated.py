# SPDX-License-Identifier: Apache-2.0
"""Measure in a fresh process, so that peaks of memory belong to one setting alone."""

from __future__ import annotations

from x2c_cli.bench.run import Result, Setting, measure
from x2c_core.system.worker_pool import worker_pool

WARM_UP = 5.0
"""Time until the neutral face is known and filters have settled [s]."""


def measure_apart(setting: Setting, seconds: float, warm_up: float = WARM_UP) -> Result:
    """Return what a setting comes to, measured for some time [s] after a warm-up [s].

    Raises:
        ConfigureError: A node refused to start.
    """
    with worker_pool(1, hurry=True) as pool:
        return pool.submit(measure, setting, warm_up, seconds).result()
