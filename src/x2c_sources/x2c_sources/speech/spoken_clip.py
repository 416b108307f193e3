# SPDX-License-Identifier: Apache-2.0
"""Something that is said, as layers over time."""

from __future__ import annotations

from collections.abc import Callable

from x2c_core.control_space.layers import ControlLayer
from x2c_sources.speech.mouth_shapes import mouth_layer
from x2c_sources.speech.utterance import Utterance


class SpokenClip:
    """Layers of an utterance, whose sound starts with the first one.

    Args:
        utterance: Utterance to say.
        start_sound: Called once, when the sound is to start.
        delay: Time from then to the sound [s].
    """

    def __init__(
        self, utterance: Utterance, start_sound: Callable[[], object], delay: float
    ) -> None:
        self._utterance, self._start_sound, self._delay = utterance, start_sound, delay
        self._started = False

    @property
    def duration(self) -> float:
        """Time that it takes [s]."""
        return self._utterance.duration + self._delay

    def at(self, time: float) -> ControlLayer | None:
        """Return the layer at a time since the beginning [s]; None after the end."""
        if not self._started:
            self._started = True
            self._start_sound()
        if time > self.duration:
            return None
        return mouth_layer(self._utterance.mouth(time - self._delay))
