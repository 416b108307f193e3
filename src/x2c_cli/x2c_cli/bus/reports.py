# SPDX-License-Identifier: Apache-2.0
"""Reports of running nodes on `/diagnostics`."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticArray

from x2c_cli.bus.connection import Bus
from x2c_node.diagnostics import Diagnosis, to_diagnosis

TOPIC = "/diagnostics"

_PERIODS = 2.5
"""Time in which every node has reported, as each does once a second [s]."""


def listen(bus: Bus) -> dict[str, Diagnosis]:
    """Return the last report of each node that is there, by its name."""
    heard: dict[str, Diagnosis] = {}

    def take(message: DiagnosticArray) -> None:
        heard.update({one.name: to_diagnosis(one) for one in message.status})

    if not bus.settle(lambda: bus.ends(TOPIC)[0]):
        return {}
    bus.subscribe(DiagnosticArray, TOPIC, take)
    began = time.monotonic()
    bus.discover(lambda: heard and time.monotonic() - began >= _PERIODS)
    nodes = bus.nodes()
    return {name: one for name, one in heard.items() if name in nodes}
