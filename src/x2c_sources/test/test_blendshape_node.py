# SPDX-License-Identifier: Apache-2.0
"""A puppeteer drives the robot's face over ROS."""

import socket

import pytest
from rclpy.parameter import Parameter
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from x2c_core.control_space import controls
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.ports import free_port
from x2c_msgs.msg import ControlLayer, ControlValues
from x2c_node.conversion.messages import controls_to_message
from x2c_node.diagnostics import Level
from x2c_node.qos import NEWEST
from x2c_sources.blendshape_node import BlendshapeNode
from x2c_sources.blendshapes.shapes import INPUTS
from x2c_sources.blendshapes.vmc import VMC
from x2c_testing import puppets

JAW = controls.index("Jaw Pitch")
SMILES = [controls.index(f"Lip Corner Raise {side}") for side in ("Left", "Right")]


@pytest.fixture
def start(ros):
    """Start a node: start(mirror=True)."""

    def start(**given):
        given = {"port": free_port(socket.SOCK_DGRAM), **given}
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = ros.add(BlendshapeNode(parameter_overrides=overrides))
        node.start()
        return node

    return start


@pytest.fixture
def send():
    """Send a packet to a node of this machine: send(node, packet)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        yield lambda node, packet: one.sendto(packet, ("127.0.0.1", node.port))


@pytest.fixture
def got(ros):
    return ros.collect(ControlLayer, "sources/blendshapes", NEWEST)


def deflection(message):
    return controls.to_deflection(list(message.values))


def test_a_phones_face_is_published_as_a_layer(start, send, got, wait_until):
    node = start(mirror=True)
    assert node.diagnosis().level == Level.OK
    assert "waiting for live_link_face packets" in node.diagnosis().message
    send(node, b"noise")
    wait_until(lambda: node.diagnosis().level == Level.WARN, what="a warning")
    assert "no face in the packets" in node.diagnosis().message

    def layer():
        send(node, puppets.live_link_face({"jawOpen": 0.5, "mouthSmileLeft": 1.0}))
        return got and got[-1]

    message = wait_until(layer, what="a layer")
    assert message.mode == ControlLayer.OVERRIDE
    assert list(message.mask) == [1.0] * 30
    assert deflection(message)[JAW] == pytest.approx(-0.5, abs=1e-5)
    assert deflection(message)[SMILES] == pytest.approx([0.0, 1.0], abs=1e-5)
    diagnosis = node.diagnosis()
    assert diagnosis.values["malformed packets"] == "1"
    assert diagnosis.values["sender"] == "127.0.0.1"


def test_a_phone_that_is_asked_and_sends_nothing_is_waited_for(start, wait_until):
    node = start(format="ifacialmocap", phone="127.0.0.3")
    wait_until(lambda: "requests sent" in node.diagnosis().values, what="a request")
    assert node.diagnosis().level == Level.OK
    assert "waiting for ifacialmocap packets" in node.diagnosis().message


def test_rest_is_calibrated_over_a_service(ros, start, send, got, wait_until):
    node = start()
    assert ros.call(Trigger, "blendshape_node/calibrate_neutral", Trigger.Request()).success

    def rested():
        send(node, puppets.live_link_face({"jawOpen": 0.25}))
        return got and abs(deflection(got[-1])[JAW]) < 1e-5

    wait_until(rested, what="a neutral face")


def test_what_the_robot_does_goes_out_as_vmc(ros, start, wait_until):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as avatar:
        avatar.bind(("127.0.0.1", 0))
        avatar.settimeout(0.2)
        start(vmc_out=f"127.0.0.1:{avatar.getsockname()[1]}")
        publisher = ros.publish(ControlValues, "mixer/control_values", NEWEST)
        values = controls.from_names({"Jaw Pitch": 0.5})
        frame = ControlFrame(values, 1.0, ControlState.TRACKING, NO_TRACK)

        def received():
            publisher.publish(controls_to_message(frame, Header()))
            try:
                return avatar.recv(65535)
            except TimeoutError:
                return None

        shapes = VMC().read(wait_until(received, what="a packet"))
    assert shapes[INPUTS.index("jawOpen")] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"address": "192.0.2.1"}, "expected an address of this machine"),
        ({"vmc_out": "nowhere"}, "vmc_out: expected HOST:PORT"),
        ({"format": "ifacialmocap", "phone": "192.0.2.7"}, "set address to"),
        ({"format": "morse"}, "live_link_face"),
        ({"robot": "nobody"}, "unknown robot"),
    ],
)
def test_what_cannot_be_is_refused(start, given, reason):
    node = start(**given)
    assert node.state != "active"
    assert reason in node.diagnosis().message
