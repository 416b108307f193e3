# SPDX-License-Identifier: Apache-2.0
"""ROS node that moves mouth, brows and head to what the robot says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from std_msgs.msg import Header, String
from std_srvs.srv import Trigger

from x2c_core.arrays import Array
from x2c_core.control_space.layers import ControlLayer
from x2c_core.face.frames import ControlState
from x2c_core.printable import printable
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.messages import controls_from_message, layer_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import NEWEST, NEWEST_SUBSCRIBER, STREAM_SUBSCRIBER
from x2c_node.spinning.spin import run_node
from x2c_sources.errors import SpeechError
from x2c_sources.imitated_person import ImitatedPerson
from x2c_sources.speech.audio_mouth import RATE
from x2c_sources.speech.engines.speaker import SPEED, Speaker
from x2c_sources.speech.live_sound import LONGEST, LiveSound
from x2c_sources.speech.microphone import Microphone
from x2c_sources.speech.mouth_shapes import mouth_layer
from x2c_sources.speech.prosody.gesture_layer import gesture_layer
from x2c_sources.speech.prosody.gesture_motion import GestureMotion
from x2c_sources.speech.sound import from_bytes
from x2c_sources.speech.sound_player import SoundPlayer
from x2c_sources.speech.utterance import Utterance

try:
    from audio_common_msgs.msg import AudioData
except ImportError:
    AudioData = None

_LAST_NOD = 1.0
_MOST_SOUND = 2 * round(LONGEST * RATE)
"""Sound of a message that is heard [byte]."""
_BETWEEN_WARNINGS = 1.0


@dataclass(frozen=True)
class SpeechParameters(Parameters):
    """Parameters of the node."""

    voice: str = parameter(
        "en-us",
        "Voice of eSpeak NG, such as en-us or de, or path of a voice of piper, NAME.onnx.",
        dynamic=True,
    )
    words_per_minute: int = parameter(
        SPEED, "Speed of the voice [1/min].", minimum=80, maximum=450, dynamic=True
    )
    player: str = parameter(
        "",
        "Program that plays the sound of texts, such as 'aplay -q'; it takes a WAV file as its "
        "input. Empty: no sound, only the mouth.",
    )
    sound_delay: float = parameter(
        0.1,
        "Time from the start of the player to its sound [s].",
        minimum=0.0,
        maximum=5.0,
        dynamic=True,
    )
    microphone: str = parameter(
        "",
        "Microphone that the mouth follows: its name or a part of it, its number, or 'default'; "
        "empty: none.",
    )
    strength: float = parameter(
        1.0, "Size of the mouth's movements.", minimum=0.0, maximum=2.0, dynamic=True
    )
    gestures: float = parameter(
        1.0,
        "Size of the movements of brows and head that go with speech; 0: none.",
        minimum=0.0,
        maximum=2.0,
        dynamic=True,
    )
    gestures_imitated: float = parameter(
        0.0,
        "Share of these movements that is left while a person is imitated.",
        minimum=0.0,
        maximum=1.0,
        dynamic=True,
    )
    rate: float = parameter(60.0, "Rate of the layers [Hz].", minimum=10.0, maximum=200.0)
    hold: float = parameter(
        0.5,
        "Silence on speech/audio or of the microphone after which the mouth is let go [s].",
        minimum=0.05,
        maximum=10.0,
    )


class SpeechNode(ManagedNode[SpeechParameters]):
    """Speak the texts of `speech/text`, and follow `speech/audio` and a microphone.

    It publishes the mouth on `sources/speech`, and offsets of brows and head on
    `sources/speech_gestures`. While nothing is said, nothing is published, and the face is the
    others'.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("speech_node", SpeechParameters, **node_arguments)
        self._microphone: Microphone | None = None

    def configure(self) -> None:
        """Make the publishers."""
        self._mouth = self.publisher(LayerMessage, "sources/speech", NEWEST)
        self._gestures = self.publisher(LayerMessage, "sources/speech_gestures", NEWEST)
        self.service(Trigger, "~/stop", self._stop)

    def activate(self) -> None:
        """Listen."""
        params = self.params
        self._speaker, self._player = Speaker(), SoundPlayer(params.player)
        self._now: Utterance | None = None
        self._begin = 0.0
        self._sound = LiveSound(params.hold)
        self._person = ImitatedPerson()
        self._motion = GestureMotion()
        self._speaking = self._gesturing = False
        self.subscription(String, "speech/text", self._take_text, STREAM_SUBSCRIBER)
        self.subscription(ControlValues, "control_values", self._see, NEWEST_SUBSCRIBER)
        if AudioData is not None:
            self.subscription(AudioData, "speech/audio", self._take_audio, STREAM_SUBSCRIBER)
        self.timer(1.0 / params.rate, self._publish)
        self.end_with(self._speaker.close)
        if params.microphone:
            pulse = self.supervisor.pulse("microphone")
            self._microphone = Microphone(params.microphone, self._hear, self._complain, pulse)

    def deactivate(self) -> None:
        """Stop speaking and listening."""
        if self._microphone is not None:
            self._microphone.stop()
            self._microphone = None
        self._be_silent()

    def diagnose(self) -> Diagnosis:
        """Report whether something is said, and whether the microphone can be heard."""
        values = {
            "waiting": str(self._speaker.waiting),
            "speech/audio": "available" if AudioData else "audio_common_msgs is not installed",
        }
        said = "speaking" if self._speaking else "silent"
        if self._microphone is None:
            return Diagnosis(Level.OK, said, values)
        values["latency of the microphone [ms]"] = f"{1000.0 * self._microphone.latency:.0f}"
        if self._microphone.fault:
            return Diagnosis(Level.ERROR, self._microphone.fault, values)
        return Diagnosis(Level.OK, f"{said}, hears {self.params.microphone}", values)

    def _take_text(self, message: String) -> None:
        params = self.params
        try:
            self._speaker.add(message.data, params.voice, params.words_per_minute)
        except SpeechError as error:
            self._refuse(error)

    def _take_audio(self, message: Any) -> None:
        self._hear(from_bytes(bytes(message.data[:_MOST_SOUND])))

    def _hear(self, samples: Array) -> None:
        self._sound.feed(samples, time.monotonic())

    def _see(self, message: ControlValues) -> None:
        if controls_from_message(message).state is ControlState.TRACKING:
            self._person.see(time.monotonic())

    def _complain(self, text: str) -> None:
        self.get_logger().warning(text)

    def _refuse(self, error: SpeechError) -> None:
        self.statistics.counts["texts refused"] += 1
        text = f"a text is not spoken: {printable(str(error))}"
        self.get_logger().warning(text, throttle_duration_sec=_BETWEEN_WARNINGS)

    def _publish(self) -> None:
        now = time.monotonic()
        self._person.pass_to(now)
        mouth, wanted = self._wanted(now)
        if mouth is not None or self._speaking:
            self._speaking = mouth is not None
            layer = None if mouth is None else mouth_layer(mouth, self.params.strength)
            self._send(self._mouth, layer)
        gestures = self._motion.follow(now, wanted)
        if gestures is not None or self._gesturing:
            self._gesturing = gestures is not None
            self._send(self._gestures, None if gestures is None else gesture_layer(gestures))

    def _send(self, publisher: Any, layer: ControlLayer | None) -> None:
        header = Header(stamp=self.get_clock().now().to_msg())
        publisher.publish(layer_to_message(layer or ControlLayer.nothing(), header))

    def _wanted(self, now: float) -> tuple[Array | None, Array | None]:
        """Return the mouth's shape (4,) and the gestures (2,) at a time [s]; None in silence."""
        elapsed = now - self._begin
        if self._now is None or elapsed > self._now.duration:
            self._next(now)
            elapsed = now - self._begin
        if self._now is not None:
            mouth = self._now.mouth(elapsed) if elapsed <= self._now.duration else None
            return mouth, self._size() * self._now.gestures(elapsed)
        mouth, gestures = self._sound.at(now)
        return mouth, None if gestures is None else self._size() * gestures

    def _size(self) -> float:
        """Return the size of the gestures, which leave an imitated person what is theirs."""
        params, alone = self.params, self._person.alone
        return params.gestures * (alone + (1.0 - alone) * params.gestures_imitated)

    def _next(self, now: float) -> None:
        """Begin what is to be said next; without it, let the last nod end."""
        try:
            said = self._speaker.next()
            if said is not None:
                self._start(said, now)
                return
        except SpeechError as error:
            self._refuse(error)
            return
        if self._now is not None and now - self._begin > self._now.duration + _LAST_NOD:
            self._now = None

    def _start(self, utterance: Utterance, now: float) -> None:
        delay = 0.0
        if self.params.player and len(utterance.samples):
            self._player.play(utterance.samples, utterance.rate)
            delay = self.params.sound_delay
        self._now, self._begin = utterance, now + delay

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        # One that is not active is silent.
        if self.state == "active":
            self._be_silent()
        response.success, response.message = True, "silent"
        return response

    def _be_silent(self) -> None:
        self._speaker.clear()
        self._sound.clear()
        self._now = None
        self._player.stop()


def main() -> None:
    """Run the node."""
    run_node(SpeechNode)
