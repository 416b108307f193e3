# SPDX-License-Identifier: Apache-2.0
"""The emergency stop, asserted over the bus and confirmed by the states of actuation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from std_msgs.msg import Bool

from x2c_actuation.safety.state_machine import State
from x2c_cli.bus import connection
from x2c_cli.bus.connection import Bus
from x2c_cli.bus.finding import actuations, within
from x2c_msgs.msg import ActuationState

SHARED = "/estop"
"""Topic that stops the robots of all namespaces."""

_KIND = "std_msgs/msg/Bool"
_SILENT = "says nothing: it may not be active"
_PERIOD = 0.1


@dataclass(frozen=True)
class StopReport:
    """Result of an emergency stop.

    Attributes:
        stopped: Actuation nodes that said they are stopped, with their reasons.
        silent: Actuation nodes that did not, with the last that they said.
        listeners: Nodes that subscribe to the stop.
    """

    stopped: dict[str, str]
    silent: dict[str, str]
    listeners: tuple[str, ...]

    @property
    def seen(self) -> bool:
        """True if every actuation node there is said that it is stopped."""
        return bool(self.stopped) and not self.silent


def stop(bus: Bus, namespace: str, timeout: float) -> StopReport:
    """Assert the emergency stop until all actuation nodes say that they are stopped.

    It is published until nodes that are discovered late have heard it, too. The stop stays
    latched in them when its publisher leaves.

    Args:
        bus: The bus.
        namespace: Namespace of the robots to stop, with a slash before it; empty for all.
        timeout: Longest time to publish [s].
    """
    publishers: dict[str, Any] = {}
    states: dict[str, ActuationState] = {}
    listened: set[str] = set()
    began = time.monotonic()

    def assert_stop() -> None:
        for topic in _topics(bus, namespace):
            if topic not in publishers:
                publishers[topic] = bus.publisher(Bool, topic)
            publishers[topic].publish(Bool(data=True))

    def there() -> list[str]:
        return within(actuations(bus), namespace)

    def done() -> bool:
        names = there()
        for name in names:
            if name not in listened:
                listened.add(name)
                bus.subscribe(ActuationState, f"{name}/state", partial(states.__setitem__, name))
        confirmed = all(name in states and is_stopped(states[name]) for name in names)
        return bool(names) and confirmed and time.monotonic() - began >= connection.ANNOUNCED

    while time.monotonic() - began < timeout:
        assert_stop()
        if bus.wait(done, _PERIOD):
            break
    stopped = {n: states[n].reason for n in there() if n in states and is_stopped(states[n])}
    silent = {
        n: f"is {State(states[n].state).name.lower()}" if n in states else _SILENT
        for n in there()
        if n not in stopped
    }
    listeners = sorted({name for topic in publishers for name in bus.listeners(topic)})
    return StopReport(stopped, silent, tuple(listeners))


def is_stopped(state: ActuationState) -> bool:
    """Return whether a state says that the stop was heard; joints in a fault hold already."""
    return state.state == State.STOPPED.value or bool(
        state.state == State.FAULT.value and state.estop_pressed
    )


def _topics(bus: Bus, namespace: str) -> list[str]:
    """Return the topics to publish to, also for nodes that do not listen to the shared one."""
    own = [f"{name.rpartition('/')[0]}{SHARED}" for name in actuations(bus)]
    own += [topic for topic in bus.topics(_KIND) if topic.endswith(SHARED)]
    first = f"{namespace}{SHARED}"
    return list(dict.fromkeys([first, *(one for one in own if not namespace or one == first)]))
