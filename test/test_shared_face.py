# SPDX-License-Identifier: Apache-2.0
"""Sources that share the face, with the emergency stop above all of them."""

import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from x2c_actuation.actuation_node import ActuationNode
from x2c_core.control_space import controls
from x2c_imitation.face_mixer_node import FaceMixerNode
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_msgs.srv import PlayExpression
from x2c_node import qos

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
