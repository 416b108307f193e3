# SPDX-License-Identifier: Apache-2.0
from x2c_actuation.safety.estop_sources import EstopSources


def test_nobody_releases_what_somebody_else_asserts():
    sources = EstopSources()
    sources.set(1, "button", True)
    sources.set(2, "watchdog", False)
    assert sources.names == ("button",)
    sources.set(2, "watchdog", True)
    sources.set(1, "button", False)
    assert sources.names == ("watchdog",)
    sources.set(2, "watchdog", False)
    assert sources.names == ()


def test_pressing_twice_is_released_once():
    sources = EstopSources()
    sources.set(1, "button", True)
    sources.set(1, "button", True)
    sources.set(1, "button", False)
    assert sources.asserting() == ()


def test_those_who_are_gone_are_forgotten():
    sources = EstopSources()
    sources.set(1, "button", True)
    sources.set(2, "watchdog", True)
    sources.forget([1, 3])
    assert sources.asserting() == (2,)
