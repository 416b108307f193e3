# SPDX-License-Identifier: Apache-2.0
"""Running nodes in Rerun: what is received, from whom, and for how long."""

import socket
import sys

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Header

pytest.importorskip("rerun", reason="make setup EXTRAS=viewers installs it")

from x2c_bags.schema.topics import Part
from x2c_cli.bus.connection import Bus
from x2c_cli.errors import ViewerError
from x2c_cli.viewers.rerun_bridge import RerunBridge
from x2c_cli.viewers.rerun_viewer import RerunViewer
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_node.conversion.images import bgr_to_image
from x2c_node.qos import NEWEST


@pytest.fixture
def robot(ros):
    """Publish what the nodes of a robot do."""
    header = Header(frame_id="eye")
    image = bgr_to_image(np.zeros((8, 8, 3), np.uint8), header)
    names = ("/left/camera_node", "/right/camera_node")
    status = [DiagnosticStatus(name=name, level=b"\x00") for name in names]
    sent = {
        "/left/image_raw": image,
        "/left/control_values": ControlValues(values=[0.0] * 30),
        "/left/mixer/control_values": ControlValues(values=[0.5] * 30),
        "/left/joint_commands": JointState(name=["jaw"], position=[0.1]),
        "/left/actuation_node/state": ActuationState(state=3),
        "/diagnostics": DiagnosticArray(status=status),
    }
    publishers = {topic: ros.publish(type(m), topic, NEWEST) for topic, m in sent.items()}

    def publish():
        for topic, message in sent.items():
            publishers[topic].publish(message)

    timer = ros.node.create_timer(0.05, publish)
    yield publishers
    timer.cancel()


def test_one_robot_s_messages_are_received_until_the_viewer_is_closed(ros, robot, wait_until):
    taken = {}
    with Bus() as bus:
        bridge = RerunBridge(bus, "/left", "image_raw", taken.__setitem__)

        def received():
            bridge.refresh()
            bus.receive()
            return taken.keys() >= {
                *(Part.CAMERA_IMAGE, Part.CONTROLS, Part.COMMANDS),
                *(Part.ACTUATION_STATE, Part.DIAGNOSTICS),
            }

        wait_until(received, what="a message of each")
        # An image that comes raw is made a JPEG; the robot gets what the mixer says.
        assert bytes(taken[Part.CAMERA_IMAGE].data[:3]) == b"\xff\xd8\xff"
        assert taken[Part.CONTROLS].values[0] == 0.5
        assert [one.name for one in taken[Part.DIAGNOSTICS].status] == ["/left/camera_node"]
        assert isinstance(robot["/left/image_raw"].msg_type(), Image)
        bridge.close()
        wait_until(lambda: not robot["/left/image_raw"].get_subscription_count(), what="the end")


def test_of_several_robots_nothing_is_received_before_one_is_chosen(ros, robot, wait_until):
    other = ros.publish(ActuationState, "/right/actuation_node/state", NEWEST)
    with Bus() as bus:
        bridge = RerunBridge(bus, "", "image_raw", lambda part, message: None)

        def advised():
            bridge.refresh()
            return "/left, /right; choose one with --namespace /left" in bridge.advice

        wait_until(advised, what="the choice")
        assert bridge.topics == []
    assert other


LISTEN = """
import socket, sys
port = int(sys.argv[sys.argv.index("--port") + 1])
with socket.create_server((sys.argv[sys.argv.index("--bind") + 1], port)) as server:
    server.accept()
    sys.stdin.read() or server.accept()
"""


@pytest.mark.process
def test_the_viewer_listens_on_this_machine_alone_and_ends_with_the_command():
    with RerunViewer((sys.executable, "-c", LISTEN)) as viewer:
        assert viewer.running
        host, port = viewer.address.split(":")
        assert host == "127.0.0.1"
    assert not viewer.running
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), 5.0)


@pytest.mark.process
def test_a_viewer_that_does_not_start_is_named():
    program = (sys.executable, "-c", "raise SystemExit(1)")
    with pytest.raises(ViewerError, match="needs a display"), RerunViewer(program):
        pass
