# SPDX-License-Identifier: Apache-2.0
from x2c_actuation.safety.estop_sources import Presses


def test_nobody_releases_what_somebody_else_presses():
    presses = Presses()
    presses.set(1, "button", True)
    presses.set(2, "watchdog", False)
    assert presses.names == ("button",)
    presses.set(2, "watchdog", True)
    presses.set(1, "button", False)
    assert presses.names == ("watchdog",)
    presses.set(2, "watchdog", False)
    assert presses.names == ()


def test_pressing_twice_is_released_once():
    presses = Presses()
    presses.set(1, "button", True)
    presses.set(1, "button", True)
    presses.set(1, "button", False)
    assert presses.pressing() == ()


def test_those_who_are_gone_are_forgotten():
    presses = Presses()
    presses.set(1, "button", True)
    presses.set(2, "watchdog", True)
    presses.forget([1, 3])
    assert presses.pressing() == (2,)
