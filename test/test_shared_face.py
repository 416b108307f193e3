# SPDX-License-Identifier: Apache-2.0
"""Sources that share the face, with the emergency stop above all of them."""

import socket

import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from x2c_actuation.actuation_node import ActuationNode
from x2c_core.control_space import controls
from x2c_core.ports import free_port
from x2c_imitation.face_mixer_node import FaceMixerNode
from x2c_msgs.msg import ActuationState, ControlValues, MixerState
from x2c_msgs.srv import PlayExpression
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds
from x2c_sources.blendshape_node import BlendshapeNode
from x2c_testing import puppets

JAW = controls.index("Jaw Pitch")


@pytest.fixture
def commands(ros):
    """Joint commands of the virtual robot, behind the mixer alone."""
    collected = ros.collect(JointState, "joint_commands", qos.STREAM)
    for node in (
        FaceMixerNode(),
        ActuationNode(
            parameter_overrides=[
                Parameter("use_joint_states", value=False),
                Parameter("mixer", value=True),
            ]
        ),
    ):
        ros.add(node).start()
    return collected


def test_emergency_stop_is_above_every_source(ros, wait_until, commands):
    faces = ros.collect(ControlValues, "mixer/control_values", qos.STREAM)
    states = ros.collect(ActuationState, "actuation_node/state", qos.STREAM)

    def express(name):
        request = PlayExpression.Request(name=name, intensity=1.0, seconds=1000.0)
        answer = ros.call(PlayExpression, "face_mixer_node/express", request)
        assert answer.success, answer.message

    def is_shown(value):
        return faces and abs(faces[-1].values[JAW] - value) < 1e-4

    def jaw():
        return dict(zip(commands[-1].name, commands[-1].position, strict=True))["jaw_pitch"]

    express("neutral")
    wait_until(lambda: commands, what="the first command")
    rest = jaw()
    express("surprise")
    wait_until(lambda: abs(jaw() - rest) > 0.05, what="the jaw to open")
    ros.publish(Bool, "estop", qos.LATCHED).publish(Bool(data=True))
    wait_until(
        lambda: states and states[-1].state == ActuationState.STOPPED, what="the emergency stop"
    )
    express("neutral")
    wait_until(lambda: is_shown(controls.NEUTRAL[JAW]), what="the sources to go on")
    seen = len(commands)
    wait_until(lambda: len(commands) > seen + 30, what="commands after that")
    assert states[-1].state == ActuationState.STOPPED
    assert commands[-1].position == commands[-20].position
    assert abs(jaw() - rest) > 0.02


def test_a_phone_that_leaves_gives_the_face_back_without_a_snap(ros, wait_until):
    faces = ros.collect(ControlValues, "mixer/control_values", qos.STREAM)
    states = ros.collect(MixerState, "mixer/state", qos.LATCHED)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        port = Parameter("port", value=free_port(socket.SOCK_DGRAM))
        node = BlendshapeNode(parameter_overrides=[port])
        for one in (FaceMixerNode(), node):
            assert ros.add(one).start()

        def puppeteered():
            phone.sendto(puppets.live_link_face({"jawOpen": 1.0}), ("127.0.0.1", node.port))
            return faces and faces[-1].values[JAW] < controls.MINIMUM[JAW] + 0.01

        wait_until(puppeteered, what="the open mouth")
    assert states[-1].live == ["blendshapes"]
    begin = len(faces)
    wait_until(lambda: states[-1].live == [], what="the end of the source")
    wait_until(lambda: abs(faces[-1].values[JAW] - controls.NEUTRAL[JAW]) < 1e-5, what="neutral")
    shown = np.array(
        [[to_nanoseconds(one.header.stamp), one.values[JAW]] for one in faces[begin:]]
    )
    passed, way = np.diff(shown[:, 0]) * 1e-9, np.abs(np.diff(shown[:, 1]))
    # 1 range per second; a step counts as 0.25 s at most, a stamp comes a little after its face.
    span = controls.MAXIMUM[JAW] - controls.MINIMUM[JAW]
    assert (way <= span * (passed + 0.1)).all()
    assert way.max() < 0.3 * span
