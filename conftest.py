# SPDX-License-Identifier: Apache-2.0
"""What the tests of all packages share.

No fixture imports ROS before a test asks for it, so the tests of pure packages need none. Fixtures
and what else is shared are in test/x2c_testing: `wait_until` in waiting.py, `node_process` in
processes.py, `ros` in graph.py, `node_inside` in inside.py, `make_once` in sharing.py,
`install_example` in packages.py, `browser` in browser.py, the ROS domain of a process of tests in
domain.py, the limits that make every test end in limits.py, the marks in markers.py, the threads
of torch in threads.py.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = [
    "x2c_testing.limits",
    "x2c_testing.markers",
    "x2c_testing.waiting",
    "x2c_testing.domain",
    "x2c_testing.processes",
    "x2c_testing.graph",
    "x2c_testing.inside",
    "x2c_testing.sharing",
    "x2c_testing.packages",
    "x2c_testing.threads",
    "x2c_testing.browser",
]

# Workers share the cores: threads of OpenMP that wait for each other there spin most of the time.
# Set before a library reads it, and for the programs that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run, and no limit of time on one of them: a test that passes here
# passes on a slow machine too.
settings.register_profile("x2c", deadline=None, derandomize=True)
# `make check` tries fewer of them, where a test does not say how many.
settings.register_profile("quick", settings.get_profile("x2c"), max_examples=25)
settings.load_profile("x2c")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the workers of `-n auto`: most tests wait, so there are more than cores."""
    return min(2 * len(os.sched_getaffinity(0)), 24)
