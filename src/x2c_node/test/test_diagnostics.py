# SPDX-License-Identifier: Apache-2.0
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.serialization import serialize_message

from x2c_node.diagnostics import Diagnosis, Level, to_message


@pytest.mark.parametrize("level", list(Level))
def test_level_is_the_messages(level):
    (status,) = to_message("/node", Diagnosis(level, "text"), Time()).status
    assert status.level == getattr(DiagnosticStatus, level.name)


def test_message_says_who_when_and_what():
    stamp = Time(sec=1, nanosec=2)
    diagnosis = Diagnosis(Level.WARN, "waiting for images", {"rate": "0.0", "drops": 3})
    message = to_message("/left/camera", diagnosis, stamp)
    (status,) = message.status
    assert message.header.stamp == stamp
    assert (status.name, status.message) == ("/left/camera", "waiting for images")
    assert [(one.key, one.value) for one in status.values] == [("rate", "0.0"), ("drops", "3")]


def test_what_is_no_text_is_escaped():
    diagnosis = Diagnosis(Level.ERROR, "cannot read /\udcff", {"file \udcff": "/\udcff"})
    (status,) = to_message("/node", diagnosis, Time()).status
    serialize_message(status)
    assert status.message == r"cannot read /\udcff"
    assert (status.values[0].key, status.values[0].value) == (r"file \udcff", r"/\udcff")
