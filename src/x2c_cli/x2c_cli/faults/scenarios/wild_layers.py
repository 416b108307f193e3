# SPDX-License-Identifier: Apache-2.0
"""Sources of expressions that publish whatever they like, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from x2c_actuation.safety.state_machine import State
from x2c_cli.faults.rig.rig import Rig
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlLayer
from x2c_node.qos import NEWEST

_SOURCES = 6
_RATE = 100.0
"""Rate of each source [Hz]."""

_ODD = np.array([np.nan, np.inf, -np.inf, 1e38, -1e38])


def wild_layers(rig: Rig) -> None:
    """Let sources flood the mixer with layers, each unlike the one before."""
    generator = np.random.default_rng(3)
    topics = [f"sources/wild_{number}" for number in range(_SOURCES)]
    sources = [rig.publisher(ControlLayer, topic, NEWEST) for topic in topics]
    rig.until(
        lambda: all(source.get_subscription_count() for source in sources),
        "the mixer does not listen to all sources",
    )
    rig.note(f"{_SOURCES} sources publish random layers, {_RATE:g}/s each")
    for _ in rig.moments(_RATE, 4.0):
        for source in sources:
            source.publish(_layer(generator, rig.stamp()))
    rig.note("over")
    rig.wait_for(State.ACTIVE)
    rig.wait(1.0)


def _layer(generator: np.random.Generator, time: Any) -> ControlLayer:
    """Return a layer: mostly any values and masks in range, some with numbers that are none."""
    values = generator.uniform(controls.MINIMUM, controls.MAXIMUM)
    mask = generator.random(values.size) * (generator.random() < 0.9)
    if generator.random() < 0.1:
        hit = generator.random(values.size) < 0.3
        spoiled = values if generator.random() < 0.5 else mask
        spoiled[hit] = generator.choice(_ODD, int(hit.sum()))
    mode = ControlLayer.ADD if generator.random() < 0.3 else ControlLayer.OVERRIDE
    message = ControlLayer(
        values=values.astype(np.float32), mask=mask.astype(np.float32), mode=mode
    )
    message.header.stamp = time.to_msg()
    # Clocks of strangers are wrong by seconds.
    message.header.stamp.sec += int(generator.integers(-3, 4))
    return message
