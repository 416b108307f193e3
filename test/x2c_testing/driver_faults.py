# SPDX-License-Identifier: Apache-2.0
"""Waits for a driver to notice something."""

from __future__ import annotations

import time

import pytest

from x2c_motors.errors import DriverError


def fault_of(*calls):
    """Call these again and again until one raises a DriverError; returns its fault."""
    deadline = time.monotonic() + 30.0
    try:
        while time.monotonic() < deadline:
            for call in calls:
                call()
            time.sleep(0.01)
    except DriverError as error:
        return error.fault
    return pytest.fail("no DriverError in 30 s")
