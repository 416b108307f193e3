# SPDX-License-Identifier: Apache-2.0
"""Something that is said, as layers over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from x2c_core.control_space.layers import ControlLayer
from x2c_sources.speech.mouth_shapes import mouth_layer
from x2c_sources.speech.utterance import Utterance


class SpokenClip:
    """Layers of utterances, one after another; the sound of each starts with its first layer.

    Args:
        utterances: Utterances to say.
        start_sound: Called once for each, when its sound is to start.
        delay: Time from then to the sound [s].
    """

    def __init__(
        self,
        utterances: Iterator[Utterance],
        start_sound: Callable[[Utterance], object],
        delay: float,
    ) -> None:
        self._utterances, self._start_sound, self._delay = utterances, start_sound, delay
        self._now: Utterance | None = None
        self._begin = 0.0

    def at(self, time: float) -> ControlLayer | None:
        """Return the layer at a time since the beginning [s]; None after the end.

        Raises:
            SpeechError: The next utterance cannot be made.
        """
        if self._now is None or time - self._begin > self._now.duration + self._delay:
            self._now, self._begin = next(self._utterances, None), time
            if self._now is None:
                return None
            self._start_sound(self._now)
        return mouth_layer(self._now.mouth(time - self._begin - self._delay))
