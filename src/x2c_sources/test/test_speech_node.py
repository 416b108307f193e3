# SPDX-License-Identifier: Apache-2.0
"""A robot speaks over ROS."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from rcl_interfaces.msg import Log
from rclpy.parameter import Parameter
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_msgs.msg import ControlLayer, ControlValues
from x2c_node.conversion.messages import controls_to_message
from x2c_node.diagnostics import Level
from x2c_node.qos import NEWEST, STREAM
from x2c_sources import speech_node
from x2c_sources.errors import SpeechError
from x2c_sources.speech.audio_mouth import RATE
from x2c_sources.speech.engines import speaker
from x2c_sources.speech.mouth_shapes import MouthShape
from x2c_sources.speech.utterance import Utterance
from x2c_sources.speech_node import SpeechNode

JAW, PITCH = controls.index("Jaw Pitch"), controls.index("Head Pitch")


def speak(text, voice, words_per_minute):
    """Return an open mouth, whatever the text and however late it is looked at."""
    if text == "unspeakable":
        raise SpeechError("cannot speak this")
    mouth = MouthShape(opening=1.0).amounts
    return Utterance(np.zeros(8000), RATE, 0.2, lambda time: mouth, lambda time: np.ones(2))


@pytest.fixture
def got(ros):
    return ros.collect(ControlLayer, "sources/speech", NEWEST)


@pytest.fixture
def start(ros, monkeypatch):
    monkeypatch.setattr(speaker, "speak", speak)

    def start(**given):
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = ros.add(SpeechNode(parameter_overrides=overrides))
        node.start()
        return node

    return start


def say(ros, wait_until, text):
    publisher = ros.publish(String, "speech/text")
    wait_until(publisher.get_subscription_count, what="the node")
    publisher.publish(String(data=text))


def opened(got):
    return any(controls.to_deflection(list(one.values))[JAW] < -0.4 for one in list(got))


def let_go(got):
    return got and not any(got[-1].mask)


@pytest.mark.process
def test_a_text_moves_the_mouth_and_lets_it_go(ros, start, got, wait_until, tmp_path):
    played = tmp_path / "played.wav"
    copy = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
    start(player=f'{sys.executable} -c "{copy}" {played}', sound_delay=0.0)
    say(ros, wait_until, "Ah")
    wait_until(lambda: opened(got), what="an open mouth")
    wait_until(lambda: let_go(got), what="the mouth let go")
    wait_until(lambda: played.exists() and played.stat().st_size > 16000, what="the sound")


def test_it_can_be_silenced(ros, start, got, wait_until):
    node = start()
    for _ in range(5):
        say(ros, wait_until, "Ah")
    wait_until(lambda: opened(got), what="an open mouth")
    assert ros.call(Trigger, "speech_node/stop", Trigger.Request()).success
    wait_until(lambda: let_go(got), what="the mouth let go")
    assert node.diagnosis().values["waiting"] == "0"


def test_a_text_that_cannot_be_spoken_is_counted(ros, start, got, wait_until):
    node = start()
    say(ros, wait_until, "unspeakable")
    wait_until(lambda: node.statistics.counts, what="the count")
    say(ros, wait_until, "Ah")
    wait_until(lambda: opened(got), what="the next text")


def test_a_player_that_is_not_there_is_told_as_the_reason(ros, start, wait_until):
    logged = ros.collect(Log, "/rosout", STREAM)
    node = start(player="/no/such/player")
    say(ros, wait_until, "Ah")
    wait_until(lambda: node.statistics.counts, what="the count")
    assert node.statistics.counts == {"texts refused": 1}
    reason = "a text is not spoken: cannot play with '/no/such/player'"
    wait_until(lambda: any(one.msg.startswith(reason) for one in logged), what="the reason")


def test_a_node_that_has_never_been_active_is_silent(ros, start):
    node = start(autostart=False)
    node.trigger_configure()
    answer = ros.call(Trigger, "speech_node/stop", Trigger.Request())
    assert (answer.success, answer.message) == (True, "silent")


def test_sound_of_a_topic_moves_the_mouth(start, got, wait_until):
    node = start()
    noise = np.random.default_rng(1).normal(size=RATE // 2) * 0.2
    data = (np.clip(noise, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()

    def heard():
        # audio_common_msgs is not among the wheels: what its subscription would call.
        node._take_audio(SimpleNamespace(data=list(data)))
        return opened(got)

    wait_until(heard, what="an open mouth")
    wait_until(lambda: let_go(got), what="the mouth let go")


def test_of_very_long_sound_in_one_message_the_beginning_is_heard(start, monkeypatch):
    node, heard = start(), []
    monkeypatch.setattr(node, "_hear", heard.append)
    node._take_audio(SimpleNamespace(data=b"\0\1" + bytes(100 * RATE) + b"\7"))
    assert [len(one) for one in heard] == [10 * RATE]
    assert heard[0][0] == 256 / 32768.0


@pytest.fixture
def nods(ros):
    """Layers of brows and head that go with speech."""
    return ros.collect(ControlLayer, "sources/speech_gestures", NEWEST)


def nodded(nods):
    return any(one.values[PITCH] > np.radians(2.0) for one in list(nods))


def test_brows_and_head_move_with_speech_and_come_back(ros, start, nods, wait_until):
    start()
    say(ros, wait_until, "Ah")
    wait_until(lambda: nodded(nods), what="a nod")
    assert nods[-1].mode == ControlLayer.ADD
    wait_until(lambda: let_go(nods), what="the head let go")
    last = [one for one in list(nods) if any(one.mask)][-1]
    assert abs(last.values[PITCH]) < np.radians(0.5)


@pytest.mark.parametrize("given", [{"gestures": 0.0}, {}])
def test_an_imitated_person_keeps_brows_and_head(ros, start, nods, wait_until, given):
    node = start(**given)
    publisher = ros.publish(ControlValues, "control_values", NEWEST)
    frame = ControlFrame(controls.NEUTRAL.copy(), 1.0, ControlState.TRACKING, 1)

    def imitated():
        publisher.publish(controls_to_message(frame, Header()))
        return node._person.alone == 0.0

    if not given:
        wait_until(imitated, what="the person")
    say(ros, wait_until, "Ah")
    wait_until(lambda: let_go(nods) or (imitated() and False), what="the end")
    assert not any(one.values[PITCH] for one in list(nods))


def test_a_microphone_moves_the_mouth_and_its_fault_is_told(
    ros, start, got, wait_until, monkeypatch
):
    made = []

    class Microphone:
        fault, latency = "", 0.012

        def __init__(self, device, take, complain, pulse):
            self.device, self.take, self.complain = device, take, complain
            made.append(self)

        def stop(self):
            made.remove(self)

    monkeypatch.setattr(speech_node, "Microphone", Microphone)
    node = start(microphone="USB")
    noise = np.random.default_rng(1).normal(size=RATE // 2) * 0.2

    def heard():
        made[0].take(noise)
        return opened(got)

    wait_until(heard, what="an open mouth")
    assert node.diagnosis().message == "speaking, hears USB"
    assert node.diagnosis().values["latency of the microphone [ms]"] == "12"
    made[0].fault = "microphone USB: no sound for 2 s: is it unplugged?; asking again in 1 s"
    made[0].complain(made[0].fault)
    assert node.diagnosis().message == made[0].fault
    assert node.diagnosis().level is Level.ERROR
    node.trigger_deactivate()
    assert made == []
