# SPDX-License-Identifier: Apache-2.0
"""Sliders that drive a robot over ROS."""

from __future__ import annotations

from typing import Any

import pytest

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState


def test_sliders_are_published_while_active(ros: Any, wait_until: Any) -> None:
    from x2c_msgs.msg import ControlValues
    from x2c_node.qos import STREAM
    from x2c_virtual_face.panel.sliders_node import SlidersNode

    face = {"values": controls.NEUTRAL}
    got = ros.collect(ControlValues, "control_values", STREAM)
    node = ros.add(SlidersNode(lambda: face["values"]))
    node.start()
    message = wait_until(lambda: got and got[-1], what="control values")
    assert message.state == int(ControlState.TRACKING)
    assert list(message.values) == pytest.approx(list(controls.NEUTRAL), abs=1e-6)
    face["values"] = controls.from_names({"Jaw Pitch": 0.25})
    jaw = controls.index("Jaw Pitch")
    wait_until(lambda: abs(got[-1].values[jaw] - 0.25) < 1e-6, what="the jaw's new value")
    assert node.diagnosis().message == "1 listen to /control_values"


def test_others_who_publish_are_told(ros: Any, wait_until: Any) -> None:
    from x2c_msgs.msg import ControlValues
    from x2c_node.qos import STREAM
    from x2c_virtual_face.panel.sliders_node import SlidersNode

    ros.publish(ControlValues, "control_values", STREAM)
    node = ros.add(SlidersNode(lambda: controls.NEUTRAL))
    node.start()
    wait_until(lambda: "1 other publishers" in node.diagnosis().message, what="the warning")
