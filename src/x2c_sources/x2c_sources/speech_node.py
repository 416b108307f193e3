# SPDX-License-Identifier: Apache-2.0
"""ROS node that moves the mouth to what the robot says."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_node.conversion.messages import layer_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import NEWEST, STREAM_SUBSCRIBER
from x2c_node.spinning.spin import run_node
from x2c_sources.speech.audio_mouth import HOP, RATE, AudioMouth
from x2c_sources.speech.espeak import speak
from x2c_sources.speech.mouth_shapes import mouth_layer
from x2c_sources.speech.player import play
from x2c_sources.speech.sound import from_bytes
from x2c_sources.speech.utterance import Utterance

try:
    from audio_common_msgs.msg import AudioData
except ImportError:
    AudioData = None

_MOST_WAITING = 10
_NOTHING = ControlLayer(controls.NEUTRAL.copy(), np.zeros(controls.COUNT))


@dataclass(frozen=True)
class SpeechParameters(Parameters):
    """Parameters of the node."""

    voice: str = parameter("en-us", "Voice of eSpeak NG, such as en-us or de.", dynamic=True)
    words_per_minute: int = parameter(
        160, "Speed of the voice [1/min].", minimum=80, maximum=450, dynamic=True
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
    strength: float = parameter(
        1.0, "Size of the mouth's movements.", minimum=0.0, maximum=2.0, dynamic=True
    )
    rate: float = parameter(60.0, "Rate of the layers [Hz].", minimum=10.0, maximum=200.0)
    hold: float = parameter(
        0.3,
        "Silence on speech/audio after which the mouth is let go [s].",
        minimum=0.05,
        maximum=10.0,
    )


class SpeechNode(ManagedNode[SpeechParameters]):
    """Speak the texts of `speech/text`, and follow `speech/audio`; publish `sources/speech`.

    While nothing is said, nothing is published, and the mouth is the others'.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("speech_node", SpeechParameters, **node_arguments)
        self._player: subprocess.Popen[bytes] | None = None

    def configure(self) -> None:
        """Make the publisher."""
        self._layers = self.publisher(LayerMessage, "sources/speech", NEWEST)
        self.service(Trigger, "~/stop", self._stop)

    def activate(self) -> None:
        """Listen."""
        self._waiting: deque[Utterance] = deque()
        self._now: Utterance | None = None
        self._begin = 0.0
        self._audio = AudioMouth()
        self._heard: deque[Array] = deque(maxlen=RATE // HOP)
        self._heard_at = -np.inf
        self._speaking = False
        self.subscription(String, "speech/text", self._take_text, STREAM_SUBSCRIBER)
        if AudioData is not None:
            self.subscription(AudioData, "speech/audio", self._take_audio, STREAM_SUBSCRIBER)
        self.timer(1.0 / self.params.rate, self._publish)

    def deactivate(self) -> None:
        """Stop speaking."""
        self._be_silent()

    def diagnose(self) -> Diagnosis:
        """Report whether something is said."""
        values = {
            "waiting": str(len(self._waiting)),
            "speech/audio": "available" if AudioData else "audio_common_msgs is not installed",
        }
        return Diagnosis(Level.OK, "speaking" if self._speaking else "silent", values)

    def _take_text(self, message: String) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self.statistics.counts["texts dropped"] += 1
            return
        params = self.params
        self._waiting.append(speak(message.data, params.voice, params.words_per_minute))

    def _take_audio(self, message: Any) -> None:
        shapes = self._audio.feed(from_bytes(bytes(message.data)))
        self._heard.extend(shapes)
        self._heard_at = time.monotonic()

    def _publish(self) -> None:
        amounts = self._amounts(time.monotonic())
        if amounts is None and not self._speaking:
            return
        self._speaking = amounts is not None
        layer = _NOTHING if amounts is None else mouth_layer(amounts, self.params.strength)
        header = Header(stamp=self.get_clock().now().to_msg())
        self._layers.publish(layer_to_message(layer, header))

    def _amounts(self, now: float) -> Array | None:
        """Return the mouth's shape (4,) at a time [s] by a steady clock; None in silence."""
        if self._now is not None and now - self._begin > self._now.duration:
            self._now = None
        if self._now is None and self._waiting:
            self._start(self._waiting.popleft(), now)
        if self._now is not None:
            return self._now.mouth(now - self._begin)
        if now - self._heard_at > self.params.hold:
            self._heard.clear()
            return None
        return self._newest()

    def _newest(self) -> Array | None:
        """Return the newest shape heard; a block of sound is played out at its own pace."""
        if not self._heard:
            return None
        due = max(round(RATE / HOP / self.params.rate), 1)
        for _ in range(min(due, len(self._heard)) - 1):
            self._heard.popleft()
        return self._heard.popleft() if len(self._heard) > 1 else self._heard[0]

    def _start(self, utterance: Utterance, now: float) -> None:
        delay = 0.0
        if self.params.player and len(utterance.samples):
            self._player = play(self.params.player, utterance.samples, utterance.rate)
            delay = self.params.sound_delay
        self._now, self._begin = utterance, now + delay

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._be_silent()
        response.success, response.message = True, "silent"
        return response

    def _be_silent(self) -> None:
        self._waiting.clear()
        self._heard.clear()
        self._now = None
        if self._player is not None:
            self._player.terminate()
            self._player.wait()
            self._player = None


def main() -> None:
    """Run the node."""
    run_node(SpeechNode)
