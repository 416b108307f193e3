# SPDX-License-Identifier: Apache-2.0
"""The script, for some seconds: whether it feeds the node and sees what it does."""

import pytest

from x2c_actuation import soak
from x2c_face.errors import RobotError


def test_a_short_run_sends_commands_and_tells_of_memory(ros, write_robot):
    lines = []
    grown = soak.soak(str(write_robot()), 6.0, lines.append)
    assert len(lines) == soak.LINES
    assert " MB " in lines[0]
    assert any("active" in line or "ramping" in line for line in lines)
    assert grown < 50.0


def test_a_robot_that_is_not_there_is_refused(ros):
    with pytest.raises(RobotError):
        soak.soak("/no/such/robot", 1.0, print)
