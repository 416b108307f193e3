# SPDX-License-Identifier: Apache-2.0
"""Mixer and actuation as the process that the launch file starts, under what can befall it."""

import itertools
import statistics
import sys
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Header

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import region_mask
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot_file import load_robot
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.srv import PlayExpression
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.conversion.messages import controls_to_message, layer_to_message
from x2c_node.robots import find_robot

FLOOD = 2.5
"""Duration of the flood [s]; it takes that much of a processor, too."""

ALONE = {"mixer": True, "use_joint_states": False}


class Robot:
    """The process, seen from outside: what goes in as imitation, and what comes out."""

    def __init__(self, ros, process):
        self.ros, self.process = ros, process
        self.commands = ros.collect(JointState, "joint_commands", qos.STREAM)
        self.states = ros.collect(ActuationState, "actuation_node/state", qos.STREAM)
        self._imitation = ros.publish(ControlValues, "control_values", qos.NEWEST)
        self.delays = []
        ros.node.create_subscription(
            ControlValues, "mixer/control_values", self._measure, qos.STREAM
        )
        self._begin = time.monotonic()

    def _measure(self, message):
        now = self.ros.node.get_clock().now().nanoseconds
        self.delays.append((now - to_nanoseconds(message.header.stamp)) * 1e-9)

    def imitate(self):
        """Publish the present face of somebody who opens and closes the mouth."""
        share = 0.5 + 0.5 * np.sin(3.0 * (time.monotonic() - self._begin))
        values = controls.from_names({"Jaw Pitch": float(share)})
        header = Header(stamp=self.ros.node.get_clock().now().to_msg(), frame_id="camera")
        frame = ControlFrame(values, 1.0, ControlState.TRACKING, 1)
        self._imitation.publish(controls_to_message(frame, header))

    def moves(self, count=50):
        """Return whether the joints have moved within the last commands."""
        last = np.array([one.position for one in self.commands[-count:]])
        return len(last) == count and np.ptp(last, axis=0).max() > 0.01


@pytest.fixture
def robot(ros, node_process, wait_until):
    """Start the process, with lines of Python before it begins: robot("...")."""

    def robot(lines=""):
        program = f"{lines}\nfrom x2c_bringup.run import shared_process\n"
        program += "shared_process.actuation_with_mixer()\n"
        command = [sys.executable, "-c", program, "face_mixer_node"]
        started = Robot(ros, node_process(command=command, parameters=ALONE))

        def moving():
            started.imitate()
            assert started.process.running, started.process.output
            return started.moves()

        wait_until(moving, what="the joints to move")
        return started

    return robot


def odd_layers():
    """Layers as no source should publish them, and as one may."""
    whole = np.ones(controls.COUNT)
    ends = (controls.MINIMUM, controls.MAXIMUM)
    good = [layer_to_message(ControlLayer(end, whole), Header()) for end in ends]
    good.append(layer_to_message(ControlLayer(ends[0], region_mask(["mouth"])), Header()))
    odd = []
    for field, value in itertools.product(
        ("values", "mask"), (np.nan, np.inf, -np.inf, 1e30, -1.0, 7.0)
    ):
        message = layer_to_message(ControlLayer(ends[1], whole), Header(frame_id="camera"))
        getattr(message, field)[::7] = value
        odd.append(message)
    odd += [
        layer_to_message(ControlLayer(ends[0], whole), Header(stamp=to_stamp(stamp)))
        for stamp in (0, 1, 2**31 * 10**9 - 1)
    ]
    odd.append(layer_to_message(ControlLayer(ends[0], whole), Header(frame_id="x" * 100_000)))
    strange = layer_to_message(ControlLayer(ends[0], whole), Header())
    strange.mode = 77
    return [
        one for pair in zip(itertools.cycle(good), [*odd, strange], strict=False) for one in pair
    ]


def test_a_flood_of_odd_layers_moves_nothing_beyond_its_limits(ros, robot, wait_until):
    flooded = robot()
    sources = [
        ros.publish(LayerMessage, f"sources/{name}", qos.STREAM)
        for name in ("speech", "say", "play", "sliders", "stranger_1", "stranger_2")
    ]
    layers = odd_layers()
    begin = len(flooded.commands)
    flooded.delays.clear()
    start, sent = time.monotonic(), 0
    while (passed := time.monotonic() - start) < FLOOD:
        # Each source at 1 kHz, as far as this machine can.
        for number, source in enumerate(sources):
            source.publish(layers[(sent + 5 * number) % len(layers)])
        if sent % 30 == 0:
            flooded.imitate()
        sent += 1
        time.sleep(max(0.0, sent * 0.001 - passed))
    assert sent > 100
    delays = list(flooded.delays)
    commands = flooded.commands[begin:]
    # The emergency stop is heard through the flood.
    stop = ros.publish(Bool, "estop", qos.LATCHED)
    stop.publish(Bool(data=True))

    def stopped():
        for source in sources:
            source.publish(layers[0])
        return flooded.states and flooded.states[-1].state == ActuationState.STOPPED

    wait_until(stopped, what="the emergency stop")
    description = load_robot(find_robot("virtual"))
    positions = np.array([one.position for one in commands])
    order = [commands[0].name.index(joint.name) for joint in description.joints]
    positions = positions[:, order]
    assert len(commands) > 20
    assert np.isfinite(positions).all()
    margin = 1e-6 * (description.upper - description.lower)
    assert (positions >= description.lower - margin).all()
    assert (positions <= description.upper + margin).all()
    assert delays
    assert statistics.median(delays) < 0.5
    refused = wait_until(lambda: ros.diagnosis("face_mixer_node"), what="a diagnosis")
    counts = {one.key: one.value for one in refused.values}
    assert int(counts["sources/speech refused"]) > 0
    seen = len(flooded.commands)
    wait_until(lambda: len(flooded.commands) > seen + 20, what="commands at rest")
    assert flooded.commands[-1].position == flooded.commands[-15].position
    assert flooded.process.stop() == 0


def test_a_mixer_whose_thread_dies_stops_the_joints_and_ends_with_an_error(ros, robot, wait_until):
    deadly = (
        "from x2c_imitation.face_mixer_node import FaceMixerNode\n"
        # Not an Exception: nothing in the node catches it.
        "def die(*_): raise SystemExit('the mixer is gone')\n"
        "FaceMixerNode._express = die\n"
    )
    doomed = robot(deadly)
    wait_until(lambda: ros.diagnosis("actuation_node"), what="a diagnosis")
    client = ros.node.create_client(PlayExpression, "face_mixer_node/express")
    wait_until(client.service_is_ready, what="the service")
    client.call_async(PlayExpression.Request(name="smile", intensity=1.0, seconds=1.0))

    def over():
        # The person goes on.
        doomed.imitate()
        return not doomed.process.running

    wait_until(over, what="the end of the process")
    assert doomed.process.wait(30.0) == 1
    assert "thread face_mixer_node has died" in doomed.process.output

    def last_words():
        last = ros.diagnosis("actuation_node")
        told = last.level == DiagnosticStatus.ERROR and "face_mixer_node has died" in last.message
        return told and doomed.states[-1].state != ActuationState.ACTIVE

    wait_until(last_words, what="the last words")
    steps = np.abs(np.diff([one.position for one in doomed.commands[-3:]], axis=0))
    assert steps.max() < 1e-3
